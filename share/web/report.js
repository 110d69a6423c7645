// What a report can do beyond being read: sort and filter its table, change light and dark, copy a command, keep its state
// in the address. Everything is in the document already; without this script it can still be read whole.
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));

  // Light and dark: the system's choice until a person makes one.
  const remembered = (value) => {
    try {
      if (value !== undefined) localStorage.setItem("mlops-theme", value);
      return localStorage.getItem("mlops-theme");
    } catch (error) {
      return null;
    }
  };
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const theme = document.getElementById("theme");
  const showTheme = () => { if (theme) theme.textContent = dark() ? "Light" : "Dark"; };
  const chosen = remembered();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  showTheme();
  if (theme) {
    theme.hidden = false;
    theme.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      remembered(root.dataset.theme);
      showTheme();
    });
  }

  for (const button of all("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy).textContent;
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch (error) {
        getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }

  // The table of columns. State: #sort=KEY,ascending&find=TEXT&drift=1
  const table = document.querySelector("table.columns");
  if (table) {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    const find = document.getElementById("find");
    const only = document.getElementById("only-drift");
    const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");

    const keep = () => {
      const text = state.toString();
      try {
        history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
      } catch (error) { /* a page without an address */ }
    };
    const value = (row, index, numeric) => {
      const cell = row.cells[index];
      const given = cell.dataset.value ?? cell.textContent;
      if (!numeric) return given;
      return given === "" || Number.isNaN(Number(given)) ? null : Number(given);
    };
    const sort = (key, ascending) => {
      const headers = all("th", table);
      const index = headers.findIndex((header) => header.dataset.key === key);
      if (index < 0) return;
      const numeric = headers[index].classList.contains("n");
      headers.forEach((header, i) => header.setAttribute("aria-sort", i === index ? (ascending ? "ascending" : "descending") : "none"));
      const sorted = rows.slice().sort((a, b) => {
        const x = value(a, index, numeric), y = value(b, index, numeric);
        if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0);
        const order = numeric ? x - y : x.localeCompare(y);
        return ascending ? order : -order;
      });
      body.append(...sorted);
    };
    const filter = () => {
      const text = (find ? find.value : "").trim().toLowerCase();
      const drift = only ? only.getAttribute("aria-pressed") === "true" : false;
      for (const row of rows) {
        const match = row.dataset.name.toLowerCase().includes(text) && (!drift || row.dataset.drift === "1");
        row.hidden = !match;
        const detail = document.getElementById(row.dataset.detail);
        if (detail) detail.hidden = !match;
      }
    };
    for (const header of all("th[data-key]", table)) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const first = header.classList.contains("n") ? "descending" : "ascending";
        const now = header.getAttribute("aria-sort");
        const next = now === first ? (first === "ascending" ? "descending" : "ascending") : first;
        sort(header.dataset.key, next === "ascending");
        state.set("sort", header.dataset.key + "," + next);
        keep();
      });
    }
    if (find) {
      find.hidden = false;
      find.value = state.get("find") ?? "";
      find.addEventListener("input", () => {
        find.value ? state.set("find", find.value) : state.delete("find");
        filter();
        keep();
      });
    }
    if (only) {
      only.hidden = false;
      only.setAttribute("aria-pressed", state.get("drift") === "1" ? "true" : "false");
      only.addEventListener("click", () => {
        const now = only.getAttribute("aria-pressed") !== "true";
        only.setAttribute("aria-pressed", String(now));
        now ? state.set("drift", "1") : state.delete("drift");
        filter();
        keep();
      });
    }
    const [key, direction] = (state.get("sort") ?? "").split(",");
    if (key) sort(key, direction === "ascending");
    filter();
  }

  // A link to a column opens it.
  const open = () => {
    const target = location.hash.length > 1 && !location.hash.includes("=") ? document.getElementById(location.hash.slice(1)) : null;
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", open);
  open();
  addEventListener("beforeprint", () => { for (const detail of all("details.column")) detail.open = true; });
})();

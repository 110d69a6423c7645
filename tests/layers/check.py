#!/usr/bin/env python3
"""Holds the includes against the house: a module includes itself, what lib/CMakeLists.txt draws as USES, and nothing of a
higher floor; third-party headers only in the module that owns them, and not in its public headers.

  check.py SOURCE_DIR        exit 1 with one line for each wrong include
  check.py --self-test       proves that a wrong include is found
"""
import pathlib
import re
import sys
import tempfile

OWNERS = {  # first component or whole name of an include → modules that may have it
    "openssl": {"base"}, "yaml-cpp": {"base"}, "seccomp.h": {"base"}, "utf8proc.h": {"base"}, "spdlog": {"base"}, "date": {"base"},
    "curl": {"base"}, "rapidjson": {"base", "web"}, "zstd.h": {"store"}, "pugixml.hpp": {"store"}, "sqlite3.h": {"meta"}, "pqxx": {"meta"},
    "git2.h": {"code"}, "arrow": {"table"}, "parquet": {"table"}, "boost/asio": {"web"}, "boost/beast": {"web"}, "boost/math": {"monitor", "table"},
    "zlib.h": {"web", "serve"}, "onnxruntime_c_api.h": {"serve"}, "onnxruntime_cxx_api.h": {"serve"}, "lmdb.h": {"feature"}, "re2": {"schema"}, "CLI": {"apps"},
}
EVERYWHERE = {"fmt", "nlohmann"}
# A range over items() of a temporary reads freed memory (C++20; nlohmann/json documents the trap).
TRAP = re.compile(r"for \([^;]*:.*(?<!front\()(?<!back\()\)\.items\(\)\)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def floors(cmake):
    floor, uses = {}, {}
    current = 0
    for line in cmake.splitlines():
        if m := re.match(r"# floor (\d+)", line):
            current = int(m[1])
        if m := re.match(r"mlops_library\((\w+)(.*)\)", line):
            words = m[2].split()
            arrows = words[words.index("USES") + 1:] if "USES" in words else []
            if "LIBRARIES" in arrows:
                arrows = arrows[:arrows.index("LIBRARIES")]
            floor[m[1]], uses[m[1]] = current, set(arrows)
    return floor, uses


def owner_key(name):
    parts = name.split("/")
    for key in ("/".join(parts[:2]), parts[0]):
        if key in OWNERS:
            return key
    return None


def check(top):
    floor, uses = floors((top / "lib/CMakeLists.txt").read_text())
    wrong = []
    for m, arrows in uses.items():
        wrong += [f"lib/CMakeLists.txt: {m} (floor {floor[m]}) uses {u}, which is {'unknown' if u not in floor else f'on floor {floor[u]}'}"
                  for u in arrows if floor.get(u, 99) > floor[m]]
    files = [(f, f.relative_to(top / "lib").parts[0]) for f in sorted((top / "lib").rglob("*")) if f.suffix in (".h", ".cpp")]
    files += [(f, "apps") for f in sorted((top / "apps").rglob("*")) if f.suffix in (".h", ".cpp")]
    for file, module in files:
        for n, line in enumerate(file.read_text().splitlines(), 1):
            if TRAP.search(line):
                wrong.append(f"{file.relative_to(top)}:{n}: items() of a temporary in a range-for")
        for mark, name in INCLUDE.findall(file.read_text()):
            first = name.split("/")[0]
            where = f"{file.relative_to(top)}: #include {name}"
            key = owner_key(name)
            if mark == '"' and first in floor and module != "apps":
                if first != module and first not in uses.get(module, ()):
                    wrong.append(f"{where}: {module} may not use {first} (see USES in lib/CMakeLists.txt)")
            elif key and module not in OWNERS[key]:
                wrong.append(f"{where}: only {', '.join(sorted(OWNERS[key]))} may include {key}")
    return wrong


def self_test():
    with tempfile.TemporaryDirectory() as d:
        top = pathlib.Path(d)
        for path, text in {
            "lib/CMakeLists.txt": "# floor 0\nmlops_library(base)\n# floor 1\nmlops_library(store USES base)\n",
            "lib/base/a.cpp": '#include "store/store.h"\n#include <sqlite3.h>\n', "lib/store/b.cpp": '#include "base/a.h"\n#include <vector>\n',
            "apps/main.cpp": '#include "store/store.h"\n',
        }.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_text(text)
        found = check(top)
        assert len(found) == 2 and "may not use store" in found[0] and "sqlite3.h" in found[1], found
        (top / "lib/CMakeLists.txt").write_text("# floor 0\nmlops_library(base USES store)\n# floor 1\nmlops_library(store USES base)\n")
        assert any("floor 1" in line for line in check(top))


if sys.argv[1:] == ["--self-test"]:
    self_test()
else:
    self_test()
    problems = check(pathlib.Path(sys.argv[1]))
    print("\n".join(problems))
    sys.exit(1 if problems else 0)

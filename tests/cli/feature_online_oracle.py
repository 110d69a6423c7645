#!/usr/bin/env python3
"""Online answers are those of the offline join at this moment: random views, some rows in files, some pushed in any order,
materialized in one go or in steps; ages around the ttl, ties, nulls, corrections, known_at. Both are held against brute force.

  feature_online_oracle.py MLOPS FOLDER CASES
"""
import csv
import itertools
import json
import pathlib
import random
import subprocess
import sys
import time

from feature_oracle import START, best, show, text_of, write_views

MINUTE = 60_000_000
KEYS = {"a": [1, 2, 2**62 + 1], "b": ["x", "y z"]}


def make(rng, now):
    """Times are microseconds since START, ages never so near to a ttl that the time of the test itself would count."""
    views = []
    for name in ("v", "w"):
        known = rng.random() < 0.25
        view = {"name": name, "keys": rng.choice([["a"], ["a", "b"], ["b", "a"], ["b"]]), "ttl": rng.choice([0, 90, 30]) * MINUTE, "known": known, "created": known or rng.random() < 0.7}
        view["rows"], ranks = [], set()
        for _ in range(rng.randrange(1, 40)):
            keys = {k: rng.choice([*KEYS[k], None]) for k in "ab"}
            when = None if rng.random() < 0.1 else now - rng.randrange(0, 8) * 20 * MINUTE - 5 * MINUTE - rng.choice([0, 0, 1])
            made = rng.choice([None, now - 40 * MINUTE, now - 10 * MINUTE, now - MINUTE, now + 60 * MINUTE]) if view["created"] else None
            row = {"keys": keys, "time": when, "created": made, "n": rng.choice([None, rng.randrange(-2**60, 2**60)]), "t": rng.choice([None, "p", "q r"])}
            # Rows alike in everything that ranks them: the last one counts in a file; pushes in any order need them apart.
            rank = (tuple(keys[k] for k in sorted(view["keys"])), when, made)
            whole = when is not None and all(keys[k] is not None for k in view["keys"])
            row["pushed"] = whole and rank not in ranks and rng.random() < 0.4
            if row["pushed"] or rank not in {r["rank"] for r in view["rows"] if r["pushed"]}:
                ranks.add(rank)
                view["rows"].append(row | {"rank": rank})
        views.append(view)
    return views


def lines(view, rows, rng):
    for r in rows:
        line = {k: r["keys"][k] for k in view["keys"]} | {"at": text_of(r["time"], rng), f"{view['name']}_n": r["n"], f"{view['name']}_t": r["t"]}
        if view["created"]:
            line[f"{view['name']}_made"] = None if r["created"] is None else text_of(r["created"], rng)
        yield json.dumps(line) + "\n"


def fill(run, views, rng, now):
    """Pushes in pieces and any order, files in any number of steps, replays in between."""
    steps = []
    for v in views:
        pushed = [r for r in v["rows"] if r["pushed"]]
        rng.shuffle(pushed)
        cut = rng.randrange(0, len(pushed) + 1)
        # What joins must not see yet can't be taken back online: such rows only go through the file's side.
        target = "offline" if v["known"] else "online_and_offline"
        for part in (pushed[:cut], pushed[cut:]):
            if part:
                text = "".join(lines(v, part, rng))
                steps.append((["ingest", f"{v['name']}_push", "--to", target], text))
                if not v["known"] and rng.random() < 0.4:
                    steps.append((["ingest", f"{v['name']}_push"], text))
        if rng.random() < 0.5:
            steps.append((["materialize", v["name"], "--to", text_of(now - 45 * MINUTE, rng)], None))
    rng.shuffle(steps)
    for words, text in steps:
        run(words, text)
    run(["materialize", "--from", "2000-01-01"], None)
    if rng.random() < 0.3:
        run(["materialize"], None)


def main():
    mlops, top, cases = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    cells = statuses = 0
    for seed in range(cases):
        rng = random.Random(seed)
        case = top / str(seed)
        case.mkdir()
        now = int(time.time() * 1e6) - int(START.timestamp()) * 1_000_000

        def run(words, text):
            return subprocess.run([mlops, "--repo", case, "-q", "feature", *words], check=True, input=text, text=True, capture_output=True).stdout

        subprocess.run([mlops, "--repo", case, "-q", "init"], check=True)
        views = make(rng, now)
        write_views(case, views, rng, push=True)
        run(["apply"], None)
        fill(run, views, rng, now)
        # The join's order of rows: the file's, then the pushed ones in order of arrival; these have no equals.
        for v in views:
            v["rows"].sort(key=lambda r: r["pushed"])
        needed = sorted({k for v in views for k in v["keys"]})
        rows = [dict(zip(needed, values)) for values in itertools.product(*(KEYS[k] for k in needed))]
        answer = json.loads(run(["get", "v", "w", "--json", *itertools.chain(*(["--entity", f"{k}={','.join(str(r[k]) for r in rows)}"] for k in needed))], None))
        online = dict(zip(answer["metadata"]["feature_names"], answer["results"]))
        with open(case / "rows.csv", "w", newline="") as f:
            out = csv.writer(f)
            out.writerow([*needed, "event_timestamp"])
            out.writerows([*(r[k] for k in needed), text_of(now, random.Random(1))] for r in rows)
        run(["join", "v", "w", "--entities", "rows.csv", "--output", "out.csv"], None)
        offline = list(csv.DictReader(open(case / "out.csv", newline="")))
        for i, row in enumerate(rows):
            for v in views:
                want = best(v, {"time": now, "keys": row})
                for feature in ("n", "t"):
                    name = f"{v['name']}_{feature}"
                    expected = None if want is None else want[feature]
                    status = online[name]["statuses"][i]
                    found = None if status == "OUTSIDE_MAX_AGE" else online[name]["values"][i]
                    assert found == expected, f"case {seed}, {row}, {name} online: {found!r} ({status}), not {expected!r}"
                    assert offline[i][name] == str(show(expected)), f"case {seed}, {row}, {name} offline: {offline[i][name]!r}, not {expected!r}"
                    assert (status == "PRESENT") == (expected is not None), (seed, row, name, status)
                    assert (status == "NULL_VALUE") == (want is not None and expected is None), (seed, row, name, status)
                    statuses |= 1 << ["PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE"].index(status)
                    cells += 1
    assert statuses == 15 or cases < 5, "the cases did not show every status"
    print(f"{cases} cases, {cells} cells")


if __name__ == "__main__":
    main()

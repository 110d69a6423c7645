#!/usr/bin/env python3
"""Random point-in-time joins against a brute-force reading of the rules: ties, ages around the ttl, nulls, zones, repeated
rows, unknown keys, one and two join keys, known_at.

  feature_oracle.py MLOPS FOLDER CASES
"""
import csv
import datetime as dt
import pathlib
import random
import subprocess
import sys

START = dt.datetime(2026, 3, 29, tzinfo=dt.timezone.utc)  # a night on which clocks change in Europe
ZONES = [None, "Z", "+02:00", "-05:30"]


def text_of(micros, rng):
    zone = rng.choice(ZONES)
    time = START + dt.timedelta(microseconds=micros)
    if zone in (None, "Z"):
        return time.strftime("%Y-%m-%dT%H:%M:%S.%f") + (zone or "")
    sign = 1 if zone[0] == "+" else -1
    shift = sign * dt.timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return (time + shift).strftime("%Y-%m-%d %H:%M:%S.%f") + zone


def best(view, row):
    """Of the rows that count, the latest event, then the latest created, then the last in the file."""
    if row["time"] is None or any(row["keys"][k] is None for k in view["keys"]):
        return None
    found = None
    for i, r in enumerate(view["rows"]):
        if r["time"] is None or any(r["keys"][k] != row["keys"][k] for k in view["keys"]) or r["time"] > row["time"]:
            continue
        if view["ttl"] and row["time"] - r["time"] > view["ttl"]:
            continue
        if view["known"] and (r["created"] is None or r["created"] > row["time"]):
            continue
        rank = (r["time"], -10**18 if r["created"] is None else r["created"], i)
        if found is None or rank > found[0]:
            found = (rank, r)
    return found and found[1]


def make(rng):
    step = rng.choice([1, 1000, 1_000_000, 60_000_000])
    ttl = rng.choice([0, 1, 10, 10, 60]) * 1_000_000
    grid = rng.choice([step, max(step, ttl // 2 or step)])

    def when(nulls=0.1):
        return None if rng.random() < nulls else rng.randrange(0, 12) * grid + rng.choice([0, 0, 0, 1, -1])

    def keys():
        return {"a": rng.choice([1, 2, 3, None, 2**62 + 1]), "b": rng.choice(["x", "y,\"z\"", None])}

    views = []
    for name in ("v", "w"):
        view = {"name": name, "keys": rng.choice([["a"], ["a", "b"], ["b"]]), "ttl": ttl, "known": rng.random() < 0.2, "created": True}
        view["created"] = view["known"] or rng.random() < 0.8
        view["rows"] = [{"keys": keys(), "time": when(), "created": when(0.2) if view["created"] else None,
                         "n": rng.choice([None, rng.randrange(-2**60, 2**60)]), "t": rng.choice([None, "p", "q r"])}
                        for _ in range(rng.randrange(1, 40))]
        views.append(view)
    rows = [{"keys": keys(), "time": when()} for _ in range(rng.randrange(1, 30))]
    rows += rng.sample(rows, min(3, len(rows)))
    return views, rows


def show(value):
    return "" if value is None else value


def write_views(case, views, rng, push=False):
    """Definitions and a file a view; with `push` a push source each, and the rows that are pushed stay out of the files."""
    (case / "features").mkdir(exist_ok=True)
    yaml = "entities:\n  one: {join_keys: [a], type: int64}\n  two: {join_keys: [b], type: string}\nviews:\n"
    for v in views:
        names = ", ".join({"a": "one", "b": "two"}[k] for k in v["keys"])
        more = (f", push: {v['name']}_push" if push else "") + (f", created: {v['name']}_made" if v["created"] else "")
        known = ", known_at: created" if v["known"] else ""
        yaml += (f"  {v['name']}: {{entities: [{names}], ttl: {v['ttl'] // 1_000_000}s, source: {{path: {v['name']}.csv, timestamp: at{more}}}, "
                 f"features: {{{v['name']}_n: int64, {v['name']}_t: string}}{known}}}\n")
        with open(case / f"{v['name']}.csv", "w", newline="") as f:
            out = csv.writer(f)
            out.writerow([*v["keys"], "at", f"{v['name']}_made", f"{v['name']}_n", f"{v['name']}_t"])
            for r in v["rows"]:
                if not r.get("pushed"):
                    made = "" if r["created"] is None else text_of(r["created"], rng)
                    out.writerow([*(show(r["keys"][k]) for k in v["keys"]), "" if r["time"] is None else text_of(r["time"], rng), made, show(r["n"]), show(r["t"])])
    (case / "features/all.yaml").write_text(yaml)


def write(case, views, rows, rng):
    write_views(case, views, rng)
    with open(case / "rows.csv", "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["i", "a", "b", "event_timestamp"])
        for i, r in enumerate(rows):
            out.writerow([i, show(r["keys"]["a"]), show(r["keys"]["b"]), "" if r["time"] is None else text_of(r["time"], rng)])


def main():
    mlops, top, cases = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    cells = 0
    for seed in range(cases):
        rng = random.Random(seed)
        views, rows = make(rng)
        write(top, views, rows, rng)
        subprocess.run([mlops, "--repo", top, "-q", "feature", "apply"], check=True)
        subprocess.run([mlops, "--repo", top, "-q", "feature", "join", "v", "w", "--entities", "rows.csv", "--output", "out.csv"], check=True)
        got = list(csv.DictReader(open(top / "out.csv", newline="")))
        assert [r["i"] for r in got] == [str(i) for i in range(len(rows))], f"case {seed}: rows are missing or in another order"
        assert list(got[0])[4:] == ["v_n", "v_t", "w_n", "w_t"], list(got[0])
        for i, row in enumerate(rows):
            for view in views:
                want = best(view, row)
                for feature in ("n", "t"):
                    expected = "" if want is None else str(show(want[feature]))
                    found = got[i][f"{view['name']}_{feature}"]
                    assert found == expected, f"case {seed}, row {i}, {view['name']}_{feature}: {found!r}, not {expected!r}"
                    cells += 1
    print(f"{cases} cases, {cells} cells")


if __name__ == "__main__":
    main()

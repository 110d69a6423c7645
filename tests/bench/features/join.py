"""Two views of ten 32-bit floats by user, one in a hundred rows a correction; each tool in a process of its own, three times."""
import os
import pathlib
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FEATURES, VIEWS, USERS, WEEK = 10, 2, 40_000, 7 * 86_400_000_000
NAMES = [[f"v{v}_{i}" for i in range(FEATURES)] for v in range(VIEWS)]


def make(folder, rows, labels):
    rng = np.random.default_rng(3)
    stamp = pa.timestamp("us", "UTC")

    def times(count):
        return 1_767_225_600_000_000 + rng.integers(0, 30 * 1440, count) * 60_000_000

    for v in range(VIEWS):
        user, at = rng.integers(0, USERS, rows), times(rows)
        again = rng.integers(0, rows, rows // 100)
        user[: len(again)], at[: len(again)] = user[again], at[again]
        made = at + rng.permutation(rows)  # no two alike, so that every tool must agree
        columns = {"user": user, "event_timestamp": pa.array(at, stamp), "created": pa.array(made, stamp)}
        columns |= {name: rng.random(rows, dtype="f4") for name in NAMES[v]}
        pq.write_table(pa.table(columns), folder / f"v{v}.parquet")
    pq.write_table(pa.table({"row": np.arange(labels), "user": rng.integers(0, USERS + 500, labels), "event_timestamp": pa.array(times(labels), stamp)}),
                   folder / "labels.parquet")


def with_mlops(folder):
    mlops = [os.environ["MLOPS"], "--repo", folder, "-q"]
    views = "".join(f"  v{v}: {{entities: [user], ttl: 7d, source: {{path: v{v}.parquet, timestamp: event_timestamp, created: created}}}}\n" for v in range(VIEWS))
    (folder / "features").mkdir(exist_ok=True)
    (folder / "features/bench.yaml").write_text("entities:\n  user: {join_keys: [user]}\nviews:\n" + views)
    subprocess.run([*mlops, "init"], check=True)
    subprocess.run([*mlops, "feature", "apply"], check=True)
    subprocess.run([*mlops, "feature", "join", *(f"v{v}" for v in range(VIEWS)), "--entities", "labels.parquet", "--output", "mlops.parquet"], check=True)


def with_duckdb(folder):
    import duckdb

    picked, joins = ["l.*"], []
    for v in range(VIEWS):
        picked += [f"if(l.event_timestamp - j{v}.event_timestamp <= interval 7 day, j{v}.{name}, null) as {name}" for name in NAMES[v]]
        newest = f"select * from '{folder}/v{v}.parquet' qualify row_number() over (partition by user, event_timestamp order by created desc) = 1"
        joins.append(f"asof left join ({newest}) j{v} on l.user = j{v}.user and l.event_timestamp >= j{v}.event_timestamp")
    duckdb.sql(f"copy (select {', '.join(picked)} from '{folder}/labels.parquet' l {' '.join(joins)} order by l.row) to '{folder}/duckdb.parquet' (format parquet)")


def with_polars(folder):
    import polars as pl

    out = pl.scan_parquet(folder / "labels.parquet").sort("event_timestamp")
    for v in range(VIEWS):
        view = pl.scan_parquet(folder / f"v{v}.parquet").sort("event_timestamp", "created").unique(["user", "event_timestamp"], keep="last", maintain_order=True)
        out = out.join_asof(view.drop("created"), on="event_timestamp", by="user", tolerance="7d", check_sortedness=False)
    out.sort("row").collect().write_parquet(folder / "polars.parquet")


def with_feast(folder):
    import datetime as dt

    import pandas as pd
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource
    from feast.types import Float32
    from feast.value_type import ValueType

    repo = folder / "feast"
    repo.mkdir(exist_ok=True)
    (repo / "feature_store.yaml").write_text("project: bench\nregistry: registry.db\nprovider: local\nonline_store: {type: sqlite, path: online.db}\nentity_key_serialization_version: 3\n")
    store = FeatureStore(str(repo))
    user = Entity(name="user", join_keys=["user"], value_type=ValueType.INT64)
    views = []
    for v in range(VIEWS):
        source = FileSource(name=f"s{v}", path=str(folder / f"v{v}.parquet"), timestamp_field="event_timestamp", created_timestamp_column="created")
        views.append(FeatureView(name=f"v{v}", entities=[user], ttl=dt.timedelta(days=7), schema=[Field(name=name, dtype=Float32) for name in NAMES[v]], source=source))
    store.apply([user, *views])
    features = [f"v{v}:{name}" for v in range(VIEWS) for name in NAMES[v]]
    store.get_historical_features(entity_df=pd.read_parquet(folder / "labels.parquet"), features=features).to_df().to_parquet(folder / "feast.parquet")


def compare_feast(folder, ours, names):
    theirs = pq.read_table(folder / "feast.parquet", columns=["row", *names])
    at = theirs["row"].to_numpy()
    wrong = 0
    for name in names:
        a, b = ours[name].to_numpy()[at], theirs[name].to_numpy()
        wrong += int(((a != b) & ~(np.isnan(a) & np.isnan(b))).sum())
    print(f"         feast left out {ours.num_rows - theirs.num_rows:,} of {ours.num_rows:,} rows; of the rest {wrong:,} of {len(at) * len(names):,} cells differ from mlops")


def measure(folder, tool):
    start = time.perf_counter()
    python = os.environ["FEAST_PYTHON"] if tool == "feast" else sys.executable
    quiet = subprocess.DEVNULL if tool == "feast" else None
    subprocess.run([python, "-W", "ignore", __file__, folder, tool], check=True, stdout=quiet, stderr=quiet)
    return time.perf_counter() - start


def main():
    folder, tools = pathlib.Path(sys.argv[1]), {"mlops": with_mlops, "duckdb": with_duckdb, "polars": with_polars}
    if len(sys.argv) == 3:
        tools["feast"] = with_feast
        return tools[sys.argv[2]](folder)
    make(folder, int(sys.argv[2]), int(sys.argv[3]))
    walls = {tool: [] for tool in tools}
    for _ in range(3):
        for tool in tools:
            walls[tool].append(measure(folder, tool))
    names = sum(NAMES, [])
    tables = {tool: pq.read_table(folder / f"{tool}.parquet", columns=names) for tool in tools}
    feast = measure(folder, "feast") if os.environ.get("FEAST_PYTHON") else None
    print("| | wall time | against mlops | columns that differ |\n|---|---|---|---|")
    for tool, times in walls.items():
        wrong = sum(not tables[tool][name].combine_chunks().equals(tables["mlops"][name].combine_chunks()) for name in names)
        print(f"| {tool} | {min(times):.2f} s (of {', '.join(f'{t:.2f}' for t in times)}) | {min(times) / min(walls['mlops']):.1f} × | {wrong} |")
    if feast:
        print(f"| feast | {feast:.2f} s (once) | {feast / min(walls['mlops']):.0f} × | see below |")
        compare_feast(folder, tables["mlops"], names)


main()

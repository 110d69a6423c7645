"""Ten views of ten 32-bit floats by driver; the same requests to both servers, turn by turn, by wrk. See online."""
import contextlib
import datetime as dt
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pandas as pd

FEATURES, VIEWS, DRIVERS = 10, 10, 20_000
MLOPS = os.environ["MLOPS"]


def make(folder, rows):
    rng = np.random.default_rng(11)
    start = pd.Timestamp("2026-01-01", tz="UTC")
    for v in range(VIEWS):
        at = start + pd.to_timedelta(rng.integers(0, 30 * 1440, rows), unit="min")
        frame = pd.DataFrame({"driver_id": rng.integers(0, DRIVERS, rows), "event_timestamp": at, "created": at + pd.to_timedelta(rng.permutation(rows), unit="us")})
        for i in range(FEATURES):
            frame[f"f{v}_{i}"] = rng.random(rows, dtype="f4")
        frame.to_parquet(folder / f"v{v}.parquet")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def feast_repository(folder, data):
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, PushSource
    from feast.types import Float32
    from feast.value_type import ValueType

    (folder / "feature_store.yaml").write_text(
        "project: bench\nregistry: registry.db\nprovider: local\nonline_store: {type: sqlite, path: online.db}\nentity_key_serialization_version: 3\n")
    store = FeatureStore(str(folder))
    driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
    views = []
    for v in range(VIEWS):
        source = FileSource(name=f"s{v}", path=str(data / f"v{v}.parquet"), timestamp_field="event_timestamp", created_timestamp_column="created")
        views.append(FeatureView(name=f"v{v}", entities=[driver], ttl=dt.timedelta(days=3650), schema=[Field(name=f"f{v}_{i}", dtype=Float32) for i in range(FEATURES)],
                                 source=PushSource(name=f"p{v}", batch_source=source)))
    store.apply([driver, *views])
    begin = time.perf_counter()
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
        store.materialize(dt.datetime(2025, 12, 1), dt.datetime(2026, 3, 1))
    return time.perf_counter() - begin


def mlops_repository(folder, data):
    (folder / "features").mkdir()
    views = "".join(f"  v{v}: {{entities: [driver], ttl: 3650d, source: {{path: {data}/v{v}.parquet, timestamp: event_timestamp, created: created, push: p{v}}}}}\n" for v in range(VIEWS))
    (folder / "features/bench.yaml").write_text("entities:\n  driver: {join_keys: [driver_id]}\nviews:\n" + views)
    for words in (["init"], ["feature", "apply"]):
        subprocess.run([MLOPS, "--repo", folder, "-q", *words], check=True)
    begin = time.perf_counter()
    subprocess.run([MLOPS, "--repo", folder, "-q", "feature", "materialize"], check=True)
    return time.perf_counter() - begin


@contextlib.contextmanager
def server(argv, url, log):
    with open(log, "wb") as out:
        process = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url + "/health", timeout=5)
                break
            if process.poll() is not None:
                sys.exit(log.read_text())
            time.sleep(0.1)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def ask(url, path, body):
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    text = urllib.request.urlopen(request, timeout=30).read()
    return json.loads(text) if text else None


def wrk(folder, url, path, body, connections, seconds):
    script = folder / "post.lua"
    script.write_text(f"wrk.method = 'POST'; wrk.headers['Content-Type'] = 'application/json'; wrk.body = {json.dumps(json.dumps(body))}\n"
                      # "@" stands for a number that is another one in every request, so that every push is a new row.
                      "local n, body = 1000000, wrk.body\nif body:find('@') then request = function() n = n + 1; return wrk.format(nil, nil, nil, (body:gsub('\"@\"', n))) end end\n"
                      "function done(s, l, r) io.write(string.format('\\nJSON {\"rps\": %.1f, \"p50\": %d, \"p99\": %d, \"bad\": %d}\\n', "
                      "s.requests / s.duration * 1e6, l:percentile(50), l:percentile(99), s.errors.status)) end\n")
    text = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, url + path], capture_output=True, text=True, check=True).stdout
    out = json.loads(re.search(r"^JSON (.*)$", text, re.M)[1])
    return out


def compare(what, folder, urls, path, body, connections, seconds):
    best = {}
    for _ in range(3):
        for tool, url in urls.items():
            got = wrk(folder, url, path, body, connections, seconds)
            if tool not in best or got["rps"] > best[tool]["rps"]:
                best[tool] = got
    ours, theirs = best["mlops"], best["feast"]
    assert ours["bad"] == 0, f"{ours['bad']} requests failed"
    failed = f" ({theirs['bad']} requests failed)" if theirs["bad"] else ""
    row(what, *(f"{t['rps']:,.0f}/s, p50 {t['p50']:,} µs, p99 {t['p99']:,} µs" for t in (ours, theirs)), ours["rps"] / theirs["rps"], failed)


def row(what, ours, theirs, ratio, failed=""):
    """One of the Markdown table in share/doc/benchmarks.md."""
    print(f"| {what} | {ours} | {theirs}{failed} | {ratio:.0f} |", flush=True)


def main():
    folder, rows, seconds = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    make(folder, rows)
    repos = {tool: folder / tool for tool in ("mlops", "feast")}
    for repo in repos.values():
        repo.mkdir()
    loads = {"mlops": mlops_repository(repos["mlops"], folder), "feast": feast_repository(repos["feast"], folder)}
    print("| | mlops | Feast | ratio |\n|---|---|---|---|")
    row(f"{VIEWS} views × {rows:,} rows online", f"{loads['mlops']:.2f} s", f"{loads['feast']:.2f} s", loads["feast"] / loads["mlops"])
    ports = {tool: free_port() for tool in repos}
    urls = {tool: f"http://127.0.0.1:{port}" for tool, port in ports.items()}
    feast = [pathlib.Path(sys.executable).parent / "feast", "-c", repos["feast"], "serve", "-h", "127.0.0.1", "-p", str(ports["feast"]), "--no-access-log"]
    with server([MLOPS, "--repo", repos["mlops"], "feature", "serve", "--port", str(ports["mlops"])], urls["mlops"], folder / "mlops.log"), server(feast, urls["feast"], folder / "feast.log"):
        one = [f"v0:f0_{i}" for i in range(FEATURES)]
        every = [f"v{v}:f{v}_{i}" for v in range(VIEWS) for i in range(5)]
        body = {"features": every, "entities": {"driver_id": list(range(50))}}
        answers = {tool: ask(url, "/get-online-features", body) for tool, url in urls.items()}
        cells = {tool: {name: result["values"] for name, result in zip(a["metadata"]["feature_names"], a["results"])} for tool, a in answers.items()}
        print(f"cells that differ: {sum(x != y for name in cells['mlops'] for x, y in zip(cells['mlops'][name], cells['feast'][name]))} of {50 * len(every)}", file=sys.stderr)
        for features, count, connections in ((one, 1, 1), (one, 1, 16), (one, 100, 1), (every, 1, 1), (every, 100, 4)):
            body = {"features": features, "entities": {"driver_id": list(range(1, count + 1))}}
            compare(f"{len(features)} features of {len({f.split(':')[0] for f in features})} views, {count} drivers, {connections} connections", folder, urls, "/get-online-features", body, connections, seconds)
        df = {"driver_id": ["@"], "event_timestamp": ["2026-02-01T00:00:00"], "created": ["2026-02-01T00:00:00"]} | {f"f0_{i}": [0.5] for i in range(FEATURES)}
        for connections in (1, 16):
            compare(f"push of a new row, {connections} connections", folder, urls, "/push", {"push_source_name": "p0", "df": df}, connections, seconds)


main()

#!/usr/bin/env python3
"""kill_feature.py MLOPS FOLDER ROUNDS: see kill_feature.test."""
import csv
import datetime as dt
import http.client
import json
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

mlops, top, rounds = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
START = dt.datetime(2026, 1, 1)
rng = random.Random()


def run(repo, *words, **more):
    return subprocess.run([mlops, "--repo", repo, *words], check=True, capture_output=True, text=True, **more).stdout


def repository(name, yaml):
    repo = top / name
    (repo / "features").mkdir(parents=True)
    run(repo, "-q", "init")
    (repo / "features/all.yaml").write_text(yaml)
    return repo


def when(step):
    return (START + dt.timedelta(seconds=step)).isoformat() + "Z"


def get(repo, view, ids):
    answer = json.loads(run(repo, "feature", "get", view, "--json", "--entity", "id=" + ",".join(map(str, ids))))
    return [r["values"] for r in answer["results"][1:]]


class Pusher(threading.Thread):
    """Pushes step after step for an entity of its own until the server is gone; knows what was acknowledged."""

    def __init__(self, url, key, step):
        super().__init__()
        self.url, self.key, self.sent, self.acknowledged = url, key, step, step

    def run(self):
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=10)
        try:
            while True:
                self.sent += 1
                df = {"id": [self.key], "at": [when(self.sent)], "n": [self.sent]}
                connection.request("POST", "/push", json.dumps({"push_source_name": "stream", "df": df, "to": "online_and_offline"}), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                assert answer.status == 200, answer.read()
                answer.read()
                self.acknowledged = self.sent
        except (OSError, http.client.HTTPException):
            pass


def pushes():
    repo = repository("pushes", "entities: {one: {join_keys: [id], type: int64}}\nviews:\n  live: {entities: [one], source: {push: stream, timestamp: at}, features: {n: int64}}\n")
    run(repo, "-q", "feature", "apply")
    keys, steps, acknowledged = range(8), dict.fromkeys(range(8), 0), []
    for _ in range(rounds):
        server = subprocess.Popen([mlops, "--repo", repo, "feature", "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
        url = server.stdout.readline().strip()
        threads = [Pusher(url, key, steps[key]) for key in keys]
        for thread in threads:
            thread.start()
        time.sleep(rng.uniform(0.1, 0.6))
        server.send_signal(signal.SIGKILL)
        server.wait()
        for thread in threads:
            thread.join()
        found = get(repo, "live", keys)[0]
        for thread in threads:
            value = found[thread.key] or 0
            assert thread.acknowledged <= value <= thread.sent, f"entity {thread.key}: {value} is there, {thread.acknowledged} was acknowledged, {thread.sent} sent"
            acknowledged += [(thread.key, step) for step in range(steps[thread.key] + 1, thread.acknowledged + 1)]
            steps[thread.key] = thread.sent
    assert acknowledged, "nothing was acknowledged"
    with open(repo / "rows.csv", "w", newline="") as f:
        csv.writer(f).writerows([("id", "event_timestamp"), *((key, when(step)) for key, step in acknowledged)])
    run(repo, "feature", "join", "live", "--entities", "rows.csv", "--output", "out.csv")
    with open(repo / "out.csv", newline="") as f:
        rows = list(csv.DictReader(f))
    for (key, step), row in zip(acknowledged, rows):
        assert row["n"] == str(step), f"entity {key}: step {step} was acknowledged and is not in the training set: {row}"
    print(f"{len(acknowledged)} acknowledged pushes in {rounds} rounds, all there, online and offline")


def materializations():
    yaml = "entities: {one: {join_keys: [id]}}\nviews:\n  v: {entities: [one], source: {path: v.csv, timestamp: at}}\n"
    rows = [(rng.randrange(60_000), when(rng.randrange(10_000_000)), i) for i in range(150_000)]
    text = "id,at,n\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows)
    ids = sorted({row[0] for row in rows})[:: 101] + [10**9]
    whole = repository("whole", yaml)
    (whole / "v.csv").write_text(text)
    run(whole, "-q", "feature", "apply")
    begin = time.time()
    until = json.loads(run(whole, "feature", "materialize", "--json"))["views"][0]["watermark"]
    took = time.time() - begin
    want = get(whole, "v", ids)
    assert until == dt.datetime.fromisoformat(max(row[1] for row in rows)[:-1]).strftime("%Y-%m-%dT%H:%M:%S.000000Z"), until
    killed = 0
    for i in range(rounds):
        repo = repository(f"killed-{i}", yaml)
        (repo / "v.csv").write_text(text)
        run(repo, "-q", "feature", "apply")
        for _ in range(3):
            one = subprocess.Popen([mlops, "--repo", repo, "-q", "feature", "materialize"])
            time.sleep(rng.uniform(0.1, 0.8) * took)
            killed += one.poll() is None
            one.kill()
            one.wait()
            # Whatever is there is right, and the watermark has not run ahead of the rows.
            state = json.loads(run(repo, "feature", "get", "v", "--json", "--entity", f"id={','.join(map(str, ids))}"))["results"][1]
            assert all(value in (None, right) for value, right in zip(state["values"], want[0])), "a value that never was the newest"
        done = json.loads(run(repo, "feature", "materialize", "--json"))["views"][0]
        assert done["watermark"] == until, done
        assert get(repo, "v", ids) == want, f"round {i}: another end state than without kills"
        assert json.loads(run(repo, "feature", "materialize", "--json"))["views"][0]["written"] == 0, "something was repeated"
    print(f"{killed} materializations killed in time, {rounds} stores end as without kills")


pushes()
materializations()

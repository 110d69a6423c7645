"""Runs both tools on the tables of a folder and prints a Markdown table.

  compare.py MLOPS PYTHON HERE FOLDER
"""
import json
import resource
import subprocess
import sys
import time

mlops, python, here, folder = sys.argv[1:]


def measured(command):
    """Seconds, peak MiB, output; by a process of its own, so that the peak is its child's alone."""
    program = ("import json, resource, subprocess, sys, time; t = time.monotonic();"
               "p = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE); s = time.monotonic() - t;"
               "print(json.dumps([s, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, p.stdout.decode()]))")
    return json.loads(subprocess.check_output([sys.executable, "-c", program, *command]))


def best(commands):
    """Turn by turn, three times: for each command its least seconds and peak, and its last output."""
    runs = [[measured(command) for command in commands] for _ in range(3)]
    return [(min(r[i][0] for r in runs), max(r[i][1] for r in runs), runs[-1][i][2]) for i in range(len(commands))]


print("| table | mlops | pandera | ratio | peak memory, mlops | pandera |\n|---|---|---|---|---|---|")
for kind in ("good", "bad"):
    for name in ("t.csv", "t.parquet"):
        table = f"{folder}/{kind}/{name}"
        ours, theirs = best([[mlops, "data", "validate", table, "--schema", f"{here}/schema.yaml", "--json"],
                             [python, f"{here}/other.py", table]])
        words = f"{name[2:]}, " + ("all pass" if kind == "good" else "1 row in 1,000 breaks each of six expectations")
        print(f"| {words} | {ours[0]:.2f} s | {theirs[0]:.2f} s | {theirs[0] / ours[0]:.1f} × | {ours[1]:.0f} MiB | {theirs[1]:.0f} MiB |")
        results = json.loads(ours[2])["tables"][0]["results"]
        failing = sorted(r["failures"] for r in results if not r["passed"])
        print(f"{kind} {name}: failing rows {failing} by mlops, {sorted(json.loads(theirs[2]).values())} by pandera", file=sys.stderr)

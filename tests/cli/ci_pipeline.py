#!/usr/bin/env python3
"""Runs a pipeline that `mlops ci init` wrote as its CI system would: a fresh clone, the system's variables, one shell a step.

  ci_pipeline.py github|gitlab|jenkins HOST.git BRANCH [TARGET]     with TARGET: the proposal to merge BRANCH into it

The subset of each language that the files use is interpreted here; anything else is an error. Exit code: that of the first
step that fails. (The files are read by each system's own schema and parsers in tests/interop/ci.)
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

system, host, branch = sys.argv[1:4]
target = sys.argv[4] if len(sys.argv) > 4 else ""


def git(*words, cwd=None):
    return subprocess.run(["git", *words], cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()


def clone(folder):
    """As a runner does: one commit, detached, its target not among the local branches."""
    git("init", "-q", str(folder))
    git("remote", "add", "origin", host, cwd=folder)
    git("fetch", "-q", "origin", f"+refs/heads/{branch}:refs/remotes/origin/{branch}", cwd=folder)
    git("checkout", "-q", "--detach", f"origin/{branch}", cwd=folder)


def lines_of(text):
    """YAML of block maps, lists and literal blocks, as (indent, text) without comments."""
    for line in text.splitlines():
        yield len(line) - len(line.lstrip()), line.strip()


def parse(text):
    """Block YAML as the generated files use it: maps, lists of scalars and maps, `|` blocks; flow values stay texts."""
    rows = [(i, t, raw) for (i, t), raw in zip(lines_of(text), text.splitlines())]
    at = 0

    def skip():
        nonlocal at
        while at < len(rows) and (not rows[at][1] or rows[at][1].startswith("#")):
            at += 1

    def scalar(value):
        value = re.sub(r"\s+#.*$", "", value) if not value.startswith(("'", '"')) else value
        return value[1:-1] if value[:1] in "'\"" and value[-1:] == value[:1] else value

    def block(indent):
        nonlocal at
        out = []
        while at < len(rows) and (not rows[at][1] or rows[at][0] > indent):
            out.append(rows[at][2])
            at += 1
        width = min(len(r) - len(r.lstrip()) for r in out if r.strip())
        return "\n".join(r[width:] for r in out).rstrip() + "\n"

    def member(out, text, indent):
        nonlocal at
        key, _, value = text.partition(":")
        value = value.strip()
        at += 1
        if value == "|":
            out[key] = block(indent)
        elif value and not value.startswith("#"):
            out[key] = scalar(value)
        else:
            out[key] = node(indent)

    def node(parent):
        nonlocal at
        skip()
        if at >= len(rows) or rows[at][0] <= parent:
            return None
        indent = rows[at][0]
        if rows[at][1].startswith("- "):
            out = []
            while True:
                skip()
                if at >= len(rows) or rows[at][0] != indent or not rows[at][1].startswith("-"):
                    return out
                text = rows[at][1][2:]
                if text == "|":
                    at += 1
                    out.append(block(indent))
                elif re.match(r"^[\w-]+:( |$)", text):
                    item = {}
                    member(item, text, indent + 2)
                    while True:
                        skip()
                        if at >= len(rows) or rows[at][0] != indent + 2:
                            break
                        member(item, rows[at][1], indent + 2)
                    out.append(item)
                else:
                    out.append(scalar(text))
                    at += 1
        out = {}
        while True:
            skip()
            if at >= len(rows) or rows[at][0] != indent:
                return out
            member(out, rows[at][1], indent)

    return node(-1)


def shell(script, folder, environment, strict):
    print("$", script.strip(), flush=True)
    words = ["bash", "-e", "-o", "pipefail", "-c", script] if strict else ["sh", "-e", "-c", script]
    return subprocess.run(words, cwd=folder, env=environment).returncode


def github(folder, environment):
    flow = parse((folder / ".github/workflows/mlops.yml").read_text())
    event = "pull_request" if target else "push"
    runner = tempfile.mkdtemp(dir=folder.parent)
    environment.update(GITHUB_ACTIONS="true", GITHUB_BASE_REF=target, GITHUB_EVENT_NAME=event, RUNNER_TEMP=runner,
                       GITHUB_STEP_SUMMARY=f"{runner}/summary", GITHUB_PATH=f"{runner}/path", **flow["env"])
    assert event in flow["on"] and flow["permissions"] == {"contents": "read"}, flow["on"]
    jobs = [job for job in flow["jobs"].values() if job["if"] == f"github.event_name == '{event}'"]
    assert len(jobs) == 1
    code = 0
    for step in jobs[0]["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step["uses"]), step
            if step["uses"].startswith("actions/checkout"):
                git("fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*", cwd=folder)  # fetch-depth: 0
            continue
        assert "${{" not in step["run"], "text of an event in a script"
        if code and step.get("if") != "${{ !cancelled() }}":
            continue
        own = {name: "" for name in step.get("env") or {}}
        code = shell(step["run"], folder, environment | own, True) or code
    if not code:
        assert "mlops gate" in pathlib.Path(f"{runner}/summary").read_text()
    return code


def gitlab(folder, environment):
    flow = parse((folder / ".gitlab-ci.yml").read_text())
    environment.update(GITLAB_CI="true", **flow["variables"])
    environment.update({"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": target, "CI_PIPELINE_SOURCE": "merge_request_event"} if target
                       else {"CI_COMMIT_BRANCH": branch, "CI_PIPELINE_SOURCE": "push"})
    job = flow["gate" if target else "promote"]
    assert job["extends"] == ".mlops" and flow[".mlops"]["artifacts"]["reports"] == {"junit": "mlops-gate.xml"}
    script = "\n".join(flow[".mlops"]["before_script"] + job["script"])
    return shell(script, folder, environment, True)


def jenkins(folder, environment):
    text = (folder / "Jenkinsfile").read_text()
    environment.update(JENKINS_URL="http://localhost/", BRANCH_NAME=branch, **dict(re.findall(r"^\s+(MLOPS_\w+) = '(.*)'$", text, re.M)))
    if target:
        environment.update(CHANGE_TARGET=target, BRANCH_NAME="PR-1")
    for stage in re.findall(r"stage\('(.+?)'\) \{(.*?)\n        \}", text, re.S):
        name, body = stage
        if "when {" in body and (target or f"branch '{branch}'" not in body):
            continue
        for long, short in re.findall(r"sh '''(.*?)'''|sh '(.*?)'$", body, re.S | re.M):
            code = shell(long or short, folder, environment, False)
            if code:
                return code
    return 0


with tempfile.TemporaryDirectory() as work:
    folder = pathlib.Path(work) / "project"
    clone(folder)
    # Only the user's agreement to the remote's address is new on a runner.
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "GITLAB_", "CI_", "JENKINS_", "CHANGE_"))}
    environment["HOME"] = work
    sys.exit({"github": github, "gitlab": gitlab, "jenkins": jenkins}[system](folder, environment))

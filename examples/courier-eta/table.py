"""What just happened, told by the store: for each principle, component and workflow of MLOps (arXiv 2205.02302) the command that ran for it
and the object that it left. Exits 1 where the store has no trace of one.

  table.py            in the repository
"""
import json
import shlex
import subprocess
import sys


def mlops(*words):
    return json.loads(subprocess.run(["mlops", *words, "--json"], check=True, capture_output=True, text=True).stdout)


TYPES = [w for t in ("run model event traffic labels job gate window deployment features features-join schedule stage").split() for w in ("--type", t)]
records = [mlops("show", line["record"]) | {"text": line["text"]} for line in mlops("log", "-n", "0", *TYPES)]
records.reverse()  # oldest first


def of(kind, **fields):
    """The newest record of a kind whose fields have these values."""
    fits = [r for r in records if r["type"] == kind and all(f(r.get(k)) if callable(f) else r.get(k) == f for k, f in fields.items())]
    return fits[-1] if fits else None


def by_id(record):
    return next((r for r in records if r["record"] == record), None)


def chain():
    """The turn of the loop: the alarm that fired, the job it started, the run and the version that came of it, the alias, the end of the alarm."""
    job = of("job", key="retrain", status="finished") or of("job", schedule="retrain", status="finished")
    fired = by_id(job["detail"]["event"])
    run = next(r for r in records if r["type"] == "run" and r.get("stages") and r.get("job") == job["job"])
    model = next(r for r in records if r["type"] == "model" and r["run"] == run["record"])
    alias = next(r for r in records if r["type"] == "event" and r["change"].get("version") == model["record"])
    over = next(r for r in records if r["type"] == "event" and r["object"] == fired["object"] and r["change"]["state"] == "resolved" and r["time"] > alias["time"])
    return {"job": job, "fired": fired, "run": run, "model": model, "alias": alias, "over": over, "window": by_id(fired["change"]["window"])}


def command(record):
    """The command that sealed this record, from what the record says."""
    kind = record["type"]
    if kind == "run":
        return record.get("command") or "python train.py (mlflow)"
    if kind == "job":
        return f"mlops schedule run: {shlex.join(record['command'])}"
    if kind == "event" and "alias" in record["change"]:
        return f"mlops register promote {record['object'].removeprefix('model:')}:{record['change']['number']} {record['change']['alias']}"
    if kind in ("event", "window"):
        return "mlops monitor watch eta"
    return {"model": "mlops register add", "traffic": "mlops serve", "deployment": "mlops serve", "labels": "POST /labels of mlops serve", "features": "mlops feature apply",
            "features-join": "mlops feature join", "schedule": "mlops schedule add", "gate": "mlops ci gate" if "head" in record else "mlops register promote", "stage": "mlops pipeline"}[kind]


def rows():
    turn = chain()
    run, job, model = turn["run"], turn["job"], turn["model"]
    code, environment = run["code"], run["environment"]["python"]
    data = [d for s in run["stages"] for d in s["deps"] if d["origin"] == "data"]
    of_mlflow = of("run", logged_by="mlflow")
    join, online = of("features-join"), of("features")
    served = of("deployment", model_version=model["record"])
    by_hook = lambda head: head not in (None, code["commit"])
    taken, refused = of("gate", head=by_hook, **{"pass": True}), of("gate", **{"pass": False})
    why = next((r for r in refused["rows"] if r["answer"] == "fail" and r["value"] is not None), None) if refused else None
    stages = [s["name"] for s in run["stages"]]
    yield "Principles", None, None
    yield "1 CI/CD automation", taken, f"a push to main: {len(taken['rows'])} questions, commit {taken['head']:.7} taken by the rules of {taken['target']:.7}"
    yield "2 Workflow orchestration", job, f"{job['trigger']} → {' → '.join(stages)}"
    yield "3 Reproducibility", run, f"code {code.get('snapshot') or code['commit']:.7}, {environment['packages']} packages (lock {environment['lock']:.7}), seed and parameters"
    yield "4 Versioning of code, data, model", model, f"code {code['commit']:.7} · {len(data)} data ids · model {model['object']['tree']:.12}"
    yield "5 Collaboration", of("job", schedule="share") or of("job", key="share"), "records, models and data on the remote"
    yield "6 Continuous training, evaluation", run, f"{run['name']}: mae {run['metrics']['mae']:.2f}"
    yield "7 ML metadata tracking", of_mlflow, f"{sum(r['type'] == 'run' for r in records)} runs, {len(of_mlflow['params'])} parameters by autologging"
    yield "8 Continuous monitoring", turn["window"], f"{turn['window']['rows']} rows judged: {', '.join(c['kind'] + ' ' + c['verdict'] for c in turn['window']['checks'])}"
    yield "9 Feedback loops", turn["over"], turn["over"]["text"]
    yield "Components", None, None
    yield "1 CI/CD", refused, f"run {refused['run_id']:.12} refused: {why['gate']}, it is {why['value']:.3f}"
    yield "2 Source code repository", run, f"git {code['commit']:.7} \"{code['subject']}\""
    yield "3 Workflow orchestration", job, f"{job['wall_us'] / 1e6:.1f} s, {job['attempts']} attempt"
    yield "4 Feature store", join, f"{join['rows']} rows of {len(join['views'])} views, point in time; online the same"
    yield "5 Training infrastructure", run, f"{sum(s['user_us'] for s in run['stages']) / 1e6:.1f} s of processor time on {run['environment']['cpus']} cores"
    yield "6 Model registry", model, f"{model['name']}:{model['number']} with signature and lineage"
    yield "7 ML metadata store", of_mlflow, f"{len(records)} sealed records"
    yield "8 Model serving", served, f"{model['name']}:{model['number']} from {served['from']:.19}Z on, {sum(r['rows'] for r in records if r['type'] == 'traffic')} predictions logged in all"
    yield "9 Monitoring", turn["fired"], turn["fired"]["text"]
    yield "Workflows", None, None
    yield "1 Problem analysis", of("schedule", charter=True), "problem.yaml: its numbers gate, watch and retrain"
    yield "2 Data transformation rules", online, f"features/ {online['key'] if 'key' in online else ''} version {online['number']}, {online['hash']:.12}"
    yield "3 Data pipeline", of("job", schedule="features") or of("job", key="features"), "files collected, features brought online"
    yield "4 Model experimentation", of("run", name="boosting"), "elastic net against gradient boosting"
    yield "5 Automated training pipeline", job, "alarm → data → run → gates → registry → alias → server, nobody typed"


def main():
    missing = 0
    try:
        for name, record, text in rows():
            if record is None and text is None:
                print(f"\n{name}")
            elif record is None:
                missing += 1
                print(f"  {name:34} NO TRACE")
            else:
                print(f"  {name:34} {command(record):44} {record['type']} {record['record'][:12]}  {text}")
    except StopIteration:
        sys.exit("the store has no trace of a whole turn of the loop")
    sys.exit(missing > 0)


main()

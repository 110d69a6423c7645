# Sourced after check.bash and serving.bash by the tests of the monitor: a served model with training data, traffic at chosen
# moments, a receiver of webhooks, a look at what is sealed.
# shellcheck shell=bash disable=SC2034,SC2154
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# made_model: a repository with churn@prod, trained on 400 rows whose X_1 lies between 0 and 1.
made_model() {
  git init -q . && mlops -q init
  mkdir -p data src
  cp "$models/judge.onnx" src/model.onnx
  python3 -c '
print("X_0,X_1")
for i in range(400):
    p = i * 7919 % 1009 / 1009
    print(f"{1 - p},{p}")' >data/train.csv
  cat >mlops.yaml <<'YAML'
stages:
  train:
    cmd: mkdir -p model && cp src/model.onnx model/model.onnx
    deps: [data/train.csv, src/model.onnx]
    outs: [model]
YAML
  mlops -q data add data/train.csv
  git add -A && git commit -qm start
  mlops -q train run
  mlops -q register add "$(mlops train list --ids | head -1)" churn
  mlops -q register alias churn:1 prod
}

# asked URL PREFIX COUNT KIND: requests PREFIX-0…, one row each: `like` the training data, or `unlike` it.
asked() {
  python3 - "$@" <<'PY'
import http.client, json, sys
url, prefix, count, kind = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
connection = http.client.HTTPConnection(url.removeprefix("http://"))
for i in range(count):
    p = i * 7919 % 1009 / 1009
    p = p if kind == "like" else 0.9 + p / 10
    body = {"id": f"{prefix}-{i}", "inputs": [{"name": "X", "shape": [1, 2], "datatype": "FP32", "data": [1 - p, p]}]}
    connection.request("POST", "/v2/models/churn/infer", json.dumps(body))
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
PY
}

# at_start LENGTH: waits until a window of LENGTH seconds has just begun.
at_start() { python3 -c 'import sys, time; n = float(sys.argv[1]); time.sleep(n - time.time() % n + 0.02)' "$1"; }

# sealed TYPE [KEY-PREFIX]: the bodies of sealed records, one a line, oldest first.
sealed() {
  python3 - "$@" <<'PY'
import sqlite3, sys
database = sqlite3.connect("file:.mlops/meta.db?mode=ro", uri=True)
prefix = sys.argv[2] if len(sys.argv) > 2 else ""
for (body,) in database.execute("SELECT body FROM record WHERE type = ? AND substr(key, 1, ?) = ? ORDER BY time, id",
                                (sys.argv[1], len(prefix), prefix)):
    print(body)
PY
}

# receiver ANSWER: a receiver of webhooks on a free port that answers every request with this status and writes each as one line of JSON
# to $work/received; sets $hook and $receiver. With "down:FILE" it answers 500 while FILE exists, else 200.
receiver() {
  rm -f "$work/hook"
  python3 "$tools/webhook_receiver.py" "$work/received" "$1" >"$work/hook" &
  receiver=$!
  servers+=("$receiver")
  for _ in $(seq 100); do [ -s "$work/hook" ] && break; sleep 0.1; done
  hook=$(cat "$work/hook")
}

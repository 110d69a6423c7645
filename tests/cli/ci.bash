# Sourced by tests/cli/ci_*.test: a project whose model is as good as params.yaml says.
# shellcheck shell=bash disable=SC2154
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
unset GITHUB_ACTIONS GITHUB_BASE_REF GITLAB_CI CI_MERGE_REQUEST_TARGET_BRANCH_NAME JENKINS_URL CHANGE_TARGET
export PYTHONDONTWRITEBYTECODE=1

# Rows of a table: the second column is twice the first, from $1 to $2.
rows() { awk -v from="$1" -v to="$2" 'BEGIN{print "x,y"; for (i = from; i <= to; i++) print i "," 2 * i}'; }

# In the current folder: git, mlops, data, one stage, a charter; one commit on main, one run.
project() {
  python3 "$tests/onnx_models.py" "$work/models"
  git init -q -b main . && mlops -q init
  cp "$work/models/linear.onnx" weak.onnx
  cp "$work/models/linear2.onnx" strong.onnx
  mkdir data && rows 1 200 >data/t.csv && mlops -q data add data
  cat >fit.sh <<'S'
value() { sed -n "s/^$1: //p" params.yaml; }
mkdir -p model && cp "$(value which).onnx" model/model.onnx
printf '{"auc": %s, "loss": %s}\n' "$(value auc)" "$(value loss)" >m.json
S
  cat >mlops.yaml <<'Y'
stages:
  fit: {cmd: sh fit.sh, deps: [fit.sh, weak.onnx, strong.onnx, data], params: [which, auc, loss], outs: [model], metrics: [m.json: {cache: false}]}
gates:
  - {metric: loss, max: 0.5}
Y
  printf 'which: weak\nauc: 0.8\nloss: 0.4\n' >params.yaml
  cat >problem.yaml <<'Y'
name: churn
task: regression
metric: {name: auc, direction: maximize, threshold: 0.7}
Y
  git add -A && git commit -qm "The project"
  mlops -q train run
  git add -A && git commit -qm "Its first run"
}

# set KEY VALUE: in params.yaml.
set_param() { sed -i "s/^$1: .*/$1: $2/" params.yaml; }
commit() { git add -A && git commit -qm "$1"; }
newest() { mlops train list --ids -n 1; }

# gate WANTED-EXIT-CODE OPTIONS…: leaves the answers in $json.
gate() {
  local wanted=$1 status=0
  shift
  json=$(mlops ci gate --json "$@") || status=$?
  [ "$status" = "$wanted" ] || die "'ci gate $*' ended with $status instead of $wanted: $json"
}
# row GATE FIELD: of the row whose gate is called so.
row() {
  python3 -c '
import json, sys
found = [row for row in json.load(sys.stdin)["rows"] if row["gate"] == sys.argv[1]]
print(found[0][sys.argv[2]] if len(found) == 1 else f"{len(found)} rows")' "$1" "$2" <<<"$json"
}
# failing: the gates that refuse, one a line.
failing() { python3 -c 'import json, sys; [print(row["gate"]) for row in json.load(sys.stdin)["rows"] if not row["pass"]]' <<<"$json"; }

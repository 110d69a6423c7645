# Sourced after check.bash by the tests of servers: models, a server that is stopped at the end, questions over HTTP.
# shellcheck shell=bash
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2154 # check.bash makes it
models=$work/models
python3 "$tests/onnx_models.py" "$models"
servers=()
stop_servers() {
  for pid in "${servers[@]:-}"; do if [ -n "$pid" ]; then kill -9 "$pid" 2>/dev/null || true; fi; done
  rm -rf "$work"
}
trap stop_servers EXIT

# start ARGUMENT…: `mlops serve` on a free port; sets $url and $server. Its standard error goes to $work/log.
start() {
  : >"$work/url"
  "$MLOPS" serve "$@" --port 0 >"$work/url" 2>>"$work/log" &
  server=$!
  servers+=("$server")
  for _ in $(seq 300); do
    [ -s "$work/url" ] && break
    kill -0 "$server" 2>/dev/null || die "the server did not start: $(cat "$work/log")"
    sleep 0.1
  done
  url=$(cat "$work/url")
}

# stop: SIGTERM, and the server ends with 0.
stop() {
  local status=0
  kill -TERM "$server"
  wait "$server" || status=$?
  same "$status" 0 "exit code of a server that is told to stop"
}

# infer MODEL JSON: the answer's body.
infer() { curl -sS -d "$2" "$url/v2/models/$1/infer"; }
# status METHOD PATH [CURL-ARGUMENT…]
status() { curl -sS -o /dev/null -w '%{http_code}' -X "$1" "${@:3}" "$url$2"; }
one_row() { printf '{"inputs":[{"name":"X","shape":[1,%s],"datatype":"FP32","data":[%s]}]}' "$1" "$2"; }

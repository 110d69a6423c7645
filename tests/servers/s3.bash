# Sourced by tests that need a real S3 server (versitygw, which share/setup/install --tests builds), before check.bash, which
# takes another HOME: start_s3 FOLDER [BUCKET…]
# starts one on a free port of 127.0.0.1 that keeps it over restarts, makes the buckets, and sets S3_ENDPOINT and AWS_ACCESS_KEY_ID
# and AWS_SECRET_ACCESS_KEY; kill_s3 ends it as a crash would; stop_s3 ends it.
# shellcheck shell=bash
s3_pid=
s3_server=$("$(dirname "${BASH_SOURCE[0]}")/../../share/setup/install" --print-deps-dir)/versitygw-1.8.0/versitygw

start_s3() {
  local folder=$1 bucket
  shift
  [ -x "$s3_server" ] || { echo "no S3 server at $s3_server: share/setup/install --tests builds it" >&2; return 1; }
  mkdir -p "$folder/data"
  [ -s "$folder/port" ] || python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' >"$folder/port"
  export AWS_ACCESS_KEY_ID=tester AWS_SECRET_ACCESS_KEY=tests-own-secret
  S3_ENDPOINT=http://127.0.0.1:$(cat "$folder/port")
  export S3_ENDPOINT
  (cd "$folder" && ROOT_ACCESS_KEY=$AWS_ACCESS_KEY_ID ROOT_SECRET_KEY=$AWS_SECRET_ACCESS_KEY exec "$s3_server" \
    --port "${S3_ENDPOINT#http://}" --region us-east-1 --keep-alive "${S3_OPTIONS[@]}" posix "$folder/data" >>"$folder/log" 2>&1) &
  s3_pid=$!
  for bucket in "$@"; do mkdir -p "$folder/data/$bucket"; done
  for _ in $(seq 200); do
    if (exec 3<>"/dev/tcp/127.0.0.1/${S3_ENDPOINT##*:}") 2>/dev/null; then return; fi
    sleep 0.05
  done
  cat "$folder/log" >&2
  return 1
}
S3_OPTIONS=()

end_s3() { if [ -n "$s3_pid" ]; then kill "-$1" "$s3_pid" 2>/dev/null || true; wait "$s3_pid" 2>/dev/null || true; s3_pid=; fi; }
stop_s3() { end_s3 TERM; }
kill_s3() { end_s3 KILL; }

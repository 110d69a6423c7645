# Sourced by run: servers that are started again when they end, as an init system does it.
# shellcheck shell=bash disable=SC2154
mkdir -p "$work/daemons"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# keep NAME COMMAND…: starts it, again and again until $work/daemons/stop is there. Its process id stands in $work/daemons/NAME.pid.
keep() {
  local name=$1
  shift
  printf '%s$ %s &%s\n' "$dim" "$*" "$plain"
  (
    trap - EXIT
    while [ ! -e "$work/daemons/stop" ]; do
      "$@" >>"$work/daemons/$name.out" 2>>"$work/daemons/$name.err" </dev/null &
      echo "$!" >"$work/daemons/$name.pid"
      ended=0
      { wait "$!" || ended=$?; } 2>/dev/null # bash would tell of each kill
      echo "$ended" >>"$work/daemons/$name.ends"
      sleep 0.1
    done
  ) &
  keepers+=("$!")
}

# ready NAME: waits until it has said so.
ready() {
  for _ in $(seq 300); do [ -s "$work/daemons/$1.out" ] && return; sleep 0.1; done
  fail "$1 did not start: $(cat "$work/daemons/$1.err")"
}

# stop_daemons: SIGTERM; whatever does not end with 0 then is an error. At the second call nothing is left to do.
stop_daemons() {
  local name pid bad=
  [ "${#keepers[@]}" -gt 0 ] || return 0
  touch "$work/daemons/stop"
  for name in "$work"/daemons/*.pid; do
    pid=$(cat "$name")
    kill -TERM "$pid" 2>/dev/null || true
  done
  wait "${keepers[@]}" || true
  keepers=()
  for name in "$work"/daemons/*.ends; do
    [ "$(tail -n 1 "$name")" = 0 ] || bad+=" $(basename "$name" .ends)"
  done
  [ -z "$bad" ] || { echo "courier-eta: did not end well:$bad" >&2; return 1; }
}

# killer COUNT: in the background, kill -9 of every daemon at once, COUNT times, each at a random moment within the next seconds.
killer() {
  local count=$1 n name
  (
    trap - EXIT
    for n in $(seq "$count"); do
      sleep "$((1 + RANDOM % 3)).$((RANDOM % 1000))"
      [ ! -e "$work/daemons/stop" ] || break
      for name in "$work"/daemons/*.pid; do
        kill -9 "$(cat "$name")" 2>/dev/null && basename "$name" .pid >>"$work/daemons/killed"
      done
      echo "(kill -9 of every server, $n)"
    done
  ) &
  killer=$!
}

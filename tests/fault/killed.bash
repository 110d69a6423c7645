# Sourced by tests of tests/fault which end commands at random moments.
# shellcheck shell=bash

# killed KIND COMMAND…: starts the command and ends it by SIGKILL at a random moment of the time that commands of this KIND take, which is
# learnt while testing: one that ended before the blow shortens it, one that was hit lengthens it a little. So the blows land on a fast
# machine as on a slow one. `kills` counts those that were hit.
declare -A killed_span=()
kills=0

killed() {
  local kind=$1 pid span delay
  shift
  span=${killed_span[$kind]:-40000}
  delay=$((RANDOM * 32768 % span + RANDOM % 500))
  "$@" >/dev/null 2>&1 &
  pid=$!
  sleep "$(printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000)))"
  if kill -9 "$pid" 2>/dev/null; then
    kills=$((kills + 1)) killed_span[$kind]=$((span * 6 / 5))
  else
    killed_span[$kind]=$((span / 2 > 2000 ? span / 2 : 2000))
  fi
  wait "$pid" 2>/dev/null || true
}

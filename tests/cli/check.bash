# Sourced by every tests/cli/*.test: a fresh folder, a fresh home, and three questions to ask of a command.
# shellcheck shell=bash
set -euo pipefail
: "${MLOPS:?the binary to test}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work/home GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$work/gitconfig
unset XDG_CONFIG_HOME MLOPS_TRUSTED
mkdir -p "$HOME" "$work/repo"
printf '[user]\n name = Tester\n email = t@localhost\n[init]\n defaultBranch = main\n' >"$GIT_CONFIG_GLOBAL"
cd "$work/repo"

mlops() { "$MLOPS" "$@"; }
die() { echo "FAILED: $*" >&2; exit 1; }
same() { [ "$1" = "$2" ] || die "expected '$2', got '$1'${3:+ ($3)}"; }
has() { case $1 in *"$2"*) ;; *) die "'$2' is not in: $1" ;; esac; }
has_not() { case $1 in *"$2"*) die "'$2' is in: $1" ;; esac; }

# fails CODE SENTENCE HINT COMMAND…: exit code, one `error:` line with the sentence's part, one `hint:` line ('-' = none).
fails() {
  local code=$1 sentence=$2 hint=$3 status=0 text
  shift 3
  text=$("$@" 2>&1 >/dev/null) || status=$?
  [ "$status" = "$code" ] || die "'$*' ended with $status instead of $code: $text"
  [ "$(grep -c '^error: ' <<<"$text")" = 1 ] || die "'$*' did not say one error: $text"
  has "$(grep '^error: ' <<<"$text")" "$sentence"
  if [ "$hint" = - ]; then return; fi
  has "$(grep '^hint: ' <<<"$text" || true)" "$hint"
}

# json FIELD: a value out of the JSON on standard input; lists by position.
json() {
  python3 -c '
import json, sys
value = json.load(sys.stdin)
for key in filter(None, sys.argv[1].split(".")):
    value = value[int(key)] if isinstance(value, list) else value[key]
print(json.dumps(value) if isinstance(value, (dict, list, bool)) or value is None else value)' "$1"
}

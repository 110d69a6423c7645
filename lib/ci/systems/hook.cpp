// A server-side hook of git: the gate without any CI system.
#include "ci/systems.h"

namespace mlops::ci {
namespace {

constexpr std::string_view k_text = R"~(#!/usr/bin/env bash
# Written by `mlops ci init hook` (share/doc/ci.md): hooks/update of a bare repository. A push to @BRANCH@ is taken if its
# model passes the gate by the rules that @BRANCH@ has now; then the model gets the alias @ALIAS@ and its records are shared.
# Other branches are taken as they are. It runs the pushed code as this user: only people who may do so may push.
#
#   git config mlops.allow PATH     in the bare repository: whoever owns it answers for edits of PATH (say problem.yaml)
#   git config mlops.report FILE    the last report is kept there, in the bare repository
set -euo pipefail
ref=$1 old=$2 new=$3
none=$(printf '0%.0s' $(seq ${#new}))
if [ "$ref" != "refs/heads/@BRANCH@" ] || [ "$new" = "$none" ]; then exit 0; fi

bare=$(cd "$(git rev-parse --git-dir)" && pwd)
# One push at a time, and none that was made against an older @BRANCH@.
exec 9>>"$bare/mlops-hook.lock"
flock 9
if [ "$(git rev-parse -q --verify "$ref" || echo "$none")" != "$old" ]; then
  echo "mlops: @BRANCH@ has moved meanwhile: pull, then push again" >&2
  exit 1
fi
report=$(git config --get mlops.report || true)
allow=()
while IFS= read -r path; do allow+=(--allow "$path"); done < <(git config --get-all mlops.allow || true)
# shellcheck disable=SC2046  # the names of git's own variables
unset $(git rev-parse --local-env-vars)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clone=$work/$(basename "$bare" .git)  # an experiment is called like its folder
git clone -q --shared --no-checkout "$bare" "$clone"
cd "$clone"
git checkout -q --detach "$new"
if [ "$old" = "$none" ]; then target=$new; else target=$old; fi

refuse() { echo "mlops: $1: @BRANCH@ stays as it is" >&2; exit 1; }
# A branch that points the remote elsewhere is refused here: its address has another name then.
mlops -q remote add @REMOTE@ '@URL@' || refuse "the remote @REMOTE@ is another one"
# What mlops.lock names may never have been shared: then it is made anew.
mlops -q pull -r @REMOTE@ >/dev/null 2>&1 || { rm -f mlops.lock && mlops -q pull -r @REMOTE@; } || refuse "its data is not at the remote"
mlops train run || refuse "its pipeline failed"
run=$(mlops train list --ids -n 1)
decision=0
mlops ci gate "run:$run" --target "$target" --report "$work/report.md" "${allow[@]}" || decision=$?
if [ -n "$report" ] && [ -f "$work/report.md" ]; then cp "$work/report.md" "$bare/$report"; fi
[ "$decision" = 0 ] || refuse "the gate refused it"

answer=$(mlops ci gate "run:$run" --target "$target" "${allow[@]}" --json)
case $answer in
  *'"is_champion":true'*) ;;
  *)
    mlops register add "run:$run" @MODEL@
    mlops register promote @MODEL@ @ALIAS@ || refuse "the promotion was refused"
    ;;
esac
# Until here nothing has left the clone.
mlops -q push -r @REMOTE@ || refuse "its records could not be shared"
)~";

}  // namespace

std::string git_hook(const Settings& settings) { return fill(k_text, settings); }

}  // namespace mlops::ci

// GitLab CI/CD: https://docs.gitlab.com/ci/yaml/
#include "ci/systems.h"

namespace mlops::ci {
namespace {

constexpr std::string_view k_text =
    R"~(# Written by `mlops ci init gitlab` (share/doc/ci.md). Merge requests are judged by the rules of their target and can write
# nowhere; the job of @BRANCH@ alone has what it takes to share runs and to promote a model: give the remote's keys to
# protected variables.
#
# mlops is on the PATH of the runner or its image, or the variables MLOPS_PACKAGE (the https address of a .tar.gz with
# bin/mlops and lib/mlops) and MLOPS_PACKAGE_SHA256 say where it is fetched.
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == "@BRANCH@"

variables:
  GIT_DEPTH: "0"
  GIT_STRATEGY: clone # nothing of an earlier job is there
  MLOPS_REMOTE: "@URL@"

.mlops:
  timeout: 6 hours
  before_script:
    - |
      if ! command -v mlops; then
        mlops_home=$(mktemp -d)
        curl -fsSL --proto =https -o "$mlops_home.tar.gz" "$MLOPS_PACKAGE"
        echo "$MLOPS_PACKAGE_SHA256  $mlops_home.tar.gz" | sha256sum -c -
        tar -xzf "$mlops_home.tar.gz" -C "$mlops_home"
        export PATH=$mlops_home/bin:$PATH
      fi
    - git fetch -q origin "+refs/heads/*:refs/remotes/origin/*"
    # Another address under this name, as a branch may bring along, is refused.
    - mlops remote add @REMOTE@ "$MLOPS_REMOTE"
    # What mlops.lock names may never have been shared: then it is made anew.
    - mlops pull -r @REMOTE@ || { rm -f mlops.lock && mlops pull -r @REMOTE@; }
  artifacts:
    when: always
    expose_as: mlops report
    paths: [mlops-report.md]
    reports:
      junit: mlops-gate.xml

gate:
  extends: .mlops
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  script:
    - mlops train run
    - mlops ci gate "run:$(mlops train list --ids -n 1)" --junit mlops-gate.xml --report mlops-report.md

promote:
  extends: .mlops
  rules:
    - if: $CI_PIPELINE_SOURCE != "merge_request_event" && $CI_COMMIT_BRANCH == "@BRANCH@"
  environment: production
  resource_group: mlops
  script:
    - mlops train run
    - mlops ci gate "run:$(mlops train list --ids -n 1)" --junit mlops-gate.xml --report mlops-report.md
    - |
      run=$(mlops train list --ids -n 1)
      answer=$(mlops ci gate "run:$run" --json)
      case $answer in
        *'"is_champion":true'*) ;;
        *)
          mlops register add "run:$run" @MODEL@
          mlops register promote @MODEL@ @ALIAS@
          ;;
      esac
    - mlops push -r @REMOTE@
)~";

}  // namespace

std::string gitlab_pipeline(const Settings& settings) { return fill(k_text, settings); }

}  // namespace mlops::ci

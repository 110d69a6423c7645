// GitHub Actions: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
#include "ci/systems.h"

namespace mlops::ci {
namespace {

// The hashes are those of the tags in the comments beside them.
constexpr std::string_view k_text =
    R"~(# Written by `mlops ci init github` (share/doc/ci.md). Pull requests are judged by the rules of @BRANCH@ and can write
# nowhere; the job of @BRANCH@ alone has what it takes to share runs and to promote a model.
#
# mlops is on the runner's PATH, or the variables MLOPS_PACKAGE (the https address of a .tar.gz with bin/mlops and lib/mlops)
# and MLOPS_PACKAGE_SHA256 say where it is fetched.
name: mlops
on:
  pull_request:
    branches: ["@BRANCH@"]
  push:
    branches: ["@BRANCH@"]
permissions:
  contents: read
concurrency:
  group: mlops-${{ github.ref }}
  cancel-in-progress: ${{ github.event_name == 'pull_request' }}
env:
  MLOPS_REMOTE: "@URL@"
jobs:
  gate:
    name: mlops gate
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-24.04
    timeout-minutes: 360
    steps:
      - name: Check out
        uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 0
          persist-credentials: false
      - name: Find mlops
        env:
          MLOPS_PACKAGE: ${{ vars.MLOPS_PACKAGE }}
          MLOPS_PACKAGE_SHA256: ${{ vars.MLOPS_PACKAGE_SHA256 }}
        run: |
          if ! command -v mlops; then
            curl -fsSL --proto =https -o "$RUNNER_TEMP/mlops.tar.gz" "$MLOPS_PACKAGE"
            echo "$MLOPS_PACKAGE_SHA256  $RUNNER_TEMP/mlops.tar.gz" | sha256sum -c -
            mkdir "$RUNNER_TEMP/mlops"
            tar -xzf "$RUNNER_TEMP/mlops.tar.gz" -C "$RUNNER_TEMP/mlops"
            echo "$RUNNER_TEMP/mlops/bin" >>"$GITHUB_PATH"
          fi
      - name: Pull
        run: |
          # Another address under this name, as a branch may bring along, is refused.
          mlops remote add @REMOTE@ "$MLOPS_REMOTE"
          # What mlops.lock names may never have been shared: then it is made anew.
          mlops pull -r @REMOTE@ || { rm -f mlops.lock && mlops pull -r @REMOTE@; }
      - name: Train
        run: mlops train run
      - name: Gate
        run: mlops ci gate "run:$(mlops train list --ids -n 1)" --junit mlops-gate.xml --report mlops-report.md
      - name: Report
        if: ${{ !cancelled() }}
        run: if [ -f mlops-report.md ]; then cat mlops-report.md >>"$GITHUB_STEP_SUMMARY"; fi
      - name: Keep the answers
        if: ${{ !cancelled() }}
        uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0
        with:
          name: mlops-gate
          path: |
            mlops-gate.xml
            mlops-report.md
          if-no-files-found: ignore
  promote:
    name: mlops promote
    if: github.event_name == 'push'
    # Its protection rules and secrets are what pull requests lack.
    environment: mlops-production
    runs-on: ubuntu-24.04
    timeout-minutes: 360
    steps:
      - name: Check out
        uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 0
          persist-credentials: false
      - name: Find mlops
        env:
          MLOPS_PACKAGE: ${{ vars.MLOPS_PACKAGE }}
          MLOPS_PACKAGE_SHA256: ${{ vars.MLOPS_PACKAGE_SHA256 }}
        run: |
          if ! command -v mlops; then
            curl -fsSL --proto =https -o "$RUNNER_TEMP/mlops.tar.gz" "$MLOPS_PACKAGE"
            echo "$MLOPS_PACKAGE_SHA256  $RUNNER_TEMP/mlops.tar.gz" | sha256sum -c -
            mkdir "$RUNNER_TEMP/mlops"
            tar -xzf "$RUNNER_TEMP/mlops.tar.gz" -C "$RUNNER_TEMP/mlops"
            echo "$RUNNER_TEMP/mlops/bin" >>"$GITHUB_PATH"
          fi
      - name: Pull
        run: |
          mlops remote add @REMOTE@ "$MLOPS_REMOTE"
          mlops pull -r @REMOTE@ || { rm -f mlops.lock && mlops pull -r @REMOTE@; }
      - name: Train
        run: mlops train run
      - name: Gate
        run: mlops ci gate "run:$(mlops train list --ids -n 1)" --junit mlops-gate.xml --report mlops-report.md
      - name: Report
        if: ${{ !cancelled() }}
        run: if [ -f mlops-report.md ]; then cat mlops-report.md >>"$GITHUB_STEP_SUMMARY"; fi
      - name: Promote and share
        env:
          AWS_ACCESS_KEY_ID: ${{ secrets.MLOPS_AWS_ACCESS_KEY_ID }}
          AWS_SECRET_ACCESS_KEY: ${{ secrets.MLOPS_AWS_SECRET_ACCESS_KEY }}
        run: |
          run=$(mlops train list --ids -n 1)
          answer=$(mlops ci gate "run:$run" --json)
          case $answer in
            *'"is_champion":true'*) ;;
            *)
              mlops register add "run:$run" @MODEL@
              mlops register promote @MODEL@ @ALIAS@
              ;;
          esac
          mlops push -r @REMOTE@
)~";

}  // namespace

std::string github_workflow(const Settings& settings) { return fill(k_text, settings); }

}  // namespace mlops::ci

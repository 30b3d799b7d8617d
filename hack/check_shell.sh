#!/usr/bin/env bash
# Lints every shell script of the tree.
set -euo pipefail
mapfile -t scripts < <(git ls-files -- '*.sh' .ci/run)
shellcheck --severity=style "${scripts[@]}"
echo "${#scripts[@]} scripts are clean"

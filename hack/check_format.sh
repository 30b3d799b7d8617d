#!/usr/bin/env bash
# Fails when a source is not as `hack/dev.sh fmt` would write it.
set -euo pipefail
git ls-files -z -- '*.h' '*.cpp' | xargs -0 -n 40 -P "$(nproc)" clang-format-19 --dry-run -Werror

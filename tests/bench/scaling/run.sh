#!/usr/bin/env bash
# The share of a core that the autoscaler takes for 2,000 ModelDeployments. Fails above a tenth.
set -euo pipefail
cd "$(dirname "$0")/../../.."
ninja -C build/release bench_scaling_ticks >/dev/null
build/release/tests/bench/bench_scaling_ticks "$@"

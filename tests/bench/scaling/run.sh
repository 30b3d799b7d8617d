#!/usr/bin/env bash
# CPU time of scaling 2,000 deployments once a second, as a share of one core, and of reading an engine's metrics page.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
ninja -C build/release bench_scaling >/dev/null
exec build/release/tests/bench/bench_scaling --benchmark_counters_tabular=true "$@"

#!/usr/bin/env bash
# CPU time of scaling 2,000 deployments once a second, as a share of one core: the rule alone with the reading of an engine's metrics page,
# then all of a tick as the controller makes it. Fails when that is above a tenth.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
ninja -C build/release bench_scaling bench_scaling_shell >/dev/null
build/release/tests/bench/bench_scaling --benchmark_counters_tabular=true "$@"
build/release/tests/bench/bench_scaling_shell

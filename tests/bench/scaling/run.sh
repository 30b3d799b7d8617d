#!/usr/bin/env bash
# CPU time of scaling 2,000 deployments once a second, as a share of one core: the rule alone with the reading of an engine's metrics page,
# then all of a tick as the controller makes it, then the whole with 4,000 engines and four gateways fetched over loopback. Fails when a tick
# costs more than a tenth.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
ninja -C build/release bench_scaling bench_scaling_shell bench_scaling_whole >/dev/null
build/release/tests/bench/bench_scaling --benchmark_counters_tabular=true "$@"
build/release/tests/bench/bench_scaling_shell
build/release/tests/bench/bench_scaling_whole

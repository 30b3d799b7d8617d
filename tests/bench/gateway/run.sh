#!/usr/bin/env bash
# CPU per call, CPU per streamed event and memory of Penstock's gateway beside nginx and HAProxy, each proxying
# the same upstream in the same run. Prints a table; docs/benchmarks.md explains it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
ninja -C build/release bench_upstream bench_net_proxy >/dev/null
exec python3 tests/bench/gateway/compare.py "$@"

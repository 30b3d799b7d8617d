#!/usr/bin/env bash
# Time, writes, CPU and memory of the operator while many ModelDeployments become Ready, beside a writer that does
# nothing but write the same children. Each round has a control plane of its own. docs/benchmarks.md explains it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
hack/cluster.sh build k8s etcd kwok
ninja -C build/release penstock bench_controller_writer >/dev/null
exec python3 tests/bench/controller/compare.py "$@"

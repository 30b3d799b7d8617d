#!/usr/bin/env bash
# A real Kubernetes on this machine, built from Go modules; docs/cluster.md says how to use it and why it is made this way.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/cluster" && pwd)
for part in say layout process toolchain build pki control_plane gpu_nodes sandbox runtime node policy probe disturb teardown leftovers; do
  # shellcheck source=/dev/null
  source "$HERE/lib/$part.sh"
done

usage() {
  cat <<'TEXT'
Usage: hack/cluster.sh VERB [ARGUMENTS]

  packages [--policy]    print the Debian packages that the verbs below need
  build [COMPONENT...]   build once into the cache: k8s etcd kwok helm coredns (the default), cilium, cyclonus
  up [OPTIONS]           start a cluster: etcd, API server, controller manager, scheduler, and
       --node              one real node: containerd, kubelet, kube-proxy, CNI, CoreDNS (needs root)
       --gpu-nodes N       N simulated nodes with 8 nvidia.com/gpu each (H100)
       --amd-nodes N       N simulated nodes with 8 amd.com/gpu each (MI300X)
       --policy            Cilium on the real node: network policies are enforced (implies --node)
  env                    print the lines that point a shell at the cluster: eval "$(hack/cluster.sh env)"
  status                 nodes, pods, processes
  logs [NAME]            list the logs, or print one: apiserver, kubelet, audit ...
  load IMAGE.tar         import an image into the real node
  probe NS POD URL [S]   what that pod can reach within S seconds: OK, TIMEOUT, REFUSED or NODNS
  in-pod NS POD CMD...   run a program of this machine with that pod's network and resolver
  restart NAME [S]       kill -9 a component (etcd, apiserver, kubelet ...), start it again after S seconds
  kill-pod NS POD        kill -9 a pod's first container
  down                   end it all; nothing stays behind
  leftovers              print what clusters that are not up have left on this machine; nothing is the right answer

Environment: CLUSTER_ID (0-15, default 0) picks ports, addresses and folder, so that several run side by side;
CLUSTER_ROOT (default ~/.cache/penstock/cluster) holds binaries and run folders; KUBEBUILDER_ASSETS, where set,
is a folder whose kube-apiserver, etcd, kubectl ... are used instead of built ones.
TEXT
}

verb=${1:-help}
[ $# -gt 0 ] && shift
case $verb in
  packages) cluster_packages "$@" ;;
  build) cluster_build "$@" ;;
  up) cluster_up "$@" ;;
  env) cluster_env ;;
  status) cluster_status ;;
  logs) cluster_logs "$@" ;;
  load) load_image "$@" ;;
  probe) probe_from_pod "$@" ;;
  in-pod) in_pod "$@" ;;
  restart) restart_component "$@" ;;
  kill-pod) kill_pod "$@" ;;
  down) cluster_down ;;
  leftovers) cluster_leftovers ;;
  help | -h | --help) usage ;;
  *)
    echo "hack/cluster.sh: no verb \"$verb\"" >&2
    usage >&2
    exit 2
    ;;
esac

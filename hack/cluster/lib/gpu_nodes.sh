# shellcheck shell=bash
# Simulated nodes with GPUs (KWOK): pods bound there run only in the books. A taint keeps pods away that do not ask for them.

start_kwok() {
  local stages=$SHARE/kwok/kustomize/stage stage configs=()
  for stage in node/fast/node-initialize node/heartbeat-with-lease/node-heartbeat-with-lease \
    pod/fast/pod-ready pod/fast/pod-complete pod/fast/pod-delete; do
    configs+=(--config "$stages/$stage.yaml")
  done
  # Without leases the node controller takes the nodes for dead after 50 s, and their pods are no longer ready.
  start kwok "$(tool kwok)" --kubeconfig "$RUN/admin.kubeconfig" --server-address "127.0.0.1:$KWOK_PORT" --node-lease-duration-seconds 40 \
    --manage-all-nodes=false --manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake "${configs[@]}"
}

gpu_node() {
  cat <<YAML
---
apiVersion: v1
kind: Node
metadata:
  name: gpu-$1
  annotations: {kwok.x-k8s.io/node: fake}
  labels:
    type: kwok
    kubernetes.io/hostname: gpu-$1
    kubernetes.io/os: linux
    kubernetes.io/arch: amd64
    nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3
    topology.kubernetes.io/zone: zone-$(($1 % 3))
spec:
  taints: [{key: kwok.x-k8s.io/node, value: fake, effect: NoSchedule}]
status:
  allocatable: {cpu: "96", memory: 1Ti, pods: "110", nvidia.com/gpu: "8"}
  capacity: {cpu: "96", memory: 1Ti, pods: "110", nvidia.com/gpu: "8"}
YAML
}

# gpu_nodes_ready N: one list, because `kubectl wait` watches each node by itself.
gpu_nodes_ready() {
  [ "$(kubectl get nodes -l type=kwok -o jsonpath='{..conditions[?(@.type=="Ready")].status}' | grep -o True | wc -l)" -eq "$1" ]
}

# gpu_nodes N
gpu_nodes() {
  local begin i
  begin=$(now_ms)
  start_kwok
  for ((i = 1; i <= $1; i++)); do gpu_node "$i"; done | kubectl create --validate=false -f - >/dev/null
  wait_for_process $((60 + $1 / 10)) kwok gpu_nodes_ready "$1"
  say "$1 simulated GPU nodes in $(since_ms "$begin")"
}

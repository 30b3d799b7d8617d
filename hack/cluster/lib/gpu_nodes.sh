# shellcheck shell=bash
# Simulated nodes with GPUs (KWOK): pods bound there run only in the books, unless somebody lends them a process
# (manifests/pod-stages.yaml). A taint keeps pods away that do not ask for them.

start_kwok() {
  local stages=$SHARE/kwok/kustomize/stage stage configs=(--config "$HERE/manifests/pod-stages.yaml")
  for stage in node/fast/node-initialize node/heartbeat-with-lease/node-heartbeat-with-lease pod/fast/pod-complete; do
    configs+=(--config "$stages/$stage.yaml")
  done
  # Without leases the node controller takes the nodes for dead after 50 s, and their pods are no longer ready.
  start kwok "$(tool kwok)" --kubeconfig "$RUN/admin.kubeconfig" --server-address "127.0.0.1:$KWOK_PORT" --node-lease-duration-seconds 40 \
    --cidr "$SIMULATED_CIDR" --manage-all-nodes=false --manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake "${configs[@]}"
}

# labels_of RESOURCE: what GPU feature discovery and AMD's node labeller write on such a machine, as far as anybody selects by it.
labels_of() {
  case $1 in
    nvidia.com/gpu)
      cat <<YAML
    nvidia.com/gpu.count: "8"
    nvidia.com/gpu.family: hopper
    nvidia.com/gpu.present: "true"
    nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3
YAML
      ;;
    amd.com/gpu)
      cat <<YAML
    amd.com/gpu.device-id: 74a1
    amd.com/gpu.family: AI
    amd.com/gpu.product-name: AMD_Instinct_MI300X_OAM
    amd.com/gpu.vram: 192G
YAML
      ;;
  esac
}

# gpu_node PREFIX NUMBER RESOURCE
gpu_node() {
  cat <<YAML
---
apiVersion: v1
kind: Node
metadata:
  name: $1-$2
  annotations: {kwok.x-k8s.io/node: fake}
  labels:
    type: kwok
    kubernetes.io/hostname: $1-$2
    kubernetes.io/os: linux
    kubernetes.io/arch: amd64
    topology.kubernetes.io/zone: zone-$(($2 % 3))
$(labels_of "$3")
spec:
  taints: [{key: kwok.x-k8s.io/node, value: fake, effect: NoSchedule}]
status:
  allocatable: {cpu: "96", memory: 1Ti, pods: "110", $3: "8"}
  capacity: {cpu: "96", memory: 1Ti, pods: "110", $3: "8"}
YAML
}

# gpu_nodes_ready N: one list, because `kubectl wait` watches each node by itself.
gpu_nodes_ready() {
  [ "$(kubectl get nodes -l type=kwok -o jsonpath='{..conditions[?(@.type=="Ready")].status}' | grep -o True | wc -l)" -eq "$1" ]
}

# gpu_nodes NVIDIA AMD: so many of each, gpu-1 … and amd-1 …
gpu_nodes() {
  local begin i all=$(($1 + $2))
  begin=$(now_ms)
  start_kwok
  {
    for ((i = 1; i <= $1; i++)); do gpu_node gpu "$i" nvidia.com/gpu; done
    for ((i = 1; i <= $2; i++)); do gpu_node amd "$i" amd.com/gpu; done
  } | kubectl create --validate=false -f - >/dev/null
  wait_for_process $((60 + all / 10)) kwok gpu_nodes_ready "$all"
  say "$all simulated GPU nodes in $(since_ms "$begin")"
}

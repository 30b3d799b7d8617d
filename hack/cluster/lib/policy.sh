# shellcheck shell=bash
# Cilium as the network policy engine: NetworkPolicy and CiliumNetworkPolicy (names too) are enforced in the kernel.

# cilium_config RENDERED FOLDER: the chart's ConfigMap as the agent's config folder, and the chart's RBAC as apply.yaml.
cilium_config() {
  python3 "$HERE/cilium_config.py" "$1" "$2" "lib-dir=$2/lib" "k8s-kubeconfig-path=$2/agent.kubeconfig"
}

cilium_kubeconfig() {
  cat <<YAML
apiVersion: v1
kind: Config
clusters:
- name: cluster
  cluster:
    server: https://$(api_ip):$API_PORT
    certificate-authority-data: $(base64 -w 0 "$PKI/ca.crt")
users: [{name: cilium, user: {token: "$(kubectl create token cilium -n kube-system --duration=24h)"}}]
contexts: [{name: cilium, context: {cluster: cluster, user: cilium}}]
current-context: cilium
YAML
}

start_cilium() {
  local folder=$RUN/cilium module=$SHARE/cilium
  mkdir -p "$folder"/{lib,config,path}
  cp -r "$module/bpf" "$folder/lib/"
  ln -s "$(command -v clang-19)" "$folder/path/clang"
  "$(tool helm)" template cilium "$module/install/kubernetes/cilium" -n kube-system --kube-version "$KUBERNETES_VERSION" \
    -f "$HERE/manifests/cilium-values.yaml" \
    --set "k8sServiceHost=$(api_ip),k8sServicePort=$API_PORT,ipv4NativeRoutingCIDR=$POD_CIDR" >"$folder/rendered.yaml" 2>"$LOGS/cilium-chart.log"
  kubectl apply --server-side -f "$module/pkg/k8s/apis/cilium.io/client/crds/v2" \
    -f "$module/pkg/k8s/apis/cilium.io/client/crds/v2alpha1" >/dev/null 2>"$LOGS/cilium-crds.log"
  cilium_config "$folder/rendered.yaml" "$folder"
  kubectl create namespace cilium-secrets --dry-run=client -o yaml | kubectl apply --server-side -f - >/dev/null
  kubectl apply --server-side -f "$folder/apply.yaml" >/dev/null
  (umask 077 && cilium_kubeconfig >"$folder/agent.kubeconfig")
  inside bash -c "mkdir -p /run/cilium/cgroupv2 && mount -t cgroup2 none /run/cilium/cgroupv2"
  PATH=$folder/path:$PATH K8S_NODE_NAME=$NODE CILIUM_K8S_NAMESPACE=kube-system \
    start_inside cilium-agent "$(tool cilium-agent)" --config-dir="$folder/config"
  wait_for_process 120 cilium-agent inside curl -fsS -H 'brief: true' http://127.0.0.1:9879/healthz
}

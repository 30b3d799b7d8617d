# shellcheck shell=bash
# kubelet, kube-proxy and CoreDNS of the real node.

REAL_NODE_GPUS=${REAL_NODE_GPUS:-8}

kubelet_config() {
  cat >"$RUN/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /$NODE
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $PKI/ca.crt}
authorization: {mode: Webhook}
containerRuntimeEndpoint: unix://$SOCK
clusterDNS: [$DNS_IP]
clusterDomain: cluster.local
enforceNodeAllocatable: []
evictionHard: {}
failSwapOn: false
imageGCHighThresholdPercent: 100
localStorageCapacityIsolation: false
podLogsDir: $RUN/podlogs
resolvConf: /etc/resolv.conf
rotateCertificates: false
tlsCertFile: $PKI/kubelet.crt
tlsPrivateKeyFile: $PKI/kubelet.key
YAML
}

start_kubelet() {
  mkdir -p "$RUN/podlogs"
  kubelet_config
  start_inside kubelet "$(tool kubelet)" --config "$RUN/kubelet.yaml" --kubeconfig "$RUN/kubelet.kubeconfig" \
    --hostname-override "$NODE" --node-ip "$NODE_IP" --root-dir "$RUN/kubelet" --node-labels penstock.local/real-node=true
}

start_kube_proxy() {
  cat >"$RUN/kube-proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: $NODE
clusterCIDR: $POD_CIDR
bindAddress: $NODE_IP
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
clientConnection: {kubeconfig: $RUN/kube-proxy.kubeconfig}
conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
nftables: {syncPeriod: 10s, minSyncPeriod: 200ms}
YAML
  start_inside kube-proxy "$(tool kube-proxy)" --config "$RUN/kube-proxy.yaml"
}

# real_node bridge|cilium: joins the room to the cluster. GPUs are written into the node's status; pods that ask for them start.
real_node() {
  start_kubelet
  kubectl create clusterrolebinding cluster:kube-proxy --clusterrole=system:node-proxier --user=system:kube-proxy >/dev/null
  sed "s/10\.96\.0\.10/$DNS_IP/" "$HERE/manifests/coredns.yaml" | kubectl apply -f - >/dev/null
  start_kube_proxy
  wait_for_process 30 kubelet api "/api/v1/nodes/$NODE"
  kubectl patch node "$NODE" --subresource=status --type=merge \
    -p "{\"status\": {\"capacity\": {\"nvidia.com/gpu\": \"$REAL_NODE_GPUS\"}, \"allocatable\": {\"nvidia.com/gpu\": \"$REAL_NODE_GPUS\"}}}" >/dev/null
  if [ "$1" = cilium ]; then
    kubectl patch node "$NODE" -p "{\"spec\": {\"podCIDR\": \"$POD_CIDR\", \"podCIDRs\": [\"$POD_CIDR\"]}}" >/dev/null
    start_cilium
  fi
  wait_for_process 60 kubelet kubectl wait --for=condition=Ready "node/$NODE" --timeout=1s
  wait_for 90 CoreDNS kubectl -n kube-system rollout status deployment/coredns --timeout=1s
}

# shellcheck shell=bash
# etcd, API server, controller manager, scheduler: real ones, RBAC on, audit log on, real ServiceAccount tokens.

start_etcd() {
  start etcd "$(tool etcd)" --data-dir "$RUN/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "http://127.0.0.1:$ETCD_PORT" --advertise-client-urls "http://127.0.0.1:$ETCD_PORT" \
    --listen-peer-urls "http://127.0.0.1:$ETCD_PEER_PORT"
}

start_apiserver() {
  local endpoint=()
  # The Service "kubernetes" may not point at loopback; without a node nobody follows it.
  [ -f "$RUN/with-node" ] || endpoint=(--endpoint-reconciler-type=none)
  # InternalIP: else `kubectl exec` and `logs` look the node's name up in DNS.
  start apiserver "$(tool kube-apiserver)" --etcd-servers="http://127.0.0.1:$ETCD_PORT" \
    --bind-address="$(api_ip)" --advertise-address="$(api_ip)" --secure-port="$API_PORT" "${endpoint[@]}" \
    --service-cluster-ip-range="$SERVICE_CIDR" --kubelet-preferred-address-types=InternalIP \
    --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" --client-ca-file="$PKI/ca.crt" \
    --requestheader-client-ca-file="$PKI/ca.crt" --requestheader-allowed-names=front-proxy --requestheader-username-headers=X-Remote-User \
    --kubelet-client-certificate="$PKI/admin.crt" --kubelet-client-key="$PKI/admin.key" \
    --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" \
    --service-account-issuer=https://kubernetes.default.svc \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
    --audit-policy-file="$HERE/manifests/audit-policy.yaml" --audit-log-path="$LOGS/audit.log"
}

# The request rates of both clients are raised: with the defaults the controller manager alone takes 4 s to start.
start_controller_manager() {
  local config=$RUN/kube-controller-manager.kubeconfig
  start kube-controller-manager "$(tool kube-controller-manager)" --bind-address=127.0.0.1 --secure-port="$KCM_PORT" \
    --kubeconfig "$config" --authentication-kubeconfig "$config" --authorization-kubeconfig "$config" \
    --leader-elect=false --kube-api-qps=500 --kube-api-burst=1000 --use-service-account-credentials --service-account-private-key-file="$PKI/sa.key" \
    --root-ca-file="$PKI/ca.crt" --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key"
}

start_scheduler() {
  local config=$RUN/kube-scheduler.kubeconfig
  start kube-scheduler "$(tool kube-scheduler)" --bind-address=127.0.0.1 --secure-port="$SCHEDULER_PORT" --leader-elect=false \
    --kube-api-qps=500 --kube-api-burst=1000 --kubeconfig "$config" --authentication-kubeconfig "$config" --authorization-kubeconfig "$config"
}

# api PATH: a GET as administrator; much cheaper than kubectl, so that waiting costs nothing.
api() {
  curl -fsS --noproxy '*' --max-time 5 --cacert "$PKI/ca.crt" --cert "$PKI/admin.crt" --key "$PKI/admin.key" \
    "https://$(api_ip):$API_PORT$1"
}

private_link() {
  ip link add "$VETH" type veth peer name "${VETH}n"
  ip addr add "$HOST_IP/24" dev "$VETH"
  ip link set "$VETH" up
}

control_plane() {
  start_apiserver
  wait_for_process 60 apiserver api /readyz
  start_controller_manager
  start_scheduler
  wait_for_process 30 kube-controller-manager api /api/v1/namespaces/default/serviceaccounts/default
}

# cluster_up [--node] [--gpu-nodes N] [--amd-nodes N] [--policy]
cluster_up() {
  local nvidia=0 amd=0 network="" begin phase room=""
  while [ $# -gt 0 ]; do
    case $1 in
      --node) network=${network:-bridge} ;;
      --policy) network=cilium ;;
      --gpu-nodes | --amd-nodes)
        [[ ${2:-} =~ ^[0-9]+$ ]] || die "$1 takes a number"
        if [ "$1" = --amd-nodes ]; then amd=$2; else nvidia=$2; fi
        shift
        ;;
      *) die "no option \"$1\"; there are: --node, --gpu-nodes N, --amd-nodes N, --policy" ;;
    esac
    shift
  done
  need_for_up "$network"
  mkdir -p "$CLUSTER_ROOT"
  mkdir "$RUN" 2>/dev/null || die "cluster $CLUSTER_ID is up, or was not taken down ($RUN exists): CLUSTER_ID=$CLUSTER_ID hack/cluster.sh down"
  mkdir "$PKI" "$LOGS" "$PIDS"
  begin=$(now_ms)
  start_etcd
  if [ -n "$network" ]; then
    touch "$RUN/with-node"
    private_link
  fi
  make_pki
  if [ -n "$network" ]; then
    # The node's namespaces and its container runtime need no API server: they come up beside it.
    make_node_room "$network" >"$LOGS/room.log" 2>&1 &
    room=$!
  fi
  control_plane
  say "control plane $KUBERNETES_VERSION on $(api_ip):$API_PORT in $(since_ms "$begin")"
  phase=$(now_ms)
  if [ $((nvidia + amd)) -gt 0 ]; then gpu_nodes "$nvidia" "$amd"; fi
  if [ -n "$network" ]; then
    wait "$room" || die "the node's namespaces or containerd did not come up: $(tail -n 3 "$LOGS/room.log")"
    real_node "$network"
    say "node $NODE ($network) Ready, DNS answering, $(since_ms "$phase") later"
  fi
  cluster_env
}

# need_for_up NETWORK: says what is missing before anything is started.
need_for_up() {
  local name missing=() parts=(etcd kube-apiserver kube-controller-manager kube-scheduler kubectl kwok)
  if [ -n "$1" ]; then
    [ "$(id -u)" -eq 0 ] || die "--node needs root: it makes namespaces, mounts and a network of its own"
    case $RUN in /var/* | /etc/* | /run/*) die "CLUSTER_ROOT is $CLUSTER_ROOT; with --node it may not be under /var, /etc or /run, which the node sees its own copies of" ;; esac
    for name in containerd ctr runc ip nft conntrack nsenter unshare busybox; do
      command -v "$name" >/dev/null || die "no $name; install what hack/cluster.sh packages prints"
    done
    [ -d /usr/lib/cni ] || die "no CNI plugins in /usr/lib/cni; install what hack/cluster.sh packages prints"
    parts+=(kubelet kube-proxy coredns)
  fi
  if [ "$1" = cilium ]; then
    parts+=(helm cilium-agent cilium-cni)
    for name in clang-19 ipset iptables; do
      command -v "$name" >/dev/null || die "no $name; install what hack/cluster.sh packages --policy prints"
    done
  fi
  for name in "${parts[@]}"; do [ -x "$(tool "$name")" ] || missing+=("$name"); done
  [ ${#missing[@]} -eq 0 ] || die "not built yet: ${missing[*]}; run hack/cluster.sh build$([ "$1" = cilium ] && echo " k8s etcd kwok helm coredns cilium")"
}

cluster_env() {
  if [ -n "${HTTPS_PROXY:-}${https_proxy:-}" ]; then echo "export NO_PROXY=$NO_PROXY no_proxy=$NO_PROXY"; fi
  echo "export KUBECONFIG=$KUBECONFIG PATH=${KUBEBUILDER_ASSETS:+$KUBEBUILDER_ASSETS:}$BIN:\$PATH"
}

cluster_status() {
  local file name pid
  [ -d "$PIDS" ] || die "cluster $CLUSTER_ID is not up"
  kubectl get nodes -o wide || true
  kubectl get pods -A || true
  for file in "$PIDS"/*; do
    name=${file##*/}
    if pid=$(pid_of "$name"); then echo "$name: pid $pid"; else echo "$name: ended; see hack/cluster.sh logs $name"; fi
  done
}

# cluster_logs [NAME]
cluster_logs() {
  [ -d "$LOGS" ] || die "cluster $CLUSTER_ID has no logs in $LOGS"
  if [ $# -eq 0 ]; then
    (cd "$LOGS" && wc -l -- *.log)
  else
    [ -f "$LOGS/$1.log" ] || die "no log \"$1\" in $LOGS"
    cat "$LOGS/$1.log"
  fi
}

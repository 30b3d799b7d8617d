# shellcheck shell=bash
# shellcheck disable=SC2034 # read by the files that hack/cluster.sh sources after this one
# Where everything of one cluster lives: folders, ports, addresses, names. Nothing else picks any of these.

CLUSTER_ROOT=${CLUSTER_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/penstock/cluster}
CLUSTER_ID=${CLUSTER_ID:-0}
if ! [[ $CLUSTER_ID =~ ^[0-9]+$ ]] || [ "$CLUSTER_ID" -gt 15 ]; then
  die "CLUSTER_ID is \"$CLUSTER_ID\"; it is a number from 0 to 15"
fi

KUBERNETES_VERSION=1.36.3
KWOK_VERSION=0.8.0
CILIUM_VERSION=1.20.2

# Built once, shared by all clusters.
BIN=$CLUSTER_ROOT/bin
SHARE=$CLUSTER_ROOT/share
STAMPS=$CLUSTER_ROOT/stamps

# Of this cluster alone; `down` removes the folder.
RUN=$CLUSTER_ROOT/run-$CLUSTER_ID
PKI=$RUN/pki
LOGS=$RUN/logs
PIDS=$RUN/pids
SOCK=$RUN/containerd.sock

PORT_BASE=$((17400 + 10 * CLUSTER_ID))
API_PORT=$PORT_BASE
ETCD_PORT=$((PORT_BASE + 1))
ETCD_PEER_PORT=$((PORT_BASE + 2))
KCM_PORT=$((PORT_BASE + 3))
SCHEDULER_PORT=$((PORT_BASE + 4))
KWOK_PORT=$((PORT_BASE + 5))

# 198.18.0.0/15 is set aside for tests (RFC 2544): no site routes it, so nothing real is shadowed. A /20 for each cluster.
net_part() { echo "198.18.$((16 * CLUSTER_ID + $1)).$2"; }
HOST_IP=$(net_part 0 1)
NODE_IP=$(net_part 0 2)
SERVICE_CIDR=$(net_part 4 0)/22
SERVICE_IP=$(net_part 4 1)
DNS_IP=$(net_part 4 10)
POD_CIDR=$(net_part 8 0)/22
SIMULATED_CIDR=$(net_part 12 0)/22
NODE=real-$CLUSTER_ID
VETH=psk$CLUSTER_ID

# The API server listens on loopback, or on the node's private link when there is a node: never on the machine's own network.
api_ip() { if [ -f "$RUN/with-node" ]; then echo "$HOST_IP"; else echo 127.0.0.1; fi; }

export KUBECONFIG=$RUN/admin.kubeconfig
# A proxy of this machine is not for the cluster's own addresses.
export NO_PROXY=${NO_PROXY:+$NO_PROXY,}127.0.0.1,localhost,198.18.0.0/15,.svc,.cluster.local
export no_proxy=$NO_PROXY

# tool NAME: the path of a binary; those of KUBEBUILDER_ASSETS come first.
tool() {
  if [ -n "${KUBEBUILDER_ASSETS:-}" ] && [ -x "$KUBEBUILDER_ASSETS/$1" ]; then
    echo "$KUBEBUILDER_ASSETS/$1"
  else
    echo "$BIN/$1"
  fi
}

kubectl() { "$(tool kubectl)" "$@"; }

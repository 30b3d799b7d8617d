# shellcheck shell=bash
# containerd, the CNI configuration and the images of the real node.

containerd_config() {
  # restrict_oom_score_adj: else every sandbox fails with "can't get final child's PID from pipe: EOF".
  cat >"$RUN/containerd.toml" <<TOML
version = 2
root = "$RUN/containerd/root"
state = "$RUN/containerd/state"
[grpc]
  address = "$SOCK"
[plugins."io.containerd.internal.v1.opt"]
  path = "$RUN/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "penstock.local/pause:1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$RUN/cni/bin"
    conf_dir = "$RUN/cni/conf"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
TOML
}

# cni_config bridge|cilium: written before the kubelet starts, so that the node's first report is already "ready".
cni_config() {
  local plugin
  for plugin in /usr/lib/cni/*; do ln -s "$plugin" "$RUN/cni/bin/"; done
  if [ "$1" = cilium ]; then
    ln -s "$(tool cilium-cni)" "$RUN/cni/bin/cilium-cni"
    cat >"$RUN/cni/conf/05-cilium.conflist" <<JSON
{"cniVersion": "0.3.1", "name": "cilium",
 "plugins": [{"type": "cilium-cni", "enable-debug": false, "log-file": "$LOGS/cilium-cni.log"}]}
JSON
  else
    cat >"$RUN/cni/conf/10-bridge.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "bridge",
 "plugins": [
   {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
    "ipam": {"type": "host-local", "dataDir": "$RUN/cni/ipam", "ranges": [[{"subnet": "$POD_CIDR"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
   {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
  fi
}

# system_image NAME FILE PATH COMMAND...: an image of one static binary, made once and kept in the cache.
system_image() {
  local name=$1 file=$2 path=$3 archive
  shift 3
  archive=$SHARE/images/$name.tar
  if [ ! -f "$archive" ] || [ "$file" -nt "$archive" ]; then
    mkdir -p "$SHARE/images"
    python3 "$HERE/../image/docker_archive.py" --name "penstock.local/$name:1" --out "$archive.$CLUSTER_ID" \
      --file "$file:$path:755" -- "$@"
    mv "$archive.$CLUSTER_ID" "$archive"
  fi
  load_image "$archive"
}

# load_image IMAGE.tar: a docker or OCI archive.
load_image() {
  [ -f "${1:-}" ] || die "no image archive \"${1:-}\""
  pid_of room >/dev/null || die "cluster $CLUSTER_ID has no real node; start it with hack/cluster.sh up --node"
  inside ctr --address "$SOCK" --namespace k8s.io images import "$(realpath "$1")" >/dev/null
}

# make_node_room bridge|cilium: all of the node that needs no API server.
make_node_room() {
  make_room
  mkdir -p "$RUN"/cni/{bin,conf}
  containerd_config
  cni_config "$1"
  start_inside containerd containerd --config "$RUN/containerd.toml"
  wait_for_process 20 containerd inside ctr --address "$SOCK" version
  system_image pause "$(command -v busybox)" bin/busybox /bin/busybox sleep 1000000000
  system_image coredns "$(tool coredns)" bin/coredns /bin/coredns
}

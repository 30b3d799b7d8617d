# shellcheck shell=bash
# Takes a cluster down, whatever state it is in: half up, machine restarted, processes killed by hand.

# The kubelet first, else it starts containers again; then the room, whose end ends everything in it.
teardown_node() {
  end cilium-agent kube-proxy kubelet
  end containerd room
  remove_cgroups
  ip route del "$POD_CIDR" 2>/dev/null || true
  ip link del "$VETH" 2>/dev/null || true
}

cluster_down() {
  local begin
  [ -d "$RUN" ] || {
    say "cluster $CLUSTER_ID is not up"
    return 0
  }
  begin=$(now_ms)
  end kwok kube-scheduler kube-controller-manager
  if [ -f "$RUN/with-node" ]; then teardown_node; fi
  end apiserver etcd
  rm -rf "$RUN"
  say "cluster $CLUSTER_ID is down in $(since_ms "$begin")"
}

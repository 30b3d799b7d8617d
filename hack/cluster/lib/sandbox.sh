# shellcheck shell=bash
# The room of the real node: mount, network and process namespaces of its own. When the first process of the room ends, the
# kernel ends every other process in it and drops its mounts, links, routes, packet filter rules and BPF programs.

# inside COMMAND...: runs in the room. The working directory becomes /, so paths must be absolute.
inside() { nsenter --target "$(pid_of room)" --mount --net --pid -- "$@"; }

# start_inside NAME COMMAND...: like start; what is remembered is the program itself, not nsenter.
start_inside() {
  local name=$1 room outer inner=""
  shift
  # Found out here, not in the command: the background shell would have this substitution as its first child.
  room=$(pid_of room)
  setsid nohup nsenter --target "$room" --mount --net --pid -- "$@" >>"$LOGS/$name.log" 2>&1 </dev/null &
  outer=$!
  for _ in {1..100}; do
    inner=$(tr -d ' ' <"/proc/$outer/task/$outer/children" 2>/dev/null) || true
    [ -n "$inner" ] && break
    sleep 0.02
  done
  [ -n "$inner" ] || die "$name ended at once: $(tail -n 3 "$LOGS/$name.log")"
  remember "$name" "$inner"
}

# The first process in the room reaps what is orphaned there: container shims leave zombies otherwise.
room_init() {
  # shellcheck disable=SC2016 # expands inside the room
  setsid nohup unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private -- \
    bash -c ': > "$0"; while :; do sleep 86400 & wait $!; done' "$RUN/room.ready" >"$LOGS/room-init.log" 2>&1 </dev/null &
  local outer=$!
  wait_for 10 "the node's namespaces" test -f "$RUN/room.ready"
  remember room "$(tr -d ' ' <"/proc/$outer/task/$outer/children")"
}

# What the kubelet and Cilium would set for the whole machine is shown to them as already set: the machine stays as it was.
KERNEL_SETTINGS="vm/overcommit_memory=1 kernel/panic=10 kernel/panic_on_oops=1 kernel/keys/root_maxkeys=1000000
  kernel/keys/root_maxbytes=25000000 kernel/unprivileged_bpf_disabled=1 kernel/timer_migration=0"

room_mounts() {
  cat <<BASH
    set -e
    mkdir -p $RUN/cgroup
    mount --rbind /sys/fs/cgroup $RUN/cgroup
    mount -t sysfs sysfs /sys
    mount --rbind $RUN/cgroup /sys/fs/cgroup
    umount -l $RUN/cgroup
    ! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified
    mount -t bpf bpf /sys/fs/bpf
    mount -t tmpfs tmpfs /run
    mkdir -p /run/netns /run/lock
    mount -t overlay overlay -o lowerdir=/var,upperdir=$RUN/var,workdir=$RUN/var.work /var
    mount -t overlay overlay -o lowerdir=/etc,upperdir=$RUN/etc,workdir=$RUN/etc.work /etc
    mount --bind $RUN/kubelet $RUN/kubelet
    mount --make-rshared $RUN/kubelet
    for setting in $(tr '\n' ' ' <<<"$KERNEL_SETTINGS"); do
      name=\${setting%%=*}
      [ -e /proc/sys/\$name ] || continue
      file=$RUN/sysctl/\${name//\\//.}
      echo \${setting#*=} > \$file
      mount --bind \$file /proc/sys/\$name
    done
    ip link set lo up
BASH
}

# The node's own branch of every cgroup hierarchy; removed again by remove_cgroups.
cgroup_branches() {
  if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
    echo "/sys/fs/cgroup/$NODE"
  else
    awk -v node="$NODE" '$3 == "cgroup" || $3 == "cgroup2" {print $2 "/" node}' /proc/self/mounts
  fi
}

make_cgroups() {
  local branch controllers
  while read -r branch; do
    [[ $branch != */unified/* ]] || continue
    mkdir -p "$branch"
    case $branch in
      */cpuset/*)
        cat "${branch%/*}/cpuset.cpus" >"$branch/cpuset.cpus"
        cat "${branch%/*}/cpuset.mems" >"$branch/cpuset.mems"
        ;;
      "/sys/fs/cgroup/$NODE")
        controllers=$(sed 's/[^ ]*/+&/g' /sys/fs/cgroup/cgroup.controllers)
        echo "$controllers" >/sys/fs/cgroup/cgroup.subtree_control
        echo "$controllers" >"$branch/cgroup.subtree_control"
        ;;
    esac
  done < <(cgroup_branches)
}

remove_cgroups() {
  local branch
  while read -r branch; do
    [ -d "$branch" ] || continue
    for _ in {1..50}; do
      find "$branch" -depth -type d -exec rmdir {} + 2>/dev/null || true
      [ -d "$branch" ] || break
      sleep 0.1
    done
  done < <(cgroup_branches)
}

room_network() {
  ip link set "${VETH}n" netns "$(pid_of room)" name eth0
  inside bash -ec "ip addr add $NODE_IP/24 dev eth0; ip link set eth0 up; ip route add default via $HOST_IP
    sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0"
  ip route replace "$POD_CIDR" via "$NODE_IP"
}

make_room() {
  mkdir -p "$RUN"/{var,var.work,etc,etc.work,kubelet,sysctl}
  room_init
  make_cgroups
  inside bash -c "$(room_mounts)"
  room_network
}

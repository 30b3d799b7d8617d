# shellcheck shell=bash
# What clusters that are not up have left on this machine: the oracle of the test of `down`.

cluster_leftovers() {
  local id run
  for id in {0..15}; do
    run=$CLUSTER_ROOT/run-$id
    [ -d "$run" ] && continue
    pgrep -af -- "$run/" | sed 's/^/process: /' || true
    grep -F "$run/" /proc/self/mounts | sed 's/^/mount: /' || true
    ip -o link show 2>/dev/null | grep -E " psk${id}n?[@:]" | sed 's/^/link: /' || true
    ip -o route show 2>/dev/null | grep -F "198.18.$((16 * id))." | sed 's/^/route: /' || true
    find /sys/fs/cgroup -maxdepth 2 -type d -name "real-$id" | sed 's/^/cgroup: /'
  done
}

"""What a cluster could leave on the machine, read from the kernel: compared before `up` and after `down`."""
import pathlib
import subprocess

SETTINGS = ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes",
            "kernel/unprivileged_bpf_disabled", "kernel/timer_migration", "net/ipv4/ip_forward", "net/ipv4/conf/all/rp_filter")
FOLDERS = ("/etc/cni", "/var/lib/cni", "/var/lib/kubelet", "/var/lib/containerd", "/run/containerd", "/run/netns", "/var/log/pods",
           "/var/log/containers", "/run/cilium", "/sys/fs/bpf")


def _lines(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    except FileNotFoundError:
        return []


def snapshot(cluster_id):
    """Everything that must be the same afterwards. Other clusters may come and go meanwhile: only this one's names count."""
    mine = (f"psk{cluster_id}", f"198.18.{16 * cluster_id}.", f"/run-{cluster_id}/", f"real-{cluster_id}")
    of_mine = lambda lines: sorted(line for line in lines if any(name in line for name in mine))  # noqa: E731
    return {
        "mounts": of_mine(pathlib.Path("/proc/self/mounts").read_text().splitlines()),
        "links": of_mine(_lines("ip", "-o", "link")),
        "routes": of_mine(_lines("ip", "-o", "route")),
        "packet filter": [line for line in _lines("nft", "list", "ruleset") + _lines("iptables-save") if not line.startswith("#")],
        "settings": {name: path.read_text() for name in SETTINGS if (path := pathlib.Path("/proc/sys") / name).exists()},
        "folders": {folder: sorted(p.name for p in pathlib.Path(folder).glob("*")) for folder in FOLDERS},
        "control groups": sorted(str(p) for p in pathlib.Path("/sys/fs/cgroup").glob(f"**/real-{cluster_id}")),
    }


def room_namespaces(run_folder):
    """The mount, network and process namespaces of the real node, as the kernel names them."""
    room = (run_folder / "pids/room").read_text().split()[0]
    return {str(pathlib.Path(f"/proc/{room}/ns/{kind}").readlink()) for kind in ("mnt", "net", "pid")}


def processes(run_folder, namespaces=frozenset()):
    """Who still runs and belongs to that cluster: by a path on the command line, or by a namespace."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            inside = namespaces & {str((process / "ns" / kind).readlink()) for kind in ("mnt", "net", "pid")}
        except OSError:
            continue
        if inside or f"{run_folder}/" in command:
            found.append(f"{process.name} {command.strip()[:120]}")
    return found

"""`hack/cluster.sh down` leaves the machine as it found it, whatever state the cluster was in."""
import os
import pathlib
import signal
import subprocess

import machine
from local_cluster import IMAGE, LocalCluster, SCRIPT, run, wait_until

POD = f"""
apiVersion: v1
kind: Pod
metadata: {{name: engine, namespace: default}}
spec:
  terminationGracePeriodSeconds: 300
  nodeSelector: {{penstock.local/real-node: "true"}}
  containers:
  - {{name: engine, image: "{IMAGE}", imagePullPolicy: Never, args: [engine, --model, m]}}
  volumes: [{{name: memory, emptyDir: {{medium: Memory}}}}]
"""


def alike(before, after):
    for what, state in before.items():
        assert after[what] == state, f"{what}: not as before"


def test_nothing_stays_behind():
    with LocalCluster() as cluster:
        before = {number: machine.snapshot(number) for number in range(16)}
        cluster.up("--node", "--gpu-nodes", "1")
        folder, namespaces = cluster.run_folder, machine.room_namespaces(cluster.run_folder)
        cluster.load_image()
        cluster.apply(POD)
        cluster.kubectl("wait", "--for=condition=Ready", "pod/engine", "--timeout=60s")
        during = machine.snapshot(cluster.id)
        assert machine.processes(folder, namespaces) and during["links"] and during["routes"] and during["control groups"], \
            "the comparison must see a cluster that is up"

        cluster.down()
        assert machine.processes(folder, namespaces) == []
        assert not folder.exists()
        alike(before[cluster.id], machine.snapshot(cluster.id))
        assert run(SCRIPT, "leftovers", env=cluster.env).stdout == ""


def test_half_dead_cluster_goes_too():
    with LocalCluster() as cluster:
        before = {number: machine.snapshot(number) for number in range(16)}
        cluster.up("--node")
        folder, namespaces = cluster.run_folder, machine.room_namespaces(cluster.run_folder)
        for name in ("containerd", "etcd"):
            os.kill(int((folder / "pids" / name).read_text().split()[0]), signal.SIGKILL)

        cluster.down()
        assert machine.processes(folder, namespaces) == []
        alike(before[cluster.id], machine.snapshot(cluster.id))


def test_a_pid_used_again_is_left_alone():
    with LocalCluster() as cluster, subprocess.Popen(["sleep", "300"]) as stranger:
        cluster.up()
        entry = cluster.run_folder / "pids/kube-scheduler"
        scheduler, started = entry.read_text().split()
        entry.write_text(f"{stranger.pid} {started}\n")
        try:
            cluster.down()
            assert stranger.poll() is None, "down killed a process that it had not started"
        finally:
            stranger.kill()
            if pathlib.Path(f"/proc/{scheduler}").exists():
                os.kill(int(scheduler), signal.SIGKILL)


def test_two_clusters_side_by_side():
    with LocalCluster() as first, LocalCluster() as second:
        first.up("--node")
        second.up("--node")
        first.kubectl("create", "configmap", "mine")
        assert "configmap/mine" not in second.names("configmap")
        first.down()
        wait_until("the second cluster's node", lambda: "True" in second.kubectl(
            "get", "nodes", "-o", "jsonpath={..conditions[?(@.type=='Ready')].status}").stdout)
        second.kubectl("-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=10s")


def test_leftovers_are_seen():
    """The oracle of this file can fail: it names a planted link."""
    run("ip", "link", "add", "psk15", "type", "veth", "peer", "name", "psk15n")
    try:
        assert "link: " in run(SCRIPT, "leftovers").stdout
    finally:
        run("ip", "link", "del", "psk15")

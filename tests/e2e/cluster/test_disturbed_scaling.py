"""Pods evicted, the node drained, a pod killed while it leaves: all while the autoscaler scales and the official client calls. No call is lost but
those that had reached the killed pod, and the autoscaler takes none of it for a change of the load."""
import json
import subprocess
import time

import pytest

import quickstart
from elastic import MODEL, decisions, installed, load, made_at, status, wait_desired, wait_ready
from local_cluster import Failed, wait_until
from quickstart import ENGINES, pods
from watching import Watch

ENGINE = f"{ENGINES}={MODEL}"
GROWN, CALLERS = 3, 4
# Slow enough that an eviction meets a new replica while it starts, and calls while they run. The window that keeps replicas is short: what
# looks like less load for a few seconds would cost one.
SLOW = {"engine": {"args": ["engine", "--model", MODEL, "--max-num-seqs", "4", "--fault-start-delay", "2s", "--fault-slow", "12"]},
        "scaling": {"minReplicas": 1, "maxReplicas": 1, "target": {"tokensPerSecondPerReplica": 1},
                    "behavior": {"scaleUpLimit": 100, "scaleDownLimit": 100, "scaleDownStabilization": "2s"}}}


@pytest.fixture(scope="module")
def cluster():
    with installed() as running:
        yield running


@pytest.fixture
def one(cluster):
    """One replica that takes calls."""
    change(cluster, SLOW)
    wait_desired(cluster, lambda now: now == 1, 30)
    wait_until("the others are gone", lambda: len(cluster.get("pods", "-l", ENGINE)["items"]) == 1, 60)
    wait_ready(cluster, 1, 60)
    return cluster


def change(cluster, spec):
    cluster.kubectl("patch", "md", MODEL, "--type=merge", "-p", json.dumps({"spec": spec}))


def allow(cluster, replicas):
    change(cluster, {"scaling": {"maxReplicas": replicas}})


def evict(cluster, pod):
    """The answer of the Eviction API: "" for yes, else why not."""
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": "default"}}
    done = cluster.kubectl("create", "--raw", f"/api/v1/namespaces/default/pods/{pod}/eviction", "-f", "-", text=json.dumps(eviction), check=False)
    if done.returncode != 0 and "disruption budget" not in done.stderr:
        raise Failed(done.stderr)
    return done.stderr


def ready_pods(cluster):
    return [pod["metadata"]["name"] for pod in cluster.get("pods", "-l", ENGINE)["items"] if "deletionTimestamp" not in pod["metadata"]
            and any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))]


class Calm:
    """What must hold from here on, whatever happens to pods: with Calm(cluster): ..."""

    def __init__(self, cluster):
        self.cluster, self.watch = cluster, Watch(cluster)

    def __enter__(self):
        self.begin = time.time()
        self.watch.__enter__()
        return self

    def __exit__(self, kind, *_):
        self.watch.__exit__()
        if kind is None:
            self.nothing_was_taken_away()
            self.no_replica_was_counted_twice()

    def nothing_was_taken_away(self):
        wanted = [item["status"]["desiredReplicas"] for _, _, item in self.watch.seen if item["kind"] == "ModelDeployment"]
        assert wanted == sorted(wanted), f"desiredReplicas over time: {wanted}"
        made = [d for d in decisions(self.cluster) if made_at(d) > self.begin]
        assert all(d["to"] > d["from"] for d in made), made
        assert all(older["to"] == newer["from"] for newer, older in zip(made, made[1:])), made

    def no_replica_was_counted_twice(self):
        """Pods that leave have successors: never more than were wanted, and the rule counts a place once, whoever holds it."""
        alive, most = set(), max(item["status"]["desiredReplicas"] for _, _, item in self.watch.seen if item["kind"] == "ModelDeployment")
        for _, what, item in self.watch.seen:
            if item["kind"] == "Pod" and item["metadata"].get("labels", {}).get(ENGINES) == MODEL:
                there = what != "DELETED" and "deletionTimestamp" not in item["metadata"]
                (alive.add if there else alive.discard)(item["metadata"]["name"])
                assert len(alive) <= most, alive
        for d in decisions(self.cluster):
            assert d["signals"]["ready"] + d["signals"]["starting"] <= 1000 * d["from"], d


def complete(running, least=10):
    result = running.result()
    print(result)
    assert result["failed"] == [] and result["calls"] >= least, result


def test_the_only_replica_is_evicted(one):
    """A budget for one replica must not hold up a node's maintenance for ever; its calls wait for the successor."""
    with Calm(one), load(one) as running:
        time.sleep(2)
        only = ready_pods(one)
        assert evict(one, only[0]) == ""
        wait_until("a successor takes calls", lambda: ready_pods(one) and ready_pods(one) != only, 40)
        time.sleep(3)
        complete(running, 5)


def test_the_only_replica_is_killed(one):
    """Nobody is told before: calls find nobody there, and wait for the next start of its container."""
    with Calm(one), load(one) as running:
        time.sleep(4)
        one.script("kill-pod", "default", ready_pods(one)[0])
        wait_until("it is seen to be gone", lambda: not ready_pods(one), 20, every=0.05)
        wait_ready(one, 1, 40)
        time.sleep(3)
        result = running.result()
        print(result)
    # Those that it had; each of the callers was answered after it.
    assert len(result["failed"]) <= CALLERS and result["calls"] >= len(result["failed"]) + CALLERS, result


def test_replicas_are_evicted_while_it_grows(one):
    with Calm(one), load(one) as running:
        first = ready_pods(one)
        allow(one, GROWN)
        starting = wait_until("more are starting", lambda: len(there := pods(one, ENGINE)) == GROWN and set(there) - set(ready_pods(one)), 30)
        # One that starts may go at any time; the only one that answers may not, while others are on their way.
        assert evict(one, min(starting)) == ""
        assert "disruption budget" in evict(one, first[0])
        wait_ready(one, GROWN, 60)
        old = ready_pods(one)
        for pod in old:
            wait_until(f"{pod} may go", lambda pod=pod: evict(one, pod) == "", 60, every=0.5)
            assert len(ready_pods(one)) >= GROWN - 1, "the budget lets one go at a time"
        wait_until("all are others", lambda: len(new := ready_pods(one)) == GROWN and not set(new) & set(old), 60)
        allow(one, GROWN + 1)
        wait_ready(one, GROWN + 1, 60)
        complete(running)


def test_the_node_is_drained_while_it_grows(one):
    """There is one real node: what is drained waits for it to come back. Only engines leave, as the gateways have no other node either."""
    node = f"real-{one.id}"
    with Calm(one), load(one) as running:
        allow(one, GROWN)
        wait_until("two answer", lambda: len(ready_pods(one)) >= 2, 40)
        old = set(pods(one, ENGINE))
        drain = subprocess.Popen(["kubectl", "drain", node, f"--pod-selector={ENGINE}", "--delete-emptydir-data", "--timeout=120s"], env=one.env,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            wait_until("a successor waits for a node", lambda: any(c.get("reason") == "Unschedulable" for pod in one.get("pods", "-l", ENGINE)["items"]
                                                                   for c in pod["status"].get("conditions", [])), 30)
            time.sleep(12)  # longer than what the rule remembers of a larger need, and than kubectl waits between its tries
            assert status(one)["desiredReplicas"] == GROWN and drain.poll() is None and len(ready_pods(one)) == GROWN - 1
            one.kubectl("uncordon", node)
            out, _ = drain.communicate(timeout=120)
        finally:
            drain.kill()
            one.kubectl("uncordon", node)
        assert drain.returncode == 0, out
        wait_until("all are others", lambda: len(new := ready_pods(one)) == GROWN and not set(new) & old, 60)
        allow(one, GROWN + 1)
        wait_ready(one, GROWN + 1, 60)
        complete(running)


def running_calls(cluster, pod):
    """Of the engine, by its own word."""
    metrics = cluster.script("in-pod", "default", pod, "curl", "-s", "http://127.0.0.1:8000/metrics").stdout
    return sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith("vllm:num_requests_running"))


def test_a_replica_is_killed_while_it_leaves(one):
    allow(one, GROWN)
    with load(one) as running:
        wait_ready(one, GROWN, 60)
        time.sleep(4)
        begin = time.time()
        allow(one, 1)
        leaving = wait_until("replicas leave", lambda: [pod["metadata"]["name"] for pod in one.get("pods", "-l", ENGINE)["items"]
                                                        if "deletionTimestamp" in pod["metadata"]], 20, every=0.05)
        calls, victim = max((running_calls(one, pod), pod) for pod in leaving)
        one.script("kill-pod", "default", victim)
        wait_until("they are gone", lambda: len(one.get("pods", "-l", ENGINE)["items"]) == 1, 60)
        time.sleep(4)
        assert len(ready_pods(one)) == 1 and ready_pods(one)[0] not in leaving, "nobody comes in place of one that was to go"
        result = running.result()
        print(f"{calls:.0f} calls ran at the replica that was killed: {result}")
    # What had begun to be answered ends there; what had not is asked elsewhere.
    assert all(call["streamed"] and call["started"] for call in result["failed"]) and len(result["failed"]) <= calls, result
    assert [(d["from"], d["to"]) for d in decisions(one) if made_at(d) > begin] == [(GROWN, 1)]

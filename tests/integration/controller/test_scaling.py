"""What the autoscaler does on a real API server with real controllers and scheduler. Nodes are simulated, so engines answer nothing: what is
tested here is what follows from the spec, from silence, and from a controller that dies. Engines that answer: tests/e2e/cluster/test_scaling.py."""
import json
import time

import pytest

from controller_process import Controller, control_plane, wait_until

# Custom: its metrics are not known, so that it has none is no fault.
ENGINE = {"type": "Custom", "image": "penstock.local/penstock:dev", "args": ["engine"], "command": ["penstock"],
          "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}], "nodeSelector": {"type": "kwok"}}


@pytest.fixture(scope="module")
def cluster():
    with control_plane(gpu_nodes=1) as running:
        yield running


@pytest.fixture(scope="module")
def controller(cluster):
    with Controller(cluster) as running:
        yield running.wait_leading()


@pytest.fixture
def apply(cluster, controller):
    made = []

    def one(name, scaling=None, engine=None, **spec):
        body = {"apiVersion": "penstock.dev/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": name, "namespace": "default"},
                "spec": {"model": {"name": name}, "engine": {**ENGINE, **(engine or {})}, **spec}}
        if scaling is not None:
            body["spec"]["scaling"] = scaling
        cluster.apply(json.dumps(body))
        made.append(name)

    yield one
    for name in made:
        cluster.kubectl("delete", "md", name, "--ignore-not-found", "--timeout=30s")
    wait_until("children are gone", lambda: not cluster.names("-l", "app.kubernetes.io/managed-by=penstock", "deployments,serviceaccounts,pods"), 60)  # new kinds are collected after half a minute


def status(cluster, name):
    return cluster.get("md", name).get("status", {})


def scaling(cluster, name):
    return next((c for c in status(cluster, name).get("conditions", []) if c["type"] == "ScalingActive"), {"status": "", "reason": "", "message": ""})


def replicas(cluster, name):
    return cluster.get("deployment", f"{name}-engine")["spec"]["replicas"]


def wait_desired(cluster, name, wanted, seconds=15):
    wait_until(f"{name}: {wanted} are desired and set",
               lambda: status(cluster, name).get("desiredReplicas") == wanted and replicas(cluster, name) == wanted, seconds)


def wait_scaling(cluster, name, reason, seconds=15):
    return wait_until(f"{name}: ScalingActive is {reason}", lambda: (now := scaling(cluster, name))["reason"] == reason and now, seconds)


def events(cluster, name):
    return [(e["type"], e["reason"], e["note"]) for e in cluster.get("events.events.k8s.io")["items"] if e["regarding"].get("name") == name]


def test_bounds_are_followed(cluster, apply):
    apply("llama", {"minReplicas": 2, "maxReplicas": 4})
    wait_desired(cluster, "llama", 2)
    apply("llama", {"minReplicas": 3, "maxReplicas": 4})
    wait_desired(cluster, "llama", 3)
    apply("llama", {"minReplicas": 1, "maxReplicas": 1})
    wait_desired(cluster, "llama", 1)
    decisions = status(cluster, "llama")["lastScaling"]
    assert [(d["from"], d["to"]) for d in decisions] == [(3, 1), (2, 3)]
    assert decisions[0]["reason"].startswith("AboveMaximum") and decisions[1]["reason"].startswith("BelowMinimum")
    assert len(decisions[0]["signals"]) <= 32
    told = wait_until("events tell it", lambda: (e := {reason for _, reason, _ in events(cluster, "llama")}) >= {"ScaledUp", "ScaledDown"} and e, 10)
    assert "Warning" not in {kind for kind, reason, _ in events(cluster, "llama") if reason in told and reason.startswith("Scaled")}


def test_without_scaling_one_replica_runs(cluster, apply):
    apply("llama")
    wait_desired(cluster, "llama", 1)
    assert scaling(cluster, "llama")["reason"] == "ScalingNotConfigured"


def test_an_external_writer_wins_and_is_reported(cluster, apply):
    apply("llama", {"minReplicas": 1, "maxReplicas": 4})
    wait_desired(cluster, "llama", 1)
    cluster.kubectl("scale", "md/llama", "--replicas=3")
    wait_desired(cluster, "llama", 3)
    told = wait_scaling(cluster, "llama", "FixedReplicas")
    assert told["status"] == "False" and "spec.replicas is 3" in told["message"]
    wait_until("an event says so", lambda: any(reason == "FixedReplicas" for _, reason, _ in events(cluster, "llama")), 10)
    cluster.kubectl("patch", "md", "llama", "--type=json", "-p", '[{"op": "remove", "path": "/spec/replicas"}]')
    wait_scaling(cluster, "llama", "Active")
    assert status(cluster, "llama")["desiredReplicas"] == 3, "handed back with what runs"


def test_a_model_sleeps_when_nobody_may_call_it(cluster, apply):
    apply("llama", {"minReplicas": 1, "maxReplicas": 2})
    wait_desired(cluster, "llama", 1)
    apply("llama", {"minReplicas": 0, "maxReplicas": 2, "behavior": {"scaleDownStabilization": "5s", "sleepAfter": "5s"}})
    wait_desired(cluster, "llama", 0, seconds=90)
    assert status(cluster, "llama")["lastScaling"][0]["reason"].startswith("Idle")
    assert scaling(cluster, "llama") == {**scaling(cluster, "llama"), "status": "True", "reason": "Asleep"}
    ready = wait_until("it is ready all the same", lambda: next((c for c in status(cluster, "llama")["conditions"] if c["type"] == "Ready" and c["status"] == "True"), None))
    assert ready
    wait_until("an event says so", lambda: any(reason == "ScaledToZero" for _, reason, _ in events(cluster, "llama")), 10)


def test_a_model_that_may_sleep_starts_asleep(cluster, apply):
    apply("llama", {"minReplicas": 0, "maxReplicas": 2})
    wait_desired(cluster, "llama", 0)
    assert status(cluster, "llama").get("replicas", 0) == 0


def dry_run(cluster, name):
    now = status(cluster, name)
    return now.get("recommendedReplicas"), now.get("desiredReplicas"), replicas(cluster, name)


def test_a_dry_run_tells_and_changes_nothing(cluster, apply):
    apply("dry", {"minReplicas": 2, "maxReplicas": 4, "dryRun": True})
    wait_desired(cluster, "dry", 2)
    told = wait_scaling(cluster, "dry", "DryRun")
    assert told["status"] == "False" and "what runs stays" in told["message"]
    apply("dry", {"minReplicas": 3, "maxReplicas": 4, "dryRun": True})
    wait_until("three are recommended, two run", lambda: dry_run(cluster, "dry") == (3, 2, 2), 15)
    [entry] = status(cluster, "dry")["lastScaling"]
    assert (entry["from"], entry["to"], entry["dryRun"]) == (2, 3, True) and entry["reason"].startswith("BelowMinimum: 2 → 3 replicas in a dry run")
    assert "3" in cluster.kubectl("get", "md", "dry", "-o", "wide").stdout.split()
    wait_until("it is ready and still", lambda: status(cluster, "dry").get("readyReplicas") == 2, 30)
    time.sleep(5)
    before = cluster.get("md", "dry")["metadata"]["resourceVersion"]
    time.sleep(15)
    assert cluster.get("md", "dry")["metadata"]["resourceVersion"] == before
    assert [(kind, reason) for kind, reason, _ in events(cluster, "dry") if reason.startswith("Scal")] == [("Normal", "ScalingRecommended")], "once"
    # Another writer is followed, and the recommendation stands beside it.
    cluster.kubectl("scale", "md/dry", "--replicas=1")
    wait_until("one runs, three are recommended", lambda: dry_run(cluster, "dry") == (3, 1, 1), 15)
    cluster.kubectl("patch", "md", "dry", "--type=json", "-p", '[{"op": "remove", "path": "/spec/replicas"}]')
    apply("dry", {"minReplicas": 3, "maxReplicas": 4})
    wait_desired(cluster, "dry", 3)
    assert dry_run(cluster, "dry")[0] is None and "dryRun" not in status(cluster, "dry")["lastScaling"][0]


def test_nothing_sleeps_in_a_dry_run(cluster, apply):
    apply("new", {"minReplicas": 0, "maxReplicas": 2, "dryRun": True})
    wait_desired(cluster, "new", 1)
    apply("asleep", {"minReplicas": 0, "maxReplicas": 2})
    wait_desired(cluster, "asleep", 0)
    apply("asleep", {"minReplicas": 0, "maxReplicas": 2, "dryRun": True})
    wait_desired(cluster, "asleep", 1)
    assert status(cluster, "asleep")["lastScaling"][0]["reason"].startswith("DryRun: 0 → 1 replicas")


def test_silent_engines_never_scale_in(cluster, apply):
    """Engines whose metrics should be there and are not: kept, and said once."""
    apply("llama", {"minReplicas": 3, "maxReplicas": 4}, {"type": "VLLM"})
    wait_desired(cluster, "llama", 3)
    wait_until("three are ready", lambda: status(cluster, "llama").get("readyReplicas") == 3, 30)
    apply("llama", {"minReplicas": 1, "maxReplicas": 4, "behavior": {"scaleDownStabilization": "1s"}}, {"type": "VLLM"})
    told = wait_scaling(cluster, "llama", "MetricsUnavailable", seconds=60)
    assert "engine llama-engine-" in told["message"] and "its /metrics can be read" in told["message"]
    time.sleep(20)
    assert status(cluster, "llama")["desiredReplicas"] == 3
    warnings = [e for e in events(cluster, "llama") if e[1] == "MetricsUnavailable"]
    assert len(warnings) == 1 and warnings[0][0] == "Warning"


def test_nothing_happens_when_nothing_happens(cluster, apply):
    apply("llama", {"minReplicas": 2, "maxReplicas": 4})
    wait_desired(cluster, "llama", 2)
    wait_until("both are ready", lambda: status(cluster, "llama").get("readyReplicas") == 2, 30)
    time.sleep(5)
    before = cluster.get("md", "llama")
    time.sleep(20)
    after = cluster.get("md", "llama")
    assert after["status"] == before["status"]
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_a_status_changed_by_hand_is_put_right(cluster, apply):
    apply("llama", {"minReplicas": 2, "maxReplicas": 4})
    wait_desired(cluster, "llama", 2)
    cluster.kubectl("patch", "md", "llama", "--subresource=status", "--type=merge", "-p", '{"status": {"desiredReplicas": 0}}')
    wait_desired(cluster, "llama", 2)


def test_the_ones_with_the_least_to_finish_go_first(cluster, apply):
    apply("llama", {"minReplicas": 3, "maxReplicas": 4})
    wait_desired(cluster, "llama", 3)
    wait_until("three are ready", lambda: status(cluster, "llama").get("readyReplicas") == 3, 30)
    names = cluster.names("pods", "-l", "penstock.dev/model-deployment=llama")
    apply("llama", {"minReplicas": 1, "maxReplicas": 1})
    wait_desired(cluster, "llama", 1)
    kept = wait_until("one is left", lambda: (now := cluster.names("pods", "-l", "penstock.dev/model-deployment=llama")) and len(now) == 1 and now, 20)
    assert kept < names
    survivor = cluster.get(kept.pop())
    assert "controller.kubernetes.io/pod-deletion-cost" not in survivor["metadata"].get("annotations", {}), "only those that go are marked"


def test_a_controller_killed_in_mid_scale_changes_nothing(cluster, controller, apply):
    apply("llama", {"minReplicas": 1, "maxReplicas": 6})
    wait_desired(cluster, "llama", 1)
    cluster.kubectl("patch", "md", "llama", "--type=merge", "-p", '{"spec": {"scaling": {"minReplicas": 4}}}')
    wait_until("it is decided", lambda: status(cluster, "llama").get("desiredReplicas") == 4, 10, every=0.05)
    controller.kill()
    cluster.kubectl("patch", "md", "llama", "--type=merge", "-p", '{"spec": {"scaling": {"minReplicas": 1}}}')
    with Controller(cluster) as again:
        again.wait_leading(40)  # the lease of the dead runs out first
        wait_desired(cluster, "llama", 4)
        end = time.monotonic() + 15
        while time.monotonic() < end:
            assert status(cluster, "llama")["desiredReplicas"] == 4, "a new leader takes nothing away before it has seen enough"
            time.sleep(0.5)
        assert [(d["from"], d["to"]) for d in status(cluster, "llama")["lastScaling"]] == [(1, 4)]
        assert again.stop() == 0

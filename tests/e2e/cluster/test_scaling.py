"""A model that sleeps, wakes for a call, grows with its load and sleeps again, on a real node; docs/autoscaling.md is this test in words."""
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

from elastic import EXAMPLE, KEY, MODEL, decisions, installed, load, made_at, status, wait_desired, wait_ready
from local_cluster import ROOT, wait_until
from quickstart import ENGINES, SYSTEM, gateway_url, is_true, pods

PENSTOCK = os.environ.get("PENSTOCK", str(ROOT / "build/release/penstock"))
CONTROLLERS = "app.kubernetes.io/component=controller"


@pytest.fixture(scope="module")
def cluster():
    with installed() as running:
        yield running


def ask(cluster):
    """One call of the official client, from a pod that is not ours; how long it took."""
    resolver = pods(cluster, "k8s-app=kube-dns", "kube-system")[0]
    begin = time.monotonic()
    cluster.script("in-pod", "kube-system", resolver, sys.executable, pathlib.Path(__file__).with_name("ask.py"), gateway_url(cluster), KEY, MODEL)
    return time.monotonic() - begin


def explain(cluster, *options):
    return subprocess.run([PENSTOCK, "explain", f"modeldeployment/{MODEL}", "-n", "default", *options], env=cluster.env, capture_output=True, text=True,
                          check=True, timeout=30).stdout


def test_a_call_wakes_it_and_is_answered(cluster):
    assert not pods(cluster, f"{ENGINES}={MODEL}")
    assert is_true(cluster, "md", MODEL), "a model that sleeps is ready"
    begin = time.time()
    took = ask(cluster)
    woken = next(d for d in reversed(decisions(cluster)) if d["from"] == 0)
    assert woken["to"] >= 1 and woken["reason"].startswith("Woken")
    print(f"decided {made_at(woken) - begin:.2f} s after the client was started, answered after {took:.1f} s")
    assert made_at(woken) - begin < 4, "starting the client is in it"
    assert took < 45


def test_load_adds_replicas_and_none_is_lost_when_they_go(cluster):
    ask(cluster)
    with load(cluster) as running:
        begin = time.time()
        wait_desired(cluster, lambda now: now == 4, 60)
        first = [d for d in decisions(cluster) if made_at(d) > begin and d["to"] > d["from"]]
        print(f"first decision {made_at(first[-1]) - begin:.2f} s after the load")
        assert made_at(first[-1]) - begin < 10, "four callers in turn are no clear step: test_replay has one"
        wait_ready(cluster, 4, 60)
        told = explain(cluster)
        assert "4" in told and "Decisions, newest first" in told, told
        # Less is needed now: replicas leave while calls go on.
        cluster.kubectl("patch", "md", MODEL, "--type=merge", "-p", '{"spec": {"scaling": {"target": {"tokensPerSecondPerReplica": 100000}}}}')
        wait_desired(cluster, lambda now: now < 4, 120)
        wait_until("they are gone", lambda: len(pods(cluster, f"{ENGINES}={MODEL}")) < 4, 60)
        time.sleep(5)
        result = running.result()
    assert result["failed"] == [] and result["calls"] > 20, result
    reasons = {e["reason"] for e in cluster.get("events.events.k8s.io")["items"] if e["regarding"].get("name") == MODEL}
    assert {"Woken", "ScaledUp", "ScaledDown"} <= reasons
    cluster.kubectl("apply", "-f", EXAMPLE)


def test_idle_puts_it_to_sleep(cluster):
    wait_desired(cluster, lambda now: now == 0, 200)
    wait_until("no engine runs", lambda: not pods(cluster, f"{ENGINES}={MODEL}"), 60)
    told = json.loads(explain(cluster, "-o", "json"))
    assert told["status"]["desiredReplicas"] == 0 and told["status"]["lastScaling"][0]["reason"].startswith("Idle")
    assert is_true(cluster, "md", MODEL, "ScalingActive")


def test_controllers_killed_in_mid_scale(cluster):
    with load(cluster) as running:
        wait_desired(cluster, lambda now: now >= 2, 60)
        before = decisions(cluster)
        for pod in pods(cluster, CONTROLLERS, SYSTEM):
            cluster.script("kill-pod", SYSTEM, pod)
        end = time.monotonic() + 40
        while time.monotonic() < end:
            now = status(cluster)
            assert now["desiredReplicas"] >= before[0]["to"], now
            time.sleep(1)
        wait_ready(cluster, status(cluster)["desiredReplicas"], 60)
        result = running.result()
    assert result["failed"] == [], result
    for decision in decisions(cluster):
        assert decision["to"] >= decision["from"] or made_at(decision) < made_at(before[0]), "nobody forgot and shrank"

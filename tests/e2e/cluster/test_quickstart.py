"""From `helm install` to an answered request, and back to an empty cluster."""
import json
import pathlib
import sys
import time

import pytest

import quickstart
from ask import ask
from local_cluster import ROOT, wait_until
from quickstart import CHILDREN, EXAMPLE, KEY, MODEL, OURS, SYSTEM, wait_ready


@pytest.fixture(scope="module")
def cluster():
    with quickstart.installed() as running:
        running.kubectl("apply", "-f", EXAMPLE)
        yield running


@pytest.fixture(scope="module")
def ready(cluster):
    return wait_ready(cluster)


def engine_pods(cluster):
    return [pod for pod in cluster.get("pods", "-n", "default")["items"]
            if pod["spec"]["containers"][0].get("resources", {}).get("limits", {}).get("nvidia.com/gpu") == "1"]


def versions(cluster):
    return {f"{item['kind']}/{item['metadata']['name']}": item["metadata"]["resourceVersion"]
            for item in cluster.get("-n", "default", f"{OURS},{CHILDREN}")["items"]}


def test_helm_test_passes(ready):
    ready.helm("test", "penstock", "-n", SYSTEM, "--timeout", "60s")


def test_the_first_install_brings_the_profiles(ready):
    """Uninstalled below without an upgrade in between: then they go by a hook."""
    wait_until("the presets are there", lambda: "acceleratorprofile.penstock.dev/nvidia-h100-80gb" in ready.names("acceleratorprofiles"), seconds=20)


def test_engines_run_with_one_gpu_each(ready):
    assert len(engine_pods(ready)) == 2
    assert all(pod["spec"]["nodeName"] == f"real-{ready.id}" for pod in engine_pods(ready))


def test_client_through_a_port_forward(ready):
    with ready.port_forward("default", "service/main-gateway", 8080) as url:
        answer = ask(url, KEY, MODEL)
    assert answer["whole"] and answer["streamed"] and answer["finish"] in ("stop", "length")


def test_client_from_inside(ready):
    """The same client in an engine pod's network: cluster DNS, Service address, kube-proxy."""
    pod = engine_pods(ready)[0]["metadata"]["name"]
    done = ready.script("in-pod", "default", pod, sys.executable, pathlib.Path(__file__).with_name("ask.py"),
                        "http://main-gateway.default.svc.cluster.local:8080", KEY, MODEL)
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["whole"] and answer["streamed"]


def test_kubectl_tells_the_story(ready):
    for kind, name in (("md", "llama-a"), ("igw", "main"), ("mr", "llama")):
        row = ready.kubectl("get", kind, name).stdout.splitlines()
        assert len(row) == 2 and "True" in row[1], row
    described = ready.kubectl("describe", "md", "llama-a").stdout
    assert "Events:" in described and "<none>" not in described.partition("Events:")[2], described


def test_second_apply_changes_nothing(ready):
    wait_until("nothing moves", lambda: (first := versions(ready)) and time.sleep(5) is None and first == versions(ready), seconds=60)
    before = versions(ready)
    ready.kubectl("apply", "-f", EXAMPLE)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        now = versions(ready)
        assert now == before, {name: (before.get(name), now.get(name)) for name in now.keys() | before.keys() if before.get(name) != now.get(name)}
        time.sleep(2)


def test_hand_made_changes_are_put_right(ready):
    name = next(d["metadata"]["name"] for d in ready.get("deployments", "-n", "default")["items"] if "llama-a" in d["metadata"]["name"])
    ready.kubectl("scale", "deployment", name, "--replicas=0")
    wait_until("the replicas are back", lambda: ready.get("deployment", name)["spec"]["replicas"] == 1, seconds=10)
    ready.kubectl("delete", "service", "main-gateway")
    wait_until("the Service is back", lambda: ready.get("service", "main-gateway"), seconds=10)


def test_delete_removes_every_child(ready):
    ready.kubectl("delete", "-f", EXAMPLE, "--timeout=60s")
    ready.wait_only(ready.installed, 60, " default/")


def test_uninstall_leaves_the_crds_and_nothing_else(ready):
    begin = time.monotonic()
    ready.helm("uninstall", "penstock", "-n", SYSTEM, "--wait", "--timeout", "60s")
    ready.kubectl("-n", SYSTEM, "wait", "pod", "--for=delete", "--all", "--timeout=60s")
    ready.wait_only(ready.before, 20)
    assert not ready.names("acceleratorprofiles")
    assert time.monotonic() - begin < 60
    assert len(ready.names("crd")) == len(list((ROOT / "crds").glob("*.yaml")))

"""From `helm install` to an answered request, and back to an empty cluster: issue 4, done when 1 and 2.

Needs the controller. Until `penstock controller` exists ctest does not know this file.
"""
import json
import pathlib
import sys
import time

import pytest

from ask import ask
from local_cluster import LocalCluster, ROOT, wait_until

EXAMPLE = ROOT / "examples/quickstart"
KEY, MODEL = "psk-quickstart-change-me", "llama-3.1-8b"
CHILDREN = "deployments,replicasets,pods,services,serviceaccounts,poddisruptionbudgets,networkpolicies,roles,rolebindings,secrets,endpointslices,persistentvolumeclaims"
OURS = "modeldeployments,inferencegateways,modelroutes,consumers"


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster() as running:
        running.up("--node")
        running.load_image()
        running.kubectl("create", "namespace", "penstock-system")
        running.kubectl("label", "namespace", "penstock-system", "pod-security.kubernetes.io/enforce=restricted")
        running.before = children(running)
        running.helm("install", "penstock", ROOT / "charts/penstock", "-n", "penstock-system", "--set", "watchNamespaces={default}", "--wait",
                     "--timeout", "60s")
        running.apply_example = lambda: running.kubectl("apply", "-f", EXAMPLE)
        running.apply_example()
        yield running


def children(cluster):
    return cluster.names("-n", "default", CHILDREN)


def condition(cluster, kind, name, wanted="Ready"):
    status = cluster.get(kind, name).get("status", {})
    return any(c["type"] == wanted and c["status"] == "True" for c in status.get("conditions", []))


@pytest.fixture(scope="module")
def ready(cluster):
    for kind, name in (("md", "llama-a"), ("md", "llama-b"), ("igw", "main")):
        wait_until(f"{kind}/{name} is ready", lambda kind=kind, name=name: condition(cluster, kind, name), seconds=60)
    return cluster


def engine_pods(cluster):
    return [pod for pod in cluster.get("pods", "-n", "default")["items"]
            if pod["spec"]["containers"][0].get("resources", {}).get("limits", {}).get("nvidia.com/gpu") == "1"]


def versions(cluster):
    return {f"{item['kind']}/{item['metadata']['name']}": item["metadata"]["resourceVersion"]
            for item in cluster.get("-n", "default", f"{OURS},{CHILDREN}")["items"]}


def test_helm_test_passes(ready):
    ready.helm("test", "penstock", "-n", "penstock-system", "--timeout", "60s")


def test_engines_run_with_one_gpu_each(ready):
    assert len(engine_pods(ready)) == 2
    assert all(pod["spec"]["nodeName"] == f"real-{ready.id}" for pod in engine_pods(ready))


def test_client_through_a_port_forward(ready):
    with ready.port_forward("default", "service/main", 8080) as url:
        answer = ask(url, KEY, MODEL)
    assert answer["whole"] and answer["streamed"] and answer["finish"] in ("stop", "length")


def test_client_from_inside(ready):
    """The same client in an engine pod's network: cluster DNS, Service address, kube-proxy."""
    pod = engine_pods(ready)[0]["metadata"]["name"]
    done = ready.script("in-pod", "default", pod, sys.executable, pathlib.Path(__file__).with_name("ask.py"),
                        "http://main.default.svc.cluster.local:8080", KEY, MODEL)
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
    ready.apply_example()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        now = versions(ready)
        assert now == before, {name: (before.get(name), now.get(name)) for name in now.keys() | before.keys() if before.get(name) != now.get(name)}
        time.sleep(2)


def test_hand_made_changes_are_put_right(ready):
    name = next(d["metadata"]["name"] for d in ready.get("deployments", "-n", "default")["items"] if "llama-a" in d["metadata"]["name"])
    ready.kubectl("scale", "deployment", name, "--replicas=0")
    wait_until("the replicas are back", lambda: ready.get("deployment", name)["spec"]["replicas"] == 1, seconds=10)
    ready.kubectl("delete", "service", "main")
    wait_until("the Service is back", lambda: ready.get("service", "main"), seconds=10)


def test_delete_removes_every_child(ready):
    ready.kubectl("delete", "-f", EXAMPLE, "--timeout=60s")
    wait_until("no child is left", lambda: children(ready) == ready.before, seconds=60)


def test_uninstall_leaves_the_crds_and_nothing_else(ready):
    begin = time.monotonic()
    ready.helm("uninstall", "penstock", "-n", "penstock-system", "--wait", "--timeout", "60s")
    ready.kubectl("-n", "penstock-system", "wait", "pod", "--for=delete", "--all", "--timeout=60s")
    assert time.monotonic() - begin < 60
    left = ready.get("-A", "-l", "app.kubernetes.io/part-of=penstock", f"{CHILDREN},clusterroles,clusterrolebindings,leases")["items"]
    assert [item["metadata"]["name"] for item in left] == []
    assert len(ready.names("crd")) == len(list((ROOT / "crds").glob("*.yaml")))

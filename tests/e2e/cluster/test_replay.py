"""Replicas follow a replayed slice of a real trace: none, as many as it needs, none again; no call is lost, and a step of load is answered within
two seconds. On the real node, whose kubelet starts the engines, and on simulated nodes of two vendors, whose pods hands.py lends its engines."""
import datetime
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

import quickstart
from local_cluster import ROOT, wait_until
from quickstart import ENGINES, gateway_url, is_true, pods

HERE = pathlib.Path(__file__).parent
TRACE = HERE / "data/azure2023_conv_excerpt.csv"
PENSTOCK = os.environ.get("PENSTOCK", str(ROOT / "build/release/penstock"))
KEY = "psk-replay"
SPEED = {"real": 15, "on-nvidia": 25, "on-amd": 25}  # of the trace and of engines; models that share the trace need a faster one
ARCHITECTURE = "{parametersMillions: 70554, layers: 80, hiddenSize: 8192, attentionHeads: 64, kvHeads: 8, headDim: 128, weightBits: 16}"

GATEWAY = f"""
apiVersion: penstock.dev/v1alpha1
kind: InferenceGateway
metadata: {{name: main, namespace: default}}
spec: {{listeners: [{{name: http, port: 8080}}]}}
---
apiVersion: v1
kind: Secret
metadata: {{name: replay, namespace: default}}
stringData: {{key: {KEY}}}
---
apiVersion: penstock.dev/v1alpha1
kind: Consumer
metadata: {{name: replay, namespace: default}}
spec: {{credentials: [{{name: primary, apiKeySecretRef: {{name: replay, key: key}}}}], billing: {{project: replay}}}}
"""
MODEL = """
---
apiVersion: penstock.dev/v1alpha1
kind: ModelRoute
metadata: {{name: {name}, namespace: default}}
spec: {{gatewayRefs: [{{name: main}}], tiers: [{{backends: [{{deploymentRef: {{name: {name}}}}}]}}]}}
---
apiVersion: penstock.dev/v1alpha1
kind: ModelDeployment
metadata: {{name: {name}, namespace: default}}
spec:
  model: {{name: {name}, contextLength: 32768, architecture: {architecture}}}
  engine:
    type: VLLM
    image: penstock.local/penstock:dev
    args: [engine, --model, {name}, --port, $(PORT), --speedup, "{speed}"]
    {place}
  scaling:
    minReplicas: 0
    maxReplicas: 5
    target: {{tokensPerSecondPerReplica: {target}}}
    coldStart: {{maxWait: 60s}}
    behavior: {{scaleUpLimit: 10, scaleDownLimit: 10, scaleDownStabilization: 10s, sleepAfter: 15s}}
"""
LENT = """accelerator: {{profile: {profile}}}
    tolerations: [{{key: kwok.x-k8s.io/node, operator: Exists}}]
    podTemplate: {{metadata: {{annotations: {{penstock.local/process: wanted}}}}}}"""
VENDORS = {"on-nvidia": ("nvidia-h100-80gb", "nvidia.com/gpu", "gpu-"), "on-amd": ("amd-mi300x-192gb", "amd.com/gpu", "amd-")}


def model(name, place, target):
    return MODEL.format(name=name, architecture=ARCHITECTURE, speed=SPEED[name], place=place, target=target)


@pytest.fixture(scope="module")
def cluster():
    with quickstart.installed("--gpu-nodes", "3", "--amd-nodes", "1") as running:
        # As clusters keep other pods off their accelerators.
        running.kubectl("taint", "nodes", "-l", "nvidia.com/gpu.present", "nvidia.com/gpu=present:NoSchedule")
        running.kubectl("taint", "nodes", "-l", "amd.com/gpu.device-id", "amd.com/gpu=present:NoSchedule")
        wait_until("the profiles that tolerate it are there", lambda: {f"acceleratorprofile.penstock.dev/{profile}" for profile, _, _ in VENDORS.values()}
                   <= set(running.names("acceleratorprofiles")), 30)
        running.apply(GATEWAY + model("real", 'resources: {limits: {nvidia.com/gpu: 1}}', 12000)
                      + "".join(model(name, LENT.format(profile=profile), 6000) for name, (profile, _, _) in VENDORS.items()))
        wait_until("the gateway is ready", lambda: is_true(running, "igw", "main"), 90)
        for name in ("real", *VENDORS):
            wait_until(f"{name} is known", lambda name=name: status(running, name).get("desiredReplicas") == 0, 30)
        yield running


class Hands:
    """hands.py in the namespaces of the real node: with Hands(cluster) as hands: ...; hands.told()."""

    def __init__(self, cluster):
        self.log = open(cluster.run_folder / "logs/hands.log", "w", encoding="utf-8")
        room = (cluster.run_folder / "pids/room").read_text().split()[0]
        self.process = subprocess.Popen(["nsenter", "--target", room, "--net", "--pid", "--", sys.executable, str(HERE / "hands.py"),
                                         str(cluster.run_folder), PENSTOCK],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        assert self.process.stdout.readline().strip() == "watching"

    def told(self):
        return json.loads(self.process.communicate("", timeout=60)[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.communicate("", timeout=60)
        self.log.close()


@pytest.fixture(scope="module")
def hands(cluster):
    with Hands(cluster) as running:
        yield running


def status(cluster, name):
    return cluster.get("md", name).get("status", {})


def made_at(decision):
    return datetime.datetime.fromisoformat(decision["time"]).timestamp()


def replay(cluster, *models):
    """What the client tells, and for each model its decisions, oldest first, and the most replicas that took calls at once."""
    resolver = pods(cluster, "k8s-app=kube-dns", "kube-system")[0]
    client = subprocess.Popen([str(ROOT / "hack/cluster.sh"), "in-pod", "kube-system", resolver, sys.executable, str(HERE / "replay.py"),
                               gateway_url(cluster), KEY, str(TRACE), "20", str(SPEED[models[0]]), *models],
                              env=cluster.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    most = dict.fromkeys(models, 0)
    try:
        while client.poll() is None:
            for item in cluster.get("md")["items"]:
                name = item["metadata"]["name"]
                most[name] = max(most.get(name, 0), item.get("status", {}).get("readyReplicas", 0))
            time.sleep(0.7)
    finally:
        client.kill()
        out, errors = client.communicate()
    assert client.returncode == 0, errors
    return json.loads(out), {name: status(cluster, name)["lastScaling"][::-1] for name in models}, most


def check(told, decisions, most):
    print({key: told[key] for key in ("calls", "late", "seconds")}, "most ready:", most)
    for name, made in decisions.items():
        for one in made:
            print(f"{name} {one['from']} -> {one['to']} {made_at(one) - told['step'][name]:+.2f} s after the step: {one['reason']}")
    assert told["bad"] == [] and told["whole"] == told["calls"]
    for name, made in decisions.items():
        assert made[0]["from"] == 0 and made[0]["reason"].startswith("Woken") and made_at(made[0]) - told["began"][name] <= 2
        grown = [one for one in made if one["to"] > one["from"] > 0 and made_at(one) > told["step"][name]]
        assert grown, made
        assert made_at(grown[0]) - told["step"][name] <= 2
        assert most[name] >= 3


def placed(cluster, name):
    return [pod["spec"] for pod in cluster.get("pods", "-l", f"{ENGINES}={name}")["items"]]


def test_on_the_real_node(cluster):
    assert not pods(cluster, f"{ENGINES}=real")
    check(*replay(cluster, "real"))
    assert {pod["nodeName"] for pod in placed(cluster, "real")} == {f"real-{cluster.id}"}


def test_on_two_vendors_at_once(cluster, hands):
    assert not any(pods(cluster, f"{ENGINES}={name}") for name in VENDORS)
    told = replay(cluster, *VENDORS)
    for name, (_, resource, prefix) in VENDORS.items():
        planned = str(status(cluster, name)["plan"]["gpusPerReplica"])
        for pod in placed(cluster, name):
            assert pod["nodeName"].startswith(prefix)
            assert pod["containers"][0]["resources"]["limits"] == {resource: planned}
    check(*told)


def test_all_sleep_again(cluster, hands):
    for name in ("real", *VENDORS):
        wait_until(f"{name} sleeps", lambda name=name: status(cluster, name).get("desiredReplicas") == 0, 120)
        wait_until(f"no engine of {name} runs", lambda name=name: not cluster.names("pods", "-l", f"{ENGINES}={name}"), 60)
        assert status(cluster, name)["lastScaling"][0]["reason"].startswith("Idle")
    lent = hands.told()
    assert len(lent) >= 6
    assert [one for one in lent if not one["asked"] or one["exit"] != 0] == [], "each was asked to end, and ended when its calls had"

"""The real image on the real node: pods run, GPUs are counted, Services and DNS answer, and so do the simulated nodes."""
import json
import time
import urllib.request

import pytest

from local_cluster import IMAGE, LocalCluster, wait_until

RESTRICTED = """
apiVersion: v1
kind: Namespace
metadata: {name: models, labels: {pod-security.kubernetes.io/enforce: restricted}}
"""
SAFE = "{runAsNonRoot: true, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}"
VERSION = f"""
apiVersion: v1
kind: Pod
metadata: {{name: version, namespace: models}}
spec:
  restartPolicy: Never
  containers:
  - {{name: penstock, image: "{IMAGE}", imagePullPolicy: Never, args: [--version], securityContext: {SAFE}}}
"""
ENGINE = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: engine, namespace: models}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: engine}}}}
  template:
    metadata: {{labels: {{app: engine}}}}
    spec:
      containers:
      - name: engine
        image: "{IMAGE}"
        imagePullPolicy: Never
        args: [engine, --model, acme/chat, --port, "8000", --speedup, "50"]
        resources: {{limits: {{nvidia.com/gpu: 1}}}}
        readinessProbe: {{httpGet: {{path: /health, port: 8000}}, periodSeconds: 1}}
        securityContext: {SAFE}
---
apiVersion: v1
kind: Service
metadata: {{name: engine, namespace: models}}
spec: {{selector: {{app: engine}}, ports: [{{port: 80, targetPort: 8000}}]}}
"""
LENT = """
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: default, labels: {{app: lent}}, annotations: {{penstock.local/process: wanted}}}}
spec:
  terminationGracePeriodSeconds: {grace}
  tolerations: [{{key: kwok.x-k8s.io/node, operator: Exists}}]
  containers: [{{name: engine, image: example.invalid/engine, resources: {{limits: {{amd.com/gpu: 1}}}}}}]
"""
BIG = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: big, namespace: default}
spec:
  replicas: 3
  selector: {matchLabels: {app: big}}
  template:
    metadata: {labels: {app: big}}
    spec:
      tolerations: [{key: kwok.x-k8s.io/node, operator: Exists}]
      nodeSelector: {type: kwok}
      containers: [{name: engine, image: example.invalid/engine, resources: {limits: {nvidia.com/gpu: 8}}}]
"""


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster() as running:
        running.up("--node", "--gpu-nodes", "3", "--amd-nodes", "1")
        running.load_image()
        running.apply(RESTRICTED)
        yield running


def test_it_is_up_in_time(cluster):
    assert cluster.seconds["control plane"] <= 10, cluster.seconds
    assert cluster.seconds["node"] <= 20, cluster.seconds


def test_nodes_offer_gpus(cluster):
    gpus = {node["metadata"]["name"]: {key: count for key, count in node["status"]["allocatable"].items() if key.endswith("/gpu")}
            for node in cluster.get("nodes")["items"]}
    nvidia, amd = {"nvidia.com/gpu": "8"}, {"amd.com/gpu": "8"}
    assert gpus == {"gpu-1": nvidia, "gpu-2": nvidia, "gpu-3": nvidia, "amd-1": amd, f"real-{cluster.id}": nvidia}
    assert cluster.names("nodes", "-l", "amd.com/gpu.device-id=74a1") == {"node/amd-1"}


def test_the_image_runs_restricted(cluster):
    cluster.apply(VERSION)
    wait_until("the pod has ended", lambda: cluster.get("-n", "models", "pod", "version")["status"]["phase"] == "Succeeded")
    assert cluster.kubectl("-n", "models", "logs", "version").stdout.startswith("penstock ")


def test_the_image_has_no_shell(cluster):
    cluster.apply(ENGINE)
    cluster.kubectl("-n", "models", "rollout", "status", "deployment/engine", "--timeout=60s")
    for shell in ("sh", "bash", "/bin/busybox"):
        done = cluster.kubectl("-n", "models", "exec", "deployment/engine", "--", shell, "-c", "true", check=False)
        assert done.returncode != 0 and "not found" in done.stderr + done.stdout or "no such file" in done.stderr, done.stderr


def test_engine_pods_take_gpus_and_answer(cluster):
    cluster.apply(ENGINE)
    cluster.kubectl("-n", "models", "rollout", "status", "deployment/engine", "--timeout=60s")
    described = cluster.kubectl("describe", "node", f"real-{cluster.id}").stdout
    assert any(line.split()[:2] == ["nvidia.com/gpu", "2"] for line in described.splitlines()), described

    pod = cluster.get("-n", "models", "pods", "-l", "app=engine")["items"][0]["metadata"]["name"]
    assert cluster.probe("models", pod, "http://engine.models.svc.cluster.local/health") == "OK 200"
    assert cluster.probe("models", pod, "http://nobody.models.svc.cluster.local/") == "NODNS"

    with cluster.port_forward("models", "service/engine", 80) as url:
        question = {"model": "acme/chat", "max_tokens": 4, "messages": [{"role": "user", "content": "Why is the sky blue?"}]}
        request = urllib.request.Request(url + "/v1/chat/completions", json.dumps(question).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert json.load(answer)["choices"][0]["message"]["content"]


def test_simulated_nodes_stay_alive(cluster):
    """A node without a lease is taken for dead after 50 s, and its pods are ready no longer."""
    def leases():
        items = cluster.get("-n", "kube-node-lease", "leases")["items"]
        return {item["metadata"]["name"]: item["spec"]["renewTime"] for item in items if item["metadata"]["name"].startswith("gpu-")}
    first = wait_until("leases of the simulated nodes", lambda: len(now := leases()) == 3 and now)
    wait_until("all of them are renewed", lambda: all(time > first[name] for name, time in leases().items()), 45)


def test_simulated_nodes_take_whole_gpu_nodes(cluster):
    cluster.apply(BIG)
    cluster.kubectl("rollout", "status", "deployment/big", "--timeout=60s")
    nodes = {pod["spec"]["nodeName"] for pod in cluster.get("pods", "-l", "app=big")["items"]}
    assert nodes == {"gpu-1", "gpu-2", "gpu-3"}


def pod_now(cluster, name):
    pod = cluster.get("pod", name)
    return pod["status"].get("podIP"), next(c["status"] for c in pod["status"]["conditions"] if c["type"] == "Ready")


def test_a_simulated_pod_with_a_process_waits_for_it(cluster):
    cluster.apply(LENT.format(name="first", grace=60) + LENT.format(name="second", grace=3))
    for name in ("first", "second"):
        wait_until(f"{name} has an address", lambda name=name: pod_now(cluster, name)[0])
    assert pod_now(cluster, "first") != pod_now(cluster, "second")
    cluster.kubectl("annotate", "pod", "first", "penstock.local/listens=true")
    wait_until("it is ready", lambda: pod_now(cluster, "first")[1] == "True", 10)
    assert pod_now(cluster, "second")[1] == "False"
    begin = time.monotonic()
    cluster.kubectl("delete", "pod", "first", "second", "--wait=false")
    wait_until("the grace period ends the second", lambda: cluster.names("pods", "-l", "app=lent") == {"pod/first"}, 20)
    assert time.monotonic() - begin >= 2, "of three, as a deletionTimestamp is cut to whole seconds"
    cluster.kubectl("annotate", "pod", "first", "penstock.local/ended=0")
    wait_until("the first has ended", lambda: not cluster.names("pods", "-l", "app=lent"), 10)


def test_writes_are_in_the_audit_log(cluster):
    cluster.kubectl("create", "configmap", "seen", "-n", "default")
    log = (cluster.run_folder / "logs/audit.log").read_text().splitlines()
    assert any(e["verb"] == "create" and e.get("objectRef", {}).get("name") == "seen" for e in map(json.loads, log))

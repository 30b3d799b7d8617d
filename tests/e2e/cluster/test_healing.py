"""What dies on a real node comes back without a hand, and costs no call but those that had reached the dead."""
import time
import urllib.error
import urllib.request

import pytest

import quickstart
from local_cluster import wait_until
from quickstart import ENGINES, EXAMPLE, GATEWAYS, Load, SYSTEM, pods, wait_ready

CONTROLLERS = "app.kubernetes.io/component=controller"


@pytest.fixture(scope="module")
def cluster():
    with quickstart.installed() as running:
        running.kubectl("apply", "-f", EXAMPLE)
        yield wait_ready(running, 90)


@pytest.fixture(autouse=True)
def ready(cluster):
    """Each test begins and ends with everything healed."""
    yield
    wait_ready(cluster, 60)
    wait_until("two gateways", lambda: cluster.get("deployment", "main-gateway")["status"].get("readyReplicas") == 2, 60)
    wait_until("two controllers", lambda: cluster.get("deployment", "penstock", "-n", SYSTEM)["status"].get("readyReplicas") == 2, 60)


def restarts(cluster, pod, namespace="default"):
    return cluster.get("pod", pod, "-n", namespace)["status"]["containerStatuses"][0]["restartCount"]


def kill(cluster, pod, namespace="default"):
    before = restarts(cluster, pod, namespace)
    cluster.script("kill-pod", namespace, pod)
    wait_until(f"{pod} is started again", lambda: restarts(cluster, pod, namespace) > before, 30)


def put_right(cluster, seconds):
    """A change by hand is put right: somebody leads and sees."""
    cluster.kubectl("patch", "pdb", "main-gateway", "--type=merge", "-p", '{"spec": {"maxUnavailable": 2}}')
    wait_until("the budget is as before", lambda: cluster.get("pdb", "main-gateway")["spec"]["maxUnavailable"] == 1, seconds)


def test_gateways_know_new_endpoints_within_a_second(cluster):
    def ready_endpoints():
        slices = cluster.get("endpointslices", "-l", "kubernetes.io/service-name=llama-a-engine")["items"]
        return sum(end["conditions"]["ready"] for one in slices for end in one["endpoints"] or [])

    with cluster.port_forward("default", f"pod/{pods(cluster, GATEWAYS)[0]}", 9090) as admin:
        def version():
            with urllib.request.urlopen(admin + "/snapshot-version", timeout=5) as answer:
                return answer.read()

        for replicas in (2, 1):
            before = version()
            cluster.kubectl("scale", "md/llama-a", f"--replicas={replicas}")
            wait_until(f"{replicas} endpoints are ready", lambda replicas=replicas: ready_endpoints() == replicas, 30, every=0.05)
            time.sleep(1)
            after = version()
            assert after != before
            if replicas == 2:  # one that goes is known as leaving first, and as gone later
                time.sleep(3)
                assert version() == after
    cluster.kubectl("patch", "md", "llama-a", "--type=json", "-p", '[{"op": "remove", "path": "/spec/replicas"}]')


def test_an_engine_is_killed(cluster):
    with Load(cluster) as load:
        time.sleep(2)
        kill(cluster, pods(cluster, f"{ENGINES}=llama-a")[0])
        time.sleep(2)
        result = load.result()
    assert result["calls"] > 20
    assert all(call["streamed"] and call["started"] for call in result["failed"]), result
    assert len(result["failed"]) <= 2, result  # no more streams than that ran


def test_an_engine_pod_is_deleted(cluster):
    with Load(cluster) as load:
        time.sleep(1)
        cluster.kubectl("delete", "pod", pods(cluster, f"{ENGINES}=llama-a")[0])
        time.sleep(2)
        result = load.result()
    assert result["failed"] == [] and result["calls"] > 20, result


def test_an_engine_pod_is_deleted_while_it_starts(cluster):
    """SIGTERM may come before anybody is ready for it: it must not be lost, the pod's accelerators would be for minutes."""
    for _ in range(3):
        old = pods(cluster, f"{ENGINES}=llama-a")
        cluster.kubectl("delete", "pod", *old, "--wait=false")
        new = wait_until("its successor starts", lambda: [name for name in pods(cluster, f"{ENGINES}=llama-a") if name not in old
                                                          and cluster.get("pod", name)["status"]["phase"] == "Running"], 30, every=0.02)
        cluster.kubectl("delete", "pod", *new, "--timeout=20s")


def test_a_gateway_is_killed(cluster):
    """The official client as it comes: it tries again when it was not answered."""
    with Load(cluster, retries=2) as load:
        time.sleep(2)
        kill(cluster, pods(cluster, GATEWAYS)[0])
        time.sleep(2)
        result = load.result()
    assert all(call["started"] for call in result["failed"]) and len(result["failed"]) <= 2, result


def test_a_gateway_pod_is_deleted(cluster):
    with Load(cluster, retries=2) as load:
        time.sleep(1)
        cluster.kubectl("delete", "pod", pods(cluster, GATEWAYS)[0], "--wait=false")
        time.sleep(8)
        result = load.result()
    assert result["failed"] == [], result


def test_the_controllers_are_killed(cluster):
    with Load(cluster) as load:
        for pod in pods(cluster, CONTROLLERS, SYSTEM):
            kill(cluster, pod, SYSTEM)
        put_right(cluster, 45)  # a lease that nobody released runs out first
        result = load.result()
    assert result["failed"] == [], result


def test_a_gateway_starts_without_controller_and_without_api_server(cluster):
    cluster.kubectl("-n", SYSTEM, "scale", "deployment/penstock", "--replicas=0")
    cluster.kubectl("-n", SYSTEM, "wait", "pod", "--for=delete", "-l", CONTROLLERS, "--timeout=40s")
    old = pods(cluster, GATEWAYS)
    cluster.kubectl("delete", "pod", old[0], "--wait=false")
    wait_until("the new gateway takes calls", lambda: set(pods(cluster, GATEWAYS)) - set(old)
               and cluster.get("deployment", "main-gateway")["status"].get("readyReplicas") == 2, 30)
    with Load(cluster) as load:
        time.sleep(1)
        victim = (set(pods(cluster, GATEWAYS)) - set(old)).pop()
        cluster.script("kill-pod", "default", victim)
        cluster.script("restart", "apiserver", "4")
        wait_until("the kubelet has started it again", lambda: restarts(cluster, victim) > 0, 30)
        result = load.result()
    assert all(call["started"] or "onnection" in call["error"] for call in result["failed"]), result
    cluster.kubectl("-n", SYSTEM, "scale", "deployment/penstock", "--replicas=2")


def test_a_node_is_drained(cluster):
    node = f"real-{cluster.id}"
    with Load(cluster) as load:
        cluster.kubectl("drain", node, f"--pod-selector={ENGINES}=llama-a", "--delete-emptydir-data", "--timeout=60s")
        told = wait_until("the deployment says why", lambda: next((c for c in cluster.get("md", "llama-a")["status"]["conditions"]
                                                                  if c["type"] == "Ready" and c["status"] == "False" and c["reason"] == "Unschedulable"), None), 10)
        assert "cordon" in told["message"] or "unschedulable" in told["message"], told
        cluster.kubectl("uncordon", node)
        wait_ready(cluster, 30)
        result = load.result()
    assert result["failed"] == [] and result["calls"] > 20, result


@pytest.mark.parametrize("component", ["apiserver", "etcd"])
def test_the_api_server_is_restarted(cluster, component):
    with Load(cluster) as load:
        cluster.script("restart", component, "3")
        put_right(cluster, 20)
        result = load.result()
    assert result["failed"] == [], result
    # Everything is watched again, not only what was touched; who waited longest tries again within half a minute.
    with cluster.port_forward("default", "service/main-gateway", 8080) as url:
        try:
            cluster.kubectl("patch", "secret", "quickstart-key", "--type=merge", "-p", '{"stringData": {"key": "psk-another"}}')
            wait_until("the new key is known", lambda: status(url, "psk-another") == 200, 30)
            assert status(url, quickstart.KEY) == 401
        finally:
            cluster.kubectl("patch", "secret", "quickstart-key", "--type=merge", "-p", f'{{"stringData": {{"key": "{quickstart.KEY}"}}}}')
        wait_until("the old key is back", lambda: status(url, quickstart.KEY) == 200, 5)


def status(url, key):
    request = urllib.request.Request(url + "/v1/models", headers={"authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code

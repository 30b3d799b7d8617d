"""What becomes of the controller when its connection to a real API server does: cut, silent, away."""
import json
import re

import pytest

from controller_process import Controller, control_plane, wait_until
from tcp_proxy import TcpProxy
from test_reconcile import model

SILENT = 45.0  # a watch is opened anew after half a minute, so that a dead one is found


@pytest.fixture(scope="module")
def cluster():
    with control_plane(gpu_nodes=1) as running:
        yield running


@pytest.fixture
def proxy(cluster):
    host, port = re.search(r"server: https://([\d.]+):(\d+)", open(cluster.env["KUBECONFIG"]).read()).groups()
    relay = TcpProxy(host, int(port))
    yield relay
    relay.close()


@pytest.fixture
def controller(cluster, proxy, tmp_path):
    text = open(cluster.env["KUBECONFIG"]).read()
    through = tmp_path / "kubeconfig"
    through.write_text(re.sub(r"server: https://[\d.]+:\d+", f"server: https://127.0.0.1:{proxy.port}", text))
    with Controller(cluster, kubeconfig=through) as running:
        yield running.wait_leading()
        running.stop()  # gives the lease back: the next one need not wait for it


@pytest.fixture
def llama(cluster, controller):
    cluster.apply(json.dumps({"apiVersion": "penstock.dev/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": "llama"}, "spec": model()}))
    wait_until("the Deployment is there", lambda: cluster.get("deployment", "llama-engine"), 20)
    yield "llama-engine"
    cluster.kubectl("delete", "md", "llama", "--ignore-not-found")
    wait_until("the Deployment is gone", lambda: not cluster.names("deployment"), 60)  # new kinds are collected after half a minute


def put_right(cluster, name, seconds):
    cluster.kubectl("scale", f"deployment/{name}", "--replicas=7")
    wait_until("the Deployment is put right", lambda: cluster.get("deployment", name)["spec"]["replicas"] == 1, seconds)


def test_all_connections_are_cut(cluster, controller, proxy, llama):
    for _ in range(3):
        proxy.cut()
        put_right(cluster, llama, 10)
    assert controller.process.poll() is None


def test_watches_go_silent(cluster, controller, proxy, llama):
    """The connections look alive and bring nothing: no error ever comes, so only time can tell."""
    assert proxy.freeze() > 3
    put_right(cluster, llama, SILENT)
    assert controller.process.poll() is None


def test_the_server_is_away_for_a_while(cluster, controller, proxy, llama):
    proxy.refusing.set()
    proxy.cut()
    cluster.kubectl("scale", f"deployment/{llama}", "--replicas=7")  # not seen: it happens while the watch is broken
    wait_until("the controller notices", lambda: any(line["level"] in ("warn", "error") for line in controller.lines()), 20)
    proxy.refusing.clear()
    wait_until("the Deployment is put right", lambda: cluster.get("deployment", llama)["spec"]["replicas"] == 1, 45)


def test_a_server_that_stays_away_costs_the_lead_and_nothing_else(cluster, controller, proxy, llama):
    """A leader that cannot renew must stop before another may begin; then it comes back by itself."""
    proxy.refusing.set()
    proxy.cut()
    wait_until("the lead is given up", lambda: any("lost" in line["message"] for line in controller.lines()), 25)
    with Controller(cluster) as other:
        other.wait_leading(30)
        put_right(cluster, llama, 10)
        assert other.stop() == 0
    proxy.refusing.clear()
    wait_until("the first leads again", lambda: sum(line["message"] == "leading" for line in controller.lines()) == 2, 40)
    put_right(cluster, llama, 10)

"""The quickstart on a real node, as its reader makes it: the chart, the example, the calls. Test files share it."""
import contextlib
import json

import pathlib
import subprocess
import sys

from local_cluster import LocalCluster, ROOT, wait_until

EXAMPLE = ROOT / "examples/quickstart"
KEY, MODEL = "psk-quickstart-change-me", "llama-3.1-8b"
SYSTEM = "penstock-system"
CHILDREN = ("deployments,replicasets,pods,services,serviceaccounts,poddisruptionbudgets,networkpolicies,roles,rolebindings,secrets,endpointslices,"
            "persistentvolumeclaims")
OURS = "modeldeployments,inferencegateways,modelroutes,consumers"
ENGINES, GATEWAYS = "penstock.dev/model-deployment", "penstock.dev/inference-gateway=main"


@contextlib.contextmanager
def installed(*options):
    """A cluster with a real node on which the chart is installed; `before` is everything there was until then, `installed` what there is now."""
    with LocalCluster() as cluster:
        cluster.up("--node", *options)
        cluster.load_image()
        cluster.kubectl("create", "namespace", SYSTEM)
        cluster.kubectl("label", "namespace", SYSTEM, "pod-security.kubernetes.io/enforce=restricted")
        cluster.before = cluster.everything()
        cluster.helm("install", "penstock", ROOT / "charts/penstock", "-n", SYSTEM, "--set", "watchNamespaces={default}", "--wait", "--timeout", "90s")
        cluster.installed = cluster.everything()
        yield cluster


def is_true(cluster, kind, name, wanted="Ready"):
    status = cluster.get(kind, name).get("status", {})
    return any(c["type"] == wanted and c["status"] == "True" for c in status.get("conditions", []))


def wait_ready(cluster, seconds=60):
    for kind, name in (("md", "llama-a"), ("md", "llama-b"), ("igw", "main")):
        wait_until(f"{kind}/{name} is ready", lambda kind=kind, name=name: is_true(cluster, kind, name), seconds)
    return cluster


def pods(cluster, selector, namespace="default"):
    """Names of the pods that are not on their way out."""
    items = cluster.get("pods", "-n", namespace, "-l", selector)["items"]
    return [item["metadata"]["name"] for item in items if "deletionTimestamp" not in item["metadata"]]


def gateway_url(cluster):
    """By address: those who ask from a pod that is not ours have no resolver for names of the cluster."""
    return f"http://{cluster.get('service', 'main-gateway')['spec']['clusterIP']}:8080"


class Load:
    """load.py beside the test, in the network of a pod that no test touches: with Load(cluster) as load: ...; load.result()."""

    def __init__(self, cluster, seconds=60, retries=0, key=KEY, model=MODEL):
        resolver = pods(cluster, "k8s-app=kube-dns", "kube-system")[0]
        self.command = [str(ROOT / "hack/cluster.sh"), "in-pod", "kube-system", resolver, sys.executable, str(pathlib.Path(__file__).with_name("load.py")),
                        gateway_url(cluster), key, model, str(seconds), str(retries)]
        self.env = cluster.env
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().strip() == "running", self.process.stderr.read()
        return self

    def result(self):
        """Ends the load: running calls finish, no new ones begin."""
        out, errors = self.process.communicate("", timeout=90)
        assert self.process.returncode == 0, errors
        return json.loads(out.splitlines()[-1])

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for pipe in (self.process.stdout, self.process.stderr):
            pipe.close()

"""Network policies are enforced on the real node of `up --policy`: what is denied times out, what is allowed answers."""
import pytest

from local_cluster import IMAGE, LocalCluster, wait_until

PODS = "---".join(f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: default, labels: {{app: {name}}}}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: engine
    image: "{IMAGE}"
    imagePullPolicy: Never
    args: [engine, --model, m]
    readinessProbe: {{httpGet: {{path: /health, port: 8000}}, periodSeconds: 1}}
""" for name in ("server", "friend", "stranger"))
ONLY_FRIEND = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-friend, namespace: default}
spec:
  podSelector: {matchLabels: {app: server}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: friend}}}]}]
"""


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster() as running:
        running.up("--policy")
        running.load_image()
        running.apply(PODS)
        running.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=60s")
        yield running


def test_ingress_is_closed_to_strangers_and_opens_again(cluster):
    url = f"http://{cluster.get('pod', 'server')['status']['podIP']}:8000/health"
    ask = lambda pod: cluster.probe("default", pod, url, 1)  # noqa: E731
    assert ask("friend") == ask("stranger") == "OK 200"
    cluster.apply(ONLY_FRIEND)
    wait_until("the stranger is kept out", lambda: ask("stranger") == "TIMEOUT", seconds=15)
    assert ask("friend") == "OK 200"
    cluster.kubectl("delete", "networkpolicy", "only-friend")
    wait_until("everybody is let in again", lambda: ask("stranger") == "OK 200", seconds=15)

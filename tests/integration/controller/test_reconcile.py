"""What the reconcilers do on a real API server with real controllers and scheduler; nodes and GPUs are simulated."""
import json
import time
import urllib.request

import pytest

from controller_process import Controller, control_plane, wait_until

CHILDREN = "deployments,services,serviceaccounts,poddisruptionbudgets,persistentvolumeclaims"
OURS = "modeldeployments,modelroutes,consumers"
ENGINE = {"image": "penstock.local/penstock:dev", "args": ["engine"],
          "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
          "nodeSelector": {"type": "kwok"}, "resources": {"limits": {"nvidia.com/gpu": 1}}}


@pytest.fixture(scope="module")
def cluster():
    with control_plane(gpu_nodes=2) as running:
        yield running


@pytest.fixture(scope="module")
def controller(cluster):
    with Controller(cluster) as running:
        yield running.wait_leading()


@pytest.fixture
def apply(cluster, controller):
    """apply(kind, name, spec, **metadata): makes an object that goes with the test."""
    made = []

    def one(kind, name, spec=None, namespace="default", **fields):
        version = "v1" if kind in ("Secret", "ServiceAccount", "ResourceQuota", "Service") else "penstock.dev/v1alpha1"
        body = {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **fields}
        if spec is not None:
            body["spec"] = spec
        cluster.apply(json.dumps(body))
        made.append((kind, name, namespace))

    yield one
    for kind, name, namespace in reversed(made):
        cluster.kubectl("-n", namespace, "delete", kind, name, "--ignore-not-found", "--timeout=30s")
    # The garbage collector looks for new kinds of owners only every 30 s.
    wait_until("children are gone", lambda: not cluster.names("-l", "app.kubernetes.io/managed-by=penstock", CHILDREN), 60)


def model(**engine):
    return {"model": {"name": "m"}, "engine": {**ENGINE, **engine}}


def condition(cluster, kind, name, of="Ready"):
    for item in cluster.get(kind, name).get("status", {}).get("conditions", []):
        if item["type"] == of:
            return item
    return {"status": "", "reason": "", "message": ""}


def wait_condition(cluster, kind, name, status, reason, of="Ready", seconds=10):
    def there():
        now = condition(cluster, kind, name, of)
        return now["status"] == status and now["reason"] == reason and now
    return wait_until(f"{kind}/{name} {of} is {status} {reason}", there, seconds)


def versions(cluster):
    return {f"{item['kind']}/{item['metadata']['name']}": item["metadata"]["resourceVersion"]
            for item in cluster.get(f"{OURS},{CHILDREN}")["items"]}


def still(cluster, seconds):
    """Waits until nothing moves for two seconds, then returns what moved in `seconds` more."""
    wait_until("nothing moves", lambda: (first := versions(cluster)) and time.sleep(2) is None and first == versions(cluster), 30)
    before = versions(cluster)
    time.sleep(seconds)
    after = versions(cluster)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_health(controller):
    for path in ("healthz", "readyz"):
        with urllib.request.urlopen(f"http://127.0.0.1:{controller.health_port()}/{path}", timeout=5) as answer:
            assert answer.status == 200


def test_a_model_comes_up_and_stays_still(cluster, apply):
    # Custom: simulated engines have no metrics, and of this type none are expected.
    apply("ModelDeployment", "llama", {**model(type="Custom", command=["penstock"]), "scaling": {"minReplicas": 2, "maxReplicas": 4}})
    wait_condition(cluster, "md", "llama", "True", "Ready", seconds=30)
    assert cluster.get("md", "llama")["status"]["readyReplicas"] == 2
    wait_condition(cluster, "md", "llama", "True", "Active", of="ScalingActive")
    types = {item["type"] for item in cluster.get("md", "llama")["status"]["conditions"]}
    assert types == {"Accepted", "Planned", "Available", "Progressing", "ScalingActive", "Ready"}
    assert still(cluster, 15) == set()
    told = cluster.kubectl("describe", "md", "llama").stdout.partition("Events:")[2]
    assert "Starting" in told and "Ready" in told


def test_scale_is_one_owner(cluster, apply):
    apply("ModelDeployment", "llama", model())
    wait_condition(cluster, "md", "llama", "True", "Ready", seconds=30)
    cluster.kubectl("scale", "md/llama", "--replicas=3")
    wait_until("three replicas", lambda: cluster.get("md", "llama")["status"].get("readyReplicas") == 3, 15)
    cluster.kubectl("scale", "deployment/llama-engine", "--replicas=1")
    wait_until("the Deployment is put right", lambda: cluster.get("deployment", "llama-engine")["spec"]["replicas"] == 3, 10)
    wait_condition(cluster, "md", "llama", "False", "FixedReplicas", of="ScalingActive")


@pytest.mark.parametrize("kind, patch, pointer, wanted", [
    ("deployment", {"spec": {"template": {"spec": {"containers": [{"name": "engine", "image": "evil:1"}]}}}},
     ("spec", "template", "spec", "containers", 0, "image"), "penstock.local/penstock:dev"),
    ("service", {"spec": {"selector": {"penstock.dev/model-deployment": "else"}}}, ("spec", "selector", "penstock.dev/model-deployment"), "llama"),
    ("poddisruptionbudget", {"spec": {"maxUnavailable": 3}}, ("spec", "maxUnavailable"), 1),
    ("serviceaccount", {"automountServiceAccountToken": True}, ("automountServiceAccountToken",), False),
    ("service", {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}}, ("metadata", "labels", "app.kubernetes.io/managed-by"), "penstock"),
])
def test_changes_by_hand_are_put_right(cluster, apply, kind, patch, pointer, wanted):
    apply("ModelDeployment", "llama", model())
    wait_until("the child is there", lambda: cluster.get(kind, "llama-engine"), 10)
    cluster.kubectl("patch", kind, "llama-engine", "--type=strategic", "-p", json.dumps(patch))

    def value():
        at = cluster.get(kind, "llama-engine")
        for step in pointer:
            at = at.get(step) if isinstance(step, str) else at[step]
        return at
    wait_until(f"{kind} is as before", lambda: value() == wanted, 10)
    cluster.kubectl("delete", kind, "llama-engine", "--wait=true")
    wait_until(f"{kind} is back", lambda: cluster.get(kind, "llama-engine"), 10)


def test_what_is_not_wanted_any_more_goes(cluster, apply):
    apply("ModelDeployment", "llama", model(cache={"size": "1Gi", "shared": True}))
    wait_until("the claim is there", lambda: cluster.names("pvc") == {"persistentvolumeclaim/llama-cache"}, 10)
    apply("ModelDeployment", "llama", model(serviceAccountName="default"))
    wait_until("claim and account are on their way out",
               lambda: not cluster.names("serviceaccounts", "-l", "penstock.dev/model-deployment=llama")
               and all("deletionTimestamp" in item["metadata"] for item in cluster.get("pvc")["items"]), 10)


def test_an_object_of_somebody_else_is_left_alone(cluster, apply):
    apply("Service", "llama-engine", {"ports": [{"port": 1}], "clusterIP": "None"})
    apply("ModelDeployment", "llama", model())
    message = wait_condition(cluster, "md", "llama", "False", "NotOwned", of="Progressing")["message"]
    assert "llama-engine" in message
    assert cluster.get("service", "llama-engine")["spec"]["ports"][0]["port"] == 1


@pytest.mark.parametrize("engine, reason, says", [
    ({"resources": {"limits": {"nvidia.com/gpu": 99}}}, "Unschedulable", "not enough nvidia.com/gpu"),
    ({"nodeSelector": {"no": "such"}}, "Unschedulable", "no node matches the node selector"),
    ({"podTemplate": {"spec": {"restartPolicy": "Never"}}}, "ApplyFailed", "restartPolicy"),
    ({"podTemplate": {"spec": {"hostNetwerk": True}}}, "ApplyFailed", "hostNetwerk"),
    ({"accelerator": {"profile": "absent"}}, "AcceleratorProfileNotFound", "absent"),
    ({"type": "Custom", "image": "x", "source": {"http": {"url": "https://x/y", "sha256": "0" * 64}}}, "SourceNotSupported", "sha256"),
])
def test_failures_are_told_within_ten_seconds(cluster, apply, engine, reason, says):
    apply("ModelDeployment", "llama", model(**engine))
    assert says in wait_condition(cluster, "md", "llama", "False", reason)["message"]
    # A persisting failure must not rewrite the status, once reconciler and autoscaler have both said theirs.
    wait_until("ScalingActive is said", lambda: condition(cluster, "md", "llama", "ScalingActive")["reason"], 10)
    assert still(cluster, 3) == set()


def test_a_quota_is_named(cluster, apply):
    apply("ResourceQuota", "gpus", {"hard": {"requests.nvidia.com/gpu": "1"}})
    apply("ModelDeployment", "llama", {**model(), "replicas": 2})
    message = wait_condition(cluster, "md", "llama", "False", "QuotaExceeded", of="Progressing")["message"]
    assert "ResourceQuota gpus" in message


def test_a_wrong_edit_does_not_take_down_what_works(cluster, apply):
    apply("ModelDeployment", "llama", model())
    wait_condition(cluster, "md", "llama", "True", "Ready", seconds=30)
    apply("ModelDeployment", "llama", model(accelerator={"profile": "absent"}))
    wait_condition(cluster, "md", "llama", "False", "AcceleratorProfileNotFound")
    assert cluster.get("deployment", "llama-engine")["status"]["readyReplicas"] == 1


def profile(gib):
    return {"vendor": "NVIDIA", "resourceName": "nvidia.com/gpu", "memoryBytes": gib << 30, "perNode": 8, "fabric": {"domainSize": 8},
            "nodeSelector": {"type": "kwok"}, "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}]}


def test_the_planner_sizes_a_replica_and_its_engine(cluster, apply):
    apply("AcceleratorProfile", "eighty", profile(80))
    spec = {"model": {"name": "llama-70b", "contextLength": 32768, "architecture": {
        "parametersMillions": 70554, "layers": 80, "hiddenSize": 8192, "attentionHeads": 64, "kvHeads": 8, "headDim": 128}},
        "engine": {"accelerator": {"profile": "eighty"}}}
    apply("ModelDeployment", "llama", spec)
    wait_condition(cluster, "md", "llama", "True", "Planned", of="Planned")
    plan = cluster.get("md", "llama")["status"]["plan"]
    assert (plan["gpusPerReplica"], plan["tensorParallel"], plan["kvBytesPerToken"]) == (4, 4, 327680)
    container = cluster.get("deployment", "llama-engine")["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "4"
    words = " ".join(container["args"])
    assert f"--tensor-parallel-size 4 --max-model-len 32768 --max-num-seqs {plan['maxSequences']}" in words
    # Another profile of this name, another plan; and what fits nowhere says what would.
    apply("AcceleratorProfile", "eighty", profile(192))
    wait_until("planned anew", lambda: cluster.get("md", "llama")["status"]["plan"]["gpusPerReplica"] == 1, 10)
    apply("AcceleratorProfile", "large", profile(80))
    apply("AcceleratorProfile", "eighty", profile(16))
    message = wait_condition(cluster, "md", "llama", "False", "InsufficientMemory", of="Planned")["message"]
    assert "the smallest profile that fits is large" in message
    assert cluster.get("deployment", "llama-engine")["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"


def test_a_provider_waits_for_its_key(cluster, apply):
    apply("ModelDeployment", "gpt", {"model": {"name": "gpt"}, "provider": {
        "type": "OpenAI", "endpoint": "https://api.openai.com/v1", "auth": {"apiKeySecretRef": {"name": "openai", "key": "key"}}}})
    wait_condition(cluster, "md", "gpt", "False", "SecretNotFound", of="Healthy")
    apply("Secret", "openai", stringData={"key": "sk-very-secret"})
    wait_condition(cluster, "md", "gpt", "True", "Ready")
    assert not cluster.names("deployments")


def test_a_client_follows_its_fallback(cluster, apply):
    apply("ModelDeployment", "device", {"model": {"name": "m"}, "client": {
        "onnxURI": "https://models.test/m.onnx", "sha256": "0" * 64, "fallbackRef": {"name": "big", "namespace": "other"}}})
    wait_condition(cluster, "md", "device", "False", "DeploymentNotFound")
    provider = {"model": {"name": "m"}, "provider": {"type": "OpenAICompatible", "endpoint": "http://x.test/v1"}}
    apply("ModelDeployment", "big", provider, namespace="other")
    wait_condition(cluster, "md", "device", "False", "NotShared")
    apply("ModelDeployment", "big", {**provider, "sharedWith": [{"namespaceSelector": {"matchLabels": {"devices": "welcome"}}}]}, namespace="other")
    cluster.kubectl("label", "namespace", "default", "devices=welcome")
    wait_condition(cluster, "md", "device", "True", "Ready")
    cluster.kubectl("label", "namespace", "default", "devices-")
    wait_condition(cluster, "md", "device", "False", "NotShared")


def test_keys_belong_to_one_consumer(cluster, apply):
    one = {"credentials": [{"name": "a", "apiKeySecretRef": {"name": "one", "key": "key"}}]}
    two = {"credentials": [{"name": "a", "apiKeySecretRef": {"name": "two", "key": "key"}}]}
    apply("Consumer", "first", one)
    wait_condition(cluster, "consumer", "first", "False", "SecretNotFound")
    apply("Secret", "one", stringData={"key": "psk-very-secret"})
    wait_condition(cluster, "consumer", "first", "True", "Ready")
    apply("Secret", "two", stringData={"key": "psk-very-secret\n"}, namespace="other")
    apply("Consumer", "second", two, namespace="other")

    def second():
        done = cluster.kubectl("-n", "other", "get", "consumer", "second", "-o", "json").stdout
        conditions = json.loads(done).get("status", {}).get("conditions", [])
        return next((item["reason"] for item in conditions if item["type"] == "Ready"), "")
    wait_until("the second is told", lambda: second() == "KeyShared", 10)
    cluster.kubectl("delete", "consumer", "first")
    wait_until("the key is the second's now", lambda: second() == "Ready", 10)


def test_expiry_comes_by_itself(cluster, apply):
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 6))
    apply("Secret", "one", stringData={"key": "psk-1"})
    apply("Consumer", "app", {"credentials": [{"name": "a", "apiKeySecretRef": {"name": "one", "key": "key"}}], "expiresAt": soon})
    wait_condition(cluster, "consumer", "app", "True", "Ready", seconds=5)
    wait_condition(cluster, "consumer", "app", "False", "Expired", seconds=15)


def test_a_route_follows_its_references(cluster, apply):
    apply("ModelRoute", "r", {"gatewayRefs": [{"name": "g"}], "tiers": [{"backends": [{"deploymentRef": {"name": "m", "namespace": "other"}}]}]})
    wait_condition(cluster, "mr", "r", "False", "GatewayNotFound", of="Accepted")
    apply("ModelDeployment", "m", {"model": {"name": "m"}, "provider": {"type": "OpenAICompatible", "endpoint": "http://x.test/v1"}}, namespace="other")
    apply("InferenceGateway", "g", {"listeners": [{"name": "h", "port": 8080}]})
    wait_condition(cluster, "mr", "r", "False", "NotShared", of="ResolvedRefs")
    apply("ModelDeployment", "m", {"model": {"name": "m"}, "provider": {"type": "OpenAICompatible", "endpoint": "http://x.test/v1"},
                                   "sharedWith": [{"namespaceSelector": {"matchLabels": {"consent": "given"}}}]}, namespace="other")
    time.sleep(1)
    assert condition(cluster, "mr", "r", "ResolvedRefs")["reason"] == "NotShared"
    cluster.kubectl("label", "namespace", "default", "consent=given")
    wait_condition(cluster, "mr", "r", "True", "ResolvedRefs", of="ResolvedRefs")
    assert cluster.get("mr", "r")["status"]["gateways"][0]["accepted"] is True


def test_a_restart_writes_nothing(cluster, controller, apply):
    apply("ModelDeployment", "llama", model())
    wait_condition(cluster, "md", "llama", "True", "Ready", seconds=30)
    assert still(cluster, 1) == set()
    before = versions(cluster)
    assert controller.stop() == 0
    with Controller(cluster) as again:
        again.wait_leading(10)  # the lease was released, so at once
        time.sleep(4)
        assert versions(cluster) == before
        assert again.applied() == []


def test_another_replica_takes_over(cluster):
    with Controller(cluster) as first, Controller(cluster) as second:
        wait_until("one of them leads", lambda: first.said("leading") or second.said("leading"))
        leader, follower = (first, second) if first.said("leading") else (second, first)
        assert not follower.said("leading")
        leader.kill()
        cluster.apply(json.dumps({"apiVersion": "penstock.dev/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": "late"}, "spec": model()}))
        follower.wait_leading(30)
        wait_condition(cluster, "md", "late", "True", "Ready", seconds=30)
        cluster.kubectl("delete", "md", "late")
        assert follower.stop() == 0

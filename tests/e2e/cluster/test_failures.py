"""What keeps a model from coming up, provoked on a real node, and read by its owner in `kubectl describe` and `penstock explain`.

The promise is ten seconds, counted from when the cluster itself shows the cause: how long a kubelet takes to give up pulling, or a
startup probe to run out, is not Penstock's. Both instants are arrivals on watches of the API server.
"""
import json
import os
import subprocess
import sys

import pytest

import quickstart
from local_cluster import ROOT, run, wait_until
from quickstart import ENGINES
from watching import Watch

PENSTOCK = os.environ.get("PENSTOCK", str(ROOT / "build/release/penstock"))
IMAGE = "penstock.local/penstock:dev"
PROMISED = 10.0
GPU_QUOTA = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "no-gpus"}, "spec": {"hard": {"requests.nvidia.com/gpu": "0"}}}
# Llama-3.1-70B: 134 GiB of weights.
LARGE = {"parametersMillions": 70554, "layers": 80, "hiddenSize": 8192, "attentionHeads": 64, "kvHeads": 8, "headDim": 128, "weightBits": 16}


@pytest.fixture(scope="module")
def cluster():
    with quickstart.installed() as running:
        wait_until("the profiles of the chart are there", lambda: len(running.names("acceleratorprofiles")) > 5, 30)
        running.script("load", image_for_another_processor(running.run_folder))
        yield running


@pytest.fixture(scope="module")
def watch(cluster):
    with Watch(cluster) as watching:
        yield watching


def image_for_another_processor(folder):
    """A program whose header says AArch64, and which this machine's kernel therefore does not run."""
    program, archive = folder / "alien", folder / "alien.tar"
    header = bytearray(64)
    header[:20] = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xb7\x00"
    program.write_bytes(header)
    run(sys.executable, ROOT / "hack/image/docker_archive.py", "--name", "penstock.local/alien:1", "--out", archive,
        "--file", f"{program}:/bin/engine:755", "--", "/bin/engine")
    return archive


def load_fails(message):
    return {"args": ["engine", "--fault-load-failure", "--fault-load-message", message]}


@pytest.mark.parametrize("reason, shown, told, engine", [
    # reason, the cause in the words of pod or Deployment (where it is first seen), a part of the condition's message, engine
    ("ImagePullBackOff", "ErrImagePull", "image penstock.local/nothing:here cannot be pulled", {"image": "penstock.local/nothing:here"}),
    ("ModelSourceUnauthorized", "GatedRepoError", "tokenSecretRef", load_fails("GatedRepoError: 403 Client Error")),
    ("ModelSourceNotFound", "RepositoryNotFoundError", "correct repository", load_fails("RepositoryNotFoundError: 404 Client Error")),
    ("EgressDenied", "Failed to resolve", "cannot reach huggingface.co", load_fails("Failed to resolve 'huggingface.co'")),
    ("OutOfDisk", "Errno 28", "engine.cache.size", load_fails("OSError: [Errno 28] No space left on device")),
    ("InsufficientMemory", "CUDA out of memory", "ran out of accelerator memory", load_fails("torch.OutOfMemoryError: CUDA out of memory.")),
    ("OOMKilled", "OOMKilled", "more memory than its limit of 64Mi; raise engine.resources.limits.memory",
     {"args": ["engine", "--fault-load-memory", "256Mi"], "resources": {"limits": {"memory": "64Mi"}}}),
    ("CrashLoopBackOff", "injected fault", "exits with code 1; see its log: kubectl logs", {"args": ["engine", "--fault-load-failure"]}),
    ("StartupTimeout", '"terminated"', "within 5s; raise engine.startupTimeout", {"args": ["engine", "--fault-start-delay", "10m"], "startupTimeout": "5s"}),
    ("StartError", "/usr/bin/nosuch", "correct engine.command", {"command": ["/usr/bin/nosuch"]}),
    ("StartError", "exec format error", "for another processor", {"image": "penstock.local/alien:1"}),
    ("ContainerConfigError", "CreateContainerConfigError", 'secret "no-token" not found',
     {"source": {"huggingFace": {"repo": "acme/large", "tokenSecretRef": {"name": "no-token", "key": "token"}}}}),
    ("Unschedulable", "Unschedulable", "not enough nvidia.com/gpu", {"resources": {"limits": {"nvidia.com/gpu": 99}}}),
    ("QuotaExceeded", "exceeded quota", "ResourceQuota no-gpus of namespace default", {"resources": {"limits": {"nvidia.com/gpu": 1}}}),
])
def test_a_replica_that_does_not_come_up(cluster, watch, reason, shown, told, engine):
    name = f"broken-{len(watch.seen)}"
    if reason == "QuotaExceeded":
        cluster.apply(json.dumps(GPU_QUOTA))
    try:
        broken(cluster, name, {"image": IMAGE, "args": ["engine"], **engine})
        noticed = read_by_its_owner(cluster, watch, name, reason, told)
        visible = min(filter(None, (watch.first(kind, lambda item: belongs(item, name) and shown in json.dumps(item["status"], ensure_ascii=False)
                                                .replace('\\"', '"')) for kind in ("Pod", "Deployment"))))
        print(f"{reason}: {noticed - visible:.2f} s after the cluster showed it")
        assert noticed - visible <= PROMISED
        wait_until("a start that fails asks for no more of them", lambda: cluster.get("md", name)["status"].get("desiredReplicas") == 1, 5)
    finally:
        cluster.kubectl("delete", "md", name, "--timeout=60s")
        cluster.kubectl("delete", "resourcequota", "--all")


def test_a_model_that_fits_no_accelerator_asked_for(cluster, watch):
    name = "too-large"
    broken(cluster, name, {"image": IMAGE, "args": ["engine"], "accelerator": {"profile": "nvidia-t4-16gb"}}, contextLength=8192, architecture=LARGE)
    noticed = read_by_its_owner(cluster, watch, name, "InsufficientMemory", "the smallest profile that fits is nvidia-l40s-48gb")
    created = watch.first("ModelDeployment", lambda item: belongs(item, name))
    print(f"InsufficientMemory: {noticed - created:.2f} s after it was created")
    assert noticed - created <= PROMISED
    assert not cluster.names("deployments,pods", "-l", f"{ENGINES}={name}"), "what cannot fit is not started"
    # The remedy that the message names is one.
    cluster.kubectl("patch", "md", name, "--type=merge", "-p", '{"spec": {"engine": {"accelerator": {"profile": "nvidia-l40s-48gb"}}}}')
    wait_until("it is planned", lambda: quickstart.is_true(cluster, "md", name, "Planned"), 10)
    cluster.kubectl("delete", "md", name, "--timeout=60s")


def broken(cluster, name, engine, **model):
    cluster.apply(json.dumps({"apiVersion": "penstock.dev/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": name, "namespace": "default"},
                              "spec": {"model": {"name": name, **model}, "engine": engine, "scaling": {"minReplicas": 1, "maxReplicas": 2}}}))


def belongs(item, name):
    labels = item["metadata"].get("labels", {})
    return labels.get(ENGINES) == name or item["metadata"]["name"] == name


def read_by_its_owner(cluster, watch, name, reason, told):
    """Until the watch has seen Ready=False with that reason; returns when that was."""
    def ready(item):
        return next((c for c in item.get("status", {}).get("conditions", []) if c["type"] == "Ready" and c["status"] == "False"), {})

    def says(item):
        return belongs(item, name) and ready(item).get("reason") == reason

    wait_until(f"{name} says {reason}", lambda: watch.first("ModelDeployment", says), 60)
    message = ready(cluster.get("md", name))["message"]
    assert told in message, message
    described = wait_until("its event is there", lambda: (text := cluster.kubectl("describe", "md", name).stdout)
                           and reason in text.partition("Events:")[2] and text, 10)
    assert told in " ".join(described.partition("Events:")[0].split()), described
    explained = subprocess.run([PENSTOCK, "explain", f"md/{name}", "-n", "default"], env=cluster.env, capture_output=True, text=True, check=True,
                               timeout=30).stdout
    assert "blocked" in explained and told in explained, explained
    return watch.first("ModelDeployment", says)

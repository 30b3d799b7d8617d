"""The chart on a real API server: what it installs, what it may do, and what stays after `helm uninstall`."""
import contextlib
import json
import os
import pathlib
import subprocess

import pytest

from local_cluster import LocalCluster, ROOT, wait_until

CHART = ROOT / "charts/penstock"
PRESETS = {"amd-mi300x-192gb", "nvidia-a100-80gb", "nvidia-h100-80gb", "nvidia-h200-141gb", "nvidia-l4-24gb", "nvidia-l40s-48gb", "nvidia-a10-24gb",
           "nvidia-t4-16gb", "cpu"}
ACCOUNT = "system:serviceaccount:penstock-system:penstock"


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster() as running:
        running.up()
        yield running


@pytest.fixture(scope="module")
def before(cluster):
    cluster.kubectl("create", "namespace", "penstock-system")
    cluster.kubectl("label", "namespace", "penstock-system", "pod-security.kubernetes.io/enforce=restricted")
    for namespace in ("team-a", "team-b"):
        cluster.kubectl("create", "namespace", namespace)
    return cluster.everything()


@pytest.fixture(scope="module")
def release(cluster, before):
    cluster.helm("install", "penstock", CHART, "-n", "penstock-system", "--set", "watchNamespaces={team-a}")


def can(cluster, verb, resource, *where):
    kind, _, subresource = resource.partition(":")
    return cluster.kubectl("auth", "can-i", verb, kind, f"--subresource={subresource}", *where, f"--as={ACCOUNT}", check=False).stdout.strip() == "yes"


def test_lint_is_clean(cluster):
    assert "0 chart(s) failed" in cluster.helm("lint", "--strict", CHART).stdout


@pytest.mark.parametrize("wrong", ["image.tga=1", "controller.replicas=0", "watchNamespaces={Team_A}", "ports.metrics=80", "image.pullPolicy=Sometimes"])
def test_wrong_values_are_refused(cluster, wrong):
    assert cluster.helm("template", "penstock", CHART, "--set", wrong, check=False).returncode != 0


def test_pods_fit_the_restricted_level(cluster, release):
    """Created in a namespace that enforces it: the ReplicaSet could make its pods."""
    cluster.kubectl("-n", "penstock-system", "wait", "replicaset", "--for=jsonpath={.status.replicas}=2", "-l", "app.kubernetes.io/name=penstock", "--timeout=20s")


def test_rights_are_those_of_the_served_namespaces(cluster, release):
    for verb, resource in (("get", "secrets"), ("list", "consumers.penstock.dev"), ("patch", "deployments.apps"), ("patch", "consumers.penstock.dev:status")):
        assert can(cluster, verb, resource, "-n", "team-a"), (verb, resource)
        assert not can(cluster, verb, resource, "-n", "team-b"), (verb, resource)
        assert not can(cluster, verb, resource, "-A"), (verb, resource)
    assert not can(cluster, "get", "secrets", "-n", "kube-system")
    assert not can(cluster, "create", "pods", "-n", "team-a")
    assert can(cluster, "patch", "pods", "-n", "team-a") and not can(cluster, "delete", "pods", "-n", "team-a")  # the order in which engines leave
    assert not can(cluster, "patch", "pods:status", "-n", "team-a") and not can(cluster, "patch", "pods", "-n", "kube-system")
    assert not can(cluster, "create", "clusterrolebindings.rbac.authorization.k8s.io")
    assert can(cluster, "get", "secrets/penstock-authority", "-n", "penstock-system")
    assert can(cluster, "update", "secrets/penstock-authority", "-n", "penstock-system")
    assert can(cluster, "update", "leases.coordination.k8s.io/penstock-controller", "-n", "penstock-system")
    assert not can(cluster, "get", "secrets/another", "-n", "penstock-system")
    for resource in ("secrets", "leases.coordination.k8s.io"):
        assert not can(cluster, "create", resource, "-n", "penstock-system"), resource
    assert can(cluster, "list", "acceleratorprofiles.penstock.dev")


def test_what_the_controller_fills_is_there_and_empty(cluster, release):
    assert "data" not in cluster.get("secret", "penstock-authority", "-n", "penstock-system")
    assert not cluster.get("lease", "penstock-controller", "-n", "penstock-system").get("spec")


def test_no_rule_has_a_wildcard(cluster, release):
    for kind in ("clusterroles", "roles"):
        for item in cluster.get(kind, "-A", "-l", "app.kubernetes.io/name=penstock")["items"]:
            for rule in item["rules"]:
                assert "*" not in rule["verbs"] + rule["resources"] + rule["apiGroups"], item["metadata"]["name"]


def test_teams_may_use_the_kinds(cluster, release):
    cluster.kubectl("-n", "team-b", "create", "rolebinding", "ann", "--clusterrole=edit", "--user=ann")
    allowed = cluster.kubectl("-n", "team-b", "auth", "can-i", "create", "modeldeployments.penstock.dev", "--as=ann", check=False)
    assert allowed.stdout.strip() == "yes"
    cluster.kubectl("-n", "team-b", "delete", "rolebinding", "ann")


def test_every_example_applies_strictly(cluster, release):
    folders = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())
    assert folders
    for folder in folders:
        cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", folder)


def profiles(cluster):
    return {name.split("/")[-1] for name in cluster.names("acceleratorprofiles")}


def creator(cluster):
    """The flag of the release's controller that makes it create the profiles."""
    args = cluster.get("deployment", "penstock", "-n", "penstock-system")["spec"]["template"]["spec"]["containers"][0]["args"]
    return [arg for arg in args if arg.startswith("--create-accelerator-profiles")]


@contextlib.contextmanager
def controller(cluster, folder, flags):
    """The controller as the release would run it, had this cluster a node: its account, its flags."""
    config = json.loads(cluster.kubectl("config", "view", "--flatten", "--minify", "-o", "json").stdout)
    token = cluster.kubectl("-n", "penstock-system", "create", "token", "penstock").stdout.strip()
    config["users"] = [{"name": config["users"][0]["name"], "user": {"token": token}}]
    (folder / "kubeconfig").write_text(json.dumps(config))
    with (folder / "log").open("w") as log, subprocess.Popen(
            [os.environ.get("PENSTOCK", ROOT / "build/release/penstock"), "controller", "--kubeconfig", folder / "kubeconfig", "--leader-elect", "--namespace",
             "penstock-system", "--watch-namespaces", "team-a", "--metrics-address", "", "--health-address", "", *flags], stdout=log, stderr=log) as process:
        yield folder / "log"
        process.terminate()


def test_profiles_come_with_the_first_install(cluster, release, tmp_path):
    """Helm looks kinds up before it installs, so the controller creates what Helm cannot; the next upgrade takes them over."""
    assert not profiles(cluster) and creator(cluster) == ["--create-accelerator-profiles=penstock-system/penstock"]
    with controller(cluster, tmp_path, creator(cluster)) as log:
        wait_until("they are there", lambda: profiles(cluster) >= PRESETS, 20)
        assert "Forbidden" not in log.read_text()
    cluster.kubectl("delete", "acceleratorprofile", "cpu")
    cluster.helm("upgrade", "penstock", CHART, "-n", "penstock-system", "--reuse-values")
    assert profiles(cluster) >= PRESETS
    assert not creator(cluster) and not can(cluster, "create", "acceleratorprofiles.penstock.dev") and not can(cluster, "patch", "acceleratorprofiles.penstock.dev")
    # Nobody else's fields are in the way of a chart that changes one.
    managers = {entry["manager"] for item in cluster.get("acceleratorprofiles", "--show-managed-fields")["items"] for entry in item["metadata"]["managedFields"]}
    assert managers == {"helm"}
    cluster.helm("upgrade", "penstock", CHART, "-n", "penstock-system", "--reuse-values", "--set", "acceleratorProfiles.install=false")
    assert not profiles(cluster)
    cluster.helm("upgrade", "penstock", CHART, "-n", "penstock-system", "--reuse-values", "--set", "acceleratorProfiles.install=true")
    assert profiles(cluster) >= PRESETS


def test_a_first_install_without_profiles(cluster):
    for off in ("acceleratorProfiles.install=false", "crds.install=false"):
        text = cluster.helm("template", "penstock", CHART, "--set", off).stdout
        assert "\nkind: AcceleratorProfile\n" not in text and "--create-accelerator-profiles" not in text


def test_uninstall_leaves_the_crds_and_nothing_else(cluster, before, release):
    cluster.helm("uninstall", "penstock", "-n", "penstock-system", "--wait", "--timeout", "60s")
    kept = {name.split("/")[1] for name in cluster.names("crd")}
    assert kept == {f"{pathlib.Path(path).stem}s.penstock.dev" for path in (ROOT / "crds").glob("*.yaml")}
    cluster.kubectl("-n", "penstock-system", "wait", "pod", "--for=delete", "--all", "--timeout=40s")
    cluster.wait_only(before, 20)
    assert not profiles(cluster)
    # Installed again over the CRDs that stayed, under the same name.
    cluster.helm("install", "penstock", CHART, "-n", "penstock-system", "--set", "watchNamespaces={team-a}")
    cluster.helm("uninstall", "penstock", "-n", "penstock-system", "--wait", "--timeout", "60s")

"""A cluster of hack/cluster.sh for one test file: an id that nobody uses, the tools, and waiting for a state."""
import json
import os
import pathlib
import re
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "hack/cluster.sh"
IMAGE = "penstock.local/penstock:dev"
IMAGE_ARCHIVE = pathlib.Path(os.environ.get("PENSTOCK_IMAGE_ARCHIVE", ROOT / "build/image/penstock.tar"))
IDS = range(8, 16)  # 0-7 are left to people


class Failed(AssertionError):
    """A command that should have succeeded; the text is the command and what it said."""


def run(*command, text=None, check=True, **options):
    done = subprocess.run([str(part) for part in command], input=text, capture_output=True, text=True, timeout=300, check=False, **options)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def wait_until(what, probe, seconds=60.0, every=0.2):
    """Calls probe() until it returns something true, and returns that; a Failed from it counts as "not yet"."""
    deadline = time.monotonic() + seconds
    last = None
    while time.monotonic() < deadline:
        try:
            last = probe()
            if last:
                return last
        except Failed as error:
            last = error
        time.sleep(every)
    raise AssertionError(f"{what}: not within {seconds} s; last: {last}")


class LocalCluster:
    def __init__(self):
        self.id = None
        self.seconds = {}
        self.env = dict(os.environ)

    def script(self, *arguments, check=True):
        return run(SCRIPT, *arguments, check=check, env=self.env)

    def up(self, *options):
        for candidate in IDS:
            self.env["CLUSTER_ID"] = str(candidate)
            begin = time.monotonic()
            done = self.script("up", *options, check=False)
            if done.returncode != 0 and "is up, or was not taken down" in done.stderr:
                continue
            if done.returncode != 0:
                logs = self.script("down", check=False)
                raise Failed(f"cluster.sh up {' '.join(options)}\n{done.stdout}{done.stderr}{logs.stdout}")
            self.id = candidate
            self.seconds["up"] = time.monotonic() - begin
            self.seconds["control plane"] = float(re.search(r"control plane .* in ([\d.]+) s", done.stdout)[1])
            if ready := re.search(r"Ready, .* ([\d.]+) s later", done.stdout):
                self.seconds["node"] = float(ready[1])
            for name, value in re.findall(r"(\w+)=(\S+)", self.script("env").stdout):
                self.env[name] = value.replace("$PATH", os.environ["PATH"])
            return self
        raise Failed(f"all of the clusters {IDS[0]}-{IDS[-1]} are up")

    def down(self):
        done = self.script("down")
        self.seconds["down"] = float(re.search(r"down in ([\d.]+) s", done.stdout)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.script("down", check=False)

    @property
    def run_folder(self):
        return pathlib.Path(self.env["KUBECONFIG"]).parent

    def kubectl(self, *arguments, text=None, check=True):
        return run("kubectl", *arguments, text=text, check=check, env=self.env)

    def apply(self, text):
        return self.kubectl("apply", "--server-side", "-f", "-", text=text)

    def helm(self, *arguments, check=True):
        return run("helm", *arguments, check=check, env=self.env)

    def get(self, *arguments):
        return json.loads(self.kubectl("get", *arguments, "-o", "json").stdout)

    def names(self, *arguments):
        return set(self.kubectl("get", *arguments, "-o", "name").stdout.split())

    def everything(self):
        """What an installation could leave behind, as "Kind namespace/name"."""
        kinds = ("serviceaccounts,services,deployments,replicasets,poddisruptionbudgets,roles,rolebindings,clusterroles,clusterrolebindings,configmaps,"
                 "secrets,leases,pods,endpointslices,networkpolicies,persistentvolumeclaims")
        names = {f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}" for item in self.get(kinds, "-A")["items"]}
        # What Kubernetes makes in its own time: in every namespace, and for its own components.
        return {name for name in names if not name.startswith("Lease kube-") and not name.endswith("/kube-root-ca.crt")
                and not re.fullmatch("ServiceAccount .*/default", name)}

    def wait_only(self, before, seconds=60, where=""):
        """Waits until nothing is there that was not there before; says what is."""
        deadline = time.monotonic() + seconds
        while left := {name for name in self.everything() - before if where in name}:
            assert time.monotonic() < deadline, f"still there after {seconds} s: {sorted(left)}"
            time.sleep(0.5)

    def load_image(self):
        if not IMAGE_ARCHIVE.exists():
            raise Failed(f"no {IMAGE_ARCHIVE}; make it with hack/image.sh")
        self.script("load", IMAGE_ARCHIVE)

    def probe(self, namespace, pod, url, seconds=3):
        """OK 200, TIMEOUT, REFUSED, NODNS: what that pod can reach, with its own network and resolver."""
        return self.script("probe", namespace, pod, url, str(seconds)).stdout.strip()

    def port_forward(self, namespace, target, port):
        return PortForward(self, namespace, target, port)


class PortForward:
    """`kubectl port-forward` to a port of the system's choice: with cluster.port_forward(...) as url."""

    def __init__(self, cluster, namespace, target, port):
        self.command = ["kubectl", "-n", namespace, "port-forward", target, f":{port}"]
        self.env = cluster.env
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        line = self.process.stdout.readline()
        match = re.search(r"127\.0\.0\.1:(\d+)", line)
        if not match:
            self.__exit__()
            raise Failed(f"{' '.join(self.command)}: {line}")
        return f"http://127.0.0.1:{match[1]}"

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.process.stdout.close()

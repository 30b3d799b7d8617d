"""`penstock controller` outside of a cluster, working on it: start, wait, kill, read its log."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e/cluster"))
from local_cluster import LocalCluster, ROOT, wait_until  # noqa: E402

PENSTOCK = os.environ.get("PENSTOCK", str(ROOT / "build/release/penstock"))


@contextlib.contextmanager
def control_plane(gpu_nodes):
    """A cluster with our kinds and the namespaces that Controller watches."""
    with LocalCluster() as running:
        running.up("--gpu-nodes", str(gpu_nodes))
        running.kubectl("apply", "--server-side", "-f", ROOT / "crds")
        running.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=20s")
        running.kubectl("create", "namespace", "other")
        yield running


class Controller:
    def __init__(self, cluster, *flags, kubeconfig=None):
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".log")  # noqa: SIM115: lives as long as this
        command = [PENSTOCK, "controller", "--kubeconfig", str(kubeconfig or cluster.env["KUBECONFIG"]), "--watch-namespaces", "default,other", "--leader-elect",
                   "--metrics-address", "127.0.0.1:0", "--health-address", "127.0.0.1:0", *flags]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT, env=cluster.env)

    def lines(self):
        return [json.loads(line) for line in pathlib.Path(self.log.name).read_text().splitlines() if line.startswith("{")]

    def said(self, message):
        assert self.process.poll() is None, pathlib.Path(self.log.name).read_text()
        return next((line for line in self.lines() if line["message"] == message), None)

    def wait_leading(self, seconds=40.0):
        wait_until("the controller leads", lambda: self.said("leading"), seconds)
        return self

    def health_port(self):
        return next(line["port"] for line in self.lines() if line.get("flag") == "--health-address")

    def applied(self):
        return [line for line in self.lines() if re.match("(applied|deleting) child", line["message"])]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self):
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        self.log.close()

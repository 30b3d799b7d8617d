"""Starts the real `penstock standalone` on a folder of manifests, on a port of the system's choice.

Everything lives in a temporary folder; stop() ends what was started and nothing else.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

PENSTOCK = os.environ.get("PENSTOCK", str(pathlib.Path(__file__).resolve().parents[2] / "build/release/penstock"))


def engine(name, model, *arguments, replicas=1, aliases=()):
    """The manifest of one simulated engine."""
    listed = "".join(f"    - {json.dumps(a)}\n" for a in ("engine", *arguments, "--model", model, "--port", "$(PORT)"))
    return f"""
apiVersion: penstock.dev/v1alpha1
kind: ModelDeployment
metadata: {{name: {name}, namespace: default}}
spec:
  model: {{name: {model}, task: Chat, aliases: {json.dumps(list(aliases))}}}
  engine:
    type: VLLM
    image: penstock.local/penstock:dev
    args:
{listed}  scaling: {{minReplicas: {replicas}, maxReplicas: {max(replicas, 1)}}}
"""


def gateway(listener="{name: http, port: 8080, protocol: HTTP}"):
    return f"""
apiVersion: penstock.dev/v1alpha1
kind: InferenceGateway
metadata: {{name: main, namespace: default}}
spec:
  listeners: [{listener}]
"""


def route(name, *deployments, models=()):
    backends = ", ".join(f"{{deploymentRef: {{name: {d}}}}}" for d in deployments)
    match = f"\n  match: {{models: {json.dumps(list(models))}}}" if models else ""
    return f"""
apiVersion: penstock.dev/v1alpha1
kind: ModelRoute
metadata: {{name: {name}, namespace: default}}
spec:
  gatewayRefs: [{{name: main}}]{match}
  tiers:
  - backends: [{backends}]
"""


def consumer(name="app", key="psk-e2e-key", extra=""):
    return f"""
apiVersion: v1
kind: Secret
metadata: {{name: {name}-key, namespace: default}}
stringData: {{key: {key}}}
---
apiVersion: penstock.dev/v1alpha1
kind: Consumer
metadata: {{name: {name}, namespace: default}}
spec:
  credentials:
  - name: primary
    apiKeySecretRef: {{name: {name}-key, key: key}}
{extra}"""


class Standalone:
    def __init__(self, folder, manifests=None, arguments=(), ready_within=30):
        """manifests: file name -> text, written to FOLDER/config; None takes examples/quickstart as it is."""
        self.folder = pathlib.Path(folder)
        self.config = pathlib.Path("examples/quickstart")
        if manifests is not None:
            self.config = self.folder / "config"
            self.config.mkdir()
            for name, text in manifests.items():
                (self.config / name).write_text(text)
        self.log_path = self.folder / "standalone.log"
        ready = self.folder / "ready.json"
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [PENSTOCK, "standalone", "--config", str(self.config), "--listen", "127.0.0.1:0",
                 "--ready-file", str(ready), "--data-dir", str(self.folder / "data"), *arguments],
                stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + ready_within
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"standalone is not ready:\n{self.log()}")
            time.sleep(0.02)
        document = json.loads(ready.read_text())
        self.url, self.key = document["url"], document["apiKey"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_for_log(self, pattern, within=15):
        return self.wait_until(lambda: re.search(pattern, self.log()), within, f"log line {pattern!r}")

    def wait_until(self, condition, within, what):
        deadline = time.monotonic() + within
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < deadline, f"no {what} within {within} s:\n{self.log()}"
            time.sleep(0.02)

    def engines(self):
        """pid -> port of the engine processes that run now, read from our child's children."""
        found = {}
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                children = (task / "children").read_text().split()
            except OSError:
                continue
            for child in children:
                try:
                    words = pathlib.Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if b"--port" in words:
                    found[int(child)] = int(words[words.index(b"--port") + 1])
        return found

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def metric(port, name, **labels):
    """The sum of one engine metric over its series that carry these labels."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
    total = 0.0
    for line in text.splitlines():
        match = re.match(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)", line)
        if match and match[1] == name:
            if all(f'{k}="{v}"' in (match[2] or "") for k, v in labels.items()):
                total += float(match[3])
    return total

"""hands.py RUN_FOLDER PENSTOCK: lends pods of simulated nodes what a node would give them: an address and a process. It runs in the network and
process namespaces of the real node, so that its pods reach those addresses and that nothing outlives the cluster.

Every pod with the annotation penstock.local/process gets its engine, with its arguments and environment, listening on its address; the pod is
told when it listens, gets SIGTERM when it is deleted, and is told when the process has ended (hack/cluster/manifests/pod-stages.yaml makes a
status of that). Until standard input ends; then what became of each pod, as JSON.
"""
import http.client
import json
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

PROCESS, LISTENS, ENDED = "penstock.local/process", "penstock.local/listens", "penstock.local/ended"


class Api:
    """The API server as administrator; a connection for each request, so that threads need not agree."""

    def __init__(self, folder):
        pki = folder / "pki"
        self.server = urllib.parse.urlparse(re.search(r"server: (\S+)", (folder / "admin.kubeconfig").read_text())[1])
        self.tls = ssl.create_default_context(cafile=pki / "ca.crt")
        self.tls.load_cert_chain(pki / "admin.crt", pki / "admin.key")

    def request(self, verb, path, body=None):
        connection = http.client.HTTPSConnection(self.server.hostname, self.server.port, context=self.tls)
        connection.request(verb, path, body and json.dumps(body), {"Content-Type": "application/merge-patch+json"})
        return connection.getresponse()

    def watch_pods(self):
        for line in self.request("GET", "/api/v1/pods?watch=true"):
            event = json.loads(line)
            yield event["type"], event["object"]

    def annotate(self, pod, key, value):
        where = pod["metadata"]
        answer = self.request("PATCH", f"/api/v1/namespaces/{where['namespace']}/pods/{where['name']}", {"metadata": {"annotations": {key: value}}})
        if answer.status not in (200, 404):
            raise RuntimeError(f"{where['name']}: {key}: {answer.status} {answer.read()[:200]}")


def command_of(pod, program):
    """The pod's own arguments; its address in the place of every address, as the pods share a network here."""
    container = pod["spec"]["containers"][0]
    env = {item["name"]: item["value"] for item in container.get("env", []) if "value" in item}
    args = [re.sub(r"\$\((\w+)\)", lambda match: env.get(match[1], match[0]), word) for word in container["args"]]
    return [program, *args, "--host", pod["status"]["podIP"]], int(env["PORT"])


def listens(address, port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


class Lent:
    """One pod's process."""

    def __init__(self, api, pod, program):
        self.api, self.pod, self.address = api, pod, pod["status"]["podIP"]
        self.told = {"pod": pod["metadata"]["name"], "node": pod["spec"]["nodeName"], "exit": None, "asked": False}
        subprocess.run(["ip", "address", "add", f"{self.address}/32", "dev", "lo"], check=True)
        command, self.port = command_of(pod, program)
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=sys.stderr)
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        while self.process.poll() is None and not listens(self.address, self.port):
            time.sleep(0.05)
        if self.process.poll() is None:
            self.api.annotate(self.pod, LISTENS, "true")
        self.told["exit"] = self.process.wait()
        subprocess.run(["ip", "address", "del", f"{self.address}/32", "dev", "lo"], check=True)
        self.api.annotate(self.pod, ENDED, str(self.told["exit"]))

    def end(self):
        if not self.told["asked"]:
            self.told["asked"] = True
            self.process.terminate()


class Hands:
    def __init__(self, api, program):
        self.api, self.program, self.lent = api, program, {}

    def work(self):
        while True:
            for kind, pod in self.api.watch_pods():
                self.see(kind, pod)

    def see(self, kind, pod):
        if PROCESS not in pod["metadata"].get("annotations", {}):
            return
        lent, leaving = self.lent.get(pod["metadata"]["uid"]), "deletionTimestamp" in pod["metadata"]
        if lent and kind == "DELETED":
            lent.process.kill()  # its grace period is over, or it has ended anyway
        elif lent and leaving:
            lent.end()
        elif not lent and leaving and kind != "DELETED" and ENDED not in pod["metadata"]["annotations"]:
            self.api.annotate(pod, ENDED, "never began")
        elif not lent and not leaving and "podIP" in pod.get("status", {}):
            self.lent[pod["metadata"]["uid"]] = Lent(self.api, pod, self.program)


def main():
    hands = Hands(Api(pathlib.Path(sys.argv[1])), sys.argv[2])
    threading.Thread(target=hands.work, daemon=True).start()
    print("watching", flush=True)
    sys.stdin.read()
    for lent in hands.lent.values():
        lent.process.kill()
        lent.thread.join(timeout=5)
    print(json.dumps([lent.told for lent in hands.lent.values()]))


if __name__ == "__main__":
    main()

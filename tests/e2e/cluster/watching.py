"""When something first stood in the cluster: with Watch(cluster) as watch: ...; watch.first("Pod", lambda pod: ...).

The API server's own stream, stamped on arrival: the times in objects are whole seconds, and a condition keeps its lastTransitionTime
while only its reason changes.
"""
import json
import subprocess
import threading
import time

PATHS = ("api/v1/namespaces/default/pods", "apis/apps/v1/namespaces/default/deployments", "apis/penstock.dev/v1alpha1/namespaces/default/modeldeployments")


class Watch:
    def __init__(self, cluster):
        self.env, self.processes, self.seen = cluster.env, [], []  # seen: (arrived, type, object), appended by the readers

    def __enter__(self):
        for path in PATHS:
            self.processes.append(subprocess.Popen(["kubectl", "get", "--raw", f"/{path}?watch=true"], env=self.env, stdout=subprocess.PIPE, text=True))
            threading.Thread(target=self.read, args=(self.processes[-1].stdout,), daemon=True).start()
        return self

    def read(self, lines):
        for line in lines:
            event = json.loads(line)
            self.seen.append((time.monotonic(), event["type"], event["object"]))

    def first(self, kind, probe):
        """Absent until such an object was seen."""
        return next((arrived for arrived, _, item in list(self.seen) if item["kind"] == kind and probe(item)), None)

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
            process.wait(timeout=10)

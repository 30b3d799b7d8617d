"""Seeing what happens on a cluster without disturbing it: one watch per question, the audit log for who wrote what."""
import collections
import datetime
import json
import subprocess
import threading
import time


class Watch:
    """Follows a collection until `ready(object)` has been true of `count` of its objects; one streamed request, no polling."""

    def __init__(self, cluster, path, ready, count):
        self.ready, self.count = ready, count
        self.names, self.finished = set(), None
        self.done = threading.Event()
        self.process = subprocess.Popen(["kubectl", "get", "--raw", f"{path}?watch=true&resourceVersion=0"], env=cluster.env,
                                        stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        for line in self.process.stdout:
            item = json.loads(line)["object"]
            if self.ready(item):
                self.names.add(item["metadata"]["name"])
            if len(self.names) == self.count:
                self.finished = time.time()
                break
        self.done.set()

    def wait(self, what, seconds):
        """The time when it came true."""
        if not self.done.wait(seconds) or self.finished is None:
            raise SystemExit(f"{what}: {len(self.names)} of {self.count} after {seconds} s")
        return self.finished

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=10)


def model_ready(item):
    status = item.get("status", {})
    return any(c["type"] == "Ready" and c["status"] == "True" and c["observedGeneration"] == item["metadata"]["generation"]
               for c in status.get("conditions", []))


def deployment_ready(item):
    return item.get("status", {}).get("readyReplicas", 0) >= 1


class Audit:
    """The API server's own account of requests since `mark()`."""

    WRITES = {"create", "update", "patch", "delete", "deletecollection"}

    def __init__(self, cluster):
        self.path = cluster.run_folder / "logs/audit.log"
        self.mark()

    def mark(self):
        self.begin = self.path.stat().st_size

    def requests(self, agent):
        """Every request of a client whose User-Agent begins so."""
        found = []
        with self.path.open() as log:
            log.seek(self.begin)
            for line in log:
                if agent not in line or not line.endswith("\n"):
                    continue
                entry = json.loads(line)
                if entry.get("userAgent", "").startswith(agent) and entry["stage"] == "ResponseComplete":
                    found.append(entry)
        return found


def what(entry):
    """"patch deployments", "patch modeldeployments/status"."""
    about = entry.get("objectRef", {})
    below = f"/{about['subresource']}" if about.get("subresource") else ""
    return f"{entry['verb']} {about.get('resource', '')}{below}"


def writes(entries):
    """Kinds of writes with their numbers; the lease of a leader is no work."""
    counted = collections.Counter(what(e) for e in entries if e["verb"] in Audit.WRITES)
    return {name: number for name, number in counted.items() if not name.endswith(" leases")}


def reads(entries):
    return collections.Counter(what(e) for e in entries if e["verb"] in {"get", "list"})


def last_child(entries):
    """When the last child was there for the first time (seconds since the epoch)."""
    times = [e["stageTimestamp"] for e in entries if e["verb"] == "patch" and e["responseStatus"]["code"] == 201]
    return datetime.datetime.fromisoformat(max(times)).timestamp()

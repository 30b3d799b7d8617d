"""The autoscaling example on a real node, as its reader makes it, and what its status says. Test files share it."""
import contextlib
import datetime

import quickstart
from local_cluster import ROOT, wait_until
from quickstart import Load, is_true

EXAMPLE = ROOT / "examples/autoscaling"
KEY, MODEL = "psk-autoscaling-change-me", "elastic"


@contextlib.contextmanager
def installed():
    """It sleeps, and its gateway takes calls."""
    with quickstart.installed() as cluster:
        cluster.kubectl("apply", "-f", EXAMPLE)
        wait_until("the gateway is ready", lambda: is_true(cluster, "igw", "main"), 90)
        wait_until("the model is known", lambda: status(cluster).get("desiredReplicas") == 0, 30)
        yield cluster


def status(cluster):
    return cluster.get("md", MODEL).get("status", {})


def decisions(cluster):
    """Newest first."""
    return status(cluster).get("lastScaling", [])


def made_at(decision):
    return datetime.datetime.fromisoformat(decision["time"]).timestamp()


def wait_desired(cluster, probe, seconds):
    return wait_until("the number of replicas", lambda: probe(status(cluster).get("desiredReplicas", -1)), seconds)


def wait_ready(cluster, count, seconds):
    wait_until(f"{count} replicas take calls", lambda: status(cluster).get("readyReplicas", 0) == count, seconds)


def load(cluster, seconds=120):
    return Load(cluster, seconds, key=KEY, model=MODEL)

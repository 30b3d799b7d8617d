#!/usr/bin/env python3
"""Rounds of the operator and of the saturating writer, each round on a fresh control plane, their order changing.

Both begin with the same ModelDeployments in place and nothing else; their clock starts with their process. The writer
knows the children beforehand and writes each once; the operator finds out, writes them, follows what becomes of them,
and reports it. Requests are counted from the API server's audit log, CPU time and memory by the kernel.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/e2e/cluster"))
from local_cluster import LocalCluster  # noqa: E402
from watched import Audit, Watch, deployment_ready, last_child, model_ready, reads, writes  # noqa: E402

BUILD = ROOT / "build/release"
GPUS_PER_NODE = 8
MODELS = "/apis/penstock.dev/v1alpha1/namespaces/{}/modeldeployments"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"
OPERATOR, WRITER, WARM = "operated", "written", "warm"  # namespaces


def model(name, namespace):
    return {"apiVersion": "penstock.dev/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": name, "namespace": namespace},
            "spec": {"model": {"name": name}, "engine": {
                "image": "penstock.local/penstock:dev", "args": ["engine"], "nodeSelector": {"type": "kwok"},
                "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
                "resources": {"limits": {"nvidia.com/gpu": 1}}}}}


def apply_models(cluster, namespace, count):
    items = [model(f"model-{number}", namespace) for number in range(count)]
    cluster.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


class Operator:
    """`penstock controller` on one namespace, and what the kernel knows about it."""

    def __init__(self, cluster, log):
        self.log = log
        self.begin = time.time()
        self.process = subprocess.Popen(
            [BUILD / "penstock", "controller", "--kubeconfig", cluster.env["KUBECONFIG"], "--watch-namespaces", OPERATOR,
             "--leader-elect", "--metrics-address", "127.0.0.1:0", "--health-address", ""], stdout=log.open("w"), stderr=subprocess.STDOUT, env=cluster.env)

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def passes(self):
        """Passes over ModelDeployments by their end, from the operator's own metrics."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        port = next(line["port"] for line in lines if line.get("flag") == "--metrics-address")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        return {end: int(float(number)) for end, number in
                re.findall(r'^penstock_reconcile_total{controller="modeldeployment",outcome="(\w+)"} (\S+)$', text, re.M)}

    def stop(self):
        self.process.terminate()
        if self.process.wait(timeout=30) != 0:
            raise SystemExit("the operator did not end well")


def settle(audit, agent, seconds):
    """Waits until the agent has been silent for `seconds`: the last events and statuses are on their way."""
    before = -1
    while (now := sum(writes(audit.requests(agent)).values())) != before:
        before = now
        time.sleep(seconds)


def operate(cluster, arguments, folder):
    agent = "penstock-controller/"
    audit = Audit(cluster)
    watch = Watch(cluster, MODELS.format(OPERATOR), model_ready, arguments.models)
    operator = Operator(cluster, folder / "operator.log")
    ready = watch.wait("ModelDeployments that are Ready", arguments.patience)
    watch.close()
    out = {"ready": ready - operator.begin, "cpu": operator.cpu_seconds()}
    settle(audit, agent, 3)
    entries = audit.requests(agent)
    out |= {"written": last_child(entries) - operator.begin, "writes": writes(entries), "reads": reads(entries),
            "cpu_settled": operator.cpu_seconds(), "rss": operator.peak_mib(), "passes": operator.passes()}
    audit.mark()
    apply_models(cluster, OPERATOR, arguments.models)
    time.sleep(arguments.still)
    out["still"] = writes(audit.requests(agent))
    audit.mark()
    operator.stop()
    if arguments.restart:
        again = Operator(cluster, folder / "again.log")
        settle(audit, agent, 5)
        out["restart"] = writes(audit.requests(agent))
        again.stop()
    return out


def write(cluster, arguments):
    watch = Watch(cluster, DEPLOYMENTS.format(WRITER), deployment_ready, arguments.models)
    begin = time.time()
    done = run_writer(cluster, WRITER, arguments.connections)
    ready = watch.wait("Deployments of the writer with a ready replica", arguments.patience)
    watch.close()
    return {"written": done["seconds"], "writes": done["writes"], "ready": ready - begin}


def run_writer(cluster, namespace, connections):
    done = subprocess.run([BUILD / "tests/bench/bench_controller_writer", namespace, str(connections)], env=cluster.env, check=True,
                          capture_output=True, text=True)
    return json.loads(done.stdout)


def one_round(number, arguments, folder):
    nodes = -(-2 * arguments.models // GPUS_PER_NODE) + 4
    with LocalCluster().up("--gpu-nodes", str(nodes)) as cluster:
        cluster.kubectl("apply", "--server-side", "-f", ROOT / "crds")
        cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=20s")
        for namespace, count in ((WARM, 16), (WRITER, arguments.models), (OPERATOR, arguments.models)):
            cluster.kubectl("create", "namespace", namespace)
            apply_models(cluster, namespace, count)
        run_writer(cluster, WARM, arguments.connections)  # the server's first requests of a kind are slow
        time.sleep(5)
        steps = [("writer", lambda: write(cluster, arguments)), ("operator", lambda: operate(cluster, arguments, folder))]
        found = {}
        for name, step in steps if number % 2 == 0 else reversed(steps):
            found[name] = step()
            time.sleep(3)
        return found


def spread(values, form="{:.1f}"):
    middle, low, high = (form.format(f(values)) for f in (statistics.median, min, max))
    return middle if low == high else f"{middle} ({low}–{high})"


def report(rounds, arguments):
    operators, writers = [r["operator"] for r in rounds], [r["writer"] for r in rounds]
    models = arguments.models

    def column(name, part):
        return [one[name] for one in part]

    def total(name):
        return [sum(one[name].values()) for one in operators]
    print(f"\n{len(rounds)} rounds, {models} ModelDeployments, writer with {arguments.connections} connections; medians (range)\n")
    print("| | operator | writer | ratio |")
    print("| --- | --- | --- | --- |")
    for name, text in (("written", "last child written, s"), ("ready", "all Ready, s")):
        ratios = [o[name] / w[name] for o, w in zip(operators, writers, strict=True)]
        print(f"| {text} | {spread(column(name, operators))} | {spread(column(name, writers))} | {spread(ratios, '{:.2f}')} |")
    print(f"| API writes | {spread(total('writes'), '{:.0f}')} | {spread(column('writes', writers), '{:.0f}')} | |")
    print(f"| API writes per ModelDeployment | {spread([n / models for n in total('writes')], '{:.2f}')} "
          f"| {spread([n / models for n in column('writes', writers)], '{:.2f}')} | |")
    print(f"| passes per ModelDeployment (deferred ones without) | "
          f"{spread([(sum(p.values()) - p.get('deferred', 0)) / models for p in column('passes', operators)], '{:.1f}')} | | |")
    print(f"| API reads | {spread(total('reads'), '{:.0f}')} | | |")
    print(f"| CPU until all Ready, s | {spread(column('cpu', operators), '{:.2f}')} | | |")
    print(f"| CPU until silent, s | {spread(column('cpu_settled', operators), '{:.2f}')} | | |")
    print(f"| peak RSS, MiB | {spread(column('rss', operators), '{:.0f}')} | | |")
    print(f"| writes in {arguments.still} s after everything was applied again | {spread(total('still'), '{:.0f}')} | | |")
    if arguments.restart:
        print(f"| writes sent after a restart | {spread(total('restart'), '{:.0f}')} | | |")
    print("\nWrites and reads of the operator in the last round:\n")
    for name in ("writes", "reads"):
        for kind, number in sorted(operators[-1][name].items(), key=lambda pair: -pair[1]):
            print(f"  {number:6} {kind}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=8, help="of the writer; the operator's workers for models are 8")
    parser.add_argument("--still", type=int, default=60, help="seconds to wait for writes after everything was applied again")
    parser.add_argument("--patience", type=int, default=900, help="seconds that one run may take")
    parser.add_argument("--restart", action="store_true", help="also count what a new process of the operator sends")
    arguments = parser.parse_args()
    rounds = []
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        for number in range(arguments.rounds):
            rounds.append(one_round(number, arguments, pathlib.Path(folder)))
            print(f"round {number + 1}: {json.dumps(rounds[-1])}", file=sys.stderr, flush=True)
    report(rounds, arguments)
    moved = sum(sum(r["operator"]["still"].values()) for r in rounds)
    if moved:
        raise SystemExit(f"{moved} writes although nothing had changed")


if __name__ == "__main__":
    main()

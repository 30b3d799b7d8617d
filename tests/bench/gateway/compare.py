#!/usr/bin/env python3
"""Runs the comparison: rounds of every proxy in turn, medians over the rounds, ratios to nginx.

The proxy under test runs on one core, load generator and upstream on the other. CPU time is that of the proxy's
processes (all threads, from /proc/PID/task/*/schedstat) divided by the calls or events that passed.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
KEY = "psk-bench-0123456789"
BODY = 700  # characters of prompt


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port: int, process: subprocess.Popen) -> None:
    for _ in range(400):
        if process.poll() is not None:
            raise SystemExit(f"{process.args[0]} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{process.args[0]} does not listen")


def tree(pid: int) -> list[int]:
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += tree(int(child))
    return found


def cpu_ns(pid: int) -> int:
    total = 0
    for p in tree(pid):
        for stat in pathlib.Path(f"/proc/{p}/task").glob("*/schedstat"):
            total += int(stat.read_text().split()[0])
    return total


def rss_mib(pid: int) -> float:
    total = 0
    for p in tree(pid):
        for line in pathlib.Path(f"/proc/{p}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                total += int(line.split()[1])
    return total / 1024


class Proxies:
    def __init__(self, folder: pathlib.Path, upstream: int, core: str):
        self.folder, self.upstream, self.core = folder, upstream, core
        self.running: dict[str, tuple[subprocess.Popen, int]] = {}

    def start(self, name: str, command: list[str], port: int) -> None:
        log = (self.folder / f"{name}.log").open("wb")
        process = subprocess.Popen(["taskset", "-c", self.core, *command], stdout=log, stderr=log, cwd=ROOT)
        self.running[name] = (process, port)
        wait_port(port, process)

    def nginx(self) -> None:
        port = free_port()
        (self.folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {self.folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {self.folder}; proxy_temp_path {self.folder};
  fastcgi_temp_path {self.folder}; uwsgi_temp_path {self.folder}; scgi_temp_path {self.folder};
  keepalive_requests 100000000; tcp_nodelay on;
  upstream up {{ server 127.0.0.1:{self.upstream}; keepalive 256; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{port} reuseport;
    location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }} }} }}
""")
        self.start("nginx", ["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")], port)

    def haproxy(self) -> None:
        port = free_port()
        (self.folder / "haproxy.cfg").write_text(f"""
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend f
  bind 127.0.0.1:{port}
  default_backend b
backend b
  server s 127.0.0.1:{self.upstream} pool-max-conn 256
""")
        self.start("haproxy", ["haproxy", "-db", "-f", str(self.folder / "haproxy.cfg")], port)

    def net(self) -> None:
        """The floor: a proxy on src/net that does nothing else."""
        port = free_port()
        self.start("net", [str(ROOT / "build/release/tests/bench/bench_net_proxy"), str(port), str(self.upstream)], port)

    def penstock(self) -> None:
        port = free_port()
        config = self.folder / "config"
        config.mkdir()
        (config / "all.yaml").write_text(f"""
apiVersion: penstock.dev/v1alpha1
kind: InferenceGateway
metadata: {{name: main, namespace: default}}
spec: {{listeners: [{{name: http, port: 8080, protocol: HTTP}}]}}
---
apiVersion: penstock.dev/v1alpha1
kind: ModelDeployment
metadata: {{name: bench, namespace: default}}
spec:
  model: {{name: bench, task: Chat}}
  provider: {{type: OpenAICompatible, endpoint: "http://127.0.0.1:{self.upstream}"}}
---
apiVersion: penstock.dev/v1alpha1
kind: ModelRoute
metadata: {{name: bench, namespace: default}}
spec:
  gatewayRefs: [{{name: main}}]
  tiers: [{{backends: [{{deploymentRef: {{name: bench}}}}]}}]
---
apiVersion: v1
kind: Secret
metadata: {{name: key, namespace: default}}
stringData: {{key: {KEY}}}
---
apiVersion: penstock.dev/v1alpha1
kind: Consumer
metadata: {{name: bench, namespace: default}}
spec: {{credentials: [{{name: primary, apiKeySecretRef: {{name: key, key: key}}}}]}}
""")
        self.start("penstock", [str(ROOT / "build/release/penstock"), "standalone", "--config", str(config), "--listen",
                                f"127.0.0.1:{port}", "--threads", "1", "--data-dir", str(self.folder / "data")], port)

    def stop(self) -> None:
        for process, _ in self.running.values():
            process.terminate()
        for process, _ in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def load(folder: pathlib.Path, port: int, stream: bool, connections: int, seconds: int, core: str) -> tuple[int, int]:
    """Calls completed and answers that were no 2xx."""
    body = json.dumps({"model": "bench", "stream": stream, "stream_options": {"include_usage": True},
                       "messages": [{"role": "user", "content": "x" * BODY}]})
    if not stream:
        body = body.replace('"stream_options": {"include_usage": true}, ', "")
    script = folder / ("stream.lua" if stream else "call.lua")
    script.write_text(f"""
wrk.method = "POST"
wrk.body = [[{body}]]
wrk.path = "/v1/chat/completions"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {KEY}"
""")
    out = subprocess.run(["taskset", "-c", core, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script),
                          f"http://127.0.0.1:{port}"], check=True, capture_output=True, text=True).stdout
    calls = int(re.search(r"(\d+) requests in", out)[1])
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return calls, int(bad[1]) if bad else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", nargs="*", help="proxies to run; all when absent")
    arguments = parser.parse_args()
    for tool in ("nginx", "haproxy", "wrk"):
        if not shutil.which(tool):
            raise SystemExit(f"{tool} is not installed; run hack/dev.sh bench gateway, which installs it")
    cores = sorted(os.sched_getaffinity(0))
    proxy_core, load_core = str(cores[0]), str(cores[-1])
    events = 100
    folder = pathlib.Path(tempfile.mkdtemp(prefix="penstock-bench-"))
    upstream_port = free_port()
    upstream = subprocess.Popen(["taskset", "-c", load_core, str(ROOT / "build/release/tests/bench/bench_upstream"), "--port", str(upstream_port),
                                 "--events", str(events)])
    wait_port(upstream_port, upstream)
    proxies = Proxies(folder, upstream_port, proxy_core)
    try:
        for name in arguments.only or ("nginx", "haproxy", "net", "penstock"):
            getattr(proxies, name)()
        rows: dict[str, dict[str, list[float]]] = {n: {"call": [], "rate": [], "event": [], "rss": []} for n in proxies.running}
        for number in range(-1, arguments.rounds):  # round -1 warms up
            for name, (process, port) in proxies.running.items():
                before = cpu_ns(process.pid)
                calls, bad = load(folder, port, False, arguments.connections, arguments.seconds if number >= 0 else 1, load_core)
                call_us = (cpu_ns(process.pid) - before) / 1000 / max(calls, 1)
                before = cpu_ns(process.pid)
                streams, bad_streams = load(folder, port, True, arguments.connections, arguments.seconds if number >= 0 else 1, load_core)
                event_us = (cpu_ns(process.pid) - before) / 1000 / max(streams * events, 1)
                if bad or bad_streams or not calls or not streams:
                    raise SystemExit(f"{name}: {bad + bad_streams} answers were no success; the figures would mean nothing")
                if number >= 0:
                    seconds = arguments.seconds
                    for key, value in (("call", call_us), ("rate", calls / seconds), ("event", event_us), ("rss", rss_mib(process.pid))):
                        rows[name][key].append(value)
        print(f"\n{arguments.rounds} rounds of {arguments.seconds} s, {arguments.connections} connections, {events} events per stream; medians (range)\n")
        print("| proxy | CPU µs per call | ratio | calls/s | CPU µs per streamed event | ratio | RSS MiB |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        base = rows.get("nginx") or next(iter(rows.values()))
        for name, row in rows.items():
            mid = {k: statistics.median(v) for k, v in row.items()}
            print(f"| {name} | {mid['call']:.1f} ({min(row['call']):.1f}–{max(row['call']):.1f}) | {mid['call'] / statistics.median(base['call']):.2f} "
                  f"| {mid['rate']:,.0f} | {mid['event']:.1f} ({min(row['event']):.1f}–{max(row['event']):.1f}) "
                  f"| {mid['event'] / statistics.median(base['event']):.2f} | {mid['rss']:.0f} |")
    finally:
        proxies.stop()
        upstream.terminate()
        upstream.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

"""What a person meets who runs `penstock standalone`: clear errors, clear progress, an orderly end."""
import json
import os
import signal
import subprocess
import urllib.request

from standalone import PENSTOCK, Standalone, consumer, engine, gateway, route
from streams import Stream


def run(*arguments):
    return subprocess.run([PENSTOCK, "standalone", *arguments], capture_output=True, text=True, timeout=20)


def manifests(**more):
    return {"gateway.yaml": gateway(), "engines.yaml": engine("a", "acme/chat", "--speedup", "10"),
            "routes.yaml": route("chat", "a"), "consumers.yaml": consumer(), **more}


def test_wrong_command_lines_say_how_they_would_be_right(tmp_path):
    for arguments, code, says in [
        ([], 2, "--config is missing"),
        (["--config", str(tmp_path / "nowhere")], 1, "nowhere"),
        (["--config", str(tmp_path), "--data-dir", str(tmp_path / "d")], 1, "InferenceGateway"),
        (["--config", str(tmp_path), "--listen", "8080"], 2, "127.0.0.1:8080"),
        (["--config", str(tmp_path), "--drain-timeout", "soon"], 2, "soon"),
        (["--no-such-flag"], 2, "--no-such-flag"),
    ]:
        done = run(*arguments)
        assert done.returncode == code, (arguments, done.stderr)
        assert says in done.stderr + done.stdout, (arguments, done.stderr)


def test_a_port_in_use_names_the_remedy(tmp_path):
    with Standalone(tmp_path, manifests()) as penstock:
        port = penstock.url.rsplit(":", 1)[1]
        done = run("--config", str(penstock.config), "--listen", f"127.0.0.1:{port}", "--data-dir", str(tmp_path / "d2"))
        assert done.returncode == 1
        assert port in done.stderr and "--listen" in done.stderr


def test_the_quickstart_serves_and_its_pasted_command_works(tmp_path):
    with Standalone(tmp_path) as penstock:
        text = penstock.log()
        command = text[text.index("  curl "):text.index("\n\n", text.index("  curl "))]
        done = subprocess.run(["sh", "-c", command.replace("curl ", "curl -sS ")], capture_output=True, text=True, timeout=30)
        assert "data: [DONE]" in done.stdout, done.stdout + done.stderr
        admin = next(line.split()[-1] for line in text.splitlines() if line.startswith("Metrics"))
        assert "penstock_" in urllib.request.urlopen(admin, timeout=5).read().decode()
        mode = os.stat(tmp_path / "ready.json").st_mode & 0o777
        assert mode == 0o600, "the ready file holds a key"
    assert not (tmp_path / "ready.json").exists(), "a ready file of a stopped gateway would lie"


def test_a_second_signal_ends_everything_at_once(tmp_path):
    with Standalone(tmp_path, manifests(**{"engines.yaml": engine("a", "acme/chat")})) as penstock:
        engines = penstock.engines()
        stream = Stream(penstock.url, penstock.key, "acme/chat", tokens=100000)
        next(iter(stream))
        penstock.signal(signal.SIGINT)
        penstock.wait_for_log("Stopping: no new calls")

        def ended():
            if penstock.process.poll() is None:
                penstock.signal(signal.SIGINT)  # one that comes with the first is taken for the same
            return penstock.process.poll()

        assert penstock.wait_until(ended, 5, "end") == 130
        for pid in engines:
            penstock.wait_until(lambda pid=pid: not os.path.exists(f"/proc/{pid}"), 5, "end of the engine")


def test_an_engine_that_cannot_start_is_told_with_its_last_words_and_harms_nobody(tmp_path):
    crash = engine("crash", "acme/crash").replace("    image: penstock.local/penstock:dev\n    args:", "    command: [sh, -c, 'echo no such device; exit 3']\n    args:")
    missing = engine("gpu", "acme/gpu").replace("penstock.local/penstock:dev", "vllm/vllm-openai:latest")
    extra = {"bad.yaml": crash + "---" + missing}
    with Standalone(tmp_path, manifests(**extra)) as penstock:
        penstock.wait_for_log(r"default/crash-0 exited with code 3")
        penstock.wait_for_log("    no such device")
        penstock.wait_for_log(r"bad\.yaml:\d+: ModelDeployment default/gpu: .*vllm")
        stream = Stream(penstock.url, penstock.key, "acme/chat", tokens=5)
        assert list(stream)[-1] == "[DONE]"


def test_a_changed_engine_is_replaced_without_a_failed_call(tmp_path):
    with Standalone(tmp_path, manifests()) as penstock:
        (before,) = penstock.engines()
        (penstock.config / "engines.yaml").write_text(engine("a", "acme/chat", "--speedup", "20"))
        outcomes = []

        def replaced():
            stream = Stream(penstock.url, penstock.key, "acme/chat", tokens=20)
            outcomes.append((stream.status, list(stream)[-1:]))
            stream.close()
            return before not in penstock.engines()

        penstock.wait_until(replaced, 20, "replacement")
        assert len(penstock.engines()) == 1
        assert all(outcome == (200, ["[DONE]"]) for outcome in outcomes), outcomes


def test_a_configmap_is_swapped_whole(tmp_path):
    with Standalone(tmp_path, manifests()) as penstock:
        for folder, name in (("..1", "first"), ("..2", "second")):
            (penstock.config / folder).mkdir()
            (penstock.config / folder / "extra.yaml").write_text(consumer(name, f"psk-{name}"))
        os.symlink("..1", penstock.config / "..data")
        os.symlink("..data/extra.yaml", penstock.config / "extra.yaml")
        penstock.wait_for_log("added Consumer default/first")
        os.symlink("..2", penstock.config / "..data_tmp")
        os.rename(penstock.config / "..data_tmp", penstock.config / "..data")
        penstock.wait_for_log("added Consumer default/second.*removed Consumer default/first")


SERVER = '''
import http.server, json, os, time
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.send_header("Content-Type", "text/event-stream"); self.end_headers()
        for i in range(20):
            chunk = {"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": os.environ["WORD"]}}]}
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\\\\n\\\\n"); self.wfile.flush(); time.sleep(0.05)
        self.wfile.write(b"data: [DONE]\\\\n\\\\n")
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), H).serve_forever()
'''


def custom(word):
    """An engine of somebody else's that drops its calls on SIGTERM."""
    command = json.dumps(["python3", "-c", SERVER.replace("\\\\", "\\")])
    return f"""
apiVersion: penstock.dev/v1alpha1
kind: ModelDeployment
metadata: {{name: a}}
spec:
  model: {{name: acme/chat}}
  engine: {{type: Custom, command: {command}, env: [{{name: WORD, value: {word}}}]}}
"""


def test_an_engine_that_does_not_drain_keeps_its_calls_when_it_is_replaced(tmp_path):
    with Standalone(tmp_path, manifests(**{"engines.yaml": custom("one")})) as penstock:
        stream = Stream(penstock.url, penstock.key, "acme/chat", tokens=20)
        events = iter(stream)
        assert "one" in next(events)
        (penstock.config / "engines.yaml").write_text(custom("two"))
        penstock.wait_for_log("changed ModelDeployment")
        rest = list(events)
        assert rest[-1] == "[DONE]" and len(rest) == 20

        def answered_by_the_new_one():
            fresh = Stream(penstock.url, penstock.key, "acme/chat", tokens=20)
            return fresh.status == 200 and "two" in next(iter(fresh))

        penstock.wait_until(answered_by_the_new_one, 15, "the new engine")


def test_one_interrupt_that_arrives_twice_is_one(tmp_path):
    with Standalone(tmp_path, manifests(**{"engines.yaml": engine("a", "acme/chat")})) as penstock:
        stream = Stream(penstock.url, penstock.key, "acme/chat", tokens=100)
        events = iter(stream)
        next(events)
        penstock.signal(signal.SIGINT)
        penstock.signal(signal.SIGTERM)
        assert list(events)[-1] == "[DONE]"
        assert penstock.process.wait(20) == 0

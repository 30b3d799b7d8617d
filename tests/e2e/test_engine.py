"""`penstock engine` alone: its process, and the official Python client straight at it."""
import contextlib
import json
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import openai
import pytest

from standalone import PENSTOCK, metric
from streams import Stream

RUNNING = "vllm:num_requests_running"
QUESTION = [{"role": "user", "content": "Why is the sky blue?"}]


class Engine:
    def __init__(self, *arguments, before=()):
        self.process = subprocess.Popen([*before, PENSTOCK, "engine", "--host", "127.0.0.1", "--port", "0", *arguments],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def ready(self):
        """Reads its log up to the line that says where it listens."""
        for line in self.process.stdout:
            self.lines.append(line)
            if "engine is listening" in line:
                self.url = json.loads(line)["url"]
                self.port = int(self.url.rsplit(":", 1)[1])
                return self
        raise AssertionError("".join(self.lines))

    def client(self, key="none"):
        return openai.OpenAI(base_url=self.url + "/v1", api_key=key, max_retries=0)

    def status(self, path):
        try:
            return urllib.request.urlopen(self.url + path, timeout=5).status
        except urllib.error.HTTPError as error:
            return error.code


def test_connections_are_not_limited_by_the_default_of_a_shell():
    """1,024 descriptors in most places, here 64: the limit that counts is the hard one."""
    with Engine(before=("prlimit", "--nofile=64:")) as engine, contextlib.ExitStack() as stack:
        engine.ready()
        connections = [stack.enter_context(socket.create_connection(("127.0.0.1", engine.port), timeout=5)) for _ in range(120)]
        for connection in connections:
            connection.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
        assert {connection.recv(12) for connection in connections} == {b"HTTP/1.1 200"}


def test_official_client():
    with Engine("--model", "acme/chat", "--served-model-name", "acme/chat", "chat", "--speedup", "20", "--api-key", "k") as engine:
        client = engine.ready().client("k")
        answer = client.chat.completions.create(model="chat", messages=QUESTION, max_tokens=12, n=2)
        assert len(answer.choices) == 2 and answer.usage.completion_tokens == 24 and answer.model == "chat"
        chunks = list(client.chat.completions.create(model="chat", messages=QUESTION, max_tokens=7, seed=3, stream=True,
                                                     stream_options={"include_usage": True}))
        assert chunks[0].choices[0].delta.role == "assistant"
        assert chunks[-2].choices[0].finish_reason == "length"
        assert chunks[-1].usage.completion_tokens == 7 and chunks[-1].usage.prompt_tokens_details.cached_tokens == 0
        again = client.chat.completions.create(model="acme/chat", messages=QUESTION, max_tokens=7, seed=3)
        assert again.choices[0].message.content == "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert client.completions.create(model="chat", prompt=["a", "b"], max_tokens=3).usage.completion_tokens == 6
        vectors = client.embeddings.create(model="chat", input=["one", "two"]).data
        assert len(vectors) == 2 and abs(sum(x * x for x in vectors[0].embedding) - 1) < 1e-3
        assert [m.id for m in client.models.list()] == ["acme/chat", "chat"]
        assert client.models.retrieve("acme/chat").max_model_len > 0
        with pytest.raises(openai.AuthenticationError):
            engine.client("wrong").models.list()
        with pytest.raises(openai.NotFoundError) as caught:
            client.chat.completions.create(model="none", messages=QUESTION)
        assert caught.value.body["code"] == 404
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model="chat", messages=[])


def test_a_conversation_hits_the_prefix_cache():
    with Engine("--speedup", "20") as engine:
        client = engine.ready().client()
        model = "penstock/simulated"
        messages = [{"role": "user", "content": "word " * 500}]
        first = client.chat.completions.create(model=model, messages=messages, max_tokens=40)
        messages += [first.choices[0].message.model_dump(include={"role", "content"}), {"role": "user", "content": "and?"}]
        second = client.chat.completions.create(model=model, messages=messages, max_tokens=5)
        assert second.usage.prompt_tokens_details.cached_tokens > first.usage.prompt_tokens
        assert metric(engine.port, "vllm:prefix_cache_hits_total") == second.usage.prompt_tokens_details.cached_tokens


def test_disconnect_stops_the_generation_at_once():
    with Engine() as engine:
        engine.ready()
        for _ in range(3):
            stream = Stream(engine.url, "none", "penstock/simulated", tokens=5000)
            events = iter(stream)
            next(events), next(events)
            assert metric(engine.port, RUNNING) == 1
            stream.close()
            gone = time.monotonic()
            while metric(engine.port, RUNNING):
                assert time.monotonic() - gone < 1
            assert time.monotonic() - gone < 0.1
        assert metric(engine.port, "vllm:request_success_total", finished_reason="abort") == 3
        assert metric(engine.port, "vllm:kv_cache_usage_perc") == 0


def test_sigterm_finishes_what_runs_and_exits_0():
    with Engine("--drain-timeout", "20s") as engine:
        engine.ready()
        streams = [Stream(engine.url, "none", "penstock/simulated", tokens=100) for _ in range(5)]
        iterators = [iter(stream) for stream in streams]
        for iterator in iterators:
            next(iterator)
        engine.process.send_signal(signal.SIGTERM)
        while engine.status("/health") == 200:
            pass
        with pytest.raises(openai.InternalServerError) as caught:
            engine.client().chat.completions.create(model="penstock/simulated", messages=QUESTION)
        assert caught.value.status_code == 503
        endings = [None] * 5

        def finish(index):
            endings[index] = list(iterators[index])[-1]

        readers = [threading.Thread(target=finish, args=(i,)) for i in range(5)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        assert endings == ["[DONE]"] * 5
        assert engine.process.wait(5) == 0


def test_drain_timeout_cuts_what_does_not_end():
    with Engine("--drain-timeout", "300ms") as engine:
        engine.ready()
        stream = Stream(engine.url, "none", "penstock/simulated", tokens=100000)
        next(iter(stream))
        engine.process.send_signal(signal.SIGTERM)
        assert engine.process.wait(5) == 0


def test_start_delay_and_load_failure():
    started = time.monotonic()
    with Engine("--fault-start-delay", "700ms") as engine:
        engine.ready()
        assert time.monotonic() - started >= 0.7
        assert engine.status("/health") == 200
    with Engine("--fault-start-delay", "50ms", "--fault-load-failure") as engine:
        assert engine.process.wait(5) == 1
        assert "loading the model failed: injected fault" in engine.process.stdout.read()
    with Engine("--fault-load-failure", "--fault-load-message", "No space left on device") as engine:
        assert engine.process.wait(5) == 1
        assert "No space left on device" in engine.process.stdout.read()
    with Engine("--fault-load-memory", "96Mi") as engine:
        assert int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{engine.ready().process.pid}/status").read_text())[1]) > 96 * 1024
    with Engine("--fault-start-delay", "60s") as engine:
        assert "loading the model" in engine.process.stdout.readline()
        engine.process.send_signal(signal.SIGTERM)
        assert engine.process.wait(5) == 0


def test_faults():
    with Engine("--fault-429", "100", "--fault-retry-after", "3s") as engine:
        with pytest.raises(openai.RateLimitError) as caught:
            engine.ready().client().chat.completions.create(model="x", messages=QUESTION)
        assert caught.value.response.headers["retry-after"] == "3"
    with Engine("--fault-500", "100") as engine:
        with pytest.raises(openai.InternalServerError):
            engine.ready().client().chat.completions.create(model="x", messages=QUESTION)
    with Engine("--fault-hang", "100") as engine:
        with pytest.raises(openai.APITimeoutError):
            engine.ready().client().with_options(timeout=0.5).chat.completions.create(model="x", messages=QUESTION)
    with Engine("--fault-abort-after", "5", "--speedup", "10") as engine:
        client = engine.ready().client()
        seen = []
        with pytest.raises(openai.APIConnectionError):
            for chunk in client.chat.completions.create(model="penstock/simulated", messages=QUESTION, stream=True):
                seen.append(chunk)
        assert len(seen) == 6  # the role and five tokens
        with pytest.raises(openai.APIConnectionError):
            client.chat.completions.create(model="penstock/simulated", messages=QUESTION)


def test_command_line():
    listed = subprocess.run([PENSTOCK, "engine", "--list-perf-models"], capture_output=True, text=True, check=True).stdout
    assert "llama3.1-8b/h100" in listed
    for wrong in (["--speedup", "0"], ["--perf-model", "none"], ["--no-such-flag"], ["--drain-timeout", "soon"],
                  ["--fault-429", "200"], ["--fault-load-memory", "much"], ["--max-num-batched-tokens", "8"]):
        done = subprocess.run([PENSTOCK, "engine", *wrong], capture_output=True, text=True, timeout=10)
        assert done.returncode == 2 and done.stderr, wrong
    with Engine() as first:
        first.ready()
        second = subprocess.run([PENSTOCK, "engine", "--host", "not-an-address"], capture_output=True, text=True, timeout=10)
        assert second.returncode == 1 and "cannot listen" in second.stdout + second.stderr

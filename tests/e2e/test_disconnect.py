"""A client that goes away stops the engine's work, at once."""
import statistics
import time

from standalone import Standalone, consumer, engine, gateway, metric, route
from streams import Stream

RUNNING = "vllm:num_requests_running"


def test_disconnect_stops_the_generation_within_100_ms(tmp_path):
    manifests = {"gateway.yaml": gateway(), "engines.yaml": engine("chat", "acme/chat"),
                 "routes.yaml": route("chat", "chat"), "consumers.yaml": consumer()}
    with Standalone(tmp_path, manifests) as penstock:
        (port,) = penstock.engines().values()
        waits = []
        for _ in range(5):
            stream = Stream(penstock.url, penstock.key, "acme/chat", tokens=5000)
            events = iter(stream)
            for _ in range(3):
                next(events)
            assert metric(port, RUNNING) == 1
            gone = time.monotonic()
            stream.close()
            penstock.wait_until(lambda: metric(port, RUNNING) == 0, 5, "end of the generation")
            waits.append(time.monotonic() - gone)
        assert statistics.median(waits) < 0.1, waits
        assert metric(port, "vllm:kv_cache_usage_perc") == 0
        assert metric(port, "vllm:generation_tokens_total") < 5 * 5000 / 2


def test_disconnect_before_the_answer_frees_the_engine_too(tmp_path):
    manifests = {"gateway.yaml": gateway(), "engines.yaml": engine("chat", "acme/chat"),
                 "routes.yaml": route("chat", "chat"), "consumers.yaml": consumer()}
    with Standalone(tmp_path, manifests) as penstock:
        import json
        import socket
        import urllib.parse
        (port,) = penstock.engines().values()
        address = urllib.parse.urlsplit(penstock.url)
        body = json.dumps({"model": "acme/chat", "max_tokens": 5000, "ignore_eos": True,
                           "messages": [{"role": "user", "content": "long"}]}).encode()
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: p\r\nContent-Type: application/json\r\n"
                               b"Authorization: Bearer " + penstock.key.encode() + b"\r\nContent-Length: " +
                               str(len(body)).encode() + b"\r\n\r\n" + body)
            penstock.wait_until(lambda: metric(port, RUNNING) == 1, 5, "running call")
        penstock.wait_until(lambda: metric(port, RUNNING) == 0, 1, "end of the generation")

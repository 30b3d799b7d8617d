"""SIGTERM with 50 streams open: they finish, then everything stops, and nothing is left behind."""
import os
import signal
import socket
import threading
import urllib.parse

import pytest

from standalone import Standalone, consumer, engine, gateway, route
from streams import Stream


def test_sigterm_lets_fifty_streams_finish(tmp_path):
    manifests = {"gateway.yaml": gateway(), "engines.yaml": engine("a", "acme/chat") + "---" + engine("b", "acme/chat"),
                 "routes.yaml": route("chat", "a", "b"), "consumers.yaml": consumer()}
    with Standalone(tmp_path, manifests) as penstock:
        engines = penstock.engines()
        streams = [Stream(penstock.url, penstock.key, "acme/chat", tokens=250) for _ in range(50)]
        iterators = [iter(stream) for stream in streams]
        for iterator in iterators:
            next(iterator)
        endings = [None] * 50

        def finish(index):
            events = list(iterators[index])
            endings[index] = (events[-1], len(events))

        readers = [threading.Thread(target=finish, args=(i,)) for i in range(50)]
        for reader in readers:
            reader.start()
        penstock.signal(signal.SIGTERM)
        for reader in readers:
            reader.join()
        assert all(last == "[DONE]" and count > 200 for last, count in endings), endings
        assert penstock.process.wait(20) == 0
        for pid in engines:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
        address = urllib.parse.urlsplit(penstock.url)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address.hostname, address.port), 2)


def test_kill_9_leaves_no_engine_behind(tmp_path):
    manifests = {"gateway.yaml": gateway(), "engines.yaml": engine("a", "acme/chat"), "routes.yaml": route("chat", "a"),
                 "consumers.yaml": consumer()}
    with Standalone(tmp_path, manifests) as penstock:
        (pid,) = penstock.engines()
        penstock.signal(signal.SIGKILL)
        penstock.process.wait(5)

        def gone():
            try:
                return open(f"/proc/{pid}/stat").read().split(") ")[1][0] == "Z"
            except FileNotFoundError:
                return True

        penstock.wait_until(gone, 5, "end of the engine")

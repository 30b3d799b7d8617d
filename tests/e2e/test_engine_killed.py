"""kill -9 of an engine under load: other calls go on, and it comes back without a hand."""
import os
import signal
import threading

from standalone import Standalone, consumer, engine, gateway, route
from streams import Stream


def test_kill_an_engine_under_load(tmp_path):
    manifests = {"gateway.yaml": gateway(),
                 "engines.yaml": engine("a", "acme/chat", "--speedup", "5") + "---" + engine("b", "acme/chat", "--speedup", "5"),
                 "routes.yaml": route("chat", "a", "b"), "consumers.yaml": consumer()}
    with Standalone(tmp_path, manifests) as penstock:
        before = penstock.engines()
        assert len(before) == 2
        outcomes, stop = [], threading.Event()

        def caller():
            while not stop.is_set():
                stream = Stream(penstock.url, penstock.key, "acme/chat", tokens=20)
                events = list(stream) if stream.status == 200 else [stream.body()]
                outcomes.append((stream.status, events[-1] if events else ""))
                stream.close()

        callers = [threading.Thread(target=caller) for _ in range(8)]
        for thread in callers:
            thread.start()
        penstock.wait_until(lambda: len(outcomes) > 40, 20, "calls before the kill")
        victim = next(iter(before))
        os.kill(victim, signal.SIGKILL)
        at_kill = len(outcomes)
        penstock.wait_until(lambda: len(penstock.engines()) == 2 and victim not in penstock.engines(), 20, "new engine")
        penstock.wait_until(lambda: len(outcomes) > at_kill + 100, 20, "calls after the kill")
        stop.set()
        for thread in callers:
            thread.join()
        refused = [o for o in outcomes if o[0] != 200]
        assert not refused, f"a call that had no byte yet is retried elsewhere: {refused[:3]}"
        cut = [o for o in outcomes if o[1] != "[DONE]"]
        assert len(cut) <= 8, "only calls that ran on the dead engine may be cut"
        assert all("error" in last for _, last in cut), f"a cut stream says so: {cut}"

        # The engine that came back takes calls again.
        from standalone import metric
        newcomer = next(port for pid, port in penstock.engines().items() if pid not in before)

        def served_by_newcomer():
            streams = [Stream(penstock.url, penstock.key, "acme/chat", tokens=5) for _ in range(4)]
            for stream in streams:
                list(stream)
                stream.close()
            try:
                return metric(newcomer, "vllm:generation_tokens_total") > 0
            except OSError:
                return False

        penstock.wait_until(served_by_newcomer, 20, "call on the engine that came back")

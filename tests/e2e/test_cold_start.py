"""Calls to a model of which nothing runs: they wait, get the first engine, or are refused in time."""
import threading

import openai
import pytest

from standalone import Standalone, consumer, engine, gateway, route

HELLO = [{"role": "user", "content": "hello"}]


def sleeping(max_wait):
    manifest = engine("chat", "acme/chat", "--speedup", "20").rstrip()
    head, _, _ = manifest.partition("  scaling:")
    return head + "  replicas: 0\n  scaling: {coldStart: {maxWait: " + max_wait + "}}\n"


def test_calls_wait_for_the_first_engine(tmp_path):
    manifests = {"gateway.yaml": gateway(), "engines.yaml": sleeping("30s"), "routes.yaml": route("chat", "chat"),
                 "consumers.yaml": consumer()}
    with Standalone(tmp_path, manifests) as penstock:
        client = openai.OpenAI(base_url=penstock.url + "/v1", api_key=penstock.key, max_retries=0, timeout=30)
        answers = []

        def ask():
            answers.append(client.chat.completions.create(model="acme/chat", messages=HELLO, max_tokens=2))

        callers = [threading.Thread(target=ask) for _ in range(20)]
        for caller in callers:
            caller.start()
        assert not penstock.engines()
        manifest = (penstock.config / "engines.yaml").read_text()
        (penstock.config / "engines.yaml").write_text(manifest.replace("replicas: 0", "replicas: 1"))
        for caller in callers:
            caller.join()
        assert len(answers) == 20
        assert all(answer.choices for answer in answers)


def test_a_wait_in_vain_ends_in_503(tmp_path):
    manifests = {"gateway.yaml": gateway(), "engines.yaml": sleeping("300ms"), "routes.yaml": route("chat", "chat"),
                 "consumers.yaml": consumer()}
    with Standalone(tmp_path, manifests) as penstock:
        client = openai.OpenAI(base_url=penstock.url + "/v1", api_key=penstock.key, max_retries=0)
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(model="acme/chat", messages=HELLO)
        assert caught.value.status_code == 503
        assert caught.value.code == "model_not_started"
        assert caught.value.response.headers["retry-after"] == "1"

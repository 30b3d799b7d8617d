"""The official Python client, unmodified, against the real binary."""
import base64
import struct

import openai
import pytest

from standalone import Standalone, consumer, engine, gateway, route


@pytest.fixture(scope="module")
def penstock(tmp_path_factory):
    manifests = {
        "gateway.yaml": gateway(),
        "engines.yaml": "---".join([
            engine("chat-a", "acme/chat", "--speedup", "20", aliases=["chat"]),
            engine("chat-b", "acme/chat", "--speedup", "20", aliases=["chat"]),
            engine("throttled", "acme/throttled", "--fault-429", "100"),
            engine("broken", "acme/broken", "--fault-500", "100"),
            engine("small", "acme/small", "--max-model-len", "64"),
        ]),
        "routes.yaml": "---".join([route("chat", "chat-a", "chat-b"), route("throttled", "throttled"),
                                   route("broken", "broken"), route("small", "small")]),
        "consumers.yaml": consumer() + "---" + consumer("narrow", "psk-narrow", "  allowedModels: [\"acme/small\"]\n"),
    }
    with Standalone(tmp_path_factory.mktemp("penstock"), manifests) as running:
        yield running


@pytest.fixture
def client(penstock):
    return openai.OpenAI(base_url=penstock.url + "/v1", api_key=penstock.key, max_retries=0)


QUESTION = [{"role": "user", "content": "Why is the sky blue?"}]


def test_chat(client):
    answer = client.chat.completions.create(model="acme/chat", messages=QUESTION, max_tokens=12)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason in ("length", "stop")
    assert answer.usage.completion_tokens <= 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_chat_by_alias(client):
    assert client.chat.completions.create(model="chat", messages=QUESTION, max_tokens=3).choices


def test_chat_streamed(client):
    chunks = list(client.chat.completions.create(model="acme/chat", messages=QUESTION, max_tokens=12, stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in chunks)
    assert chunks[-1].choices[0].finish_reason in ("length", "stop")
    assert all(c.usage is None and c.choices for c in chunks), "nobody asked for a usage chunk"


def test_chat_streamed_with_usage_shows_it_exactly_once(client):
    chunks = list(client.chat.completions.create(model="acme/chat", messages=QUESTION, max_tokens=7, stream=True,
                                                 stream_options={"include_usage": True}))
    with_usage = [c for c in chunks if c.usage]
    assert len(with_usage) == 1 and not with_usage[0].choices
    assert with_usage[0].usage.completion_tokens == 7


def test_completions(client):
    answer = client.completions.create(model="acme/chat", prompt="Once upon a time", max_tokens=5)
    assert answer.choices[0].text and answer.usage.completion_tokens == 5
    pieces = list(client.completions.create(model="acme/chat", prompt="Once", max_tokens=5, stream=True))
    assert "".join(p.choices[0].text for p in pieces if p.choices)


def test_embeddings(client):
    answer = client.embeddings.create(model="acme/chat", input=["one", "two"])  # base64 on the wire by default
    assert len(answer.data) == 2 and len(answer.data[0].embedding) == len(answer.data[1].embedding) > 0
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0
    raw = client.embeddings.create(model="acme/chat", input="one", encoding_format="base64").data[0].embedding
    packed = base64.b64decode(raw)
    assert list(struct.unpack(f"<{len(packed) // 4}f", packed)) == answer.data[0].embedding
    assert client.embeddings.create(model="acme/chat", input=[1, 2, 3]).usage.prompt_tokens == 3


def test_models(client, penstock):
    names = {m.id for m in client.models.list()}
    assert {"acme/chat", "chat", "acme/small"} <= names
    assert client.models.retrieve("acme/chat").id == "acme/chat"
    narrow = openai.OpenAI(base_url=penstock.url + "/v1", api_key="psk-narrow", max_retries=0)
    assert {m.id for m in narrow.models.list()} == {"acme/small"}
    with pytest.raises(openai.NotFoundError):
        narrow.models.retrieve("acme/chat")


def test_azure_form(penstock):
    azure = openai.AzureOpenAI(azure_endpoint=penstock.url, api_key=penstock.key, api_version="2024-10-21", max_retries=0)
    assert azure.chat.completions.create(model="chat", messages=QUESTION, max_tokens=3).choices
    assert azure.embeddings.create(model="chat", input="one").data


def test_wrong_key_is_an_authentication_error(penstock):
    stranger = openai.OpenAI(base_url=penstock.url + "/v1", api_key="psk-wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as caught:
        stranger.models.list()
    assert caught.value.code == "invalid_api_key" and "psk-wrong" not in str(caught.value)


def test_forbidden_model_is_a_permission_error(penstock):
    narrow = openai.OpenAI(base_url=penstock.url + "/v1", api_key="psk-narrow", max_retries=0)
    with pytest.raises(openai.PermissionDeniedError):
        narrow.chat.completions.create(model="acme/chat", messages=QUESTION)


def test_unknown_model_is_a_not_found_error(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="nobody/none", messages=QUESTION)
    assert caught.value.code == "model_not_found" and "nobody/none" in str(caught.value)


def test_bad_requests(client):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="acme/chat", messages=[])
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="acme/small", messages=[{"role": "user", "content": "word " * 500}])
    assert "64" in str(caught.value), "the message says the limit"


def test_throttling_is_a_rate_limit_error_with_a_wait(client):
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="acme/throttled", messages=QUESTION)
    assert float(caught.value.response.headers["retry-after"]) >= 0


def test_broken_upstream_is_an_internal_server_error(client):
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="acme/broken", messages=QUESTION)
    assert caught.value.status_code >= 500

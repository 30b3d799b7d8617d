"""Manifests change under a running gateway: good ones at once, bad ones with file and line, streams unharmed."""
import openai

from standalone import Standalone, consumer, engine, gateway, route
from streams import Stream

HELLO = [{"role": "user", "content": "hello"}]


def names(penstock):
    return {m.id for m in openai.OpenAI(base_url=penstock.url + "/v1", api_key=penstock.key, max_retries=0).models.list()}


def test_reload(tmp_path):
    manifests = {"gateway.yaml": gateway(), "engines.yaml": engine("chat", "acme/chat"),
                 "routes.yaml": route("chat", "chat"), "consumers.yaml": consumer()}
    with Standalone(tmp_path, manifests) as penstock:
        stream = Stream(penstock.url, penstock.key, "acme/chat", tokens=400)
        events = iter(stream)
        next(events)

        # A wrong manifest is named with file and line; its last good version and all the rest go on.
        good = (penstock.config / "routes.yaml").read_text()
        (penstock.config / "routes.yaml").write_text(good.replace("  tiers:", "  tears:"))
        penstock.wait_for_log(r"routes\.yaml:\d+.*tears")
        assert names(penstock) == {"acme/chat"}

        # A file that is no YAML at all does not take the others down either.
        (penstock.config / "broken.yaml").write_text("kind: [unclosed\n")
        penstock.wait_for_log(r"broken\.yaml:\d+")
        assert names(penstock) == {"acme/chat"}
        (penstock.config / "broken.yaml").unlink()

        # The repaired file and a second model take effect without a restart.
        (penstock.config / "routes.yaml").write_text(good)
        (penstock.config / "more.yaml").write_text(engine("second", "acme/second", "--speedup", "20") + "---" + route("second", "second"))
        penstock.wait_until(lambda: "acme/second" in names(penstock), 10, "second model")
        client = openai.OpenAI(base_url=penstock.url + "/v1", api_key=penstock.key, max_retries=0)
        # Its engine may still be starting: the first call waits for it.
        assert client.chat.completions.create(model="acme/second", messages=HELLO, max_tokens=2).choices
        penstock.wait_until(lambda: len(penstock.engines()) == 2, 10, "second engine")

        # A revoked key is refused within a second, and the stream from before all this ends well.
        (penstock.config / "consumers.yaml").write_text(consumer("other", "psk-other"))

        def refused():
            try:
                client.models.list()
            except openai.AuthenticationError:
                return True

        penstock.wait_until(refused, 2, "refusal of the revoked key")
        assert list(events)[-1] == "[DONE]"

        # A deleted manifest takes its model and its engine away.
        (penstock.config / "more.yaml").unlink()
        penstock.wait_until(lambda: len(penstock.engines()) == 1, 15, "end of the second engine")

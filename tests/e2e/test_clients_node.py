"""The official Node client (client.mjs), unmodified, against the real binary."""
import json
import os
import pathlib
import subprocess

from standalone import Standalone, consumer, engine, gateway, route

HERE = pathlib.Path(__file__).resolve().parent


def test_node_client(tmp_path):
    manifests = {
        "gateway.yaml": gateway(),
        "engines.yaml": "---".join([engine("chat", "acme/chat", "--speedup", "20"),
                                    engine("throttled", "acme/throttled", "--fault-429", "100"),
                                    engine("broken", "acme/broken", "--fault-500", "100")]),
        "routes.yaml": "---".join([route(n, n) for n in ("chat", "throttled", "broken")]),
        "consumers.yaml": consumer(),
    }
    with Standalone(tmp_path, manifests) as penstock:
        done = subprocess.run(["node", str(HERE / "client.mjs")], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "URL_BASE": penstock.url, "KEY": penstock.key,
                                   "CLIENT_MODULES": str(HERE.parents[1] / "build/tools/node")})
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)
    assert seen["chat"]["text"] and seen["chat"]["tokens"] == 6
    assert seen["streamed"]["text"] and seen["streamed"]["usage"] == 1
    assert seen["completion"] is True
    assert len(seen["embeddings"]) == 2 and seen["embeddings"][0] == seen["embeddings"][1] > 0
    assert "acme/chat" in seen["models"]
    assert seen["errors"] == {"401": "AuthenticationError", "404": "NotFoundError", "400": "BadRequestError",
                              "429": "RateLimitError", "500": "InternalServerError"}

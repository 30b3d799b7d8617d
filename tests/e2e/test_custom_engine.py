"""An engine that is any command: here a few lines of Python, told its port as $(PORT)."""
import openai

from standalone import Standalone, consumer, gateway, route

SERVER = '''
import http.server, json, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(b"{}")

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = os.environ["GREETING"] + " from " + asked["model"]
        self.answer(json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": asked["model"],
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}).encode())

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
'''


def test_any_command_is_an_engine(tmp_path):
    program = tmp_path / "server.py"
    program.write_text(SERVER)
    deployment = f"""
apiVersion: penstock.dev/v1alpha1
kind: ModelDeployment
metadata: {{name: mine, namespace: default}}
spec:
  model: {{name: acme/mine}}
  engine:
    type: Custom
    command: [python3, {program}, $(PORT)]
    healthPath: /anything
    env:
    - {{name: GREETING, value: hello}}
"""
    manifests = {"gateway.yaml": gateway(), "model.yaml": deployment, "route.yaml": route("mine", "mine"), "consumer.yaml": consumer()}
    with Standalone(tmp_path, manifests) as penstock:
        client = openai.OpenAI(base_url=penstock.url + "/v1", api_key=penstock.key, max_retries=0)
        answer = client.chat.completions.create(model="acme/mine", messages=[{"role": "user", "content": "hi"}])
        assert answer.choices[0].message.content == "hello from acme/mine"
        assert answer.usage.total_tokens == 3

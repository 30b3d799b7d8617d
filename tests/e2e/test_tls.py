"""A TLS listener with a certificate from a Secret."""
import ssl
import subprocess

import httpx2
import openai

from standalone import Standalone, consumer, engine, gateway, route


def test_tls_listener(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                    "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")],
                   check=True, capture_output=True)
    indent = lambda name: (tmp_path / name).read_text().replace("\n", "\n    ")
    secret = f"""
apiVersion: v1
kind: Secret
metadata: {{name: front, namespace: default}}
stringData:
  tls.crt: |
    {indent("cert.pem")}
  tls.key: |
    {indent("key.pem")}
"""
    manifests = {"gateway.yaml": gateway("{name: https, port: 8443, protocol: HTTPS, tlsSecretRef: {name: front}}") + "---" + secret,
                 "engines.yaml": engine("chat", "acme/chat", "--speedup", "20"), "routes.yaml": route("chat", "chat"),
                 "consumers.yaml": consumer()}
    with Standalone(tmp_path, manifests) as penstock:
        assert penstock.url.startswith("https://")
        with httpx2.Client(verify=ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))) as transport:
            client = openai.OpenAI(base_url=penstock.url + "/v1", api_key=penstock.key, http_client=transport, max_retries=0)
            chunks = list(client.chat.completions.create(model="acme/chat", stream=True, max_tokens=5,
                                                         messages=[{"role": "user", "content": "hello"}]))
            assert chunks[-1].choices[0].finish_reason

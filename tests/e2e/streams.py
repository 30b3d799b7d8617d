"""Raw HTTP streams over sockets, to see exactly what is sent and when, and to go away in the middle."""
import json
import socket
import urllib.parse


class Stream:
    """One streamed chat call. Iterating gives the data of each SSE event as it comes."""

    def __init__(self, url, key, model, tokens, timeout=60, prompt="Tell me a long story."):
        address = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout)
        body = json.dumps({"model": model, "stream": True, "max_tokens": tokens, "ignore_eos": True,
                           "messages": [{"role": "user", "content": prompt}]}).encode()
        self.socket.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: penstock\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nAuthorization: Bearer " + key.encode() +
            b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while (line := self.file.readline().strip()):
            name, _, value = line.decode().partition(":")
            self.headers[name.lower()] = value.strip()

    def __iter__(self):
        for line in self.file:  # chunk sizes and blank lines between events are passed over
            if line.startswith(b"data: "):
                yield line[6:].strip().decode()

    def body(self):
        return self.file.read().decode(errors="replace")

    def close(self):
        self.file.close()
        self.socket.close()

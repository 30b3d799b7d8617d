"""Sends calls at their times to an OpenAI-compatible address, streamed, and notes when tokens came.

Plain sockets in one event loop: a call costs it a few copies per event, so that two cores do for client, gateway and engines.
"""
import asyncio
import collections
import dataclasses
import gc
import re
import time
import urllib.parse

import calls as load

USAGE = re.compile(rb'"prompt_tokens":(\d+).*?"completion_tokens":(\d+).*?"cached_tokens":(\d+)', re.DOTALL)
TAIL = 2048  # bytes of an answer's end that are kept: its usage is among them


@dataclasses.dataclass
class Answer:
    due: float
    sent: float = 0.0
    first: float = 0.0
    ended: float = 0.0
    status: int = 0
    usage: tuple = ()  # prompt, completion, cached tokens


class Connection(asyncio.Protocol):
    def __init__(self, idle):
        self.idle = idle
        self.done = None

    def connection_made(self, transport):
        self.transport = transport

    def ask(self, request, answer):
        self.answer, self.head, self.tail = answer, b"", b""
        self.done = asyncio.get_running_loop().create_future()
        answer.sent = time.monotonic()
        self.transport.write(request)
        return self.done

    def data_received(self, data):
        answer = self.answer
        if not answer.first:
            self.head += data
            if b"data: " in self.head:
                answer.first = time.monotonic()
                answer.status = int(self.head[9:12])
            elif b"\r\n" in self.head and self.head[9:12] != b"200":
                answer.status = int(self.head[9:12])
                self.transport.abort()
                return
        self.tail = (self.tail + data)[-TAIL:]
        if self.tail.endswith(b"\r\n0\r\n\r\n"):
            answer.ended = time.monotonic()
            if found := USAGE.search(self.tail):
                answer.usage = tuple(int(x) for x in found.groups())
            self.idle.append(self)
            self.done.set_result(None)

    def connection_lost(self, _):
        if self in self.idle:
            self.idle.remove(self)
        if self.done is not None and not self.done.done():
            self.done.set_result(None)


class Client:
    def __init__(self, url, key, model):
        address = urllib.parse.urlsplit(url)
        self.host, self.port = address.hostname, address.port
        self.head = (f"POST /v1/completions HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {key}\r\n"
                     "Content-Type: application/json\r\nContent-Length: ")
        self.model = model
        self.idle = collections.deque()

    def request(self, call, name):
        # The answer's length is exact: max_tokens, and no end before it.
        body = (f'{{"model":"{self.model}","stream":true,"stream_options":{{"include_usage":true}},"ignore_eos":true,'
                f'"max_tokens":{call.output},"prompt":"').encode() + load.prompt_text(call, name) + b'"}'
        return f"{self.head}{len(body)}\r\n\r\n".encode() + body

    async def send(self, request, answer):
        if self.idle:
            connection = self.idle.pop()
        else:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(self.idle), self.host, self.port)
        await connection.ask(request, answer)

    async def replay(self, calls, speedup, name=""):
        """Answers in the order of the calls. Prompts are made before the first call is due."""
        requests = [self.request(call, f"{name}{i}") for i, call in enumerate(calls)]
        gc.freeze()  # a collection over all of them would stop the client for longer than a tick
        begin = time.monotonic() + 0.2
        answers = [Answer(begin + call.at / speedup) for call in calls]

        async def one(i):
            await asyncio.sleep(answers[i].due - time.monotonic())
            await self.send(requests[i], answers[i])

        await asyncio.gather(*(one(i) for i in range(len(calls))))
        gc.unfreeze()
        return begin, answers

    async def one_by_one(self, calls, name):
        answers = []
        for i, call in enumerate(calls):
            answers.append(Answer(0))
            await self.send(self.request(call, f"{name}{i}"), answers[-1])
        return answers

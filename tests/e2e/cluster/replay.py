"""replay.py URL KEY TRACE CALM SPEED MODEL...: the calls of a trace (data/README.md) at their times: the first CALM seconds as they were, the rest
SPEED times as fast. Models take turns. Every 25th call is a stream of the official client; the others are bare HTTP, as they must not be late on
a busy machine. Then what became of the calls, as JSON: "step" is when each model got its first call of the fast part, by the machine's clock; an
answer counts as whole with as many tokens as the trace says."""
import asyncio
import csv
import datetime
import http.client
import io
import json
import sys
import time
import urllib.parse

import openai

STREAMED = 25


def read(trace, calm, speed):
    """(when, prompt tokens, answer tokens, of the fast part?)"""
    with open(trace, newline="", encoding="utf-8") as file:
        rows = [(datetime.datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp(), int(row["ContextTokens"]), int(row["GeneratedTokens"]))
                for row in csv.DictReader(file)]
    for at, prompt, answer in rows:
        at -= rows[0][0]
        yield at if at < calm else calm + (at - calm) / speed, prompt, answer, at >= calm


def question(number, tokens):
    return [{"role": "user", "content": f"{number}:" + " sky" * max(tokens - 10, 1)}]


async def bare(url, key, options):
    """(tokens, finish reason) of a call without a stream."""
    body = json.dumps(options)
    where = urllib.parse.urlparse(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(f"POST /v1/chat/completions HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n"
                 f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    text = await reader.read(-1)
    writer.close()
    answer = http.client.HTTPResponse(Heard(text))
    answer.begin()
    told = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} {told[:200]}")
    told = json.loads(told)
    return told["usage"]["completion_tokens"], told["choices"][0]["finish_reason"]


class Heard(io.BytesIO):
    """What came from a connection, in the place of its socket."""

    def makefile(self, _):
        return self


async def streamed(client, options):
    got = finish = None
    extra = {"ignore_eos": options.pop("ignore_eos")}
    async for chunk in await client.chat.completions.create(**options, extra_body=extra, stream=True, stream_options={"include_usage": True}):
        finish = chunk.choices[0].finish_reason if chunk.choices else finish
        got = chunk.usage.completion_tokens if chunk.usage else got
    return got, finish


async def replay(url, key, calls, models):
    client = openai.AsyncOpenAI(base_url=url + "/v1", api_key=key, max_retries=0, timeout=90)
    out = {"calls": dict.fromkeys(models, 0), "whole": dict.fromkeys(models, 0), "bad": [], "began": {}, "step": {}, "late": 0.0}

    async def one(model, number, prompt, answer):
        options = {"model": model, "messages": question(number, prompt), "max_tokens": answer, "ignore_eos": True}
        try:
            async with asyncio.timeout(90):
                told = await (streamed(client, options) if number % STREAMED == 0 else bare(url, key, options))
            if told != (answer, "length"):
                raise RuntimeError(f"{told}, wanted {answer} tokens")
            out["whole"][model] += 1
        except Exception as error:  # noqa: BLE001: each kind of failure is a result here
            out["bad"].append(f"{model} {number}: {type(error).__name__}: {error}"[:300])

    async with asyncio.TaskGroup() as group:
        begin = time.monotonic()
        for number, (at, prompt, answer, fast) in enumerate(calls):
            await asyncio.sleep(max(0.0, begin + at - time.monotonic()))
            out["late"] = max(out["late"], time.monotonic() - begin - at)
            model = models[number % len(models)]
            out["calls"][model] += 1
            out["began"].setdefault(model, time.time())
            if fast:
                out["step"].setdefault(model, time.time())
            group.create_task(one(model, number, prompt, answer))
    out["seconds"] = time.monotonic() - begin
    print(json.dumps(out))


if __name__ == "__main__":
    asyncio.run(replay(sys.argv[1], sys.argv[2], list(read(sys.argv[3], float(sys.argv[4]), float(sys.argv[5]))), sys.argv[6:]))

"""ask.py URL KEY MODEL: the official client, unmodified, whole and streamed; prints what it got as JSON.

A file of its own because it also runs in a pod's network, where only its arguments reach it.
"""
import json
import sys

import openai

QUESTION = [{"role": "user", "content": "Why is the sky blue?"}]


def ask(url, key, model):
    client = openai.OpenAI(base_url=url + "/v1", api_key=key, max_retries=0, timeout=30)
    whole = client.chat.completions.create(model=model, messages=QUESTION, max_tokens=12)
    chunks = list(client.chat.completions.create(model=model, messages=QUESTION, max_tokens=12, stream=True))
    return {
        "whole": whole.choices[0].message.content,
        "streamed": "".join(chunk.choices[0].delta.content or "" for chunk in chunks),
        "finish": chunks[-1].choices[0].finish_reason,
    }


if __name__ == "__main__":
    print(json.dumps(ask(*sys.argv[1:4])))

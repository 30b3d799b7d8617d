"""Calls of a load in Mooncake's form, and prompts whose tokens at `penstock engine` are exactly the load's."""
import dataclasses
import hashlib
import json
import random

BLOCK = 512  # tokens per content id
LETTERS = bytes(b"abcdefghijklmnopqrstuvwxyz"[i % 26] for i in range(256))


@dataclasses.dataclass
class Call:
    at: float  # seconds since the beginning
    prompt: int
    output: int
    blocks: list  # empty: nobody shares this prompt


def read(path):
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return [Call(x["timestamp"] / 1000, x["input_length"], x["output_length"], x.get("hash_ids", [])) for x in lines]


def write(path, calls):
    with open(path, "w", encoding="utf-8") as file:
        for call in sorted(calls, key=lambda c: c.at):
            line = {"timestamp": round(call.at * 1000, 6), "input_length": call.prompt, "output_length": call.output}
            if call.blocks:
                line["hash_ids"] = call.blocks
            file.write(json.dumps(line) + "\n")


def block_text(content):
    """512 words of a space and three letters: one token and four bytes each, as English has."""
    letters = hashlib.shake_128(str(content).encode()).digest(3 * BLOCK).translate(LETTERS)
    text = bytearray(4 * BLOCK)
    text[0::4] = b" " * BLOCK
    for i in range(3):
        text[i + 1::4] = letters[i::3]
    return bytes(text)


def prompt_text(call, name):
    """`name` makes a prompt without block ids its own."""
    ids = call.blocks or [f"{name}/{i}" for i in range(-(-call.prompt // BLOCK))]
    return b"".join(block_text(i) for i in ids)[:4 * call.prompt]


def conversations(seconds, per_second, seed):
    """Chats of several turns: each begins with one of a few instructions, and repeats what was said before."""
    chance = random.Random(seed)
    fresh = iter(range(1_000, 10_000_000))
    instructions = [[next(fresh) for _ in range(size)] for size in (2, 4, 6, 8)]
    calls, begin = [], 0.0
    while (begin := begin + chance.expovariate(per_second / 4)) < seconds:
        at, blocks = begin, list(chance.choice(instructions))
        for _ in range(chance.randint(1, 7)):
            blocks += [next(fresh) for _ in range(chance.randint(1, 8))]
            prompt = len(blocks) * BLOCK - chance.randrange(BLOCK)
            output = chance.randint(20, 180)
            calls.append(Call(at, prompt, output, list(blocks)))
            at += chance.uniform(10, 40)  # until the next turn
    return sorted((c for c in calls if c.at < seconds), key=lambda c: c.at)


def shaken(calls, seed, most=0.01):
    """The same calls, each a little later: what is different then is chance, not the simulator's fault."""
    chance = random.Random(seed)
    return sorted((dataclasses.replace(c, at=c.at + chance.uniform(0, most)) for c in calls), key=lambda c: c.at)

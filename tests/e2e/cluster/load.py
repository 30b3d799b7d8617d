"""load.py URL KEY MODEL SECONDS RETRIES: four of the official client ask without a pause, two of them streamed, until SECONDS are over or
standard input ends; then what became of the calls, as JSON. "started" says whether a failed call had brought a piece of its answer."""
import json
import sys
import threading
import time

import openai

QUESTION = [{"role": "user", "content": "Why is the sky blue?"}]
TOKENS = 40


class Caller(threading.Thread):
    def __init__(self, options, streamed, over):
        super().__init__()
        url, key, self.model, _, retries = options
        self.client = openai.OpenAI(base_url=url + "/v1", api_key=key, max_retries=int(retries), timeout=30)
        self.streamed, self.over = streamed, over
        self.calls, self.failed, self.slowest = 0, [], 0.0

    def run(self):
        while not self.over.is_set():
            begin, self.pieces = time.monotonic(), 0
            self.calls += 1
            try:
                finish = self.stream() if self.streamed else self.whole()
                if finish not in ("stop", "length"):
                    raise RuntimeError(f"finish reason {finish}")
            except Exception as error:  # noqa: BLE001: each kind of failure is a result here
                self.failed.append({"streamed": self.streamed, "started": self.pieces > 0, "error": f"{type(error).__name__}: {error}"[:300]})
                time.sleep(0.05)
            self.slowest = max(self.slowest, time.monotonic() - begin)

    def whole(self):
        return self.client.chat.completions.create(model=self.model, messages=QUESTION, max_tokens=TOKENS).choices[0].finish_reason

    def stream(self):
        finish = None
        for chunk in self.client.chat.completions.create(model=self.model, messages=QUESTION, max_tokens=TOKENS, stream=True):
            self.pieces += 1
            finish = chunk.choices[0].finish_reason if chunk.choices else finish
        return finish


def main():
    over = threading.Event()
    callers = [Caller(sys.argv[1:6], streamed=index % 2 == 1, over=over) for index in range(4)]
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    for caller in callers:
        caller.start()
    print("running", flush=True)
    over.wait(float(sys.argv[4]))
    over.set()
    for caller in callers:
        caller.join()
    print(json.dumps({"calls": sum(caller.calls for caller in callers), "failed": [one for caller in callers for one in caller.failed],
                      "slowest": max(caller.slowest for caller in callers)}))


if __name__ == "__main__":
    main()

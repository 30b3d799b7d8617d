"""One load on a real gateway with real engine processes, and simulated: throughput, hit rate, time to first token.

    python3 tests/bench/fidelity/compare.py LOAD.jsonl --engines 6 --routing LeastLoad --speedup 10

LOAD is in Mooncake's form, as `penstock simulate --emit-load` writes it. All times are the load's: at a speedup the engines run
faster, calls come faster, and what was measured is multiplied. docs/simulate.md has the results.
"""
import argparse
import asyncio
import contextlib
import dataclasses
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "e2e")]
import calls as load  # noqa: E402
import replay  # noqa: E402
import standalone  # noqa: E402

MODEL = "acme/chat"
ROWS = (("calls per second", "{:.3f}"), ("output tokens per second", "{:.1f}"), ("prefix-cache hit rate", "{:.4f}"),
        ("TTFT p50, s", "{:.3f}"), ("TTFT p95, s", "{:.3f}"))


@dataclasses.dataclass
class Fleet:
    engines: int
    routing: str = "LeastLoad"
    model: str = "llama-3.1-70b"
    accelerator: str = "h100"
    threads: int = 1  # of the gateway

    @property
    def perf(self):
        return self.model.replace("llama-", "llama") + "/" + self.accelerator


def quantile(values, share):
    return sorted(values)[int(share * (len(values) - 1))]


def simulate(folder, calls, fleet, overhead=0.0):
    """The five figures of ROWS."""
    path = pathlib.Path(folder) / "offered.jsonl"
    load.write(path, calls)
    document = json.loads(subprocess.check_output(
        [standalone.PENSTOCK, "simulate", "--trace", path, "--form", "mooncake", "--jitter", "0s", "--bounded-answers",
         "--model", fleet.model, "--accelerator", fleet.accelerator, "--routing", fleet.routing,
         "--gateway-cores", str(fleet.threads),
         "--policy", f"static={fleet.engines}", "--overhead", f"{overhead * 1e6:.0f}us", "-o", "json"]))
    outcome = document["policies"][0]
    assert outcome["served"] == len(calls), f"{outcome['refused']} calls were refused by the simulator"
    return (outcome["callsPerSecond"], outcome["outputTokensPerSecond"], outcome["cachedShare"],
            outcome["ttftSeconds"]["p50"], outcome["ttftSeconds"]["p95"])


class Running:
    """Gateway and engines of a fleet."""

    def __init__(self, folder, fleet, speedup):
        route = standalone.route("chat", "chat") + f"  balancing: {{algorithm: {fleet.routing}}}\n"
        engine = standalone.engine("chat", MODEL, "--perf-model", fleet.perf, "--speedup", str(speedup),
                                   replicas=fleet.engines)
        self.gateway = standalone.Standalone(
            folder, {"gateway.yaml": standalone.gateway(), "engines.yaml": engine, "routes.yaml": route,
                     "consumers.yaml": standalone.consumer()}, ["--threads", str(fleet.threads)])
        self.client = replay.Client(self.gateway.url, self.gateway.key, MODEL)
        self.fleet = fleet

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.gateway.stop()

    async def warm_up(self):
        """Until every engine has answered; then the caches are emptied."""
        short = [load.Call(0, 16, 1, [])]

        def answered():
            return [standalone.metric(port, "vllm:request_success_total") for port in self.gateway.engines().values()]

        for i in range(200):
            counts = answered()
            if len(counts) == self.fleet.engines and all(counts):
                break
            await self.client.one_by_one(short, f"warm{i}/")
        else:
            raise AssertionError(f"the engines answered {answered()} calls:\n{self.gateway.log()}")
        for port in self.gateway.engines().values():
            urllib.request.urlopen(f"http://127.0.0.1:{port}/reset_prefix_cache", data=b"", timeout=5).read()


async def measure(running, calls, speedup):
    """The five figures, what HTTP and tokenisation add to a call that is alone, and how late the client was."""
    await running.warm_up()
    begin, answers = await running.client.replay(calls, speedup)
    for call, answer in zip(calls, answers):
        assert answer.status == 200 and answer.usage, f"{call.prompt} + {call.output} tokens: {answer}"
        assert answer.usage[:2] == (call.prompt, call.output), f"{call.prompt} + {call.output} tokens: {answer}"
    last = answers[-1].sent
    seconds = (last - begin) * speedup
    within = [a for a in answers if a.ended <= last]
    ttft = [(a.first - a.sent) * speedup for a in answers]
    figures = (len(within) / seconds, sum(a.usage[1] for a in within) / seconds,
               sum(a.usage[2] for a in answers) / sum(a.usage[0] for a in answers), quantile(ttft, 0.5), quantile(ttft, 0.95))
    alone = [load.Call(0, quantile([c.prompt for c in calls], 0.5), 2, []) for _ in range(12)]
    idle = await running.client.one_by_one(alone, "alone/")
    late = quantile([(a.sent - a.due) * speedup for a in answers], 0.95)
    return figures, statistics.median((a.first - a.sent) * speedup for a in idle), late


@dataclasses.dataclass
class Result:
    real: tuple
    simulated: tuple  # per figure: (least, median, most)
    overhead: float
    late: float
    client_cpu: float  # seconds

    def difference(self, i):
        return self.simulated[i][1] / self.real[i] - 1

    def table(self):
        lines = ["| | real | simulated | difference | simulated, range |", "| --- | --- | --- | --- | --- |"]
        for i, (name, form) in enumerate(ROWS):
            least, median, most = (form.format(x) for x in self.simulated[i])
            lines.append(f"| {name} | {form.format(self.real[i])} | {median} | {self.difference(i):+.1%} | {least}–{most} |")
        return "\n".join(lines)

    def worst(self):
        return max(abs(self.difference(i)) for i in range(len(ROWS)))

    def wrong(self, bound):
        """Figures that differ by more than `bound`, and by more than chance: none of the shaken simulations was as far off."""
        return [ROWS[i][0] for i, (least, _, most) in enumerate(self.simulated)
                if abs(self.difference(i)) > bound and not least <= self.real[i] <= most]

    def disturbed(self):
        """This machine was too busy for the speedup: client and gateway added a good part of the usual time themselves."""
        return max(self.late, self.overhead) > 0.2 * self.simulated[3][1]

    def conditions(self):
        return (f"overhead of a call that is alone: {self.overhead * 1000:.1f} ms; client: 95 % of calls sent within "
                f"{self.late * 1000:.1f} ms of their time, {self.client_cpu:.0f} s of CPU"
                + ("; this machine was too busy: take a lower --speedup" if self.disturbed() else ""))


@contextlib.contextmanager
def before_other_work():
    """Time is measured: builds that share the machine should not be part of it. Where that is not permitted, they are."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, min(usual, -5))
    except PermissionError:
        pass
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, usual)


def compare(calls, fleet, speedup, simulations=9):
    """The simulator's answer is the median over the same calls, each time up to 10 ms later, and the range what chance does."""
    with tempfile.TemporaryDirectory(prefix="penstock-fidelity-") as folder:
        with before_other_work(), Running(folder, fleet, speedup) as running:
            real, alone, late = asyncio.run(measure(running, calls, speedup))
            usage = resource.getrusage(resource.RUSAGE_SELF)
        prompt = quantile([c.prompt for c in calls], 0.5)
        idle = [load.Call(60.0 * i, prompt, 2, []) for i in range(12)]
        overhead = max(0.0, alone - simulate(folder, idle, dataclasses.replace(fleet, engines=1))[3])
        runs = [simulate(folder, load.shaken(calls, seed), fleet, overhead) for seed in range(simulations)]
    ranges = tuple((min(v), statistics.median(v), max(v)) for v in zip(*runs))
    return Result(real, ranges, overhead, late, usage.ru_utime + usage.ru_stime)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("load", help='a file, or "conversations": ten minutes of generated ones')
    parser.add_argument("--engines", type=int, default=6)
    parser.add_argument("--routing", default="LeastLoad")
    parser.add_argument("--model", default="llama-3.1-70b")
    parser.add_argument("--accelerator", default="h100")
    parser.add_argument("--threads", type=int, default=1, help="of the gateway")
    parser.add_argument("--speedup", type=float, default=1)
    parser.add_argument("--simulations", type=int, default=40, help="of the same calls, each up to 10 ms later")
    parser.add_argument("--bound", type=float, default=0.1, help="largest difference allowed, as a share")
    given = parser.parse_args()
    calls = load.conversations(600, 4, seed=1) if given.load == "conversations" else load.read(given.load)
    fleet = Fleet(given.engines, given.routing, given.model, given.accelerator, given.threads)
    print(f"{len(calls)} calls in {calls[-1].at:.0f} s, {fleet.engines} x {fleet.perf}, {fleet.routing}, "
          f"{fleet.threads} gateway core{'s' * (fleet.threads > 1)}, speedup {given.speedup:g}", flush=True)
    result = compare(calls, fleet, given.speedup, given.simulations)
    print(result.table())
    print(result.conditions() + "\n", flush=True)
    if wrong := result.wrong(given.bound):
        sys.exit(f"differs by more than {given.bound:.0%} and by more than chance: {', '.join(wrong)}")


if __name__ == "__main__":
    main()

"""The results of run.sh (JSON of `penstock simulate`) as the page docs/benchmarks-autoscaling.md."""
import json
import pathlib
import sys

INTRO = """# Benchmarks: autoscaling

    PENSTOCK_TRACES=FOLDER ./hack/dev.sh bench autoscaling

Days of real traffic, drawn from ServeGen's client statistics (docs/simulate.md), on `penstock simulate`: the production picker
(least load), the production scaling rule and the engine model on virtual time. All policies get the same calls, the same
engines, 180 s cold start unless said otherwise, one to 64 replicas, 12 at midnight. Penstock has one set of constants for all
of it; the baselines were swept around their best targets. They follow their sources, default behaviour included.

- **Chat day**: m_large, day 9, 12 % of its users, 2.0 M calls; Llama-3.1-70B on 4 A100 each. Served well: first token within
  1 s + 2 x prefill, then 100 ms per token.
- **Reasoning day**: deepseek_r1, all of it, 1.4 M calls; Llama-3.1-70B on 4 H100 each. Served well: first token within 2 s +
  2 x prefill, then 100 ms per token.

Served well is a share of all calls offered. GPU-hours run from a pod's creation, cold start and draining included.
`clairvoyant` is a fluid plan with the whole day in hand: a reference, not a policy. It reckons with 48 sequences per engine: about right
on the chat day, far too careful on the reasoning day, where it is no reference.
"""

OUTRO = """## How to read this

Engine times are right within 10 to 25 %, so absolute hours carry that error; what is compared are policies on the same
engines. The days are drawn, not replayed: one seed is one draw. Baselines see a scrape every 15 s, Penstock's rule engine
metrics every 5 s and the gateway's counts every second, as in production. No policy knows an answer's length beforehand.

Queue lengths are a poor signal: a queue forms only when it is too late, and what waits in one engine cannot move to new ones, so
the mean stays high until all bounds are reached, and then nothing is left of it.

With cold starts of 600 s what is ordered comes after the rise; Penstock learns how much a load grows within one start and orders
ahead. The generic autoscalers need another target for each length of start: a KV target of 0.6 serves all calls well with starts of
30 s, and two of three with 600 s. With starts of 30 s a well chosen KV target serves the reasoning day for a tenth fewer hours than Penstock, whose
rule keeps more room in the KV cache than such quick starts need.

Targets of generic autoscalers do not carry over: a target that is right for one of the two loads serves the other badly or
costs far more, and the best one is known only after the sweep. Below its best target a generic autoscaler falls off a cliff on
the reasoning day: with a full KV cache engines preempt, recompute and fall further behind.
"""


def load(folder: pathlib.Path, name: str) -> list[dict]:
    rows = []
    for part in ("penstock", "baselines"):
        path = folder / f"{name}-{part}.json"
        if path.is_file():
            rows += json.loads(path.read_text())["policies"]
    return rows


def percent(share: float) -> str:
    return f"{share * 100:.2f}"


def time(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def table(rows: list[dict]) -> list[str]:
    out = ["| policy | served well % | by tokens % | GPU-hours | mean replicas | most | TTFT p50 | p95 | p99 | TPOT p95 |",
           "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for r in rows:
        bold = "**" if r["policy"].startswith("penstock") else ""
        t = r["ttftSeconds"]
        out.append(f"| {bold}`{r['policy']}`{bold} | {bold}{percent(r['attainment'])}{bold} | {percent(r['tokenAttainment'])} | "
                   f"{bold}{r['gpuHours']:,.0f}{bold} | {r['meanReplicas']:.2f} | {r['mostReplicas']} | {time(t['p50'])} | "
                   f"{time(t['p95'])} | {time(t['p99'])} | {time(r['tpotSeconds']['p95'])} |")
    return out


def generic(rows: list[dict]) -> list[dict]:
    return [r for r in rows if not r["policy"].startswith(("penstock", "clairvoyant", "static"))]


def cheapest(rows: list[dict], attainment: float) -> dict | None:
    fitting = [r for r in rows if r["attainment"] >= attainment]
    return min(fitting, key=lambda r: r["gpuHours"], default=None)


def cell(row: dict | None, own: dict) -> str:
    if row is None:
        return "none in the sweep"
    return f"`{row['policy']}`: {percent(row['attainment'])} %, {row['gpuHours']:,.0f} ({(own['gpuHours'] / row['gpuHours'] - 1) * 100:+.0f} %)"


def summary(days: list[tuple[str, list[dict], float]]) -> list[str]:
    out = ["## Summary", "", "In brackets: Penstock's hours against that row.", "",
           "| day | Penstock | cheapest generic autoscaler with the goal | with Penstock's attainment | static with the goal |",
           "| --- | --- | --- | --- | --- |"]
    for name, rows, goal in days:
        own = next((r for r in rows if r["policy"].startswith("penstock")), None)
        if own is None:
            continue
        static = cheapest([r for r in rows if r["policy"].startswith("static")], goal)
        out.append(f"| {name}, goal {goal * 100:.0f} % | {percent(own['attainment'])} %, {own['gpuHours']:,.0f} | "
                   f"{cell(cheapest(generic(rows), goal), own)} | {cell(cheapest(generic(rows), own['attainment']), own)} | "
                   f"{cell(static, own)} |")
    return out + [""]


def section(title: str, parts: list[tuple[str, list[dict]]]) -> list[str]:
    out = [f"## {title}", ""]
    for name, rows in parts:
        if rows:
            out += ([f"**{name}**", ""] if name else []) + table(rows) + [""]
    return out


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    chat, reason = load(folder, "chat-9"), load(folder, "reason")
    lines = [INTRO]
    lines += summary([("chat", chat, 0.97), ("reasoning", reason, 0.98)] +
                     [(f"{day}, cold start {cold}", load(folder, f"{name}-{cold}"), goal)
                      for cold in ("30s", "600s") for day, name, goal in (("chat", "chat-9", 0.97), ("reasoning", "reason", 0.98))])
    lines += section("Chat day", [("", chat)])
    lines += section("Reasoning day", [("", reason)])
    lines += section("Cold starts", [(f"{day} day, {cold}", load(folder, f"{name}-{cold}"))
                                     for day, name in (("Chat", "chat-9"), ("Reasoning", "reason")) for cold in ("30s", "600s")])
    lines += section("Other days of the chat trace", [(f"Day {day}", load(folder, f"chat-{day}")) for day in (0, 10, 12)])
    lines += section("Other draws of the same days, Penstock", [(f"{day} day, seed {seed}", load(folder, f"{name}-seed-{seed}"))
                                                                for day, name in (("Chat", "chat-9"), ("Reasoning", "reason"))
                                                                for seed in (2, 3)])
    lines.append(OUTRO)
    print("\n".join(lines).rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main())

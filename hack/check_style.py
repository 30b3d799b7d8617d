#!/usr/bin/env python3
"""Rules that no compiler checks: file sizes, header openings, coroutine shapes, clocks, leftovers, attic names."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CEILINGS = [("tests/", ".cpp", 600), ("", ".cpp", 400), ("", ".h", 200)]
ATTIC = re.compile(r"(^|_)(utils?|helpers?|common|misc)(_|\.|$)")
REAL_CLOCK = re.compile(r"(steady_clock|system_clock|high_resolution_clock)::now\(")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(")
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
AWAIT_IN_CONDITION = re.compile(r"\b(if|switch)\s*\((?![^;)]*;)[^{]*co_await")
# Shells that own a real clock; everything else takes time as an argument. Integration tests measure real time.
CLOCK_OWNERS = ("src/base/clock.cpp", "tests/bench/", "tests/support/", "tests/integration/")
SLEEPERS = ("src/base/", "tests/bench/", "tests/support/")


def check(name: str, text: str) -> list[str]:
    errors = []
    path = pathlib.PurePath(name)
    generated = "generated" in path.parts or "Do not edit" in text[:400]
    lines = text.splitlines()
    if ATTIC.search(path.name):
        errors.append(f"{name}: name it by what it decides or holds, not as an attic")
    if not generated:
        limit = next(n for prefix, suffix, n in CEILINGS if name.startswith(prefix) and name.endswith(suffix))
        if len(lines) > limit:
            errors.append(f"{name}: {len(lines)} lines, over the ceiling of {limit}; does it still have one idea?")
    if name.endswith(".h"):
        if "#pragma once" not in text:
            errors.append(f"{name}: no #pragma once")
        if not generated and not name.startswith("tests/") and not re.search(r"#pragma once\n//", text):
            errors.append(f"{name}: a header opens with what it knows and must not know (a // comment after #pragma once)")
    for number, line in enumerate(lines, 1):
        code = line.split("//")[0]
        if LEFTOVER.search(line):
            errors.append(f"{name}:{number}: {LEFTOVER.search(line)[0]} left in the tree; do it or open an issue")
        if REAL_CLOCK.search(code) and not name.startswith(CLOCK_OWNERS):
            errors.append(f"{name}:{number}: a real clock; take now or a Clock as an argument (base/clock.h)")
        if SLEEP.search(code) and not name.startswith(SLEEPERS):
            errors.append(f"{name}:{number}: a sleep; wait for the event itself")
        if AWAIT_IN_CONDITION.search(code):
            errors.append(f"{name}:{number}: co_await in a condition; await into a named value first (docs/adr/0001)")
    return errors


def main() -> int:
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", "*.h", "*.cpp"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split()
    errors = []
    for name in names:
        if (ROOT / name).is_file():
            errors += check(name, (ROOT / name).read_text())
    print("\n".join(errors) or f"{len(names)} files keep to the style rules")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())

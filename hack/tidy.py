#!/usr/bin/env python3
"""clang-tidy over the project's sources; a file whose inputs have not changed since it was clean is skipped.

The key of a clean run is the hash of .clang-tidy, the compile command and every project file that the
translation unit includes (as ninja recorded them), so a changed header rechecks just those who see it.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "penstock/tidy"


def recorded_includes() -> dict[str, list[str]]:
    """object file -> the project's own files that it was compiled from."""
    out = subprocess.run(["ninja", "-C", str(BUILD), "-t", "deps"], check=True, capture_output=True, text=True).stdout
    deps: dict[str, list[str]] = {}
    current: list[str] = []
    for line in out.splitlines():
        if line.startswith("    "):
            path = os.path.normpath(BUILD / line.strip())
            if path.startswith(str(ROOT) + "/"):
                current.append(path)
        elif ":" in line:
            current = deps.setdefault(line.split(":")[0], [])
    return deps


def key_of(entry: dict, includes: list[str], digests: dict[str, bytes]) -> str:
    total = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    total.update(entry["command"].replace(str(ROOT), "").encode())
    for path in sorted({*includes, entry["file"]}):
        if path not in digests:
            digests[path] = hashlib.sha256(pathlib.Path(path).read_bytes()).digest() if os.path.exists(path) else b""
        total.update(path.replace(str(ROOT), "").encode() + digests[path])
    return total.hexdigest()


def run(entry: dict, key: str) -> tuple[str, str]:
    done = subprocess.run(["clang-tidy-19", "-p", str(BUILD), "--quiet", entry["file"]], capture_output=True, text=True)
    if done.returncode == 0:
        (CACHE / key).touch()
        return entry["file"], ""
    return entry["file"], done.stdout + (done.stderr if not done.stdout.strip() else "")


def main() -> int:
    wanted = {str(pathlib.Path(f).resolve()) for f in sys.argv[1:]}
    CACHE.mkdir(parents=True, exist_ok=True)
    deps, digests, work, total = recorded_includes(), {}, [], 0
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        name = os.path.relpath(entry["file"], ROOT)
        # Tests are held to the warnings and the sanitizers; generated code is what its generator writes.
        if "/generated/" in name or not name.startswith(("src/", "controller/")) or (wanted and entry["file"] not in wanted):
            continue
        total += 1
        key = key_of(entry, deps.get(entry.get("output", ""), []), digests)
        if wanted or not (CACHE / key).exists():
            work.append((entry, key))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("PENSTOCK_JOBS", os.cpu_count() or 2))) as pool:
        for name, text in pool.map(lambda pair: run(*pair), work):
            if text:
                failed += 1
                print(text)
    print(f"clang-tidy: {total} files, {total - len(work)} unchanged since they were clean, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

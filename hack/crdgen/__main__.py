"""crds/*.yaml to C++ types, offline validation and docs/reference/api.md.

    python3 hack/crdgen            writes the files
    python3 hack/crdgen --check    writes nothing; exit status 1 and a list when a file differs

Needs python3-yaml and clang-format-19 and no network.
"""
import argparse
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import cpp_schema  # noqa: E402
import cpp_types  # noqa: E402
import docs  # noqa: E402
import model  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
GENERATED = Path("src/crd/generated")


def formatted(path, text):
    if path.suffix not in (".h", ".cpp"):
        return text
    done = subprocess.run(["clang-format-19", f"--assume-filename={ROOT / path}"], input=text, capture_output=True,
                          text=True, check=True)
    return done.stdout


def outputs(kinds):
    out = {}
    for kind in kinds:
        out[GENERATED / f"{kind.snake}.h"] = cpp_types.header(kind)
        out[GENERATED / f"{kind.snake}.cpp"] = cpp_types.source(kind)
        out[GENERATED / f"{kind.snake}_schema.cpp"] = cpp_schema.source(kind)
    out[Path("docs/reference/api.md")] = docs.page(kinds)
    out[GENERATED / "schemas.h"] = cpp_schema.registry_header(kinds)
    out[GENERATED / "schemas.cpp"] = cpp_schema.registry(kinds)
    out[GENERATED / "entry.cpp"] = cpp_types.entry(kinds)
    return {path: formatted(path, text) for path, text in out.items()}


def main():
    parser = argparse.ArgumentParser(description="Generates code and reference from crds/.")
    parser.add_argument("--check", action="store_true", help="only report files that differ")
    check = parser.parse_args().check
    wanted = outputs(model.load_all(ROOT / "crds"))
    stale = []
    for path, text in wanted.items():
        target = ROOT / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            stale.append(str(path))
            if not check:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
    for target in sorted((ROOT / GENERATED).glob("*")):
        if target.relative_to(ROOT) not in wanted:
            stale.append(f"{target.relative_to(ROOT)} (nothing generates it)")
            if not check:
                target.unlink()
    if check and stale:
        print("These files do not match crds/; run hack/dev.sh gen and commit:")
        print("\n".join(f"  {name}" for name in stale))
        return 1
    print(f"crdgen: {len(wanted)} files, {len(stale)} {'differ' if check else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

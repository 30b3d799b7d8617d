#!/usr/bin/env python3
"""crds/ to charts/penstock/files/crds/: the same text, marked to stay when the chart is uninstalled.

    python3 hack/chart_crds.py            writes the copies
    python3 hack/chart_crds.py --check    writes nothing; exit status 1 and a list when a copy differs

Text, not parsed YAML: nothing of a schema can change on the way.
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCE = ROOT / "crds"
TARGET = ROOT / "charts/penstock/files/crds"
NOTE = "# Made from crds/ by hack/chart_crds.py. Do not edit.\n"


def marked(name: str, text: str) -> str:
    head, found, rest = text.partition("\nmetadata:\n")
    if not found or "\n  annotations:" in rest.partition("\nspec:")[0]:
        sys.exit(f"crds/{name}: expected one metadata block without annotations; teach hack/chart_crds.py the new shape")
    return f"{NOTE}{head}{found}  annotations:\n    helm.sh/resource-policy: keep\n{rest}"


def main() -> int:
    check = "--check" in sys.argv[1:]
    wanted = {path.name: marked(path.name, path.read_text()) for path in sorted(SOURCE.glob("*.yaml"))}
    present = {path.name: path.read_text() for path in TARGET.glob("*.yaml")}
    stale = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
    if check:
        print("\n".join(f"charts/penstock/files/crds/{name} differs from crds/{name}; run python3 hack/chart_crds.py" for name in stale)
              or f"{len(wanted)} CRDs of the chart are those of crds/")
        return 1 if stale else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in wanted:
            (TARGET / name).write_text(wanted[name])
        else:
            (TARGET / name).unlink()
    print(f"{len(stale)} of {len(wanted)} CRDs of the chart rewritten")
    return 0


if __name__ == "__main__":
    sys.exit(main())

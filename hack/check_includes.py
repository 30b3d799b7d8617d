#!/usr/bin/env python3
"""Fails when a file includes what its folder may not: the graph and the walls of hack/style/deps.json."""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RULES = json.loads((ROOT / "hack/style/deps.json").read_text())
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def module_of(path: str) -> str | None:
    fitting = [m for m in RULES["modules"] if path == m or path.startswith(m + "/")]
    return max(fitting, key=len) if fitting else None


def project_file(target: str) -> str | None:
    for prefix in ("src/", ""):
        if (ROOT / (prefix + target)).is_file():
            return prefix + target
    return None


def main() -> int:
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", "*.h", "*.cpp"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split()
    errors = []
    for name in names:
        if not (ROOT / name).is_file():
            continue
        module = module_of(name)
        if module is None:
            errors.append(f"{name}: its folder has no entry in hack/style/deps.json; add one that says what it may include")
            continue
        allowed = RULES["modules"][module]
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = project_file(match[2]) if match[1] == '"' else None
            if target:
                owner = module_of(target) or target
                inside = target.startswith(module + "/")
                fits = any(target.startswith(a + "/") for a in allowed)
                if not inside and "*" not in allowed and not fits:
                    errors.append(f"{name}:{number}: {module} may not include {owner} (allowed: {', '.join(allowed) or 'nothing'})")
                continue
            for wall, owners in RULES["walls"].items():
                if match[2].startswith(wall) and not any(name.startswith(o + "/") for o in owners):
                    errors.append(f"{name}:{number}: <{match[2]}> stays inside {', '.join(owners)}")
    print("\n".join(errors) or f"{len(names)} files keep to the include graph")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())

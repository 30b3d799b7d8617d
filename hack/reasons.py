#!/usr/bin/env python3
"""controller/*/reasons.h to docs/reference/reasons.md: every reason of every kind, with what it means and what to do.

    python3 hack/reasons.py            writes the page
    python3 hack/reasons.py --check    writes nothing; exit status 1 when the page is not what the headers say

Reads one C++ construct, kReasons{Reason{name, "meaning", "remedy"}, ...}, and stops at anything it does not know.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = "docs/reference/reasons.md"
SHARED = "controller/condition/report.h"  # reasons of several kinds: condition::kName
HEAD = """# Reasons of conditions and events

Made from controller/*/reasons.h by hack/reasons.py. Do not edit.

`kubectl describe` shows one of these words beside every condition, and in the events of an object. The condition's message names the
object, the value and the remedy in the case at hand. A word is part of the API: it is not renamed, and scripts may rely on it.
Ready carries the reason of the first condition that is not met.
"""
KIND = re.compile(r"^ +kind: (\w+)$", re.M)  # spec.names.kind of a CRD; the folder is the same in small letters
CONSTANT = re.compile(r'inline constexpr std::string_view (k\w+) =\s*"(\w+)";')
TABLE = re.compile(r"inline constexpr std::array kReasons\{(.*?)\n\};", re.S)
TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([\w:]+)|([{},]))')


class Reader:
    def __init__(self, path, text, constants):
        self.path, self.text, self.constants, self.at = path, text, constants, 0

    def fail(self, wanted):
        line = self.text[self.at:].strip().splitlines()[:1]
        sys.exit(f"{self.path}: kReasons: expected {wanted} at {line}; teach hack/reasons.py the new shape")

    def token(self, wanted):
        found = TOKEN.match(self.text, self.at)
        if not found:
            self.fail(wanted)
        return found

    def expect(self, punctuation):
        found = self.token(punctuation)
        if punctuation not in (found[2], found[3]):
            self.fail(punctuation)
        self.at = found.end()

    def string(self):
        """A constant, or literals one behind the other."""
        found = self.token("a string or a constant")
        if found[2]:
            if found[2] not in self.constants:
                self.fail(f"a constant that is declared ({found[2]} is not)")
            self.at = found.end()
            return self.constants[found[2]]
        parts = []
        while (found := TOKEN.match(self.text, self.at)) and found[1] is not None:
            parts.append(found[1])
            self.at = found.end()
        if not parts:
            self.fail("a string")
        return re.sub(r"\\(.)", r"\1", "".join(parts))

    def rows(self):
        out = []
        while self.text[self.at:].strip():
            for punctuation in ("Reason", "{"):
                self.expect(punctuation)
            row = [self.string()]
            for _ in range(2):
                self.expect(",")
                row.append(self.string())
            self.expect("}")
            self.expect(",")
            out.append(tuple(row))
        return out


def table(path, shared):
    text = (ROOT / path).read_text(encoding="utf-8")
    found = TABLE.search(text)
    if not found:
        sys.exit(f"{path}: no kReasons; teach hack/reasons.py the new shape")
    rows = Reader(path, found[1], dict(CONSTANT.findall(text)) | shared).rows()
    names = [name for name, _, _ in rows]
    if twice := {name for name in names if names.count(name) > 1}:
        sys.exit(f"{path}: more than one row for {', '.join(sorted(twice))}")
    return rows


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;") or "–"


def title(folder):
    """The kind of that name; other folders are parts of the controller that speak about ModelDeployments."""
    crd = ROOT / f"crds/{folder}.yaml"
    return KIND.search(crd.read_text(encoding="utf-8"))[1] if crd.exists() else f"ModelDeployment: {folder}"


def page():
    shared = {f"condition::{name}": word for name, word in CONSTANT.findall((ROOT / SHARED).read_text(encoding="utf-8"))}
    parts = [HEAD]
    for folder in sorted(path.parent.name for path in (ROOT / "controller").glob("*/reasons.h")):
        rows = table(f"controller/{folder}/reasons.h", shared)
        parts.append(f"\n## {title(folder)}\n\n| reason | meaning | what to do |\n| --- | --- | --- |\n")
        parts += [f"| `{name}` | {cell(meaning)} | {cell(remedy)} |\n" for name, meaning, remedy in rows]
    return "".join(parts)


def main():
    wanted = page()
    target = ROOT / PAGE
    current = target.exists() and target.read_text(encoding="utf-8") == wanted
    if "--check" in sys.argv[1:]:
        print(f"{PAGE} is current" if current else f"{PAGE} does not match controller/*/reasons.h; run hack/dev.sh gen and commit")
        return 0 if current else 1
    target.write_text(wanted, encoding="utf-8")
    print(f"{PAGE} {'was current' if current else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

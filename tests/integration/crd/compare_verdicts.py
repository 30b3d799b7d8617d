"""Changes valid and invalid objects at random and compares what `penstock validate` and a real API server say of them.

    KUBECONFIG=… python3 tests/integration/crd/compare_verdicts.py --binary build/release/penstock [--seed 1] [--count 2000]

The starting points are the tables of tests/unit/crd/cases and the examples. Exit status 1 when a verdict (accepted or refused)
differs; other words for the same refusal are counted and shown, with --strict they fail too.
"""
import argparse
import copy
import json
import random
import subprocess
import sys

import yaml
from replay_cases import ROOT, Server, merge, path_of, with_nulls, words

SCALARS = [None, True, False, 0, 1, -1, 5, 70000, 2**31, 2**53, 2**63 - 1, 1.5, "", "a", "A b", "UPPER", "*", "1h", "0s", "90s", "1.5h",
           "5us", "1h30m", "25h", "-1s", "1d", "10", "1mo", "1m", "x" * 64, "x" * 254, "é" * 40, "https://x.example", "http://x",
           "s3://b/k", "EU", "HTTPS", "Custom", "Canary", "GlobalStandard", "2026-01-01T00:00:00Z", "2026-13-01T00:00:00Z",
           "2026-01-01T00:00:00.5+02:00", "10.0.0.0/8", "40Gi", "500m", "1e3", "true", "null", [], {}, ["a"], ["a", "a"], {"a": "b"},
           {"name": "a"}, [{"name": "a"}, {"name": "a"}], [None], "-", "nvidia.com/gpu"]
# Further words of the server for what was said already.
ECHOES = ("Checked value must be", "must be an object for an array of list-type map", ".spec.replicas")


def starting_points():
    out = []
    for path in sorted((ROOT / "tests/unit/crd/cases").glob("*.yaml")):
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in table["cases"]:
            patch = case.get("patch") or {}
            out.append(with_nulls(merge(table["base"], patch), patch))
    cluster_wide = {"LandingZone", "PriceBook", "AcceleratorProfile"}
    for path in sorted((ROOT / "examples").glob("*/*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if document["apiVersion"].startswith("penstock.dev/"):
                if document["kind"] not in cluster_wide:
                    document["metadata"]["namespace"] = "default"
                out += [document] * 6
    return out


def places(node, path=()):
    yield path
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in steps:
        yield from places(value, path + (key,))


def changed(obj, names, chance):
    obj = copy.deepcopy(obj)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        candidates = [path for path in places(obj) if len(path) > 1 and path[0] == "spec"]
        if not candidates:
            break
        path = chance.choice(candidates)
        parent = obj
        for step in path[:-1]:
            parent = parent[step]
        key, what = path[-1], chance.random()
        if what < 0.25:
            del parent[key]
        elif what < 0.65:
            parent[key] = copy.deepcopy(chance.choice(SCALARS))
        elif what < 0.75 and isinstance(parent[key], dict):
            parent[key][chance.choice(names)] = copy.deepcopy(chance.choice(SCALARS))
        elif what < 0.85 and isinstance(parent[key], list) and parent[key]:
            parent[key].append(copy.deepcopy(chance.choice(parent[key])))
        elif isinstance(parent, dict):
            parent[chance.choice(names)] = copy.deepcopy(chance.choice(SCALARS + [parent[key]]))
    return obj


def our_words(binary, objects):
    """One run for all: a v1 List, whose items are told apart by name."""
    document = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    done = subprocess.run([binary, "validate", "-o", "json", "-"], input=document, capture_output=True, text=True, check=False)
    out = {obj["metadata"]["name"]: [] for obj in objects}
    for finding in json.loads(done.stdout)["findings"]:
        if finding["severity"] == "error":
            name = finding["object"].rsplit("/", 1)[-1].rsplit(" ", 1)[-1]
            unknown = finding["message"].startswith("unknown field")
            out[name].append(finding["message"] if unknown else f"{finding['field']}: {finding['message']}")
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--strict", action="store_true")
    flags = parser.parse_args()
    chance = random.Random(flags.seed)
    sources = starting_points()
    names = sorted({key for obj in sources for path in places(obj) for key in path if isinstance(key, str)})
    plurals = {}
    for path in (ROOT / "crds").glob("*.yaml"):
        crd_names = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]["names"]
        plurals[crd_names["kind"]] = crd_names["plural"]
    objects = []
    for number in range(flags.count):
        obj = changed(chance.choice(sources), names, chance)
        obj["metadata"] = {"name": f"m{number}", **({"namespace": "default"} if "namespace" in obj["metadata"] else {})}
        objects.append(obj)
    ours = our_words(flags.binary, objects)
    server, verdicts, wordings, accepted = Server(), 0, 0, 0
    try:
        for obj in objects:
            mine = set(ours[obj["metadata"]["name"]])
            answer = words(server.call("POST", path_of(obj, plurals) + "?dryRun=All&fieldValidation=Strict", obj))
            theirs = {text for text in answer if not any(echo in text for echo in ECHOES)}
            accepted += not answer
            if bool(mine) != bool(answer):
                verdicts += 1
                print(f"VERDICT {json.dumps(obj)}\n  penstock {sorted(mine)}\n  server   {sorted(answer)}")
            # The server stops at unknown fields; we report everything at once.
            elif mine != theirs and not (theirs and all(text.startswith("unknown field") for text in theirs)):
                wordings += 1
                print(f"words    penstock {sorted(mine - theirs)}\n         server   {sorted(theirs - mine)}")
    finally:
        server.close()
    print(f"{len(objects)} objects, {accepted} accepted by the server, {verdicts} verdicts and {wordings} wordings differ")
    return 1 if verdicts or (flags.strict and wordings) else 0


if __name__ == "__main__":
    sys.exit(main())

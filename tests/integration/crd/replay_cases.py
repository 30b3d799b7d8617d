"""Gives every case of tests/unit/crd/cases to a real API server and compares its words with what the case expects.

    KUBECONFIG=… python3 tests/integration/crd/replay_cases.py [--apply-crds]

Objects are only tried (dryRun=All), except the stored side of an update, which is created and deleted again. Needs kubectl on
PATH and python3-yaml. Exit status 1 when a verdict or a message differs.
"""
import argparse
import copy
import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
BLOCKED = "some validation rules were not checked because the object was invalid"


def merge(target, patch):
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    out = copy.deepcopy(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merge(out.get(key), value)
    return out


def with_nulls(target, patch):
    """A null for a field that the base does not have is meant as a null in the object."""
    if isinstance(patch, dict) and isinstance(target, dict):
        for key, value in patch.items():
            if value is None:
                if key not in target:
                    target.setdefault(key, None)
            else:
                with_nulls(target.get(key), value)
    return target


class Server:
    def __init__(self):
        self.proxy = subprocess.Popen(["kubectl", "proxy", "--port=0"], stdout=subprocess.PIPE, text=True)
        self.base = "http://" + self.proxy.stdout.readline().strip().rsplit(" ", 1)[-1]

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method, data=json.dumps(body).encode() if body else None,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.loads(error.read())

    def close(self):
        self.proxy.terminate()


def words(answer):
    if answer.get("kind") != "Status" or answer.get("status") != "Failure":
        return []
    causes = answer.get("details", {}).get("causes")
    if causes:
        out = []
        for cause in causes:
            text = f"{cause['field']}: {cause['message']}" if cause.get("field") not in (None, "", "<nil>") else cause["message"]
            if BLOCKED not in text:
                out.append(text)
        return sorted(out)
    message = answer.get("message", "")
    if "strict decoding error: " in message:
        return sorted(message.split("strict decoding error: ", 1)[1].split(", "))
    return [message]


def path_of(obj, plurals):
    namespace = obj["metadata"].get("namespace")
    middle = f"/namespaces/{namespace}" if namespace else ""
    return f"/apis/{obj['apiVersion']}{middle}/{plurals[obj['kind']]}"


def run(server, base, case, plurals):
    patch = case.get("patch") or {}
    obj = with_nulls(merge(base, patch), patch)
    where = path_of(obj, plurals)
    query = "?dryRun=All&fieldValidation=Strict"
    if "old" not in case:
        return words(server.call("POST", where + query, obj))
    named = f"{where}/{obj['metadata']['name']}"
    stored = server.call("POST", where, merge(base, case["old"]))
    try:
        obj["metadata"]["resourceVersion"] = stored["metadata"]["resourceVersion"]
        return words(server.call("PUT", named + query, obj))
    finally:
        server.call("DELETE", named)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--apply-crds", action="store_true")
    if parser.parse_args().apply_crds:
        subprocess.run(["kubectl", "apply", "--server-side", "--force-conflicts", "-f", str(ROOT / "crds")], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run(["kubectl", "wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "crds")], check=True,
                       stdout=subprocess.DEVNULL)
    plurals = {}
    for path in (ROOT / "crds").glob("*.yaml"):
        names = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]["names"]
        plurals[names["kind"]] = names["plural"]
    server, wrong, total = Server(), 0, 0
    try:
        for path in sorted((ROOT / "tests/unit/crd/cases").glob("*.yaml")):
            table = yaml.safe_load(path.read_text(encoding="utf-8"))
            for case in table["cases"]:
                total += 1
                found, wanted = run(server, table["base"], case, plurals), sorted(case.get("errors", []) + case.get("server_adds", []))
                if found != wanted:
                    wrong += 1
                    print(f"{path.name}: {case['name']}\n  expected {json.dumps(wanted)}\n  server   {json.dumps(found)}")
    finally:
        server.close()
    print(f"{total - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

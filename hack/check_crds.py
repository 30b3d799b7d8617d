#!/usr/bin/env python3
"""Lints crds/*.yaml: what the API conventions ask for and what a real API server would refuse or read differently.

Every field described; no floats; integers sized; every list with its kind of merging; lists, maps and strings bounded (in
specs always, because rules and their costs follow); words that YAML 1.1 reads as something else are no names or values; rules
with a message that ends in a remedy and a case in tests/unit/crd/cases that has these words; printer columns with descriptions; status a subresource.
"""
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
YAML_WORD = re.compile(r"^(y|n|yes|no|on|off|true|false|null|~|[-+.0-9_]+|0[xob].*)$", re.I)
STATUS_WORDS = {"True", "False", "Unknown"}  # of a condition: fixed by Kubernetes, always quoted
JSON_PATH = re.compile(r"^\.[A-Za-z]")


class Lint:
    def __init__(self):
        self.problems = []
        self.cases = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/unit/crd/cases").glob("*.yaml")))

    def say(self, where, what):
        self.problems.append(f"{where}: {what}")

    def schema(self, schema, where, in_status=False):
        kind = schema.get("type")
        int_or_string = schema.get("x-kubernetes-int-or-string")
        if not schema.get("description") and where.count(".") > 1 and not where.endswith(".metadata"):
            self.say(where, "has no description")
        text = schema.get("description", "")
        if text and not re.search(r"[.)\"]$", text.strip()):
            self.say(where, f"its description does not end a sentence: {text[-30:]!r}")
        unknown = set(schema) - KNOWN
        if unknown:
            self.say(where, f"unexpected keys {sorted(map(str, unknown))} (an unquoted comma in a description?)")
        if kind == "number":
            self.say(where, "is a float: use an integer with the unit in its name, or a quantity")
        if kind is None and not int_or_string:
            self.say(where, "has no type")
        if kind == "integer":
            self.integer(schema, where, in_status)
        if kind == "string" or int_or_string:
            self.string(schema, where)
        if kind == "array":
            self.array(schema, where, in_status)
        if kind == "object":
            self.object(schema, where, in_status)
        for rule in schema.get("x-kubernetes-validations", []):
            self.rule(rule, where)

    def integer(self, schema, where, in_status):
        if schema.get("format") not in ("int32", "int64"):
            self.say(where, "has no format int32 or int64")
        if not in_status and ("minimum" not in schema or "maximum" not in schema):
            self.say(where, "has no minimum and maximum")

    def string(self, schema, where):
        bounded = "maxLength" in schema or "enum" in schema or schema.get("format") == "date-time"
        if not bounded and where.count(".") > 1:
            self.say(where, "has no maxLength")
        for value in schema.get("enum", []):
            if not isinstance(value, str):
                self.say(where, f"enum value {value!r} is not a string: quote it")
            elif YAML_WORD.match(value) and value not in STATUS_WORDS:
                self.say(where, f"enum value {value!r} must be quoted in every manifest: choose another word")

    def array(self, schema, where, in_status):
        if "maxItems" not in schema:
            self.say(where, "has no maxItems")
        list_type = schema.get("x-kubernetes-list-type")
        if list_type not in ("atomic", "set", "map"):
            self.say(where, "has no x-kubernetes-list-type")
        if list_type == "map":
            items = schema["items"]
            for key in schema.get("x-kubernetes-list-map-keys") or ["(none)"]:
                if key not in items.get("required", []) and "default" not in items.get("properties", {}).get(key, {}):
                    self.say(where, f"list-map key {key} must be required")
        self.schema(schema["items"], where + "[]", in_status)

    def object(self, schema, where, in_status):
        if "additionalProperties" in schema:
            if "maxProperties" not in schema:
                self.say(where, "has no maxProperties")
            self.schema(schema["additionalProperties"], where + "{}", in_status)
        for name in schema.get("required", []):
            if name not in schema.get("properties", {}):
                self.say(where, f"requires {name}, which does not exist")
        for name, sub in schema.get("properties", {}).items():
            if not isinstance(name, str) or YAML_WORD.match(name):
                self.say(where, f"field {name!r} is no string in YAML 1.1: choose another name")
                continue
            if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name):
                self.say(f"{where}.{name}", "is not lowerCamelCase")
            if "default" in sub and name in schema.get("required", []):
                self.say(f"{where}.{name}", "is required and has a default: the default is never used")
            self.schema(sub, f"{where}.{name}", in_status or where.count(".") == 0 and name == "status")

    def rule(self, rule, where):
        text = rule.get("message", "")
        if "; " not in text:
            self.say(where, f"a rule's message must say what is wrong; then the remedy: {text!r}")
        if re.search(r"\bstring\s*\(", rule.get("messageExpression", "")):
            self.say(where, "string() in a messageExpression exceeds the cost that the API server allows")
        if "messageExpression" in rule and "message" not in rule:
            self.say(where, "a messageExpression needs a message to fall back on")
        # The longest piece of text that every message of the rule contains.
        fixed = max(re.findall(r"'([^']*)'", rule.get("messageExpression", "")), key=len, default=text).strip()
        if fixed not in self.cases:
            self.say(where, f"no case in tests/unit/crd/cases provokes the rule that says {fixed!r}")

    def crd(self, path):
        crd = yaml.safe_load(path.read_text(encoding="utf-8"))
        spec, names = crd["spec"], crd["spec"]["names"]
        kind = names["kind"]
        if path.stem != kind.lower():
            self.say(path.name, f"must be called {kind.lower()}.yaml")
        if crd["metadata"]["name"] != f"{names['plural']}.{spec['group']}" or spec["group"] != "penstock.dev":
            self.say(kind, "metadata.name or group")
        if names.get("categories") != ["penstock"] or not names.get("shortNames"):
            self.say(kind, "needs category penstock and a short name")
        version = spec["versions"][0]
        if version["name"] != "v1alpha1" or "status" not in version.get("subresources", {}):
            self.say(kind, "needs version v1alpha1 with a status subresource")
        columns = version.get("additionalPrinterColumns", [])
        for column in columns:
            if not column.get("description") or not JSON_PATH.match(column["jsonPath"]):
                self.say(kind, f"printer column {column['name']} needs a description and a path")
        if {"Age"} - {column["name"] for column in columns}:
            self.say(kind, "has no Age column")
        schema = version["schema"]["openAPIV3Schema"]
        self.schema(schema, kind)
        status = schema["properties"].get("status", {}).get("properties", {})
        for name in ("conditions", "observedGeneration"):
            if name not in status:
                self.say(kind, f"status has no {name}")


KNOWN = {"type", "description", "format", "pattern", "default", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems",
         "maxItems", "minProperties", "maxProperties", "properties", "additionalProperties", "items", "required", "nullable",
         "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-int-or-string", "x-kubernetes-validations",
         "x-kubernetes-preserve-unknown-fields", "x-kubernetes-map-type"}


def main():
    lint = Lint()
    paths = sorted((ROOT / "crds").glob("*.yaml"))
    for path in paths:
        lint.crd(path)
    for problem in lint.problems:
        print(problem)
    print(f"check_crds: {len(paths)} kinds, {len(lint.problems)} problems")
    return 1 if lint.problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""Reads crds/*.yaml into a small model of C++ types. Knows schemas and names, not how code is laid out."""
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

KEYWORDS = {"namespace", "operator", "default", "class", "template", "export", "enum", "auto", "union", "private", "public",
            "protected", "register", "delete", "new", "this", "switch", "case", "for", "while", "do", "if", "else", "return",
            "static", "const", "volatile", "int", "bool", "char", "float", "double", "short", "long", "signed", "unsigned",
            "and", "or", "not", "xor", "true", "false", "using", "virtual", "explicit", "friend", "inline", "struct"}
# Shapes that live hand-written in src/crd/meta.h, recognised by their property names.
SHARED = {
    frozenset({"name", "key"}): "SecretKeyRef",
    frozenset({"name", "namespace"}): "ObjectRef",
    frozenset({"name"}): "LocalRef",
    frozenset({"matchLabels"}): "LabelSelector",
    frozenset({"key", "operator", "value", "effect", "tolerationSeconds"}): "Toleration",
    frozenset({"type", "status", "observedGeneration", "lastTransitionTime", "reason", "message"}): "Condition",
}
# Where the rule "last word of the path, in the singular" gives a poor name.
TYPE_NAMES = {
    "env": "EnvVar",
    "sharedWith": "Grant",
    "lastScaling": "ScalingDecision",
    "gateways": "GatewayStatus",
    "prompt": "Check",
    "completion": "Check",
    "source": "ModelSource",
    "perMillion": "TokenPrices",
    "fixed": "FixedCost",
}


@dataclass
class Type:
    """cpp is the C++ spelling; the rest says how fields of it are read, written and defaulted."""
    cpp: str
    kind: str  # scalar string enum struct list map raw
    item: "Type | None" = None
    values: list = field(default_factory=list)  # of an enum


@dataclass
class Field:
    json: str
    cpp: str
    type: Type
    description: str
    required: bool
    default: object = None
    has_default: bool = False


@dataclass
class Struct:
    name: str
    path: str
    description: str
    fields: list


@dataclass
class Kind:
    name: str
    snake: str
    namespace: str
    plural: str
    scope: str
    short: str
    file: str
    crd: dict
    version: dict
    schema: dict
    structs: list
    enums: list  # (name, values)
    spec: Type
    status: "Type | None"


def snake(name):
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return name.lower()


def identifier(name):
    out = snake(name)
    return out + "_" if out in KEYWORDS else out


def camel(name):
    return name[0].upper() + name[1:]


def singular(name):
    if name.endswith("ies"):
        return name[:-3] + "y"
    if name.endswith("sses"):
        return name[:-2]
    if name.endswith("s") and not name.endswith("ss"):
        return name[:-1]
    return name


def is_quantity(schema):
    return bool(schema.get("x-kubernetes-int-or-string")) and "KMGTPE" in schema.get("pattern", "")


def shape(schema):
    """Structure without prose: two structs with the same name and shape are one type."""
    if isinstance(schema, dict):
        skip = ("description", "x-kubernetes-validations")
        return {k: shape(v) for k, v in schema.items() if not (k in skip and not isinstance(v, dict))}
    if isinstance(schema, list):
        return [shape(v) for v in schema]
    return schema


class Builder:
    def __init__(self, kind):
        self.kind = kind
        self.structs = []
        self.enums = []
        self.by_name = {}

    def claim(self, name, parent, what):
        """A name free in this kind, or already taken by the very same shape (second result)."""
        key = json.dumps(what, sort_keys=True)
        for candidate in (name, parent + name):
            if candidate not in self.by_name:
                self.by_name[candidate] = key
                return candidate, False
            if self.by_name[candidate] == key:
                return candidate, True
        raise SystemExit(f"crdgen: {self.kind}: no free name for {parent}.{name}; extend TYPE_NAMES in hack/crdgen/model.py")

    def type_of(self, schema, leaf, parent, path):
        kind = schema.get("type")
        if schema.get("x-kubernetes-int-or-string"):
            return Type("Quantity" if is_quantity(schema) else "IntOrString", "scalar")
        if kind == "string":
            if "enum" in schema:
                name = parent + camel(leaf)
                if name not in self.by_name:
                    self.by_name[name] = "enum"
                    self.enums.append((name, schema["enum"]))
                return Type(f"OpenEnum<{name}>", "enum", values=schema["enum"])
            formats = {"duration": "std::chrono::nanoseconds", "date-time": "WallTime"}
            return Type(formats.get(schema.get("format"), "std::string"),
                        "scalar" if schema.get("format") in formats else "string")
        if kind == "integer":
            return Type("std::int64_t" if schema.get("format") == "int64" else "std::int32_t", "scalar")
        if kind == "boolean":
            return Type("bool", "scalar")
        if kind == "array":
            item = self.type_of(schema["items"], TYPE_NAMES.get(leaf) or singular(leaf), parent, path + "[]")
            return Type(f"std::vector<{item.cpp}>", "list", item)
        if kind == "object":
            return self.object_type(schema, leaf, parent, path)
        raise SystemExit(f"crdgen: {self.kind}: {path}: cannot map type {kind!r}")

    def object_type(self, schema, leaf, parent, path):
        if "additionalProperties" in schema:
            item = self.type_of(schema["additionalProperties"], singular(leaf), parent, path + "{}")
            return Type(f"std::map<std::string, {item.cpp}>", "map", item)
        if "properties" not in schema:
            if schema.get("x-kubernetes-preserve-unknown-fields"):
                return Type("RawValue", "raw")
            raise SystemExit(f"crdgen: {self.kind}: {path}: an object needs properties")
        shared = SHARED.get(frozenset(schema["properties"]))
        if shared:
            return Type(shared, "struct")
        name = camel(TYPE_NAMES.get(leaf, leaf))
        name, seen = self.claim(name, parent, shape(schema))
        if not seen:
            required = set(schema.get("required", []))
            fields = []
            for key, sub in schema["properties"].items():
                sub_type = self.type_of(sub, key, name, f"{path}.{key}")
                fields.append(Field(key, identifier(key), sub_type, sub.get("description", ""), key in required,
                                    sub.get("default"), "default" in sub))
            self.structs.append(Struct(name, path, schema.get("description", ""), fields))
        return Type(name, "struct")


def load_kind(path):
    crd = yaml.safe_load(path.read_text(encoding="utf-8"))
    names = crd["spec"]["names"]
    version = crd["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    builder = Builder(names["kind"])
    spec = builder.object_type(schema["properties"]["spec"], "spec", "", "spec")
    status = None
    if "status" in schema["properties"]:
        status = builder.object_type(schema["properties"]["status"], "status", "", "status")
    name = names["kind"]
    return Kind(name, snake(name), snake(name), names["plural"], crd["spec"]["scope"], names["shortNames"][0], path.name,
                crd, version, schema, builder.structs, builder.enums, spec, status)


def load_all(folder: Path):
    return [load_kind(path) for path in sorted(folder.glob("*.yaml"))]

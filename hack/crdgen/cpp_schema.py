"""Writes src/crd/generated/<kind>_schema.cpp (constant tables and compiled CEL rules) and schemas.cpp (the list of kinds)."""
import json
import re

import cel
import cel_cpp
from cpp_types import BANNER, quote

TYPES = {"string": "kString", "integer": "kInteger", "boolean": "kBoolean", "array": "kArray"}


def first_sentence(text):
    text = " ".join(text.split())
    match = re.match(r"(.*?[^A-Z.]\.)(?= [A-Z]|$)", text)
    return match.group(1) if match else text


def schema_type(schema):
    if schema.get("x-kubernetes-int-or-string"):
        return "kIntOrString"
    if schema.get("type") == "object":
        if "additionalProperties" in schema:
            return "kMap"
        return "kObject" if "properties" in schema else "kAny"
    return TYPES[schema["type"]]


class Emitter:
    def __init__(self, kind):
        self.kind = kind
        self.out = []
        self.count = 0

    def texts(self, values):
        self.count += 1
        name = f"kWords{self.count}"
        items = ", ".join(quote(str(v)) for v in values)
        self.out.append(f"constexpr std::array<std::string_view, {len(values)}> {name}{{{{{items}}}}};\n")
        return name

    def rules(self, schema, where):
        entries = []
        for rule in schema.get("x-kubernetes-validations", []):
            self.count += 1
            number = self.count
            try:
                body, uses_self, transition = cel_cpp.compile_rule(rule["rule"], schema)
                self.function(f"bool rule_{number}(const cel::Node& {'self' if uses_self else ''}, "
                              f"const cel::Node& {'old_self' if transition else ''})", body, rule["rule"])
                parts = [f".holds = rule_{number}"]
                if "messageExpression" in rule:
                    text, uses_self = cel_cpp.compile_message(rule["messageExpression"], schema, rule["rule"])
                    self.function(f"std::string message_{number}(const cel::Node& {'self' if uses_self else ''})",
                                  f"std::string({text})", None)
                    parts.append(f".message_of = message_{number}")
            except cel.CelError as error:
                raise SystemExit(f"crdgen: {self.kind.file}: {where}: {rule['rule']}: {error}")
            parts.append(f".message = {quote(rule.get('message', ''))}")
            if "fieldPath" in rule:
                parts.append(f".field_path = {quote(rule['fieldPath'])}")
            if transition:
                parts.append(".is_transition = true")
            entries.append("Rule{" + ", ".join(parts) + "}")
        if not entries:
            return None
        self.count += 1
        self.out.append(f"constexpr std::array<Rule, {len(entries)}> kRules{self.count}{{{{{', '.join(entries)}}}}};\n")
        return f"kRules{self.count}"

    def function(self, head, body, comment):
        if comment:
            self.out.append(f"// {' '.join(comment.split())}\n")
        self.out.append(f"{head} {{\nreturn {body};\n}}\n\n")

    def schema(self, schema, where):
        parts = [f".type = SchemaType::{schema_type(schema)}"]
        if schema.get("description"):
            parts.append(f".description = {quote(first_sentence(schema['description']))}")
        for key in ("format", "pattern"):
            if key in schema:
                parts.append(f".{key} = {quote(schema[key])}")
        if "default" in schema:
            parts.append(f".default_json = {quote(json.dumps(schema['default'], separators=(',', ':')))}")
        if "properties" in schema:
            names = [(key, self.schema(sub, f"{where}.{key}")) for key, sub in schema["properties"].items()]
            self.count += 1
            rows = ", ".join(f"Property{{{quote(key)}, &{name}}}" for key, name in names)
            self.out.append(f"constexpr std::array<Property, {len(names)}> kFields{self.count}{{{{{rows}}}}};\n")
            parts.append(f".properties = kFields{self.count}")
        inner = schema.get("items") or schema.get("additionalProperties")
        if inner:
            parts.append(f".items = &{self.schema(inner, where + '[]')}")
        for key, member in (("required", "required"), ("enum", "enumeration"), ("x-kubernetes-list-map-keys", "list_map_keys")):
            if schema.get(key):
                parts.append(f".{member} = {self.texts(schema[key])}")
        list_type = {"set": "kSet", "map": "kMap"}.get(schema.get("x-kubernetes-list-type"))
        if list_type:
            parts.append(f".list_type = ListType::{list_type}")
        if schema.get("x-kubernetes-preserve-unknown-fields"):
            parts.append(".preserve_unknown = true")
        for key in ("minimum", "maximum"):
            if key in schema:
                parts.append(f".has_{key} = true")
        for key in ("minimum", "maximum"):
            if key in schema:
                parts.append(f".{key} = {schema[key]}")
        for member in ("min_size", "max_size"):
            for suffix in ("Length", "Items", "Properties"):
                if member[:3] + suffix in schema:
                    parts.append(f".{member} = {schema[member[:3] + suffix]}")
        rules = self.rules(schema, where)
        if rules:
            parts.append(f".rules = {rules}")
        self.count += 1
        name = f"kSchema{self.count}"
        self.out.append(f"constexpr Schema {name}{{{', '.join(parts)}}};\n")
        return name


def source(kind):
    emitter = Emitter(kind)
    root = emitter.schema(kind.schema, kind.name)
    head = [BANNER.format(file=kind.file), "#include <array>\n\n#include \"crd/generated/schemas.h\"\n\n",
            "namespace penstock::crd::generated {\nnamespace {\n\n"]
    tail = ["\n}  // namespace\n\n", f"const Schema& {kind.snake}_schema() {{\nreturn {root};\n}}\n\n",
            "}  // namespace penstock::crd::generated\n"]
    return "".join(head + emitter.out + tail)


def registry_header(kinds):
    lines = "".join(f"const Schema& {k.snake}_schema();\n" for k in kinds)
    return ("#pragma once\n// Generated by hack/crdgen. Do not edit: run hack/dev.sh gen.\n\n#include \"crd/schema.h\"\n\n"
            f"namespace penstock::crd::generated {{\n\n{lines}\n}}  // namespace penstock::crd::generated\n")


def registry(kinds):
    rows = ",\n".join(f"KindInfo{{{quote(k.name)}, {quote(k.plural)}, {'true' if k.scope == 'Namespaced' else 'false'}, "
                      f"&generated::{k.snake}_schema()}}" for k in kinds)
    return ("// Generated by hack/crdgen. Do not edit: run hack/dev.sh gen.\n#include \"crd/generated/schemas.h\"\n\n#include <array>\n\n"
            "namespace penstock::crd {\n\nstd::span<const KindInfo> all_kinds() {\n"
            f"static const std::array<KindInfo, {len(kinds)}> kinds{{{{\n{rows}\n}}}};\nreturn kinds;\n}}\n\n"
            "const KindInfo* find_kind(std::string_view kind) {\nfor (const KindInfo& each : all_kinds()) {\n"
            "if (each.kind == kind) { return &each; }\n}\nreturn nullptr;\n}\n\n}  // namespace penstock::crd\n")

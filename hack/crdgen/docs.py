"""Writes docs/reference/api.md: every field of every kind, from the same descriptions that kubectl explain shows."""

CONDITION = {"type", "status", "observedGeneration", "lastTransitionTime", "reason", "message"}
WORDS = {"string": "string", "boolean": "boolean", "object": "object", "array": "list"}


def cell(text):
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def type_name(schema):
    if schema.get("x-kubernetes-int-or-string"):
        return "quantity" if "KMGTPE" in schema.get("pattern", "") else "integer or string"
    kind = schema.get("type")
    if kind == "array":
        return f"list of {type_name(schema['items'])}"
    if "additionalProperties" in schema:
        return f"map to {type_name(schema['additionalProperties'])}"
    if kind == "integer":
        return "integer"
    if kind == "string" and schema.get("format") in ("duration", "date-time"):
        return {"duration": "duration", "date-time": "time"}[schema["format"]]
    if kind == "object" and "properties" not in schema:
        return "any object"
    return WORDS[kind]


def limits(schema):
    out = []
    inner = schema.get("items") or schema.get("additionalProperties") or {}
    values = schema.get("enum") or inner.get("enum")
    if values:
        out.append("one of " + ", ".join(f"`{v}`" for v in values))
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        out.append(f"{low} to {high}")
    for key, what in (("Items", "items"), ("Properties", "entries")):
        low, high = schema.get("min" + key), schema.get("max" + key)
        if low:
            out.append(f"{low} to {high} {what}" if high else f"at least {low} {what}")
        elif high:
            out.append(f"at most {high} {what}")
    keys = schema.get("x-kubernetes-list-map-keys")
    if keys:
        out.append(f"merged by {' and '.join(keys)}")
    return "; ".join(out)


def nested(schema):
    """The object whose fields deserve a table of their own: the schema itself, a list's items or a map's values."""
    for candidate in (schema, schema.get("items") or {}, schema.get("additionalProperties") or {}):
        if "properties" in candidate and set(candidate["properties"]) != CONDITION:
            return candidate
    return None


def section(schema, path, out):
    out.append(f"\n#### {path}\n\n{' '.join(schema.get('description', '').split())}\n\n")
    out.append("| field | type | default | meaning |\n| --- | --- | --- | --- |\n")
    required = set(schema.get("required", []))
    for name, sub in schema["properties"].items():
        default = f"`{sub['default']}`" if "default" in sub and sub["default"] != {} else ("required" if name in required else "")
        if isinstance(sub.get("default"), bool):
            default = f"`{str(sub['default']).lower()}`"
        if isinstance(sub.get("default"), list):
            default = "`[" + ", ".join(map(str, sub["default"])) + "]`"
        text = cell(sub.get("description", ""))
        more = limits(sub)
        out.append(f"| `{name}` | {type_name(sub)} | {default} | {text}{' (' + cell(more) + ')' if more else ''} |\n")
    rules = schema.get("x-kubernetes-validations", [])
    if rules:
        out.append("\nRules:\n\n")
        out.extend(f"- {cell(rule['message'])}\n" for rule in rules)
    for name, sub in schema["properties"].items():
        inner = nested(sub)
        marks = "[]" if sub.get("type") == "array" else ("{}" if "additionalProperties" in sub else "")
        if inner:
            section(inner, f"{path}.{name}{marks}", out)


def kind_page(kind):
    names = kind.crd["spec"]["names"]
    scope = "a namespace" if kind.scope == "Namespaced" else "the whole cluster"
    out = [f"\n## {kind.name}\n\n{' '.join(kind.schema['description'].split())}\n\n",
           f"Belongs to {scope}; `kubectl get {names['plural']}` or `{names['shortNames'][0]}`. Source: `crds/{kind.file}`.\n\n",
           "| column of kubectl get | shows |\n| --- | --- |\n"]
    for column in kind.version["additionalPrinterColumns"]:
        wide = " (with `-o wide`)" if column.get("priority") else ""
        out.append(f"| {column['name']} | {cell(column['description'])}{wide} |\n")
    for part in ("spec", "status"):
        if part in kind.schema["properties"]:
            section(kind.schema["properties"][part], f"{kind.name}.{part}", out)
    return "".join(out)


def page(kinds):
    head = ["# API reference: `penstock.dev/v1alpha1`\n\n",
            "Generated from `crds/` by `hack/crdgen`; do not edit. `kubectl explain KIND.spec` shows the same text, and `penstock validate`\n"
            "checks manifests against it without a cluster.\n\n",
            "Durations are written like `300ms`, `90s` or `1h30m`, times like `2026-01-31T12:00:00Z`, quantities like `500m` or `40Gi`.\n"
            "Money is in millionths of the currency. In lists merged by a key, server-side apply lets several writers own items of one list.\n"
            "Every kind has `status.conditions` as in `metav1.Condition`.\n\n",
            "| kind | short | scope | what it is |\n| --- | --- | --- | --- |\n"]
    for kind in kinds:
        first = " ".join(kind.schema["description"].split()).split(". ")[0].split(": ")[0].rstrip(".")
        head.append(f"| [{kind.name}](#{kind.name.lower()}) | `{kind.short}` | {kind.scope} | {cell(first)} |\n")
    return "".join(head) + "".join(kind_page(kind) for kind in kinds)

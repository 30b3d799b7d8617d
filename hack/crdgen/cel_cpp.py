"""CEL trees to C++ expressions over src/crd/cel.h, with types taken from the schema.

Refuses what would be a run-time error in the API server: a field that may be absent must be guarded by has() on the way
to it. So a compiled rule can only be true or false.
"""
from dataclasses import dataclass

import cel
from cpp_types import duration_ns, quote

COMPARE = {"==", "!=", "<", "<=", ">", ">="}


@dataclass
class Typed:
    cpp: str
    type: str  # int string bool duration timestamp list map object vector
    schema: dict | None = None
    item: str | None = None  # element type of a vector


def schema_type(schema):
    if schema.get("x-kubernetes-int-or-string"):
        return "dyn"
    kind = schema.get("type")
    if kind == "string":
        return {"duration": "duration", "date-time": "timestamp"}.get(schema.get("format"), "string")
    if kind == "object":
        return "map" if "additionalProperties" in schema else "object"
    return {"integer": "int", "boolean": "bool", "array": "list"}[kind]


ACCESS = {"int": "num", "string": "str", "bool": "flag", "duration": "duration", "timestamp": "time"}


def from_node(cpp, schema):
    kind = schema_type(schema)
    return Typed(f"{cpp}.{ACCESS[kind]}()" if kind in ACCESS else cpp, kind, schema)


def facts(node, truth):
    """Paths known to be present when the node is `truth`."""
    kind = node[0]
    if kind == "has":
        found = {cel.path(node[1])} if truth else set()
        return found
    if kind == "unary" and node[1] == "!":
        return facts(node[2], not truth)
    if kind == "binary" and node[1] == ("&&" if truth else "||"):
        return facts(node[2], truth) | facts(node[3], truth)
    return set()


class Compiler:
    def __init__(self, self_schema):
        self.names = {"self": from_node("self", self_schema), "oldSelf": from_node("old_self", self_schema)}

    def fail(self, why):
        raise cel.CelError(why)

    def compile(self, node, known=frozenset()):
        return getattr(self, "do_" + node[0])(node, known)

    def boolean(self, node, known=frozenset()):
        out = self.compile(node, known)
        if out.type != "bool":
            self.fail(f"expected a bool, found {out.type}: {node}")
        return out.cpp

    def do_lit(self, node, known):
        value = node[1]
        if isinstance(value, bool):
            return Typed("true" if value else "false", "bool")
        if isinstance(value, int):
            return Typed(f"std::int64_t{{{value}}}", "int")
        return Typed(f"std::string_view({quote(value)})", "string")

    def do_name(self, node, known):
        if node[1] not in self.names:
            self.fail(f"unknown name {node[1]}")
        return self.names[node[1]]

    def do_select(self, node, known):
        target = self.compile(node[1], known)
        if target.type != "object":
            self.fail(f"cannot take .{node[2]} of {target.type}")
        properties = target.schema["properties"]
        if node[2] not in properties:
            self.fail(f"no field {node[2]!r}; there are {', '.join(properties)}")
        child = properties[node[2]]
        sure = node[2] in target.schema.get("required", []) or "default" in child or cel.path(node) in known
        if not sure:
            self.fail(f"{cel.path(node) or node[2]} may be absent: guard it with has()")
        return from_node(f"{target.cpp}.get({quote(node[2])})", child)

    def do_has(self, node, known):
        target = self.compile(node[1][1], known)
        if target.type != "object" or node[1][2] not in target.schema["properties"]:
            self.fail(f"has() of an unknown field {node[1][2]!r}")
        return Typed(f"{target.cpp}.has({quote(node[1][2])})", "bool")

    def do_unary(self, node, known):
        if node[1] == "!":
            return Typed(f"!({self.boolean(node[2], known)})", "bool")
        value = self.compile(node[2], known)
        return Typed(f"(-{value.cpp})", "int")

    def do_cond(self, node, known):
        test = self.boolean(node[1], known)
        yes = self.compile(node[2], known | facts(node[1], True))
        no = self.compile(node[3], known | facts(node[1], False))
        if yes.type != no.type:
            self.fail(f"? gives {yes.type} or {no.type}")
        return Typed(f"({test} ? {yes.cpp} : {no.cpp})", yes.type, yes.schema)

    def do_binary(self, node, known):
        op = node[1]
        if op in ("&&", "||"):
            left = self.boolean(node[2], known)
            right = self.boolean(node[3], known | facts(node[2], op == "&&"))
            return Typed(f"({left} {op} {right})", "bool")
        left, right = self.compile(node[2], known), self.compile(node[3], known)
        if op == "in":
            return self.contained(left, right)
        if op in COMPARE:
            if left.type != right.type or left.type in ("object", "map", "list", "dyn"):
                self.fail(f"cannot compare {left.type} {op} {right.type}")
            return Typed(f"({left.cpp} {op} {right.cpp})", "bool")
        if op == "+" and left.type == right.type == "string":
            return Typed(f"cel::concat({left.cpp}, {right.cpp})", "string")
        if left.type != "int" or right.type != "int" or op not in "+-*":
            self.fail(f"cannot do {left.type} {op} {right.type}")
        return Typed(f"({left.cpp} {op} {right.cpp})", "int")

    def contained(self, item, where):
        if where.type == "vector" and where.item == item.type:
            return Typed(f"cel::contains({where.cpp}, {item.cpp})", "bool")
        if where.type == "list" and schema_type(where.schema["items"]) == item.type == "string":
            return Typed(f"cel::list_contains({where.cpp}, {item.cpp})", "bool")
        if where.type == "map" and item.type == "string":
            return Typed(f"{where.cpp}.has({item.cpp})", "bool")
        return self.fail(f"cannot do {item.type} in {where.type}")

    def do_list(self, node, known):
        items = [self.compile(item, known) for item in node[1]]
        kinds = {item.type for item in items}
        if len(kinds) != 1:
            self.fail(f"a list of {kinds}")
        kind = kinds.pop()
        element = {"string": "std::string_view", "int": "std::int64_t", "bool": "bool"}[kind]
        return Typed(f"cel::list<{element}>({', '.join(i.cpp for i in items)})", "vector", item=kind)

    def do_macro(self, node, known):
        name, variable, bodies = node[1], node[3][0], node[4]
        target = self.compile(node[2], known)
        if target.type == "list":
            inner, parameter = from_node(variable, target.schema["items"]), f"const cel::Node& {variable}"
        elif target.type == "map":
            inner, parameter = Typed(variable, "string"), f"std::string_view {variable}"
            target = Typed(f"{target.cpp}.keys()", "vector", item="string")
        elif target.type == "vector":
            element = {"string": "std::string_view", "int": "std::int64_t", "bool": "bool"}[target.item]
            inner, parameter = Typed(variable, target.item), f"{element} {variable}"
        else:
            self.fail(f"{name}() of {target.type}")
        shadowed = self.names.get(variable)
        if shadowed:
            self.fail(f"variable {variable} hides another one")
        self.names[variable] = inner
        body = self.compile(bodies[0], known)
        del self.names[variable]
        function = f"cel::{name}({target.cpp}, [&]({parameter}) {{ return {body.cpp}; }})"
        if name == "map":
            if body.type not in ("int", "string"):
                self.fail(f"map() to {body.type}")
            return Typed(function, "vector", item=body.type)
        if body.type != "bool":
            self.fail(f"{name}() needs a condition")
        if name == "filter":
            return Typed(function, "vector", schema=target.schema, item="node") if target.type == "list" else self.fail("filter() of a map")
        return Typed(function, "bool")

    def do_index(self, node, known):
        self.fail("indexing can fail at run time: use all() or exists()")

    def do_call(self, node, known):
        name, args = node[1], node[3]
        target = self.compile(node[2], known) if node[2] else None
        values = [self.compile(arg, known) for arg in args]
        if name == "size":
            what = target or values[0]
            return Typed(f"cel::size({what.cpp})", "int")
        if name in ("startsWith", "endsWith", "contains") and target and target.type == "string":
            return Typed(f"cel::{ {'startsWith': 'starts_with', 'endsWith': 'ends_with', 'contains': 'text_contains'}[name]}"
                         f"({target.cpp}, {values[0].cpp})", "bool")
        if name == "matches" and target and target.type == "string" and args[0][0] == "lit":
            return Typed(f"cel::matches({target.cpp}, {quote(args[0][1])})", "bool")
        if name == "duration" and args and args[0][0] == "lit":
            return Typed(f"std::chrono::nanoseconds({duration_ns(args[0][1])})", "duration")
        if name == "isSorted" and target and target.type == "vector":
            return Typed(f"cel::is_sorted({target.cpp})", "bool")
        if name == "sum" and target and target.type == "vector" and target.item == "int":
            return Typed(f"cel::sum({target.cpp})", "int")
        return self.fail(f"{name}() is not supported by crdgen; add it to cel_cpp.py and src/crd/cel.h")


def compile_rule(text, schema):
    tree = cel.parse(text)
    return Compiler(schema).boolean(tree), cel.uses(tree, "self"), cel.uses(tree, "oldSelf")


def compile_message(text, schema, rule):
    """The message is asked for only when the rule is false, so what that proves is known here."""
    tree = cel.parse(text)
    out = Compiler(schema).compile(tree, frozenset(facts(cel.parse(rule), False)))
    if out.type != "string":
        raise cel.CelError(f"messageExpression gives {out.type}")
    return out.cpp, cel.uses(tree, "self")

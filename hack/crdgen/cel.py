"""A parser for the part of CEL that the CRDs use. Text in, tree out; knows no types.

Nodes are tuples: ("lit", value) ("name", n) ("select", node, field) ("index", node, node) ("call", name, target|None, args)
("has", select) ("macro", name, target, [variables], [bodies]) ("unary", op, node) ("binary", op, a, b) ("cond", c, a, b)
("list", [nodes]). Grammar: https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""
import re

TOKEN = re.compile(r"""\s*(?:
    (?P<int>0x[0-9a-fA-F]+|\d+)
  | (?P<string>r?'(?:[^'\\]|\\.)*'|r?"(?:[^"\\]|\\.)*")
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<op>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]])
)""", re.X)
LEVELS = [["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">=", "in"], ["+", "-"], ["*", "/", "%"]]
MACROS = {"all", "exists", "exists_one", "map", "filter"}
# Words that CEL reserves are written with underscores around them when they are field names.
ESCAPES = {"__dot__": ".", "__dash__": "-", "__slash__": "/", "__underscores__": "__"}


class CelError(Exception):
    pass


def tokens(text):
    out, at = [], 0
    while at < len(text.rstrip()):
        match = TOKEN.match(text, at)
        if not match:
            raise CelError(f"cannot read {text[at:at + 20]!r}")
        at = match.end()
        out.append((match.lastgroup, match.group(match.lastgroup)))
    out.append(("end", ""))
    return out


def unquote(text):
    raw = text.startswith("r")
    body = text[2:-1] if raw else text[1:-1]
    if raw:
        return body
    plain = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda m: plain.get(m.group(1), m.group(1)), body)


def field_name(name):
    for escape, text in ESCAPES.items():
        name = name.replace(escape, text) if escape != "__underscores__" else name
    match = re.fullmatch(r"__([a-z]+)__", name)
    return match.group(1) if match else name


class Parser:
    def __init__(self, text):
        self.tokens = tokens(text)
        self.at = 0

    def peek(self):
        return self.tokens[self.at][1] if self.tokens[self.at][0] in ("op", "name") else None

    def take(self, text=None):
        kind, value = self.tokens[self.at]
        if text is not None and value != text:
            raise CelError(f"expected {text!r}, found {value!r}")
        self.at += 1
        return kind, value

    def parse(self):
        node = self.ternary()
        if self.tokens[self.at][0] != "end":
            raise CelError(f"left over: {self.tokens[self.at][1]!r}")
        return node

    def ternary(self):
        node = self.binary(0)
        if self.peek() == "?":
            self.take()
            yes = self.binary(0)
            self.take(":")
            return ("cond", node, yes, self.ternary())
        return node

    def binary(self, level):
        if level == len(LEVELS):
            return self.unary()
        node = self.binary(level + 1)
        while self.peek() in LEVELS[level]:
            op = self.take()[1]
            node = ("binary", op, node, self.binary(level + 1))
        return node

    def unary(self):
        if self.peek() in ("!", "-"):
            op = self.take()[1]
            return ("unary", op, self.unary())
        return self.postfix(self.primary())

    def arguments(self):
        self.take("(")
        out = []
        while self.peek() != ")":
            out.append(self.ternary())
            if self.peek() == ",":
                self.take()
        self.take(")")
        return out

    def postfix(self, node):
        while self.peek() in (".", "["):
            if self.take()[1] == "[":
                node = ("index", node, self.ternary())
                self.take("]")
                continue
            name = self.take()[1]
            if self.peek() != "(":
                node = ("select", node, field_name(name))
                continue
            args = self.arguments()
            if name in MACROS:
                variable = args[0]
                if variable[0] != "name":
                    raise CelError(f"{name}() needs a variable first")
                node = ("macro", name, node, [variable[1]], args[1:])
            else:
                node = ("call", name, node, args)
        return node

    def primary(self):
        kind, value = self.tokens[self.at]
        if kind == "int":
            self.take()
            return ("lit", int(value, 0))
        if kind == "string":
            self.take()
            return ("lit", unquote(value))
        if value == "(":
            self.take()
            node = self.ternary()
            self.take(")")
            return node
        if value == "[":
            self.take()
            items = []
            while self.peek() != "]":
                items.append(self.ternary())
                if self.peek() == ",":
                    self.take()
            self.take("]")
            return ("list", items)
        if kind == "name":
            self.take()
            if value in ("true", "false"):
                return ("lit", value == "true")
            if self.peek() != "(":
                return ("name", value)
            args = self.arguments()
            if value == "has":
                if len(args) != 1 or args[0][0] != "select":
                    raise CelError("has() takes a field, as in has(self.x)")
                return ("has", args[0])
            return ("call", value, None, args)
        raise CelError(f"unexpected {value!r}")


def parse(text):
    return Parser(text).parse()


def path(node):
    """self.a.b as text, or None when the node is not a chain of fields."""
    if node[0] == "name":
        return node[1]
    if node[0] == "select":
        parent = path(node[1])
        return f"{parent}.{node[2]}" if parent else None
    return None


def uses(node, name):
    if node == ("name", name):
        return True
    return any(uses(part, name) for part in flatten(node))


def flatten(node):
    for part in node:
        if isinstance(part, tuple):
            yield part
        elif isinstance(part, list):
            yield from (p for p in part if isinstance(p, tuple))

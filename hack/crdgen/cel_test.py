"""What the CEL compiler must refuse, and what a few rules become. Run: python3 hack/crdgen/cel_test.py"""
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import cel  # noqa: E402
import cel_cpp  # noqa: E402
from cpp_types import duration_ns  # noqa: E402

TEXT = {"type": "string"}
SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": TEXT,
        "alias": TEXT,
        "count": {"type": "integer", "default": 1},
        "wait": {"type": "string", "format": "duration", "default": "1s"},
        "size": {"x-kubernetes-int-or-string": True},
        "namespace": TEXT,
        "inner": {"type": "object", "properties": {"deep": TEXT, "flag": {"type": "boolean", "default": True}}},
        "steps": {"type": "array", "items": {"type": "object", "required": ["percent"],
                                             "properties": {"percent": {"type": "integer"}, "note": TEXT}}},
    },
}


def rule(text):
    return cel_cpp.compile_rule(text, SCHEMA)[0]


class Presence(unittest.TestCase):
    """An optional field may be read only where has() has proved it: in the API server the rule would fail with an error."""

    def refused(self, text):
        with self.assertRaisesRegex(cel.CelError, "may be absent"):
            rule(text)

    def test_unguarded_fields_are_refused(self):
        self.refused("self.alias == 'a'")
        self.refused("self.name == 'a' && self.alias == 'a'")
        self.refused("has(self.alias) || self.alias == 'a'")
        self.refused("!has(self.alias) && self.alias == 'a'")
        self.refused("has(self.inner) && self.inner.deep == 'a'")
        self.refused("has(self.steps) && self.steps.all(s, s.note == 'a')")
        self.refused("has(self.alias) ? true : self.alias == 'a'")
        self.refused("(has(self.alias) || has(self.inner)) && self.alias == 'a'")

    def test_guarded_fields_pass(self):
        rule("has(self.alias) && self.alias == 'a'")
        rule("!has(self.alias) || self.alias == 'a'")
        rule("!(has(self.alias)) || self.alias == 'a'")
        rule("has(self.inner) && has(self.inner.deep) && self.inner.deep == self.name")
        rule("!has(self.inner) || !has(self.inner.deep) || self.inner.deep == 'a'")
        rule("has(self.alias) ? self.alias == 'a' : true")
        rule("has(self.steps) && self.steps.all(s, !has(s.note) || s.note == 'a')")

    def test_required_and_defaulted_fields_need_no_guard(self):
        rule("self.name == 'a' && self.count > 0 && self.wait < duration('1h')")
        rule("has(self.inner) && self.inner.flag")

    def test_a_message_knows_why_the_rule_failed(self):
        broken = "!has(self.alias) || self.alias == self.name"
        self.assertIn("alias", cel_cpp.compile_message("'not ' + self.alias", SCHEMA, broken)[0])
        with self.assertRaisesRegex(cel.CelError, "may be absent"):
            cel_cpp.compile_message("'not ' + self.alias", SCHEMA, "self.count > 1")


class Types(unittest.TestCase):
    def test_what_does_not_fit_is_refused(self):
        for text in ("self.name == 1", "self.name + 1 == 'a'", "self.name", "self.missing == 'a'", "self.name.deep == 'a'",
                     "self.size == 1", "self.steps[0].percent == 1", "unknown == 1", "self.name.split('a') == 'b'",
                     "has(self.name.deep)", "self.count in ['a']", "self.wait < '1h'"):
            with self.assertRaises(cel.CelError, msg=text):
                rule(text)

    def test_syntax_errors_are_reported(self):
        for text in ("self.name ==", "(self.name == 'a'", "self.name == 'a' )", "has(self)", "'a", "self.name = 'a'", ""):
            with self.assertRaises(cel.CelError, msg=text):
                rule(text)

    def test_translation(self):
        self.assertEqual(rule("self.count >= 2"), '(self.get("count").num() >= std::int64_t{2})')
        self.assertEqual(rule("self.wait <= duration('90s')"), '(self.get("wait").duration() <= std::chrono::nanoseconds(90000000000))')
        self.assertEqual(rule("has(self.__namespace__)"), 'self.has("namespace")')
        self.assertEqual(rule(r"self.name == 'it\'s'"), '(self.get("name").str() == std::string_view("it\'s"))')
        self.assertTrue(cel_cpp.compile_rule("self.count >= oldSelf.count", SCHEMA)[2], "uses oldSelf")

    def test_precedence(self):
        self.assertEqual(cel.parse("a || b && c"), ("binary", "||", ("name", "a"), ("binary", "&&", ("name", "b"), ("name", "c"))))
        self.assertEqual(cel.parse("a - b - c"), ("binary", "-", ("binary", "-", ("name", "a"), ("name", "b")), ("name", "c")))
        self.assertEqual(cel.parse("!a.b"), ("unary", "!", ("select", ("name", "a"), "b")))

    def test_durations(self):
        self.assertEqual(duration_ns("1h30m"), 5400 * 10**9)
        self.assertEqual(duration_ns("1.5s"), 1500 * 10**6)
        self.assertEqual(duration_ns("10ms"), 10 * 10**6)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Tests mutate.py, which builds the mutants into copies of the sources."""
import pathlib
import tempfile
import unittest

from mutate import MutantError, mutate, parse, run

_SOURCE = """// A comment.
bool Grants(const Request& request) {
  if (request.epoch < epoch()) return false;
  return vote.empty() || vote == request.candidate;
}

void Cut(int index) {
  if (index > last) return;
  durable = std::min(durable,
                     index);
  last = index;
}

void Grow(int index) { last = index; }
"""
_IS = "::quorate::sim::IsMutant(::quorate::sim::Mutant::k"


def mutated(*blocks, source=_SOURCE):
    """The copy of the source with these mutants, without its two lines of preamble."""
    changes = [change for block in blocks for mutant in parse(block, "list.txt")
               for change in mutant.changes]
    lines = mutate(source, "a.cc", changes).split("\n", 2)
    assert lines[:2] == ['#include "tests/sim/mutants/mutants.h"', '#line 1 "a.cc"'], lines
    return lines[2]


def mutant(name, original, replacement=None, anchor=""):
    where = f"a.cc @@ {anchor}" if anchor else "a.cc"
    removed = "".join(f"  - {line}\n" for line in original.split("\n"))
    return f"{name}: is wrong\n  {where}\n{removed}" + (f"  + {replacement}\n" if replacement else "")


class Choice(unittest.TestCase):
    def test_a_source_without_mutants_is_copied(self):
        self.assertEqual(mutated(), _SOURCE)

    def test_an_expression(self):
        self.assertIn(f"|| ({_IS}VoteTwice) ? (true) : (vote == request.candidate));",
                      mutated(mutant("vote-twice", "vote == request.candidate", "true")))

    def test_statements(self):
        self.assertIn(f"{{ if ({_IS}CutMore)) {{ last = 0; }} else {{ last = index; }} }}\n}}\n\nvoid Grow",
                      mutated(mutant("cut-more", "last = index;", "last = 0;", "void Cut(")))

    def test_removed_statements(self):
        self.assertIn(f"if (index > last) {{ if ({_IS}A)) {{  }} else {{ return; }} }}",
                      mutated(mutant("a", "return;")))

    def test_lines_without_a_sign_stay(self):
        block = "a: is wrong\n  a.cc @@ Cut(\n    last = index;\n  + ++last;\n"
        self.assertIn("{ last = index; ++last; } else { last = index; }", mutated(block))

    def test_white_space_does_not_matter(self):
        self.assertIn("(0) : (std::min(durable,\n                     index)));",
                      mutated(mutant("a", "std::min( durable, index )", "0")))

    def test_the_lines_of_the_source_keep_their_numbers(self):
        copy = mutated(mutant("a", "durable = std::min(durable, index);", "durable =\n  +   0;"))
        self.assertEqual(copy.count("\n"), _SOURCE.count("\n"))
        self.assertIn("{ durable =   0; }", copy)

    def test_words_match_as_a_whole(self):
        with self.assertRaisesRegex(MutantError, "does not occur"):
            mutated(mutant("a", "ast = index", "0"))


class SeveralMutants(unittest.TestCase):
    def test_of_one_text_form_a_chain(self):
        second = f"({_IS}B) ? (false) : (vote == request.candidate))"
        self.assertIn(f"|| ({_IS}A) ? (true) : ({second}));",
                      mutated(mutant("a", "vote == request.candidate", "true"),
                              mutant("b", "vote == request.candidate", "false")))

    def test_are_nested(self):
        inner = f"({_IS}Inner) ? (false) : (vote == request.candidate))"
        whole = mutant("outer", "vote.empty() || vote == request.candidate", "true")
        part = mutant("inner", "vote == request.candidate", "false")
        expected = f"return ({_IS}Outer) ? (true) : (vote.empty() || {inner}));"
        self.assertIn(expected, mutated(whole, part))
        self.assertIn(expected, mutated(part, whole))

    def test_must_not_overlap(self):
        with self.assertRaisesRegex(MutantError, "mutant b: its text overlaps that of mutant a"):
            mutated(mutant("a", "if (index > last) return;\ndurable = std::min(durable, index);"),
                    mutant("b", "durable = std::min(durable, index);\nlast = index;"))

    def test_one_mutant_may_have_several_changes(self):
        copy = mutated(mutant("a", "return false;") + "  a.cc\n  - return;\n")
        self.assertEqual(copy.count(f"if ({_IS}A))"), 2)


class Errors(unittest.TestCase):
    def expect(self, pattern, *blocks):
        with self.assertRaisesRegex(MutantError, pattern):
            mutated(*blocks)

    def test_a_text_that_does_not_occur(self):
        self.expect(r"list.txt:2: mutant a: the original text does not occur in a.cc:\n"
                    r"    last = 7;\n  change the mutant", mutant("a", "last = 7;"))

    def test_a_text_that_occurs_twice(self):
        self.expect(r"occurs 2 times in a.cc \(lines 11, 14\)(.|\n)*make it longer",
                    mutant("a", "last = index;"))

    def test_an_anchor_limits_the_text_to_one_function(self):
        self.expect("does not occur in a.cc behind 'Grants\\('",
                    mutant("a", "last = index;", anchor="Grants("))

    def test_an_anchor_must_be_unique(self):
        self.expect("the anchor occurs 2 times", mutant("a", "last", "0", anchor="void"))

    def test_all_mutants_that_fail_are_named(self):
        self.expect("mutant a(.|\n)*mutant b", mutant("a", "x = 1;"), mutant("b", "x = 2;"))

    def test_parentheses_must_not_change_what_the_source_means(self):
        for source, original in [("x = a || b && c;", "a || b"), ("x = a && b || c;", "b || c"),
                                 ("x = a - b - c;", "b - c"), ("x = !a == b;", "a == b"),
                                 ("x = a + b.size();", "size()"), ("x = a + b->c;", "a + b"),
                                 ("x = *a + b;", "a + b")]:
            with self.subTest(source), self.assertRaisesRegex(MutantError, "not a complete operand"):
                mutated(mutant("a", original, "0"), source=source)
        for source, original in [("x = a || b && c;", "b && c"), ("x = a && b && c;", "b && c"),
                                 ("return a || b;", "a || b"), ("f(-a - b, c);", "-a - b"),
                                 ("x = a + b->c;", "b"), ("x = f(a && b) == c;", "f(a && b)"),
                                 ("x = a ? b : c;", "a ? b : c"), ("x = !a(b) && c;", "!a(b)")]:
            with self.subTest(source):
                self.assertIn(f": ({original}))", mutated(mutant("a", original, "0"), source=source))

    def test_an_expression_has_a_replacement(self):
        self.expect("must be replaced by another one", mutant("a", "index > last"))

    def test_a_replacement_has_no_comment(self):
        self.expect("cannot contain a // comment", mutant("a", "return;", "return;  // why"))

    def test_lists(self):
        for text, pattern in [("  a.cc\n", "list.txt:1: expected 'NAME"), ("a: b\n  a.cc\n", "no original"),
                              ("a: b\n", "mutant a changes nothing"), ("a: b\n  - x;\n", "list.txt:2"),
                              ("a: b\n  a.cc\nx = 1;\n", "list.txt:3: expected '  PATH'")]:
            with self.subTest(text), self.assertRaisesRegex(MutantError, pattern):
                parse(text, "list.txt")


class Files(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        self.out = self.root / "out"
        (self.root / "a.cc").write_text(_SOURCE)

    def run_with(self, text):
        (self.root / "list.txt").write_text(text)
        run(self.root, self.out, ["list.txt"], ["a.cc"])

    def test_the_table_names_every_mutant(self):
        self.run_with("# Comment.\n\n" + mutant("cut-more", "return;"))
        self.assertIn('QUORATE_MUTANT(kCutMore, "cut-more",\n               "is wrong")\n',
                      (self.out / "tests/sim/mutants/mutants.inc").read_text())
        self.assertIn("kCutMore", (self.out / "a.cc").read_text())

    def test_what_does_not_change_is_not_written_again(self):
        self.run_with(mutant("a", "return;"))
        before = (self.out / "a.cc").stat().st_mtime_ns
        self.run_with("# Another comment.\n" + mutant("a", "return;"))
        self.assertEqual((self.out / "a.cc").stat().st_mtime_ns, before)

    def test_names_are_unique(self):
        with self.assertRaisesRegex(MutantError, "two mutants named a"):
            self.run_with(mutant("a", "return;") + mutant("a", "return false;"))

    def test_a_source_must_be_one_of_which_copies_are_made(self):
        with self.assertRaisesRegex(MutantError, "b.cc is not among the sources"):
            self.run_with("a: is wrong\n  b.cc\n  - x;\n")


if __name__ == "__main__":
    unittest.main()

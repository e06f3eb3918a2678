#!/usr/bin/python3
"""Tests the checker of docs/compatibility.md: a wrong page must not pass."""

import unittest

from compatibility import problems_of

_PAGE = """
| condition | result | test |
|---|---|---|
| a name twice | refused | `TopicTest.Twice` |
| a dry run | free **≠1** | `TopicTest.DryRun`, `QuotaTest.Free` |

| | Kafka | Quorate | reason |
|---|---|---|---|
| 1 | charged | free | nothing is written |

| Kafka | quoratectl |
|---|---|
| `kafka-topics` | `topics create`, `topics list` |
"""
_TESTS = {"TopicTest.Twice", "TopicTest.DryRun", "QuotaTest.Free"}
_COMMANDS = {"topics", "create", "list"}


class CompatibilityTest(unittest.TestCase):

    def problems(self, old="", new=""):
        self.assertIn(old, _PAGE)
        return list(problems_of(_PAGE.replace(old, new) if old else _PAGE, _TESTS, _COMMANDS))

    def test_a_right_page_passes(self):
        self.assertEqual(self.problems(), [])

    def test_a_test_that_does_not_exist(self):
        self.assertEqual(self.problems("QuotaTest.Free", "QuotaTest.Gone"),
                         ["there is no test QuotaTest.Gone"])

    def test_a_rule_without_a_test(self):
        self.assertEqual(self.problems("`TopicTest.Twice`", "–"),
                         ["line 4: no test proves: a name twice"])

    def test_a_difference_that_is_not_explained(self):
        self.assertEqual(self.problems("≠1", "≠2"),
                         ["difference 1 is not named", "difference 2 is not explained"])

    def test_a_difference_without_a_reason(self):
        self.assertEqual(self.problems("nothing is written", ""),
                         ["line 9: difference 1 has no reason"])

    def test_numbers_with_a_gap(self):
        self.assertTrue(self.problems("| 1 |", "| 3 |")[0].startswith("the differences are not"))

    def test_a_command_that_does_not_exist(self):
        self.assertEqual(self.problems("topics list", "topics print"),
                         ["line 13: quoratectl has no command print"])

    def test_a_row_with_a_missing_cell(self):
        self.assertEqual(self.problems("| refused ", ""), ["line 4: 2 cells under 3 titles"])


if __name__ == "__main__":
    unittest.main()

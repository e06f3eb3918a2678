#!/usr/bin/env python3
"""Checks docs/compatibility.md: every test and every command that it names exists, every rule has a
test, and every difference that a rule names is explained.

    compatibility.py ROOT       prints what is wrong; exits with 1 if anything is
"""
import pathlib
import re
import sys

TEST = re.compile(r"`([A-Z]\w+\.[A-Z]\w+)`")
DEFINED = re.compile(r"^\s*(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP)\(\s*(\w+),\s*(\w+)", re.MULTILINE)
ADDED = re.compile(r"add_test\(NAME ([A-Z]\w+\.[A-Z]\w+)")
COMMAND = re.compile(r"(?:\.name = |AddNoun\(\s*(?:\w+, )?)\"([a-z-]+)\"")
DIFFERENCE = re.compile(r"≠(\d+)")


def tests_in(root):
    """The tests of the source tree, as Suite.Name."""
    names = set()
    for path in root.rglob("*_test.cc"):
        if not path.relative_to(root).parts[0].startswith("build"):
            names |= {f"{suite}.{name}" for suite, name in DEFINED.findall(path.read_text())}
    for path in root.glob("tests/**/CMakeLists.txt"):
        names |= set(ADDED.findall(path.read_text()))
    return names


def commands_in(root):
    """The words of which quoratectl's commands consist."""
    return {word for path in root.glob("cli/*.cc") for word in COMMAND.findall(path.read_text())}


def tables(page):
    """Each table as a list of (line number, cells); the first row is the header."""
    rows = []
    for number, line in enumerate(page.splitlines() + [""], 1):
        if line.startswith("|"):
            rows.append((number, [cell.strip() for cell in line.strip("|").split("|")]))
        elif rows:
            yield [row for row in rows if not set("".join(row[1])) <= set("-:")]
            rows = []


def problems_of(page, tests, commands):
    """What is wrong with the page, a line each."""
    for name in sorted(set(TEST.findall(page)) - tests):
        yield f"there is no test {name}"
    explained, named = [], set()
    for (_, header), *rows in tables(page):
        for number, cells in rows:
            if len(cells) != len(header):
                yield f"line {number}: {len(cells)} cells under {len(header)} titles"
                continue
            if header[-1] == "test" and not TEST.search(cells[-1]):
                yield f"line {number}: no test proves: {cells[0]}"
            if header[-1] == "reason":
                explained.append(int(cells[0]))
                if not cells[-1]:
                    yield f"line {number}: difference {cells[0]} has no reason"
            if header[-1] == "quoratectl":
                for command in re.findall(r"`([a-z -]+)`", cells[-1]):
                    for word in set(command.split()) - commands:
                        yield f"line {number}: quoratectl has no command {word}"
            named |= {int(number) for number in DIFFERENCE.findall(" ".join(cells))}
    if explained != list(range(1, len(explained) + 1)):
        yield f"the differences are not numbered 1, 2, 3 and so on: {explained}"
    for number in sorted(named ^ set(explained)):
        yield f"difference {number} is " + ("not named" if number in explained else "not explained")


def main():
    root = pathlib.Path(sys.argv[1])
    page = (root / "docs/compatibility.md").read_text()
    problems = list(problems_of(page, tests_in(root), commands_in(root)))
    for problem in problems:
        print(f"docs/compatibility.md: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()

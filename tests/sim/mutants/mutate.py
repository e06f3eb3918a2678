#!/usr/bin/env python3
"""Writes copies of C++ sources in which a variable selects a mutant at run time. The sources
themselves contain no mutants (docs/simulation.md, "How the checks are tested").

A list of mutants consists of comments (#) and blocks. A block names a mutant, says what is wrong,
and has at least one change. A change consists of a path and of lines as in a diff: "-" marks the
original text, "+" what the mutant has instead. A line with neither belongs to both.

    vote-twice: grants every candidate of an epoch its vote
      raft/core/election.cc
      - *vote == request.candidate
      + true

White space and line breaks do not matter. The original text must occur exactly once in the file. With
"PATH @@ ANCHOR" it must occur once between the anchor, which must be unique in the file, and the end
of that function. A text that ends with ";" or "}" is statements, any other text is an expression. In
the copy it becomes

    { if (mutant) { REPLACEMENT } else { ORIGINAL } }    for statements. A variable that they declare
                                                         cannot be used after them.
    (mutant ? (REPLACEMENT) : (ORIGINAL))                for an expression, a complete operand.

Several mutants may change the same text, and one may change a part of what another one changes. A
copy has the line numbers of its source, so that the compiler's errors name the lines of the source.
"""
import argparse
import pathlib
import re
import sys
from dataclasses import dataclass, field

_HEADER = "tests/sim/mutants/mutants.h"
_REMEDY = "change the mutant so that it breaks the same rule in the source as it is now"


class MutantError(Exception):
    """A list, or a mutant that does not fit its source. The text names the remedy."""


@dataclass
class Change:
    where: str  # FILE:LINE in the list
    mutant: str
    path: str
    anchor: str
    original: str = ""
    replacement: str = ""

    def fail(self, what):
        raise MutantError(f"{self.where}: mutant {self.mutant}: {what}")


@dataclass
class Mutant:
    name: str
    wrong: str
    changes: list = field(default_factory=list)


def parse(text, filename):
    """Returns the mutants of a list."""
    mutants = []
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{filename}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        if header := re.fullmatch(r"([a-z][a-z-]*): (.+)", line):
            mutants.append(Mutant(*header.groups()))
        elif not mutants:
            raise MutantError(f"{where}: expected 'NAME: what is wrong'")
        elif path := re.fullmatch(r"  ([^\s+-]\S*)(?: @@ (.+))?", line):
            mutants[-1].changes.append(Change(where, mutants[-1].name, path[1], path[2] or ""))
        elif (code := re.fullmatch(r"  ([-+ ]) (.*)", line)) and mutants[-1].changes:
            change = mutants[-1].changes[-1]
            change.original += code[2] + "\n" if code[1] != "+" else ""
            change.replacement += code[2] + "\n" if code[1] != "-" else ""
        else:
            raise MutantError(f"{where}: expected '  PATH', '  - TEXT', '  + TEXT' or '    TEXT'")
    for mutant in mutants:
        check(mutant, filename)
    return mutants


def check(mutant, filename):
    if not mutant.changes:
        raise MutantError(f"{filename}: mutant {mutant.name} changes nothing")
    for change in mutant.changes:
        change.original = change.original.strip()
        change.replacement = change.replacement.strip()
        if not change.original:
            change.fail("no original text ('  - TEXT')")
        if "//" in change.replacement:
            change.fail("a replacement becomes one line, so it cannot contain a // comment")
        if not is_statement(change) and not change.replacement:
            change.fail("an expression must be replaced by another one ('  + TEXT')")


def is_statement(change):
    return change.original.endswith((";", "}"))


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\w+|->|::|\|\||&&|[-+*/%|&^=!<>]=|<<|>>|\+\+|--|\S')


def is_name(token):
    return re.match(r"\w", token) is not None


def pattern_of(text):
    """Matches the same tokens, whatever the white space between them."""
    tokens = _TOKEN.findall(text)
    pattern = r"\b" if is_name(tokens[0]) else ""
    for token, following in zip(tokens, tokens[1:] + [""]):
        space = r"\s+" if is_name(token) and is_name(following) else r"\s*"
        pattern += re.escape(token) + (space if following else "")
    return re.compile(pattern + (r"\b" if is_name(tokens[-1]) else ""))


def find_once(change, text, what, source, begin, end):
    found = list(pattern_of(what).finditer(source, begin, end))
    if len(found) == 1:
        return found[0].span()
    shown = "\n    ".join(what.splitlines())
    area = f"{change.path} behind '{change.anchor}'" if begin else change.path
    if not found:
        change.fail(f"{text} does not occur in {area}:\n    {shown}\n  {_REMEDY}")
    lines = ", ".join(str(source.count("\n", 0, m.start()) + 1) for m in found)
    change.fail(f"{text} occurs {len(found)} times in {area} (lines {lines}):\n    {shown}\n"
                "  make it longer, or name the function: 'PATH @@ ANCHOR'")


def span_of(change, source):
    begin, end = 0, len(source)
    if change.anchor:
        begin = find_once(change, "the anchor", change.anchor, source, 0, end)[1]
        end = source.find("\n}", begin)
    return find_once(change, "the original text", change.original, source, begin, end)


# How tightly the binary operators hold the operands beside them.
_BINDING = {operator: tightness for tightness, operators in enumerate(
    ["= += -= *= /= %= |= &= ^=", "? :", "||", "&&", "|", "^", "&", "== !=", "< > <= >=", "<< >>",
     "+ -", "* / %"]) for operator in operators.split()}
_UNARY, _POSTFIX, _PART_OF_A_NAME = 20, 21, 22


def binding(token, previous):
    """How tightly a token holds the operand to its right; -1 if it holds none."""
    follows_operand = previous[0] in ')]}"' or is_name(previous) and previous not in ("return", "case")
    if token in ("!", "~", "-", "+", "*", "&", "++", "--") and not follows_operand:
        return _UNARY
    if token in (".", "->", "::") or is_name(token) and token not in ("return", "else", "case"):
        return _PART_OF_A_NAME
    return _BINDING.get(token, -1)


def loosest_binding(text):
    """How tightly the loosest operator of an expression binds that is not inside brackets."""
    loosest, depth, previous = _POSTFIX, 0, "("
    for token in _TOKEN.findall(text):
        depth -= token in ")]}"
        tightness = binding(token, previous)
        if depth == 0 and 0 <= tightness <= _UNARY:
            loosest = min(loosest, tightness)
        depth += token in "([{"
        previous = token
    return loosest


def check_operand(change, source, span):
    """Parentheses around the original text must not change the meaning of the source."""
    # Two lines are enough: only the last two tokens count.
    line = source.rfind("\n", 0, max(source.rfind("\n", 0, span[0]), 0))
    *_, previous, left = ["(", "(", *_TOKEN.findall(source[line + 1:span[0]])]
    after = _TOKEN.search(source, span[1])
    right = after[0] if after else ";"
    loosest = loosest_binding(change.original)
    holds_left = binding(left, previous)
    holds_right = _POSTFIX if right in (".", "->", "[", "(", "++", "--") else binding(right, ")")
    is_associative = left in ("&&", "||", "?", ":", "=")
    if holds_left > loosest or (holds_left == loosest and not is_associative) or holds_right > loosest:
        change.fail(f"the original text is not a complete operand in {change.path}, where it stands "
                    f"between '{left}' and '{right}':\n    {change.original}\n  take in all of it")


@dataclass
class Place:
    span: tuple
    changes: list
    inner: list = field(default_factory=list)


def nest(changes, source):
    """Returns the outermost places that the changes affect, each with those inside it."""
    places, errors = {}, []
    for change in changes:
        try:
            span = span_of(change, source)
            if not is_statement(change):
                check_operand(change, source, span)
            places.setdefault(span, Place(span, [])).changes.append(change)
        except MutantError as error:
            errors.append(str(error))
    if errors:
        raise MutantError("\n".join(errors))
    outermost, open_places = [], []
    for place in sorted(places.values(), key=lambda p: (p.span[0], -p.span[1])):
        while open_places and open_places[-1].span[1] <= place.span[0]:
            open_places.pop()
        if open_places and open_places[-1].span[1] < place.span[1]:
            place.changes[0].fail("its text overlaps that of mutant "
                                  f"{open_places[-1].changes[0].mutant}: take in all of it, or less")
        (open_places[-1].inner if open_places else outermost).append(place)
        open_places.append(place)
    return outermost


def enumerator(name):
    return "k" + "".join(part.capitalize() for part in name.split("-"))


def render(places, source, begin, end):
    """Returns source[begin:end] with a choice at each place."""
    text = ""
    for place in places:
        text += source[begin:place.span[0]]
        chosen = render(place.inner, source, *place.span)
        # The first mutant of a list is asked first.
        for change in reversed(place.changes):
            mutant = f"::quorate::sim::IsMutant(::quorate::sim::Mutant::{enumerator(change.mutant)})"
            replacement = " ".join(change.replacement.split("\n"))
            if is_statement(change):
                chosen = f"{{ if ({mutant}) {{ {replacement} }} else {{ {chosen} }} }}"
            else:
                chosen = f"({mutant} ? ({replacement}) : ({chosen}))"
        text += chosen
        begin = place.span[1]
    return text + source[begin:end]


def mutate(source, path, changes):
    """Returns the source with a choice for each change. REQUIRES: all changes are of this path."""
    mutated = render(nest(changes, source), source, 0, len(source))
    return f'#include "{_HEADER}"\n#line 1 "{path}"\n{mutated}'


def table(mutants):
    rows = (f'QUORATE_MUTANT({enumerator(m.name)}, "{m.name}",\n               "{m.wrong}")\n'
            for m in mutants)
    return "// Generated from the lists of mutants by mutate.py.\n" + "".join(rows)


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def run(root, out, lists, sources):
    mutants = [m for name in lists for m in parse((root / name).read_text(), name)]
    names = [mutant.name for mutant in mutants]
    for name in names:
        if names.count(name) > 1:
            raise MutantError(f"there are two mutants named {name}")
    changes = {source: [] for source in sources}
    for change in (change for mutant in mutants for change in mutant.changes):
        if change.path not in changes:
            change.fail(f"{change.path} is not among the sources of which tests/sim/CMakeLists.txt makes "
                        "mutated copies")
        changes[change.path].append(change)
    errors = []
    for source in sources:
        try:
            mutated = mutate((root / source).read_text(), source, changes[source])
            write_if_changed(out / source, mutated)
        except MutantError as error:
            errors.append(str(error))
    if errors:
        raise MutantError("\n".join(errors))
    write_if_changed(out / "tests/sim/mutants/mutants.inc", table(mutants))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--root", type=pathlib.Path, required=True, help="the source tree")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="where the copies go")
    parser.add_argument("--lists", nargs="+", required=True, help="paths below the root")
    parser.add_argument("--sources", nargs="+", required=True, help="paths below the root")
    args = parser.parse_args()
    try:
        run(args.root, args.out, args.lists, args.sources)
    except MutantError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

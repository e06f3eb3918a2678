"""Parses the examples of a Markdown page: grpcurl commands and their output.

Examples are in fenced blocks of the language `console`. A line that begins with `$ ` is a grpcurl
command. It continues on the next line after a backslash or inside single quotes. The lines up to
the next command are its output. A line `...` at the end of an output means that more output
followed.
"""

import json
import re
import shlex
from dataclasses import dataclass, field


@dataclass
class Output:
    """The output of a call."""

    messages: list = field(default_factory=list)  # JSON objects, or lines of `list`
    error: dict = None  # {"code", "message", "details"}
    cut: bool = False  # more messages may follow, and then an error


@dataclass
class Example:
    """A command with its documented output."""

    line: int  # where the command begins
    endpoint: str
    method: str  # "package.Service/Method", or "list"
    requests: list  # JSON objects
    max_time: float  # in seconds; None if not limited
    output: Output


def parse(markdown):
    """Returns all examples of a page, in order. Raises ValueError with the line of an error."""
    examples = []
    lines = markdown.split("\n")
    number = 0
    while number < len(lines):
        if lines[number].strip() == "```console":
            end = next(i for i in range(number + 1, len(lines)) if lines[i].strip() == "```")
            examples += _parse_block(lines[number + 1:end], number + 2)
            number = end
        number += 1
    return examples


def _parse_block(lines, first_number):
    examples = []
    i = 0
    while i < len(lines):
        if not lines[i].startswith("$ "):
            raise ValueError(f"line {first_number + i}: an example begins with '$ '")
        start = i
        command = lines[i][2:]
        while command.endswith("\\") or command.count("'") % 2 == 1:
            i += 1
            command += "\n" + lines[i]
        i += 1
        output = []
        while i < len(lines) and not lines[i].startswith("$ "):
            output.append(lines[i])
            i += 1
        try:
            examples.append(_parse_command(command, output, first_number + start))
        except ValueError as error:
            raise ValueError(f"line {first_number + start}: {error}") from error
    return examples


def _parse_command(command, output_lines, line):
    words = shlex.split(command.replace("\\\n", " "))
    if words.pop(0) != "grpcurl":
        raise ValueError("only grpcurl is understood")
    data, max_time, rest = None, None, []
    while words:
        word = words.pop(0)
        if word == "-d":
            data = words.pop(0)
        elif word == "-max-time":
            max_time = float(words.pop(0))
        elif word.startswith("-") and word != "-plaintext":
            raise ValueError(f"{word} is not understood")
        elif word != "-plaintext":
            rest.append(word)
    endpoint, method = rest
    return Example(line, endpoint, method, _json_objects(data or "")[0], max_time,
                   _parse_output(method, output_lines))


def _json_objects(text):
    """Returns the JSON values at the beginning of a text, and the rest of the text."""
    decoder = json.JSONDecoder()
    values = []
    while text.lstrip().startswith(("{", "[")):
        text = text.lstrip()
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:]
    return values, text.strip()


def _parse_output(method, lines):
    output = Output()
    if method == "list":
        output.messages = [line for line in lines if line]
        return output
    output.messages, rest = _json_objects("\n".join(lines))
    if rest.startswith("ERROR:"):
        output.error = _parse_error(rest)
    elif rest == "...":
        output.cut = True
    elif rest:
        raise ValueError(f"output is not understood from {rest[:40]!r} on")
    return output


def _parse_error(text):
    """Parses grpcurl's ERROR section: Code, Message, and numbered Details."""
    head, _, details = text.partition("  Details:\n")
    found = re.fullmatch(r"ERROR:\n  Code: (\w+)\n  Message: (.*?)\n?", head, re.DOTALL)
    if found is None:
        raise ValueError("the ERROR section is not understood")
    objects = []
    while details.strip():
        numbered = re.match(r"\s*\d+\)\s*", details)
        if numbered is None:
            raise ValueError("the details of the error are not understood")
        values, details = _json_objects(details[numbered.end():])
        objects += values
    return {"code": found.group(1), "message": found.group(2), "details": objects}

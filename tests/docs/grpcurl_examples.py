"""The examples of a Markdown page: what was typed, and what came out.

An example is a fenced block of the language `console`. A line that begins with `$ ` is a grpcurl
command, which may go on over lines that end with a backslash or inside single quotes; what follows,
up to the next command, is its output. A line `...` at the end of an output says that more came.
"""

import json
import re
import shlex
from dataclasses import dataclass, field


@dataclass
class Output:
    """What a call printed."""

    messages: list = field(default_factory=list)  # JSON objects, or lines of `list`
    error: dict = None  # {"code", "message", "details"}
    cut: bool = False  # more messages may follow, and then any error


@dataclass
class Example:
    """A command with its output as documented."""

    line: int  # where the command begins
    endpoint: str
    method: str  # "package.Service/Method", or "list"
    requests: list  # JSON objects
    max_time: float  # seconds; None: not limited
    output: Output


def parse(markdown):
    """All examples of a page, in order. Raises ValueError with the line of what is wrong."""
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
    """The JSON values that a text begins with, and what follows them."""
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
    """grpcurl's ERROR section: Code, Message, and numbered Details."""
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

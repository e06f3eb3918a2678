#!/usr/bin/env python3
"""Runs clang-tidy on source files: clang_tidy.py BUILD_DIR FILE…

Most of clang-tidy's time goes into the system's headers, which it reads again for each file. So files of one
folder that have the same flags are read together, as one file that includes them: this takes a fifteenth of
the time. A file that uses a name of another one in the group is checked alone.

Exits with 1 if there is a finding.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

FILES_TOGETHER = 24
CONFIG = pathlib.Path(__file__).resolve().parents[2] / ".clang-tidy"
# The files are included on purpose.
CHECKS = "-bugprone-suspicious-include"
NOISE = re.compile(r"^(\d+ warnings? (and \d+ errors? )?generated|Suppressed |Use -header-filter|\d+ warnings? treated)")


def flags_of(command):
    """Returns the flags that clang needs to parse a file: without warnings and gcc's precompiled headers."""
    words = shlex.split(command)
    flags = []
    for i, word in enumerate(words):
        if word.startswith(("-I", "-D", "-std=")):
            flags.append(word)
        elif word == "-isystem":
            flags += [word, words[i + 1]]
    return tuple(flags)


def groups_of(build, files):
    """Yields (flags, files) for files that are read together."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        flags.setdefault(os.path.realpath(os.path.join(entry["directory"], entry["file"])), flags_of(entry["command"]))
    together = {}
    for file in files:
        path = os.path.realpath(file)
        if path not in flags:
            sys.exit(f"clang_tidy.py: {file} is not part of the build in {build}")
        together.setdefault((file.split("/")[0], flags[path]), []).append(path)
    for (_, group_flags), paths in sorted(together.items()):
        for i in range(0, len(paths), FILES_TOGETHER):
            yield group_flags, paths[i : i + FILES_TOGETHER]


def tidy(flags, file):
    """Returns what clang-tidy says about a file, and about our files that it includes."""
    result = subprocess.run(
        ["clang-tidy-14", "--quiet", f"--config-file={CONFIG}", f"--checks={CHECKS}", file, "--", *flags,
         "-Wno-unknown-warning-option"],
        capture_output=True, text=True, check=False)
    lines = (result.stdout + result.stderr).splitlines()
    findings = "\n".join(line for line in lines if not NOISE.match(line))
    if result.returncode != 0 and not findings:
        findings = f"{file}: error: clang-tidy ended with status {result.returncode}"
    return findings


def write_together(path, files):
    path.write_text("".join(f'#include "{file}"\n' for file in files))


def conflicting(flags, file):
    """Returns the files with errors among those that a file includes."""
    result = subprocess.run(["clang++-14", "-fsyntax-only", "-ferror-limit=0", "-w", *flags, file],
                            capture_output=True, text=True, check=False)
    return set(re.findall(r"^(/[^:]+):\d+:\d+: (?:fatal )?error:", result.stderr, re.MULTILINE))


def check(group):
    flags, files = group
    with tempfile.TemporaryDirectory() as directory:
        together = pathlib.Path(directory) / "together.cc"
        write_together(together, files)
        alone = conflicting(flags, str(together))
        write_together(together, [file for file in files if file not in alone])
        findings = [tidy(flags, str(together))]
    findings += [tidy(flags, file) for file in files if file in alone]
    return "\n".join(filter(None, findings))


def main():
    build, files = pathlib.Path(sys.argv[1]), sys.argv[2:]
    found = set()
    jobs = int(os.environ.get("JOBS", os.cpu_count()))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for findings in pool.map(check, groups_of(build, files)):
            # A header is read with several groups.
            if findings and findings not in found:
                found.add(findings)
                print(findings, flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

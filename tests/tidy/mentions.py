#!/usr/bin/env python3
"""Checks that what the documentation and the comments name exists: the files, the targets of links,
the members of classes, the constants, and the flags of the programs.

    mentions.py ROOT        prints every name that does not exist; exits with 1 if there are any
"""
import pathlib
import re
import sys

SOURCES = {".h", ".cc", ".proto", ".py", ".sh", ".txt", ".yml", ".json", ".toml"}
# These names are not those of files in the source tree.
NOT_SOURCES = re.compile(
    r"NAME|PROGRAM"  # placeholders
    r"|grpc/|grpcpp/|google/|absl/|rocksdb/|xxhash\.h|build/|usr/|proc/|server/v3")
FILE = re.compile(r"(?<![\w./<>-])((?:[\w*…-]+/)*[\w*…-]+\.(?:h|cc|proto|py|sh))(?![\w/-])")
FOLDER = re.compile(r"(?:[\w-]+/)+")
LINK = re.compile(r"\]\(([^)#]+)?(#[^)]*)?\)")
CODE = re.compile(r"`([^`\n]+)`")
MEMBER = re.compile(r"([A-Z]\w+)::(\w+)")
CONSTANT = re.compile(r"\bk[A-Z]\w+\b")
FLAG = re.compile(r"(?<![\w-])--([a-z][a-z0-9-]+)")
# Members in the example of metadata/record_family.h.
EXAMPLES = {"kQuota", "quota"}
# Flags of other programs that the pages show, unless the source tree also uses them.
FLAGS_OF_OTHERS = {"build", "preset", "target"}


def tracked(root):
    """Every file of the source tree, by its path below the root."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if parts[0].startswith(("build", ".", "quickstart-data")) or "__pycache__" in parts:
            continue
        if path.is_file():
            yield path.relative_to(root)


class Tree:
    def __init__(self, root):
        self.root = root
        self.files = list(tracked(root))
        self.names = {str(path) for path in self.files}
        self.folders = {str(parent) for path in self.files for parent in path.parents}
        self.texts = {path: (root / path).read_text(errors="replace") for path in self.files
                      if path.suffix in SOURCES or path.name == "CMakeLists.txt"}
        everything = "\n".join(self.texts.values())
        # Comments do not count, or each would prove itself.
        self.words = set(re.findall(r"\w+", re.sub(r"//.*", "", everything)))
        self.flags = (set(re.findall(r'"([a-z][a-z0-9-]+)"', everything))
                      | set(FLAG.findall(everything)))

    def has_file(self, name, near):
        """Whether a file has this name: from the root, or from a folder above or below `near`."""
        if "*" in name or "…" in name:
            pattern = re.escape(name).replace(r"\*", "[^/]*").replace("…", "[^/]*")
            return any(re.fullmatch(f"(.*/)?{pattern}", path) for path in self.names)
        if name in self.names or str(near / name) in self.names:
            return True
        return any(path.endswith("/" + name) for path in self.names)

    def has_folder(self, name, near):
        name = name.rstrip("/")
        return (name in self.folders or str(near / name) in self.folders
                or any(path.endswith("/" + name) for path in self.folders))


def anchor_of(heading):
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def check_files(tree, path, number, text):
    for name in FILE.findall(text):
        if not NOT_SOURCES.search(name) and not tree.has_file(name, path.parent):
            yield f"{path}:{number}: there is no file {name}"


def check_members(tree, path, number, text):
    for owner, member in MEMBER.findall(text):
        if not {owner, member} <= tree.words | EXAMPLES:
            yield f"{path}:{number}: there is no {owner}::{member}"


def check_flags(tree, path, number, text):
    for flag in FLAG.findall(text):
        if flag not in tree.flags and flag not in FLAGS_OF_OTHERS:
            yield f"{path}:{number}: no program has the flag --{flag}"


def check_code(tree, path, number, code):
    """Checks one piece of code in a page."""
    yield from check_files(tree, path, number, code)
    if FOLDER.fullmatch(code) and not NOT_SOURCES.match(code):
        if code.split("/")[0] in tree.folders and not tree.has_folder(code, path.parent):
            yield f"{path}:{number}: there is no folder {code}"
    yield from check_members(tree, path, number, code)
    for constant in CONSTANT.findall(code):
        if constant not in tree.words:
            yield f"{path}:{number}: there is no {constant}"
    yield from check_flags(tree, path, number, code)


def check_links(tree, path, number, line):
    for target, anchor in LINK.findall(line):
        if target.startswith(("http:", "https:")):
            continue
        page = (tree.root / path.parent / target).resolve() if target else tree.root / path
        if not page.exists():
            yield f"{path}:{number}: the link to {target} leads nowhere"
        elif anchor and page.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
            if anchor[1:] not in map(anchor_of, headings):
                yield f"{path}:{number}: {target or path} has no heading {anchor}"


def check_pages(tree):
    for path in tree.files:
        if path.suffix != ".md":
            continue
        is_example = False
        for number, line in enumerate((tree.root / path).read_text().splitlines(), 1):
            if line.startswith("```"):
                is_example = not is_example
            elif is_example or line.startswith("    "):
                yield from check_flags(tree, path, number, line)
            else:
                yield from check_links(tree, path, number, line)
                for code in CODE.findall(line):
                    yield from check_code(tree, path, number, code)


def check_comments(tree):
    for path, text in tree.texts.items():
        if path.suffix not in (".h", ".cc", ".proto"):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            comment = re.search(r"(?:^|\s)//(.*)", line)
            if comment:
                yield from check_files(tree, path, number, comment.group(1))
                yield from check_members(tree, path, number, comment.group(1))


def main():
    tree = Tree(pathlib.Path(sys.argv[1]).resolve())
    missing = [problem for check in (check_pages, check_comments) for problem in check(tree)]
    print("\n".join(missing) or "everything that is named exists")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

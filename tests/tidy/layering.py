#!/usr/bin/env python3
"""The rules of the source tree that no compiler checks: who may include whom (docs/ARCHITECTURE.md),
that every folder says what it is for, and that every proto field, method and message is commented.

    layering.py ROOT        exits 1 and prints every violation
"""
import pathlib
import re
import sys

# Folder -> the folders it may include, besides itself.
MAY_INCLUDE = {
    "base": set(),
    "raft": {"base"},
    "storage": {"base", "raft"},
    "metadata": {"base", "proto"},
    "controller": {"base", "proto", "metadata", "raft"},
    "broker": {"base", "proto", "metadata"},
    "client": {"base", "proto", "metadata"},
    "server": {"base", "proto", "raft", "storage", "metadata", "controller", "broker", "client"},
    "cli": {"base", "proto", "metadata", "raft", "storage", "client"},
    "bench": {"base", "proto", "metadata", "storage", "client", "tests"},
}
# Of raft/, storage/, controller/ and cli/ know the ports and nouns only, not the core or its driver.
RAFT_API = {"durable_log.h", "entry.h", "log_end.h", "message.h", "replicated_log.h", "snapshot.h", "snapshot_store.h",
            "types.h", "voter_set.h"}
RAFT_API_ONLY = {"storage", "controller", "cli"}
GRPC_FOLDERS = {"client", "server", "cli", "bench", "tests"}
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]')
PROTO_ITEM = re.compile(r"^\s*(?:message|enum|service|rpc|oneof)\s+\w+|^\s*(?:optional |repeated )?[\w.]+ \w+ = \d+;|^\s*[A-Z][A-Z0-9_]* = \d+;")


def folder_of(include):
    if include.startswith("quorate/"):
        return "proto"
    head = include.split("/")[0]
    return head if head in MAY_INCLUDE or head == "tests" else None


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1)


def check_includes(root):
    for folder, allowed in MAY_INCLUDE.items():
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            is_test = "_test." in path.name or "testing" in path.relative_to(root).parts
            for number, include in includes(path):
                where = f"{path.relative_to(root)}:{number}"
                if include.startswith(("grpc/", "grpcpp/")) and folder not in GRPC_FOLDERS:
                    yield f"{where}: only client/, server/, cli/ and bench/ include gRPC"
                target = folder_of(include)
                if target is None or target == folder:
                    continue
                if target == "tests" and is_test:
                    continue
                if target not in allowed:
                    yield f"{where}: {folder}/ must not include {include}"
                elif (target == "raft" and folder in RAFT_API_ONLY and not is_test
                      and include.split("/")[-1] not in RAFT_API):
                    yield f"{where}: {folder}/ knows raft's api only, not {include}"


def check_headers(root):
    for folder in MAY_INCLUDE:
        for path in sorted((root / folder).rglob("*.h")):
            lines = path.read_text().splitlines()
            if not lines or not lines[0].startswith("// "):
                yield f"{path.relative_to(root)}:1: a header opens with what it is for"
            if "#pragma once" not in lines:
                yield f"{path.relative_to(root)}:1: no #pragma once"
        if not (root / folder / "README.md").exists():
            yield f"{folder}/README.md: missing"


def check_protos(root):
    for path in sorted((root / "proto").rglob("*.proto")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines, 1):
            if PROTO_ITEM.match(line) and not line.strip().startswith(("package", "import")):
                if not lines[number - 2].strip().startswith("//"):
                    yield f"{path.relative_to(root)}:{number}: no comment above '{line.strip()}'"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    violations = [*check_includes(root), *check_headers(root), *check_protos(root)]
    print("\n".join(violations) or "every rule of the source tree holds")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())

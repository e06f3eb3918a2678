#!/usr/bin/env python3
"""Checks the rules of the source tree that a compiler does not check: which folder may include
which (docs/ARCHITECTURE.md), that the decisions are pure, that every folder has a README and every
header an opening comment, and that every proto field, method and message has a comment.

    layering.py ROOT        prints every violation; exits with 1 if there are any
"""
import pathlib
import re
import sys

# Folder -> the other folders that it may include.
MAY_INCLUDE = {
    "base": set(),
    "security": {"base"},
    "raft": {"base"},
    "storage": {"base", "raft"},
    "audit": {"base", "proto", "storage"},
    "metadata": {"base", "proto"},
    "controller": {"base", "proto", "metadata", "raft"},
    "broker": {"base", "proto", "metadata"},
    "client": {"base", "security", "proto", "metadata"},
    "server": {"base", "security", "proto", "raft", "storage", "audit", "metadata", "controller",
               "broker", "client"},
    "cli": {"base", "security", "proto", "metadata", "raft", "storage", "audit", "client"},
    "bench": {"base", "proto", "metadata", "storage", "client", "tests"},
}
# These folders may include raft/api/, but neither the core nor its driver.
RAFT_API_ONLY = {"storage", "controller", "cli"}
# Folder -> its rooms -> the other rooms of the same folder that each may include.
ROOMS = {
    "raft": {
        "api": set(),
        "core": {"api"},
        "node": {"api", "core"},
    },
    "server": {
        "node": set(),
        "feed": {"node"},
        "metrics": {"feed", "node"},
        "security": set(),
        "calls": {"node"},
        # The front ends never include each other.
        "peer": {"calls", "node", "security"},
        "grpc": {"calls", "feed", "node", "security"},
        "broker": {"calls", "node"},
        "http": {"calls"},
        "program": {"broker", "calls", "feed", "grpc", "http", "metrics", "node", "peer",
                    "security"},
    },
}
# The decisions are pure functions, so nothing that they include, directly or through other headers,
# may be an executor, a clock, a lock, a device or a port. These are all the headers of this project
# that they may include besides each other, metadata/ and the generated protobuf code, ...
DECISIONS = "controller/decide/"
DECISIONS_MAY_INCLUDE = {
    "base/byte_order.h", "base/check.h", "base/host_port.h", "base/ids.h", "base/overloaded.h",
    "base/quote.h",
    "base/random.h", "base/strong_id.h", "base/time.h", "base/uuid.h",
    "controller/answer.h",
    "raft/api/entry.h", "raft/api/quorum_status.h", "raft/api/types.h", "raft/api/voter_set.h",
}
# ... and all the headers of libraries that the files in controller/decide/ may include themselves.
DECISIONS_MAY_INCLUDE_OF_LIBRARIES = re.compile(
    r"absl/(?:algorithm|container|numeric|status|strings|types)/\w+\.h|absl/functional/function_ref\.h|"
    r"google/protobuf/.+\.h|xxhash\.h|"
    r"algorithm|array|bit|cmath|compare|concepts|cstddef|cstdint|functional|iterator|limits|map|memory|"
    r"numeric|optional|set|span|string|string_view|tuple|type_traits|utility|variant|vector")
GRPC_FOLDERS = {"client", "server", "cli", "bench", "tests"}
# Rooms of these folders that must not include gRPC.
ROOMS_WITHOUT_GRPC = {("server", "feed"), ("server", "http"), ("server", "metrics"),
                      ("server", "node")}
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]')
PROTO_ITEM = re.compile(r"^\s*(?:message|enum|service|rpc|oneof)\s+\w+|^\s*(?:optional |repeated )?[\w.]+ \w+ = \d+;|^\s*[A-Z][A-Z0-9_]* = \d+;")
# File in metadata/families/ -> the other families that it may include.
FAMILIES_MAY_INCLUDE = {
    # Records that hold partitions change topics.
    "partition_changes": {"topics"},
    "partition_texts": {"topics"},
    "partitions": {"topics"},
    # The configs of a topic are removed with it.
    "topics": {"configs"},
}
# These headers include every family.
ALL_FAMILIES = {"metadata/families/families.h", "metadata/image_state.h",
                "metadata/record_builders.h"}


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


def room_of(path):
    """The room in a path below the root, such as "api" in raft/api/entry.h."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[1] in ROOMS.get(parts[0], {}) else None


def check_rooms(root):
    for folder, rooms in ROOMS.items():
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            name = str(path.relative_to(root))
            if "testing" in path.relative_to(root).parts or path.parent == root / folder:
                continue
            room = room_of(name)
            if room is None:
                yield f"{name}: in no room of {folder}/ that layering.py knows"
                continue
            for number, include in includes(path):
                target = room_of(include) if include.startswith(folder + "/") else None
                if target is not None and target != room and target not in rooms[room]:
                    if "_test." not in path.name:
                        yield f"{name}:{number}: {folder}/{room}/ must not include {include}"
                if include.startswith(("grpc/", "grpcpp/")) and (folder, room) in ROOMS_WITHOUT_GRPC:
                    yield f"{name}:{number}: {folder}/{room}/ must not include gRPC"


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
                      and not include.startswith("raft/api/")):
                    yield f"{where}: {folder}/ may include raft/api/ only, not {include}"


def is_of_this_project(include):
    return include.split("/")[0] in MAY_INCLUDE and "/" in include


def decisions_may_include(include):
    if is_of_this_project(include):
        return (include.startswith((DECISIONS, "metadata/")) and "/testing/" not in include
                or include in DECISIONS_MAY_INCLUDE)
    return folder_of(include) == "proto" or DECISIONS_MAY_INCLUDE_OF_LIBRARIES.fullmatch(include)


def check_decisions(root):
    """Follows the headers of this project, so that a header between cannot hide one of the others."""
    for path in sorted((root / DECISIONS).rglob("*")):
        if path.suffix not in (".h", ".cc") or path.name.endswith("_test.cc"):
            continue
        for number, include in includes(path):
            if not decisions_may_include(include):
                yield f"{path.relative_to(root)}:{number}: {DECISIONS} must not include {include}"
    for name in sorted(DECISIONS_MAY_INCLUDE):
        for number, include in includes(root / name):
            if is_of_this_project(include) and not decisions_may_include(include):
                yield f"{name}:{number}: {DECISIONS} includes this header, so it must not include {include}"
    for path in sorted((root / "metadata").glob("*.h")):
        for number, include in includes(path):
            if is_of_this_project(include) and not decisions_may_include(include):
                yield (f"{path.relative_to(root)}:{number}: {DECISIONS} may include this header, "
                       f"so it must not include {include}")


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


def check_families(root):
    for path in sorted((root / "metadata" / "families").glob("*")):
        if path.suffix not in (".h", ".cc") or "_test." in path.name or path.name == "families.h":
            continue
        allowed = FAMILIES_MAY_INCLUDE.get(path.stem, set())
        for number, include in includes(path):
            if include in ALL_FAMILIES:
                is_allowed = bool(allowed)
            elif include.startswith("metadata/families/"):
                is_allowed = pathlib.Path(include).stem in {path.stem, *allowed}
            else:
                is_allowed = True
            if not is_allowed:
                yield f"{path.relative_to(root)}:{number}: a record family must not include {include}"


def check_protos(root):
    for path in sorted((root / "proto").rglob("*.proto")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines, 1):
            if PROTO_ITEM.match(line) and not line.strip().startswith(("package", "import")):
                if not lines[number - 2].strip().startswith("//"):
                    yield f"{path.relative_to(root)}:{number}: no comment above '{line.strip()}'"


def check_image(root):
    """The image is built from every folder that the build adds, except that it runs no tests."""
    added = re.findall(r"add_subdirectory\((\w+)\)", (root / "CMakeLists.txt").read_text())
    dockerfile = (root / "deploy" / "Dockerfile").read_text().splitlines()
    sent = (root / ".dockerignore").read_text().splitlines()
    for folder in sorted(set(added) - {"tests"}):
        if f"COPY {folder} {folder}" not in dockerfile:
            yield f"deploy/Dockerfile: no line 'COPY {folder} {folder}'"
        if f"!{folder}" not in sent:
            yield f".dockerignore: no line '!{folder}'"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    checks = (check_includes, check_rooms, check_decisions, check_headers, check_families,
              check_protos, check_image)
    violations = [violation for check in checks for violation in check(root)]
    print("\n".join(violations) or "every rule of the source tree holds")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())

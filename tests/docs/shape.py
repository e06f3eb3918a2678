"""Checks whether a live answer has the shape of the documented one.

Values that vary between clusters need not be equal: ids, offsets, epochs, times, addresses, and
which node leads. Such a value must have the same kind as the documented one. The live value is
remembered, so that it replaces the documented value in later commands. All other values must be
equal.
"""

import re

_ID = re.compile(r"[A-Za-z0-9+/]{22}==|[A-Za-z0-9_-]{22}")
_NUMBER = re.compile(r"-?\d+")
_ADDRESS = re.compile(r"[\w.-]+:\d+")
# What a text may contain that varies between clusters: addresses, controllers and ids.
_REFERENCE = re.compile(rf"{_ADDRESS.pattern}|controller \d+|{_ID.pattern}")

# The format of each value that need not be equal, by its key. A number may be absent, because JSON
# omits a number that is 0.
_VARYING = {
    "active_controller_id": _NUMBER,
    "active_since_ms": _NUMBER,
    "answered_by": _NUMBER,
    "append_time_ms": _NUMBER,
    "base_offset": _NUMBER,
    "broker_epoch": _NUMBER,
    "cause": re.compile(
        r"controller \d+ elected after \d+ ms: .*|activation: [a-z ]+|register broker \d+"),
    "client_endpoint": _ADDRESS,
    "cluster_id": _ID,
    "controller_endpoint": _ADDRESS,
    "controller_epoch": _NUMBER,
    "directory_id": _ID,
    "controller": _NUMBER,
    "end": _NUMBER,
    "end_offset": _NUMBER,
    "endpoint": _ADDRESS,
    "epoch": _NUMBER,
    "follower_count": _NUMBER,
    "free_disk_bytes": _NUMBER,
    "high_watermark": _NUMBER,
    "incarnation_id": _ID,
    "lag": _NUMBER,
    "last_caught_up_age_ms": _NUMBER,
    "last_contact_age_ms": _NUMBER,
    "last_metadata_age_ms": _NUMBER,
    "leader_count": _NUMBER,
    "leader_epoch": _NUMBER,
    "leader_id": _NUMBER,
    "leader_since_ms": _NUMBER,
    "log_end_offset": _NUMBER,
    "metadata_end_offset": _NUMBER,
    "metadata_endpoint": _ADDRESS,
    "metadata_epoch": _NUMBER,
    "node_id": _NUMBER,
    "page": re.compile(r"# HELP .*", re.DOTALL),
    "partition_epoch": _NUMBER,
    "peer_address": _ADDRESS,
    "peer_endpoint": _ADDRESS,
    "records": re.compile(r"[A-Za-z0-9+/]+=*"),
    "replica_count": _NUMBER,
    "reported_leader_count": _NUMBER,
    "retry_after_ms": _NUMBER,
    "role": re.compile(r"ROLE_LEADER|ROLE_FOLLOWER"),
    "topic_id": _ID,
}
# Lists whose order or members vary. Only their lengths are compared.
_VARYING_LISTS = {"replicas", "isr"}


class Shapes:
    """Compares answers, and remembers the live value for each documented value."""

    def __init__(self, references):
        """references: live values by documented endpoint or name ("controller 1")."""
        self._live = dict(references)

    def to_live(self, value, key=""):
        """Returns a documented request or text with its values replaced by the live ones."""
        if isinstance(value, dict):
            return {name: self.to_live(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.to_live(item, key) for item in value]
        if (key, str(value)) in self._live:
            return self._live[(key, str(value))]
        if isinstance(value, str):
            return _REFERENCE.sub(lambda found: self._live.get(found.group(), found.group()), value)
        return value

    def differences(self, documented, live, path="", key=""):
        """Returns one line for each difference."""
        if key in _VARYING and not isinstance(documented, (dict, list)):
            return self._varying_difference(documented, live, path, key)
        if isinstance(documented, dict) and isinstance(live, dict):
            found = []
            for name in sorted(documented.keys() | live.keys()):
                where = f"{path}.{name}"
                if name in documented and name in live:
                    found += self.differences(documented[name], live[name], where, name)
                elif _VARYING.get(name) is not _NUMBER:
                    found.append(f"{where}: only in the {'page' if name in documented else 'answer'}")
            return found
        if isinstance(documented, list) and isinstance(live, list):
            if len(documented) != len(live):
                return [f"{path}: {len(documented)} items in the page, {len(live)} in the answer"]
            if key in _VARYING_LISTS:
                return []
            return [difference for i, (one, other) in enumerate(zip(documented, live))
                    for difference in self.differences(one, other, f"{path}[{i}]", key)]
        if self.to_live(documented, key) != live:
            return [f"{path}: {documented!r} in the page, {live!r} in the answer"]
        return []

    def _varying_difference(self, documented, live, path, key):
        pattern = _VARYING[key]
        for value in (documented, live):
            if pattern.fullmatch(str(value)) is None:
                return [f"{path}: {value!r} does not look like any {key}"]
        if pattern is _NUMBER:
            self._live.setdefault((key, str(documented)), live)
        if pattern is _ID:
            for form in (_as_text, _as_bytes):
                self._live.setdefault(form(documented), form(live))
        return []


def _as_text(identifier):
    """Returns an id as string fields contain it: 22 characters of base64url."""
    return identifier.rstrip("=").replace("+", "-").replace("/", "_")


def _as_bytes(identifier):
    """Returns an id as JSON contains it in a bytes field: standard base64."""
    return _as_text(identifier).replace("-", "+").replace("_", "/") + "=="

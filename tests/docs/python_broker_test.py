#!/usr/bin/python3
"""Runs examples/python-broker as a fourth broker of a cluster of real programs on loopback.

    python_broker_test.py BUILD_DIRECTORY

Exits with 0 if the broker registers, takes up its roles, brings replicas back into its ISRs and
stops in good order. Otherwise prints what was expected and all logs.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_EXAMPLE = _ROOT / "examples/python-broker"
sys.path.insert(0, str(_ROOT / "tests/harness"))

from local_cluster import LocalCluster, free_endpoints, start  # noqa: E402 (needs the path above)

_DEADLINE_S = 60


def wait_for(what, condition):
    """Waits until `condition()` holds. Raises AssertionError naming `what` if it does not."""
    end = time.monotonic() + _DEADLINE_S
    while not condition():
        assert time.monotonic() < end, f"expected {what}"
        time.sleep(0.05)


class PythonBroker:
    """The example as broker 4. Its modules are generated into `directory`."""

    def __init__(self, cluster, directory):
        modules = directory / "modules"
        modules.mkdir()
        subprocess.run([_EXAMPLE / "generate.sh", modules], check=True)
        self._log = directory / "python-broker.log"
        port = free_endpoints(1)[0].rpartition(":")[2]
        os.environ["PYTHONPATH"] = str(modules)
        self.process = start([sys.executable, "-B", _EXAMPLE / "broker.py", "4", port,
                              cluster.bootstrap], self._log)

    def wait_for_line(self, text):
        wait_for(f"'broker 4: {text}'",
                 lambda: f"broker 4: {text}\n" in self._log.read_text(encoding="utf-8"))


def partitions(cluster):
    """Returns the partitions of the topic, by index."""
    described = cluster.quoratectl("topics", "describe", "orders", "--output", "json")
    return json.loads(described.stdout)["topics"][0]["partitions"]


def run(cluster, directory):
    broker = PythonBroker(cluster, directory)
    try:
        broker.wait_for_line("unfenced")
        created = cluster.quoratectl("topics", "create", "orders", "--assignment", "4:1,1:4,2:3")
        assert created.returncode == 0, created.stderr
        broker.wait_for_line("orders-0: leader, epoch 0")
        broker.wait_for_line("orders-1: follower of 1, epoch 0")

        cluster.kill("broker-1")
        broker.wait_for_line("orders-1: leader, epoch 1")
        cluster.start("broker-1")
        wait_for("broker 1 in the ISRs again", lambda: all(
            sorted(each["isr"]) == [1, 4] for each in partitions(cluster)[:2]))

        broker.process.send_signal(signal.SIGTERM)
        broker.wait_for_line("orders-0: follower of 1, epoch 1")
        broker.wait_for_line("stopped")
        assert broker.process.wait(_DEADLINE_S) == 0, "expected exit status 0"
        wait_for("broker 4 in no ISR", lambda: all(
            each["isr"] == [1] for each in partitions(cluster)[:2]))
    finally:
        broker.process.kill()
        broker.process.wait()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as name, LocalCluster(sys.argv[1], name) as cluster:
        if not cluster.start_all():
            sys.exit(1)
        try:
            run(cluster, pathlib.Path(name))
        except AssertionError as error:
            cluster.print_logs()
            sys.exit(f"FAILED: {error}")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Runs the examples of docs/grpc.md against a fresh cluster of real programs on loopback.

    run_examples.py BUILD_DIRECTORY docs/grpc.md

Exits with the status of reflection_client.py, or with 1 if the cluster does not become ready.
"""

import pathlib
import subprocess
import sys
import tempfile

_HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE.parent / "harness"))

from local_cluster import LocalCluster  # noqa: E402 (needs the path above)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    build, page = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory, LocalCluster(build, directory) as cluster:
        if not cluster.start_all():
            sys.exit(1)
        brokers = ",".join(cluster.clients[name] for name in cluster.brokers)
        checked = subprocess.run([sys.executable, "-B", _HERE / "reflection_client.py", page,
                                  "--controllers", cluster.bootstrap, "--brokers", brokers],
                                 check=False)
        sys.exit(checked.returncode)


if __name__ == "__main__":
    main()

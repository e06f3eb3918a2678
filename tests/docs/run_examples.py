#!/usr/bin/python3
"""Runs the examples of docs/grpc.md against a fresh cluster of real programs on loopback.

    run_examples.py BUILD_DIRECTORY docs/grpc.md

Exits with the status of reflection_client.py, or with 1 if the cluster does not become ready.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile

_CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
_NUMBERS = (1, 2, 3)


def free_endpoints(count):
    """Returns loopback endpoints that were free a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    endpoints = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return endpoints


def start(command, log):
    """Starts a program without QUORATE_* variables in its environment."""
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith("QUORATE_")}
    with open(log, "w", encoding="utf-8") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, env=environment)


def stop(processes):
    """Stops the processes, last started first: an orderly stop of a broker needs controllers."""
    for process in reversed(processes):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start_all(build, directory, clients, peers, brokers):
    """Starts three controllers and three brokers. Yields each process as soon as it is started."""
    voters = ",".join(f"{number}@{peer}" for number, peer in zip(_NUMBERS, peers))
    for number, endpoint in zip(_NUMBERS, clients):
        yield start([build / "server/quorate-controller", f"--cluster-id={_CLUSTER_ID}",
                     f"--node-id={number}", f"--voters={voters}",
                     f"--data-dir={directory}/controller-{number}", f"--client-listen={endpoint}"],
                    f"{directory}/controller-{number}.log")
    for number, endpoint in zip(_NUMBERS, brokers):
        yield start([build / "server/quorate-broker", f"--cluster-id={_CLUSTER_ID}",
                     f"--broker-id={number}", f"--bootstrap={','.join(clients)}",
                     f"--listen={endpoint}"], f"{directory}/broker-{number}.log")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    build, page = pathlib.Path(sys.argv[1]), sys.argv[2]
    endpoints = free_endpoints(9)
    clients, peers, brokers = endpoints[:3], endpoints[3:6], endpoints[6:]
    processes = []
    with tempfile.TemporaryDirectory() as directory:
        try:
            for process in start_all(build, directory, clients, peers, brokers):
                processes.append(process)
            ready = subprocess.run([build / "cli/quoratectl", "cluster", "wait", "--ready",
                                    "--brokers", "3", "--timeout", "60s", "--bootstrap",
                                    ",".join(clients)], check=False)
            if ready.returncode != 0:
                for log in sorted(pathlib.Path(directory).glob("*.log")):
                    print(f"--- {log.name}\n{log.read_text(encoding='utf-8')}")
                sys.exit(1)
            client = pathlib.Path(__file__).with_name("reflection_client.py")
            checked = subprocess.run([sys.executable, "-B", client, page, "--controllers",
                                      ",".join(clients), "--brokers", ",".join(brokers)],
                                     check=False)
            sys.exit(checked.returncode)
        finally:
            stop(processes)


if __name__ == "__main__":
    main()

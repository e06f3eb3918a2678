"""Starts controllers and brokers on loopback, for tests in Python."""

import os
import pathlib
import signal
import socket
import subprocess

CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
_ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_endpoints(count):
    """Returns loopback endpoints that were free a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    endpoints = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return endpoints


def start(command, log, **options):
    """Starts a program without QUORATE_* variables. Appends its output to `log`."""
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith("QUORATE_")}
    with open(log, "a", encoding="utf-8") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, env=environment, **options)


def stop(processes):
    """Stops the processes, last started first: an orderly stop of a broker needs controllers."""
    for process in reversed(processes):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class LocalCluster:
    """Three controllers and three brokers, named "controller-1" to "broker-3".

    `build` is the build directory, `directory` an existing one for data and logs. With `tls`, all
    processes use certificates of deploy/make-certificates.sh. `controller_flags` are more flags of
    the controllers. A context manager: it stops the processes at the end.
    """

    def __init__(self, build, directory, tls=False, controller_flags=()):
        self._build = pathlib.Path(build).resolve()
        self.directory = pathlib.Path(directory)
        self._tls = tls
        self._controller_flags = controller_flags
        self.controllers = [f"controller-{number}" for number in (1, 2, 3)]
        self.brokers = [f"broker-{number}" for number in (1, 2, 3)]
        names = self.controllers + self.brokers
        endpoints = free_endpoints(15)
        # The endpoints by name: for clients, for the other controllers, and for monitoring.
        self.clients = dict(zip(names, endpoints[:6]))
        self.metrics = dict(zip(names, endpoints[6:12]))
        self._peers = dict(zip(self.controllers, endpoints[12:]))
        self._processes = {}
        if tls:
            subprocess.run([_ROOT / "deploy/make-certificates.sh", self.directory / "tls",
                            "--cluster-id", CLUSTER_ID], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stop(list(self._processes.values()))

    @property
    def bootstrap(self):
        return ",".join(self.clients[name] for name in self.controllers)

    def _tls_flags(self, name):
        tls = self.directory / "tls"
        return [f"--tls-cert={tls}/{name}.pem", f"--tls-key={tls}/{name}-key.pem",
                f"--tls-ca={tls}/ca.pem"] if self._tls else []

    def start(self, name):
        """Starts one process. It may have run before."""
        kind, number = name.split("-")
        if kind == "controller":
            voters = ",".join(f"{node.split('-')[1]}@{peer}" for node, peer in self._peers.items())
            flags = [f"--node-id={number}", f"--voters={voters}",
                     f"--client-listen={self.clients[name]}", *self._controller_flags]
        else:
            flags = [f"--broker-id={number}", f"--bootstrap={self.bootstrap}",
                     f"--listen={self.clients[name]}"]
        self._processes[name] = start(
            [self._build / f"server/quorate-{kind}", f"--cluster-id={CLUSTER_ID}",
             f"--data-dir={self.directory}/{name}", f"--metrics-listen={self.metrics[name]}",
             *flags, *self._tls_flags(name)], self.directory / f"{name}.log")

    def kill(self, name):
        """Ends a process with SIGKILL."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def start_all(self):
        """Starts all processes. Returns whether they became ready, and prints the logs if not."""
        for name in self.controllers + self.brokers:
            self.start(name)
        waited = self.quoratectl("cluster", "wait", "--ready", "--brokers", "3", "--timeout", "60s")
        if waited.returncode != 0:
            self.print_logs()
        return waited.returncode == 0

    def print_logs(self):
        for log in sorted(self.directory.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(encoding='utf-8')}")

    def quoratectl_command(self, *arguments):
        return [self._build / "cli/quoratectl", *arguments, f"--bootstrap={self.bootstrap}",
                *self._tls_flags("admin")]

    def quoratectl(self, *arguments):
        """Runs quoratectl. The result has the exit status and the text of both outputs."""
        return subprocess.run(self.quoratectl_command(*arguments), check=False, text=True,
                              capture_output=True)

#!/usr/bin/python3
"""Runs every query of deploy/observe/ on the data of a real cluster through a failover.

    failover_test.py BUILD_DIRECTORY [--pictures DIRECTORY]

Prometheus and promtool must be on PATH, or unpacked in BUILD_DIRECTORY/prometheus (see
deploy/packages.sh); otherwise the exit status is 77. With --pictures, it also draws the run.
"""

import argparse
import contextlib
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

_HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE.parent / "harness"))

# These need the path above.
import observe_files  # noqa: E402
import pictures  # noqa: E402
from local_cluster import LocalCluster  # noqa: E402
from observe_files import with_variables  # noqa: E402
from prometheus import SCRAPE_INTERVAL_S, Prometheus  # noqa: E402

# Panels of which every value may be 0 in this run.
_MAY_BE_ZERO = {"Queued tasks", "Refused calls", "Subscriber lag", "Waiting requests"}
# The step of the panels. It is long, so that missed scrapes on a slow machine do not hide an event.
_STEP_S = 10
# Small enough that snapshots are written, for the panel of their age.
_CONTROLLER_FLAGS = ["--snapshot-min-log-bytes=100000"]


class Run:
    """A cluster under writes whose active controller and one of whose brokers die and return."""

    def __init__(self, cluster, prometheus):
        self._cluster = cluster
        self._prometheus = prometheus
        self.events = []
        self.start_s = time.time()
        self.end_s = None
        self.write_gap = None

    def _note(self, text, name):
        self.events.append({"at_s": time.time(), "text": text, "node": name})

    def _await_alert(self, name):
        """Waits until the alert is raised, and some seconds more of its data."""
        self._prometheus.await_result(
            f'count_over_time(ALERTS{{alertname="{name}", alertstate="firing"}}[10s]) >= 8')

    def _await_no_alert(self, name):
        self._prometheus.await_that(f"{name} is not raised", lambda: all(
            rule["state"] == "inactive" for rule in self._prometheus.rules()
            if rule["name"] == name))

    def _await_steady(self, condition):
        """Waits until a condition has held for most of five seconds: a slow machine misses scrapes."""
        self._prometheus.await_result(f"count_over_time(({condition})[5s:500ms]) >= 8")

    @contextlib.contextmanager
    def _writes(self):
        """Writes without a pause meanwhile, and keeps the widest gap between two writes."""
        command = self._cluster.quoratectl_command("check", "write-gap", "--until-eof",
                                                   "--output", "json")
        writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            yield
        finally:
            output, _ = writer.communicate(b"", timeout=60)
        self.write_gap = json.loads(output)

    def execute(self):
        await_result = self._prometheus.await_result
        must = self._must
        await_result('count(up{job=~"quorate-.*"} == 1) == 6')
        must("topics", "create", "orders", "--partitions", "12", "--replication-factor", "3")
        must("topics", "create", "logs", "--partitions", "6", "--replication-factor", "1")
        await_result("sum(quorate_broker_led_partitions) == 18")
        with self._writes():
            self._await_steady("sum(rate(quorate_raft_commit_seconds_count[5s])) > 1")
            self._lose_the_active_controller()
        self._await_steady("sum(quorate_broker_led_partitions) == 18")
        self._lose_a_broker()
        self.end_s = time.time()

    def _must(self, *arguments):
        done = self._cluster.quoratectl(*arguments)
        if done.returncode != 0:
            raise RuntimeError(f"quoratectl {' '.join(arguments)}: {done.stderr}")

    def _lose_the_active_controller(self):
        await_result = self._prometheus.await_result
        labels, _ = await_result("quorate_active_controller == 1")[0]
        name = labels["instance"].split(":")[0]
        self._cluster.kill(name)
        self._note("kill -9", name)
        await_result(f'sum(quorate_active_controller{{instance!~"{name}:.*"}}) == 1')
        self._await_alert("QuorateQuorumDegraded")
        self._cluster.start(name)
        self._note("restart", name)
        self._await_no_alert("QuorateQuorumDegraded")
        self._must("cluster", "wait", "--ready", "--max-lag", "0", "--timeout", "60s")
        self._await_steady("sum(quorate_raft_peer_in_session) == 6")
        self._must("quorum", "transfer", "--to", name.split("-")[1])
        self._note("transfer back", name)
        await_result('sum(rate(quorate_raft_leadership_ends_total{reason="transferred"}[10s])) > 0')
        self._prometheus.await_that("failed calls show", self._failed_calls_show)
        self._await_steady(f'quorate_active_controller{{instance=~"{name}:.*"}} == 1')

    def _failed_calls_show(self):
        """Makes a call that fails. Returns whether Prometheus has seen the number of failures grow.

        It does not grow for Prometheus if all failures happen before the first scrape that has it.
        """
        if self._cluster.quoratectl("quorum", "transfer", "--to", "9").returncode == 0:
            raise RuntimeError("leadership was transferred to a controller that does not exist")
        return self._prometheus.query('sum(rate(quorate_calls_total{code!="OK"}[10s])) > 0')

    def _lose_a_broker(self):
        name = "broker-2"
        self._cluster.kill(name)
        self._note("kill -9", name)
        self._prometheus.await_result('max(quorate_brokers{state="fenced"}) == 1')
        self._await_alert("QuorateOfflinePartitions")
        self._cluster.start(name)
        self._note("restart", name)
        self._await_no_alert("QuorateOfflinePartitions")
        self._await_steady("max(quorate_partitions_under_replicated) == 0 "
                           "and sum(quorate_broker_led_partitions) == 18")


class Checks:
    """What every query must return. Collects the failures."""

    def __init__(self, prometheus, run):
        self._prometheus = prometheus
        self._range = (run.start_s, run.end_s)
        self.failures = []
        self.count = 0

    def _check(self, holds, what):
        self.count += 1
        if not holds:
            self.failures.append(what)

    def selectors_match(self, expression, where):
        for selector in sorted(observe_files.selectors(expression)):
            self._check(self._prometheus.has_series(selector, *self._range),
                        f"{where}: no series matches {selector}")

    def panel(self, where, query):
        expression = with_variables(query.expression, _STEP_S, SCRAPE_INTERVAL_S)
        self.selectors_match(expression, where)
        series = self._prometheus.query_range(expression, *self._range)
        values = [value for _, points in series for _, value in points if not math.isnan(value)]
        self._check(values, f"{where}: no data")
        self._check(query.panel in _MAY_BE_ZERO or any(values), f"{where}: every value is 0")
        for label in re.findall(r"{{(\w+)}}", query.legend):
            self._check(all(label in labels for labels, _ in series),
                        f"{where}: the legend names the label {label}, and a series lacks it")

    def alert(self, rule):
        where = f"alert {rule['alert']}"
        self.selectors_match(rule["expr"], where)
        self._prometheus.query(rule["expr"])

    def rules_are_healthy(self):
        rules = self._prometheus.rules()
        self._check(len(rules) == len(observe_files.alerts()), "Prometheus lacks an alert")
        for rule in rules:
            self._check(rule["health"] == "ok", f"alert {rule['name']}: {rule.get('lastError')}")


def check_all(prometheus, run):
    checks = Checks(prometheus, run)
    checks.rules_are_healthy()
    for rule in observe_files.alerts():
        checks.alert(rule)
    for file, dashboard in observe_files.dashboards().items():
        for query in observe_files.queries(dashboard):
            checks.panel(f"{file}: {query.panel}: {query.expression}", query)
    return checks


def run_promtool():
    """Returns whether promtool accepts the alerts and their tests."""
    return all(subprocess.run(["promtool", *arguments], cwd=observe_files.OBSERVE,
                              check=False).returncode == 0
               for arguments in (["check", "rules", "alerts.yml"],
                                 ["test", "rules", "alerts_test.yml"]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path)
    arguments = parser.parse_args()
    unpacked = arguments.build.resolve() / "prometheus/usr/bin"
    os.environ["PATH"] += f":{unpacked}"
    if not (shutil.which("prometheus") and shutil.which("promtool")):
        print("skipped: prometheus and promtool are not installed")
        sys.exit(77)
    if not run_promtool():
        sys.exit(1)
    with tempfile.TemporaryDirectory() as directory, \
            LocalCluster(arguments.build, directory, tls=True,
                         controller_flags=_CONTROLLER_FLAGS) as cluster:
        if not cluster.start_all():
            sys.exit(1)
        with Prometheus(directory, cluster.metrics) as prometheus:
            run = Run(cluster, prometheus)
            run.execute()
            checks = check_all(prometheus, run)
            if arguments.pictures:
                pictures.draw(prometheus, run, arguments.pictures)
    print("\n".join(checks.failures))
    print(f"{checks.count} checks, {len(checks.failures)} failed")
    sys.exit(1 if checks.failures else 0)


if __name__ == "__main__":
    main()

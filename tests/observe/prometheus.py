"""Runs Prometheus with the configuration of deploy/observe/ against a LocalCluster."""

import json
import pathlib
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

from local_cluster import free_endpoints, start, stop

OBSERVE = pathlib.Path(__file__).resolve().parents[2] / "deploy/observe"
SCRAPE_INTERVAL_S = 0.5
# The longest time that a test waits for a condition. Only a broken program makes it wait this long.
_PATIENCE_S = 120


def local_configuration(targets):
    """Returns prometheus.yml for loopback and with a short interval.

    `targets` maps the name of a process to its endpoint. The label instance keeps the name and port
    of the original target, so that queries give the same labels as in containers.
    """
    configuration = yaml.safe_load((OBSERVE / "prometheus.yml").read_text(encoding="utf-8"))
    interval = f"{int(SCRAPE_INTERVAL_S * 1000)}ms"
    configuration["global"].update(scrape_interval=interval, scrape_timeout=interval,
                                   evaluation_interval=interval)
    configuration["rule_files"] = [str(OBSERVE / pathlib.Path(name).name)
                                   for name in configuration["rule_files"]]
    for job in configuration["scrape_configs"]:
        job["static_configs"] = [{"targets": [targets[target.split(":")[0]]],
                                  "labels": {"instance": target}}
                                 for group in job["static_configs"]
                                 for target in group["targets"]]
    return configuration


class Prometheus:
    """A context manager: it stops Prometheus at the end."""

    def __init__(self, directory, targets):
        directory = pathlib.Path(directory)
        file = directory / "prometheus.yml"
        file.write_text(yaml.safe_dump(local_configuration(targets)), encoding="utf-8")
        endpoint = free_endpoints(1)[0]
        self._url = f"http://{endpoint}"
        self._log = directory / "prometheus.log"
        self._process = start(["prometheus", f"--config.file={file}",
                               f"--storage.tsdb.path={directory}/prometheus",
                               f"--web.listen-address={endpoint}"], self._log)

    def __enter__(self):
        try:
            self.await_that("Prometheus answers", self._is_ready)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        stop([self._process])

    def _is_ready(self):
        try:
            with urllib.request.urlopen(f"{self._url}/-/ready", timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False

    def await_that(self, what, condition):
        """Waits until `condition` returns a true value, and returns it."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            value = condition()
            if value:
                return value
            if self._process.poll() is not None:
                raise RuntimeError(f"Prometheus ended: {self._log.read_text(encoding='utf-8')}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {_PATIENCE_S} s until {what}")
            time.sleep(0.05)

    def await_result(self, expression):
        """Waits until a query has a result, and returns it: a list of (labels, value)."""
        return self.await_that(expression, lambda: self.query(expression))

    def _get(self, path, **parameters):
        url = f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(f"{parameters}: {json.load(error)['error']}") from error

    def query(self, expression):
        """Evaluates now. Returns a list of (labels, value). Raises ValueError if it is invalid."""
        data = self._get("query", query=expression)
        return [(series["metric"], float(series["value"][1])) for series in data["result"]]

    def query_range(self, expression, start_s, end_s, step_s=SCRAPE_INTERVAL_S):
        """Evaluates over a time. Returns a list of (labels, [(time in s, value), …])."""
        data = self._get("query_range", query=expression, start=start_s, end=end_s, step=step_s)
        return [(series["metric"], [(at, float(value)) for at, value in series["values"]])
                for series in data["result"]]

    def has_series(self, selector, start_s, end_s):
        """Whether a series matched the selector at any time."""
        return bool(self._get("series", **{"match[]": selector}, start=start_s, end=end_s))

    def rules(self):
        """Returns the alert rules with their state and health."""
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

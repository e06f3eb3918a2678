"""Reads the alerts and dashboards of deploy/observe/, and what docs/ says about them."""

import dataclasses
import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
OBSERVE = ROOT / "deploy/observe"
_KEYWORDS = {"and", "or", "unless", "bool", "offset"}
# Series that Prometheus itself makes.
SERIES_OF_PROMETHEUS = {"up", "ALERTS"}


@dataclasses.dataclass(frozen=True)
class Query:
    """A query of a panel."""
    panel: str
    expression: str
    legend: str


def read_yaml(name):
    return yaml.safe_load((OBSERVE / name).read_text(encoding="utf-8"))


def alerts():
    return [rule for group in read_yaml("alerts.yml")["groups"] for rule in group["rules"]]


def dashboards():
    """Returns the dashboards by their file name."""
    return {path.name: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted((OBSERVE / "grafana/dashboards").glob("*.json"))}


def queries(dashboard):
    return [Query(panel["title"], target["expr"], target["legendFormat"])
            for panel in dashboard["panels"] for target in panel["targets"]]


def with_variables(expression, step_s, scrape_interval_s):
    """Replaces the variables of Grafana as it does for a panel with a point every `step_s`."""
    window_s = max(step_s + scrape_interval_s, 4 * scrape_interval_s)
    return expression.replace("$__rate_interval", f"{int(window_s * 1000)}ms")


def selectors(expression):
    """Returns the vector selectors of an expression, for example `up{job="x"}`."""
    # What remains without the label lists and ranges is a selector if it is not a function.
    rest = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", expression)
    rest = re.sub(r"\[[^\]]*\]", " ", rest)
    found = re.findall(r"(?<![\w.])([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?\s*(\()?", rest)
    return {name + matchers for name, matchers, call in found
            if not call and name not in _KEYWORDS}


def metric_names(expression):
    return {selector.split("{")[0] for selector in selectors(expression)} - SERIES_OF_PROMETHEUS


def documented_metrics():
    """Returns the names of the series that docs/metrics.md describes."""
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    names = set()
    for name, kind in re.findall(r"^\| `(\w+)` \| (\w+) \|", page, re.MULTILINE):
        suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        names.update(name + suffix for suffix in suffixes)
    return names


def headings(page):
    """Returns the headings of a page below docs/."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^#+ (.*)$", text, re.MULTILINE)

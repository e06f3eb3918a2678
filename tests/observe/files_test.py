#!/usr/bin/python3
"""Checks that the files of deploy/observe/ agree with each other and with docs/."""

import re
import unittest

import observe_files
from observe_files import alerts, dashboards, documented_metrics, metric_names, queries, selectors

_UNITS = {"short", "s", "bytes", "Bps", "reqps"}
_WIDTH = 24


def cells(panel):
    """Returns the cells of the grid that a panel covers."""
    position = panel["gridPos"]
    return {(x, y) for x in range(position["x"], position["x"] + position["w"])
            for y in range(position["y"], position["y"] + position["h"])}


class SelectorsTest(unittest.TestCase):

    def test_functions_labels_and_keywords_are_no_selectors(self):
        self.assertEqual(
            selectors('sum by (instance, le) (rate(a_total{x=~"b.*", y!="c"}[5m])) > 0.1 '
                      'and on () max(b:c) - on (peer) group_right () d unless e offset 5m'),
            {'a_total{x=~"b.*", y!="c"}', "b:c", "d", "e"})
        self.assertEqual(selectors("a - time() < 14 * 86400 or vector(0)"), {"a"})
        self.assertEqual(metric_names('up{job="x"} == 0 or a'), {"a"})


class AlertsTest(unittest.TestCase):

    def test_every_metric_is_documented(self):
        known = documented_metrics()
        for rule in alerts():
            with self.subTest(rule["alert"]):
                self.assertEqual(metric_names(rule["expr"]) - known, set())

    def test_every_alert_has_a_severity_and_a_runbook(self):
        sections = observe_files.headings("operations.md")
        for rule in alerts():
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
                self.assertEqual(set(rule["annotations"]), {"summary", "description", "runbook"})
                self.assertEqual(sections.count(rule["annotations"]["runbook"]), 1)

    def test_every_alert_is_tested(self):
        names = [rule["alert"] for rule in alerts()]
        self.assertEqual(len(names), len(set(names)))
        raised, quiet = set(), set()
        for test in observe_files.read_yaml("alerts_test.yml")["tests"]:
            for case in test["alert_rule_test"]:
                (raised if case["exp_alerts"] else quiet).add(case["alertname"])
        self.assertEqual(raised, set(names))
        self.assertEqual(quiet, set(names))


class DashboardsTest(unittest.TestCase):

    def test_every_metric_is_documented(self):
        known = documented_metrics()
        for file, dashboard in dashboards().items():
            for query in queries(dashboard):
                with self.subTest(f"{file}: {query.panel}"):
                    self.assertEqual(metric_names(query.expression) - known, set())

    def test_dashboards_and_panels_have_ids_of_their_own(self):
        boards = dashboards().values()
        self.assertEqual(len(boards), 3)
        self.assertEqual(len({board["uid"] for board in boards}), 3)
        self.assertEqual(len({board["title"] for board in boards}), 3)
        for file, board in dashboards().items():
            with self.subTest(file):
                for key in ("id", "title"):
                    values = [panel[key] for panel in board["panels"]]
                    self.assertEqual(len(values), len(set(values)), key)

    def test_panels_do_not_overlap(self):
        for file, board in dashboards().items():
            taken = set()
            for panel in board["panels"]:
                with self.subTest(f"{file}: {panel['title']}"):
                    covered = cells(panel)
                    self.assertLess(max(x for x, _ in covered), _WIDTH)
                    self.assertFalse(covered & taken)
                    taken |= covered

    def test_every_panel_uses_the_provisioned_data_source(self):
        source, = observe_files.read_yaml(
            "grafana/provisioning/datasources/prometheus.yml")["datasources"]
        expected = {"type": source["type"], "uid": source["uid"]}
        for file, board in dashboards().items():
            for panel in board["panels"]:
                with self.subTest(f"{file}: {panel['title']}"):
                    self.assertEqual(panel["datasource"], expected)

    def test_every_panel_can_be_drawn(self):
        for file, board in dashboards().items():
            for panel in board["panels"]:
                with self.subTest(f"{file}: {panel['title']}"):
                    self.assertIn(panel["type"], ("stat", "timeseries"))
                    self.assertIn(panel["fieldConfig"]["defaults"]["unit"], _UNITS)
                    self.assertTrue(panel["description"])
                    references = [target["refId"] for target in panel["targets"]]
                    self.assertTrue(references)
                    self.assertEqual(len(references), len(set(references)))


class ComposeTest(unittest.TestCase):

    def test_every_program_is_scraped_at_the_port_that_it_serves(self):
        compose = (observe_files.ROOT / "deploy/docker-compose.yml").read_text(encoding="utf-8")
        port = re.search(r"QUORATE_METRICS_LISTEN: 0\.0\.0\.0:(\d+)", compose).group(1)
        programs = re.findall(r"^  ((?:controller|broker)-\d):$", compose.split("\nvolumes:")[0],
                              re.MULTILINE)
        targets = [target for job in observe_files.read_yaml("prometheus.yml")["scrape_configs"]
                   for group in job["static_configs"] for target in group["targets"]]
        self.assertEqual(sorted(targets), sorted(f"{name}:{port}" for name in programs))
        self.assertEqual(len(targets), 6)


if __name__ == "__main__":
    unittest.main()

"""Draws how the failover and the death of a broker of failover_test.py look in the metrics."""

from prometheus import SCRAPE_INTERVAL_S
from svg_figure import Figure

_COLORS = {"controller-1": "#2563eb", "controller-2": "#d97706", "controller-3": "#059669",
           "broker-1": "#2563eb", "broker-2": "#d97706", "broker-3": "#059669"}
_DOWN, _PALE, _STARTS = "#9ca3af", "#dbeafe", "#fde68a"
_RED, _AMBER, _GREEN = "#dc2626", "#f59e0b", "#059669"
_BEFORE_S, _AFTER_S = 4, 5


def _name(labels):
    return labels["instance"].split(":")[0]


def _spans(points, value=1):
    """Returns the spans of time in which a series has a value, as [(begin, end), …]."""
    spans = []
    for at in sorted(at for at, now in points.items() if now == value):
        if spans and at - spans[-1][1] < 0.5 * SCRAPE_INTERVAL_S:
            spans[-1][1] = at + SCRAPE_INTERVAL_S
        else:
            spans.append([at, at + SCRAPE_INTERVAL_S])
    return spans


class _Recording:
    """The series of a part of the run, with times relative to its first event."""

    def __init__(self, prometheus, events, end_s):
        self._prometheus = prometheus
        self._zero_s = events[0]["at_s"]
        self.begin = -_BEFORE_S
        self.end = min(events[-1]["at_s"] + _AFTER_S, end_s) - self._zero_s
        self.events = [(event["at_s"] - self._zero_s, event["text"]) for event in events]

    def __call__(self, expression):
        """Returns [(labels, {time: value}), …]."""
        series = self._prometheus.query_range(expression, self._zero_s + self.begin,
                                              self._zero_s + self.end)
        return [(labels, {at - self._zero_s: value for at, value in points if value == value})
                for labels, points in series]

    def figure(self, title, subtitle, axis):
        figure = Figure(title, subtitle, self.begin, self.end, SCRAPE_INTERVAL_S, axis)
        for at, text in self.events:
            figure.event(at, text)
        return figure

    def state_of_alert(self, name):
        """Returns the lane of an alert."""
        lane = []
        for state, color in (("pending", _AMBER), ("firing", _RED)):
            for _, points in self(f'ALERTS{{alertname="{name}", alertstate="{state}"}}'):
                lane += [(*span, color, state, "#ffffff") for span in _spans(points)]
        return (f"alert {name.removeprefix('Quorate')}", lane)

    def down(self, job):
        """Returns the spans in which each process did not answer, by its name."""
        return {_name(labels): [(*span, _DOWN, "down", "#ffffff") for span in _spans(points, 0)]
                for labels, points in self(f'up{{job="{job}"}}')}


def _failover(recording, write_gap):
    figure = recording.figure(
        "A failover, as seen in the metrics",
        "A client writes without a pause. The widest gap between two acknowledged writes, over all "
        f"of this: {write_gap['widest_gap_ms']:.0f} ms",
        "seconds since the active controller was killed")
    lanes = recording.down("quorate-controller")
    epochs = {_name(labels): points for labels, points in recording("quorate_raft_epoch")}
    for labels, points in recording("quorate_active_controller"):
        name = _name(labels)
        lanes[name] += [(*span, _PALE, "follows", "#6b7280") for span in _spans(points, 0)]
        lanes[name] += [(*span, _COLORS[name], f"epoch {epochs[name][span[0]]:.0f}", "#ffffff")
                        for span in _spans(points)]
    figure.lanes("Active controller and epoch",
                 [*sorted(lanes.items()), recording.state_of_alert("QuorateQuorumDegraded")])
    window = f"[{int(SCRAPE_INTERVAL_S * 4000)}ms]"
    commits = recording(f"sum by (instance) (rate(quorate_raft_commit_seconds_count{window})) > 0")
    figure.lines("Commits per second, by the controller that leads",
                 [(_name(labels), _COLORS[_name(labels)], points)
                  for labels, points in sorted(commits, key=lambda each: _name(each[0]))])
    latency = []
    for text, color, quantile in (("median", "#2563eb", 0.5), ("p99", "#7c3aed", 0.99)):
        (_, points), = recording(f"1000 * histogram_quantile({quantile}, sum by (le) "
                                 f"(rate(quorate_raft_commit_seconds_bucket{window})))")
        latency.append((text, color, points))
    figure.lines("Commit latency in ms", latency)
    return figure


def _brokers(recording):
    figure = recording.figure(
        "A dead broker, as seen in the metrics",
        "Partitions with three replicas get another leader at once. Those with one are offline "
        "until the broker returns.",
        "seconds since the broker was killed")
    lanes = recording.down("quorate-broker")
    for labels, points in recording("quorate_broker_state"):
        color = _PALE if labels["state"] == "running" else _STARTS
        lanes[_name(labels)] += [(*span, color, labels["state"], "#6b7280")
                                 for span in _spans(points)]
    figure.lanes("State of the brokers",
                 [*sorted(lanes.items()), recording.state_of_alert("QuorateOfflinePartitions")],
                 [(_PALE, "running"), (_STARTS, "starting or fenced"), (_DOWN, "down")])
    led = recording("quorate_broker_led_partitions")
    figure.lines("Partitions led",
                 [(_name(labels), _COLORS[_name(labels)], points)
                  for labels, points in sorted(led, key=lambda each: _name(each[0]))],
                 stacked=True, stepped=True)
    partitions = []
    for text, color, metric in (
            ("under-replicated", _AMBER, "quorate_partitions_under_replicated"),
            ("offline", _RED, "quorate_partitions_offline")):
        (_, points), = recording(f"max({metric})")
        partitions.append((text, color, points))
    figure.lines("Partitions with a problem", partitions, stepped=True)
    (_, fenced), = recording('max(quorate_brokers{state="fenced"})')
    (_, active), = recording('max(quorate_brokers{state="active"})')
    figure.lines("Registered brokers", [("active", _GREEN, active), ("fenced", _RED, fenced)],
                 height=60, stepped=True)
    return figure


def draw(prometheus, run, directory):
    """Writes failover.svg and dead_broker.svg."""
    directory.mkdir(parents=True, exist_ok=True)
    for kind, name, make in (
            ("controller", "failover", lambda recording: _failover(recording, run.write_gap)),
            ("broker", "dead_broker", _brokers)):
        events = [event for event in run.events if event["node"].startswith(kind)]
        figure = make(_Recording(prometheus, events, run.end_s))
        (directory / f"{name}.svg").write_text(figure.svg(), encoding="utf-8")

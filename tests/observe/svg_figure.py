"""Draws time series as SVG: panels below each other with one time axis and marked events."""

import html
import math

_WIDTH, _LEFT, _RIGHT = 860, 150, 24
_EVENTS, _TOP, _GAP = 76, 108, 40
_LANE, _LANE_GAP = 22, 6
_GREY, _LIGHT, _TEXT = "#6b7280", "#e5e7eb", "#1f2937"


def _round_up(value):
    """Returns the next round number that is not below `value`."""
    power = 10 ** math.floor(math.log10(value)) if value > 0 else 1
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= value)


def _number(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"


class Figure:
    """Collects panels and events. Times are seconds on the axis."""

    def __init__(self, title, subtitle, begin, end, step, axis):
        self._begin, self._end, self._step = begin, end, step
        self._parts = []
        self._y = _TOP
        self._events = []
        self._bodies = []
        self._axis = axis
        self._text(_LEFT - 126, 30, title, size=17, weight=600)
        self._text(_LEFT - 126, 50, subtitle, size=12, fill=_GREY)

    def _x(self, at):
        share = (min(max(at, self._begin), self._end) - self._begin) / (self._end - self._begin)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def _add(self, element, **attributes):
        text = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
        self._parts.append(f"<{element}{text}/>")

    def _text(self, x, y, text, size=11, fill=_TEXT, anchor="start", weight=400):
        self._parts.append(f'<text x="{x}" y="{y}" font-size="{size}" fill="{fill}" '
                           f'text-anchor="{anchor}" font-weight="{weight}">{html.escape(text)}</text>')

    def event(self, at, text):
        self._events.append((at, text))

    def _heading(self, text, legend=()):
        self._text(_LEFT, self._y - 8, text, size=12, weight=600)
        x = _WIDTH - _RIGHT
        for color, name in reversed(list(legend)):
            x -= 6.6 * len(name)
            self._text(round(x, 1), self._y - 8, name, fill=_GREY)
            x -= 16
            self._add("rect", x=round(x, 1), y=self._y - 17, width=11, height=11, rx=2, fill=color)
            x -= 14

    def lanes(self, heading, rows, legend=()):
        """Draws one lane for each row: (name, [(begin, end, color, text, text color), …])."""
        self._heading(heading, legend)
        top = self._y
        for name, spans in rows:
            self._text(_LEFT - 10, self._y + 15, name, fill=_GREY, anchor="end")
            self._add("rect", x=_LEFT, y=self._y, width=_WIDTH - _LEFT - _RIGHT, height=_LANE,
                      rx=3, fill="#f3f4f6")
            for begin, end, color, text, text_color in spans:
                left, right = self._x(begin), self._x(end)
                self._add("rect", x=left, y=self._y, width=round(right - left, 1), height=_LANE,
                          rx=3, fill=color)
                if right - left > 6.5 * len(text):
                    self._text(round((left + right) / 2, 1), self._y + 15, text, fill=text_color,
                               anchor="middle")
            self._y += _LANE + _LANE_GAP
        self._bodies.append((top, self._y - _LANE_GAP))
        self._y += _GAP - _LANE_GAP

    def lines(self, heading, series, height=96, stacked=False, stepped=False):
        """Draws series: (name, color, {time: value}). Missing times are gaps."""
        times = sorted({at for _, _, points in series for at in points})
        if stacked:
            tops = [sum(points.get(at, 0) for _, _, points in series) for at in times]
        else:
            tops = [value for _, _, points in series for value in points.values()]
        limit = _round_up(max(tops, default=1) or 1)
        self._heading(heading, [(color, name) for name, color, _ in series])
        bottom = self._y + height

        def to_y(value):
            return round(bottom - height * value / limit, 1)

        for value in (0, limit / 2, limit):
            self._add("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=to_y(value), y2=to_y(value),
                      stroke=_LIGHT)
            self._text(_LEFT - 10, to_y(value) + 4, _number(value), fill=_GREY, anchor="end")
        below = dict.fromkeys(times, 0)
        for _, color, points in series:
            if stacked:
                above = {at: below[at] + points.get(at, 0) for at in times}
                edge = self._outline(times, above, to_y, stepped)
                back = self._outline(times, below, to_y, stepped)[::-1]
                self._add("polygon", points=" ".join(f"{x},{y}" for x, y in edge + back),
                          fill=color, fill_opacity="0.75")
                below = above
                continue
            for run in self._runs(points):
                outline = self._outline(run, points, to_y, stepped)
                self._add("polyline", points=" ".join(f"{x},{y}" for x, y in outline), fill="none",
                          stroke=color, stroke_width="1.8", stroke_linejoin="round",
                          stroke_linecap="round")
        self._bodies.append((self._y, bottom))
        self._y = bottom + _GAP

    def _runs(self, points):
        """Splits the times of a series at its gaps."""
        runs = []
        for at in sorted(points):
            if runs and at - runs[-1][-1] < 1.5 * self._step:
                runs[-1].append(at)
            else:
                runs.append([at])
        return runs

    def _outline(self, times, points, to_y, stepped):
        outline = []
        for at in times:
            if stepped and outline:
                outline.append((self._x(at), outline[-1][1]))
            outline.append((self._x(at), to_y(points[at])))
        return outline

    def _draw_axis(self, bottom):
        every = next(step for step in (1, 2, 5, 10, 20, 30, 60, 120)
                     if (self._end - self._begin) / step <= 12)
        for at in range(math.ceil(self._begin / every) * every, math.floor(self._end) + 1, every):
            x = self._x(at)
            self._add("line", x1=x, x2=x, y1=bottom, y2=bottom + 4, stroke=_GREY)
            self._text(x, bottom + 17, str(at), fill=_GREY, anchor="middle")
        self._add("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=bottom, y2=bottom, stroke=_GREY)
        self._text(_WIDTH - _RIGHT, bottom + 33, self._axis, fill=_GREY, anchor="end")

    def svg(self):
        bottom = self._y - _GAP + 10
        self._draw_axis(bottom)
        for at, text in self._events:
            x = self._x(at)
            for upper, lower in self._bodies:
                self._add("line", x1=x, x2=x, y1=upper - 2, y2=lower + 2, stroke="#b91c1c",
                          stroke_dasharray="4 3")
            self._text(x, _EVENTS, text, fill="#b91c1c", anchor="middle")
        height = bottom + 46
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
                f'viewBox="0 0 {_WIDTH} {height}" '
                'font-family="system-ui, -apple-system, \'Segoe UI\', Helvetica, Arial, sans-serif">\n'
                f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#ffffff"/>\n'
                + "\n".join(self._parts) + "\n</svg>\n")

"""Charts of pages: values that `static/js/charts.js` draws, and that the page shows as a table as well.

A page builds a Chart and shows it with the macro `chart` of `charts.html`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

Position = date | str  # a day, an aware time, or the name of a category


class ChartKind(StrEnum):
    """Kinds of charts."""

    STEPS = "steps"  # a value lasts until the next one; None is a gap
    LINES = "lines"  # straight lines between the values
    BARS = "bars"  # one bar for each category and series


class Point(NamedTuple):
    """A value at a position. `is_soft` marks one that is not current, such as the last price that was found."""

    at: Position
    value: float | None
    is_soft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A line, or the bars of one color."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLine:
    """A horizontal line at a value, with its name."""

    value: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A shaded range of values."""

    low: float
    high: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A shaded range of days, both included."""

    first: date
    last: date
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A labeled point, such as a record low."""

    at: Position
    value: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart: its series, what explains them, and the names of both axes.

    `x_name` names the positions (`search date`), and `y_name` the values (`miles per traveler, one way`).
    """

    kind: ChartKind
    series: Sequence[Series]
    x_name: str
    y_name: str
    lines: Sequence[ReferenceLine] = ()
    bands: Sequence[Band] = ()
    periods: Sequence[Period] = ()
    marks: Sequence[Mark] = ()
    soft_name: str = ""  # what the points with `is_soft` are

    @property
    def has_values(self) -> bool:
        """Return whether there is anything to draw."""
        return any(point.value is not None for series in self.series for point in series.points)

    @property
    def positions(self) -> list[Position]:
        """Return all positions: days and times in order, categories as the series list them."""
        found = dict.fromkeys(point.at for series in self.series for point in series.points)
        return list(found) if self.kind is ChartKind.BARS else sorted(found, key=_text)

    def rows(self) -> Iterator[tuple[Position, list[Point | None]]]:
        """Yield each position with the point of each series, for the table."""
        by_series = [{point.at: point for point in series.points} for series in self.series]
        for position in self.positions:
            yield position, [points.get(position) for points in by_series]

    def data(self) -> dict[str, Any]:
        """Return the chart for the script, as values that JSON has."""
        return {
            "kind": self.kind.value,
            "y_name": self.y_name,
            "categories": [_text(each) for each in self.positions] if self.kind is ChartKind.BARS else [],
            "series": [
                {"name": each.name, "points": [[_text(at), value, soft] for at, value, soft in each.points]}
                for each in self.series
            ],
            "lines": [[line.value, line.name] for line in self.lines],
            "bands": [[band.low, band.high, band.name] for band in self.bands],
            "periods": [[_text(each.first), _text(each.last), each.name] for each in self.periods],
            "marks": [[_text(mark.at), mark.value, mark.name] for mark in self.marks],
            "soft_name": self.soft_name,
        }


def _text(position: Position) -> str:
    if isinstance(position, datetime):
        return position.isoformat(timespec="seconds")
    return position.isoformat() if isinstance(position, date) else position

"""The days of departure as a strip of a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from awardspider.delivery.messages.cards.canvas import Canvas
from awardspider.delivery.messages.cards.fonts import Weight, drawable, text_width
from awardspider.delivery.messages.cards.text_layout import Style
from awardspider.delivery.messages.language import Language

_DAY = timedelta(days=1)
_MOST_NEIGHBORS = 3  # days beside a marked one
_LEAST_CELLS = 7


@dataclass(frozen=True, slots=True)
class StripDays:
    """The days of a strip, in groups without gaps, and the number of marked days that are not in it."""

    groups: tuple[tuple[date, ...], ...]
    more: int

    @property
    def cells(self) -> float:
        """The number of cells: one for each day and for the number of others, and half of one for a gap."""
        return sum(map(len, self.groups)) + (len(self.groups) - 1) / 2 + bool(self.more)


def strip_days(marked: Sequence[date], cells: int) -> StripDays:
    """Return the marked days with as many days around them as fit into the cells.

    A gap takes up half a cell, and the number of others one cell.
    """
    for neighbors in range(_MOST_NEIGHBORS, -1, -1):
        shown = {day + offset * _DAY for day in marked for offset in range(-neighbors, neighbors + 1)}
        strip = StripDays(_groups(sorted(shown)), 0)
        if strip.cells <= cells:
            return strip
    days = sorted(set(marked))
    for count in range(len(days) - 1, 0, -1):
        strip = StripDays(_groups(days[:count]), len(days) - count)
        if strip.cells <= cells:
            break
    return strip


def _groups(days: Sequence[date]) -> tuple[tuple[date, ...], ...]:
    groups: list[list[date]] = []
    for day in days:
        if not groups or day - groups[-1][-1] != _DAY:
            groups.append([])
        groups[-1].append(day)
    return tuple(map(tuple, groups))


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarStrip:
    """The days of departure among the days around them. `returns` is the day of the return, if any."""

    days: tuple[date, ...]
    returns: date | None
    language: Language
    cells: int
    size: int

    def height(self, width: int) -> int:
        """Return the height of the month, the weekday and the day."""
        return self._month_style.line_height + self._cell_height

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the strip."""
        marked = [*self.days, self.returns] if self.returns else list(self.days)
        strip = strip_days(marked, self.cells)
        cell = int(width / max(strip.cells, _LEAST_CELLS))
        top, left = y + self._month_style.line_height, float(x)
        places: list[tuple[date, float]] = []
        for number, group in enumerate(strip.groups):
            if number:
                self._draw_gap(canvas, left, top, cell)
                left += cell / 2
            for day in group:
                self._draw_day(canvas, round(left), top, cell, day)
                places.append((day, left))
                left += cell
        self._draw_months(canvas, y, places, x + width)
        if strip.more:
            self._centered(canvas, left, top, cell, f"+{strip.more}", self._day_style, canvas.colors.muted, 1)

    def _draw_months(self, canvas: Canvas, y: int, places: Sequence[tuple[date, float]], right: int) -> None:
        """Draw the months: all of them, or only those of marked days, in the longest form that fits."""
        marked = {(day.year, day.month) for day in (*self.days, self.returns) if day}
        firsts = {(day.year, day.month): left for day, left in reversed(places)}
        for months, show in (
            (firsts, self.language.month),
            (marked, self.language.month),
            (marked, self.language.short_month),
            (marked, self.language.month_name),
        ):
            labels = [
                (left + self._inset, drawable(show(date(*month, 1))))
                for month, left in sorted(firsts.items())
                if month in months
            ]
            ends = [left + text_width(text, Weight.SEMIBOLD, self.size) for left, text in labels]
            limits = [*(left - self.size // 2 for left, _ in labels[1:]), right]
            if all(end <= limit for end, limit in zip(ends, limits, strict=True)):
                break
        for left, text in labels:
            canvas.text(left, y, text, self._month_style, canvas.colors.muted)

    def _draw_day(self, canvas: Canvas, left: int, top: int, cell: int, day: date) -> None:
        colors, inset = canvas.colors, self._inset
        height, radius = self._cell_height, self.size // 2
        box = (left + inset, top, cell - 2 * inset, height)
        if day in self.days:
            canvas.panel(*box, radius, colors.accent)
            number_color = weekday_color = colors.on_accent
        elif day == self.returns:
            canvas.panel(*box, radius, colors.surface, colors.accent)
            number_color, weekday_color = colors.text, colors.muted
        else:
            number_color = weekday_color = colors.muted
        self._centered(canvas, left, top, cell, self.language.weekday(day), self._weekday_style, weekday_color, 0)
        self._centered(canvas, left, top, cell, str(day.day), self._day_style, number_color, 1)

    def _draw_gap(self, canvas: Canvas, left: float, top: int, cell: int) -> None:
        middle = top + self._cell_height / 2
        for step in (1, 2, 3):
            canvas.circle((left + step * cell / 8, middle), max(self.size // 14, 2), canvas.colors.muted)

    def _centered(
        self, canvas: Canvas, left: float, top: int, cell: int, text: str, style: Style, color: str, line: int
    ) -> None:
        """Draw text in the middle of a cell: the weekday on line 0, the day on line 1."""
        shown = drawable(text)
        padding = self.size // 3
        y = top + padding + line * self._weekday_style.line_height
        canvas.text(left + (cell - text_width(shown, style.weight, style.size)) / 2, y, shown, style, color)

    @property
    def _cell_height(self) -> int:
        return self._weekday_style.line_height + self._day_style.line_height + 2 * (self.size // 3)

    @property
    def _inset(self) -> int:
        return max(self.size // 10, 2)

    @property
    def _month_style(self) -> Style:
        return Style(Weight.SEMIBOLD, self.size, 1.5)

    @property
    def _weekday_style(self) -> Style:
        return Style(Weight.REGULAR, round(self.size * 0.86))

    @property
    def _day_style(self) -> Style:
        return Style(Weight.BOLD, round(self.size * 1.35), 1.2)

"""Charts of price histories as PNG files. Matplotlib takes a second to import, so only a chart imports it."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awardspider.commands._image_file import write_image_file
from awardspider.deals.usual_prices import UsualPrices
from awardspider.outcomes import Outcome
from awardspider.storage.route_history import MonthPrice, RouteHistory
from awardspider.storage.search_days import SearchDay

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Size in pixels.
WIDTH, HEIGHT = 1200, 800
_DPI = 100

# The colors of Okabe and Ito, which color-blind people can tell apart, in an order of alternating lightness. Line
# styles and markers differ too, so that a chart is readable in grayscale.
_COLORS = ("#0072B2", "#E69F00", "#000000", "#56B4E9", "#D55E00", "#009E73")
_LINES = ("-", "--", ":", "-", "--", ":")
_SALE_COLOR = "#F0E442"
_TEXT, _DIM, _GRID = "#222222", "#595959", "#DDDDDD"
_EMPTY_SHADE = "#EBEBEB"
_FAILED_HATCH = "#BDBDBD"

#: The most lines in one chart: more lines are hard to distinguish.
MAX_LINES = len(_COLORS)

_DAY = timedelta(days=1)
# What is written beside an axis with ticks of years, months, days, hours, minutes and seconds.
_DATE_OFFSETS = ["", "%Y", "%Y", "%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%d"]
_MIN_LABEL_GAP = 0.055  # between two labels beside a panel, as a part of its height


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLine:
    """The history of one program and cabin, and its name in the legend; `usual` is None with too few prices.

    `may_have_record` is False if the history is too short to call its lowest price a record low.
    """

    label: str
    history: RouteHistory
    usual: UsualPrices | None = None
    may_have_record: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartTexts:
    """The texts of a chart: the unit of the prices (`miles`), and the source in one line."""

    title: str
    subtitle: str
    unit: str
    source: str


def route_chart(lines: Sequence[ChartLine], texts: ChartTexts) -> Figure:
    """Return the chart of a route: the lowest price by search date, and by departure month."""
    figure = _new_figure(texts)
    by_search, by_month = figure.subplots(2, 1, height_ratios=(3, 2))
    _draw_search_dates(by_search, lines, texts.unit)
    _draw_months(by_month, lines, texts.unit)
    return figure


def offer_chart(prices: Sequence[tuple[datetime, int | None]], end: datetime, texts: ChartTexts) -> Figure:
    """Return the chart of one offer, whose price changed at these times; None means that it was gone."""
    figure = _new_figure(texts)
    axes = figure.subplots()
    times = [_position(changed_at) for changed_at, _ in prices]
    values = [_or_gap(price) for _, price in prices]
    last = max(_position(end), times[0] + 1 / 24)
    axes.plot([*times, last], [*values, values[-1]], color=_COLORS[0], linewidth=2, drawstyle="steps-post")
    _style_axes(axes, f"price over time\n{texts.unit} per traveler, one way")
    _style_dates(axes, times[0], last)
    axes.set_xlabel("time (UTC)", color=_DIM)
    return figure


def write_chart(figure: Figure, file: Path) -> None:
    """Write a chart as a PNG file; an existing one is replaced. Raise InvalidArgument if that is not possible."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    write_image_file(file, buffer.getvalue(), "--png")


# ---- the panels ------------------------------------------------------------------------------------------------------


def _new_figure(texts: ChartTexts) -> Figure:
    # Without a writable home, Matplotlib keeps its font cache in a temporary folder, and logs that.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as NewFigure
        from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.1, hspace=0.04)
    figure = NewFigure(figsize=(WIDTH / _DPI, HEIGHT / _DPI), dpi=_DPI, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    figure.suptitle(
        f"{texts.title}\n", x=0.015, ha="left", fontsize=17, fontweight="bold", color=_TEXT, linespacing=1.1
    )
    figure.text(0.015, 0.935, texts.subtitle, fontsize=11.5, color=_DIM, va="top")
    figure.supxlabel(texts.source, x=0.015, ha="left", fontsize=9, color=_DIM)
    return figure


def _draw_search_dates(axes: Axes, lines: Sequence[ChartLine], unit: str) -> None:
    _style_axes(axes, f"lowest price found\n{unit} per traveler, one way")
    days = sorted({day.day for line in lines for day in line.history.days})
    _shade_days_without_price(axes, lines)
    for index, line in enumerate(lines):
        x, y = _steps(line.history.days)
        axes.plot(
            x,
            y,
            color=_COLORS[index],
            linestyle=_LINES[index],
            linewidth=2,
            drawstyle="steps-post",
            label=line.label,
            solid_capstyle="butt",
            zorder=3,
        )
    labels: list[tuple[float, str]] = []
    if len(lines) == 1 and (usual := lines[0].usual):
        for miles, name, style in ((usual.median, "median", "--"), (usual.quarter, "25th percentile", ":")):
            axes.axhline(miles, color=_DIM, linestyle=style, linewidth=1.2, zorder=2)
            labels.append((miles, f"{name}\n{miles:,}"))
    _mark_sales(axes, lines)
    for index, line in enumerate(lines):
        _mark_lowest(axes, line, _COLORS[index], with_text=len(lines) == 1)
    _style_dates(axes, _position(days[0]), _position(days[-1] + _DAY))
    _add_margin(axes, [miles for miles, _ in labels])
    _label_at_the_right(axes, labels)
    axes.set_xlabel("search date (UTC)", color=_DIM)
    _add_legend(axes, [line.label for line in lines])


def _add_legend(axes: Axes, first: Sequence[str]) -> None:
    """Add a legend that begins with the labels `first` and contains every label once."""
    handles = {label: handle for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    labels = sorted(handles, key=lambda label: first.index(label) if label in first else len(first))
    axes.legend(
        [handles[label] for label in labels],
        labels,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=4,
        frameon=False,
        fontsize=9.5,
        borderaxespad=0.2,
        handlelength=2.5,
    )


def _steps(days: Sequence[SearchDay]) -> tuple[list[float], list[float]]:
    """Return the points of a step line: a price lasts for its day, and a day without one is a gap."""
    x: list[float] = []
    y: list[float] = []
    for day in days:
        start = _position(day.day)
        if x and x[-1] == start:  # the end of the day before, which the price of this day replaces
            x.pop()
            y.pop()
        elif x:
            x.append(x[-1])
            y.append(_or_gap(None))
        x += [start, start + 1]
        y += [_or_gap(day.lowest)] * 2
    return x, y


def _or_gap(price: int | None) -> float:
    return float("nan") if price is None else float(price)


def _shade_days_without_price(axes: Axes, lines: Sequence[ChartLine]) -> None:
    """Shade the days on which no line has a price."""
    outcomes: dict[date, set[Outcome]] = {}
    for line in lines:
        for day in line.history.days:
            outcomes.setdefault(day.day, set()).add(day.outcome)
    shaded = {day: found for day, found in outcomes.items() if Outcome.FOUND not in found}
    for is_failed, label, fill, edge, hatch in (
        (False, "searched, nothing found", _EMPTY_SHADE, _EMPTY_SHADE, None),
        (True, "searches failed", "white", _FAILED_HATCH, "////"),
    ):
        days = sorted(day for day, found in shaded.items() if (Outcome.FAILED in found) is is_failed)
        for start, end in _runs(days):
            axes.axvspan(
                _position(start),
                _position(end),
                facecolor=fill,
                edgecolor=edge,
                hatch=hatch,
                linewidth=0,
                label=label,
                zorder=1,
            )


def _runs(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Yield the first day of each run of consecutive days, and the day after its last."""
    for _, run in groupby(enumerate(days), lambda item: item[1].toordinal() - item[0]):
        ordered = [day for _, day in run]
        yield ordered[0], ordered[-1] + _DAY


def _mark_sales(axes: Axes, lines: Sequence[ChartLine]) -> None:
    on_sale = [day for line in lines for day in line.history.days if day.is_on_sale and day.lowest is not None]
    if on_sale:
        axes.plot(
            [_position(day.day) + 0.5 for day in on_sale],
            [_or_gap(day.lowest) for day in on_sale],
            linestyle="",
            marker="D",
            markersize=5,
            markerfacecolor=_SALE_COLOR,
            markeredgecolor=_TEXT,
            markeredgewidth=0.7,
            label="an offer is on sale",
            zorder=4,
        )


def _position(moment: date | datetime) -> float:
    """Return the position on an axis of dates: days since 1970-01-01 (UTC)."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), UTC)
    return moment.timestamp() / 86_400


def _mark_lowest(axes: Axes, line: ChartLine, color: str, *, with_text: bool) -> None:
    """Mark the record low if it is in the chart, otherwise the lowest price of the chart."""
    history = line.history
    priced = [(day.lowest, day.day) for day in history.days if day.lowest is not None]
    if not priced:
        return
    miles = min(price for price, _ in priced)
    day = max(day for price, day in priced if price == miles)
    record = history.lowest
    is_all = history.query.first_month is None and line.may_have_record
    is_record = is_all and record is not None and record.miles >= miles
    axes.plot(
        [_position(day) + 0.5],
        [miles],
        marker="o",
        markersize=9,
        markerfacecolor="none",
        markeredgecolor=color,
        markeredgewidth=1.8,
        linestyle="",
        label="_lowest" if with_text else "record low" if is_record else "lowest",
        zorder=5,
    )
    if with_text:
        place = (day - history.days[0].day) / max(history.days[-1].day - history.days[0].day, _DAY)
        axes.annotate(
            f"{'record low' if is_record else 'lowest'} {miles:,}, {day:%b} {day.day}",
            (_position(day) + 0.5, miles),
            xytext=(0, -16),
            textcoords="offset points",
            ha="left" if place < 0.15 else "right" if place > 0.85 else "center",
            va="top",
            fontsize=9.5,
            color=_TEXT,
            fontweight="bold",
            zorder=6,
        )


def _draw_months(axes: Axes, lines: Sequence[ChartLine], unit: str) -> None:
    _style_axes(axes, f"lowest price now\n{unit} per traveler, one way")
    axes.set_xlabel("departure month", color=_DIM)
    shown = sorted({price.month for line in lines for price in line.history.months})
    months = list(_months_between(shown[0], shown[-1])) if shown else []
    positions = {month: position for position, month in enumerate(months)}
    for index, line in enumerate(lines):
        offset = (index - (len(lines) - 1) / 2) * 0.8 / len(lines)
        for is_available in (True, False):
            prices = [price for price in line.history.months if price.is_available is is_available]
            if prices:
                x = [positions[price.month] + offset for price in prices]
                _draw_bars(axes, x, prices, _COLORS[index], 0.72 / len(lines), with_text=len(lines) == 1)
    axes.set_xticks(range(len(months)), [_month_label(month, month == months[0]) for month in months])
    axes.set_xlim(-0.6, max(len(months), 6) - 0.4)
    if not months:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no price for a departure from now on", transform=axes.transAxes, ha="center", color=_DIM)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.12)
    if any(not price.is_available for line in lines for price in line.history.months):
        axes.set_title(
            "filled: available now; outlined: the last price found, which is gone or was not seen again lately",
            loc="left",
            fontsize=9.5,
            color=_DIM,
        )


def _draw_bars(
    axes: Axes, x: Sequence[float], prices: Sequence[MonthPrice], color: str, width: float, *, with_text: bool
) -> None:
    is_available = prices[0].is_available
    bars = axes.bar(
        x,
        [price.miles for price in prices],
        width=width,
        color=color if is_available else "white",
        edgecolor=color,
        linewidth=1.2,
        linestyle="-" if is_available else (0, (3, 2)),
        zorder=3,
    )
    if with_text:
        texts = [_short_number(price.miles) for price in prices]
        axes.bar_label(bars, texts, padding=2, fontsize=9.5, color=_TEXT if is_available else _DIM)


# ---- style -----------------------------------------------------------------------------------------------------------


def _style_axes(axes: Axes, label: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_ylabel(label, color=_DIM, fontsize=10)
    axes.grid(axis="y", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color("#888888")
    axes.tick_params(axis="both", colors=_TEXT, length=3, labelsize=10)
    axes.tick_params(axis="y", length=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _style_dates(axes: Axes, first: float, last: float) -> None:
    from matplotlib import dates

    untyped: Any = dates
    locator = untyped.AutoDateLocator(minticks=3, maxticks=10)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator, offset_formats=_DATE_OFFSETS))
    axes.set_xlim(first, last)


def _add_margin(axes: Axes, values: Sequence[float]) -> None:
    """Leave room below the lowest price for its label, and for the values of the labeled lines."""
    low, high = axes.get_ylim()
    low, high = min([low, *values]), max([high, *values])
    margin = max((high - low) * 0.12, high * 0.02, 1)
    axes.set_ylim(max(0, low - 1.6 * margin), high + 0.6 * margin)


def _label_at_the_right(axes: Axes, labels: Sequence[tuple[float, str]]) -> None:
    """Write labels beside a panel at their values, moved apart if they would overlap."""
    low, high = axes.get_ylim()
    previous = -1.0
    for value, text in sorted(labels):
        position = max((value - low) / (high - low), previous + 2 * _MIN_LABEL_GAP)
        previous = position
        axes.text(1.008, position, text, transform=axes.transAxes, va="center", fontsize=9.5, color=_DIM)


def _months_between(first: date, last: date) -> Iterator[date]:
    month = first
    while month <= last:
        yield month
        month = (month + timedelta(days=31)).replace(day=1)


def _month_label(month: date, is_first: bool) -> str:
    return f"{month:%b}\n{month.year}" if is_first or month.month == 1 else f"{month:%b}"


def _short_number(miles: int) -> str:
    """Return `42.5k` for 42,500; other prices below 1,000,000 have at most one decimal too."""
    thousands = f"{miles / 1000:.1f}".removesuffix(".0")
    return f"{thousands}k" if miles >= 1000 else f"{miles}"

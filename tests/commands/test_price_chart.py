"""Charts of price histories: what a figure contains, and the file."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awardspider.commands._image_file import check_image_file
from awardspider.commands._price_chart import (
    HEIGHT,
    WIDTH,
    ChartLine,
    ChartTexts,
    offer_chart,
    route_chart,
    write_chart,
)
from awardspider.commands._route_history import chart_lines
from awardspider.deals.classes import Thresholds
from awardspider.deals.usual_prices import UsualPrices
from awardspider.items import Cabin
from awardspider.outcomes import InvalidArgument, Outcome
from awardspider.storage.route_history import LowestPrice, MonthPrice, RouteHistory
from awardspider.storage.route_queries import RouteQuery
from awardspider.storage.search_days import SearchDay
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

FIRST = date(2026, 11, 1)
TEXTS = ChartTexts(title="Los Angeles (LAX) to Tokyo (NRT)", subtitle="business", unit="miles", source="12 searches.")
USUAL = UsualPrices(median=75_000, quarter=65_000)
MARCH, MAY = date(2027, 3, 1), date(2027, 5, 1)

# By day of November, from the first search to the last one: a price, empty, failed, or not searched.
PRICES: tuple[int | Outcome | None, ...] = (
    80_000, 70_000, Outcome.EMPTY, Outcome.EMPTY, Outcome.FAILED, None, 60_000, 80_000,
)  # fmt: skip


def make_history(
    prices: tuple[int | Outcome | None, ...] = PRICES, *, sale: int | None = None, record: int | None = None
) -> RouteHistory:
    days = []
    for number, found in enumerate(prices):
        day = FIRST + timedelta(days=number)
        if isinstance(found, Outcome):
            days.append(SearchDay(day=day, outcome=found, searches=1))
        elif found is not None:
            days.append(SearchDay(day=day, outcome=Outcome.FOUND, lowest=found, is_on_sale=number == sale))
    return RouteHistory(
        query=RouteQuery(program="united", cabin=Cabin.BUSINESS, origins=["LAX"], destinations=["NRT"]),
        days=tuple(days),
        months=(
            MonthPrice(month=MARCH, miles=80_000, departure_date=MARCH, seen_on=FIRST, is_available=True),
            MonthPrice(month=MAY, miles=92_500, departure_date=MAY, seen_on=FIRST, is_available=False),
        ),
        sample=None,
        lowest=LowestPrice(miles=record, day=FIRST, first_day=FIRST) if record else None,
        last_search_at=None,
    )


def make_chart(*histories: RouteHistory) -> Figure:
    return route_chart(
        [ChartLine(label=f"line {number}", history=each, usual=USUAL) for number, each in enumerate(histories)], TEXTS
    )


def position(number: float) -> float:
    """Return the position on the axis of a number of days after the first search day."""
    return (datetime(2026, 11, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days + number


def points(line: Line2D) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)]  # type: ignore[arg-type]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def legend(axes: Axes) -> list[str]:
    found = axes.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def test_the_line_has_a_step_for_each_day_and_gaps_without_a_price() -> None:
    line = make_chart(make_history()).axes[0].lines[0]
    assert line.get_drawstyle() == "steps-post"
    shown = [(x - position(0), None if math.isnan(y) else y) for x, y in points(line)]
    assert shown == [
        (0, 80_000), (1, 70_000), (2, None), (3, None), (4, None), (5, None), (5, None), (6, 60_000), (7, 80_000),
        (8, 80_000),
    ]  # fmt: skip


def test_a_day_without_searches_after_a_price_is_a_gap() -> None:
    line = make_chart(make_history((80_000, None, None, 70_000))).axes[0].lines[0]
    shown = [(x - position(0), None if math.isnan(y) else y) for x, y in points(line)]
    # The price ends with its day: a step at (3, gap) would continue it until then.
    assert shown == [(0, 80_000), (1, 80_000), (1, None), (3, 70_000), (4, 70_000)]


def spans(axes: Axes, hatch: str | None) -> list[tuple[float, float]]:
    found = [patch for patch in axes.patches if patch.get_hatch() == hatch]
    boxes = [patch.get_path().get_extents(patch.get_patch_transform()) for patch in found]
    return [(box.x0 - position(0), box.x1 - position(0)) for box in boxes]


def test_days_with_failed_and_with_empty_searches_are_shaded_differently() -> None:
    axes = make_chart(make_history()).axes[0]
    assert spans(axes, None) == [(2, 4)]
    assert spans(axes, "////") == [(4, 5)]
    assert legend(axes) == ["line 0", "searched, nothing found", "searches failed"]


def test_a_day_on_which_one_of_several_lines_has_a_price_is_not_shaded() -> None:
    axes = make_chart(make_history(), make_history((Outcome.EMPTY, Outcome.EMPTY, 9_000, Outcome.FAILED))).axes[0]
    assert (spans(axes, None), spans(axes, "////")) == ([], [(3, 5)])


def test_the_usual_prices_are_labeled_lines() -> None:
    axes = make_chart(make_history()).axes[0]
    levels = [line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]]
    assert levels == [75_000, 65_000]
    assert {"median\n75,000", "25th percentile\n65,000"} <= set(texts(axes))


@pytest.mark.parametrize(
    ("record", "label"),
    [(60_000, "record low 60,000, Nov 7"), (50_000, "lowest 60,000, Nov 7"), (None, "lowest 60,000, Nov 7")],
)
def test_the_lowest_price_is_a_record_low_only_if_the_history_has_no_lower_one(record: int | None, label: str) -> None:
    axes = make_chart(make_history(record=record)).axes[0]
    assert label in texts(axes)
    circle = next(line for line in axes.lines if line.get_marker() == "o")
    assert circle.get_data() == ([position(6.5)], [60_000])


@pytest.mark.parametrize(("days", "name"), [(29, "lowest"), (30, "record low")])
def test_the_lowest_price_of_a_short_history_is_no_record_low(days: int, name: str) -> None:
    history = make_history((60_000, *[None] * (days - 1), 80_000), record=60_000)
    lines = chart_lines([history], Thresholds(record_low_days=30))
    axes = route_chart(lines, TEXTS).axes[0]
    assert f"{name} 60,000, Nov 1" in texts(axes)


def test_the_legend_names_the_units_if_they_differ() -> None:
    united = make_history()
    virgin = replace(united, query=replace(united.query, program="virginatlantic"))
    aeroplan = replace(virgin, query=replace(united.query, program="aeroplan"), days=())

    def labels(*histories: RouteHistory) -> list[str]:
        return [line.label for line in chart_lines(histories, Thresholds())]

    assert labels(united) == ["lowest price"]
    assert labels(united, virgin) == ["United MileagePlus (miles)", "Virgin Atlantic Flying Club (points)"]
    assert labels(virgin, aeroplan) == ["Virgin Atlantic Flying Club", "Air Canada Aeroplan (none found)"]
    assert labels(united, aeroplan)[1] == "Air Canada Aeroplan (points, none found)"


def test_days_with_an_offer_on_sale_are_marked() -> None:
    axes = make_chart(make_history(sale=1)).axes[0]
    diamonds = next(line for line in axes.lines if line.get_marker() == "D")
    assert diamonds.get_data() == ([position(1.5)], [70_000])
    assert "an offer is on sale" in legend(axes)
    assert not [line for line in make_chart(make_history()).axes[0].lines if line.get_marker() == "D"]


def test_the_months_have_a_bar_each_which_is_filled_if_the_price_is_available() -> None:
    axes = make_chart(make_history()).axes[1]
    bars = [(bar.get_x() + bar.get_width() / 2, bar.get_height(), bar.get_facecolor()[:3]) for bar in axes.patches]
    assert [bar[:2] for bar in bars] == [(pytest.approx(0), 80_000), (pytest.approx(2), 92_500)]
    assert bars[0][2] != (1, 1, 1)
    assert bars[1][2] == (1, 1, 1)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["Mar\n2027", "Apr", "May"]
    assert {"80k", "92.5k"} <= set(texts(axes))
    assert axes.get_title(loc="left").startswith("filled: available now; outlined: ")


def test_axes_have_labels_with_units() -> None:
    by_search, by_month = make_chart(make_history()).axes
    assert by_search.get_ylabel() == "lowest price found\nmiles per traveler, one way"
    assert by_month.get_ylabel() == "lowest price now\nmiles per traveler, one way"
    assert (by_search.get_xlabel(), by_month.get_xlabel()) == ("search date (UTC)", "departure month")


def test_six_lines_differ_in_color_and_five_neighbors_in_style() -> None:
    axes = make_chart(*[make_history()] * 6).axes[0]
    lines = [line for line in axes.lines if line.get_drawstyle() == "steps-post"]
    assert len({str(line.get_color()) for line in lines}) == 6
    styles = [line.get_linestyle() for line in lines]
    assert all(before != after for before, after in pairwise(styles))
    assert legend(axes)[:6] == [f"line {number}" for number in range(6)]
    assert not [text for text in texts(axes) if "median" in text]


def test_no_price_for_a_coming_month_is_a_sentence() -> None:
    history = make_history()
    without = RouteHistory(
        query=history.query, days=history.days, months=(), sample=None, lowest=None, last_search_at=None
    )
    assert texts(make_chart(without).axes[1]) == ["no price for a departure from now on"]


def png_size(file: Path) -> tuple[int, int]:
    content = file.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def test_the_file_has_the_size_and_replaces_another_one(tmp_path: Path) -> None:
    file = tmp_path / "chart.png"
    file.write_text("old")
    write_chart(make_chart(make_history(sale=1, record=60_000)), file)
    assert png_size(file) == (WIDTH, HEIGHT)
    assert [path.name for path in tmp_path.iterdir()] == ["chart.png"]
    assert file.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidArgument, match=r"^--png: .*/folder is a folder; add the name of a file"):
        check_image_file(tmp_path / "folder", "--png")
    with pytest.raises(InvalidArgument, match=r"^--png: the folder .*/missing does not exist$"):
        check_image_file(tmp_path / "missing" / "chart.png", "--png")
    for name in ("chart.jpg", "chart.SVG", "chart.pdf"):
        with pytest.raises(InvalidArgument, match=rf"^--png: {name} is not a name of a PNG file; write chart.png$"):
            check_image_file(tmp_path / name, "--png")
    for name in ("chart.png", "chart.PNG", "chart", "chart.2026"):
        check_image_file(tmp_path / name, "--png")
    with pytest.raises(InvalidArgument, match=r"could not write .*chart.png: No such file or directory$"):
        write_chart(make_chart(make_history()), tmp_path / "missing" / "chart.png")


def test_the_chart_of_an_offer_ends_when_it_was_last_seen() -> None:
    start = datetime(2026, 11, 1, 6, tzinfo=UTC)
    prices = [(start, 80_000), (start + timedelta(days=2), None), (start + timedelta(days=3), 70_000)]
    axes = offer_chart(prices, start + timedelta(days=5), TEXTS).axes[0]
    shown = [(x - position(0.25), None if math.isnan(y) else y) for x, y in points(axes.lines[0])]
    assert shown == [(0, 80_000), (2, None), (3, 70_000), (5, 70_000)]


@pytest.mark.slow
@pytest.mark.parametrize("has_home", [True, False])
def test_a_chart_prints_nothing_and_needs_no_writable_home(has_home: bool, tmp_path: Path) -> None:
    home = tmp_path / "home"
    if has_home:
        home.mkdir()
    else:
        home.write_text("a file, in which no folder can be made")
    code = (
        "from datetime import UTC, datetime; from pathlib import Path;"
        "from awardspider.commands._price_chart import ChartTexts, offer_chart, write_chart;"
        "texts = ChartTexts(title='title', subtitle='', unit='miles', source='source'); time = datetime.now(UTC);"
        f"write_chart(offer_chart([(time, 80_000)], time, texts), Path({str(tmp_path / 'chart.png')!r}))"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MPL", "XDG"))}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=clean | {"HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert png_size(tmp_path / "chart.png") == (WIDTH, HEIGHT)


def test_commands_without_a_chart_do_not_load_matplotlib() -> None:
    code = "import sys, awardspider.commands.history; print('matplotlib' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"

"""Tests of the charts of pages: what the script draws, and the table that says the same."""

from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from awardspider.delivery.messages.language import get_language
from awardspider.panel.charts import Band, Chart, ChartKind, Mark, Period, Point, ReferenceLine, Series
from awardspider.panel.formats import Formats
from awardspider.panel.rendering import template_environment
from awardspider.panel.texts import Texts

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAYS = [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]


def price_chart(name: str = "United MileagePlus") -> Chart:
    first = Series(name=name, points=[Point(DAYS[0], 60_000), Point(DAYS[1], None), Point(DAYS[2], 55_000)])
    second = Series(name="Aeroplan", points=[Point(DAYS[1], 70_000)])
    return Chart(
        kind=ChartKind.STEPS,
        series=[first, second],
        x_name="search date",
        y_name="miles per traveler, one way",
        lines=[ReferenceLine(value=62_000, name="median")],
        bands=[Band(low=58_000, high=62_000, name="usual")],
        periods=[Period(first=DAYS[0], last=DAYS[1], name="Award sale")],
        marks=[Mark(at=DAYS[2], value=55_000, name="record low")],
    )


def rendered(chart: Chart) -> str:
    language = get_language("en")
    template = template_environment().from_string(
        '{% import "charts.html" as charts with context %}{{ charts.chart(chart, "Lowest prices") }}'
    )
    return template.render(chart=chart, t=Texts(language), fmt=Formats(language, NOW))


def test_a_position_without_a_value_of_a_series_is_a_gap() -> None:
    rows = list(price_chart().rows())

    assert [position for position, _ in rows] == DAYS
    assert [[point and point.value for point in points] for _, points in rows] == [
        [60_000, None],
        [None, 70_000],
        [55_000, None],
    ]


def test_bars_keep_the_order_of_their_categories() -> None:
    points = [Point("2027-03", 60_000), Point("2027-01", 50_000, True)]
    chart = Chart(kind=ChartKind.BARS, series=[Series(name="now", points=points)], x_name="month", y_name="miles")

    assert chart.data()["categories"] == ["2027-03", "2027-01"]
    assert chart.data()["series"][0]["points"] == [["2027-03", 60_000, False], ["2027-01", 50_000, True]]


@pytest.mark.parametrize("value", [None, 0, 1])
def test_a_chart_has_values_if_any_point_has_one(value: int | None) -> None:
    chart = Chart(kind=ChartKind.LINES, series=[Series(name="", points=[Point(DAYS[0], value)])], x_name="", y_name="")
    assert chart.has_values is (value is not None)


def test_the_table_has_every_value_and_explanation() -> None:
    html = rendered(price_chart())

    for text in ("60,000", "55,000", "70,000", "Sun, Nov 22, 2026", "median: 62,000", "Award sale", "record low"):
        assert text in html


def test_a_name_cannot_end_the_script_of_a_chart() -> None:
    html = rendered(price_chart(name="</script><b>x</b>"))
    tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            tags.append(tag)

    Tags().feed(html)
    assert "b" not in tags
    assert " style=" not in html

"""The simulated file of reference rates, on all hours and days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.sandbox.services.ecb import HOST, PATH, RATES, newest_day, rates_of
from tests.support.rates_file import rates_file
from tests.support.sandbox_server import Sandbox

CLOCK = "2026-11-22T12:00Z"  # a Sunday


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 27, 14, 59, tzinfo=UTC), date(2026, 11, 26)),  # 15:59 in Frankfurt
        (datetime(2026, 11, 27, 15, 0, tzinfo=UTC), date(2026, 11, 27)),
        (datetime(2026, 7, 31, 14, 0, tzinfo=UTC), date(2026, 7, 31)),  # 16:00 in summer
        (datetime(2026, 11, 28, 15, 0, tzinfo=UTC), date(2026, 11, 27)),  # Saturday
        (datetime(2026, 11, 29, 15, 0, tzinfo=UTC), date(2026, 11, 27)),
        (datetime(2026, 11, 30, 9, 0, tzinfo=UTC), date(2026, 11, 27)),  # Monday morning
        (datetime(2026, 11, 30, 15, 0, tzinfo=UTC), date(2026, 11, 30)),
    ],
)
def test_rates_are_published_on_weekdays_in_the_afternoon(now: datetime, day: date) -> None:
    assert newest_day(now) == day


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_rates_move_a_little(day: date) -> None:
    for currency, rate in rates_of(day).items():
        usual = Decimal(RATES[currency])
        assert abs(rate / usual - 1) <= Decimal("0.011")
        assert rate.as_tuple().exponent == usual.as_tuple().exponent


def shape(element: ElementTree.Element) -> set[tuple[str, ...]]:
    """Return each kind of element in a tree: its tag, its attributes and the tag of its parent."""
    return {(parent.tag, child.tag, *child.keys()) for parent in element.iter() for child in parent}


def test_the_file_has_the_structure_of_the_real_one(server: Sandbox) -> None:
    response = server.client.get(f"{server.url}/{HOST}{PATH}")
    assert response.headers["Content-Type"] == "text/xml"
    found, real = (ElementTree.fromstring(body) for body in (response.content, rates_file()))
    assert shape(found) == shape(real)
    assert b"time='2026-11-20'" in response.content


def test_the_start_page_links_to_the_file(server: Sandbox) -> None:
    assert f'href="/{HOST}{PATH}"' in server.client.get(server.url).text

"""docs/places.md has the table that scripts/places_page.py generates, and its examples work."""

from __future__ import annotations

import re

import pytest

from awardspider.outcomes import InvalidArgument
from awardspider.search.dates import parse_dates
from awardspider.search.places import parse_places
from scripts.places_page import PAGE, page_text
from tests.support.manual import page_sections


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_text(), "run: python -m scripts.places_page"


def examples(section: str, column: int) -> list[str]:
    """Return the code in a column of the first table of a section."""
    rows = [line.split("|") for line in page_sections("docs/places.md")[section].splitlines() if line.startswith("| ")]
    return [example for row in rows for example in re.findall(r"`([^`]+)`", row[column]) if example != ".."]


@pytest.mark.parametrize("example", examples("Places", 2))
def test_every_example_of_a_place_is_accepted(example: str) -> None:
    assert parse_places(example).airports


@pytest.mark.parametrize("example", [each for each in examples("Dates", 1) if each[0] in "2+a"])
def test_every_example_of_dates_is_accepted(example: str) -> None:
    assert parse_dates(example).spans


def test_the_errors_on_the_page_are_those_of_the_parser() -> None:
    shown = re.findall(r"^error: (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) == 3
    for message in shown:
        with pytest.raises(InvalidArgument) as raised:
            parse_places(message.partition(" is ambiguous")[0])
        assert str(raised.value) == message

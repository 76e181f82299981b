"""Tests of the places that a field suggests while a person types."""

from __future__ import annotations

import pytest

from awardspider.search.place_suggestions import suggest_places
from awardspider.search.places import parse_places


def suggested(text: str) -> list[str]:
    return [place.written for place in suggest_places(text)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("jfk", "JFK"),
        ("new yo", "NYC"),
        ("york", "NYC"),
        ("tok", "TYO"),
        ("jap", "JP"),
        ("são", "SAO"),
        ("sao pa", "SAO"),
        ("eur", "Europe"),
        ("alem", "DE"),
        ("Londres", "LON"),
        ("heathrow", "LHR"),
    ],
)
def test_the_most_likely_place_is_first(text: str, first: str) -> None:
    assert suggested(text)[0] == first


def test_the_airports_of_a_city_follow_it() -> None:
    assert suggested("tokyo")[:3] == ["TYO", "HND", "NRT"]


@pytest.mark.parametrize("text", ["", "n", " ", "xyzzy", "?!", "a" * 500])
def test_nothing_is_suggested_for_too_little_or_unknown_text(text: str) -> None:
    assert suggested(text) == []


def test_no_place_is_suggested_twice() -> None:
    for text in ("san", "port", "lon", "new"):
        assert len(suggested(text)) == len(set(suggested(text)))


@pytest.mark.parametrize("text", ["lon", "san", "ja", "united", "mexico", "port", "victoria", "new york"])
def test_what_is_suggested_means_the_same_place_in_a_filter(text: str) -> None:
    for place in suggest_places(text):
        assert parse_places(place.written).airports == place.airports or set(place.main) <= set(
            parse_places(place.written).airports
        )

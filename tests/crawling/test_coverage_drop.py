"""The drift watch: which places of an answer are there, and what fell since the last good runs."""

from __future__ import annotations

import pytest

from awardspider.crawling.coverage_drop import fallen
from awardspider.crawling.field_coverage import ALL_OF_FIRST, THEN_ONE_IN, FieldCoverage, present
from awardspider.parsers import get_parser
from tests.support.parser_cases import TELLING, Case, offers_of, over

TREE = {"days": [{"date": "2027-03-01"}, {"fares": {"MAIN": {"miles": 5}, "FIRST": None}}], "empty": []}


@pytest.mark.parametrize(
    ("path", "is_there"),
    [
        ("days", True),
        ("days[]", True),
        ("days[].date", True),
        ("days[].fares{}.miles", True),
        ("days[].fares.MAIN.miles", True),
        ("days[].fares{}.seats", False),
        ("days.date", False),
        ("empty[]", False),
        ("Days", False),
        ("days{}", False),
    ],
)
def test_a_place_is_there_or_not(path: str, is_there: bool) -> None:
    assert present(TREE, path) is is_there


def test_an_answer_that_is_a_list() -> None:
    assert present([{"a": 1}], "[].a")
    assert not present({"a": 1}, "[].a")


@over(TELLING)
def test_every_answer_with_offers_has_the_places_that_its_reader_names(case: Case) -> None:
    """A place that some answers rightly lack has no business among them."""
    kind, shape = case.search.kind, FieldCoverage()
    shape.note(case.parser, kind, case.body, offers_of(case.read()))
    missing = shape.missing(case.parser)
    if not case.expected.get("lacks"):  # the case says that its answer has a shape of its own
        least = 0.4 if case.expected.get("odd") else 0.7  # a case about what is odd may lack places too
        assert shape.shares(case.parser)[f"{kind}/paths"] > least, missing


def test_the_first_answers_are_looked_at_and_then_some() -> None:
    shape = FieldCoverage()
    looked_at = [number for number in range(1, 101) if shape.wants_another("calendar")]
    assert looked_at == [*range(1, ALL_OF_FIRST + 1), *range(THEN_ONE_IN, 101, THEN_ONE_IN)]


def test_shares_are_those_of_places_and_fields() -> None:
    case = next(case for case in TELLING if case.program == "united" and case.search.kind == "calendar")
    offers = offers_of(case.read())
    shape = FieldCoverage()
    shape.note(get_parser("united"), "calendar", case.body, offers)
    shape.note(get_parser("united"), "calendar", b'{"data": {}}', [])
    shares = shape.shares(get_parser("united"))
    assert shares["calendar/paths"] == 0.5
    assert shares["calendar/miles"] == 1.0
    assert shares["calendar/segments"] == 0.0
    assert "itinerary/paths" not in shares


GOOD = {"calendar/paths": 1.0, "calendar/seats": 0.9, "calendar/saver": 0.3, "calendar/offers": 40}


def test_a_sharp_fall_is_told() -> None:
    assert fallen({"calendar/paths": 0.4}, [GOOD, GOOD]) == [
        "40% of the known places in a calendar, 100% in the last good runs"
    ]
    assert fallen({"calendar/seats": 0.05, "calendar/offers": 40}, [GOOD, GOOD, GOOD]) == [
        "5% of calendar offers with seats, 90% in the last good runs"
    ]


@pytest.mark.parametrize(
    "shares",
    [
        pytest.param({"calendar/paths": 0.8}, id="a small fall"),
        pytest.param({"calendar/saver": 0.0, "calendar/offers": 40}, id="what was rare"),
        pytest.param({"calendar/miles": 0.0, "calendar/offers": 40}, id="what was not known before"),
        pytest.param({"calendar/seats": 0.2, "calendar/offers": 40}, id="a field that some routes lack"),
        pytest.param({"calendar/seats": 0.0, "calendar/offers": 4}, id="a field of few offers"),
        pytest.param({}, id="nothing"),
    ],
)
def test_what_says_nothing_is_not_told(shares: dict[str, float]) -> None:
    assert fallen(shares, [GOOD, GOOD]) == []


def test_one_run_before_is_too_few() -> None:
    assert fallen({"calendar/paths": 0.0}, [GOOD]) == []
    assert fallen({"calendar/paths": 0.0}, []) == []


def test_one_odd_run_before_does_not_hide_the_rest() -> None:
    assert fallen({"calendar/paths": 0.1}, [GOOD, {"calendar/paths": 0.0}, GOOD])

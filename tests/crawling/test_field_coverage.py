"""Field coverage: paths and fields in the responses of a run."""

from __future__ import annotations

import pytest

from awardspider.crawling.field_coverage import FIELDS, FIRST_SAMPLES, SAMPLE_INTERVAL, FieldCoverage, has_path
from awardspider.items import SearchKind
from awardspider.parsers import get_parser
from tests.support.parser_cases import CASES_WITH_OFFERS, Case, for_each_case, offers_in

TREE = {"days": [{"date": "2027-03-01"}, {"fares": {"MAIN": {"miles": 5}, "FIRST": None}}], "empty": []}


@pytest.mark.parametrize(
    ("path", "is_present"),
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
def test_has_path(path: str, is_present: bool) -> None:
    assert has_path(TREE, path) is is_present


def test_has_path_in_a_list() -> None:
    assert has_path([{"a": 1}], "[].a")
    assert not has_path({"a": 1}, "[].a")


@for_each_case(CASES_WITH_OFFERS)
def test_responses_with_offers_have_the_required_paths(case: Case) -> None:
    kind, coverage = case.search.kind, FieldCoverage()
    coverage.add(case.parser, kind, case.body, offers_in(case.parse()))
    missing = coverage.missing_paths(case.parser)
    if not case.expected.get("lacks"):  # the response has a different structure
        least = 0.4 if case.expected.get("warnings") else 0.7  # a response with warnings may also lack paths
        assert coverage.shares(case.parser)[f"{kind}/paths"] > least, missing


def test_the_sample_is_the_first_responses_and_every_twentieth() -> None:
    coverage = FieldCoverage()
    sampled = [number for number in range(1, 101) if coverage.should_sample(SearchKind.CALENDAR)]
    assert sampled == [*range(1, FIRST_SAMPLES + 1), *range(SAMPLE_INTERVAL, 101, SAMPLE_INTERVAL)]


def test_shares_of_paths_and_fields() -> None:
    cases = (case for case in CASES_WITH_OFFERS if case.program == "united")
    case = next(case for case in cases if case.search.kind is SearchKind.CALENDAR)
    parser, coverage = get_parser("united"), FieldCoverage()
    coverage.add(parser, SearchKind.CALENDAR, case.body, offers_in(case.parse()))
    coverage.add(parser, SearchKind.CALENDAR, b'{"data": {}}', [])
    shares = coverage.shares(parser)
    assert shares["calendar/paths"] == 0.5
    assert shares["calendar/miles"] == 1.0
    assert shares["calendar/segments"] == 0.0
    assert "itinerary/paths" not in shares


def test_only_fields_of_the_response_are_counted() -> None:
    assert {"miles", "seats", "segments", "fare_name"} <= set(FIELDS)
    assert not {"program", "travelers", "booking_link", "seen_at", "source_id"} & set(FIELDS)

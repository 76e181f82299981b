"""All parsers on the cases in fixtures (see tests/support/parser_cases.py)."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import date

import pytest

from awardspider.crawling.field_coverage import has_path
from awardspider.items import ANY_PLACE, CoveredDates, MonitoredRoutes
from awardspider.outcomes import NotServed, Reason, SearchFailed
from awardspider.parsers import get_parser
from tests.support.parser_cases import (
    CASES,
    CASES_WITH_OFFERS,
    CASES_WITH_ROUTES,
    PROGRAMS,
    SEEN_AT,
    Case,
    expected_offer,
    for_each_case,
    offers_in,
    sorted_offers,
    warnings_in,
)


@for_each_case([case for case in CASES if "raises" in case.expected])
def test_response_without_evidence_raises(case: Case) -> None:
    with pytest.raises(SearchFailed) as raised:
        case.parse()
    if isinstance(raised.value, NotServed):
        assert case.expected["raises"] == "not_served"
    else:
        assert raised.value.reason is Reason(case.expected["raises"])
    assert case.expected.get("note", "") in raised.value.note


@for_each_case([case for case in CASES if "offers" in case.expected])
def test_offers(case: Case) -> None:
    expected = [expected_offer(case, entry) for entry in case.expected["offers"]]
    assert sorted_offers(offers_in(case.parse())) == sorted_offers(expected)


@for_each_case([case for case in CASES if "routes" in case.expected])
def test_routes(case: Case) -> None:
    items = case.parse()
    assert offers_in(items) == []
    [routes] = [item for item in items if isinstance(item, MonitoredRoutes)]
    assert (routes.program, routes.source, routes.seen_at) == (case.search.target_program, case.program, SEEN_AT)
    assert [list(route) for route in routes.routes] == case.expected["routes"]


@for_each_case([case for case in CASES if "warnings" in case.expected])
def test_warnings(case: Case) -> None:
    unmatched = warnings_in(case.parse())
    for entry in case.expected["warnings"]:
        match = next(
            (
                warning
                for warning in unmatched
                if entry.get("path", warning.path) == warning.path and entry.get("value", "") in warning.value
            ),
            None,
        )
        assert match is not None, f"{entry} is not among {unmatched}"
        unmatched.remove(match)
    assert unmatched == []


@for_each_case([case for case in CASES if "covered" in case.expected])
def test_covered_dates(case: Case) -> None:
    covered = [item for item in case.parse() if isinstance(item, CoveredDates)]
    assert covered == [CoveredDates(*map(date.fromisoformat, days)) for days in case.expected["covered"]]


@for_each_case(CASES_WITH_OFFERS)
def test_offers_are_unique(case: Case) -> None:
    assert Counter(offer.offer_id for offer in offers_in(case.parse())).most_common(1)[0][1] == 1


@for_each_case(CASES_WITH_OFFERS)
def test_parsing_is_pure(case: Case) -> None:
    search = case.search
    assert case.parse() == case.parse()
    assert search == case.search


@for_each_case(CASES)
def test_detect(case: Case) -> None:
    detected = case.parser.detect(case.body)
    if case.expected.get("detected", {}) is None:
        assert detected is None
        return
    expected = {name: case.expected["search"][name] for name in ("kind", "origin", "destination")}
    if case.search.first == case.search.last:
        expected |= {"first": case.expected["search"]["first"], "last": case.expected["search"]["last"]}
    expected |= case.expected.get("detected", {})
    actual = {name: getattr(detected, name) for name in expected}
    assert {name: value.isoformat() if isinstance(value, date) else value for name, value in actual.items()} == expected


@for_each_case(CASES_WITH_OFFERS)
def test_detected_search_has_the_same_offers(case: Case) -> None:
    detected = case.parser.detect(case.body)
    assert detected is not None
    search = dict(case.expected["search"])
    for name in ("origin", "destination", "first", "last"):
        if value := getattr(detected, name):
            search[name] = str(value)
    again = dataclasses.replace(case, expected=case.expected | {"search": search})
    found, expected = sorted_offers(offers_in(again.parse())), sorted_offers(offers_in(case.parse()))
    if ANY_PLACE in (detected.origin, detected.destination):  # rows of all regions, also of those not searched
        found = [offer for offer in found if offer in expected]
    assert found == expected


# ---- every program -------------------------------------------------------------------------------------------------


def test_each_folder_of_fixtures_has_a_parser() -> None:
    assert {case.program for case in CASES} <= set(PROGRAMS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_parser_has_a_found_an_empty_and_an_unexpected_case(program: str) -> None:
    cases = [case.expected for case in CASES if case.program == program]
    assert any(expected.get("offers") for expected in cases)
    assert any(expected.get("offers") == [] for expected in cases)
    assert any(expected.get("raises") == Reason.UNEXPECTED_RESPONSE for expected in cases)


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_search_kind_has_a_case(program: str) -> None:
    kinds = get_parser(program).PARSERS
    assert kinds
    cases = CASES_WITH_OFFERS + CASES_WITH_ROUTES
    assert {case.search.kind for case in cases if case.program == program} == set(kinds)


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_required_path_is_in_a_case(program: str) -> None:
    """A path that no response has is a mistake: field coverage would report it as missing every day."""
    cases = [case for case in CASES_WITH_OFFERS + CASES_WITH_ROUTES if case.program == program]
    trees = [(case.search.kind, case.parser.decode(case.body)) for case in cases]
    for kind, paths in get_parser(program).REQUIRED_PATHS.items():
        found = {path for path in paths for of, tree in trees if of == kind and has_path(tree, path)}
        assert found == set(paths)

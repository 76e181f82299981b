"""All readers, case by case: reader_cases.py tells what a case is, test_readers_broken.py breaks their answers."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import date

import pytest

from awardspider.crawling.field_coverage import present
from awardspider.items import CoveredDates, MonitoredRoutes
from awardspider.outcomes import Reason, SearchFailed
from awardspider.parsers import get_parser
from tests.support.parser_cases import (
    CASES,
    LISTING,
    PROGRAMS,
    SEEN_AT,
    TELLING,
    Case,
    by_identity,
    expected_offer,
    odd_of,
    offers_of,
    over,
)


@over([case for case in CASES if "raises" in case.expected])
def test_an_answer_that_is_no_evidence_raises(case: Case) -> None:
    with pytest.raises(SearchFailed) as raised:
        case.read()
    assert raised.value.reason is Reason(case.expected["raises"])
    assert case.expected.get("note", "") in raised.value.note


@over([case for case in CASES if "offers" in case.expected])
def test_offers_are_those_expected(case: Case) -> None:
    offers = offers_of(case.read())
    expected = [expected_offer(case, told) for told in case.expected["offers"]]
    assert by_identity(offers) == by_identity(expected)


@over([case for case in CASES if "routes" in case.expected])
def test_routes_are_those_expected(case: Case) -> None:
    items = case.read()
    assert offers_of(items) == []
    [listed] = [item for item in items if isinstance(item, MonitoredRoutes)]
    assert (listed.program, listed.source, listed.seen_at) == (case.search.target_program, case.program, SEEN_AT)
    assert [list(route) for route in listed.routes] == case.expected["routes"]


@over([case for case in CASES if "warnings" in case.expected])
def test_what_cost_something_is_told_once(case: Case) -> None:
    left = odd_of(case.read())
    for told in case.expected["warnings"]:
        match = next(
            (odd for odd in left if told.get("path", odd.path) == odd.path and told.get("value", "") in odd.value),
            None,
        )
        assert match is not None, f"{told} is not among {left}"
        left.remove(match)
    assert left == []


@over([case for case in CASES if "covered" in case.expected])
def test_the_days_that_the_answer_speaks_for(case: Case) -> None:
    covered = [item for item in case.read() if isinstance(item, CoveredDates)]
    expected = [CoveredDates(*map(date.fromisoformat, days)) for days in case.expected["covered"]]
    assert covered == expected


@over(TELLING)
def test_no_offer_is_told_twice(case: Case) -> None:
    assert Counter(offer.offer_id for offer in offers_of(case.read())).most_common(1)[0][1] == 1


@over(TELLING)
def test_reading_is_pure(case: Case) -> None:
    search = case.search
    assert case.read() == case.read()
    assert search == case.search


@over(CASES)
def test_an_answer_says_what_it_is(case: Case) -> None:
    said = case.parser.detect(case.body)
    if case.expected.get("detected", {}) is None:
        assert said is None
        return
    expected = {name: case.expected["search"][name] for name in ("kind", "origin", "destination")}
    if case.search.first == case.search.last:
        expected |= {"first": case.expected["search"]["first"], "last": case.expected["search"]["last"]}
    expected |= case.expected.get("detected", {})
    told = {name: getattr(said, name) for name in expected}
    assert {name: value.isoformat() if isinstance(value, date) else value for name, value in told.items()} == expected


@over(TELLING)
def test_an_answer_is_read_the_same_by_what_it_says_of_itself(case: Case) -> None:
    said = case.parser.detect(case.body)
    assert said is not None
    asked = dict(case.expected["search"])
    for name in ("origin", "destination", "first", "last"):
        if value := getattr(said, name):
            asked[name] = str(value)
    again = dataclasses.replace(case, expected=case.expected | {"search": asked})
    assert by_identity(offers_of(again.read())) == by_identity(offers_of(case.read()))


# ---- every program -----------------------------------------------------------------------------------------------


def test_every_folder_of_fixtures_belongs_to_a_reader() -> None:
    assert {case.program for case in CASES} <= set(PROGRAMS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_reader_has_a_case_for_found_none_and_changed(program: str) -> None:
    cases = [case.expected for case in CASES if case.program == program]
    assert any(expected.get("offers") for expected in cases)
    assert any(expected.get("offers") == [] for expected in cases)
    assert any(expected.get("raises") == Reason.UNEXPECTED_RESPONSE for expected in cases)


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_kind_of_answer_has_a_case(program: str) -> None:
    kinds = get_parser(program).PARSERS
    assert kinds
    assert {case.search.kind for case in TELLING + LISTING if case.program == program} == set(kinds)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_known_place_is_in_a_case(program: str) -> None:
    """A place that no answer has is one written wrong: the watch for changes would find it missing every day."""
    cases = [case for case in TELLING + LISTING if case.program == program]
    trees = [(case.search.kind, case.parser.decode(case.body)) for case in cases]
    for kind, paths in get_parser(program).REQUIRED_PATHS.items():
        found = {path for path in paths for of, tree in trees if of == kind and present(tree, path)}
        assert found == set(paths)

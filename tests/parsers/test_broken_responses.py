"""All parsers on responses that are broken, changed or of another structure.

A parser yields valid items or raises SearchFailed for any body, and never turns a response with offers into an empty
one. Nothing here depends on a program: tests/support/response_formats.py unpacks the responses, and REQUIRED_PATHS are
the paths that every response with offers has.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from awardspider.items import AwardOfferItem, CoveredDates, MonitoredRoute, MonitoredRoutes, ParseWarning
from awardspider.outcomes import SearchFailed, UnexpectedResponse
from awardspider.parsers import MOST_VALUES, Detected, get_parser
from tests.support.mutations import item_error
from tests.support.parser_cases import (
    CASES,
    CASES_WITH_OFFERS,
    CASES_WITH_ROUTES,
    PROGRAMS,
    Case,
    Item,
    expected_offer,
    for_each_case,
    offers_in,
    sorted_offers,
    warnings_in,
)
from tests.support.response_formats import Path, Unpacked, path_keys, positions, unpack

FOREIGN_BODIES = {
    "empty": b"",
    "blank": b"  \n",
    "null": b"null",
    "text": b'"data"',
    "a number": b"1",
    "an empty object": b"{}",
    "an empty list": b"[]",
    "empty data": b'{"data": {}}',
    "null data": b'{"data": null}',
    "a list as data": b'{"data": []}',
    "a page": b"<!DOCTYPE html><html><head><title>Access Denied</title></head><body>Reference 0.6b5</body></html>",
    "an empty sequence": b"\x1e{}\n\x1e[]\n",
    "lines": b'{"type": "data"}\n{"type": "chunk"}\n',
    "deep lists": b"[" * 200_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"data":' * 50_000 + b"1" + b"}" * 50_000,
    "binary": bytes(range(256)),
    "a zip file": b"PK\x03\x04" + bytes(100),
}

CASES_WITH_RESULTS = CASES_WITH_OFFERS + CASES_WITH_ROUTES
# A JavaScript literal cannot be unpacked: it is only truncated and encoded in other ways.
UNPACKABLE = [case for case in CASES_WITH_RESULTS if unpack(case.body)]


def _dropping(items: list[Item]) -> set[ParseWarning]:
    return {warning for warning in warnings_in(items) if warning.drops_offer}


def _routes(items: list[Item]) -> list[MonitoredRoute]:
    return [route for item in items if isinstance(item, MonitoredRoutes) for route in item.routes]


def _results(items: list[Item]) -> tuple[list[dict[str, Any]], list[MonitoredRoute]]:
    return sorted_offers(offers_in(items)), _routes(items)


def _has_results(items: list[Item]) -> bool:
    return bool(offers_in(items) or _routes(items))


@pytest.mark.parametrize("body", FOREIGN_BODIES.values(), ids=FOREIGN_BODIES.keys())
@pytest.mark.parametrize("program", PROGRAMS)
def test_foreign_body_is_unexpected(program: str, body: bytes) -> None:
    """Unless it is one of the program's own cases, such as an empty list."""
    assert get_parser(program).detect(body) is None
    own = {(case.search.kind, case.body.strip()) for case in CASES if case.program == program}
    for case in [case for case in CASES_WITH_RESULTS if case.program == program]:
        if (case.search.kind, body.strip()) not in own:
            with pytest.raises(UnexpectedResponse):
                case.parse(body)


@for_each_case(CASES_WITH_RESULTS)
def test_a_body_with_too_many_values_is_not_decoded(case: Case) -> None:
    body = case.body + b"," * (MOST_VALUES + 1 - case.body.count(b","))
    with pytest.raises(UnexpectedResponse, match="the response has more than 250,000 values"):
        case.parse(body)
    assert case.parser.detect(body) is None


@for_each_case(CASES_WITH_RESULTS)
def test_only_one_program_detects_a_response(case: Case) -> None:
    detecting = {name for name in PROGRAMS if get_parser(name).detect(case.body) is not None}
    assert detecting <= {case.program}


@for_each_case(CASES_WITH_RESULTS)
def test_truncated_response(case: Case) -> None:
    """It is unexpected, unless the rest contains all results (of a page, or of several lines)."""
    for percent in range(10, 100, 10):
        body = case.body[: len(case.body) * percent // 100]
        case.parser.detect(body)
        with contextlib.suppress(UnexpectedResponse):
            assert _results(case.parse(body)) == _results(case.parse()), f"{percent} percent of the response"


@for_each_case(CASES_WITH_RESULTS)
def test_other_encoding_is_never_empty(case: Case) -> None:
    body = case.body
    if case in UNPACKABLE:
        body = _changed(case, lambda tree: _with_key(tree, "é", "É"))
    for encoding in ("utf-16", "utf-16-le", "utf-32", "latin-1"):
        with contextlib.suppress(UnexpectedResponse):
            assert _has_results(case.parse(body.decode().encode(encoding))), encoding


# ---- unexpected values ---------------------------------------------------------------------------------------------


@functools.cache
def _unpacked(body: bytes) -> list[Unpacked]:
    return unpack(body)


def _changed(case: Case, change: Callable[[Any], Any]) -> bytes:
    """Return the case's response with a changed tree."""
    tree, pack = _unpacked(case.body)[0]
    return pack(change(tree))


def _with(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Return a copy of a tree with each value changed, except lists and objects."""
    if isinstance(tree, dict):
        return {key: _with(value, change) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_with(value, change) for value in tree]
    return change(tree)


def _with_key(tree: Any, key: str, value: Any) -> Any:
    """Return a copy of a tree with an additional key in every object."""
    if isinstance(tree, dict):
        return {name: _with_key(inner, key, value) for name, inner in tree.items()} | {key: value}
    return [_with_key(inner, key, value) for inner in tree] if isinstance(tree, list) else tree


def _with_each(case: Case, replace: Callable[[Any], Any], seen: set[Any] | None = None) -> Iterator[tuple[Path, bytes]]:
    """Yield the response once for each position, with the value there replaced.

    With `seen`, positions that differ only in list indexes and have values of the same type count once; their kinds
    are added to the set.
    """
    for number, (tree, pack) in enumerate(_unpacked(case.body)):
        for path, parent, key in list(positions(tree)):
            value = parent[key]
            kind = number, type(value), *("[]" if isinstance(step, int) else step for step in path)
            if seen is not None and kind in seen:
                continue
            if seen is not None:
                seen.add(kind)
            parent[key] = replace(value)
            try:
                yield path, pack(tree)
            finally:
                parent[key] = value


def _of_another_type(value: Any) -> Any:
    """Return a value that is valid in no place."""
    return "unknown" if isinstance(value, dict) else {"unknown": 1}


def _outcome(case: Case, body: bytes) -> list[Item] | SearchFailed:
    """Return the items of the parser, or the SearchFailed that it raises."""
    try:
        return case.parse(body)
    except SearchFailed as error:
        return error


UNUSUAL_VALUES: list[Any] = [
    None,
    "",
    "unknown",
    " ",
    -1,
    7.5,
    10**400,
    True,
    [],
    [[]],
    {},
    {"unknown": 1},
    ["unknown"],
    "2027-13-45",
]


@pytest.mark.slow
@pytest.mark.parametrize("value", UNUSUAL_VALUES, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("program", PROGRAMS)
def test_unusual_value_yields_valid_items_or_raises(program: str, value: Any) -> None:
    """At the first position of each kind; test_mutated_responses.py tries more of them."""
    seen: dict[str, set[Any]] = defaultdict(set)
    for case in [case for case in UNPACKABLE if case.program == program]:
        for path, body in _with_each(case, lambda _: value, seen[case.search.kind]):
            outcome = _outcome(case, body)
            if not isinstance(outcome, SearchFailed):
                assert not list(filter(None, map(item_error, outcome))), (case.name, path)
            assert isinstance(case.parser.detect(body), Detected | None), (case.name, path)


@for_each_case(UNPACKABLE)
def test_value_of_another_type_never_drops_an_offer_without_a_warning(case: Case) -> None:
    before = case.parse()
    for path, body in _with_each(case, _of_another_type):
        _assert_reported(before, _outcome(case, body), path)


def _row_steps(case: Case) -> list[str]:
    """Return the steps to a row: the deepest list or object that contains most of the required paths."""
    paths = case.parser.REQUIRED_PATHS[case.search.kind]
    inside = Counter(path[: match.end()] for path in paths for match in re.finditer(r"\[\]|\{\}", path))
    rows = [path for path, count in inside.items() if count >= 0.6 * len(paths)]
    return re.findall(r"\[\]|\{\}|[^.\[\]{}]+", max(rows, key=len, default=""))


def _is_in_row(path: Path, row: list[str]) -> bool:
    types = {"[]": int, "{}": str}
    return len(path) >= len(row) and all(
        isinstance(step, types[expected]) if expected in types else step == expected
        for step, expected in zip(path, row, strict=False)
    )


def _itineraries(items: Sequence[Item]) -> set[tuple[Any, ...]]:
    """Return the days or flights that have offers."""
    offers = [item for item in items if isinstance(item, AwardOfferItem)]
    return {(offer.origin, offer.destination, offer.departure_date, offer.flights) for offer in offers}


def _has_several_rows(case: Case) -> bool:
    """Return True if offers of several days or flights are expected, and no warnings except nearby flights."""
    offers = [expected_offer(case, entry) for entry in case.expected.get("offers", ())]
    warnings = case.expected.get("warnings", ())
    return len(_itineraries(offers)) > 1 and all(warning.get("path") == "nearby" for warning in warnings)


SEVERAL_ROWS = [case for case in UNPACKABLE if _row_steps(case) and _has_several_rows(case)]


@for_each_case(SEVERAL_ROWS)
def test_unreadable_row_drops_only_itself(case: Case) -> None:
    before, row = _itineraries(case.parse()), _row_steps(case)
    for path, body in _with_each(case, _of_another_type):
        if _is_in_row(path, row):
            assert len(before - _itineraries(case.parse(body))) <= 1, path


@for_each_case(UNPACKABLE)
def test_renamed_key_never_drops_an_offer_without_a_warning(case: Case) -> None:
    before = case.parse()
    for tree, pack in _unpacked(case.body):
        for key in sorted({path[-1] for path, _, _ in positions(tree) if isinstance(path[-1], str)}):
            _assert_reported(before, _outcome(case, pack(_renamed(tree, key))), key)


def _assert_reported(before: list[Item], after: list[Item] | SearchFailed, position: Any) -> None:
    """Fail if offers of the covered days are missing without an error or a new warning."""
    if isinstance(after, SearchFailed):
        return
    covered_dates = [item for item in after if isinstance(item, CoveredDates)]
    expected = [
        offer
        for offer in offers_in(before)
        if all(covered.first <= offer.departure_date <= covered.last for covered in covered_dates)
    ]
    missing = len(expected) + len(_routes(before)) - len(offers_in(after)) - len(_routes(after))
    assert missing <= 0 or _dropping(after) - _dropping(before), f"{missing} missing at {position}"


def _renamed(tree: Any, key: str) -> Any:
    if isinstance(tree, dict):
        return {name + "New" * (name == key): _renamed(value, key) for name, value in tree.items()}
    return [_renamed(value, key) for value in tree] if isinstance(tree, list) else tree


@for_each_case(UNPACKABLE)
def test_response_without_readable_values_is_not_empty(case: Case) -> None:
    def unreadable(types: tuple[type, ...]) -> Any:
        return lambda tree: _with(tree, lambda value: "unknown" if type(value) in types else value)

    for types in ((str,), (float,), (int, float)):
        outcome = _outcome(case, _changed(case, unreadable(types)))
        assert isinstance(outcome, SearchFailed) or _has_results(outcome), types


@for_each_case(UNPACKABLE)
def test_invalid_number_yields_valid_items_or_raises(case: Case) -> None:
    template = _changed(case, lambda tree: _with(tree, lambda value: "@@" if type(value) in (int, float) else value))
    for literal in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400):
        body = template.replace(b'"@@"', literal.encode()).replace(b"&quot;@@&quot;", literal.encode())
        outcome = _outcome(case, body)
        if not isinstance(outcome, SearchFailed):
            assert _has_results(outcome), literal
            assert not list(filter(None, map(item_error, outcome))), literal


@for_each_case(UNPACKABLE)
def test_numbers_may_be_text(case: Case) -> None:
    """Prices, counts and minutes. Other integers stay: a status that is text may be unexpected."""
    keys = path_keys(case.parser.REQUIRED_PATHS[case.search.kind])

    def as_text(tree: Any, name: str = "") -> Any:
        if isinstance(tree, dict):
            return {key: as_text(value, key) for key, value in tree.items()}
        if isinstance(tree, list):
            return [as_text(value, name) for value in tree]
        is_number = type(tree) is float or (type(tree) is int and name in keys)
        return str(tree) if is_number else tree

    assert _results(case.parse(_changed(case, as_text))) == _results(case.parse())


@for_each_case(UNPACKABLE)
def test_unknown_keys_are_ignored(case: Case) -> None:
    body = _changed(case, lambda tree: _with_key(tree, "New\u200b ✈️ key", [None, {"ключ": "値"}]))
    assert _results(case.parse(body)) == _results(case.parse())

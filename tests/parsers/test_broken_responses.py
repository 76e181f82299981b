"""All readers on answers that are broken, odd or of another shape.

Whatever comes, a reader yields sound items or raises CouldNotLook; an answer that held offers is never read as none.
Nothing here knows a program: how an answer is taken apart says answer_forms.py, and what every answer with offers has,
the reader itself (PATHS).
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
from awardspider.parsers import Detected, get_parser
from tests.support.mutations import flaw
from tests.support.parser_cases import (
    CASES,
    LISTING,
    PROGRAMS,
    TELLING,
    Case,
    Item,
    by_identity,
    expected_offer,
    odd_of,
    offers_of,
    over,
)
from tests.support.response_formats import Apart, Path, forms, known_keys, places

NO_ANSWERS = {
    "nothing": b"",
    "blank": b"  \n",
    "null": b"null",
    "text": b'"data"',
    "a number": b"1",
    "an empty object": b"{}",
    "an empty list": b"[]",
    "empty data": b'{"data": {}}',
    "no data": b'{"data": null}',
    "data is a list": b'{"data": []}',
    "a page": b"<!DOCTYPE html><html><head><title>Access Denied</title></head><body>Reference 0.6b5</body></html>",
    "a sequence of nothing": b"\x1e{}\n\x1e[]\n",
    "lines": b'{"type": "data"}\n{"type": "chunk"}\n',
    "deep lists": b"[" * 200_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"data":' * 50_000 + b"1" + b"}" * 50_000,
    "not a text": bytes(range(256)),
    "a zip": b"PK\x03\x04" + bytes(100),
}

FULL = TELLING + LISTING
# A script's literal cannot be taken apart: it is cut and written in other encodings, no more.
APART = [case for case in FULL if forms(case.body)]


def _lost(items: list[Item]) -> set[ParseWarning]:
    """What says that an offer may be missing."""
    return {odd for odd in odd_of(items) if odd.drops_offer}


def _routes(items: list[Item]) -> list[MonitoredRoute]:
    return [route for item in items if isinstance(item, MonitoredRoutes) for route in item.routes]


def _told(items: list[Item]) -> tuple[list[dict[str, Any]], list[MonitoredRoute]]:
    """All that the items tell, to be compared."""
    return by_identity(offers_of(items)), _routes(items)


def _holds_something(items: list[Item]) -> bool:
    return bool(offers_of(items) or _routes(items))


@pytest.mark.parametrize("body", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_is_no_answer_of_the_program(program: str, body: bytes) -> None:
    """It is none of any program, unless one of its own cases says that this is how it says none."""
    assert get_parser(program).detect(body) is None
    own = {(case.search.kind, case.body.strip()) for case in CASES if case.program == program}
    for case in [case for case in FULL if case.program == program and (case.search.kind, body.strip()) not in own]:
        with pytest.raises(UnexpectedResponse):
            case.read(body)


@over(FULL)
def test_an_answer_of_one_program_is_none_of_another(case: Case) -> None:
    said = {name for name in PROGRAMS if get_parser(name).detect(case.body) is not None}
    assert said <= {case.program}


@over(FULL)
@pytest.mark.parametrize("percent", range(10, 100, 10))
def test_a_truncated_answer(case: Case, percent: int) -> None:
    """It is refused, unless all that is read stands in what is left (of a page, or of several lines)."""
    body = case.body[: len(case.body) * percent // 100]
    case.parser.detect(body)
    try:
        items = case.read(body)
    except UnexpectedResponse:
        return
    assert _told(items) == _told(case.read())


@over(FULL)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_another_encoding_never_reads_as_none(case: Case, encoding: str) -> None:
    body = case.body
    if case in APART:
        body = _changed(case, lambda tree: _with_key(tree, "é", "É"))
    with contextlib.suppress(UnexpectedResponse):
        assert _holds_something(case.read(body.decode().encode(encoding)))


# ---- values that are not what they should be ---------------------------------------------------------------------


@functools.cache
def _forms(body: bytes) -> list[Apart]:
    return forms(body)


def _changed(case: Case, change: Callable[[Any], Any]) -> bytes:
    """The case's answer with its data as `change` gives it back."""
    tree, wrapped = _forms(case.body)[0]
    return wrapped(change(tree))


def _with(answer: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of an answer with `change` applied to every value that is no list or object."""
    if isinstance(answer, dict):
        return {name: _with(value, change) for name, value in answer.items()}
    if isinstance(answer, list):
        return [_with(value, change) for value in answer]
    return change(answer)


def _with_key(answer: Any, key: str, value: Any) -> Any:
    """A copy of an answer with another key in every object."""
    if isinstance(answer, dict):
        return {name: _with_key(inside, key, value) for name, inside in answer.items()} | {key: value}
    return [_with_key(inside, key, value) for inside in answer] if isinstance(answer, list) else answer


def _with_each(case: Case, put: Callable[[Any], Any], taken: set[Any] | None = None) -> Iterator[tuple[Path, bytes]]:
    """The answer once for each place, with what `put` makes of the value there in its stead.

    With `taken`, of places that differ only in their numbers in lists, and hold values of one type, the first that is
    not in there; and then it is.
    """
    for form, (tree, wrapped) in enumerate(_forms(case.body)):
        for path, holder, name in list(places(tree)):
            value = holder[name]
            kind = form, type(value), *("[]" if isinstance(step, int) else step for step in path)
            if taken is not None and kind in taken:
                continue
            if taken is not None:
                taken.add(kind)
            holder[name] = put(value)
            try:
                yield path, wrapped(tree)
            finally:
                holder[name] = value


def _of_another_type(value: Any) -> Any:
    """What can stand for nothing that is known there."""
    return "warnings" if isinstance(value, dict) else {"warnings": 1}


def _outcome(case: Case, body: bytes) -> list[Item] | SearchFailed:
    """What the reader makes of an answer: its items, or what it raised as it may; anything else fails the test."""
    try:
        return case.read(body)
    except SearchFailed as error:
        return error


ODD_VALUES: list[Any] = [
    None,
    "",
    "warnings",
    " ",
    -1,
    7.5,
    10**400,
    True,
    [],
    [[]],
    {},
    {"warnings": 1},
    ["warnings"],
    "2027-13-45",
]


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("program", PROGRAMS)
def test_an_odd_value_anywhere_never_breaks_the_reader(program: str, value: Any) -> None:
    """Each place that its answers have, in the first that has it; test_readers_mutants.py goes through all of them."""
    taken: dict[str, set[Any]] = defaultdict(set)
    for case in [case for case in APART if case.program == program]:
        for path, body in _with_each(case, lambda _: value, taken[case.search.kind]):
            outcome = _outcome(case, body)
            if not isinstance(outcome, SearchFailed):
                assert not list(filter(None, map(flaw, outcome))), (case.name, path)
            assert isinstance(case.parser.detect(body), Detected | None), (case.name, path)


@over(APART)
def test_nothing_is_lost_in_silence(case: Case) -> None:
    """A value of a type that cannot be costs nothing, or is told, or ends the reading: offers never just vanish."""
    before = case.read()
    for path, body in _with_each(case, _of_another_type):
        _assert_told(before, _outcome(case, body), path)


def _row(case: Case) -> list[str]:
    """The steps to one row of the answer: the deepest list or object that most of the known places lie in."""
    paths = case.parser.REQUIRED_PATHS[case.search.kind]
    inside = Counter(path[: found.end()] for path in paths for found in re.finditer(r"\[\]|\{\}", path))
    rows = [place for place, known in inside.items() if known >= 0.6 * len(paths)]
    return re.findall(r"\[\]|\{\}|[^.\[\]{}]+", max(rows, key=len, default=""))


def _leads_to(path: Path, row: list[str]) -> bool:
    """Whether a place is a row, or in one."""
    kinds = {"[]": int, "{}": str}
    return len(path) >= len(row) and all(
        isinstance(step, kinds[wanted]) if wanted in kinds else step == wanted
        for step, wanted in zip(path, row, strict=False)
    )


def _ways(items: Sequence[Item]) -> set[tuple[Any, ...]]:
    """The days or flights that there are offers for."""
    offers = [item for item in items if isinstance(item, AwardOfferItem)]
    return {(offer.origin, offer.destination, offer.departure_date, offer.flights) for offer in offers}


def _has_several_rows(case: Case) -> bool:
    """Whether offers of several days or flights are expected, and nothing else that costs one."""
    offers = [expected_offer(case, told) for told in case.expected.get("offers", ())]
    return len(_ways(offers)) > 1 and all(odd.get("path") == "nearby" for odd in case.expected.get("warnings", ()))


SEVERAL_ROWS = [case for case in APART if _row(case) and _has_several_rows(case)]


@over(SEVERAL_ROWS)
def test_a_row_that_cannot_be_read_costs_itself_alone(case: Case) -> None:
    before, row = _ways(case.read()), _row(case)
    for path, body in _with_each(case, _of_another_type):
        if _leads_to(path, row):
            assert len(before - _ways(case.read(body))) <= 1, path


@over(APART)
def test_a_renamed_key_never_reads_as_none(case: Case) -> None:
    """The day a program renames a key, offers do not vanish in silence."""
    before = case.read()
    for tree, wrapped in _forms(case.body):
        for name in sorted({path[-1] for path, _, _ in places(tree) if isinstance(path[-1], str)}):
            _assert_told(before, _outcome(case, wrapped(_renamed(tree, name))), name)


def _assert_told(before: list[Item], after: list[Item] | SearchFailed, place: Any) -> None:
    """Fail where offers of the days that the answer still speaks for were lost, and no error or new Odd says so."""
    if isinstance(after, SearchFailed):
        return
    spoken_for = [item for item in after if isinstance(item, CoveredDates)]
    kept = [
        offer
        for offer in offers_of(before)
        if all(covered.first <= offer.departure_date <= covered.last for covered in spoken_for)
    ]
    lost = len(kept) + len(_routes(before)) - len(offers_of(after)) - len(_routes(after))
    assert lost <= 0 or _lost(after) - _lost(before), f"{lost} lost at {place}"


def _renamed(answer: Any, name: str) -> Any:
    if isinstance(answer, dict):
        return {key + "New" * (key == name): _renamed(value, name) for key, value in answer.items()}
    return [_renamed(value, name) for value in answer] if isinstance(answer, list) else answer


@over(APART)
@pytest.mark.parametrize("kind", [(str,), (float,), (int, float)], ids=["texts", "fractions", "numbers"])
def test_an_answer_of_which_nothing_can_be_read_is_not_none(case: Case, kind: tuple[type, ...]) -> None:
    """Where an answer holds offers and none of them can be read, that is no evidence that there are none."""
    body = _changed(case, lambda tree: _with(tree, lambda value: "warnings" if type(value) in kind else value))
    outcome = _outcome(case, body)
    assert isinstance(outcome, SearchFailed) or _holds_something(outcome)


@over(APART)
@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400])
def test_numbers_that_are_none(case: Case, literal: str) -> None:
    body = _changed(case, lambda tree: _with(tree, lambda value: "@@" if type(value) in (int, float) else value))
    for quoted in (b'"@@"', b"&quot;@@&quot;"):
        body = body.replace(quoted, literal.encode())
    outcome = _outcome(case, body)
    if not isinstance(outcome, SearchFailed):
        assert _holds_something(outcome)
        assert not list(filter(None, map(flaw, outcome)))


@over(APART)
def test_numbers_written_as_text(case: Case) -> None:
    """Prices, counts and minutes may come as text one day; a status that is not the known one may end the reading."""
    known = known_keys(case.parser.REQUIRED_PATHS[case.search.kind])

    def as_text(answer: Any, name: str = "") -> Any:
        if isinstance(answer, dict):
            return {key: as_text(value, key) for key, value in answer.items()}
        if isinstance(answer, list):
            return [as_text(value, name) for value in answer]
        is_number = type(answer) is float or (type(answer) is int and name in known)
        return str(answer) if is_number else answer

    assert _told(case.read(_changed(case, as_text))) == _told(case.read())


@over(APART)
def test_keys_that_nobody_knows_cost_nothing(case: Case) -> None:
    body = _changed(case, lambda tree: _with_key(tree, "New\u200b ✈️ key", [None, {"ключ": "値"}]))
    assert _told(case.read(body)) == _told(case.read())

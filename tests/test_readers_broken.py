"""All readers on answers that are broken, odd or of another shape.

Whatever comes, a reader yields sound items or raises CouldNotLook; an answer that held offers is never read as none.
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from awardspider.items import AwardOfferItem
from awardspider.outcomes import Changed, CouldNotLook
from awardspider.readers import reader
from tests.reader_cases import PROGRAMS, TELLING, Case, Item, by_identity, odd_of, offers_of, over

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
    "deep lists": b"[" * 200_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"data":' * 50_000 + b"1" + b"}" * 50_000,
    "not a text": bytes(range(256)),
    "a zip": b"PK\x03\x04" + bytes(100),
}


@pytest.mark.parametrize("body", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_is_no_answer_of_the_program(program: str, body: bytes) -> None:
    assert reader(program).recognize(body) is None
    for case in [case for case in TELLING if case.program == program]:
        with pytest.raises(Changed):
            case.read(body)


@over(TELLING)
@pytest.mark.parametrize("percent", range(10, 100, 10))
def test_a_truncated_answer(case: Case, percent: int) -> None:
    with pytest.raises(Changed):
        case.read(case.body[: len(case.body) * percent // 100])


@over(TELLING)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_another_encoding_never_reads_as_none(case: Case, encoding: str) -> None:
    text = json.dumps(
        _with(json.loads(case.body), lambda value: value + "é" if value == "United Economy" else value),
        ensure_ascii=False,
    )
    body = text.encode(encoding)
    with contextlib.suppress(Changed):
        assert offers_of(case.read(body))


# ---- values that are not what they should be ---------------------------------------------------------------------


def _with(answer: Any, change: Any) -> Any:
    """A copy of an answer with `change` applied to every value that is no list or object."""
    if isinstance(answer, dict):
        return {name: _with(value, change) for name, value in answer.items()}
    if isinstance(answer, list):
        return [_with(value, change) for value in answer]
    return change(answer)


def _places(answer: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value below the top, lists and objects too."""
    inside = answer.items() if isinstance(answer, dict) else enumerate(answer) if isinstance(answer, list) else ()
    for name, value in inside:
        yield (*path, name)
        yield from _places(value, (*path, name))


def _put(answer: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(answer)
    inside = changed
    for name in path[:-1]:
        inside = inside[name]
    inside[path[-1]] = value
    return changed


def _sound(offer: AwardOfferItem) -> bool:
    """Whether every value has the type that its field declares, and every currency the form of one."""
    sums = [money for money in (offer.taxes, offer.cash_price) if money is not None]
    try:
        msgspec.convert(msgspec.to_builtins(offer), AwardOfferItem)
    except msgspec.ValidationError:
        return False
    return all(money.amount.is_finite() and re.fullmatch("[A-Z]{3}", money.currency) for money in sums)


def _outcome(case: Case, answer: Any) -> list[Item] | CouldNotLook:
    """What the reader makes of an answer: its items, or what it raised as it may; anything else fails the test."""
    try:
        return case.read(json.dumps(answer).encode())
    except CouldNotLook as error:
        return error


ODD_VALUES: list[Any] = [None, "", "odd", " ", -1, 7.5, 10**400, True, [], [[]], {}, {"odd": 1}, ["odd"], "2027-13-45"]


@over(TELLING)
@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: repr(value)[:12])
def test_an_odd_value_anywhere_never_breaks_the_reader(case: Case, value: Any) -> None:
    answer = json.loads(case.body)
    for path in _places(answer):
        outcome = _outcome(case, _put(answer, path, value))
        if not isinstance(outcome, CouldNotLook):
            assert all(map(_sound, offers_of(outcome))), path


@over(TELLING)
def test_nothing_is_lost_in_silence(case: Case) -> None:
    """A value of a type that cannot be costs nothing, or is told, or ends the reading: offers never just vanish."""
    answer, before = json.loads(case.body), case.read()
    for path in _places(answer):
        _assert_told(before, _outcome(case, _put(answer, path, {"odd": 1})), path)


@over(TELLING)
def test_a_renamed_key_never_reads_as_none(case: Case) -> None:
    """The day a program renames a key, offers do not vanish in silence."""
    answer, before = json.loads(case.body), case.read()
    for name in sorted({path[-1] for path in _places(answer) if isinstance(path[-1], str)}):
        _assert_told(before, _outcome(case, _renamed(answer, name)), name)


def _assert_told(before: list[Item], after: list[Item] | CouldNotLook, place: Any) -> None:
    """Fail where offers were lost and neither an error nor a new Odd says so."""
    if not isinstance(after, CouldNotLook):
        lost = len(offers_of(before)) - len(offers_of(after))
        assert lost <= 0 or set(odd_of(after)) - set(odd_of(before)), f"{lost} lost at {place}"


def _renamed(answer: Any, name: str) -> Any:
    if isinstance(answer, dict):
        return {key + "New" * (key == name): _renamed(value, name) for key, value in answer.items()}
    return [_renamed(value, name) for value in answer] if isinstance(answer, list) else answer


@over(TELLING)
def test_an_answer_of_which_nothing_can_be_read_is_not_none(case: Case) -> None:
    """Where an answer holds offers and none of them can be read, that is no evidence that there are none."""
    answer = json.loads(case.body)
    for change in (
        lambda value: "odd" if isinstance(value, str) else value,
        lambda value: "odd" if isinstance(value, float) else value,
    ):
        outcome = _outcome(case, _with(answer, change))
        assert isinstance(outcome, CouldNotLook) or offers_of(outcome)


@over(TELLING)
@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400])
def test_numbers_that_are_none(case: Case, literal: str) -> None:
    text = json.dumps(_with(json.loads(case.body), lambda value: "@@" if isinstance(value, float) else value))
    try:
        items = case.read(text.replace('"@@"', literal).encode())
    except CouldNotLook:
        return
    assert offers_of(items)
    assert all(map(_sound, offers_of(items)))


@over(TELLING)
def test_numbers_written_as_text(case: Case) -> None:
    """Prices, counts and minutes may come as text one day; a status that is not the known one may end the reading."""
    answer = _with(json.loads(case.body), lambda value: str(value) if type(value) is float else value)
    assert by_identity(offers_of(case.read(json.dumps(answer).encode()))) == by_identity(offers_of(case.read()))


@over(TELLING)
def test_keys_that_nobody_knows_cost_nothing(case: Case) -> None:
    def grown(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: grown(inside) for name, inside in value.items()} | {"New\u200b ✈️ key": [None, {"ключ": "値"}]}
        return [grown(inside) for inside in value] if isinstance(value, list) else value

    assert by_identity(offers_of(case.read(json.dumps(grown(json.loads(case.body))).encode()))) == by_identity(
        offers_of(case.read())
    )

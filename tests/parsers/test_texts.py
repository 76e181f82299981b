"""Texts that no database stores: they cost a field or an offer, never a response."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from awardspider.items import AwardOfferItem
from awardspider.outcomes import SearchFailed
from awardspider.parsers._texts import replace_lone_surrogates
from awardspider.values import is_storable, storable
from tests.support.parser_cases import CASES, CASES_WITH_OFFERS, Case, for_each_case, offers_in, warnings_in

PAIR = re.compile(rb'("(\w+)"\s*:\s*"[^"\\]+)"')
# Written in JSON, and as raw bytes.
UNSTORABLE = (rb"\ud800", rb"\uDFFF", rb"\u0000", b"\xed\xa0\x80", b"\0", rb"\udc00\ud83d")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rb'{"a": "x\ud83d\ude00y"}', None),
        (rb'{"a": "x\ud83dy"}', rb'{"a": "x\u0000y"}'),
        (rb'{"a": "\ude00\ud83d"}', rb'{"a": "\u0000\u0000"}'),
        (rb'{"a": "\ud83d\ud83d\ude00"}', rb'{"a": "\u0000\ud83d\ude00"}'),
        (rb'{"a": "\\ud83d"}', None),  # a backslash, then plain letters
        (rb'{"a": "\\\ud83d"}', rb'{"a": "\\\u0000"}'),
        ('{"a": "\U0001f600 \ud7ff"}'.encode(), None),
        (b'{"a": "x\xed\xbf\xbf"}', rb'{"a": "x\u0000"}'),
        (b'{"a": "x\0"}', rb'{"a": "x\u0000"}'),
        ('{"a": "x"}'.encode("utf-16-le"), None),
        ('{"a": "x"}'.encode("utf-32"), None),
    ],
)
def test_lone_surrogates_are_replaced(body: bytes, expected: bytes | None) -> None:
    assert replace_lone_surrogates(body) == (body if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\ud800b", "ab"), ("\0a", "a"), ("Zürich \U0001f600", None), ("\udc00\ud800x", "x")],
)
def test_storable_text(text: str, expected: str | None) -> None:
    assert is_storable(text) is (expected is None)
    assert storable(text) == (expected or text)
    assert is_storable(storable(text))
    storable(text).encode()


def with_text(case: Case, text: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the case's body with a text added to the first value of each key, with the key."""
    seen: set[bytes] = set()
    for match in PAIR.finditer(case.body):
        if match[2] not in seen:
            seen.add(match[2])
            yield match[2].decode(), case.body[: match.end(1)] + text + case.body[match.end(1) :]


def offers_of(case: Case, body: bytes) -> list[AwardOfferItem] | None:
    try:
        items = case.parse(body)
    except SearchFailed:
        return None
    if rb"\ud" in body:
        assert "text" in {warning.path for warning in warnings_in(items)}
    return offers_in(items)


@for_each_case(CASES_WITH_OFFERS)
def test_unstorable_text_costs_no_more_than_an_unknown_one(case: Case) -> None:
    unknown = {key: offers_of(case, body) for key, body in with_text(case, "☃".encode())}
    for text in UNSTORABLE:
        for key, body in with_text(case, text):
            offers = offers_of(case, body)
            expected = unknown[key]
            unknown_in_offer = [
                offer for offer in expected or () if "☃" in repr((offer.segments, offer.fare_name, offer.program))
            ]
            assert len(offers or ()) >= len(expected or ()) - len(unknown_in_offer), (key, text)
            for offer in offers or ():
                assert is_storable(
                    "".join(map(str, (offer.fare_name, offer.booking_code, offer.booking_link, offer.segments)))
                )


def test_optional_text_is_removed_with_a_warning() -> None:
    [case] = [case for case in CASES if f"{case.program}/{case.name}" == "united/flights-nonstop"]
    body = case.body.replace(b"Boeing 737", rb"Boeing \ud800737")
    assert body != case.body
    expected, items = offers_in(case.parse()), case.parse(body)
    found = offers_in(items)
    assert [offer.miles for offer in found] == [offer.miles for offer in expected]
    assert None in {segment.aircraft for offer in found for segment in offer.segments}
    warnings = [(warning.path, warning.drops_offer) for warning in warnings_in(items)]
    assert ("text", False) in warnings
    assert ("aircraft", False) in warnings
    assert case.parser.detect(body) == case.parser.detect(case.body)
    assert case.parser.decode(body)

"""Texts that nobody writes as a wish: each is understood as something, in about a second."""

from __future__ import annotations

import time
from datetime import date

import pytest

from awardspider.search.words.parsing import parse_wish

_TODAY = date(2027, 1, 1)
#: Generous, because a machine can be busy. Without limits, these texts take minutes.
_SECONDS = 15.0


@pytest.mark.parametrize(
    "text",
    ["x" * 1000, "é" * 1000, "tokyo" * 200, "tokyo " * 200, "from Tokyo or Paris " * 4000, "2-" * 500, "a1" * 500],
    ids=lambda text: text[:10],
)
def test_a_text_is_parsed_in_time(text: str) -> None:
    parse_wish("two seats to Tokyo in May", "en", today=_TODAY)  # loads the vocabulary
    started = time.monotonic()
    parse_wish(text, "en", today=_TODAY)
    assert time.monotonic() - started < _SECONDS


@pytest.mark.parametrize(
    "text", ["under " + "9" * 900, "9" * 1000 + "k miles", "\N{FULLWIDTH DIGIT ONE}" * 1000, "to Tokyo for 1e999 miles"]
)
def test_a_number_can_have_any_length(text: str) -> None:
    parse_wish(text, "en", today=_TODAY)

"""The words with which blogs of the sandbox announce promotions."""

from __future__ import annotations

import re
from datetime import date

import pytest

from awardspider.sandbox.promotions.calendar import starting
from awardspider.sandbox.promotions.wording import Style, announcement_words

FIRST, LAST = date(2026, 9, 1), date(2027, 2, 28)
SEED = 7
KEYS = [str(number) for number in range(12)]  # which select among the templates

_REPEATED = re.compile(r"\b(\w[\w’]*(?: \w[\w’]*){0,2}) \1\b", re.IGNORECASE)


@pytest.mark.parametrize("voice", ["careful", "news", "terse", "chatty", "formal"])
def test_no_title_repeats_words(voice: str) -> None:
    titles = {
        announcement_words(promotion, Style("en", voice, "long"), key).title
        for promotion in starting(SEED, FIRST, LAST)
        for key in KEYS
    }
    assert len(titles) > 100
    assert [title for title in sorted(titles) if _REPEATED.search(title)] == []

"""Announcements of promotions in prose: the cases of the grammar, in every language."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.items import PromotionTerms
from awardspider.parsers._promotions import read_announcement
from awardspider.search.route_places import route_place

PUBLISHED = date(2026, 10, 2)


def read(title: str, summary: str = "", *, language: str = "en", published: date = PUBLISHED) -> PromotionTerms:
    """Return the terms of an announcement that was published on 2 October 2026."""
    return read_announcement(title, summary, published, language=language, find_place=route_place)


#: Headlines that the fact sheet gives outcomes for: kind, percent, up to, first and last day, expired.
FACTS = [
    ("Buy IHG Points for as low as 0.5 cents each", "buy_miles", None, None, None, None, False),
    (
        "Alaska Airlines Buy Miles Up To 120% Bonus Sale Until October 19, 2026",
        "buy_miles",
        120,
        True,
        None,
        "2026-10-19",
        False,
    ),
    ("Buy Choice Privileges Points At 40% Off: 0.62 Cents Each, Worth It?", "buy_miles", 40, False, None, None, False),
    ("Alaska Atmos Rewards’ Global Getaways Award Sale: Save Up To 50%", "award_sale", 50, True, None, None, False),
    ("(EXPIRED) Buy Choice Points, get 40% bonus (0.74c per point)", "buy_miles", 40, False, None, None, True),
]


@pytest.mark.parametrize(("title", "kind", "percent", "up_to", "first", "last", "expired"), FACTS)
def test_headlines_of_the_fact_sheet(
    title: str, kind: str, percent: int | None, up_to: bool | None, first: str | None, last: str | None, expired: bool
) -> None:
    terms = read(title)
    assert (terms.kind, terms.percent, terms.up_to, terms.expired) == (kind, percent, up_to, expired)
    assert (terms.book_from and str(terms.book_from), terms.book_by and str(terms.book_by)) == (first, last)

"""The parsers against the simulated promotions: what they read is what is true."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import Confidence, PromotionItem, PromotionKind, SourceKind
from awardspider.parsers import SourceContext, SourceText, dealfeeds, transferbonuses
from awardspider.sandbox.promotions.blogs import blogs
from awardspider.sandbox.promotions.tables import CROSS_CHECKS, TABLE_PATH
from awardspider.sandbox.promotions.truth import promotions_truth
from tests.support.promotion_world import NOW, SITES, get

TABLE = "frequentmiler.com"
TERMS = ("percent", "up_to", "targeted", "book_from", "book_by")
HOTELS = {"marriott", "wyndham"}
#: The least share of announcements of which a term is read as it is.
LEAST_SHARE = 0.95


def comparison_text(host: str, now: datetime) -> str:
    """Return the text of a cross-check page, as its parser yields it."""
    path = CROSS_CHECKS[host][0]
    context = SourceContext(url=f"https://{host}{path}", kind=SourceKind.PAGE, seen_at=now)
    (text,) = transferbonuses.parse(get(SITES[host], path, now).body, context)
    assert isinstance(text, SourceText)
    return text.text


@pytest.mark.parametrize("days", [0, 1, 13, 31, 60, 200])
def test_the_table_is_read_as_it_is(days: int) -> None:
    now = NOW + timedelta(days=days)
    context = SourceContext(
        url=f"https://{TABLE}{TABLE_PATH}",
        kind=SourceKind.TABLE,
        seen_at=now,
        other_texts=tuple(comparison_text(host, now) for host in CROSS_CHECKS),
    )
    items = [
        item
        for item in transferbonuses.parse(get(SITES[TABLE], TABLE_PATH, now).body, context)
        if isinstance(item, PromotionItem) and not item.expired and item.kind is PromotionKind.TRANSFER_BONUS
    ]
    rows = [
        row
        for row in promotions_truth(7, now, {"kind": "transfer_bonus", "host": TABLE})["promotions"]
        if row["in_table"] and row["percent"] and not row["is_over"]
    ]
    assert {
        (*item.banks, *item.programs, item.percent, item.up_to, item.targeted, str(item.book_from), str(item.book_by))
        for item in items
    } == {(*row["banks"], *row["programs"], *(row[name] for name in TERMS)) for row in rows}
    # Bonuses from hotels are left out: their confidence is not compared.
    assert {item.banks[0] for item in items if item.confidence is Confidence.VERIFIED} - HOTELS == {
        row["banks"][0] for row in rows if row["cross_checked"]
    } - HOTELS


def test_feeds_are_read_as_they_are(full: bool) -> None:
    wrong: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for days in range(0, 60, 10) if full else (0, 20):
        now = NOW + timedelta(days=days)
        for row, item in announcements(now):
            says = row["says"]
            expected = {"kind": row["kind"]}
            if row["promotion"]:
                expected |= {
                    "programs": tuple(row["programs"]),
                    "banks": tuple(row["banks"]),
                    "percent": says.get("percent"),
                    "book_by": says.get("book_by"),
                    "cents_per_mile": Decimal(says["cents_per_mile"]) if "cents_per_mile" in says else None,
                    "miles_price": says.get("miles_price"),
                    "targeted": bool(says.get("targeted")),
                }
            for name, value in expected.items():
                found = getattr(item, name)
                total[name] += 1
                wrong[name] += (str(found) if name == "book_by" and found else found) != value
    assert {name: wrong[name] / total[name] for name in total if wrong[name] > (1 - LEAST_SHARE) * total[name]} == {}


def announcements(now: datetime) -> list[tuple[dict[str, Any], PromotionItem]]:
    """Return the posts in all feeds of XML at a time, with what the parser reads."""
    truth = {(row["host"], row["guid"]): row for row in promotions_truth(7, now, {})["announcements"]}
    found: list[tuple[dict[str, Any], PromotionItem]] = []
    for blog in blogs().values():
        context = SourceContext(
            url=f"https://{blog.host}{blog.feed}", kind=SourceKind.FEED, seen_at=now, language=blog.language
        )
        items = dealfeeds.parse(get(SITES[blog.host], blog.feed, now).body, context)
        found += [(truth[blog.host, item.entry_id], item) for item in items if isinstance(item, PromotionItem)]
    return found

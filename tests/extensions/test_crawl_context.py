"""The stored data that a crawl gets before its first request: points of owners and sales."""

from __future__ import annotations

from datetime import timedelta

import pytest
from scrapy.settings import Settings

from awardspider.crawling.context import CrawlContext
from awardspider.extensions.crawl_context import crawl_context
from awardspider.items import PromotionItem, PromotionKind
from awardspider.search.owners import build_owner
from awardspider.storage.owners import default_owner, save_owner
from awardspider.storage.store import Store
from awardspider.storage.watches import find_watches, save_watches
from tests.support.delivery import SETTINGS
from tests.support.program_requests import spider
from tests.support.storage_examples import NOW
from tests.support.stored_promotions import store_announcements
from tests.support.watch_examples import make_watch

HOUR = timedelta(hours=1)


def context_of(store: Store, program: str) -> CrawlContext:
    settings = Settings(SETTINGS | {"AWARD_MIN_SEARCH_AGE_MINUTES": "30"})
    return crawl_context(store, spider(program), settings, {}, state_key=program, now=NOW + HOUR)


def promotion(kind: PromotionKind, **fields: object) -> PromotionItem:
    values: dict[str, object] = {
        "kind": kind,
        "title": str(kind),
        "source": "blog.example",
        "link": f"https://blog.example/{kind}",
        "seen_at": NOW,
        "book_by": (NOW + 240 * HOUR).date(),
    }
    return PromotionItem(**values | fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(("program", "is_due"), [("united", True), ("seatsaero", False), ("delta", False)])
def test_a_sale_makes_the_searches_of_its_own_program_due(sqlite_store: Store, program: str, is_due: bool) -> None:
    store_announcements(sqlite_store, promotion(PromotionKind.AWARD_SALE, programs=("united",)))
    context = context_of(sqlite_store, program)
    assert [sale.promotion.program for sale in context.sales] == ["united"] * (program != "delta")
    assert context.recent is not None
    assert context.recent.sale_since == (NOW if is_due else None)


def test_the_points_of_owners_and_the_bonuses_of_the_day_are_read(sqlite_store: Store) -> None:
    owner = build_owner(id=default_owner(sqlite_store).id, name="Ana", points="amex=100k")
    save_owner(sqlite_store, owner, now=NOW)
    save_watches(sqlite_store, [make_watch(max_points=50_000)], now=NOW)
    bonus = promotion(PromotionKind.TRANSFER_BONUS, programs=("flyingblue",), banks=("amex",), percent=25)
    store_announcements(sqlite_store, bonus)
    points = context_of(sqlite_store, "united").points
    (stored,) = find_watches(sqlite_store, now=NOW)
    (cost,) = points.costs(stored.watch.key, "flyingblue", 60_000, NOW.date())
    assert (cost.key, cost.points, cost.bonus_percent) == ("amex", 48_000, 25)

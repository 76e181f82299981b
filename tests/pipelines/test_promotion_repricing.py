"""At the end of a crawl of sources, stored offers are compared with the transfer bonuses that it found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from awardspider.items import PromotionKind
from awardspider.search.owners import build_owner
from awardspider.storage.batches import write_batch
from awardspider.storage.owners import default_owner, save_owner
from awardspider.storage.store import Store
from awardspider.storage.watches import save_watches
from tests.support.pipeline_crawl import add_channel
from tests.support.promotion_crawl import PromotionCrawl, make_bonus, make_feed, messages, seeded
from tests.support.storage_examples import NOW, make_batch, make_itinerary
from tests.support.watch_examples import make_watch

FEED = make_feed("a")
BONUS = make_bonus(book_by=date(2026, 12, 5))


@pytest.fixture
def watched(store: Store) -> Store:
    """Return a store with an offer for 60,000 points, and a watch that accepts 50,000 of an owner with Amex points."""
    save_owner(store, build_owner(id=default_owner(store).id, name="Ana", points="amex=100k", targeted=""), now=NOW)
    save_watches(store, [make_watch(name="Austin", max_points=50_000)], now=NOW)
    write_batch(store, make_batch(make_itinerary(program="flyingblue", source="flyingblue", miles=60_000)))
    add_channel(store)
    return store


def crawl(store: Store, item: object = BONUS) -> list[str]:
    """Crawl a feed, and return the types of all messages."""
    opened = PromotionCrawl(store, FEED)
    opened.read(FEED, item)  # type: ignore[arg-type]
    opened.close()
    return [each for (each,) in messages(store, ["event_type"])]


def test_a_new_bonus_makes_an_offer_match(watched: Store) -> None:
    seeded(watched, FEED)
    assert crawl(watched) == ["promotion", "offer.matched"]
    assert crawl(watched) == ["promotion", "offer.matched"]


def test_a_bonus_of_a_first_read_makes_an_offer_match_too(watched: Store) -> None:
    assert crawl(watched) == ["offer.matched"]


@pytest.mark.parametrize(
    "fields",
    [{"percent": 15}, {"banks": ("chase",)}, {"kind": PromotionKind.BUY_MILES}, {"expired": True}, {"up_to": True}],
)
def test_other_promotions_make_no_offer_match(watched: Store, fields: dict[str, object]) -> None:
    assert crawl(watched, replace(BONUS, **fields)) == []  # type: ignore[arg-type]


def test_a_bonus_that_is_extended_makes_an_offer_match(watched: Store) -> None:
    seeded(watched, FEED)
    crawl(watched, replace(BONUS, percent=10))
    title = "Extended and increased"
    assert crawl(watched, replace(BONUS, title=title)) == ["promotion", "promotion", "offer.matched"]

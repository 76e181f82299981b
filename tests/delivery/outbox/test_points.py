"""Costs of offers in the points of a watch's owner, as messages contain them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from awardspider.deals.valuations import shipped_valuations
from awardspider.delivery.outbox.points import WatchPoints
from awardspider.items import PromotionItem, PromotionKind
from awardspider.search.owners import build_owner
from awardspider.search.points_cost import points_costs
from awardspider.storage.owners import default_owner, save_owner
from awardspider.storage.promotions import find_transfer_bonuses
from awardspider.storage.store import Store
from awardspider.storage.watches import find_watches, save_watches
from tests.support.storage_examples import make_offer
from tests.support.stored_promotions import store_announcements
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
VALUES = """
as_of = 2026-11-20
[values]
amex = { low = 1.9, high = 2.1 }
chase = { low = 1.0, high = 1.2 }
"""


def save(store: Store, points: str, *bonuses: PromotionItem) -> str:
    """Store the points of the default owner, a watch and bonuses; return the id of the watch."""
    save_owner(store, build_owner(id=default_owner(store).id, name="Ana", points=points), now=NOW)
    save_watches(store, [make_watch()], now=NOW)
    store_announcements(store, *bonuses)
    return find_watches(store, now=NOW)[0].watch.id


def bonus(percent: int, last: date) -> PromotionItem:
    return PromotionItem(
        kind=PromotionKind.TRANSFER_BONUS,
        title=f"{percent}% from Amex to Virgin Atlantic",
        source="feed",
        link=f"https://blog.example/{percent}",
        seen_at=NOW,
        programs=("virginatlantic",),
        banks=("Amex",),
        percent=percent,
        book_by=last,
    )


def test_the_way_that_uses_up_the_least_value_comes_first_as_in_the_profile(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "values.toml"
    file.write_text(VALUES, encoding="utf-8")
    watch = save(store, "amex=100k, chase=100k")
    offer = make_offer(program="virginatlantic", miles=47_500)
    own = WatchPoints(store, {"AWARD_VALUATIONS": str(file)}).costs(watch, offer, NOW)
    assert [(cost.key, cost.points) for cost in own] == [("chase", 48_000), ("amex", 48_000)]


def test_the_shipped_valuations_order_the_ways_if_no_file_is_set(store: Store) -> None:
    watch = save(store, "amex=100k, chase=100k, bilt=100k, citi=100k")
    costs = WatchPoints(store, {}).costs(watch, make_offer(program="virginatlantic", miles=47_500), NOW)
    middles = [shipped_valuations().middles[cost.key] for cost in costs]
    assert middles == sorted(middles)
    assert len(costs) == 3, "a message names three ways"


def test_the_bonus_of_the_day_counts_for_all_travelers_until_its_last_day(store: Store) -> None:
    watch = save(store, "amex=300k", bonus(30, NOW.date()))
    offer = make_offer(program="virginatlantic", miles=47_500, travelers=4)
    points = WatchPoints(store, {})
    (today,) = points.costs(watch, offer, NOW.replace(hour=23, minute=59))
    assert (today.points, today.bonus_percent, today.leftover) == (147_000, 30, 1_100)
    (tomorrow,) = points.costs(watch, offer, datetime(2026, 11, 30, 8, tzinfo=UTC))
    assert (tomorrow.points, tomorrow.bonus_percent) == (190_000, None)
    holdings = default_owner(store).holdings
    day = NOW.date()
    assert (today,) == points_costs("virginatlantic", 190_000, holdings, find_transfer_bonuses(store, day), day)


def test_an_offer_without_miles_or_an_owner_without_points_has_no_costs(store: Store) -> None:
    watch = save(store, "")
    assert WatchPoints(store, {}).costs(watch, make_offer(), NOW) == ()
    assert WatchPoints(store, {}).costs("unknown", make_offer(), NOW) == ()
    save_owner(store, build_owner(id=default_owner(store).id, name="Ana", points="united=1k"), now=NOW)
    assert WatchPoints(store, {}).costs(watch, make_offer(miles=None), NOW) == ()

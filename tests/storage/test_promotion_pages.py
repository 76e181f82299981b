"""Lists of promotions by page, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from awardspider.items import PromotionItem, PromotionKind
from awardspider.outcomes import InvalidArgument
from awardspider.search.promotion_states import PromotionState
from awardspider.search.promotion_watches import PromotionWatch, match_promotion
from awardspider.storage.cursors import encode_cursor
from awardspider.storage.promotion_pages import (
    PromotionFilter,
    announcements_of,
    count_ended,
    ended_promotions,
    find_promotion,
    listing_rank,
    open_promotion_page,
    open_promotions,
    promotions_between,
)
from awardspider.storage.store import Store
from tests.support.promotion_crawl import make_bonus
from tests.support.storage_examples import NOW
from tests.support.stored_promotions import store_announcements

TODAY = date(2026, 11, 22)
DAYS = timedelta(days=1)


def bonus(number: int, **fields: Any) -> PromotionItem:
    """Return a bonus of its own program, announced so many days ago."""
    programs = ("flyingblue", "aeroplan", "emirates", "delta", "qantas", "singapore", "virginatlantic")
    values: dict[str, Any] = {
        "title": f"Bonus {number}",
        "programs": (programs[number],),
        "source": "a.example",
        "entry_id": str(number),
        "link": f"https://a.example/{number}",
        "seen_at": NOW - number * DAYS,
        "published": NOW - number * DAYS,
        "book_by": TODAY + 10 * DAYS,
    }
    return make_bonus(**values | fields)


def titles(rows: Any) -> list[str]:
    return [row.item.title for row in rows]


def test_open_promotions_are_those_that_have_not_ended(store: Store) -> None:
    store_announcements(
        store,
        bonus(0),
        bonus(1, book_by=None),
        bonus(2, book_from=TODAY + 2 * DAYS),
        bonus(3, book_by=TODAY + DAYS),
        bonus(4, kind=PromotionKind.CASH_FARE_DEAL, book_by=None, banks=(), percent=None),
    )
    later = NOW + 5 * DAYS
    assert titles(open_promotions(store, NOW)) == ["Bonus 0", "Bonus 1", "Bonus 2", "Bonus 3", "Bonus 4"]
    assert titles(open_promotions(store, later)) == ["Bonus 0", "Bonus 1", "Bonus 2"]
    assert all(row.state(later) is not PromotionState.ENDED for row in open_promotions(store, later))
    assert titles(ended_promotions(store, later).promotions) == ["Bonus 3", "Bonus 4"]
    assert count_ended(store, later) == (2, False)
    criteria = PromotionFilter(kinds=[PromotionKind.TRANSFER_BONUS])
    assert count_ended(store, later, criteria=criteria) == (1, False)


def test_ended_promotions_have_pages(store: Store) -> None:
    store_announcements(store, *(bonus(number, book_by=TODAY + DAYS) for number in range(5)))
    later = NOW + 20 * DAYS
    first = ended_promotions(store, later, size=2)
    assert titles(first.promotions) == ["Bonus 0", "Bonus 1"]
    second = ended_promotions(store, later, cursor=first.next_cursor, size=2)
    third = ended_promotions(store, later, cursor=second.next_cursor, size=2)
    assert titles(second.promotions) + titles(third.promotions) == ["Bonus 2", "Bonus 3", "Bonus 4"]
    assert third.next_cursor is None
    with pytest.raises(InvalidArgument):
        ended_promotions(store, later, cursor="other")


FILTERS = [
    PromotionFilter(),
    *(
        PromotionFilter(kinds=kinds, programs=programs, banks=banks)
        for kinds in ((), (PromotionKind.TRANSFER_BONUS,), (PromotionKind.AWARD_SALE, PromotionKind.BUY_MILES))
        for programs in ((), ("avios",), ("iberia",), ("flyingblue", "united"), ("delta",))
        for banks in ((), ("amex",), ("chase", "citi"))
    ),
]


def test_a_filter_selects_the_same_open_and_ended_promotions(store: Store) -> None:
    """The filter in the database is that of `matches`, which is that of a watch with the same fields."""
    items = [
        bonus(0, programs=("flyingblue", "emirates"), banks=("amex", "citi")),
        bonus(1, programs=("avios",), banks=("chase",)),
        bonus(2, programs=("britishairways",), banks=()),
        bonus(3, kind=PromotionKind.AWARD_SALE, programs=("iberia",), banks=(), percent=30),
        bonus(4, kind=PromotionKind.BUY_MILES, programs=("united",), banks=(), percent=80),
        bonus(5, kind=PromotionKind.TRANSFER_BONUS, programs=("delta",), banks=("amex",)),
    ]
    store_announcements(store, *items)
    later = NOW + 30 * DAYS
    stored = {row.item.title: row.item for row in open_promotions(store, NOW)}
    assert len(stored) == len(items)
    for criteria in FILTERS:
        watch = PromotionWatch(
            name="x",
            kinds=tuple(criteria.kinds),
            programs=tuple(criteria.programs),
            banks=tuple(criteria.banks),
            targeted=True,
        )
        expected = {title for title, item in stored.items() if not match_promotion(watch, item)}
        assert {title for title, item in stored.items() if criteria.matches(item)} == expected, criteria
        assert {*titles(open_promotion_page(store, NOW, criteria=criteria).promotions)} == expected
        assert {*titles(ended_promotions(store, later, criteria=criteria).promotions)} == expected
        assert count_ended(store, later, criteria=criteria) == (len(expected), False)


def test_open_promotions_have_pages_in_the_order_of_the_first_one(store: Store) -> None:
    store_announcements(
        store,
        bonus(0, kind=PromotionKind.EARN_BONUS),
        bonus(1),
        bonus(2, book_by=TODAY + DAYS),
        bonus(3, book_by=TODAY + 5 * DAYS),
        bonus(4, kind=PromotionKind.AWARD_SALE, banks=()),
    )
    ranked = titles(sorted(open_promotions(store, NOW), key=lambda row: listing_rank(row, NOW)))
    assert ranked[0] in ("Bonus 1", "Bonus 2")
    assert ranked[-1] == "Bonus 0"
    for size in (1, 2, 3, 50):
        shown: list[str] = []
        cursor, now = None, NOW
        while True:
            page = open_promotion_page(store, now, cursor=cursor, size=size)
            shown += titles(page.promotions)
            cursor = page.next_cursor
            now += timedelta(minutes=1)
            assert page.count == 5
            if cursor is None:
                break
        assert shown == ranked
    with pytest.raises(InvalidArgument):
        open_promotion_page(store, NOW, cursor=encode_cursor("open promotions", ("yesterday", 0, 0, 0.5, "x")))


def test_a_page_of_open_promotions_repeats_none_when_one_ends_soon_by_then(store: Store) -> None:
    store_announcements(store, bonus(0), *(bonus(number, book_by=TODAY + 4 * DAYS) for number in (4, 5, 6)))
    first = open_promotion_page(store, NOW, size=2)
    later = NOW + 3 * DAYS
    second = open_promotion_page(store, later, cursor=first.next_cursor)
    assert sorted(titles([*first.promotions, *second.promotions])) == ["Bonus 0", "Bonus 4", "Bonus 5", "Bonus 6"]
    assert titles(open_promotion_page(store, later, size=2).promotions) != titles(first.promotions)


def test_a_promotion_has_all_its_announcements(store: Store) -> None:
    item = bonus(0)
    again = replace(item, source="b.example", entry_id="x", link="https://b.example/x", title="The same bonus")
    store_announcements(store, item, replace(again, seen_at=NOW + timedelta(hours=1)))
    [row] = open_promotions(store, NOW)
    found = find_promotion(store, row.id)
    assert found is not None
    assert found.item.title == "Bonus 0"
    assert [each.title for each in announcements_of(store, row.id)] == ["Bonus 0", "The same bonus"]
    assert find_promotion(store, "unknown") is None
    assert announcements_of(store, "unknown") == []


def test_promotions_of_a_range_include_ended_ones(store: Store) -> None:
    store_announcements(
        store,
        bonus(0, book_by=TODAY + DAYS),
        bonus(1, kind=PromotionKind.AWARD_SALE, banks=()),
        bonus(2, book_from=TODAY + 8 * DAYS),
    )
    kinds = [PromotionKind.TRANSFER_BONUS]
    assert titles(promotions_between(store, kinds, ["aeroplan", "flyingblue"], TODAY, TODAY + 5 * DAYS)) == ["Bonus 0"]
    assert promotions_between(store, kinds, ["aeroplan", "flyingblue"], TODAY + 2 * DAYS, TODAY + 5 * DAYS) == []
    assert promotions_between(store, kinds, ["delta"], TODAY, TODAY + 5 * DAYS) == []

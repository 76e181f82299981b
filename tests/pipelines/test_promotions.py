"""Announcements of sources become promotions and messages: identity, edits, ends, first reads and failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest

from awardspider.items import Confidence, PromotionItem, PromotionKind, SourceKind
from awardspider.outcomes import Outcome, Reason
from awardspider.search.promotion_states import PromotionState
from awardspider.storage import schema
from awardspider.storage.announcements import Change
from awardspider.storage.promotion_sources import find_sources
from awardspider.storage.store import Store
from tests.support.pipeline_crawl import add_channel
from tests.support.promotion_crawl import PromotionCrawl, make_bonus, make_feed, messages, promotions, seeded
from tests.support.storage_examples import NOW

A, B, C = make_feed("a"), make_feed("b"), make_feed("c")
TABLE = make_feed("a", SourceKind.TABLE)
END, LATER = date(2026, 11, 30), date(2026, 12, 5)
BONUS = make_bonus()


@pytest.fixture
def known(sqlite_store: Store) -> Store:
    """Return a store in which all sources were read before, with a channel for promotions."""
    return set_up(sqlite_store)


@pytest.fixture
def known_on_each(store: Store) -> Store:
    """Return the same on each engine."""
    return set_up(store)


def set_up(store: Store) -> Store:
    add_channel(store)
    seeded(store, A, B, C, TABLE)
    return store


def read(store: Store, *readings: Any) -> list[dict[str, int]]:
    """Read sources in one crawl each; every reading is a source, days, and its announcements."""
    counts = []
    for source, days, *items in readings:
        changes = PromotionCrawl(store, A, B, C, TABLE).read(source, *items, days=days)
        counts.append({str(change): count for change, count in changes.items()})
    return counts


# ---- known announcements -------------------------------------------------------------------------------------------


def test_a_known_announcement_changes_only_the_time_when_it_was_seen(known_on_each: Store) -> None:
    assert read(known_on_each, (A, 0, BONUS), (A, 1, BONUS)) == [{"new": 1}, {"seen": 1}]
    (row,) = promotions(known_on_each)
    assert (row.first_seen_at, row.last_seen_at) == (NOW, NOW + timedelta(days=1))
    assert row.announced_at == NOW
    assert messages(known_on_each) == [("phone", row.id)]


def test_a_promotion_in_five_blogs_is_one_promotion_with_five_sources_and_one_message(store: Store) -> None:
    add_channel(store)
    blogs = [make_feed(name) for name in "abcde"]
    seeded(store, *blogs)
    crawl = PromotionCrawl(store, *blogs)
    changes = [crawl.read(blog, replace(BONUS, title=f"{blog.name}: 25% bonus")) for blog in blogs]
    assert [dict(each) for each in changes] == [{Change.NEW: 1}] + [{Change.REPEATED: 1}] * 4
    (row,) = promotions(store)
    assert row.sources == tuple(blog.name for blog in blogs)
    assert row.item.confidence is Confidence.VERIFIED
    assert messages(store) == [("phone", row.id)]


def test_one_publisher_does_not_verify_itself(known: Store) -> None:
    read(known, (A, 0, BONUS), (TABLE, 0, replace(BONUS, entry_id="row")))
    (row,) = promotions(known)
    assert (row.sources, row.item.confidence) == (("The a",), Confidence.LIKELY)


@pytest.mark.parametrize("kind", [PromotionKind.OTHER, PromotionKind.ROUND_UP])
def test_an_announcement_that_is_no_promotion_is_recorded_once(known: Store, kind: PromotionKind) -> None:
    review = replace(BONUS, kind=kind)
    assert read(known, (A, 0, review), (A, 1, review)) == [{"no_promotion": 1}, {"seen": 1}]
    assert (promotions(known), messages(known)) == ([], [])


def test_an_announcement_without_an_id_is_known_by_its_link_or_title(known: Store) -> None:
    linked, untitled = replace(BONUS, entry_id=""), replace(BONUS, entry_id="", link="", percent=40)
    assert read(known, (A, 0, linked, untitled), (A, 1, linked, untitled)) == [{"new": 2}, {"seen": 2}]


def test_entries_with_one_id_and_different_titles_are_different_announcements(known: Store) -> None:
    other = replace(BONUS, title="Transfer Amex points with a 40% bonus", percent=40)
    again = replace(BONUS)
    crawl = PromotionCrawl(known, A)
    assert dict(crawl.read(A, BONUS, other, again)) == {Change.NEW: 2}
    assert "Duplicate" in crawl.dropped
    assert read(known, (A, 1, BONUS, other), (A, 2, other, BONUS))[0] == {"seen": 2}
    assert len(promotions(known)) == 2


# ---- identity ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({}, 1),
        ({"title": "Another title", "link": "https://b.example/2"}, 1),
        ({"book_by": END}, 1),
        ({"up_to": True, "targeted": False}, 1),
        ({"percent": 30}, 2),
        ({"percent": None}, 2),
        ({"banks": ("chase",)}, 2),
        ({"programs": ("virginatlantic",)}, 2),
        ({"programs": ("flyingblue", "virginatlantic")}, 2),
        ({"kind": PromotionKind.EARN_BONUS}, 2),
    ],
)
def test_terms_decide_whether_announcements_are_of_one_promotion(
    known: Store, fields: dict[str, Any], number: int
) -> None:
    read(known, (A, 0, BONUS), (B, 0, replace(BONUS, **fields)))
    assert len(promotions(known)) == number


@pytest.mark.parametrize(
    ("first", "second", "number"),
    [(END, END, 1), (END, None, 1), (None, END, 1), (END, LATER, 2), (None, None, 1)],
)
def test_two_different_ends_are_two_promotions(
    known: Store, first: date | None, second: date | None, number: int
) -> None:
    read(known, (A, 0, replace(BONUS, book_by=first)), (B, 0, replace(BONUS, book_by=second)))
    rows = promotions(known)
    assert len(rows) == number
    assert {row.item.book_by for row in rows} == ({first, second} - {None} or {None})


@pytest.mark.parametrize(("days", "number"), [(44, 1), (46, 2)])
def test_the_same_terms_without_an_end_are_one_promotion_for_45_days(known: Store, days: int, number: int) -> None:
    read(known, (A, 0, BONUS), (B, days, BONUS))
    assert len({row.id for row in promotions(known)}) == number


def test_the_same_terms_after_the_end_are_a_new_promotion(known: Store) -> None:
    read(known, (A, 0, replace(BONUS, book_by=END)), (B, 12, replace(BONUS, entry_id="2")))
    assert len(promotions(known)) == 2


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"programs": (), "banks": ()}, 2),  # 25% of what?
        ({"percent": None}, 2),
        ({"percent": None, "book_by": END}, 1),
    ],
)
def test_titles_must_agree_if_the_terms_say_too_little(known: Store, fields: dict[str, Any], number: int) -> None:
    one = replace(BONUS, **fields)
    read(known, (A, 0, one), (B, 0, replace(one, title="Something else")))
    assert len(promotions(known)) == number
    read(known, (C, 0, replace(one, title=one.title.upper() + "!")))
    assert len(promotions(known)) == number


@pytest.mark.parametrize(
    ("fields", "number"),
    [({}, 1), ({"book_by": None}, 2), ({"book_by": LATER}, 2), ({"percent": 30}, 2), ({"programs": ()}, 2)],
)
@pytest.mark.parametrize("unknown_first", [True, False])
def test_a_transfer_bonus_of_an_unknown_bank_is_one_with_the_same_program_percent_and_end(
    known: Store, fields: dict[str, Any], number: int, unknown_first: bool
) -> None:
    bonus = replace(BONUS, book_by=END)
    unknown = replace(bonus, banks=(), title="A 25% bonus to Flying Blue", **fields)
    read(
        known,
        *(
            (source, 0, item)
            for source, item in zip(
                (A, B), sorted((bonus, unknown), key=lambda each: bool(each.banks) is unknown_first), strict=True
            )
        ),
    )
    rows = promotions(known)
    assert len(rows) == number
    assert ("amex",) in {row.item.banks for row in rows}


def test_sources_add_details_and_change_none(known_on_each: Store) -> None:
    more = replace(BONUS, up_to=False, targeted=True, excerpt="Until Sunday", cents_per_mile=Decimal("1.5"))
    other = replace(BONUS, targeted=False, excerpt="Other", book_from=date(2026, 11, 20), title="Other")
    read(known_on_each, (A, 0, BONUS), (B, 0, more), (C, 0, other))
    (row,) = promotions(known_on_each)
    item = row.item
    assert (item.title, item.targeted, item.excerpt) == (BONUS.title, True, "Until Sunday")
    assert (item.cents_per_mile, item.book_from) == (Decimal("1.50"), date(2026, 11, 20))


# ---- ends and edits ------------------------------------------------------------------------------------------------


def expired(item: PromotionItem, **fields: Any) -> PromotionItem:
    return replace(item, **{"title": f"(EXPIRED) {item.title}", "expired": True} | fields)


def test_an_expired_mark_in_the_title_ends_a_promotion_without_a_message(known_on_each: Store) -> None:
    counts = read(known_on_each, (A, 0, BONUS), (A, 3, expired(BONUS)), (A, 4, expired(BONUS)))
    assert counts == [{"new": 1}, {"ended": 1}, {"seen": 1}]
    (row,) = promotions(known_on_each)
    assert row.ended_at == NOW + timedelta(days=3)
    assert row.state(NOW + timedelta(days=4)) is PromotionState.ENDED
    assert len(messages(known_on_each)) == 1


def test_one_expired_mark_is_enough_although_other_sources_still_list_the_promotion(known: Store) -> None:
    read(known, (A, 0, BONUS), (B, 0, BONUS), (B, 2, expired(BONUS)), (A, 3, BONUS))
    (row,) = promotions(known)
    assert row.ended_at == NOW + timedelta(days=2)


def test_a_new_entry_that_is_expired_ends_the_promotion_of_others(known: Store) -> None:
    assert read(known, (A, 0, BONUS), (B, 1, expired(BONUS)))[1] == {"ended": 1}
    (row,) = promotions(known)
    assert row.ended_at == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    "fields", [{"expired": True}, {"book_by": date(2026, 11, 20)}, {"published": NOW.replace(month=1)}]
)
def test_an_announcement_of_a_promotion_that_is_over_creates_none(known: Store, fields: dict[str, Any]) -> None:
    assert read(known, (A, 0, replace(BONUS, **fields))) == [{"no_promotion": 1}]
    assert (promotions(known), messages(known)) == ([], [])


def test_a_removed_expired_mark_resumes_the_promotion(known: Store) -> None:
    counts = read(known, (A, 0, BONUS), (A, 1, expired(BONUS)), (A, 2, replace(BONUS, title="Back: 25% bonus")))
    assert counts[2] == {"updated": 1}
    (row,) = promotions(known)
    assert row.ended_at is None


def test_the_same_terms_after_an_expired_mark_are_a_new_promotion(known: Store) -> None:
    again = replace(BONUS, entry_id="2", published=NOW + timedelta(days=10))
    read(known, (A, 0, BONUS), (A, 1, expired(BONUS)), (A, 10, again))
    ended, current = sorted(promotions(known), key=lambda row: row.first_seen_at)
    assert (ended.ended_at is None, current.ended_at is None) == (False, True)
    assert [subject for _, subject in messages(known)] == [ended.id, current.id]


EXTENDED = {"title": "Extended to December 5: 25% bonus", "book_by": LATER}


@pytest.mark.parametrize(
    ("others", "editor", "ends"),
    [
        ((), A, [LATER]),
        ((B,), A, [LATER]),  # it created the promotion
        ((B,), B, [END, LATER]),  # it did not: a promotion of its own
    ],
)
def test_an_extended_end_changes_the_promotion_if_its_creator_or_only_source_says_so(
    known: Store, others: tuple[Any, ...], editor: Any, ends: list[date]
) -> None:
    bonus = replace(BONUS, book_by=END)
    read(known, *((source, 0, bonus) for source in (A, *others)), (editor, 1, replace(bonus, **EXTENDED)))
    assert sorted(row.item.book_by for row in promotions(known) if row.item.book_by) == ends
    assert len(messages(known)) == len(ends)


def test_all_sources_that_extend_a_promotion_agree_on_one(known_on_each: Store) -> None:
    bonus = replace(BONUS, book_by=END)
    extended = replace(bonus, **EXTENDED)
    read(known_on_each, (A, 0, bonus), (B, 0, bonus), (B, 1, extended), (A, 2, extended))
    current = [
        row for row in promotions(known_on_each) if row.state(NOW + timedelta(days=2)) is not PromotionState.ENDED
    ]
    assert [(row.item.book_by, row.sources) for row in current] == [(LATER, ("The a", "The b"))]


def test_a_corrected_percentage_is_another_promotion_and_ends_the_first(known_on_each: Store) -> None:
    corrected = replace(BONUS, title="Transfer Amex points with a 30% bonus", percent=30)
    assert read(known_on_each, (A, 0, BONUS), (A, 1, corrected))[1] == {"new": 1}
    assert [(row.item.percent, row.ended_at is None) for row in promotions(known_on_each)] == [(30, True), (25, False)]


def test_an_edited_title_with_the_same_terms_changes_nothing(known: Store) -> None:
    assert read(known, (A, 0, BONUS), (A, 1, replace(BONUS, title="LAST CALL: 25% bonus")))[1] == {"seen": 1}
    assert len(messages(known)) == 1


def test_an_entry_that_becomes_unreadable_keeps_its_promotion(known: Store) -> None:
    read(known, (A, 0, BONUS), (A, 1, replace(BONUS, title="Thank you", kind=PromotionKind.OTHER)))
    (row,) = promotions(known)
    assert (row.ended_at, row.sources) == (None, ("The a",))


SALE = make_bonus(kind=PromotionKind.BUY_MILES, title="Buy miles: 60% bonus", banks=(), percent=60, published=NOW)


@pytest.mark.parametrize(
    ("first", "again", "days"),
    [
        ({}, {}, 100),  # also with the same title
        ({}, {"title": "Buy miles again: 60% bonus"}, 100),
        ({"book_by": END}, {"book_by": END + timedelta(days=90), "title": "60% bonus until February"}, 90),
        ({"book_by": END}, {}, 40),
        ({}, {"percent": 50, "title": "Buy miles: 50% bonus"}, 10),
        ({"book_by": date(2026, 11, 20)}, {"book_by": None}, 40),  # it was over when it was first read
    ],
)
def test_a_post_that_announces_each_sale_of_a_program_is_a_new_promotion_each_time(
    known: Store, first: dict[str, Any], again: dict[str, Any], days: int
) -> None:
    one = replace(SALE, **first)
    later = replace(one, **{"book_by": None} | again, published=NOW + timedelta(days=days))
    read(known, (A, 0, one), (A, days, later), (A, days + 1, later))
    current, *ended = promotions(known)
    assert [row.state(NOW + timedelta(days=days)) for row in ended] == [PromotionState.ENDED] * len(ended)
    assert [row.sources for row in ended] == [("a.example",)] * len(ended)
    assert current.state(NOW + timedelta(days=days)) is PromotionState.ACTIVE
    assert [subject for _, subject in messages(known)] == [row.id for row in (*ended, current)]


def test_a_new_sale_in_a_post_whose_title_said_that_the_last_one_had_expired_is_a_new_promotion(known: Store) -> None:
    again = replace(SALE, published=NOW + timedelta(days=20))
    read(known, (A, 0, SALE), (A, 5, expired(SALE)), (A, 20, again))
    assert [row.ended_at is None for row in promotions(known)] == [True, False]
    assert len(messages(known)) == 2


@pytest.mark.parametrize("kind", [PromotionKind.OTHER, PromotionKind.BUY_MILES])
def test_an_entry_dated_in_the_future_is_not_a_new_one_in_each_crawl(known: Store, kind: PromotionKind) -> None:
    # Its date is that of the response until its own has come.
    over = replace(SALE, kind=kind, book_by=date(2026, 11, 20))
    dated = [(A, hours / 24, replace(over, published=NOW + timedelta(hours=hours))) for hours in (0, 1, 20)]
    assert read(known, *dated) == [{"no_promotion": 1}, {"seen": 1}, {"seen": 1}]


def test_an_article_with_a_later_date_is_no_new_announcement(known: Store) -> None:
    article = replace(SALE, kind=PromotionKind.OTHER)
    assert read(known, (A, 0, article), (A, 9, replace(article, published=NOW + timedelta(days=9))))[1] == {"seen": 1}


@pytest.mark.parametrize("title", [SALE.title, "LAST CALL: 60% bonus"])
def test_a_post_with_a_later_date_is_of_the_same_promotion_while_that_goes_on(known: Store, title: str) -> None:
    dated = replace(SALE, title=title, published=NOW + timedelta(days=20))
    assert read(known, (A, 0, SALE), (A, 20, dated))[1] == {"seen": 1}
    (row,) = promotions(known)
    assert (row.announced_at, len(messages(known))) == (dated.published, 1)


FARE = make_bonus(
    kind=PromotionKind.CASH_FARE_DEAL,
    title="Frankfurt, Germany to Cancun, Mexico for only €295 roundtrip",
    programs=(),
    banks=(),
    percent=None,
    routes=("FRA-CUN",),
)


@pytest.mark.parametrize(
    ("fields", "days", "number"),
    [
        ({}, 2, 1),
        ({"title": "FRA to CUN for €310"}, 6, 1),  # whatever the price
        ({"programs": ("lufthansa",)}, 1, 1),
        ({"routes": ("BER-CUN", "FRA-CUN")}, 1, 1),
        ({"routes": ("BER-CUN", "FRA-PUJ")}, 1, 2),
        ({"routes": ("CUN-FRA",)}, 1, 2),
        ({"routes": ()}, 1, 1),  # the same title
        ({"routes": (), "title": "Mexico for €310"}, 1, 2),
        ({}, 8, 2),  # another fare
    ],
)
def test_a_fare_on_a_route_in_several_feeds_within_days_is_one_promotion(
    known: Store, fields: dict[str, Any], days: int, number: int
) -> None:
    assert FARE.routes
    read(known, (A, 0, FARE), (B, days, replace(FARE, **fields)))
    rows = promotions(known)
    assert len(rows) == number
    ended = [row for row in rows if row.state(NOW + timedelta(days=days)) is PromotionState.ENDED]
    assert len(ended) == (days > 7)


def test_airports_of_a_city_are_one_place_for_fares(known: Store) -> None:
    routes = [("NYC-PAR",), ("JFK-CDG",), ("EWR-ORY",), ("BOS-PAR",)]
    read(known, *((A, 0, replace(FARE, routes=each, title=f"{each}", entry_id=f"{each}")) for each in routes))
    assert sorted(row.item.routes for row in promotions(known)) == [("BOS-PAR",), ("NYC-PAR",)]


LIST = make_bonus(
    kind=PromotionKind.PROMO_AWARD_LIST, title="Flying Blue Promo Rewards for December", banks=(), percent=None
)


@pytest.mark.parametrize(
    ("fields", "days", "number"),
    [
        ({"percent": 50, "up_to": True, "title": "Promo Rewards: up to 50% off"}, 1, 1),
        ({"book_by": date(2026, 12, 31), "title": "Flying Blue divulga os Promo Rewards"}, 1, 1),
        ({"programs": ("delta",)}, 1, 2),
        ({"title": "Flying Blue Promo Rewards for January"}, 30, 2),
    ],
)
@pytest.mark.parametrize("is_swapped", [True, False])
def test_the_promo_awards_of_a_month_are_one_promotion(
    known: Store, fields: dict[str, Any], days: int, number: int, is_swapped: bool
) -> None:
    one, other = LIST, replace(LIST, **fields)
    if is_swapped:
        one, other = other, one
    read(known, (A, 0, one), (B, days, replace(other, entry_id="2")))
    rows = promotions(known)
    assert len(rows) == number
    assert [row.item.percent for row in rows] == [fields.get("percent")] * len(rows)


# ---- tables --------------------------------------------------------------------------------------------------------


def test_the_dates_of_a_table_of_transfer_bonuses_count(known_on_each: Store) -> None:
    row = replace(BONUS, entry_id="row", book_from=date(2026, 11, 20), book_by=LATER)
    read(known_on_each, (B, 0, replace(BONUS, book_by=END)), (TABLE, 0, row), (C, 1, replace(BONUS, book_by=END)))
    (stored,) = promotions(known_on_each)
    assert (stored.item.book_from, stored.item.book_by) == (date(2026, 11, 20), LATER)
    assert set(stored.sources) == {"The a", "The b", "The c"}


def test_a_blog_does_not_change_the_dates_of_a_table(known: Store) -> None:
    blog = replace(BONUS, book_by=END)
    read(known, (B, 0, blog), (TABLE, 0, replace(blog, entry_id="row")), (B, 1, replace(blog, **EXTENDED)))
    (stored,) = promotions(known)
    assert stored.item.book_by == END


def test_a_changed_end_in_a_table_changes_the_promotion(known: Store) -> None:
    row = replace(BONUS, entry_id="row", book_by=END)
    assert read(known, (TABLE, 0, row), (TABLE, 1, replace(row, book_by=LATER)))[1] == {"updated": 1}
    (stored,) = promotions(known)
    assert stored.item.book_by == LATER


def test_a_row_that_disappears_stays_until_the_archive_shows_its_end(known_on_each: Store) -> None:
    row, other = replace(BONUS, entry_id="row", book_by=LATER), replace(BONUS, entry_id="other", percent=30)
    read(known_on_each, (TABLE, 0, row, other), (TABLE, 1, other))
    assert all(each.ended_at is None for each in promotions(known_on_each))
    archived = replace(row, entry_id="archive", expired=True, book_by=date(2026, 11, 22))
    old = replace(archived, entry_id="2019", book_by=date(2019, 11, 22))
    assert read(known_on_each, (TABLE, 2, other, archived, old))[0] == {"seen": 1, "ended": 1, "no_promotion": 1}
    ended = {each.item.percent: each.ended_at is not None for each in promotions(known_on_each)}
    assert ended == {25: True, 30: False}


def test_a_row_that_another_page_confirms_is_verified(known: Store) -> None:
    row = replace(BONUS, entry_id="row", confidence=Confidence.VERIFIED)
    read(known, (TABLE, 0, row))
    (stored,) = promotions(known)
    assert stored.item.confidence is Confidence.VERIFIED
    read(known, (TABLE, 1, replace(row, confidence=Confidence.LIKELY)), (B, 1, replace(BONUS, percent=30)))
    verified = {each.item.percent: each.item.confidence for each in promotions(known)}
    assert verified == {25: Confidence.VERIFIED, 30: Confidence.LIKELY}


def test_an_announcement_is_verified_when_another_page_confirms_it_later(known: Store) -> None:
    row = replace(BONUS, entry_id="row", confidence=Confidence.LIKELY)
    read(known, (TABLE, 0, row), (TABLE, 1, replace(row, confidence=Confidence.VERIFIED)))
    (stored,) = promotions(known)
    assert stored.item.confidence is Confidence.VERIFIED


# ---- first reads and failures --------------------------------------------------------------------------------------


def test_a_first_read_stores_promotions_and_notifies_nobody(store: Store) -> None:
    add_channel(store)
    read(store, (A, 0, BONUS), (A, 1, BONUS))
    assert (len(promotions(store)), messages(store)) == (1, [])


def test_a_first_read_of_a_promotion_that_others_announced_notifies_nobody(store: Store) -> None:
    add_channel(store)
    seeded(store, B)
    read(store, (B, 0, BONUS), (A, 1, BONUS))
    (row,) = promotions(store)
    assert messages(store) == [("phone", row.id)]


@pytest.mark.parametrize("first", [True, False])
def test_a_promotion_of_a_first_read_is_sent_once_when_another_source_announces_it(store: Store, first: bool) -> None:
    add_channel(store)
    seeded(store, B, C)
    crawl = PromotionCrawl(store, A, B, C)
    for source in (A, B, C) if first else (B, A, C):
        crawl.read(source, BONUS)
    (row,) = promotions(store)
    assert messages(store) == [("phone", row.id)]


@pytest.mark.parametrize(
    ("age", "end", "number"), [(13, None, 1), (15, None, 0), (15, LATER, 1), (44, None, 0), (400, LATER, 1)]
)
def test_an_old_post_that_is_new_in_a_feed_is_sent_only_if_the_promotion_has_a_last_day(
    known: Store, age: int, end: date | None, number: int
) -> None:
    old = replace(BONUS, published=NOW - timedelta(days=age), book_by=end)
    assert read(known, (A, 0, old)) == [{"new": 1}]
    assert len(messages(known)) == number
    # A newer announcement is news.
    read(known, (B, 1, replace(old, published=NOW + timedelta(days=1))))
    assert len(messages(known)) == 1


def test_a_failed_source_changes_nothing_but_its_state(known_on_each: Store) -> None:
    crawl = PromotionCrawl(known_on_each, A)
    crawl.announce(A, BONUS)
    crawl.report(A, outcome=Outcome.FAILED, reason=Reason.BLOCKED, note="a challenge", http_status=403, entries=0)
    assert (promotions(known_on_each), messages(known_on_each)) == ([], [])
    source = find_sources(known_on_each)[A.url]
    assert (source.reason, source.note, source.requested_at) == (Reason.BLOCKED, "a challenge", NOW)
    assert source.succeeded_at == NOW - timedelta(days=30)


def test_an_unchanged_source_keeps_its_headers_and_number_of_entries(known: Store) -> None:
    crawl = PromotionCrawl(known, A)
    crawl.read(A, BONUS, etag='"1"', last_modified="Sun, 22 Nov 2026 10:00:00 GMT", text="text")
    crawl.report(A, days=1, http_status=304)
    source = find_sources(known)[A.url]
    assert (source.etag, source.text, source.entries) == ('"1"', "text", 1)
    assert (source.succeeded_at, source.changed_at) == (NOW + timedelta(days=1), NOW)


def test_sources_are_stored_apart_although_their_announcements_arrive_mixed(known: Store) -> None:
    crawl = PromotionCrawl(known, A, B)
    crawl.announce(A, BONUS)
    crawl.announce(B, replace(BONUS, percent=40))
    assert promotions(known) == []
    crawl.report(B)
    assert [row.item.percent for row in promotions(known)] == [40]
    crawl.report(A)
    assert len(promotions(known)) == 2


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("percent", {"percent": 0}),
        ("percent", {"percent": 301}),
        ("programs", {"programs": ("nobody",)}),
        ("banks", {"banks": ("Amex",)}),
        ("book_by", {"book_from": LATER, "book_by": END}),
        ("book_by", {"book_by": date(2036, 1, 1)}),
        ("travel_until", {"travel_from": LATER, "travel_until": END}),
        ("travel_until", {"book_from": LATER, "travel_until": END}),
        ("cents_per_mile", {"cents_per_mile": Decimal(150)}),
        ("miles_price", {"miles_price": -1}),
    ],
)
def test_invalid_terms_are_dropped_and_counted(known: Store, field: str, fields: dict[str, Any]) -> None:
    crawl = PromotionCrawl(known, A)
    crawl.read(A, replace(BONUS, **fields))
    assert crawl.dropped[0] == "InvalidPromotion"
    assert crawl.stats.get_value(f"award/invalid/{field}") == 1
    assert promotions(known) == []


# ---- two crawls at once ------------------------------------------------------------------------------------------


def test_two_crawls_that_find_a_promotion_at_once_store_one_and_send_one_message(known_on_each: Store) -> None:
    first, second = PromotionCrawl(known_on_each, A, B), PromotionCrawl(known_on_each, A, B)
    first.announce(A, replace(BONUS, book_by=END))
    second.announce(B, BONUS)  # neither knows the other's
    first.report(A)
    assert dict(second.report(B)) == {Change.REPEATED: 1}
    (row,) = promotions(known_on_each)
    assert (row.item.book_by, messages(known_on_each)) == (END, [("phone", row.id)])


def test_crawls_in_parallel_make_one_promotion_of_one(known_on_each: Store) -> None:
    blogs = [make_feed(f"blog{number}") for number in range(6)]
    seeded(known_on_each, *blogs)
    crawls = [PromotionCrawl(known_on_each, *blogs) for _ in blogs]
    for crawl, blog in zip(crawls, blogs, strict=True):
        crawl.announce(blog, BONUS)

    def report(crawl: PromotionCrawl, blog: Any) -> Callable[[], object]:
        return lambda: crawl.report(blog)

    threads = [Thread(target=report(crawl, blog)) for crawl, blog in zip(crawls, blogs, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (row,) = promotions(known_on_each)
    assert (len(row.sources), messages(known_on_each)) == (6, [("phone", row.id)])


def stored_announcements(store: Store) -> Iterator[Any]:
    with store.reading() as connection:
        yield from connection.execute(schema.announcements.select())


def test_each_announcement_has_one_row(known: Store) -> None:
    read(known, (A, 0, BONUS), (A, 1, BONUS), (B, 1, BONUS))
    assert sorted((row.source, row.entry_id) for row in stored_announcements(known)) == [
        ("a.example", "1"),
        ("b.example", "1"),
    ]

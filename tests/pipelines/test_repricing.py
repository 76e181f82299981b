"""Stored offers, the owner's points and new transfer bonuses: which messages they cause, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from awardspider.items import AwardOfferItem, Detail, PromotionItem, PromotionKind, SourceKind
from awardspider.pipelines.repricing import reprice_offers
from awardspider.search.notify_prefs import parse_notify_prefs
from awardspider.search.owners import build_owner
from awardspider.search.promotion_identity import promotion_id
from awardspider.search.watch_fields import Nights
from awardspider.search.watches import Watch
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.claims import CLAIMED_COLUMNS, claimed_row
from awardspider.storage.digests import find_stale
from awardspider.storage.ended_bonuses import BONUS_ENDED
from awardspider.storage.matching_offers import matching_offers
from awardspider.storage.owner_points import find_owner_points
from awardspider.storage.owners import default_owner, save_owner
from awardspider.storage.points_limits import TOO_MANY_POINTS
from awardspider.storage.schema import matches, outbox, promotions
from awardspider.storage.store import Store
from awardspider.storage.watches import find_watches, save_watches
from tests.support.delivery import SETTINGS
from tests.support.pipeline_crawl import Crawl, add_channel
from tests.support.promotion_crawl import PromotionCrawl, make_bonus, make_feed, seeded
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_offer, make_segment
from tests.support.stored_promotions import store_announcements
from tests.support.watch_examples import make_watch

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TODAY = NOW.date()
LIMIT = 50_000
TABLE = make_feed("table", SourceKind.TABLE)


def a_watch(name: str = "Austin", **values: Any) -> Watch:
    notify = parse_notify_prefs(values.pop("notify")) if "notify" in values else None
    return make_watch(**{"name": name, "max_points": LIMIT, "notify": notify} | values)


def fare(miles: int = 60_000, **fields: Any) -> AwardOfferItem:
    return make_itinerary(program="flyingblue", source="flyingblue", miles=miles, **fields)


def bonus(percent: int = 25, **fields: Any) -> PromotionItem:
    values: dict[str, Any] = {
        "kind": PromotionKind.TRANSFER_BONUS,
        "title": f"{percent}% transfer bonus from Amex to Flying Blue",
        "source": "blog.example",
        "link": f"https://blog.example/{percent}",
        "seen_at": NOW,
        "programs": ("flyingblue",),
        "banks": ("amex",),
        "percent": percent,
        "book_by": TODAY + 9 * DAY,
    }
    return PromotionItem(**values | fields)


def set_up(
    store: Store,
    *watches: Watch,
    points: str = "amex=100k",
    targeted: str = "",
    offers: tuple[AwardOfferItem, ...] = (),
) -> None:
    """Store the default owner's points, watches, offers and a channel."""
    owner = build_owner(id=default_owner(store).id, name="Ana", points=points, targeted=targeted)
    save_owner(store, owner, now=NOW)
    save_watches(store, watches or [a_watch()], now=NOW)
    write_batch(store, make_batch(*(offers or (fare(),))))
    add_channel(store)


def announce(store: Store, *items: PromotionItem) -> list[str]:
    """Store promotions and return their ids."""
    store_announcements(store, *items)
    return [promotion_id(item) for item in items]


def sent(store: Store) -> list[tuple[str, Any, Any]]:
    """Return the name of the watch, and the points with and without the bonus, of each message."""
    with store.reading() as connection:
        bodies = connection.scalars(select(outbox.c.body).order_by(outbox.c.id)).all()
    return [
        (body["watches"][0], body.get("promotion_points"), body.get("promotion_previous_points")) for body in bodies
    ]


# ---- from a bonus to a message --------------------------------------------------------------------------------------


def test_a_new_bonus_makes_a_stored_offer_one_message_and_no_second_one(store: Store) -> None:
    set_up(store)
    assert reprice_offers(store, SETTINGS, [], NOW) == 0
    ids = announce(store, bonus())
    assert reprice_offers(store, SETTINGS, ids, NOW) == 1
    with store.reading() as connection:
        (body,) = connection.scalars(select(outbox.c.body)).all()
    assert body["type"] == "offer.matched"
    promotion = {name.removeprefix("promotion_"): body[name] for name in body if name.startswith("promotion_")}
    assert promotion == {
        "id": ids[0],
        "kind": "transfer_bonus",
        "title": "25% transfer bonus from Amex to Flying Blue",
        "link": "https://blog.example/25",
        "program": "flyingblue",
        "until": "2026-12-01",
        "bank": "amex",
        "percent": 25,
        "points": 48_000,
        "previous_points": 60_000,
    }
    assert [(way["points"], way["bonus_percent"]) for way in body["in_points"]] == [(48_000, 25)]
    assert reprice_offers(store, SETTINGS, ids, NOW + HOUR) == 0
    assert sent(store) == [("Austin", 48_000, 60_000)]


def test_a_later_crawl_does_not_send_the_same_match_again(store: Store) -> None:
    set_up(store)
    reprice_offers(store, SETTINGS, announce(store, bonus()), NOW)
    crawl = Crawl(store, *(each.watch for each in find_watches(store, now=NOW)))
    crawl.spider.context = replace(crawl.spider.context, points=find_owner_points(store, NOW))
    for step in crawl._steps[1:]:
        step.open_spider()
    crawl.search(fare(), hours=1, program="flyingblue")
    assert len(sent(store)) == 1
    with store.reading() as connection:
        assert connection.scalars(select(matches.c.ended_at)).all() == [None]
    # The bonus is over: the match ends, and nothing is sent.
    crawl.search(fare(), hours=24 * 20, program="flyingblue")
    with store.reading() as connection:
        assert connection.scalars(select(matches.c.end_reason)).all() == ["price"]
    assert len(sent(store)) == 1


def test_a_match_is_listed_until_the_bonus_ends(sqlite_store: Store) -> None:
    set_up(sqlite_store)
    reprice_offers(sqlite_store, SETTINGS, announce(sqlite_store, bonus()), NOW)
    assert len(matching_offers(sqlite_store, now=NOW + HOUR, max_age=None)) == 1
    assert matching_offers(sqlite_store, now=NOW + 20 * DAY, max_age=None) == []


def test_an_ended_bonus_re_prices_nothing(sqlite_store: Store) -> None:
    set_up(sqlite_store)
    ids = announce(sqlite_store, bonus(book_by=TODAY - 2 * DAY))
    assert reprice_offers(sqlite_store, SETTINGS, ids, NOW) == 0
    (expired,) = announce(sqlite_store, bonus(30))
    with sqlite_store.writing() as connection:
        connection.execute(update(promotions).where(promotions.c.id == expired).values(ended_at=NOW))
    assert reprice_offers(sqlite_store, SETTINGS, [expired], NOW) == 0


@pytest.mark.parametrize("how", ["last day", "announcement"])
def test_a_message_that_waits_is_not_sent_after_the_bonus_has_ended(store: Store, how: str) -> None:
    set_up(store)
    (bonus_id,) = announce(store, bonus())
    reprice_offers(store, SETTINGS, [bonus_id], NOW)
    at = NOW + HOUR
    if how == "last day":
        at = datetime(2026, 12, 2, 9, tzinfo=NOW.tzinfo)
    else:
        with store.writing() as connection:
            connection.execute(update(promotions).values(ended_at=NOW))
    with store.reading() as connection:
        rows = [claimed_row(row) for row in connection.execute(select(*CLAIMED_COLUMNS)).mappings()]
        assert list(find_stale(connection, rows, NOW, max_age=None).values()) == [BONUS_ENDED] * (how != "last day")
        assert list(find_stale(connection, rows, at, max_age=None).values()) == [BONUS_ENDED]


def crawl_program(store: Store, *offers: AwardOfferItem) -> None:
    """Crawl the program of the watches, with the points and bonuses of the time."""
    crawl = Crawl(store, *(each.watch for each in find_watches(store, now=NOW)))
    crawl.spider.context = replace(crawl.spider.context, points=find_owner_points(store, NOW))
    for step in crawl._steps[1:]:
        step.open_spider()
    crawl.search(*offers, program="flyingblue")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("none", []),
        ("last day", ["costs 60,000 Membership Rewards points, 10,000 above max_points"]),
        ("announcement", ["costs 60,000 Membership Rewards points, 10,000 above max_points"]),
        ("extension", []),
        ("fewer points", ["costs 48,000 Membership Rewards points, but you have 47,000"]),
        ("a higher limit", []),
    ],
)
def test_a_message_of_a_crawl_of_the_program_is_not_sent_if_the_points_do_not_suffice_when_it_is_due(
    store: Store, change: str, reason: list[str]
) -> None:
    set_up(store, offers=(fare(99_000),))
    announce(store, bonus())
    crawl_program(store, fare())
    assert len(sent(store)) == 1
    at = datetime(2026, 12, 2, 9, tzinfo=NOW.tzinfo) if change in ("last day", "extension") else NOW
    with store.writing() as connection:
        if change in ("announcement", "a higher limit"):
            connection.execute(update(promotions).values(ended_at=NOW))
        if change == "extension":
            connection.execute(update(promotions).values(book_by=date(2026, 12, 9)))
    if change == "fewer points":
        save_owner(store, build_owner(id=default_owner(store).id, name="Ana", points="amex=47k"), now=NOW)
    if change == "a higher limit":
        save_watches(store, [a_watch(max_points=60_000)], now=NOW)
    with store.reading() as connection:
        rows = [claimed_row(row) for row in connection.execute(select(*CLAIMED_COLUMNS)).mappings()]
        stale = find_stale(connection, rows, at, max_age=None)
    assert list(stale.values()) == [f"{TOO_MANY_POINTS} {text}" for text in reason]


# ---- crawls of promotions ------------------------------------------------------------------------------------------


def crawl_promotions(store: Store, *items: PromotionItem, days: float = 0) -> None:
    """Crawl a table of transfer bonuses with these rows."""
    crawl = PromotionCrawl(store, TABLE)
    crawl.read(TABLE, *items, days=days)
    crawl.close(days=days)


def test_a_crawl_that_finds_a_bonus_sends_the_offer_once(store: Store) -> None:
    set_up(store)
    seeded(store, TABLE)
    row = make_bonus(book_by=TODAY + 9 * DAY)
    crawl_promotions(store)
    assert sent(store) == []
    crawl_promotions(store, row, days=0.5)
    # The bonus itself is a message too, to channels of promotions.
    assert [each for each in sent(store) if each[1]] == [("Austin", 48_000, 60_000)]
    crawl_promotions(store, row, days=1)
    assert [each for each in sent(store) if each[1]] == [("Austin", 48_000, 60_000)]


def test_a_bonus_of_a_crawl_that_was_killed_is_used_by_the_next_one(store: Store) -> None:
    set_up(store)
    seeded(store, TABLE)
    row = make_bonus(book_by=TODAY + 9 * DAY)
    PromotionCrawl(store, TABLE).read(TABLE, row)  # killed before its end
    assert [each for each in sent(store) if each[1]] == []
    for days in (0.5, 1):
        crawl_promotions(store, row, days=days)
    assert [each for each in sent(store) if each[1]] == [("Austin", 48_000, 60_000)]


def test_a_bonus_that_was_announced_before_is_used_by_the_first_crawl_after_it_begins(sqlite_store: Store) -> None:
    set_up(sqlite_store)
    seeded(sqlite_store, TABLE)
    row = make_bonus(book_from=TODAY + DAY, book_by=TODAY + 9 * DAY)
    crawl_promotions(sqlite_store, row)
    assert [each for each in sent(sqlite_store) if each[1]] == []
    crawl_promotions(sqlite_store, row, days=1.5)
    assert [each for each in sent(sqlite_store) if each[1]] == [("Austin", 48_000, 60_000)]


# ---- whose points ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "targeted", "promotion", "expected"),
    [
        ("amex=48000", "", bonus(), [("Austin", 48_000, 60_000)]),
        ("amex=47999", "", bonus(), []),  # not enough points
        ("amex=0", "", bonus(), []),
        ("chase=100k", "", bonus(), []),  # another bank
        ("", "", bonus(), []),
        ("amex=100k", "", bonus(targeted=True), []),
        ("amex=100k", "chase", bonus(targeted=True), []),
        ("amex=100k", "amex", bonus(targeted=True), [("Austin", 48_000, 60_000)]),
        ("amex=100k", "", bonus(up_to=True), []),  # a maximum is not calculated
        ("amex=100k", "", bonus(percent=None), []),
        ("amex=100k", "", bonus(book_by=None), []),
        ("amex=100k", "", bonus(19), []),  # 51,000 points
        ("amex=100k", "", bonus(20), [("Austin", 50_000, 60_000)]),
        ("amex=100k", "", bonus(programs=("delta",)), []),
        ("amex=100k", "", bonus(programs=("flyingblue", "delta")), [("Austin", 48_000, 60_000)]),
        ("amex=100k, flyingblue=50k", "", bonus(), [("Austin", 48_000, 60_000)]),  # two balances do not count
        ("amex=100k, flyingblue=60k", "", bonus(), [("Austin", 48_000, 60_000)]),
        ("amex=100k", "", bonus(kind=PromotionKind.BUY_MILES), []),
    ],
)  # fmt: skip
def test_points_bonus_and_limit(
    sqlite_store: Store, points: str, targeted: str, promotion: PromotionItem, expected: list[Any]
) -> None:
    set_up(sqlite_store, points=points, targeted=targeted)
    count = reprice_offers(sqlite_store, SETTINGS, announce(sqlite_store, promotion), NOW)
    assert sent(sqlite_store) == expected
    assert count == len(expected)


def test_each_watch_has_its_own_message(sqlite_store: Store) -> None:
    watches = [
        a_watch("below"),
        a_watch("limit", max_points=48_000),
        a_watch("above", max_points=47_999),
        a_watch("matched before", max_points=60_000),
        a_watch("no limit", max_points=None),
        a_watch("paused", active=False),
        a_watch("nonstop in first", cabins=("first",)),
        a_watch("two", travelers=2),
        a_watch("other program", programs=("united",)),
    ]
    set_up(sqlite_store, *watches)
    assert reprice_offers(sqlite_store, SETTINGS, announce(sqlite_store, bonus()), NOW) == 2
    assert [name for name, *_ in sent(sqlite_store)] == ["below", "limit"]


def test_a_party_needs_points_for_all_travelers(sqlite_store: Store) -> None:
    offer = fare(travelers=2)
    set_up(sqlite_store, a_watch(travelers=2), points="amex=96k", offers=(offer,))
    ids = announce(sqlite_store, bonus())
    assert reprice_offers(sqlite_store, SETTINGS, ids, NOW) == 1
    assert sent(sqlite_store) == [("Austin", 96_000, 120_000)]


def test_a_better_bonus_sends_only_what_did_not_match_before(store: Store) -> None:
    set_up(store, offers=(fare(), fare(64_000, segments=(make_segment("9"),))))
    reprice_offers(store, SETTINGS, announce(store, bonus(20)), NOW)
    assert sent(store) == [("Austin", 50_000, 60_000)]
    assert reprice_offers(store, SETTINGS, announce(store, bonus(30)), NOW + HOUR) == 1
    assert sent(store)[1:] == [("Austin", 50_000, 54_000)], "instead of the cost with the bonus of 20 percent"


def test_a_bonus_that_begins_later_re_prices_from_its_first_day(sqlite_store: Store) -> None:
    set_up(sqlite_store)
    ids = announce(sqlite_store, bonus(book_from=TODAY + 3 * DAY))
    assert reprice_offers(sqlite_store, SETTINGS, ids, NOW) == 0
    assert reprice_offers(sqlite_store, SETTINGS, [], NOW + 2 * DAY) == 0
    assert reprice_offers(sqlite_store, SETTINGS | {"AWARD_MAX_AGE_HOURS": "0"}, [], NOW + 4 * DAY) == 1
    assert reprice_offers(sqlite_store, SETTINGS | {"AWARD_MAX_AGE_HOURS": "0"}, [], NOW + 5 * DAY) == 0


# ---- which offers ---------------------------------------------------------------------------------------------------


def test_old_gone_and_contradicted_offers_are_left_out(store: Store) -> None:
    numbers = {"fresh": NOW - 2 * HOUR, "old": NOW - 72 * HOUR, "gone": NOW, "contradicted": NOW}
    offers = {
        name: fare(segments=(make_segment(str(index)),), seen_at=at)
        for index, (name, at) in enumerate(numbers.items(), 1)
    }
    set_up(store, offers=tuple(offers.values()))
    write_batch(
        store,
        Batch(gone={NOW: [offers["gone"].offer_id]}, unconfirmed={NOW: [offers["contradicted"].offer_id]}),
    )
    ids = announce(store, bonus())
    assert reprice_offers(store, SETTINGS, ids, NOW) == 1
    with store.reading() as connection:
        assert connection.scalars(select(outbox.c.subject)).all() == [offers["fresh"].offer_id]


def test_the_age_that_a_watch_accepts_counts(sqlite_store: Store) -> None:
    set_up(sqlite_store, a_watch(notify={"max_age": "1h"}), offers=(fare(seen_at=NOW - 2 * HOUR),))
    assert reprice_offers(sqlite_store, SETTINGS, announce(sqlite_store, bonus()), NOW) == 0


@pytest.mark.parametrize(("unconfirmed", "expected"), [("hold", 0), ("label", 1)])
def test_the_price_of_a_day_is_sent_only_with_a_label(sqlite_store: Store, unconfirmed: str, expected: int) -> None:
    day = make_offer(program="flyingblue", source="flyingblue", miles=60_000, detail=Detail.DAY)
    set_up(sqlite_store, a_watch(notify={"unconfirmed": unconfirmed}), offers=(day,))
    assert reprice_offers(sqlite_store, SETTINGS, announce(sqlite_store, bonus()), NOW) == expected


def test_of_several_fares_of_the_same_flights_the_cheapest_is_sent(sqlite_store: Store) -> None:
    set_up(sqlite_store, offers=(fare(62_000, fare_name="Flex"), fare()))
    reprice_offers(sqlite_store, SETTINGS, announce(sqlite_store, bonus()), NOW)
    assert sent(sqlite_store) == [("Austin", 48_000, 60_000)]


def test_a_round_trip_needs_an_offer_for_the_other_direction(sqlite_store: Store) -> None:
    back = make_segment("2", origin="AUS", destination="LAX")
    day = date(2027, 3, 14)
    back = replace(
        back, departs_at=back.arrives_at.replace(day=14, hour=8), arrives_at=back.departs_at.replace(day=14, hour=12)
    )
    inbound = fare(30_000, origin="AUS", destination="LAX", departure_date=day, segments=(back,))
    set_up(sqlite_store, a_watch(nights=Nights(3, 5)))
    ids = announce(sqlite_store, bonus())
    assert reprice_offers(sqlite_store, SETTINGS, ids, NOW) == 0
    write_batch(sqlite_store, make_batch(inbound))
    assert reprice_offers(sqlite_store, SETTINGS, ids, NOW) == 1
    with sqlite_store.reading() as connection:
        (body,) = connection.scalars(select(outbox.c.body)).all()
    assert (body["trip_other_miles"], body["promotion_points"]) == (30_000, 48_000)


# ---- when -----------------------------------------------------------------------------------------------------------


def test_quiet_hours_hold_the_message(sqlite_store: Store) -> None:
    set_up(sqlite_store, a_watch(notify={"quiet_hours": "08:00-18:00", "timezone": "UTC"}))
    reprice_offers(sqlite_store, SETTINGS, announce(sqlite_store, bonus()), NOW)
    with sqlite_store.reading() as connection:
        assert connection.scalars(select(outbox.c.next_attempt_at)).all() == [NOW.replace(hour=18)]


def test_the_message_does_not_wait_for_the_end_of_a_crawl(sqlite_store: Store) -> None:
    set_up(sqlite_store)
    reprice_offers(sqlite_store, SETTINGS | {"AWARD_ALERT_WAIT_MINUTES": "30"}, announce(sqlite_store, bonus()), NOW)
    with sqlite_store.reading() as connection:
        assert connection.scalars(select(outbox.c.next_attempt_at)).all() == [NOW]


def test_without_a_channel_the_match_is_recorded_and_a_sheet_gets_a_row(sqlite_store: Store) -> None:
    owner = build_owner(id=default_owner(sqlite_store).id, name="Ana", points="amex=100k")
    save_owner(sqlite_store, owner, now=NOW)
    save_watches(sqlite_store, [a_watch("one"), a_watch("two")], now=NOW)
    write_batch(sqlite_store, make_batch(fare()))
    add_channel(sqlite_store, "sheet", kind="sheets", address="https://docs.google.com/spreadsheets/d/" + "x" * 44)
    assert reprice_offers(sqlite_store, SETTINGS, announce(sqlite_store, bonus()), NOW) == 0
    with sqlite_store.reading() as connection:
        assert len(connection.execute(select(matches)).all()) == 2
        assert connection.scalars(select(outbox.c.channel)).all() == ["sheet"]

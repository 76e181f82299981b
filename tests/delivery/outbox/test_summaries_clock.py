"""Quiet hours, caps and digests across changes of the clock: held, checked again, and sent once or canceled."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from awardspider.items import AwardOfferItem, Priority
from awardspider.storage.store import Store
from tests.support.clock_changes import clock_changes
from tests.support.delivery import Clock, DeliveryHarness, Recipient
from tests.support.held_messages import message_row, store_offers
from tests.support.storage_examples import make_itinerary, make_segment

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# The clock goes forward at 02:00 on March 14 and back at 02:00 on November 7 in New York.
SPRING, AUTUMN = datetime(2027, 3, 14, 7, tzinfo=UTC), datetime(2027, 11, 7, 6, tzinfo=UTC)
NEW_YORK = {"timezone": "America/New_York"}


def make_harness(store: Store, folder: Path, now: datetime) -> tuple[DeliveryHarness, Recipient]:
    harness = DeliveryHarness(store, folder)
    harness.clock = Clock(now)
    harness.context = replace(harness.context, now=harness.clock)
    return harness, harness.add("phone")


def flights(count: int, now: datetime, first: int = 1) -> list[AwardOfferItem]:
    """Return flights that depart after all changes."""
    found = []
    for number in range(first, first + count):
        segment = make_segment(str(number))
        departs_at, arrives_at = (at.replace(year=2029) for at in (segment.departs_at, segment.arrives_at))
        segment = replace(segment, departs_at=departs_at, arrives_at=arrives_at)
        miles, day = 10_000 + number, departs_at.date()
        found.append(make_itinerary(segments=(segment,), miles=miles, seen_at=now, departure_date=day))
    return found


def found(recipient: Recipient) -> list[tuple[str, int]]:
    """Return the kind and the number of offers of each message."""
    return [
        (message.body.get("kind", ""), len(message.body.get("offers", [0])) + message.body.get("more", 0))
        for message in recipient.received
    ]


def changes_on_different_days() -> list[tuple[ZoneInfo, datetime]]:
    """Return zones and times of changes, at least three weeks apart."""
    found: list[tuple[ZoneInfo, datetime]] = []
    for zone, change in sorted(clock_changes(), key=lambda entry: (entry[1], entry[0].key)):
        if not found or change - found[-1][1] >= timedelta(weeks=3):
            found.append((zone, change))
    return found


@pytest.mark.parametrize(
    ("change", "quiet_hours", "end"),
    [
        (SPRING, ["22:00", "02:30"], SPRING),  # the clock skips the end
        (SPRING, ["01:00", "07:00"], SPRING + 4 * HOUR),
        (AUTUMN, ["22:00", "07:00"], AUTUMN + 6 * HOUR),
        (AUTUMN, ["22:00", "01:30"], AUTUMN - HOUR / 2),  # the first of two ends
    ],
)
def test_what_waits_through_a_change_is_sent_once_at_the_end(
    store: Store, tmp_path: Path, change: datetime, quiet_hours: list[str], end: datetime
) -> None:
    start = change - 1.75 * HOUR if quiet_hours[0] == "22:00" else change - HOUR / 4
    harness, phone = make_harness(store, tmp_path, start)
    offers = flights(3, start)
    prefs = {"quiet_hours": quiet_hours, **NEW_YORK}
    store_offers(harness, *offers, rows=tuple(message_row(offer, **prefs) for offer in offers))
    harness.run()
    store_offers(harness, gone={start + MINUTE: [offers[0].offer_id]})
    harness.clock.advance_to(end - MINUTE)
    harness.run()
    assert phone.received == []
    harness.clock.advance_to(end)
    harness.run()
    assert found(phone) == [("first", 2)]
    harness.clock.advance_to(end + 24 * HOUR)
    harness.run()
    assert len(phone.received) == 1
    assert Counter(row["status"] for row in harness.rows().values()) == {"canceled": 1, "in_digest": 2, "sent": 1}


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
def test_a_day_of_a_cap_begins_at_midnight_on_the_day_of_a_change(
    store: Store, tmp_path: Path, change: datetime
) -> None:
    """That day has 23 or 25 hours."""
    zone = ZoneInfo("America/New_York")
    midnight = change.astimezone(zone).replace(hour=0, fold=0).astimezone(UTC)
    next_midnight = (change.astimezone(zone).replace(hour=0) + timedelta(days=1)).astimezone(UTC)
    assert next_midnight - midnight in (23 * HOUR, 25 * HOUR)
    harness, phone = make_harness(store, tmp_path, midnight)
    prefs = {"max_per_day": 1, "digest_at": "20:00", **NEW_YORK}
    for number, moment in enumerate((midnight, next_midnight - MINUTE, next_midnight)):
        harness.clock.advance_to(moment)
        offers = flights(2, moment, first=10 * number)
        store_offers(harness, *offers, rows=tuple(message_row(offer, **prefs) for offer in offers))
        harness.run()
    assert found(phone) == [("first", 2), ("crawl", 2)]
    assert phone.times == [midnight, next_midnight]
    harness.clock.advance_to(next_midnight + 20 * HOUR)
    harness.run()
    assert found(phone)[2:] == [("daily", 2)]


def test_every_match_is_in_one_message_at_each_change_of_a_clock(sqlite_store: Store, tmp_path: Path) -> None:
    """Quiet hours, a cap and a digest that all begin or end at the change, in the zones of different watches.

    Only on SQLite: the times do not depend on the database, and the tests above run on both engines.
    """
    changes = changes_on_different_days()
    assert len(changes) > 5
    harness, phone = make_harness(sqlite_store, tmp_path, changes[0][1] - 3 * HOUR)
    written = 0
    for number, (zone, change) in enumerate(changes):
        local = change.astimezone(zone)
        quiet = [f"{(local.hour - 2) % 24:02}:00", f"{local.hour:02}:30"]
        prefs = {"timezone": zone.key, "quiet_hours": quiet, "digest_at": f"{local.hour:02}:15", "max_per_day": 2}
        watch = f"watch {number}"
        for step in range(-6, 7):
            harness.clock.advance_to(change + step * HOUR / 2)
            now = harness.clock()
            offers = flights(2, now, first=100 * number + 2 * (step + 6))
            store_offers(harness, *offers, rows=tuple(message_row(offer, watch=watch, **prefs) for offer in offers))
            written += 2
            harness.run()
        for _ in range(4):
            harness.clock.wait(9 * 3_600)
            harness.run()
    rows = harness.rows()
    matches = [row for row in rows.values() if row["event_type"] != "digest"]
    assert len(matches) == written
    assert {row["status"] for row in matches} <= {"sent", "in_digest"}
    by_id = {row["id"]: row for row in rows.values()}
    assert {by_id[row["digest_id"]]["status"] for row in matches if row["digest_id"]} == {"sent"}
    assert len({message.key for message in phone.received}) == len(phone.received)
    counts = Counter(
        (row["watch_key"], row["ended_at"].astimezone(ZoneInfo(row["notify_prefs"]["timezone"])).date())
        for row in rows.values()
        if row["watch_key"] and row["status"] == "sent"
    )
    assert max(counts.values()) <= 2
    assert {row["priority"] for row in matches} == {Priority.NORMAL, Priority.DIGEST}

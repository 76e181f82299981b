"""Messages that wait are compared with a watch that was edited since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from awardspider.search.notify_prefs import parse_notify_prefs
from awardspider.search.watches import Watch
from awardspider.storage.claims import CLAIMED_COLUMNS, claimed_row
from awardspider.storage.digests import find_stale
from awardspider.storage.store import Store
from awardspider.storage.watches import read_watches, save_watches, set_active
from tests.support.pipeline_crawl import Crawl, add_channel
from tests.support.storage_examples import NOW, make_itinerary
from tests.support.watch_examples import make_watch

HOUR = timedelta(hours=1)
EDITED = "its watch was edited and does not include the offer: "


def a_watch(channels: str = "", **values: Any) -> Watch:
    notify = parse_notify_prefs({"channels": channels}) if channels else None
    return make_watch(**{"name": "Austin", "max_miles": 40_000, "notify": notify} | values)


def stale_notes(store: Store) -> list[str]:
    with store.reading() as connection:
        rows = [claimed_row(row) for row in connection.execute(select(*CLAIMED_COLUMNS)).mappings()]
        return list(find_stale(connection, rows, NOW + 2 * HOUR, max_age=None).values())


@pytest.mark.parametrize(
    ("edited", "notes"),
    [
        (a_watch(), []),
        (a_watch(max_miles=30_000), []),
        (a_watch(max_miles=29_000), [f"{EDITED}1,000 miles over"]),
        (a_watch(min_seats=5), [f"{EDITED}one seat short"]),
        (a_watch(dates="2027-05"), [f"{EDITED}outside the dates"]),
        (a_watch("phone"), []),
        (a_watch("team"), ["its watch no longer notifies this channel"]),
    ],
)
def test_a_message_that_an_edited_watch_does_not_include_is_canceled(
    store: Store, edited: Watch, notes: list[str]
) -> None:
    add_channel(store)
    save_watches(store, [a_watch()], now=NOW - HOUR)
    [stored] = read_watches(store, now=NOW).readable
    Crawl(store, stored.watch).search(make_itinerary(miles=30_000))
    save_watches(store, [edited], now=NOW + HOUR)
    assert stale_notes(store) == notes


def test_a_message_of_a_watch_that_was_paused_and_resumed_is_still_true(store: Store) -> None:
    add_channel(store)
    save_watches(store, [a_watch()], now=NOW - HOUR)
    [stored] = read_watches(store, now=NOW).readable
    Crawl(store, stored.watch).search(make_itinerary(miles=30_000))
    for active, notes in ((False, ["its watch is paused"]), (True, [])):
        set_active(store, stored.watch.id, active, now=NOW + HOUR)
        assert stale_notes(store) == notes

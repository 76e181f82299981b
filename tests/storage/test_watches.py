"""Stored watches, on both engines."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from awardspider.items import EventType, Priority
from awardspider.outcomes import InvalidArgument, InvalidWatch, WatchConflict
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.owners import build_owner
from awardspider.search.watches import Watch
from awardspider.storage import schema
from awardspider.storage.alerts import Alert
from awardspider.storage.batches import write_batch
from awardspider.storage.caps import count_sent
from awardspider.storage.notified import find_messages
from awardspider.storage.outbox import DeliveryStatus, OutboxFilter, find_rows, notified_watches
from awardspider.storage.owners import save_owner
from awardspider.storage.store import Store, open_store
from awardspider.storage.watches import (
    SaveResult,
    find_entry,
    find_watches,
    get_watch,
    last_watch_change,
    read_watches,
    remove_watch,
    save_watches,
    set_active,
)
from tests.support.held_messages import message_row
from tests.support.storage_examples import make_batch, make_itinerary
from tests.support.stored_watches import rename_watch
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def save(store: Store, *watches: Watch, now: datetime = NOW, **options: Any) -> list[tuple[str, str]]:
    """Save watches; return the name and result of each."""
    return [(saved.watch.name, saved.result) for saved in save_watches(store, watches, now=now, **options)]


def save_one(store: Store, watch: Watch, **options: Any) -> str:
    """Save a watch and return its id."""
    (saved,) = save_watches(store, [watch], now=NOW, **options)
    return saved.watch.id


def names(store: Store, **options: Any) -> list[str]:
    return [stored.watch.name for stored in find_watches(store, now=NOW, **options)]


def add_owner(store: Store, name: str = "Ann", **fields: object) -> str:
    return save_owner(store, build_owner(name=name, **fields), now=NOW).id  # type: ignore[arg-type]


# ---- saving --------------------------------------------------------------------------------------------------------


def test_watches_are_saved_by_name(store: Store) -> None:
    tokyo, austin = make_watch(name="Tokyo", max_miles=80_000), make_watch(name="Austin", active=False)
    assert save(store, tokyo, austin) == [("Tokyo", "added"), ("Austin", "added")]
    assert save(store, tokyo, austin) == [("Tokyo", "unchanged"), ("Austin", "unchanged")]
    cheaper, rome = replace(tokyo, max_miles=70_000), make_watch(name="Rome")
    assert save(store, cheaper, rome, now=LATER) == [("Tokyo", "changed"), ("Rome", "added")]
    found = find_watches(store, now=NOW)
    assert [stored.watch for stored in found] == [rome, cheaper]
    assert [(stored.created_at, stored.changed_at) for stored in found] == [(LATER, LATER), (NOW, LATER)]
    assert names(store, active_only=False) == ["Austin", "Rome", "Tokyo"]


def test_a_stored_watch_equals_the_saved_one(store: Store) -> None:
    saved = make_watch(
        name="Tokyo ✈", via="ICN", notify=NotifyPrefs(timezone="UTC"), expires=date(2027, 1, 1), note="birthday"
    )
    watch_id = save_one(store, saved)
    assert get_watch(store, watch_id, now=NOW).watch == saved
    assert get_watch(store, watch_id, now=NOW).owner.id == schema.DEFAULT_OWNER


def test_ids_are_from_the_random_source_and_never_change(store: Store) -> None:
    watch_id = save_one(store, make_watch(name="Tokyo"), random=Random(7))
    assert watch_id == f"{Random(7).getrandbits(48):012x}"
    assert save_one(store, make_watch(name="Tokyo", max_miles=1)) == watch_id
    assert save_one(store, make_watch(name="TOKYO", id=watch_id)) == watch_id
    set_active(store, watch_id, False, now=NOW)
    rename_watch(store, watch_id, "Kyoto", now=NOW)
    assert [stored.watch.id for stored in find_watches(store, now=NOW, active_only=False)] == [watch_id]


def test_a_name_that_differs_only_in_case_is_the_same_watch(store: Store) -> None:
    watch_id = save_one(store, make_watch(name="Tokyo"))
    assert save(store, make_watch(name="TOKYO")) == [("TOKYO", "changed")]
    assert get_watch(store, watch_id, now=NOW).watch.name == "TOKYO"


def test_a_watch_can_be_saved_twice_in_one_call(store: Store) -> None:
    assert save(store, make_watch(name="Tokyo"), make_watch(name="Tokyo", max_miles=9)) == [
        ("Tokyo", "added"),
        ("Tokyo", "changed"),
    ]
    assert [stored.watch.max_miles for stored in find_watches(store, now=NOW)] == [9]


def test_saving_by_id_can_rename_but_not_to_the_name_of_another_watch(store: Store) -> None:
    watch_id = save_one(store, make_watch(name="Tokyo"))
    save_one(store, make_watch(name="Rome"))
    assert save(store, make_watch(name="Kyoto", id=watch_id)) == [("Kyoto", "changed")]
    for saving in (
        lambda: save_one(store, make_watch(name="rome", id=watch_id)),
        lambda: rename_watch(store, watch_id, "rome", now=NOW),
    ):
        with pytest.raises(InvalidArgument, match='another watch has the name "Rome"'):
            saving()
    assert names(store) == ["Kyoto", "Rome"]


def test_an_error_saves_nothing(store: Store) -> None:
    with pytest.raises(InvalidArgument, match="no watch with the id 0123"):
        save(store, make_watch(name="Tokyo"), make_watch(name="Rome", id="0123"))
    with pytest.raises(InvalidArgument, match="unknown owner nobody"):
        save(store, make_watch(name="Tokyo"), owner_id="nobody")
    assert names(store, active_only=False) == []


def test_concurrent_saves_of_a_name_add_one_watch(store: Store, database_url: str, tmp_path: Any) -> None:
    start = threading.Barrier(4)
    results: list[tuple[str, str]] = []

    def run(miles: int) -> None:
        other = open_store(database_url, tmp_path)
        start.wait()
        results.extend(save(other, make_watch(name="Tokyo", max_miles=miles)))
        other.close()

    threads = [threading.Thread(target=run, args=(miles,)) for miles in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result for _, result in results) == ["added", "changed", "changed", "changed"]
    assert names(store) == ["Tokyo"]


def test_concurrent_additions_of_a_name_add_one_watch_and_change_none(
    store: Store, database_url: str, tmp_path: Any
) -> None:
    start = threading.Barrier(4)
    results: list[tuple[int, str]] = []

    def run(miles: int) -> None:
        other = open_store(database_url, tmp_path)
        start.wait()
        try:
            ((_, result),) = save(other, make_watch(name="Tokyo", max_miles=miles), adds_only=True)
        except InvalidArgument as error:
            result = str(error)
        results.append((miles, result))
        other.close()

    threads = [threading.Thread(target=run, args=(miles,)) for miles in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (added,) = [miles for miles, result in results if result == "added"]
    assert {result for miles, result in results if miles != added} == {
        'another watch has the name "Tokyo"; choose another name'
    }
    assert [stored.watch.max_miles for stored in find_watches(store, now=NOW)] == [added]
    with pytest.raises(InvalidArgument, match='has the name "Tokyo"'):
        save_one(store, make_watch(name="tokyo"), adds_only=True)


def test_set_active_pauses_and_resumes(store: Store) -> None:
    watch_id = save_one(store, make_watch(name="Tokyo"))
    assert [set_active(store, watch_id, active, now=LATER) for active in (True, False, False)] == [False, True, False]
    assert names(store) == []
    assert get_watch(store, watch_id, now=NOW).changed_at == LATER
    assert set_active(store, watch_id, True, now=LATER)
    assert names(store) == ["Tokyo"]


# ---- owners --------------------------------------------------------------------------------------------------------


def test_the_last_change_counts_watches_for_awards_that_are_not_paused(store: Store) -> None:
    assert last_watch_change(store) is None
    save_watches(store, [make_watch(name="a"), make_watch(name="b")], now=NOW)
    save_watches(store, [make_watch(name="b", active=False)], now=LATER)
    assert last_watch_change(store) == NOW
    set_active(store, find_entry(store, "b").id, True, now=LATER)
    assert last_watch_change(store) == LATER


def test_two_owners_can_have_watches_of_the_same_name(store: Store) -> None:
    ann = add_owner(store)
    mine = save_one(store, make_watch(name="Tokyo", max_miles=1))
    hers = save_one(store, make_watch(name="Tokyo", max_miles=2), owner_id=ann)
    assert mine != hers
    assert names(store) == ["Tokyo", "Tokyo"]
    assert [stored.watch.max_miles for stored in find_watches(store, now=NOW, owner_id=ann)] == [2]
    assert find_entry(store, "tokyo", owner_id=ann).id == hers
    assert find_entry(store, mine).id == mine
    with pytest.raises(InvalidArgument, match="2 watches have the name 'Tokyo'; use an id: "):
        find_entry(store, "tokyo")
    remove_watch(store, mine, NOW)
    assert find_entry(store, "tokyo").id == hers


def test_an_owner_cannot_change_the_watch_of_another_one(store: Store) -> None:
    mine = save_one(store, make_watch(name="Tokyo"))
    with pytest.raises(InvalidArgument, match="no watch with the id"):
        save(store, make_watch(name="Rome", id=mine), owner_id=add_owner(store))


def test_the_owner_determines_time_zone_and_reachable_programs(store: Store) -> None:
    ann = add_owner(store, timezone="Asia/Tokyo", points="united=45k")
    own = make_watch(name="own", notify=NotifyPrefs(timezone="Europe/Lisbon"))
    save(store, make_watch(name="default", reachable_only=True), own, owner_id=ann)
    save(store, make_watch(name="nobody", reachable_only=True))
    found = {stored.watch.name: stored.watch for stored in find_watches(store, now=NOW)}
    assert found["default"].notify_record()["timezone"] == "Asia/Tokyo"
    assert found["own"].notify_record()["timezone"] == "Europe/Lisbon"
    assert found["nobody"].notify_record()["timezone"] == "UTC"
    assert [found["default"].includes(key, key) for key in ("united", "delta")] == [True, False]
    assert found["own"].includes("delta", "delta")
    assert not found["nobody"].includes("united", "united")  # has no points


@pytest.mark.parametrize(
    ("timezone", "last_day", "midnight"),
    [
        ("UTC", date(2026, 11, 22), datetime(2026, 11, 23, 0, 0, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 1), datetime(2026, 11, 2, 5, 0, tzinfo=UTC)),  # a day of 25 hours
        ("America/New_York", date(2027, 3, 14), datetime(2027, 3, 15, 4, 0, tzinfo=UTC)),  # a day of 23 hours
        ("America/Santiago", date(2026, 9, 5), datetime(2026, 9, 6, 4, 0, tzinfo=UTC)),  # midnight is skipped
        ("Pacific/Kiritimati", date(2026, 11, 22), datetime(2026, 11, 22, 10, 0, tzinfo=UTC)),
    ],
)
def test_a_watch_expires_at_the_midnight_of_its_owner(
    sqlite_store: Store, timezone: str, last_day: date, midnight: datetime
) -> None:
    store = sqlite_store
    save(store, make_watch(name="Tokyo", expires=last_day), owner_id=add_owner(store, timezone=timezone))
    second = timedelta(seconds=1)
    assert [stored.is_expired for stored in find_watches(store, now=midnight - second)] == [False]
    assert find_watches(store, now=midnight) == []
    assert [stored.is_expired for stored in find_watches(store, now=midnight, active_only=False)] == [True]


# ---- unreadable definitions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "error"),
    [
        ({"origin": "LAX", "destination": "AUS", "dates": "2027-03", "mood": "sunny"}, 'unknown field "mood"'),
        ({"origin": "Atlantis", "destination": "AUS", "dates": "2027-03"}, "origin: "),
        ({}, "origin is missing"),
        ("text", "its fields are missing"),
        (None, "its fields are missing"),
    ],
)
def test_an_unreadable_watch_does_not_disturb_the_others(
    sqlite_store: Store, definition: object, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = sqlite_store
    watch_id = save_one(store, make_watch(name="newer"))
    save_one(store, make_watch(name="Tokyo"))
    with store.writing() as connection:
        row = schema.watches.c.id == watch_id
        connection.execute(update(schema.watches).where(row).values(definition=definition))
    with caplog.at_level(logging.WARNING):
        assert names(store) == ["Tokyo"]
    (message,) = caplog.messages
    assert message.startswith(f'Watch "newer" is not searched, because its stored definition is invalid: {error}')
    (entry,) = read_watches(store, now=NOW).unreadable
    assert (entry.id, entry.name, entry.active) == (watch_id, "newer", True)
    with pytest.raises(InvalidWatch, match=error):
        get_watch(store, watch_id, now=NOW)
    assert find_entry(store, "Newer").id == watch_id
    assert set_active(store, watch_id, False, now=NOW)
    assert save(store, make_watch(name="newer")) == [("newer", SaveResult.CHANGED)]
    assert names(store) == ["Tokyo", "newer"]


def test_an_unknown_name_has_a_suggestion(sqlite_store: Store) -> None:
    store = sqlite_store
    save(store, make_watch(name="Tokyo in spring"), make_watch(name="Rome"))
    for text in ("spring", "Tokio in spring"):
        with pytest.raises(InvalidArgument, match=f"unknown watch '{text}' \\(did you mean 'Tokyo in spring'\\?\\)"):
            find_entry(store, text)
    with pytest.raises(InvalidArgument, match="scrapy watches list shows all"):
        find_entry(store, "xyz")
    with pytest.raises(InvalidArgument, match="no watch with the id abc"):
        get_watch(store, "abc", now=NOW)


# ---- identity in messages ------------------------------------------------------------------------------------------


def notify(store: Store, watch_id: str, name: str) -> None:
    """Store an offer with an alert and three messages for a watch: one sent, one pending, one for a digest."""
    offer = make_itinerary()
    alert = Alert(watch_id=watch_id, offer_id=offer.offer_id, miles=offer.miles, created_at=NOW)
    rows = [
        replace(
            message_row(offer, watch=name, channel=channel, priority=priority),
            watch_key=watch_id,
            flight_key=offer.flight_key,
        )
        for channel, priority in (("phone", Priority.NORMAL), ("mail", Priority.NORMAL), ("team", Priority.DIGEST))
    ]
    rows = [replace(row, body=row.body | {"watch_ids": [watch_id]}) for row in rows]
    write_batch(store, make_batch(offer, alerts=[alert], outbox=rows))
    sent = {"status": DeliveryStatus.SENT, "attempt_count": 1, "ended_at": NOW}
    with store.writing() as connection:
        connection.execute(update(schema.outbox).where(schema.outbox.c.channel == "phone").values(sent))


def bodies(store: Store) -> dict[str, list[str]]:
    with store.reading() as connection:
        query = select(schema.outbox.c.channel, schema.outbox.c.body)
        return {channel: body["watches"] for channel, body in connection.execute(query)}


def alerts(store: Store) -> list[tuple[Any, ...]]:
    columns = schema.alerts.c
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(select(columns.watch_id, columns.offer_id, columns.miles))]


def test_a_rename_keeps_history_and_caps_and_shows_the_new_name(store: Store) -> None:
    watch_id = save_one(store, make_watch(name="Tokyo"))
    notify(store, watch_id, "Tokyo")
    rename_watch(store, watch_id, "Kyoto", now=LATER)
    offer = make_itinerary()
    assert alerts(store) == [(watch_id, offer.offer_id, offer.miles)]
    day = offer.departure_date
    assert find_messages(store, offer.origin, offer.destination, day, day)[offer.flight_key].keys() == {
        (watch_id, channel) for channel in ("phone", "mail", "team")
    }
    assert count_sent(store, "phone", watch_id, NOW) == 1
    assert bodies(store) == {"phone": ["Tokyo"], "mail": ["Kyoto"], "team": ["Kyoto"]}  # what was sent stays
    assert {row["watch"] for row in find_rows(store, OutboxFilter())} == {"Kyoto"}
    assert notified_watches(store, "phone", [offer.offer_id]) == {offer.offer_id: [("Kyoto", watch_id)]}


def test_saving_under_a_new_name_renames_in_messages_too(store: Store) -> None:
    watch_id = save_one(store, make_watch(name="Tokyo"))
    notify(store, watch_id, "Tokyo")
    save(store, make_watch(name="Kyoto", id=watch_id))
    assert bodies(store)["mail"] == ["Kyoto"]


def test_watches_of_the_same_name_have_separate_histories(store: Store) -> None:
    mine = save_one(store, make_watch(name="Tokyo"))
    hers = save_one(store, make_watch(name="Tokyo"), owner_id=add_owner(store))
    notify(store, mine, "Tokyo")
    assert count_sent(store, "phone", mine, NOW) == 1
    assert count_sent(store, "phone", hers, NOW) == 0
    remove_watch(store, hers, NOW)
    assert {row["status"] for row in find_rows(store, OutboxFilter())} == {"sent", "pending"}


def test_removing_a_watch_cancels_its_pending_messages_and_keeps_its_name_in_listings(store: Store) -> None:
    watch_id = save_one(store, make_watch(name="Tokyo"))
    notify(store, watch_id, "Tokyo")
    assert [remove_watch(store, watch_id, LATER) for _ in range(2)] == [True, False]
    rows = {row["channel"]: (row["status"], row["watch"]) for row in find_rows(store, OutboxFilter())}
    canceled = (DeliveryStatus.CANCELED, "Tokyo")
    assert rows == {"phone": (DeliveryStatus.SENT, "Tokyo"), "mail": canceled, "team": canceled}
    assert len(alerts(store)) == 1  # they are kept, like the offers


def test_messages_of_a_watch_that_is_not_stored_have_its_name(store: Store) -> None:
    offer = make_itinerary()
    row = message_row(offer, watch="ad hoc")
    write_batch(store, make_batch(offer, outbox=[replace(row, body=row.body | {"watch_ids": []})]))
    assert [row["watch"] for row in find_rows(store, OutboxFilter())] == ["ad hoc"]
    with store.writing() as connection:
        connection.execute(update(schema.outbox).values(status=DeliveryStatus.SENT))
    assert notified_watches(store, "phone", [offer.offer_id]) == {offer.offer_id: [("ad hoc", None)]}
    assert {row["event_type"] for row in find_rows(store, OutboxFilter())} == {EventType.OFFER_MATCHED}


# ---- any sequence of changes ---------------------------------------------------------------------------------------

NAMES = st.sampled_from(["Tokyo", "TOKYO", "Rome", "Rome 2"])
CHANGES = st.one_of(
    st.tuples(st.just("save"), st.sampled_from([0, 1]), NAMES, st.integers(1, 3)),
    st.tuples(st.just("rename"), st.integers(0, 3), NAMES),
    st.tuples(st.just("pause"), st.integers(0, 3), st.booleans()),
    st.tuples(st.just("remove"), st.integers(0, 3)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CHANGES, max_size=12))
def test_any_changes_keep_ids_and_unique_names(sqlite_store: Store, changes: list[tuple[Any, ...]]) -> None:
    """Compare storage with a dictionary: id -> owner, name, miles, paused."""
    store = sqlite_store
    owners = [add_owner(store) for _ in range(2)]
    model: dict[str, list[Any]] = {}
    for action, *values in changes:
        if action == "save":
            number, name, miles = values
            same = [key for key, row in model.items() if row[0] == number and row[1].casefold() == name.casefold()]
            watch = make_watch(name=name, max_miles=miles)
            (saved,) = save_watches(store, [watch], now=NOW, owner_id=owners[number])
            assert (saved.result == "added", [saved.watch.id]) == (not same, same or [saved.watch.id])
            model[saved.watch.id] = [number, name, miles, False]
        elif model:
            watch_id, row = list(model.items())[values[0] % len(model)]
            if action == "rename":
                others = [other[1].casefold() for key, other in model.items() if key != watch_id and other[0] == row[0]]
                if values[1].casefold() in others:
                    with pytest.raises(InvalidArgument, match="another watch has the name"):
                        rename_watch(store, watch_id, values[1], now=NOW)
                else:
                    rename_watch(store, watch_id, values[1], now=NOW)
                    row[1] = values[1]
            elif action == "pause":
                assert set_active(store, watch_id, not values[1], now=NOW) == (row[3] != values[1])
                row[3] = values[1]
            else:
                assert remove_watch(store, watch_id, NOW)
                del model[watch_id]
    for number, owner_id in enumerate(owners):
        found = find_watches(store, now=NOW, owner_id=owner_id, active_only=False)
        stored = {each.watch.id: (each.watch.name, each.watch.max_miles, not each.watch.active) for each in found}
        assert stored == {key: tuple(row[1:]) for key, row in model.items() if row[0] == number}


def test_a_save_says_if_somebody_else_changed_the_watch_since_it_was_read(store: Store) -> None:
    (saved,) = save_watches(store, [make_watch(name="Austin")], now=NOW)
    read_at = {saved.watch.id: get_watch(store, saved.watch.id, now=NOW).changed_at}
    own = replace(saved.watch, max_miles=9_000)
    save_watches(store, [replace(saved.watch, max_miles=8_000)], now=NOW + timedelta(minutes=1), read_at=read_at)
    with pytest.raises(WatchConflict, match='"Austin" was changed by somebody else'):
        save_watches(store, [own], now=NOW + timedelta(minutes=2), read_at=read_at)
    assert get_watch(store, saved.watch.id, now=NOW).watch.max_miles == 8_000
    read_at = {saved.watch.id: get_watch(store, saved.watch.id, now=NOW).changed_at}
    save_watches(store, [own], now=NOW + timedelta(minutes=3), read_at=read_at)
    assert get_watch(store, saved.watch.id, now=NOW).watch.max_miles == 9_000


def test_saving_the_same_values_again_is_no_conflict(store: Store) -> None:
    (saved,) = save_watches(store, [make_watch(name="Austin")], now=NOW)
    read_at = {saved.watch.id: NOW - timedelta(days=1)}
    (again,) = save_watches(store, [saved.watch], now=NOW, read_at=read_at)
    assert again.result is SaveResult.UNCHANGED

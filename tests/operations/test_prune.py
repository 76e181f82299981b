"""Pruning removes what is older than the retention, and nothing that a rule needs."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from awardspider.items import EventType
from awardspider.operations.prune.deletion import Pruning
from awardspider.operations.prune.messages import prune_messages
from awardspider.operations.prune.offers import OldPoint, kept_times
from awardspider.operations.prune.report import PruneReport, prune
from awardspider.operations.retention import RetentionPeriods
from awardspider.outcomes import Outcome
from awardspider.storage import schema
from awardspider.storage.alerts import Alert
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.shares import SHARE_DURATION, NewShare, create_shares, find_shares
from awardspider.storage.store import Store, open_store
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_offer, make_report, make_search

SETTINGS: dict[str, Any] = {"AWARD_RESPONSE_RETENTION": "14 days"}
YESTERYEAR = NOW - timedelta(days=400)


def pruned(store: Store, folder: Path, now: datetime = NOW, **options: Any) -> PruneReport:
    return prune(store, folder, SETTINGS, now, sleep=lambda seconds: None, **options)


def ids(store: Store, table: str, column: str = "id") -> list[Any]:
    query = select(schema.metadata.tables[table].c[column])
    with store.reading() as connection:
        return sorted(connection.scalars(query))


def count(store: Store, table: str) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(schema.metadata.tables[table])) or 0


def add(store: Store, table: str, *rows: dict[str, Any]) -> None:
    with store.writing() as connection:
        connection.execute(insert(schema.metadata.tables[table]), list(rows))


def message(key: str, **fields: Any) -> dict[str, Any]:
    values = {
        "key": key, "channel": "phone", "event_type": EventType.OFFER_MATCHED, "subject": key, "body": {},
        "created_at": YESTERYEAR, "status": "sent", "next_attempt_at": YESTERYEAR,
    }  # fmt: skip
    return values | fields


# ---- offers -----------------------------------------------------------------------------------------------------


def test_offers_of_past_flights_are_removed_with_their_prices(store: Store, tmp_path: Path) -> None:
    old = make_offer(departure_date=date(2026, 6, 1), seen_at=YESTERYEAR)
    recent = make_offer(departure_date=date(2026, 11, 1), seen_at=YESTERYEAR)
    future = make_offer(seen_at=YESTERYEAR)
    write_batch(store, make_batch(old, recent, future))
    report = pruned(store, tmp_path)
    assert ids(store, "offers") == sorted([recent.offer_id, future.offer_id])
    assert {each.table: each.rows for each in report.tables} == {"offers": 1, "price_points": 1}


def test_a_gone_offer_is_kept_while_something_refers_to_it(store: Store, tmp_path: Path) -> None:
    gone = {name: make_itinerary(miles=30_000, origin=name, seen_at=YESTERYEAR) for name in ("LAX", "SFO", "SAN")}
    other = make_itinerary(miles=30_000, origin="ONT", seen_at=YESTERYEAR)
    alert = Alert(watch_id=None, offer_id=gone["SFO"].offer_id, miles=30_000, created_at=YESTERYEAR)
    write_batch(store, make_batch(*gone.values(), other, alerts=[alert]))
    write_batch(
        store, Batch(gone={YESTERYEAR + timedelta(days=1): [each.offer_id for each in (*gone.values(), other)]})
    )
    partner = message("other", body={"trip_other_offer_id": other.offer_id}, subject=gone["SAN"].offer_id)
    add(store, "outbox", partner)
    pruned(store, tmp_path)
    assert ids(store, "offers") == sorted([gone["SFO"].offer_id, gone["SAN"].offer_id, other.offer_id])


def test_old_changes_of_prices_are_thinned_out_to_one_a_week(store: Store, tmp_path: Path) -> None:
    offer = make_offer(seen_at=YESTERYEAR)
    for day in range(60):
        write_batch(store, make_batch(make_offer(seen_at=YESTERYEAR + timedelta(days=day), miles=20_000 + day % 5)))
    assert count(store, "price_points") == 60
    pruned(store, tmp_path)
    kept = count(store, "price_points")
    assert 9 <= kept <= 12
    pruned(store, tmp_path)
    assert count(store, "price_points") == kept
    assert ids(store, "offers") == [offer.offer_id]


# ---- searches ---------------------------------------------------------------------------------------------------


def test_the_last_search_of_days_that_can_still_be_searched_is_kept(store: Store, tmp_path: Path) -> None:
    past = make_search(first=date(2026, 1, 1), last=date(2026, 1, 31))
    long_ago = NOW - timedelta(days=200)
    reports = [
        make_report("past", search=past, requested_at=long_ago),
        make_report("replaced", requested_at=long_ago),
        make_report("empty", outcome=Outcome.EMPTY, requested_at=long_ago),
        make_report("newest", requested_at=long_ago + timedelta(days=1)),
        make_report("recent", search=past, requested_at=NOW - timedelta(days=100)),
    ]
    write_batch(store, Batch(reports=reports))
    pruned(store, tmp_path)
    assert ids(store, "searches") == ["empty", "newest", "recent"]


def test_a_search_without_offers_is_kept_if_the_newer_one_could_not_be_read_completely(
    store: Store, tmp_path: Path
) -> None:
    long_ago = NOW - timedelta(days=200)
    reports = [
        make_report("proven", outcome=Outcome.EMPTY, requested_at=long_ago),
        make_report("incomplete", outcome=Outcome.EMPTY, invalid=3, requested_at=long_ago + timedelta(days=1)),
        make_report("other day", search=make_search(first=date(2027, 1, 1)), requested_at=long_ago),
    ]
    write_batch(store, Batch(reports=reports))
    pruned(store, tmp_path)
    assert ids(store, "searches") == ["incomplete", "other day", "proven"]


def test_the_last_search_of_a_program_is_kept(store: Store, tmp_path: Path) -> None:
    past = make_search(first=date(2025, 1, 1), last=date(2025, 1, 31))
    write_batch(store, Batch(reports=[make_report("only", search=past, requested_at=YESTERYEAR)]))
    pruned(store, tmp_path)
    assert ids(store, "searches") == ["only"]


# ---- messages ---------------------------------------------------------------------------------------------------


def test_messages_that_wait_are_kept(store: Store, tmp_path: Path) -> None:
    rows = [message(status, status=status, event_type=EventType.TEST) for status in ("pending", "sending", "sent")]
    add(store, "outbox", *rows)
    pruned(store, tmp_path)
    assert ids(store, "outbox", "key") == ["pending", "sending"]


def test_messages_about_flights_are_kept_until_they_depart(store: Store, tmp_path: Path) -> None:
    future = make_itinerary(seen_at=YESTERYEAR)
    departed = make_itinerary(departure_date=date(2026, 10, 30), seen_at=YESTERYEAR)
    write_batch(store, make_batch(future, departed))
    add(
        store,
        "outbox",
        message("sent", subject=future.offer_id),
        message("canceled", subject=future.offer_id, status="canceled"),
        message("departed", subject=departed.offer_id),
        message("recent", subject=departed.offer_id, created_at=NOW - timedelta(days=50)),
    )
    pruned(store, tmp_path)
    assert ids(store, "outbox", "key") == ["recent", "sent"]


def test_the_last_update_of_a_row_in_a_spreadsheet_is_kept(store: Store, tmp_path: Path) -> None:
    offer = make_itinerary(seen_at=YESTERYEAR)
    write_batch(store, make_batch(offer))
    change = {"event_type": EventType.OFFER_CHANGED, "subject": offer.offer_id, "channel": "sheet"}
    add(store, "outbox", *(message(f"{number}", **change) for number in range(3)))
    pruned(store, tmp_path)
    assert ids(store, "outbox", "key") == ["2"]


def test_a_digest_is_kept_with_its_parts(store: Store, tmp_path: Path) -> None:
    offer = make_itinerary(seen_at=YESTERYEAR)
    write_batch(store, make_batch(offer))
    add(store, "outbox", message("part", subject=offer.offer_id, status="in_digest", digest_id=2))
    add(store, "outbox", message("digest", event_type=EventType.DIGEST))
    add(store, "outbox", message("departed", status="in_digest", digest_id=4))
    add(store, "outbox", message("old digest", event_type=EventType.DIGEST))
    add(store, "outbox", message("waits", status="in_digest", digest_id=6))
    add(store, "outbox", message("digest that waits", event_type=EventType.DIGEST, status="pending"))
    pruned(store, tmp_path)
    assert ids(store, "outbox", "key") == ["digest", "digest that waits", "part", "waits"]


def test_the_last_message_of_a_watch_and_channel_is_kept(store: Store, tmp_path: Path) -> None:
    add(store, "outbox", *(message(f"{number}", watch_key="one") for number in range(3)))
    add(store, "outbox", message("other channel", watch_key="one", channel="desk"))
    pruned(store, tmp_path)
    assert ids(store, "outbox", "key") == ["2", "other channel"]


def test_attempts_are_removed_with_their_message(store: Store, tmp_path: Path) -> None:
    add(store, "outbox", message("old", event_type=EventType.TEST))
    attempt = {"outbox_id": 1, "attempted_at": YESTERYEAR, "result": "sent", "note": ""}
    add(store, "attempts", attempt, attempt)
    dry = pruned(store, tmp_path, dry_run=True)
    assert {each.table: each.rows for each in dry.tables} == {"outbox": 1, "attempts": 2}
    assert count(store, "attempts") == 2
    assert {each.table: each.rows for each in pruned(store, tmp_path).tables} == {"outbox": 1, "attempts": 2}
    assert count(store, "attempts") == count(store, "outbox") == 0


def test_a_message_about_a_failed_run_is_removed_like_any_other_notice(store: Store, tmp_path: Path) -> None:
    add(store, "outbox", message("phone:run.failed:run:united:20250101T000000", event_type=EventType.RUN_FAILED))
    pruned(store, tmp_path)
    assert ids(store, "outbox", "key") == []


def test_the_message_of_a_promotion_is_kept_as_long_as_the_promotion(store: Store, tmp_path: Path) -> None:
    old = make_promotion("old", seen_at=YESTERYEAR - timedelta(days=30))
    add(store, "promotions", make_promotion("stored", seen_at=NOW - timedelta(days=300)), old)
    rows = [message(key, event_type=EventType.PROMOTION, watch_key="one") for key in ("stored", "old", "newest")]
    add(store, "outbox", *(row | {"status": "canceled" if row["key"] == "stored" else "sent"} for row in rows))
    dry = pruned(store, tmp_path, dry_run=True)
    assert pruned(store, tmp_path).tables == tuple(type(each)(table=each.table, rows=each.rows) for each in dry.tables)
    assert ids(store, "outbox", "key") == ["newest", "stored"]
    assert ids(store, "promotions") == ["stored"]


def make_promotion(key: str, *, seen_at: datetime) -> dict[str, Any]:
    times = dict.fromkeys(("announced_at", "first_seen_at", "last_seen_at"), seen_at)
    texts = dict.fromkeys(("source", "entry_id", "link", "excerpt", "title"), key)
    return times | texts | {"id": key, "kind": "award_sale", "programs": [], "banks": [], "routes": []}


@pytest.mark.parametrize("event_type", EventType)
def test_every_kind_of_message_has_a_rule(sqlite_store: Store, tmp_path: Path, event_type: EventType) -> None:
    add(sqlite_store, "outbox", message("old", event_type=event_type))
    pruned(sqlite_store, tmp_path)
    assert ids(sqlite_store, "outbox", "key") == []


# ---- the rest ---------------------------------------------------------------------------------------------------


def test_a_public_page_is_kept_for_a_month_after_it_expires(store: Store, tmp_path: Path) -> None:
    for key, days in (("open", 1), ("expired", 29), ("old", 31)):
        expires_at = NOW - timedelta(days=days)
        create_shares(store, [NewShare(key=key, body={}, locale="en")], expires_at - SHARE_DURATION)
    pruned(store, tmp_path)
    assert find_shares(store, ["open", "expired", "old"]).keys() == {"open", "expired"}


def test_alerts_of_departed_flights_are_removed(store: Store, tmp_path: Path) -> None:
    future = make_itinerary(seen_at=YESTERYEAR)
    departed = make_itinerary(departure_date=date(2026, 11, 10), seen_at=YESTERYEAR)
    write_batch(store, make_batch(future, departed))
    for offer, at in ((future, YESTERYEAR), (departed, YESTERYEAR), (departed, NOW)):
        write_batch(store, Batch(alerts=[Alert(watch_id=None, offer_id=offer.offer_id, miles=1, created_at=at)]))
    pruned(store, tmp_path)
    assert ids(store, "alerts") == [1, 3]


def make_run(key: str, **fields: Any) -> dict[str, Any]:
    values = {
        "id": key, "program": "united", "spider": "united", "arguments": {}, "host": "a", "pid": 1,
        "started_at": YESTERYEAR, "heartbeat_at": YESTERYEAR, "ended_at": YESTERYEAR, "finish_reason": "blocked",
    }  # fmt: skip
    return values | fields


def test_the_latest_runs_of_a_program_and_its_last_success_are_kept(store: Store, tmp_path: Path) -> None:
    minutes = [YESTERYEAR + timedelta(minutes=number) for number in range(60)]
    runs = [make_run(f"{number:02}", started_at=at) for number, at in enumerate(minutes)]
    runs[3] |= {"finish_reason": "finished", "found": 1, "empty": 0, "failed": 0}
    runs[5] |= {"ended_at": None}
    add(store, "runs", *({"found": 0, "empty": 0, "failed": 0} | run for run in runs))
    pruned(store, tmp_path)
    assert ids(store, "runs") == ["03", "05", *(f"{number}" for number in range(40, 60))]


def test_ended_jobs_resolved_incidents_and_unused_hosts_are_removed(store: Store, tmp_path: Path) -> None:
    job = {"entry": "united", "status": "succeeded", "due_at": YESTERYEAR, "ended_at": YESTERYEAR}
    add(store, "scheduled_jobs", job, job, job | {"entry": "other"}, job | {"ended_at": None})
    incident = {
        "key": "disk", "kind": "disk", "subject": "disk", "sentence": "full", "opened_at": YESTERYEAR,
        "seen_at": YESTERYEAR, "resolved_at": YESTERYEAR,
    }  # fmt: skip
    add(store, "incidents", incident, incident | {"resolved_at": None})
    service = {
        "name": "dispatcher", "host": "a", "pid": 1, "pid_namespace": "", "version": "1", "started_at": YESTERYEAR,
        "heartbeat_at": YESTERYEAR,
    }  # fmt: skip
    add(store, "services", service, service | {"host": "b", "heartbeat_at": NOW}, service | {"name": "scheduler"})
    pruned(store, tmp_path)
    assert ids(store, "scheduled_jobs") == [2, 3, 4]  # the last one of united, and the last one that has ended
    assert ids(store, "incidents") == [2]
    assert ids(store, "services", "host") == ["a", "b"]


def test_old_files_are_removed_from_the_data_folder(sqlite_store: Store, tmp_path: Path) -> None:
    names = (
        "logs/scheduler.log",
        "logs/scheduler.log.3",
        "scrapyd/logs/awardspider/united/1.log",
        "scrapyd/eggs/a.egg",
    )
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
        os.utime(path, (YESTERYEAR.timestamp(), YESTERYEAR.timestamp()))
    (tmp_path / "logs/scheduler.log.1").write_text("new")
    os.utime(tmp_path / "logs/scheduler.log.1", (NOW.timestamp(), NOW.timestamp()))
    dry = pruned(sqlite_store, tmp_path, dry_run=True)
    assert all((tmp_path / name).exists() for name in names)
    assert pruned(sqlite_store, tmp_path).files == dry.files
    assert [(each.kind, each.files, each.bytes) for each in dry.files] == [("logs", 1, 4), ("scrapyd logs", 1, 4)]
    found = sorted(path.name for path in tmp_path.rglob("*") if path.is_file() and "awardspider.db" not in path.name)
    assert found == ["a.egg", "scheduler.log", "scheduler.log.1"]


def test_an_sqlite_file_shrinks(tmp_path: Path) -> None:
    store = open_store("", tmp_path)
    rows = [OutboxRow(key=f"{n}", channel="a", event_type=EventType.TEST, subject="x", body={"text": "x" * 500},
                      created_at=YESTERYEAR) for n in range(4_000)]  # fmt: skip
    write_batch(store, Batch(outbox=rows))
    with store.writing() as connection:
        connection.execute(schema.outbox.update().values(status="sent"))
    report = pruned(store, tmp_path)
    store.close()
    assert report.returned_bytes > 2_000_000
    assert report.free_bytes == 0
    assert report.database_bytes == (tmp_path / "awardspider.db").stat().st_size


def test_the_kept_changes_of_a_price_show_if_it_has_dropped() -> None:
    monday = datetime(2026, 1, 5, tzinfo=NOW.tzinfo)
    prices = [30, 10, 25, 20, 20]
    points = [OldPoint(1, monday + timedelta(hours=number), miles) for number, miles in enumerate(prices)]
    kept = [each.miles for each in points if each.seen_at in kept_times(points)]
    assert kept == [10, 25, 20]


def test_transactions_follow_the_time_that_they_take(sqlite_store: Store) -> None:
    pauses: list[float] = []
    pruning = Pruning(store=sqlite_store, periods=RetentionPeriods.from_settings({}), now=NOW, sleep=pauses.append)
    add(sqlite_store, "outbox", *(message(f"{number}", event_type=EventType.TEST) for number in range(3_000)))
    prune_messages(pruning)
    assert pruning.removed["outbox"] == 3_000
    assert pruning.longest_lock < 5
    assert len(pauses) >= 3
    assert sum(pauses) >= 0.005 * len(pauses)

"""Two dispatcher processes on one outbox: nothing is sent twice, and the messages of a subject keep their order."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from sqlalchemy import func, select

from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.schema import outbox
from awardspider.storage.store import Store
from tests.support.delivery import make_match_row, make_outbox_row, write_rows
from tests.support.delivery_worker import release, start_worker
from tests.support.storage_examples import NOW, make_itinerary, make_segment

# Rows, at the size for CI and with --full.
ROWS = {"sqlite": 2_000, "postgresql": 3_000}
FULL_ROWS = {"sqlite": 2_000, "postgresql": 10_000}
ROWS_PER_SUBJECT = 4
WATCHES, FLIGHTS = 30, 6
TIMEOUT_SECONDS = 300


def test_no_row_is_sent_twice_and_subjects_keep_their_order(
    store: Store, database_url: str, tmp_path: Path, full: bool
) -> None:
    count = (FULL_ROWS if full else ROWS)[store.engine.dialect.name]
    channels = ("plain", "keyed")
    for name in channels:
        save_channel(store, ChannelRow(name=name, kind="webhook", address="https://hooks.example.com", created_at=NOW))
    keys = [(f"{name}:{number}", name, number) for number in range(count // 2) for name in channels]
    subjects = count // 2 // ROWS_PER_SUBJECT
    write_rows(store, (make_outbox_row(key, name, subject=f"offer {number % subjects}") for key, name, number in keys))

    lines = _deliver(database_url, tmp_path)
    assert len(lines) == count
    assert Counter(key for _, key, _ in lines) == Counter(key for key, _, _ in keys)
    assert min(Counter(pid for pid, _, _ in lines).values()) > count / 20  # both processes sent rows
    by_subject = defaultdict(list)
    for _, key, _ in lines:
        name, _, number = key.partition(":")
        by_subject[name, int(number) % subjects].append(int(number))
    assert all(numbers == sorted(numbers) for numbers in by_subject.values())


def test_what_is_found_for_a_watch_is_one_message(store: Store, database_url: str, tmp_path: Path) -> None:
    """Both processes compose at the same time. Neighboring watches share a third of their flights."""
    channels = ("plain", "keyed")
    for name in channels:
        save_channel(store, ChannelRow(name=name, kind="webhook", address="https://hooks.example.com", created_at=NOW))
    rows = [
        make_match_row(make_itinerary(segments=(make_segment(str(number)),)), name, f"watch-{watch:02}")
        for name in channels
        for watch in range(WATCHES)
        for number in range(4 * watch, 4 * watch + FLIGHTS)
    ]
    write_rows(store, rows)
    lines = _deliver(database_url, tmp_path)
    keys = [key for _, key, _ in lines]
    assert len(set(keys)) == len(keys) == len(channels) * WATCHES
    shown = [event for _, _, events in lines for event in events.split(",")]
    assert len(set(shown)) == len(shown) == len(channels) * (FLIGHTS + 4 * (WATCHES - 1))
    query = select(outbox.c.status, func.count().label("number")).group_by(outbox.c.status)
    with store.reading() as connection:
        counts = {row.status: row.number for row in connection.execute(query)}
    assert counts == {"sent": len(keys), "in_digest": len(rows)}


def _deliver(database_url: str, folder: Path) -> list[list[str]]:
    """Run two dispatchers at once and return what they sent: process, key and events of each message."""
    log = folder / "sent.log"
    workers = [start_worker(database_url, folder, log, 0) for _ in range(2)]
    try:
        for worker in workers:
            release(worker)
        sent = [int(worker.communicate(timeout=TIMEOUT_SECONDS)[0]) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    lines = [line.split(maxsplit=2) for line in log.read_text().splitlines()]
    assert sum(sent) == len(lines)
    return lines

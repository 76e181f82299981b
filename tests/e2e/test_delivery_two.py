"""Two dispatcher processes on one outbox: no row is sent twice, and the messages of a subject keep their order."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.store import Store
from tests.support.delivery import make_outbox_row, write_rows
from tests.support.delivery_worker import release, start_worker
from tests.support.storage_examples import NOW

ROWS = {"sqlite": 2_000, "postgresql": 10_000}
ROWS_PER_SUBJECT = 4
TIMEOUT_SECONDS = 300


def test_no_row_is_sent_twice_and_subjects_keep_their_order(store: Store, database_url: str, tmp_path: Path) -> None:
    count = ROWS[store.engine.dialect.name]
    channels = ("plain", "keyed")
    for name in channels:
        save_channel(store, ChannelRow(name=name, kind="webhook", address="https://hooks.example.com", created_at=NOW))
    keys = [(f"{name}:{number}", name, number) for number in range(count // 2) for name in channels]
    subjects = count // 2 // ROWS_PER_SUBJECT
    write_rows(store, (make_outbox_row(key, name, subject=f"offer {number % subjects}") for key, name, number in keys))

    log = tmp_path / "sent.log"
    workers = [start_worker(database_url, tmp_path, log, 0) for _ in range(2)]
    try:
        for worker in workers:
            release(worker)
        sent = [int(worker.communicate(timeout=TIMEOUT_SECONDS)[0]) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()

    assert sum(sent) == count
    lines = [line.split() for line in log.read_text().splitlines()]
    assert Counter(key for _, key in lines) == Counter(key for key, _, _ in keys)
    assert min(Counter(pid for pid, _ in lines).values()) > count / 20  # both processes sent rows
    by_subject = defaultdict(list)
    for _, key in lines:
        name, _, number = key.partition(":")
        by_subject[name, int(number) % subjects].append(int(number))
    assert all(numbers == sorted(numbers) for numbers in by_subject.values())

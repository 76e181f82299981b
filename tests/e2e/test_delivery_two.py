"""Two dispatchers on one outbox, as processes: no row is sent twice, and the order of a subject is kept."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.store import Store
from tests.support.crawls import ROOT
from tests.support.delivery import a_row, write_rows
from tests.support.storage_examples import NOW

ROWS = {"sqlite": 2_000, "postgresql": 10_000}
A_SUBJECT = 4
TIMEOUT_SECONDS = 300


def test_no_row_is_sent_twice_and_order_is_kept(store: Store, database_url: str, tmp_path: Path) -> None:
    count = ROWS[store.engine.dialect.name]
    channels = ("plain", "keyed")
    for name in channels:
        save_channel(store, ChannelRow(name=name, kind="webhook", address="https://hooks.example.com", created_at=NOW))
    keys = [(f"{name}:{number}", name, number) for number in range(count // 2) for name in channels]
    subjects = count // 2 // A_SUBJECT
    write_rows(store, (a_row(key, name, subject=f"offer {number % subjects}") for key, name, number in keys))

    log = tmp_path / "sent.log"
    words = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "tests.support.delivery_worker",
        database_url,
        str(tmp_path),
        str(log),
        "0",
    ]
    workers = [
        subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline().strip() == "ready"
        told = [worker.communicate(timeout=TIMEOUT_SECONDS)[0] for worker in _began(workers)]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()

    assert sum(map(int, told)) == count
    lines = [line.split() for line in log.read_text().splitlines()]
    assert Counter(key for _, key in lines) == Counter(key for key, _, _ in keys)
    assert min(Counter(pid for pid, _ in lines).values()) > count / 20  # both had a share
    by_subject = defaultdict(list)
    for _, key in lines:
        name, _, number = key.partition(":")
        by_subject[name, int(number) % subjects].append(int(number))
    assert all(numbers == sorted(numbers) for numbers in by_subject.values())


def _began(workers: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    """The workers, all of them told to begin."""
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    return workers

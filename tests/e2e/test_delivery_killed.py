"""kill -9 of crawls and dispatchers at fifty random moments: nothing is lost, and only what was on its way repeats."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.tables import alerts, attempts, offers, outbox
from tests.support.crawls import ROOT, Desk
from tests.support.delivery import a_row, write_rows
from tests.support.sandbox_server import Sandbox
from tests.support.storage_examples import NOW

CRAWLS = 10
DISPATCHERS = 40
PAIRS = DISPATCHERS // 2
CHANNELS = ("keyed", "plain")
FIRST = (datetime.now(UTC) + timedelta(days=70)).date()
MORE_ROWS = 300  # for each channel, so that no dispatcher finds nothing
Process = subprocess.Popen[str]


def test_fifty_kills_lose_nothing(server: Sandbox, tmp_path: Path) -> None:
    server.reset()
    desk = Desk(tmp_path / "data", server.url, settings={"AWARD_DELIVERY_SECONDS": "0"})
    watches = tmp_path / "watches.yaml"
    dates = f"{FIRST}..{FIRST + timedelta(days=7)}"
    watches.write_text(f"watches:\n  - {{name: Austin, origin: LAX, destination: AUS, dates: {dates}}}\n")
    desk.scrapy("watches", "import", str(watches), check=True)
    store = desk.store()
    for name in CHANNELS:
        address = "https://hooks.example.com"
        save_channel(store, ChannelRow(name=name, kind="webhook", address=address, created_at=NOW))
    dice = Random(4)

    for _ in range(CRAWLS):
        _kill(_crawl(desk), dice.uniform(1.0, 6.0))
        _told_in_one_piece(desk)
    desk.crawl()
    found = _told_in_one_piece(desk)
    assert len(found) > 20

    rows = (a_row(f"{name}:{number}", name) for number in range(MORE_ROWS) for name in CHANNELS)
    write_rows(store, rows)
    store.close()
    log = tmp_path / "sent.log"
    for _ in range(PAIRS):
        pair = [_dispatcher(desk, log) for _ in range(2)]
        for each in pair:
            _go(each)
        for each in pair:
            _kill(each, dice.uniform(0.0, 0.25))
    last = _dispatcher(desk, log)
    _go(last)
    assert last.wait(timeout=120) == 0
    _kill(last, 0)
    _nothing_lost(desk, log)


def _told_in_one_piece(desk: Desk) -> set[str]:
    """Each flight that is stored has its alert and one message a channel; returns the flights."""
    flights = {row["id"] for row in desk.rows(offers) if row["detail"] == "itinerary"}
    told = Counter((row["channel"], row["subject"]) for row in desk.rows(outbox))
    assert told == Counter((name, offer) for name in CHANNELS for offer in flights)
    assert {row["offer_id"] for row in desk.rows(alerts)} == flights
    return flights


def _nothing_lost(desk: Desk, log: Path) -> None:
    rows = {row["key"]: row for row in desk.rows(outbox)}
    sent = Counter(line.split()[1] for line in log.read_text().splitlines())
    tries = Counter(each["outbox_id"] for each in desk.rows(attempts))
    keyed = {key: row for key, row in rows.items() if row["channel"] == "keyed"}
    plain = {key: row for key, row in rows.items() if row["channel"] == "plain"}
    assert {row["status"] for row in keyed.values()} == {"sent"}
    assert keyed.keys() <= sent.keys() <= rows.keys()
    assert sum(sent[key] - 1 for key in keyed) <= DISPATCHERS  # one can have been on its way at each kill

    unknown = {key for key, row in plain.items() if row["status"] == "unknown"}
    assert {row["status"] for row in plain.values()} <= {"sent", "unknown"}
    assert len(unknown) <= DISPATCHERS
    assert max(sent[key] for key in plain) == 1
    assert {key for key in plain if not sent[key]} <= unknown
    assert all(tries[row["id"]] == row["tries"] == 1 for row in plain.values())
    assert unknown  # else no kill has met a message on its way, and this shows nothing


def _crawl(desk: Desk) -> Process:
    words = [sys.executable, "-m", "scrapy", "crawl", "united", "-s", "LOG_ENABLED=False"]
    return _start(words, env=desk.environment, stderr=subprocess.DEVNULL)


def _dispatcher(desk: Desk, log: Path) -> Process:
    url = f"sqlite:///{desk.folder / 'awardspider.db'}"
    words = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "tests.support.delivery_worker",
        url,
        str(desk.folder),
        str(log),
        "0.005",
    ]
    started = _start(words, stdin=subprocess.PIPE)
    assert started.stdout is not None
    assert started.stdout.readline().strip() == "ready"
    return started


def _start(words: list[str], **known: Any) -> Process:
    return subprocess.Popen(words, cwd=ROOT, text=True, stdout=subprocess.PIPE, **known)


def _go(dispatcher: Process) -> None:
    assert dispatcher.stdin is not None
    dispatcher.stdin.write("\n")
    dispatcher.stdin.flush()


def _kill(process: Process, seconds: float) -> None:
    """End a process the hard way, so many seconds from now, unless it has ended by then."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()

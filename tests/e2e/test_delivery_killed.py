"""Crawls and dispatchers killed at random moments: no message is lost, and only those being sent repeat."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random

from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.schema import alerts, attempts, offers, outbox
from tests.support.crawls import Workspace
from tests.support.delivery import make_match_row, make_outbox_row, write_rows
from tests.support.delivery_worker import release, start_worker
from tests.support.paths import ROOT
from tests.support.sandbox_server import Sandbox
from tests.support.storage_examples import NOW, make_itinerary, make_segment

# Kills, at the size for CI and with --full.
CRAWLS, FULL_CRAWLS = 3, 10
DISPATCHERS, FULL_DISPATCHERS = 16, 40
CHANNELS = ("keyed", "plain")
FIRST = (datetime.now(UTC) + timedelta(days=70)).date()
EXTRA_ROWS = 300  # per channel, so that every dispatcher has work
WATCHES = 4  # with the same new flights before each kill
FLIGHTS = 6  # fewer than a summary shows
SEND_SECONDS = 0.005


def test_kills_lose_no_message(server: Sandbox, tmp_path: Path, full: bool) -> None:
    crawls, dispatchers = (FULL_CRAWLS, FULL_DISPATCHERS) if full else (CRAWLS, DISPATCHERS)
    server.reset()
    workspace = Workspace(tmp_path / "data", server.url, settings={"AWARD_DELIVERY_SECONDS": "0"})
    watches = tmp_path / "watches.yaml"
    dates = f"{FIRST}..{FIRST + timedelta(days=7)}"
    watch = f"name: Austin, origin: LAX, destination: AUS, dates: {dates}, notify: {{max_per_day: 1000}}"
    watches.write_text(f"watches:\n  - {{{watch}}}\n")
    workspace.scrapy("watches", "import", str(watches), check=True)
    store = workspace.store()
    for name in CHANNELS:
        address = "https://hooks.example.com"
        save_channel(store, ChannelRow(name=name, kind="webhook", address=address, created_at=NOW))
    random = Random(4)

    for _ in range(crawls):
        _kill(_crawl(workspace), random.uniform(1.0, 6.0))
        _check_crawled(workspace)
    workspace.crawl()
    found = _check_crawled(workspace)
    assert len(found) > 20

    rows = (make_outbox_row(f"{name}:{number}", name) for number in range(EXTRA_ROWS) for name in CHANNELS)
    write_rows(store, rows)
    store.close()
    url, log = f"sqlite:///{workspace.folder / 'awardspider.db'}", tmp_path / "sent.log"
    for number in range(dispatchers // 2):
        write_rows(workspace.store(), _matches(number))
        pair = [start_worker(url, workspace.folder, log, SEND_SECONDS) for _ in range(2)]
        for worker in pair:
            release(worker)
        for worker in pair:
            _kill(worker, random.uniform(0.0, 0.6))
    last = start_worker(url, workspace.folder, log, SEND_SECONDS)
    release(last)
    assert last.wait(timeout=120) == 0
    _kill(last, 0)
    _check_delivered(workspace, log, dispatchers)


def _check_crawled(workspace: Workspace) -> set[str]:
    """Check that each stored flight has an alert and one message per channel, and return the flights."""
    flights = {row["id"] for row in workspace.rows(offers) if row["detail"] == "itinerary"}
    messages = Counter((row["channel"], row["subject"]) for row in workspace.rows(outbox))
    assert messages == Counter((name, offer) for name in CHANNELS for offer in flights)
    assert {row["offer_id"] for row in workspace.rows(alerts)} == flights
    return flights


def _check_delivered(workspace: Workspace, log: Path, dispatchers: int) -> None:
    """Check that each row was sent, or is part of one summary that was sent, and that no flight was shown twice."""
    rows = {row["key"]: row for row in workspace.rows(outbox)}
    lines = [line.split() for line in log.read_text().splitlines()]
    sent = Counter(key for _, key, _ in lines)
    shown = Counter(event for key, events in {(key, events) for _, key, events in lines} for event in events.split(","))
    assert max(shown.values()) == 1
    by_id = {row["id"]: row for row in rows.values()}
    parts = [row for row in rows.values() if row["status"] == "in_digest"]
    assert {by_id[row["digest_id"]]["status"] for row in parts} <= {"sent", "unknown"}
    in_summaries = Counter((row["channel"], row["watch_key"]) for row in parts)
    for name, number, watch in product(CHANNELS, range(dispatchers // 2), range(WATCHES)):
        assert in_summaries[name, f"watch-{number}-{watch}"] == FLIGHTS
    messages = {key: row for key, row in rows.items() if row["status"] != "in_digest"}
    attempt_counts = Counter(row["outbox_id"] for row in workspace.rows(attempts))
    keyed = {key: row for key, row in messages.items() if row["channel"] == "keyed"}
    plain = {key: row for key, row in messages.items() if row["channel"] == "plain"}
    assert {row["status"] for row in keyed.values()} == {"sent"}
    assert keyed.keys() <= sent.keys() <= messages.keys()
    assert sum(sent[key] - 1 for key in keyed) <= dispatchers  # at most one was being sent at each kill

    unknown = {key for key, row in plain.items() if row["status"] == "unknown"}
    assert {row["status"] for row in plain.values()} <= {"sent", "unknown"}
    assert len(unknown) <= dispatchers
    assert max(sent[key] for key in plain) == 1
    assert {key for key in plain if not sent[key]} <= unknown
    assert all(attempt_counts[row["id"]] == row["attempt_count"] == 1 for row in plain.values())
    assert unknown  # otherwise no kill interrupted a message, and the test shows nothing


def _matches(number: int) -> Iterator[OutboxRow]:
    """Yield rows about the same flights for several watches and each channel."""
    for name in CHANNELS:
        for watch in range(WATCHES):
            for flight in range(FLIGHTS):
                offer = make_itinerary(segments=(make_segment(f"{number}{flight}"),))
                yield make_match_row(offer, name, f"watch-{number}-{watch}")


def _crawl(workspace: Workspace) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "scrapy", "crawl", "united", "-s", "LOG_ENABLED=False"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=workspace.environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _kill(process: subprocess.Popen[str], seconds: float) -> None:
    """Kill a process after so many seconds, unless it has ended by then."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()

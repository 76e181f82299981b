"""Messages about the matches of crawls, from the sandbox to a recipient: one for each watch, and none is missing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.schema import outbox, runs
from tests.support.crawls import TIMEOUT_SECONDS, Workspace
from tests.support.paths import ROOT
from tests.support.sandbox_server import Sandbox

pytestmark = pytest.mark.slow

FIRST = (datetime.now(UTC) + timedelta(days=70)).date()
WAIT = timedelta(minutes=30)
CITIES = {"Austin": "AUS", "Denver": "DEN"}  # watches, with their destinations
KILLED_AFTER = 4  # messages


@pytest.fixture
def watched(workspace: Workspace, server: Sandbox) -> Workspace:
    """Return a workspace with two watches and a channel that only `scrapy deliver` serves."""
    server.reset_hooks()
    workspace.settings |= {"AWARD_DELIVERY_SECONDS": "0", "AWARD_ALERT_WAIT_MINUTES": str(WAIT.seconds // 60)}
    path = workspace.folder.parent / "watches.yaml"
    entries = [
        f"  - {{name: {name}, origin: LAX, destination: {city}, dates: {FIRST}..{FIRST + timedelta(days=1)}}}\n"
        for name, city in CITIES.items()
    ]
    path.write_text("watches:\n" + "".join(entries))
    workspace.scrapy("watches", "import", str(path), check=True)
    store = workspace.store()
    address = "https://hooks.example.com/phone"
    save_channel(store, ChannelRow(name="phone", kind="webhook", address=address, created_at=datetime.now(UTC)))
    store.close()
    return workspace


def flights(workspace: Workspace) -> Counter[str]:
    """Return the number of stored flights for each watch; the cheapest fare stands for the others."""
    names = {city: name for name, city in CITIES.items()}
    found = {
        (names[offer["destination"]], offer["flight_key"])
        for offer in workspace.offers
        if offer["detail"] == "itinerary" and offer["gone_at"] is None
    }
    return Counter(name for name, _ in found)


def messages(workspace: Workspace) -> dict[str, list[str]]:
    """Return the rows about matches: their statuses by flights and watch."""
    found: dict[str, list[str]] = {}
    for row in workspace.rows(outbox):
        if row["watch_key"] and row["flight_key"]:
            found.setdefault(f"{row['watch_key']} {row['flight_key']}", []).append(row["status"])
    return found


def received(server: Sandbox) -> list[dict[str, Any]]:
    return [json.loads(message["body"]) for message in server.hook_messages(host="hooks.example.com")]


def shown(bodies: list[dict[str, Any]]) -> Counter[str]:
    """Return the number of flights for each watch that messages show or count."""
    found: Counter[str] = Counter()
    for body in bodies:
        offers = body["offers"] if body["type"] == "digest" else [body]
        awards = sum(len(offer.get("dates") or ()) or 1 for offer in offers)
        found[body["watches"][0]] += awards + body.get("more", 0)
    return found


def test_a_crawl_sends_one_message_for_each_watch_and_the_next_one_nothing(watched: Workspace, server: Sandbox) -> None:
    watched.crawl()
    [run] = watched.runs
    rows = watched.rows(outbox)
    assert len(rows) > 2 * len(CITIES)
    assert all(row["created_at"] <= row["next_attempt_at"] <= run["ended_at"] for row in rows), "the end released them"
    watched.scrapy("deliver", check=True)
    bodies = received(server)
    assert sorted(body["watches"] for body in bodies) == [["Austin"], ["Denver"]]
    assert {(body["type"], body["kind"]) for body in bodies} == {("digest", "first")}
    assert shown(bodies) == flights(watched)
    assert {tuple(statuses) for statuses in messages(watched).values()} == {("in_digest",)}

    written = len(watched.rows(outbox))
    watched.crawl()
    assert "No messages are due." in watched.scrapy("deliver", check=True).stdout
    assert len(watched.rows(outbox)) == written
    assert received(server) == bodies


def test_a_killed_crawl_loses_no_alert(watched: Workspace, server: Sandbox) -> None:
    server.fault("www.united.com", "slow", seconds=0.3)
    kill_when_messages_wait(watched)
    server.reset()
    waiting = messages(watched)
    assert {tuple(statuses) for statuses in waiting.values()} == {("pending",)}
    assert "are pending" in watched.scrapy("deliver", check=True).stdout
    assert received(server) == [], "the messages wait for the end of their crawl"

    later = datetime.now(UTC) + WAIT + timedelta(minutes=1)
    watched.settings["AWARD_SIMULATED_TIME"] = later.isoformat()
    watched.scrapy("deliver", check=True)
    bodies = received(server)
    assert shown(bodies).total() == len(waiting), "they are due by themselves"
    assert len(bodies) == len({tuple(body["watches"]) for body in bodies})

    watched.crawl()  # each process begins at the simulated time, so the next one is after the end of this one
    watched.settings["AWARD_SIMULATED_TIME"] = (later + WAIT / 2).isoformat()
    watched.scrapy("deliver", check=True)
    assert shown(received(server)) == flights(watched)
    assert len(messages(watched)) > len(waiting), "the crawl was killed before its end"
    assert {status for statuses in messages(watched).values() for status in statuses} <= {"sent", "in_digest"}
    assert max(len(statuses) for statuses in messages(watched).values()) == 1


def kill_when_messages_wait(workspace: Workspace) -> None:
    """Start a crawl and kill it with SIGKILL as soon as it has written some messages."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "united", "-s", "LOG_ENABLED=False"],
        cwd=ROOT,
        env=workspace.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    store = workspace.store()
    try:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while _count(store, outbox) < KILLED_AFTER:
            assert process.poll() is None, "the crawl ended before it wrote a message"
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
        store.close()
    [run] = workspace.rows(runs)
    assert run["ended_at"] is None


def _count(store: Any, table: Any) -> int:
    with store.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)))

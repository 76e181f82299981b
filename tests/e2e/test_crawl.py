"""Crawls over HTTP: the database must contain what the sandbox really offers."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import product
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from awardspider.offer_fields import RECORD_FIELDS
from awardspider.storage import schema
from awardspider.storage.schema import alerts, outbox, price_points
from tests.support.crawls import Workspace, wait_for_requests
from tests.support.paths import ROOT
from tests.support.sandbox_server import Sandbox

HOST = "www.united.com"
DAY = (datetime.now(UTC) + timedelta(days=70)).date()
MONTH = f"{DAY:%Y-%m}"


def comparison_key(offer: dict[str, Any]) -> tuple[Any, ...]:
    return offer["flights"] or "", str(offer["cabin"]), bool(offer["mixed_cabin"]), offer["miles"]


def test_the_flights_of_a_day_are_stored_as_offered(workspace: Workspace, server: Sandbox) -> None:
    workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    truth = server.truth(program="united", origin="LAX", destination="AUS", date=str(DAY), detail="itinerary")
    stored = workspace.offers
    assert truth
    assert {comparison_key(offer) for offer in stored} == {comparison_key(offer) for offer in truth}
    by_key = {comparison_key(offer): offer for offer in stored}
    for expected in truth:
        offer = by_key[comparison_key(expected)]
        assert f"{offer['taxes']:.2f}" == expected["taxes"], expected
        assert (offer["seats"], offer["stops"], offer["on_sale"]) == (
            expected["seats"],
            expected["stops"],
            expected["on_sale"],
        )
        segments = json.loads(offer["segments"])
        assert datetime.fromisoformat(segments[0]["departs_at"]) == datetime.fromisoformat(expected["departs_at"])
        assert datetime.fromisoformat(segments[-1]["arrives_at"]) == datetime.fromisoformat(expected["arrives_at"])


def test_the_days_of_a_month_are_stored_as_offered(workspace: Workspace, server: Sandbox) -> None:
    workspace.crawl(origin="LAX", destination="AUS", dates=MONTH, detail="day")
    truth = server.truth(program="united", origin="LAX", destination="AUS", month=MONTH, detail="day")
    stored = {
        (str(offer["departure_date"]), offer["cabin"], bool(offer["mixed_cabin"]), offer["miles"])
        for offer in workspace.offers
    }
    fields = ("departure_date", "cabin", "mixed_cabin", "miles")
    assert stored == {(day, cabin, bool(mixed), miles) for day, cabin, mixed, miles in map(itemgetter(*fields), truth)}
    (search,) = workspace.searches
    assert (search["outcome"], search["reason"], search["http_status"]) == ("found", None, 200)
    assert search["offers"] == len(stored)


def test_unexpected_responses_are_logged_once_per_path(workspace: Workspace, server: Sandbox) -> None:
    server.fault("www.united.com", "renamed_keys", keys=["Months"])
    destinations = "AUS,SEA,DEN"
    crawled = workspace.crawl(origin="LAX", destination=destinations, dates=MONTH, detail="day")
    assert [search["reason"] for search in workspace.searches] == ["unexpected_response"] * 3
    warnings = [line for line in crawled.stderr.splitlines() if " WARNING: " in line]
    (line,) = [line for line in warnings if "A search of united failed" in line]
    note = workspace.searches[0]["note"]
    assert line.endswith(f"A search of united failed with unexpected_response: {note}")
    assert "Months" in note


def test_a_second_crawl_finds_nothing_new(workspace: Workspace) -> None:
    arguments = {"origin": "LAX", "destination": "AUS", "dates": MONTH, "cabins": "economy,business", "travelers": "2"}
    feed = workspace.folder / "offers.jsonl"
    workspace.folder.mkdir(parents=True)
    workspace.crawl("-O", str(feed), **arguments)
    first = workspace.offers
    assert {offer["detail"] for offer in first} == {"day", "itinerary"}
    assert {offer["travelers"] for offer in first} == {2}
    lines = [json.loads(line) for line in feed.read_text().splitlines()]
    assert lines
    assert all(tuple(line) == RECORD_FIELDS for line in lines)
    points = len(workspace.rows(price_points))
    again = workspace.crawl("-O", str(feed), "-s", "LOG_LEVEL=WARNING", **arguments)
    reason = "no offers were written, because {:,} matching offers are unchanged since the last crawl"
    assert f"{feed}: {reason.format(len(lines))}" in again.stderr
    second = {offer["id"]: offer for offer in workspace.offers}
    assert second.keys() == {offer["id"] for offer in first}
    assert len(workspace.rows(price_points)) == points
    assert all(second[offer["id"]]["last_seen_at"] > offer["last_seen_at"] for offer in first)
    assert feed.read_text() == ""
    assert [run["finish_reason"] for run in workspace.runs] == ["finished", "finished"]


def test_a_csv_feed_is_flat(workspace: Workspace) -> None:
    feed = workspace.folder / "offers.csv"
    workspace.folder.mkdir(parents=True)
    workspace.crawl("-O", str(feed), origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    with feed.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == tuple(name for name in RECORD_FIELDS if name != "segments")
    assert all("{" not in value for row in rows for value in row.values())


def test_offers_of_a_watch_are_enqueued_for_every_channel(workspace: Workspace, tmp_path: Path) -> None:
    watches = tmp_path / "watches.yaml"
    watches.write_text(
        f"watches:\n  - name: Austin\n    origin: LAX\n    destination: AUS\n    dates: {MONTH}\n"
        "    cabins: [economy]\n    max_miles: 60000\n"
    )
    workspace.settings = {"AWARD_WEBHOOKS": "make=https://hook.example/secret-token zap=https://hooks.example/x"}
    workspace.scrapy("watches", "import", str(watches), check=True)
    workspace.scrapy("crawl", "united", check=True)
    messages = workspace.rows(outbox)
    assert {row["channel"] for row in messages} == {"make", "zap"}
    assert "secret-token" not in json.dumps(messages, default=str)
    assert {row["watch_id"] for row in workspace.rows(alerts)} == {row["id"] for row in workspace.rows(schema.watches)}
    matching = [offer for offer in workspace.offers if offer["cabin"] == "economy" and offer["miles"] <= 60000]
    confirmed = {offer["id"] for offer in matching if offer["detail"] == "itinerary"}
    assert len(confirmed) < len(matching), "no message for a day's price before its flights are found"
    found = Counter((row["channel"], row["subject"]) for row in messages if row["flight_key"])
    assert found == Counter((channel, offer) for channel in ("make", "zap") for offer in confirmed)
    summaries = [row["channel"] for row in messages if row["event_type"] == "digest"]
    assert sorted(summaries) == ["make", "zap"]
    workspace.scrapy("crawl", "united", check=True)
    assert len(workspace.rows(outbox)) == len(messages)


def test_an_offer_is_gone_only_within_the_searched_days(workspace: Workspace, server: Sandbox) -> None:
    workspace.crawl(origin="LAX", destination="AUS", dates=f"{DAY}..{DAY + timedelta(days=1)}", detail="itinerary")
    server.fault(HOST, "empty")
    workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    gone = {str(offer["departure_date"]): offer["gone_at"] is not None for offer in workspace.offers}
    assert gone == {str(DAY): True, str(DAY + timedelta(days=1)): False}
    assert workspace.searches[-1]["outcome"] == "empty"
    server.reset()
    workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    assert all(offer["gone_at"] is None for offer in workspace.offers)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"origin": "LAXX", "destination": "AUS", "dates": MONTH}, "LAXX"),
        ({"origin": "LAX", "destination": "AUS", "dates": "2020-01"}, "2020-01"),
        ({"origin": "LAX", "destination": "AUS", "dates": "+400..+500"}, "window"),
        ({"origin": "LAX", "destination": "AUS", "dates": MONTH, "cabins": "busines"}, "busines"),
        ({"origin": "LAX", "destination": "LAX", "dates": MONTH}, "LAX"),
        ({"origin": "LAX", "destination": "AUS", "dates": MONTH, "travelers": "12"}, "12"),
        ({"origin": "LAX", "destination": "AUS", "dates": MONTH, "detail": "weekly"}, "weekly"),
        ({"origin": "LAX", "destination": "AUS", "dates": MONTH, "notify": "maybe"}, "notify is 'maybe'"),
        ({"origin": "LAX", "destination": "AUS", "dates": MONTH, "colour": "red"}, "colour"),
    ],
)
def test_an_invalid_argument_is_one_line(
    workspace: Workspace, server: Sandbox, arguments: dict[str, str], text: str
) -> None:
    pairs = [part for name, value in arguments.items() for part in ("-a", f"{name}={value}")]
    result = workspace.scrapy("crawl", "united", *pairs)
    assert result.returncode == 2
    assert [line for line in result.stderr.splitlines() if line.startswith("error: ") and text in line]
    assert "Traceback" not in result.stderr
    assert server.requests() == []


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"AWARD_BUDGET": "united=many"}, "AWARD_BUDGET"),
        ({"AWARD_RESPONSE_RETENTION": "a while"}, "AWARD_RESPONSE_RETENTION"),
        ({"AWARD_WEBHOOKS": "https://hook.example/secret"}, "AWARD_WEBHOOKS"),
        ({"AWARD_PROGRESS": "loud"}, "AWARD_PROGRESS"),
        ({"AWARD_VALUATIONS": "none.toml"}, "AWARD_VALUATIONS: none.toml is unreadable"),
        ({"AWARD_CASH_FARE_HOURS": "soon"}, "AWARD_CASH_FARE_HOURS"),
        ({"AWARD_RETRY_AFTER_MAX": "a while"}, "AWARD_RETRY_AFTER_MAX"),
        ({"AWARD_BROWSER_PAGES": "0"}, "AWARD_BROWSER_PAGES"),
        ({"AWARD_SANDBOX_URL": "127.0.0.1:8800"}, "AWARD_SANDBOX_URL"),
        ({"AWARD_ACCEPT_TERMS": "untied"}, "AWARD_ACCEPT_TERMS"),
        ({"AWARD_DATABASE_URL": "postgresql://me:hush@127.0.0.1:1/none"}, "127.0.0.1"),
    ],
)
def test_an_invalid_setting_is_one_line(
    workspace: Workspace, server: Sandbox, settings: dict[str, str], text: str
) -> None:
    workspace.settings = settings
    result = workspace.scrapy("crawl", "united", "-a", "origin=LAX", "-a", "destination=AUS", "-a", f"dates={DAY}")
    assert result.returncode in (1, 2)
    assert [line for line in result.stderr.splitlines() if line.startswith("error: ") and text in line]
    assert "Traceback" not in result.stderr
    assert "hush" not in result.stderr
    assert server.requests() == []


def test_no_search_starts_beyond_the_budget(workspace: Workspace, server: Sandbox) -> None:
    workspace.settings = {"AWARD_BUDGET": "united=2/hour,100/day"}
    workspace.crawl(origin="LAX", destination="AUS,SEA,DEN", dates=MONTH, detail="day")
    reasons = sorted(str(search["reason"]) for search in workspace.searches)
    assert reasons == ["None", "None", "out_of_budget"]
    server.reset()
    workspace.crawl(origin="LAX", destination="AUS,SEA,DEN", dates=MONTH, detail="day")
    assert [search["reason"] for search in workspace.searches[3:]] == ["out_of_budget"] * 3
    assert server.requests() == []


def test_a_killed_crawl_leaves_complete_searches_and_can_be_repeated(workspace: Workspace, server: Sandbox) -> None:
    server.fault(HOST, "slow", seconds=0.4)
    arguments = ["-a", "origin=LAX", "-a", "destination=AUS,SEA,DEN,JFK", "-a", f"dates={MONTH}"]
    crawl = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "united", *arguments],
        cwd=ROOT,
        env=workspace.environment,
        stderr=subprocess.DEVNULL,
    )
    wait_for_requests(server, 24)  # long enough for batches to be written
    os.kill(crawl.pid, signal.SIGKILL)
    crawl.wait()
    searches, stored = workspace.searches, workspace.offers
    assert searches
    for search in searches:
        assert search["outcome"] == "found"
        detail = "day" if search["kind"] == "calendar" else "itinerary"
        inside = [
            offer
            for offer in stored
            if offer["destination"] == search["destination"]
            and offer["detail"] == detail
            and search["first_day"] <= offer["departure_date"] <= search["last_day"]
        ]
        assert len(inside) == search["offers"]
    server.reset()
    workspace.crawl(origin="LAX", destination="AUS,SEA,DEN,JFK", dates=MONTH)
    assert [run["finish_reason"] for run in workspace.runs] == ["killed", "finished"]
    ids = [offer["id"] for offer in workspace.offers]
    assert len(ids) == len(set(ids))


def test_postgresql_contains_the_same_as_sqlite(workspace: Workspace, tmp_path: Path, postgresql_url: str) -> None:
    other = Workspace(tmp_path / "other", workspace.sandbox_url, postgresql_url)
    for database in (workspace, other):
        database.crawl(origin="LAX", destination="AUS", dates=str(DAY))
        database.crawl(origin="LAX", destination="AUS", dates=str(DAY))
    fields = itemgetter("id", "miles", "taxes", "seats", "state")
    assert {fields(offer) for offer in other.offers} == {fields(offer) for offer in workspace.offers}
    assert len(other.rows(price_points)) == len(workspace.rows(price_points)) == len(workspace.offers)


def test_an_offer_that_is_available_again_is_enqueued_again(workspace: Workspace, server: Sandbox) -> None:
    workspace.settings = {"AWARD_WEBHOOKS": "make=https://hook.example/x"}
    for fault in ("ok", "empty", "ok"):
        server.fault(HOST, fault)
        workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary", notify="yes")
    first, _, again = (run["id"] for run in workspace.runs)
    flights = {offer["flight_key"] for offer in workspace.offers}
    rows = [(row["run_id"], row["flight_key"]) for row in workspace.rows(outbox) if row["flight_key"]]
    assert set(rows) == set(product((first, again), flights))


def test_an_ad_hoc_crawl_creates_alerts_for_stored_watches(workspace: Workspace, tmp_path: Path) -> None:
    watches = tmp_path / "watches.yaml"
    watches.write_text(f"watches:\n  - {{name: Austin, origin: LAX, destination: AUS, dates: {MONTH}}}\n")
    workspace.scrapy("watches", "import", str(watches), check=True)
    workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    assert {row["watch_id"] for row in workspace.rows(alerts)} == {row["id"] for row in workspace.rows(schema.watches)}


@pytest.mark.parametrize(("notify", "notified"), [("", False), ("no", False), ("yes", True)])
def test_an_ad_hoc_crawl_notifies_nobody_by_default(
    workspace: Workspace, server: Sandbox, tmp_path: Path, notify: str, notified: bool
) -> None:
    watches = tmp_path / "watches.yaml"
    watches.write_text(f"watches:\n  - {{name: Austin, origin: LAX, destination: AUS, dates: {MONTH}}}\n")
    workspace.scrapy("watches", "import", str(watches), check=True)
    workspace.settings = {
        "AWARD_WEBHOOKS": "make=https://hook.eu1.make.com/demo",
        "AWARD_GOOGLE_SHEET": server.create_spreadsheet(),
    }
    server.reset_hooks()
    workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary", notify=notify)
    assert workspace.offers
    assert {row["channel"] for row in workspace.rows(outbox)} == ({"make", "sheets"} if notified else set())
    assert bool(server.hook_messages()) == notified


def test_a_crawl_for_the_watches_can_notify_nobody(workspace: Workspace, tmp_path: Path) -> None:
    watches = tmp_path / "watches.yaml"
    watches.write_text(f"watches:\n  - {{name: Austin, origin: LAX, destination: AUS, dates: {DAY}}}\n")
    workspace.scrapy("watches", "import", str(watches), check=True)
    workspace.settings = {"AWARD_WEBHOOKS": "make=https://hook.eu1.make.com/demo", "AWARD_DELIVERY_SECONDS": "0"}
    workspace.crawl(detail="itinerary", notify="no")
    assert workspace.offers
    assert not workspace.rows(outbox)


def test_a_second_crawl_at_the_same_time_is_rejected(workspace: Workspace, server: Sandbox) -> None:
    server.fault(HOST, "slow", seconds=50)  # longer than a second crawl needs to start, even on a busy machine
    arguments = ["-a", "origin=LAX", "-a", "destination=AUS", "-a", f"dates={DAY}", "-a", "detail=itinerary"]
    first = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "united", *arguments],
        cwd=ROOT,
        env=workspace.environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_requests(server, 1)
        second = workspace.scrapy("crawl", "united", *arguments)
        assert first.poll() is None
    finally:
        first.kill()
        first.wait()
    assert second.returncode == 2
    assert "united is being crawled on" in second.stderr.splitlines()[-1]
    assert [run["finish_reason"] for run in workspace.runs] == [None]


def test_a_detail_that_the_program_lacks_is_one_line(workspace: Workspace) -> None:
    arguments = ["-a", "origin=HKG", "-a", "destination=LHR", "-a", f"dates={DAY}", "-a", "detail=itinerary"]
    result = workspace.scrapy("crawl", "cathay", *arguments)
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1] == ('error: detail: cathay has no search with detail "itinerary" (write day)')
    assert "Traceback" not in result.stderr


def test_cookies_cause_no_request_to_another_site(workspace: Workspace, tmp_path: Path) -> None:
    workspace.settings["TLDEXTRACT_CACHE"] = str(tmp_path / "suffixes")
    arguments = ("-a", "origin=JFK", "-a", "destination=LHR", "-a", "dates=+60")
    result = workspace.scrapy("crawl", "virginatlantic", *arguments, check=True)
    assert workspace.offers
    assert "Traceback" not in result.stdout + result.stderr
    assert not list((tmp_path / "suffixes").rglob("urls"))

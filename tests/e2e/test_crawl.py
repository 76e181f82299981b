"""From asking to storing over real HTTP: the sandbox's truth must be what the database holds."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from awardspider.items import RECORD_FIELDS
from awardspider.storage.tables import alerts, outbox, price_points
from tests.support.crawls import ROOT, Desk, wait_for_requests
from tests.support.sandbox_server import Sandbox

HOST = "www.united.com"
DAY = (datetime.now(UTC) + timedelta(days=70)).date()
MONTH = f"{DAY:%Y-%m}"


@pytest.fixture
def desk(server: Sandbox, tmp_path: Path) -> Desk:
    server.reset()
    return Desk(tmp_path / "data", server.url)


def key(offer: dict[str, Any]) -> tuple[Any, ...]:
    return offer["flights"] or "", str(offer["cabin"]), bool(offer["mixed_cabin"]), offer["miles"]


def test_a_day_of_flights_is_the_truth(desk: Desk, server: Sandbox) -> None:
    desk.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    truth = server.truth(program="united", origin="LAX", destination="AUS", date=str(DAY), detail="itinerary")
    stored = desk.offers
    assert truth
    assert {key(offer) for offer in stored} == {key(offer) for offer in truth}
    by_key = {key(offer): offer for offer in stored}
    for true in truth:
        offer = by_key[key(true)]
        assert f"{offer['taxes_amount']:.2f}" == true["taxes"], true
        assert (offer["seats"], offer["stops"], offer["on_sale"]) == (true["seats"], true["stops"], true["on_sale"])
        segments = json.loads(offer["segments"])
        assert datetime.fromisoformat(segments[0]["departs_at"]) == datetime.fromisoformat(true["departs_at"])
        assert datetime.fromisoformat(segments[-1]["arrives_at"]) == datetime.fromisoformat(true["arrives_at"])


def test_a_month_of_days_is_the_truth(desk: Desk, server: Sandbox) -> None:
    desk.crawl(origin="LAX", destination="AUS", dates=MONTH, detail="day")
    truth = server.truth(program="united", origin="LAX", destination="AUS", month=MONTH, detail="day")
    stored = {
        (str(offer["departure_date"]), offer["cabin"], bool(offer["mixed_cabin"]), offer["miles"])
        for offer in desk.offers
    }
    fields = ("departure_date", "cabin", "mixed_cabin", "miles")
    assert stored == {(day, cabin, bool(mixed), miles) for day, cabin, mixed, miles in map(itemgetter(*fields), truth)}
    (search,) = desk.searches
    assert (search["outcome"], search["reason"], search["http_status"]) == ("found", None, 200)
    assert search["offers"] == len(stored)


def test_both_levels_and_a_second_crawl_that_finds_nothing_new(desk: Desk) -> None:
    wanted = {"origin": "LAX", "destination": "AUS", "dates": MONTH, "cabins": "economy,business", "travelers": "2"}
    feed = desk.folder / "offers.jsonl"
    desk.folder.mkdir(parents=True)
    desk.crawl("-O", str(feed), **wanted)
    first = desk.offers
    assert {offer["detail"] for offer in first} == {"day", "itinerary"}
    assert {offer["travelers"] for offer in first} == {2}
    lines = [json.loads(line) for line in feed.read_text().splitlines()]
    assert lines
    assert all(tuple(line) == RECORD_FIELDS for line in lines)
    points = len(desk.rows(price_points))
    desk.crawl("-O", str(feed), **wanted)
    again = {offer["id"]: offer for offer in desk.offers}
    assert again.keys() == {offer["id"] for offer in first}
    assert len(desk.rows(price_points)) == points
    assert all(again[offer["id"]]["last_seen_at"] > offer["last_seen_at"] for offer in first)
    assert feed.read_text() == ""
    assert [run["finish_reason"] for run in desk.runs] == ["finished", "finished"]


def test_csv_is_flat(desk: Desk) -> None:
    feed = desk.folder / "offers.csv"
    desk.folder.mkdir(parents=True)
    desk.crawl("-O", str(feed), origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    with feed.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == tuple(name for name in RECORD_FIELDS if name != "segments")
    assert all("{" not in value for row in rows for value in row.values())


def test_watches_and_channels(desk: Desk, tmp_path: Path) -> None:
    watches = tmp_path / "watches.yaml"
    watches.write_text(
        f"watches:\n  - name: Austin\n    origin: LAX\n    destination: AUS\n    dates: {MONTH}\n"
        "    cabins: [economy]\n    max_miles: 60000\n"
    )
    desk.settings = {"AWARD_WEBHOOKS": "make=https://hook.example/secret-token zap=https://hooks.example/x"}
    desk.scrapy("watches", "import", str(watches), check=True)
    desk.scrapy("crawl", "united", check=True)
    told = desk.rows(outbox)
    assert {row["channel"] for row in told} == {"make", "zap"}
    assert "secret-token" not in json.dumps(told, default=str)
    assert {row["watch"] for row in desk.rows(alerts)} == {"Austin"}
    found = [offer for offer in desk.offers if offer["cabin"] == "economy" and offer["miles"] <= 60000]
    wanted = {offer["id"] for offer in found if offer["detail"] == "itinerary"}
    assert len(wanted) < len(found), "a day's price is not told before its flights are seen"
    assert {row["subject"] for row in told} == wanted
    desk.scrapy("crawl", "united", check=True)
    assert len(desk.rows(outbox)) == len(told)


def test_an_offer_that_disappears_is_gone_only_where_it_was_asked(desk: Desk, server: Sandbox) -> None:
    desk.crawl(origin="LAX", destination="AUS", dates=f"{DAY}..{DAY + timedelta(days=1)}", detail="itinerary")
    server.fault(HOST, "empty")
    desk.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    gone = {str(offer["departure_date"]): offer["gone_at"] is not None for offer in desk.offers}
    assert gone == {str(DAY): True, str(DAY + timedelta(days=1)): False}
    assert desk.searches[-1]["outcome"] == "empty"
    server.reset()
    desk.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    assert all(offer["gone_at"] is None for offer in desk.offers)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"origin": "LAXX", "destination": "AUS", "dates": MONTH}, "LAXX"),
        ({"origin": "LAX", "destination": "AUS", "dates": "2020-01"}, "2020-01"),
        ({"origin": "LAX", "destination": "AUS", "dates": "+400..+500"}, "window"),
        ({"origin": "LAX", "destination": "AUS", "dates": MONTH, "cabins": "busines"}, "busines"),
        ({"origin": "LAX", "destination": "LAX", "dates": MONTH}, "LAX"),
        ({"origin": "LAX", "destination": "AUS", "dates": MONTH, "travelers": "12"}, "12"),
        ({"origin": "LAX", "destination": "AUS", "dates": MONTH, "detail": "weekly"}, "weekly"),
        ({"origin": "LAX", "destination": "AUS", "dates": MONTH, "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_argument_is_one_sentence(
    desk: Desk, server: Sandbox, arguments: dict[str, str], sentence: str
) -> None:
    pairs = [part for name, value in arguments.items() for part in ("-a", f"{name}={value}")]
    result = desk.scrapy("crawl", "united", *pairs)
    assert result.returncode == 2
    assert [line for line in result.stderr.splitlines() if line.startswith("error: ") and sentence in line]
    assert "Traceback" not in result.stderr
    assert server.requests() == []


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"AWARD_BUDGET": "united=many"}, "AWARD_BUDGET"),
        ({"AWARD_RESPONSE_RETENTION": "a while"}, "AWARD_RESPONSE_RETENTION"),
        ({"AWARD_WEBHOOKS": "https://hook.example/secret"}, "AWARD_WEBHOOKS"),
        ({"AWARD_PROGRESS": "loud"}, "AWARD_PROGRESS"),
        ({"AWARD_RETRY_AFTER_MAX": "a while"}, "AWARD_RETRY_AFTER_MAX"),
        ({"AWARD_BROWSER_PAGES": "0"}, "AWARD_BROWSER_PAGES"),
        ({"AWARD_SANDBOX_URL": "127.0.0.1:8800"}, "AWARD_SANDBOX_URL"),
        ({"AWARD_ACCEPT_TERMS": "untied"}, "AWARD_ACCEPT_TERMS"),
        ({"AWARD_DATABASE_URL": "postgresql://me:hush@127.0.0.1:1/none"}, "127.0.0.1"),
    ],
)
def test_a_wrong_setting_is_one_sentence(desk: Desk, server: Sandbox, settings: dict[str, str], sentence: str) -> None:
    desk.settings = settings
    result = desk.scrapy("crawl", "united", "-a", "origin=LAX", "-a", "destination=AUS", "-a", f"dates={DAY}")
    assert result.returncode in (1, 2)
    assert [line for line in result.stderr.splitlines() if line.startswith("error: ") and sentence in line]
    assert "Traceback" not in result.stderr
    assert "hush" not in result.stderr
    assert server.requests() == []


def test_a_budget_ends_the_asking(desk: Desk, server: Sandbox) -> None:
    desk.settings = {"AWARD_BUDGET": "united=2/hour,100/day"}
    desk.crawl(origin="LAX", destination="AUS,SEA,DEN", dates=MONTH, detail="day")
    reasons = sorted(str(search["reason"]) for search in desk.searches)
    assert reasons == ["None", "None", "out_of_budget"]
    server.reset()
    desk.crawl(origin="LAX", destination="AUS,SEA,DEN", dates=MONTH, detail="day")
    assert [search["reason"] for search in desk.searches[3:]] == ["out_of_budget"] * 3
    assert server.requests() == []


def test_killed_in_mid_crawl_then_crawled_again(desk: Desk, server: Sandbox) -> None:
    server.fault(HOST, "slow", seconds=0.4)
    arguments = ["-a", "origin=LAX", "-a", "destination=AUS,SEA,DEN,JFK", "-a", f"dates={MONTH}"]
    crawl = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "united", *arguments],
        cwd=ROOT,
        env=desk.environment,
        stderr=subprocess.DEVNULL,
    )
    wait_for_requests(server, 24)  # long enough for batches to be written
    os.kill(crawl.pid, signal.SIGKILL)
    crawl.wait()
    told, stored = desk.searches, desk.offers
    assert told
    for search in told:
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
    desk.crawl(origin="LAX", destination="AUS,SEA,DEN,JFK", dates=MONTH)
    assert [run["finish_reason"] for run in desk.runs] == ["killed", "finished"]
    ids = [offer["id"] for offer in desk.offers]
    assert len(ids) == len(set(ids))


def test_postgresql_holds_the_same(desk: Desk, tmp_path: Path, postgresql_url: str) -> None:
    other = Desk(tmp_path / "other", desk.sandbox_url, postgresql_url)
    for each in (desk, other):
        each.crawl(origin="LAX", destination="AUS", dates=str(DAY))
        each.crawl(origin="LAX", destination="AUS", dates=str(DAY))
    fields = itemgetter("id", "miles", "taxes_amount", "seats", "state")
    assert {fields(offer) for offer in other.offers} == {fields(offer) for offer in desk.offers}
    assert len(other.rows(price_points)) == len(desk.rows(price_points)) == len(desk.offers)


def test_an_offer_that_comes_back_is_told_again(desk: Desk, server: Sandbox) -> None:
    desk.settings = {"AWARD_WEBHOOKS": "make=https://hook.example/x"}
    for fault in ("ok", "empty", "ok"):
        server.fault(HOST, fault)
        desk.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    assert len(desk.rows(outbox)) == 2 * len(desk.offers)


def test_an_adhoc_look_tells_the_watches_too(desk: Desk, tmp_path: Path) -> None:
    watches = tmp_path / "watches.yaml"
    watches.write_text(f"watches:\n  - {{name: Austin, origin: LAX, destination: AUS, dates: {MONTH}}}\n")
    desk.scrapy("watches", "import", str(watches), check=True)
    desk.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    assert {row["watch"] for row in desk.rows(alerts)} == {"Austin"}


def test_a_second_crawl_at_the_same_time_ends_with_a_sentence(desk: Desk, server: Sandbox) -> None:
    server.fault(HOST, "slow", seconds=50)  # longer than a second crawl needs to begin, on a busy machine too
    arguments = ["-a", "origin=LAX", "-a", "destination=AUS", "-a", f"dates={DAY}", "-a", "detail=itinerary"]
    first = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "united", *arguments],
        cwd=ROOT,
        env=desk.environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_requests(server, 1)
        second = desk.scrapy("crawl", "united", *arguments)
        assert first.poll() is None
    finally:
        first.kill()
        first.wait()
    assert second.returncode == 2
    assert "nother crawl of united runs on" in second.stderr.splitlines()[-1]
    assert [run["finish_reason"] for run in desk.runs] == [None]

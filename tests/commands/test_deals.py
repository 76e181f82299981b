"""`scrapy deals`."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from awardspider.commands._deal_listing import DEAL_FIELDS
from awardspider.commands.deals import Command
from awardspider.items import AwardOfferItem, Cabin, Money
from awardspider.search.judgments import DealClass
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.store import Store
from tests.support.commands import CommandRunner
from tests.support.deal_examples import store_judged
from tests.support.route_prices import store_record
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_offer
from tests.support.stored_watches import store_watches

HOUR = timedelta(hours=1)
ONE_DAY = timedelta(days=1)
EVIDENCE = "50% below the 90-day median of 25,000 miles (122 searches); lowest since Sep 14, 2026"


@pytest.fixture
def deals(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> CommandRunner:
    monkeypatch.setattr(Command, "now", staticmethod(lambda: NOW + HOUR))
    monkeypatch.setenv("COLUMNS", "200")
    return CommandRunner(Command, {"AWARD_DATABASE_URL": database_url, "AWARD_DATA_DIR": str(tmp_path)}, capsys)


def flight(**fields: Any) -> AwardOfferItem:
    return make_itinerary(**{"on_sale": None, "regular_miles": None} | fields)


RECORD = flight(origin="SFO", destination="HND", cabin=Cabin.BUSINESS, miles=12_000, departure_date=DAY + ONE_DAY)
GOOD = flight()
DAY_PRICE = make_offer(origin="JFK", destination="LHR", cabin=Cabin.FIRST, seats=None)
USUAL = flight(origin="BOS", miles=9_000)


@pytest.fixture
def filled(store: Store) -> Store:
    store_judged(store, DealClass.RECORD_LOW, RECORD)
    store_judged(store, DealClass.GOOD, GOOD)
    store_judged(store, DealClass.EXCEPTIONAL, DAY_PRICE, cents_per_point=None, cash_fare=None)
    store_judged(store, DealClass.USUAL, USUAL)
    return store


def found(deals: CommandRunner, *words: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(deals.succeed(*words, "--format", "json"))
    return rows


def test_the_table_has_the_evidence_below_each_deal(
    deals: CommandRunner, filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = deals.succeed().splitlines()
    assert [lines[0], *lines[2:]] == [
        "deal         route    date            cabin            price  taxes  seats",
        "record low   SFO-HND  Thu 2027-03-11  business  12,000 miles  $5.60      4",
        "  San Francisco to Tokyo, 1.47 cents each, United MileagePlus, UA1297, seen 1 h",
        "  ago. Record low since Aug 1, 2026 (previous low: 12,000 miles); 52% below the",
        "  90-day median of 25,000 miles (122 searches)",
        "good         LAX-AUS  Wed 2027-03-10  economy   12,500 miles  $5.60      4",
        "  Los Angeles to Austin, 1.47 cents each, United MileagePlus, UA1297, seen 1 h",
        "  ago. Good price: 50% below the 90-day median of 25,000 miles (122 searches);",
        "  lowest since Sep 14, 2026",
        "exceptional  JFK-LHR  Wed 2027-03-10  first     12,500 miles  $5.60      -",
        "  New York to London, United MileagePlus, seen 1 h ago. Unconfirmed: lowest",
        "  price of the day, flights unknown. Exceptional price: 50% below the 90-day",
        "  median of 25,000 miles (122 searches); lowest since Sep 14, 2026",
        "cents: US cents per mile or point, from the cash fare of the same flights",
        "not shown (too narrow): id",
    ]


@pytest.mark.parametrize("width", [60, 80, 100, 120, 140, 200])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_line_is_wider_than_the_terminal_and_a_narrow_one_shows_every_fact(
    width: int, deals: CommandRunner, filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    output = deals.succeed("--limit", "1")
    assert max(map(len, output.splitlines())) <= width
    words = " ".join(output.split())
    for fact in ("record low", "SFO-HND", "Thu 2027-03-11", "12,000 miles", "$5.60", "1.47", "UA1297", "previous low"):
        assert fact in words, fact
    assert "United MileagePlus" in words or " united" in words
    assert "4 seats" in words or " 4 " in words


def test_the_same_flights_at_the_same_price_on_consecutive_dates_are_one_deal(
    deals: CommandRunner, store: Store
) -> None:
    dates = [DAY, DAY + ONE_DAY, DAY + 2 * ONE_DAY, DAY + 4 * ONE_DAY]
    offers = [flight(departure_date=day, seats=9 - number) for number, day in enumerate(dates)]
    store_judged(store, DealClass.GOOD, *offers)
    lines = [line for line in deals.succeed().splitlines() if line.startswith("good")]
    assert [line.split()[1:4] for line in lines] == [
        ["LAX-AUS", "Wed", "2027-03-10..12"],
        ["LAX-AUS", "Sun", "2027-03-14"],
    ]
    assert [line.split()[9] for line in lines] == ["7", "6"]
    assert [(row["rank"], row["departure_date"][-2:]) for row in found(deals)] == [
        (1, "10"),
        (1, "11"),
        (1, "12"),
        (2, "14"),
    ]
    first = json.loads(deals("--limit", "1", "--format", "json").out)
    assert [row["rank"] for row in first] == [1, 1, 1]


def test_at_most_two_deals_of_a_route_and_cabin_are_shown_by_default(deals: CommandRunner, store: Store) -> None:
    flights = [flight(miles=10_000 + number, departure_date=DAY + 3 * number * ONE_DAY) for number in range(4)]
    store_judged(store, DealClass.GOOD, *flights)
    assert len(found(deals)) == 4  # all are of one route
    store_judged(store, DealClass.GOOD, flight(origin="BOS", miles=50_000))
    result = deals("--format", "json")
    assert [row["origin"] for row in json.loads(result.out)] == ["LAX", "BOS", "LAX"]
    assert result.err == "at most 2 of each route and cabin are shown; --per-route 0 shows all\n"
    assert len(found(deals, "--per-route", "0")) == 5
    assert [row["origin"] for row in json.loads(deals("--per-route", "1", "--format", "json").out)] == ["LAX", "BOS"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", "SFO LAX JFK"),
        ("--class exceptional", "SFO JFK"),
        ("--class record-low", "SFO"),
        ("--program delta,united --origin LAX,SFO", "SFO LAX"),
        ("--destination TYO", "SFO"),
        ("--from 2027-03-11", "SFO"),
        ("--until 2027-03-10", "LAX JFK"),
        ("--cabin first,economy", "LAX JFK"),
        ("--max-miles 12,000", "SFO"),
        ("--min-seats 2", "SFO LAX"),
        ("--max-stops 0", "SFO LAX"),
        ("--min-cpp 1.47", "SFO LAX"),
        ("--limit 1", "SFO"),
        ("--watch tokyo", "SFO"),
        ("--watch Cheap", "SFO"),
        ("--watch Return", "SFO LAX"),
    ],
)
def test_filters(words: str, expected: str, deals: CommandRunner, filled: Store) -> None:
    store_watches(filled, "Tokyo", origin="SFO", destination="Tokyo", dates="2027-03")
    store_watches(filled, "Cheap", origin="SFO,LAX", destination="anywhere", dates="2027-03", max_miles=12_000)
    store_watches(filled, "Return", origin="LAX,SFO", destination="AUS,HND", dates="2027-03", nights="3-9")
    rows = json.loads(deals(*words.split(), "--format", "json").out)
    assert [row["origin"] for row in rows] == expected.split()


def test_ten_deals_are_listed_unless_a_limit_is_given(deals: CommandRunner, store: Store) -> None:
    store_judged(store, DealClass.GOOD, *(flight(departure_date=DAY + 2 * n * ONE_DAY) for n in range(12)))
    output = deals.succeed()
    assert sum(line.startswith("good") for line in output.splitlines()) == 10
    assert "more exist; --limit 0 shows all" in output
    result = deals("--format", "csv")
    assert (len(result.out.splitlines()), result.err) == (11, "more exist; --limit 0 shows all\n")
    assert sum(line.startswith("good") for line in deals.succeed("--limit", "0").splitlines()) == 12


def test_json_and_csv_have_the_numbers_behind_the_class(deals: CommandRunner, filled: Store) -> None:
    row = found(deals, "--origin", "LAX")[0]
    assert tuple(row) == DEAL_FIELDS
    expected = {
        "rank": 1,
        "deal_class": "good",
        "is_confirmed": True,
        "evidence": f"Good price: {EVIDENCE}",
        "price": "12,500 MileagePlus miles",
        "origin_city": "Los Angeles",
        "destination_city": "Austin",
        "program_name": "United MileagePlus",
        "offer_id": GOOD.offer_id,
        "miles": 12_500,
        "taxes": "5.60",
        "booking_link": GOOD.booking_link,
        "cents_per_point": "1.47",
        "deal_median_miles": 25_000,
        "deal_discount_percent": 50,
        "cash_fare": "189.30",
        "seen_at": NOW.isoformat(),
    }
    assert {name: row[name] for name in expected} == expected
    header, *lines = csv.reader(io.StringIO(deals.succeed("--format", "csv")))
    assert (tuple(header), len(lines)) == (DEAL_FIELDS, 3)
    assert dict(zip(header, lines[2], strict=True))["is_confirmed"] == "false"
    assert deals.succeed("--format", "csv", "--excel").startswith("\ufeff")


def test_miles_that_are_worth_nothing_have_a_value_in_every_format(deals: CommandRunner, store: Store) -> None:
    """The price in money is not above the taxes: the value is known, and it is 0."""
    store_judged(store, DealClass.GOOD, GOOD, cents_per_point=Decimal("0.00"))
    assert " 0.00 " in deals.succeed()
    assert [each["cents_per_point"] for each in found(deals)] == ["0.00"]
    assert [row["cents_per_point"] for row in csv.DictReader(io.StringIO(deals.succeed("--format", "csv")))] == ["0.00"]
    assert [each["cents_per_point"] for each in found(deals, "--min-cpp", "0")] == ["0.00"]
    assert "none is known to be worth 0.01 cents a point" in deals.succeed("--min-cpp", "0.01")


def test_links_are_shown_on_request(deals: CommandRunner, filled: Store) -> None:
    assert f"  {GOOD.booking_link}" in deals.succeed("--links").splitlines()
    assert "https://" not in deals.succeed()


def test_a_sale_shows_the_regular_price(deals: CommandRunner, store: Store) -> None:
    store_judged(store, DealClass.GOOD, make_itinerary(taxes=Money(Decimal(5610), "JPY"), mixed_cabin=True))
    output = deals.succeed()
    assert "seen 1 h ago. On sale, regular price 15,000. Good price: " in " ".join(output.split())
    assert "¥5,610" in output
    assert "* part of the itinerary is in a lower cabin" in output


# ---- no deals --------------------------------------------------------------------------------------------------------


def test_without_offers(deals: CommandRunner, store: Store) -> None:
    assert deals.succeed() == "No deals: no current offer is stored; the next crawl may find some.\n"
    assert deals.succeed("--origin", "LAX") == (
        "No deals: no current offer that matches the options is stored; the next crawl may find some.\n"
    )
    result = deals("--format", "json")
    assert (result.out, result.err) == (
        "[]\n",
        "No deals: no current offer is stored; the next crawl may find some.\n",
    )


def test_with_outdated_offers_only(deals: CommandRunner, store: Store) -> None:
    store_judged(store, DealClass.GOOD, flight(seen_at=NOW - 72 * HOUR))
    assert deals.succeed() == ("No deals: no current offer is stored; 1 offer was last seen more than 48 hours ago.\n")


def test_with_too_little_price_history(deals: CommandRunner, store: Store) -> None:
    write_batch(store, make_batch(flight()))
    store_record(store, 50_000, 3, days=3)
    expected = (
        "No deals: there is too little price history to compare 1 current offer with: prices of 3 search days so far, "
        "but a route or similar routes need 30 prices of 5 search days.\n"
    )
    assert deals.succeed() == expected
    assert "need 30 prices of 7 search days" in " ".join(deals.succeed(AWARD_BASELINE_DAYS="7").split())


def test_with_usual_prices_only(deals: CommandRunner, filled: Store) -> None:
    assert deals.succeed("--origin", "BOS") == (
        "No deals: the price of the only current offer is not good or better (1 usual).\n"
    )
    assert deals.succeed("--class", "record_low", "--origin", "LAX,JFK,BOS") == (
        "No deals: no price of the 3 current offers is a record low (1 exceptional, 1 good, 1 usual).\n"
    )


def test_without_a_deal_for_a_watch_or_of_a_value(deals: CommandRunner, filled: Store) -> None:
    store_watches(filled, "Elsewhere", origin="SEA", destination="AUS", dates="2027-03")
    assert deals.succeed("--watch", "elsewhere") == (
        "No deals: 3 current offers have such a price, but none matches the watch 'Elsewhere'.\n"
    )
    assert deals.succeed("--min-cpp", "2") == (
        "No deals: 3 current offers have such a price, but none is known to be worth 2 cents a point.\n"
    )


def test_offers_that_are_gone_or_contradicted_are_no_deals(deals: CommandRunner, filled: Store) -> None:
    write_batch(filled, Batch(gone={NOW: [RECORD.offer_id]}, unconfirmed={NOW: [GOOD.offer_id]}))
    assert [row["origin"] for row in found(deals)] == ["JFK"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--class usual", "--class: unknown value 'usual' (choose from record_low, exceptional, good)"),
        ("--class great", "--class: unknown value 'great'"),
        ("--min-cpp two", "--min-cpp: expected a number such as 1.5, got 'two'"),
        ("--min-cpp -1", "--min-cpp: expected a number such as 1.5, got '-1'"),
        ("--from 2027-04 --until 2027-03", "--until 2027-03-31 is before --from 2027-04-01"),
        ("--limit ten", "--limit: expected an integer"),
        (f"--limit {'9' * 5000}", "--limit: expected an integer"),
        ("--origin XQZ", 'unknown place "XQZ"'),
        ("--format xml", "--format: unknown value 'xml'"),
        ("LAX", "unexpected argument 'LAX'"),
    ],
)
def test_invalid_options_end_the_command_before_the_database_is_opened(
    words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = CommandRunner(Command, {"AWARD_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, capsys)
    assert command.fail(*words.split()).startswith(message)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_unknown_watch_is_one_sentence(deals: CommandRunner, store: Store) -> None:
    store_watches(store, "Tokyo")
    assert deals.fail("--watch", "tokio") == "unknown watch 'tokio' (did you mean 'Tokyo'?)"

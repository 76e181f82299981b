"""`scrapy history --route`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from awardspider.commands._route_history import ROUTE_FIELDS
from awardspider.commands.history import Command
from awardspider.items import Cabin
from awardspider.storage.batches import write_batch
from awardspider.storage.store import Store
from tests.support.commands import CommandRunner
from tests.support.route_prices import (
    APRIL,
    MARCH,
    NOW,
    route_report,
    store_month_prices,
    store_record,
    store_samples,
    store_searches,
)
from tests.support.storage_examples import make_batch, make_itinerary

OF_ROUTE = ("--route", "LAX-NRT", "--program", "united", "--cabin", "business")


@pytest.fixture
def history(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> CommandRunner:
    monkeypatch.setattr(Command, "now", staticmethod(lambda: NOW))
    return CommandRunner(Command, {"AWARD_DATABASE_URL": database_url, "AWARD_DATA_DIR": str(tmp_path)}, capsys)


@pytest.fixture
def filled(store: Store) -> Store:
    store_month_prices(store, (0, MARCH, 80_000), (1, MARCH, 82_500), (1, APRIL, 65_000), (4, MARCH, 80_000))
    for number in range(5):
        store_samples(store, number, {60_000: 2, 80_000: 4, 90_000: 1})
    store_record(store, 65_000, 1)
    store_searches(
        store,
        route_report(0, "found"),
        route_report(1, "found"),
        route_report(1, "failed", hour=7),
        route_report(2, "failed"),
        route_report(3, "empty"),
        route_report(4, "found"),
    )
    return store


def test_the_table_shows_search_days_and_departure_months(history: CommandRunner, filled: Store) -> None:
    write_batch(
        filled,
        make_batch(
            make_itinerary(destination="NRT", cabin=Cabin.BUSINESS, departure_date=MARCH, miles=80_000, on_sale=None)
        ),
    )
    usual = "median 80,000, 25th percentile 60,000 (35 prices found on 5 days)"
    assert [line for line in history.succeed(*OF_ROUTE).splitlines() if set(line) != {"─"}] == [
        "Los Angeles (LAX) to Tokyo (NRT)",
        "",
        "United MileagePlus, business  miles per traveler, one way",
        "6 searches on 5 days, 2026-11-10 to 2026-11-14; the last one 8 days ago.",
        f"Usual prices of a departure day in the last 90 days: {usual}.",
        "Lowest price 65,000, last found on 2026-11-11; history since 2026-11-10.",
        "",
        "search date         lowest   change  departure   searches  failed",
        "Tue 2026-11-10      80,000           2027-03-09         1",
        "Wed 2026-11-11      65,000  -15,000  2027-04-09         2       1",
        "Thu 2026-11-12      failed                              1       1",
        "Fri 2026-11-13  none found                              1",
        "Sat 2026-11-14      80,000  +15,000  2027-03-09         1",
        "",
        "departure month  lowest  departure   available",
        "March 2027       80,000  2027-03-01  now",
        "April 2027       65,000  2027-04-09  last found on 2026-11-11",
    ]


def test_too_few_prices_have_no_usual_price(history: CommandRunner, store: Store) -> None:
    store_month_prices(store, (0, MARCH, 80_000))
    for number in range(4):
        store_samples(store, number, {60_000: 20})
    assert history.succeed(*OF_ROUTE).splitlines()[4] == (
        "Usual prices: unknown, because 80 prices found on 4 days in the last 90 days are too few (5 days with 30 "
        "prices are needed)."
    )


def test_json_and_csv_have_a_row_for_each_day_and_query(history: CommandRunner, filled: Store) -> None:
    store_month_prices(filled, (1, MARCH, 120_000), cabin="first")
    both = (*OF_ROUTE[:-1], "business,first")
    rows = json.loads(history.succeed(*both, "--format", "json"))
    assert all(tuple(row) == ROUTE_FIELDS for row in rows)
    found = [(row["search_day"][-2:], row["cabin"], row["outcome"], row["lowest_miles"]) for row in rows]
    assert found[:4] == [
        ("10", "business", "found", 80_000),
        ("10", "first", "empty", None),
        ("11", "business", "found", 65_000),
        ("11", "first", "found", 120_000),
    ]
    assert (rows[2]["searches"], rows[2]["failed_searches"], rows[2]["on_sale"]) == (2, 1, False)
    header, *lines = csv.reader(io.StringIO(history.succeed(*both, "--format", "csv")))
    assert (tuple(header), len(lines)) == (ROUTE_FIELDS, len(rows))


def test_options_limit_months_and_searches(history: CommandRunner, filled: Store) -> None:
    def lowest(*words: str) -> list[int | None]:
        rows = json.loads(history.succeed(*OF_ROUTE, *words, "--format", "json"))
        return [row["lowest_miles"] for row in rows]

    assert lowest("--until", "2027-03") == [80_000, 82_500, None, None, 80_000]
    assert lowest("--from", "2027-04-20") == [65_000]
    assert lowest("--since", "2026-11-12") == [None, None, 80_000]


def test_a_chart_is_written_and_described(history: CommandRunner, filled: Store, tmp_path: Path) -> None:
    file = tmp_path / "chart.png"
    assert history.succeed(*OF_ROUTE, "--png", str(file)) == f"{file}: 1 line, prices of 5 search days.\n"
    assert file.read_bytes().startswith(b"\x89PNG")
    store_month_prices(filled, (1, MARCH, 120_000), program="aeroplan")
    both = ("--route", "LAX-TYO", "--program", "united,aeroplan,delta", "--cabin", "business", "--png", str(file))
    assert history.succeed(*both) == (
        f"{file}: 2 lines, prices of 5 search days.\nNot in the chart: delta business, which has no history.\n"
    )


def test_the_chart_of_an_offer(history: CommandRunner, store: Store, tmp_path: Path) -> None:
    offer = make_itinerary()
    write_batch(store, make_batch(offer))
    file = tmp_path / "chart.png"
    assert (
        history.succeed(offer.offer_id, "--png", str(file)) == f"{file}: 1 price of the offer {offer.offer_id[:8]}.\n"
    )
    assert file.read_bytes().startswith(b"\x89PNG")


def test_no_history_is_explained(history: CommandRunner, store: Store) -> None:
    assert history.fail(*OF_ROUTE) == (
        "no prices of LAX-NRT are stored: it was not searched yet; scrapy crawl PROGRAM searches a route"
    )
    store_searches(store, route_report(0, "empty"), route_report(1, "failed"))
    assert history.fail(*OF_ROUTE) == "no prices of LAX-NRT are stored: no search has found any (2 searches)"
    store_month_prices(store, (0, MARCH, 80_000), cabin="first")
    assert history.fail(*OF_ROUTE) == (
        "no prices of LAX-NRT are stored for these options; there are prices of united first"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--route LAX --program united --cabin business", "--route: expected two airports or cities, such as LAX-NRT"),
        ("--route LAX-XQZ --program united --cabin business", 'unknown place "XQZ"'),
        ("--route JFK-NYC --program united --cabin business", "--route: JFK and NYC are the same place"),
        ("--route LAX-NRT --cabin business", "--program is missing: "),
        ("--route LAX-NRT --program united", "--cabin is missing: "),
        ("--route LAX-NRT --program untied --cabin business", "--program: unknown value 'untied'"),
        (
            "--route LAX-NRT --program united,delta --cabin economy,premium_economy,business,first",
            "2 programs and 4 cabins make 8 lines, but a history has at most 6: name fewer",
        ),
        (
            "--route LAX-NRT --program united --cabin first --from 2027-04 --until 2027-03",
            "--until 2027-03-31 is before --from 2027-04-01",
        ),
        ("--route LAX-NRT --program united --cabin first --since soon", "--since: expected 24h, 7d"),
        ("--route LAX-NRT --program united --cabin first 3f2a", "unexpected argument '3f2a': give an offer id or"),
        ("3f2a --cabin first", "an offer id needs no other options than --png and --format"),
        ("3f2a --png chart.png --format json", "--png writes a chart; leave out --format and --excel"),
        ("3f2a --png /missing/chart.png", "--png: the folder /missing does not exist"),
    ],
)
def test_invalid_options_end_the_command_before_the_database_is_opened(
    words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    history = CommandRunner(Command, {"AWARD_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, capsys)
    assert history.fail(*words.split()).startswith(message)

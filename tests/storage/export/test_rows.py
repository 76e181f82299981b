"""The rows of an export, on both engines: values, snapshot, memory and the manual."""

from __future__ import annotations

import re
import tracemalloc
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from awardspider.offer_fields import OFFER_COLUMNS
from awardspider.programs import all_programs
from awardspider.storage import schema
from awardspider.storage.batches import write_batch
from awardspider.storage.export.formats import csv_blocks
from awardspider.storage.export.layout import DIMENSIONS, FACTS, TABLES
from awardspider.storage.export.rows import open_export
from awardspider.storage.store import Store, open_store
from scripts.offer_fields_page import TYPE_NAMES
from tests.support.export_examples import (
    BONUS,
    CONNECTING,
    FORMULA,
    HOUR,
    LOWEST,
    SALE,
    SEATS,
    YEN,
    export_rows,
    fill,
    utc,
)
from tests.support.paths import ROOT
from tests.support.storage_examples import NOW, make_batch, make_offer
from tests.support.stored_promotions import store_announcements

PAGE = ROOT / "docs/export.md"
#: Table and column of each offer field, which docs/offer-fields.md describes.
OFFER_FIELD_COLUMNS = {
    (table, name)
    for table in ("offers", "price_points")
    for column in OFFER_COLUMNS
    for name in (column.name, column.name.replace("_at", "_local"))
}


@pytest.fixture
def full(store: Store) -> Store:
    fill(store)
    return store


# ---- facts -------------------------------------------------------------------------------------------------------


def test_an_offer_has_every_column(full: Store) -> None:
    offer = {row["offer_id"]: row for row in export_rows(full, "offers")}[CONNECTING.offer_id]
    assert offer == dict.fromkeys(TABLES["offers"]) | {
        "offer_id": CONNECTING.offer_id,
        "program": "united",
        "source": "united",
        "detail": "itinerary",
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": date(2027, 3, 10),
        "cabin": "economy",
        "miles": 12_500,
        "taxes": Decimal("5.60"),
        "taxes_currency": "USD",
        "seats": 4,
        "stops": 1,
        "flights": "UA1297 UA374",
        "departs_local": datetime.fromisoformat("2027-03-10T08:05"),
        "arrives_local": datetime.fromisoformat("2027-03-11T01:05"),
        "duration_minutes": 185,
        "fare_name": FORMULA,
        "booking_code": "X",
        "mixed_cabin": False,
        "saver": True,
        "on_sale": True,
        "regular_miles": 15_000,
        "chart_miles": None,
        "cash_price": Decimal("189.30"),
        "cash_currency": "USD",
        "booking_link": "https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=AUS",
        "travelers": 1,
        "first_seen_at": NOW,
        "last_seen_at": NOW,
        "changed_at": NOW,
        "gone_at": None,
        "status": "available",
    }


def test_unknown_values_of_an_offer_are_none(full: Store) -> None:
    offer = {row["offer_id"]: row for row in export_rows(full, "offers")}[SEATS.offer_id]
    unknown = ("flights", "departs_local", "arrives_local", "miles", "taxes", "taxes_currency", "cash_price")
    assert [offer[name] for name in unknown] == [None] * len(unknown)
    assert (offer["seats"], offer["chart_miles"], offer["source"]) == (9, 70_000, "seatsaero")


def test_price_points_are_the_history_of_their_offers(full: Store) -> None:
    points = export_rows(full, "price_points")
    history = [
        (point["seen_at"], point["date"], point["miles"], point["gone"])
        for point in points
        if point["offer_id"] == LOWEST.offer_id
    ]
    day = date(2026, 11, 22)
    assert history == [
        (NOW, day, 30_000, False),
        (NOW + HOUR, day, 35_000, False),
        (NOW + 2 * HOUR, day, 27_500, False),
    ]
    gone = [(point["date"], point["taxes"], point["gone"]) for point in points if point["offer_id"] == YEN.offer_id]
    assert gone == [(date(2026, 11, 20), Decimal("5610.00"), False), (date(2026, 11, 21), None, True)]


def test_a_promotion_of_one_program_joins_by_program(full: Store) -> None:
    bonus, sale = export_rows(full, "promotions")
    assert (bonus["program"], bonus["programs"], bonus["banks"]) == ("smiles", "smiles", "Itaú; Santander")
    assert (bonus["title"], bonus["routes"], bonus["published_at"]) == (BONUS.title, None, NOW - HOUR)
    assert (sale["program"], sale["programs"]) == (None, "united; delta")
    assert (sale["cents_per_mile"], sale["date"]) == (Decimal("1.4375"), date(2026, 11, 22))


def test_promotions_have_their_terms_state_and_sources(full: Store) -> None:
    store_announcements(full, replace(BONUS, source="news", link="https://news.example/bonus"))
    hotel = replace(SALE, programs=("marriott",), link="https://example.org/hotel", seen_at=NOW - HOUR, expired=True)
    store_announcements(full, replace(hotel, expired=False), hotel)
    ended, bonus, sale = export_rows(full, "promotions")
    names = ("bonus_or_discount", "book_from", "state", "confidence", "source", "sources", "ended_at")
    first = ("bonus", date(2026, 11, 20), "active", "verified", "feed", "feed; news", None)
    assert tuple(bonus[name] for name in names) == first
    assert (sale["miles_price"], sale["confidence"], sale["sources"]) == (5_000, "likely", "feed")
    assert (ended["state"], ended["ended_at"], ended["program"]) == ("ended", hotel.seen_at, "marriott")
    assert "marriott" in [row["program"] for row in export_rows(full, "programs")]


def test_searches_have_every_outcome(full: Store) -> None:
    searches = {row["search_id"]: row for row in export_rows(full, "searches")}
    assert list(searches) == ["s3", "s4", "s1", "s2"]
    assert [row["outcome"] for row in searches.values()] == ["failed", "found", "found", "empty"]
    blocked = searches["s3"]
    assert (blocked["reason"], blocked["http_status"], blocked["cabins"]) == ("blocked", 403, "economy,first")
    assert (blocked["date"], blocked["seconds"]) == (date(2026, 11, 20), None)
    assert (searches["s1"]["note"], searches["s1"]["cabins"], searches["s1"]["seconds"]) == (None, None, 1.25)
    assert searches["s4"]["target_program"] == "united"


# ---- dimensions --------------------------------------------------------------------------------------------------


def test_the_calendar_has_every_day_of_complete_years(full: Store) -> None:
    days = export_rows(full, "dates")
    assert (days[0]["date"], days[-1]["date"], len(days)) == (date(2026, 1, 1), date(2028, 12, 31), 365 + 365 + 366)
    assert len({row["date"] for row in days}) == len(days)
    by_date = {row["date"]: row for row in days}
    assert by_date[date(2027, 1, 3)] == {
        "date": date(2027, 1, 3),
        "year": 2027,
        "quarter": 1,
        "month": 1,
        "month_name": "January",
        "iso_year": 2026,
        "iso_week": 53,
        "weekday": 7,
        "weekday_name": "Sunday",
        "weekend": True,
    }
    assert [row["weekend"] for row in days[:7]] == [False, False, True, True, False, False, False]
    assert {(row["month"] - 1) // 3 + 1 == row["quarter"] for row in days} == {True}


def test_airports_are_those_of_offers_and_searches(full: Store) -> None:
    airports = {row["iata"]: row for row in export_rows(full, "airports")}
    assert list(airports) == ["AUS", "HND", "JFK", "LAX", "SFO", "XQQ"]
    lax = airports["LAX"]
    assert (lax["city"], lax["country"], lax["zone"]) == ("Los Angeles", "US", "America/Los_Angeles")
    assert (round(lax["latitude"]), round(lax["longitude"])) == (34, -118)
    assert set(airports["XQQ"].values()) == {"XQQ", None}


def test_programs_are_the_catalog_and_all_others_in_the_database(full: Store) -> None:
    write_batch(full, make_batch(make_offer(program="formerprogram")))
    programs = {row["program"]: row for row in export_rows(full, "programs")}
    assert list(programs) == sorted({*all_programs(), "formerprogram"})
    assert programs["united"] == {
        "program": "united",
        "program_name": "United MileagePlus",
        "alliance": "Star Alliance",
        "carriers": "UA",
        "site": "https://www.united.com",
        "access": "sign_in",
    }
    assert set(programs["formerprogram"].values()) == {"formerprogram", None}


def test_tables_of_an_empty_database_are_empty(store: Store) -> None:
    assert {name: len(export_rows(store, name)) for name in TABLES if name != "programs"} == dict.fromkeys(
        TABLES.keys() - {"programs"}, 0
    )


# Each key column, and the column that must contain its values.
KEYS = {
    ("price_points", "offer_id"): ("offers", "offer_id"),
    ("offers", "program"): ("programs", "program"),
    ("offers", "origin"): ("airports", "iata"),
    ("offers", "destination"): ("airports", "iata"),
    ("offers", "departure_date"): ("dates", "date"),
    ("price_points", "date"): ("dates", "date"),
    ("promotions", "date"): ("dates", "date"),
    ("promotions", "program"): ("programs", "program"),
    ("searches", "date"): ("dates", "date"),
    ("searches", "program"): ("programs", "program"),
}


@pytest.mark.parametrize("since", [None, NOW - 24 * HOUR, NOW + HOUR], ids=str)
def test_every_key_matches_one_row(full: Store, since: datetime | None) -> None:
    rows = {name: export_rows(full, name, since) for name in TABLES}
    for (table, key), (dimension, dimension_key) in KEYS.items():
        values = [row[dimension_key] for row in rows[dimension]]
        assert len(set(values)) == len(values)
        assert {row[key] for row in rows[table]} - {None} <= set(values), (table, key)


# ---- since, one moment, memory -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "offers", "points", "promotions", "searches"),
    [
        (None, 4, 7, 2, 4),
        (NOW - 24 * HOUR, 4, 6, 2, 3),  # the gone offer was still there
        (NOW, 3, 5, 2, 3),
        (NOW + HOUR, 1, 2, 0, 1),
        (NOW + 9 * HOUR, 0, 0, 0, 0),
    ],
    ids=str,
)
def test_since_keeps_newer_facts(
    full: Store, since: datetime | None, offers: int, points: int, promotions: int, searches: int
) -> None:
    found = {name: len(export_rows(full, name, since)) for name in FACTS}
    assert found == {"offers": offers, "price_points": points, "promotions": promotions, "searches": searches}


def test_all_tables_are_one_snapshot(full: Store) -> None:
    with open_export(full, all_programs(), now=NOW) as export:
        before = len(list(export.rows("offers")))
        write_batch(full, make_batch(make_offer(origin="BOS", seen_at=NOW + 3 * HOUR)))
        assert len(list(export.rows("offers"))) == before
        assert "BOS" not in {row[0] for row in export.rows("airports")}
    assert "BOS" in {row["iata"] for row in export_rows(full, "airports")}


def test_an_export_of_many_rows_uses_little_memory(store: Store) -> None:
    """Exporting 20,000 price points at once would need about 15 MB."""
    write_batch(store, make_batch(make_offer()))
    number = 1
    start = utc("2026-12-01")
    rows = [{"offer_number": number, "seen_at": start + HOUR * n, "miles": n, "gone": False} for n in range(20_000)]
    with store.writing() as connection:
        connection.execute(insert(schema.price_points), rows)
    del rows
    with open_export(store, {}, now=NOW) as export:
        tracemalloc.start()
        try:
            written = sum(
                map(len, csv_blocks(TABLES["price_points"], export.rows("price_points"), byte_order_mark=True))
            )
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert written > 1_000_000
    assert peak < 4_000_000


def test_postgresql_rows_are_fetched_through_a_cursor(postgresql_url: str, tmp_path: Path) -> None:
    """Without a cursor the driver would fetch all rows at once, outside Python's memory."""
    with closing(open_store(postgresql_url, tmp_path)) as store:
        fill(store)
        with open_export(store, {}, now=NOW) as export, store.reading() as other:
            rows = export.rows("price_points")
            next(rows)
            cursors = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'FETCH %'"
            assert len(other.execute(text(cursors)).all()) == 1
            assert len(list(rows)) == 6


# ---- the manual --------------------------------------------------------------------------------------------------


def test_the_manual_lists_every_column_and_type() -> None:
    parts = re.split(r"^### `(\w+)`$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    documented = {
        name: re.findall(r"^\| `(\w+)` \| ([a-z ]+) \|", section, re.MULTILINE)
        for name, section in zip(parts[1::2], parts[2::2], strict=True)
    }
    own = {
        name: [
            (column, TYPE_NAMES[kind]) for column, kind in layout.items() if (name, column) not in OFFER_FIELD_COLUMNS
        ]
        for name, layout in TABLES.items()
    }
    assert documented == own
    assert list(documented) == [*FACTS, *DIMENSIONS]


def test_the_manual_describes_every_type_in_every_format() -> None:
    section = PAGE.read_text(encoding="utf-8").split("## Types")[1].split("\n## ")[0]
    assert re.findall(r"^\| ([a-z ]+) \| .+ \| .+ \| .+ \|$", section, re.MULTILINE)[1:] == list(TYPE_NAMES.values())

"""Rows stay correct while people sort, filter, add columns and delete rows, even during an update."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from awardspider.delivery.channels.sheets.columns import CHECK, INDEX
from awardspider.delivery.channels.sheets.layout import OFFERS
from awardspider.storage.outbox import DeliveryResult
from tests.support.sandbox_server import Sandbox
from tests.support.sheet_editors import (
    SharedSheet,
    assert_notes_match,
    cheaper,
    flights,
    without_quota,
    write_with_notes,
)
from tests.support.storage_examples import NOW, make_itinerary


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with without_quota() as running:
        yield running


def test_sorted_filtered_and_deleted_rows_keep_their_notes(sheet: SharedSheet) -> None:
    offers = flights(8)
    write_with_notes(sheet, offers)
    sheet.sort(INDEX["miles"], descending=True)
    sheet.delete("ROWS", 3, 5)  # the offers of days 5 and 4
    sheet.insert("ROWS", 2, 3)  # a blank row in between
    sheet.write(*cheaper(offers[:3]), *flights(9)[8:])
    assert sheet.calls == 3
    found = sheet.by_id()
    assert [found[offer.fare_id]["miles"] for offer in offers[:4]] == [5_000, 5_001, 5_002, 10_003]
    assert offers[4].fare_id not in found
    assert len(found) == 7
    assert_notes_match(sheet)


def test_deleted_row_returns_with_the_next_change(sheet: SharedSheet) -> None:
    offers = flights(2)
    sheet.write(*offers)
    sheet.delete("ROWS", 1, 2)
    sheet.write(offers[1])
    assert offers[0].fare_id not in sheet.by_id()
    sheet.write(*cheaper(offers[:1]))
    assert sheet.by_id()[offers[0].fare_id]["miles"] == 5_000


def test_deleted_row_of_a_gone_offer_is_not_created_again(sheet: SharedSheet) -> None:
    offers = flights(2)
    sheet.write(*offers)
    sheet.delete("ROWS", 1, 2)
    sheet.mark_gone(offers[0])
    assert [report.result for report in sheet.flush(offers[0], event_type="offer.gone")] == [DeliveryResult.SENT]
    assert list(sheet.by_id()) == [offers[1].fare_id]


def test_columns_can_be_moved_inserted_renamed_and_removed(sheet: SharedSheet) -> None:
    offers = flights(4)
    write_with_notes(sheet, offers)
    gid = sheet.tab().gid
    area = {"sheetId": gid, "dimension": "COLUMNS", "startIndex": INDEX["miles"], "endIndex": INDEX["miles"] + 1}
    sheet.do({"moveDimension": {"source": area, "destinationIndex": 2}})
    sheet.insert("COLUMNS", 4, 5)
    sheet.type_in(4, ["other", "a", "b", "c", "d"])
    titles = [column[0] for column in sheet.client.read_columns([f"'{OFFERS}'!1:1"])[0]]
    sheet.type_in(titles.index("seats"), ["Sitze"])
    sheet.delete("COLUMNS", titles.index("minutes"), titles.index("minutes") + 1)
    sheet.write(*cheaper(offers[:2]), *flights(5)[4:])
    rows = sheet.rows()
    assert [row["miles"] for row in rows] == [5_000, 5_001, 10_002, 10_003, 10_004]
    assert [row.get("other") for row in rows] == ["a", "b", "c", "d", None]
    assert [row.get("Sitze") for row in rows] == [4, 4, 4, 4, None]
    assert "minutes" not in rows[0]
    assert_notes_match(sheet)
    sheet.write(*cheaper(cheaper(offers[:1])), *cheaper(offers[3:]))
    assert sheet.calls == 3  # the position of the check is known by now


def test_sorting_between_read_and_write_is_repaired(sheet: SharedSheet) -> None:
    """The sheet is read, a person sorts, and the old row numbers are written."""
    offers = flights(6)
    write_with_notes(sheet, offers)
    sheet.store_offers(*cheaper(offers[:2]))
    load = sheet.flusher.loader.load

    def load_then_sort():  # type: ignore[no-untyped-def]
        state = load()
        sheet.sort(INDEX["miles"], descending=True)
        return state

    sheet.flusher.loader.load = load_then_sort  # type: ignore[method-assign]
    sheet.flush(*offers[:2])
    sheet.flusher.loader.load = load  # type: ignore[method-assign]
    wrong = [row for row in sheet.rows() if not row[CHECK].startswith(row["offer id"][:8])]
    assert wrong, "the race did not happen"
    assert_notes_match(sheet)
    sheet.flush(offers[5])  # any next flush
    found = sheet.by_id()
    assert [found[offer.fare_id]["miles"] for offer in offers] == [5_000, 5_001, 10_002, 10_003, 10_004, 10_005]
    assert_notes_match(sheet)


def test_duplicate_rows_are_deleted(sheet: SharedSheet) -> None:
    offers = flights(3)
    write_with_notes(sheet, offers)
    gid = sheet.tab().gid
    duplicate = {"values": [{"userEnteredValue": {"stringValue": offers[0].fare_id}}]}
    sheet.do({"appendCells": {"sheetId": gid, "rows": [duplicate, duplicate], "fields": "userEnteredValue"}})
    sheet.flush(*offers)
    assert len(sheet.by_id()) == 3
    assert_notes_match(sheet)


def test_random_edits_never_misplace_a_row(sheet: SharedSheet) -> None:
    rng = random.Random(4)
    offers = {offer.fare_id: offer for offer in flights(12)}
    write_with_notes(sheet, list(offers.values()))
    for number in range(15):
        action = rng.choice(("sort", "delete", "insert", "change", "change"))
        if action == "sort":
            sheet.sort(rng.choice((INDEX["miles"], INDEX["date"])), descending=rng.random() < 0.5)
        elif action == "delete" and len(sheet.rows()) > 3:
            row = rng.randrange(1, 4)
            sheet.delete("ROWS", row, row + 1)
        elif action == "insert":
            row = rng.randrange(1, 6)
            sheet.insert("ROWS", row, row + 1)
        changed = rng.sample(list(offers), 4)
        for key in changed:
            miles = rng.randrange(5_000, 50_000)
            seen = NOW + timedelta(hours=number + 1)
            offers[key] = make_itinerary(departure_date=offers[key].departure_date, miles=miles, seen_at=seen)
        sheet.write(*(offers[key] for key in changed))
        found = sheet.by_id()
        assert all(found[key]["miles"] == offers[key].miles for key in found)
        assert set(changed) <= found.keys()
        assert_notes_match(sheet)

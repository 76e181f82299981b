"""Values, places and requests of the tab Offers, without any wire."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from awardspider.delivery.channels.sheets.columns import (
    CHECK,
    COLUMNS,
    PLACES,
    Header,
    cell,
    column_letters,
    day,
    deal,
    moment,
    runs_of,
    values_of,
    wall_clock,
)
from awardspider.delivery.channels.sheets.flush import Piece, _chunks
from awardspider.storage.sheet_rows import OfferNow

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TITLES = [column.title for column in COLUMNS]
NEEDED: dict[str, Any] = {
    "id": "0123456789abcdef0123",
    "program": "united",
    "source": "united",
    "detail": "day",
    "origin": "LAX",
    "destination": "AUS",
    "departure_date": date(2027, 3, 10),
    "cabin": "premium_economy",
    "flights": "",
    "travelers": 1,
    "first_seen_at": NOW,
    "last_seen_at": NOW,
}
OFFER = OfferNow(
    **dict.fromkeys((f.name for f in fields(OfferNow) if f.name not in ("dropped", "watches")), None) | NEEDED
)


@pytest.mark.parametrize(
    ("value", "serial"),
    [(date(1899, 12, 31), 1), (date(1900, 3, 1), 61), (date(2000, 1, 1), 36_526), (date(2026, 11, 22), 46_348)],
)
def test_days_count_as_a_spreadsheet_counts_them(value: date, serial: int) -> None:
    assert day(value) == serial


def test_a_moment_is_in_utc_and_a_clock_on_the_wall_is_local() -> None:
    at = datetime(2026, 11, 22, 18, 0, tzinfo=timezone(timedelta(hours=-6)))
    assert moment(at) == 46_349.0
    assert wall_clock(at) == 46_348.75


@pytest.mark.parametrize(("place", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_letters(place: int, letters: str) -> None:
    assert column_letters(place) == letters


@pytest.mark.parametrize(
    ("known", "word"),
    [
        ({}, ""),
        ({"saver": True}, "saver"),
        ({"saver": True, "dropped": True}, "dropped"),
        ({"on_sale": True, "dropped": True}, "on sale"),
        ({"on_sale": True, "gone_at": NOW}, "gone"),
    ],
)
def test_what_is_special_in_a_word(known: dict[str, Any], word: str) -> None:
    assert deal(replace(OFFER, **known)) == word


def test_a_check_is_of_the_offer_and_of_its_state() -> None:
    check = values_of(OFFER)[PLACES[CHECK]]
    dearer = values_of(replace(OFFER, miles=5))[PLACES[CHECK]]
    assert str(check).startswith("01234567-")
    assert str(dearer).startswith("01234567-")
    assert check != dearer


def test_no_value_of_a_cell_is_parsed() -> None:
    assert cell("=1+1") == {"userEnteredValue": {"stringValue": "=1+1"}}
    assert cell(True) == {"userEnteredValue": {"boolValue": True}}
    assert cell(0) == {"userEnteredValue": {"numberValue": 0}}
    assert cell(None) == cell("") == {}
    assert cell("https://x.example", link=True)["userEnteredFormat"] == {
        "textFormat": {"link": {"uri": "https://x.example"}}
    }
    assert "userEnteredFormat" not in cell("javascript:alert(1)", link=True)


def test_text_that_no_cell_can_show_is_left_out() -> None:
    values = values_of(replace(OFFER, fare_name="Saver\x00\x07 " + "x" * 5_000))
    fare = values[PLACES["fare"]]
    assert isinstance(fare, str)
    assert fare.startswith("Saver x")
    assert len(fare) == 1_000


def test_a_row_is_found_by_its_header_however_it_is_spelled_or_ordered() -> None:
    titles = ["Offer  ID", "mine", *reversed(TITLES[1:]), "theirs"]
    header = Header(titles)
    assert header.missing == []
    row: list[Any] = [f"value {place}" for place in range(len(COLUMNS))]
    cells = header.new_row(row)["values"]
    assert cells[1] == {}
    assert cells[header.stands[PLACES["miles"]]]["userEnteredValue"]["stringValue"] == f"value {PLACES['miles']}"
    assert len(cells) == len(titles) - 1


def test_rows_below_each_other_go_together_and_runs_of_columns_apart() -> None:
    row = orjson.dumps(list(range(len(COLUMNS))))
    rows = [(4, row), (5, row), (7, row)]
    whole = [json.loads(each) for each in Header(TITLES).value_ranges("Offers", rows, 100)]
    assert [each["range"] for each in whole] == ["'Offers'!G5:Y6", "'Offers'!G8:Y8"]
    assert whole[0]["values"][0] == list(range(6, 25))
    moved = ["offer id", "miles", "mine", *(title for title in TITLES[1:] if title != "miles")]
    ranges = [json.loads(each)["range"] for each in Header(moved).value_ranges("Offers", rows[2:], 100)]
    assert ranges == ["'Offers'!B8:B8", "'Offers'!I8:Z8"]


def test_both_ways_to_write_a_change_say_the_same() -> None:
    values = values_of(replace(OFFER, miles=5, saver=True))
    rows = [(9, orjson.dumps(values))]
    [cells] = [json.loads(each)["updateCells"] for each in Header(TITLES).update_cells(3, rows, 10)]
    [plain] = [json.loads(each) for each in Header(TITLES).value_ranges("Offers", rows, 10)]
    assert cells["start"] == {"sheetId": 3, "rowIndex": 9, "columnIndex": 6}
    told = [next(iter(each.get("userEnteredValue", {"": ""}).values())) for each in cells["rows"][0]["values"]]
    assert told == plain["values"][0]


def test_a_sheet_without_ids_is_refused() -> None:
    with pytest.raises(KeyError):
        Header(["name", "phone"])


def test_numbers_become_ranges() -> None:
    assert runs_of([7, 3, 4, 5, 9]) == [(3, 6), (7, 8), (9, 10)]
    assert runs_of([]) == []


def test_pieces_are_put_together_up_to_the_limit_and_none_is_lost() -> None:
    pieces = [Piece(b"x" * size) for size in (40, 40, 40, 500, 10)]
    chunks = list(_chunks(iter(pieces), 100))
    assert [[len(piece.body) for piece in chunk] for chunk in chunks] == [[40, 40], [40], [500], [10]]

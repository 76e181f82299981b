"""Columns, values and requests of the tab Offers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from awardspider.delivery.channels.sheets.cells import (
    cell_data,
    column_letters,
    contiguous_ranges,
    date_serial,
    local_serial,
    time_of_serial,
    utc_serial,
)
from awardspider.delivery.channels.sheets.columns import CHECK, COLUMNS, ID, INDEX, Header, View, deal, row_values
from awardspider.delivery.channels.sheets.flush import Piece, _chunks
from awardspider.delivery.messages.language import get_language
from awardspider.items import Cabin, Detail
from awardspider.offer_fields import OFFER_COLUMNS
from awardspider.storage.offers import WatchedOffer

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
VIEW = View(language=get_language("en"), now=NOW)
TITLES = [column.title for column in COLUMNS]
OFFER = WatchedOffer(
    id="10123456789abcdef012",
    program="united",
    source="united",
    detail=Detail.DAY,
    origin="LAX",
    destination="AUS",
    departure_date=date(2027, 3, 10),
    cabin=Cabin.PREMIUM_ECONOMY,
    miles=None,
    seen_at=NOW,
    first_seen_at=NOW,
    last_seen_at=NOW,
    changed_at=NOW,
    gone_at=None,
    unconfirmed_since=None,
    departs_by=datetime(2027, 3, 11, 8, 0, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("value", "serial"),
    [(date(1899, 12, 31), 1), (date(1900, 3, 1), 61), (date(2000, 1, 1), 36_526), (date(2026, 11, 22), 46_348)],
)
def test_date_serial_is_the_number_of_a_spreadsheet(value: date, serial: int) -> None:
    assert date_serial(value) == serial


def test_time_serials_are_in_utc_or_local() -> None:
    at = datetime(2026, 11, 22, 18, 0, tzinfo=timezone(timedelta(hours=-6)))
    assert utc_serial(at) == 46_349.0
    assert time_of_serial(46_349.0) == at
    assert local_serial(at) == 46_348.75


@pytest.mark.parametrize(("position", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_letters(position: int, letters: str) -> None:
    assert column_letters(position) == letters


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({}, ""),
        ({"saver": True}, "saver"),
        ({"saver": True, "price_dropped": True}, "dropped"),
        ({"on_sale": True, "price_dropped": True}, "on sale"),
        ({"on_sale": True, "gone_at": NOW}, "gone"),
        *(({"on_sale": True, "current_status": status}, "") for status in ("unconfirmed", "outdated", "departed")),
    ],
)
def test_deal_is_the_most_important_label(values: dict[str, Any], label: str) -> None:
    assert deal(replace(OFFER, **values)) == label


def test_check_identifies_the_offer_and_its_state() -> None:
    check = row_values(OFFER, VIEW)[INDEX[CHECK]]
    changed = row_values(replace(OFFER, miles=5), VIEW)[INDEX[CHECK]]
    assert str(check).startswith("01234567-")
    assert str(changed).startswith("01234567-")
    assert check != changed


def test_cell_data_is_never_parsed() -> None:
    assert cell_data("=1+1") == {"userEnteredValue": {"stringValue": "=1+1"}}
    assert cell_data(True) == {"userEnteredValue": {"boolValue": True}}
    assert cell_data(0) == {"userEnteredValue": {"numberValue": 0}}
    assert cell_data(None) == cell_data("") == {}
    assert cell_data("https://x.example", link=True)["userEnteredFormat"] == {
        "textFormat": {"link": {"uri": "https://x.example"}}
    }
    assert "userEnteredFormat" not in cell_data("javascript:alert(1)", link=True)


def test_unprintable_characters_are_removed_and_long_text_is_cut() -> None:
    values = row_values(replace(OFFER, fare_name="Saver\x00\x07 " + "x" * 5_000), VIEW)
    fare = values[INDEX["fare"]]
    assert isinstance(fare, str)
    assert fare.startswith("Saver x")
    assert len(fare) == 1_000


def test_columns_are_found_in_any_order_and_spelling() -> None:
    titles = ["Offer  ID", "mine", *reversed([title for title in TITLES if title != ID]), "other"]
    header = Header(titles)
    assert header.missing == []
    row: list[Any] = [f"value {index}" for index in range(len(COLUMNS))]
    cells = header.new_row(row)["values"]
    assert cells[1] == {}
    assert cells[header.positions[INDEX["miles"]]]["userEnteredValue"]["stringValue"] == f"value {INDEX['miles']}"
    assert len(cells) == len(titles) - 1


def test_every_offer_field_has_a_column() -> None:
    assert {column.label for column in OFFER_COLUMNS} <= set(TITLES)


def test_changing_columns_form_three_runs() -> None:
    runs = [[COLUMNS[index].title for index in indexes] for _, indexes in Header(TITLES).runs]
    assert [(run[0], run[-1]) for run in runs] == [("class", "class"), ("miles", "seats"), ("watch", "check")]


def test_consecutive_rows_are_one_range_for_each_run_of_columns() -> None:
    row = orjson.dumps(list(range(len(COLUMNS))))
    rows = [(4, row), (5, row), (7, row)]
    first, last = (column_letters(INDEX[title]) for title in ("miles", "seats"))
    ranges = [json.loads(data) for data in Header(TITLES).value_ranges("Offers", rows, 100)]
    areas = [data["range"] for data in ranges]
    assert (areas[0], areas[1]) == ("'Offers'!A5:A6", f"'Offers'!{first}5:{last}6")
    assert (areas[3], areas[4]) == ("'Offers'!A8:A8", f"'Offers'!{first}8:{last}8")
    assert ranges[1]["values"][0] == list(range(INDEX["miles"], INDEX["seats"] + 1))
    moved = ["seats", "mine", *(title for title in TITLES if title != "seats")]
    areas = [json.loads(data)["range"] for data in Header(moved).value_ranges("Offers", rows[2:], 100)]
    assert areas[0] == "'Offers'!A8:A8"
    assert areas[1].startswith("'Offers'!C8")


def test_both_kinds_of_update_write_the_same_values() -> None:
    values = row_values(replace(OFFER, miles=5, saver=True), VIEW)
    rows = [(9, orjson.dumps(values))]
    cells = [json.loads(data)["updateCells"] for data in Header(TITLES).update_cells(3, rows, 10)]
    plain = [json.loads(data) for data in Header(TITLES).value_ranges("Offers", rows, 10)]
    starts = [INDEX[title] for title in ("class", "miles", "watch")]
    assert [update["start"] for update in cells] == [
        {"sheetId": 3, "rowIndex": 9, "columnIndex": start} for start in starts
    ]
    for update, values_of_run in zip(cells, plain, strict=True):
        written = [next(iter(cell.get("userEnteredValue", {"": ""}).values())) for cell in update["rows"][0]["values"]]
        assert written == values_of_run["values"][0]


def test_header_without_ids_is_an_error() -> None:
    with pytest.raises(KeyError):
        Header(["name", "phone"])


def test_numbers_are_grouped_into_ranges() -> None:
    assert contiguous_ranges([7, 3, 4, 5, 9]) == [(3, 6), (7, 8), (9, 10)]
    assert contiguous_ranges([]) == []


def test_pieces_are_combined_up_to_the_limit() -> None:
    pieces = [Piece(b"x" * size) for size in (40, 40, 40, 500, 10)]
    chunks = list(_chunks(iter(pieces), 100))
    assert [[len(piece.body) for piece in chunk] for chunk in chunks] == [[40, 40], [40], [500], [10]]

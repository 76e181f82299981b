"""The tab Best: one row for the best offer of each route and departure month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from awardspider.delivery.channels.sheet_options import SheetOptions
from awardspider.delivery.channels.sheets.best import BEST_COLUMNS
from awardspider.delivery.channels.sheets.cells import date_serial
from awardspider.delivery.channels.sheets.layout import BEST, OFFERS, TABS, read_layout, repair
from awardspider.items import Cabin
from awardspider.search.judgments import DealClass
from awardspider.storage.store import Store
from tests.support.deal_examples import store_judged
from tests.support.sandbox_server import Sandbox
from tests.support.sheet_editors import SharedSheet, make_message, without_quota
from tests.support.storage_examples import DAY, NOW, make_itinerary, make_offer

WHY = "Exceptional price: 50% below the 90-day median of 25,000 miles (122 searches); lowest since Sep 14, 2026"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with without_quota() as running:
        yield running


def _titles(sheet: SharedSheet) -> list[str]:
    columns = sheet.client.read_columns([f"'{BEST}'!1:1"])[0]
    return [column[0] for column in columns]


def test_row_explains_the_best_offer_of_a_route_and_month(sheet: SharedSheet) -> None:
    offer = make_itinerary(on_sale=None, regular_miles=None)
    store_judged(sheet.store, DealClass.EXCEPTIONAL, offer)
    store_judged(sheet.store, DealClass.GOOD, make_offer(miles=12_400))
    sheet.now = NOW + timedelta(hours=3, minutes=50)
    sheet.flush(offer)
    assert sheet.calls == 3
    [row] = sheet.rows(BEST)
    assert row == {
        "class": "exceptional",
        "from": "LAX",
        "from city": "Los Angeles",
        "to": "AUS",
        "to city": "Austin",
        "month": date_serial(date(2027, 3, 1)),
        "date": date_serial(DAY),
        "cabin": "economy",
        "miles": 12_500,
        "taxes": 5.6,
        "taxes currency": "USD",
        "seats": 4,
        "program": "United MileagePlus",
        "why": WHY,
        "cents per point": 1.47,
        "flights": "UA1297",
        "booking link": offer.booking_link,
        "seen (UTC)": pytest.approx(date_serial(NOW.date()) + 10 / 24, abs=1e-5),
        "age (h)": 3,
    }
    assert _titles(sheet) == [column.title for column in BEST_COLUMNS]


def test_language_is_that_of_the_options(sheet: SharedSheet) -> None:
    sheet.open(options=SheetOptions(locale="pt_BR"))
    offer = make_offer(origin="JFK", destination="LIS")
    store_judged(sheet.store, DealClass.RECORD_LOW, offer, lowest_since=None)
    sheet.flush(offer)
    for name in (BEST, OFFERS):
        [row] = sheet.rows(name)
        assert (row["class"], row["from city"], row["to city"]) == ("record low", "Nova York", "Lisboa")
        assert row["why"] == (
            "Menor preço histórico (dados desde 1 de ago. de 2026; mínima anterior: 12.000 milhas); "
            "50% abaixo da mediana dos últimos 90 dias, de 25.000 milhas (122 buscas)"
        )


def test_best_come_first_up_to_the_maximum_number_of_rows(sheet: SharedSheet) -> None:
    months = [date(2027 + n // 12, n % 12 + 1, 5) for n in range(60)]
    offers = [make_offer(departure_date=month, miles=40_000 - n) for n, month in enumerate(months)]
    store_judged(sheet.store, DealClass.USUAL, *offers[:59])
    store_judged(sheet.store, DealClass.GOOD, offers[59])
    for rows in (50, 20, 50):
        sheet.open(options=SheetOptions(best_rows=rows))
        sheet.flush(offers[0])
        found = [row["miles"] for row in sheet.rows(BEST)]
        assert found == [offers[59].miles, *(offers[58 - n].miles for n in range(rows - 1))]


def test_tab_is_rewritten_only_if_it_changes(sheet: SharedSheet) -> None:
    offers = [make_offer(), make_offer(origin="SFO")]
    store_judged(sheet.store, DealClass.GOOD, *offers)
    sheet.flush(*offers)
    sheet.open()
    sheet.flush(*offers)
    assert sheet.calls == 2
    sheet.mark_gone(offers[0])
    sheet.flush(offers[0], event_type="offer.gone")
    assert [row["from"] for row in sheet.rows(BEST)] == ["SFO"]


def test_edits_of_people_are_replaced(sheet: SharedSheet) -> None:
    offers = [make_offer(miles=10_000), make_offer(origin="SFO", miles=12_000)]
    store_judged(sheet.store, DealClass.GOOD, *offers)
    sheet.flush(*offers)
    before = sheet.rows(BEST)
    gid = sheet.tab(BEST).gid
    order = {"dimensionIndex": 8, "sortOrder": "DESCENDING"}
    area = {"sheetId": gid, "startRowIndex": 1, "startColumnIndex": 0}
    column = {"sheetId": gid, "dimension": "COLUMNS", "startIndex": 2, "endIndex": 4}
    sheet.do({"sortRange": {"range": area, "sortSpecs": [order]}}, {"deleteDimension": {"range": column}})
    assert sheet.rows(BEST) != before
    sheet.flush(*offers)
    assert sheet.rows(BEST) == before


def test_ages_are_updated_every_five_minutes(sheet: SharedSheet) -> None:
    offer = make_itinerary()
    store_judged(sheet.store, DealClass.GOOD, offer)
    sheet.open(options=SheetOptions())
    sheet.flush(offer)
    sheet.now += timedelta(hours=7, minutes=5)
    sheet.flusher.flush([make_message(1, "", "test")])
    assert [sheet.rows(name)[0]["age (h)"] for name in (BEST, OFFERS)] == [7, 7]


def test_other_cabins_and_routes_do_not_share_a_row(sheet: SharedSheet) -> None:
    offers = [make_offer(), make_offer(cabin=Cabin.FIRST, miles=9_000), make_offer(origin="AUS", destination="LAX")]
    sheet.write(*offers)
    assert [(row["from"], row["cabin"]) for row in sheet.rows(BEST)] == [("LAX", "first"), ("AUS", "economy")]


def test_tab_has_formats_colors_and_a_frozen_header(sheet: SharedSheet) -> None:
    offer = make_offer()
    store_judged(sheet.store, DealClass.RECORD_LOW, offer)
    sheet.flush(offer)
    spreadsheet = sheet.client.get_spreadsheet("sheets(properties,conditionalFormats)")
    first = spreadsheet["sheets"][0]
    assert first["properties"]["title"] == BEST
    assert first["properties"]["gridProperties"]["frozenRowCount"] == 1
    texts = [rule["booleanRule"]["condition"]["values"][0]["userEnteredValue"] for rule in first["conditionalFormats"]]
    assert sorted(texts) == ["exceptional", "good", "on sale", "record low"]
    page = sheet.server.client.get(f"{sheet.server.url}/sheets/{sheet.spreadsheet}").text
    assert "2027-03<" in page
    assert ">12,500<" in page


# ---- the tab of a new spreadsheet --------------------------------------------------------------------------------


def _rename(sheet: SharedSheet, title: str) -> None:
    sheet.do({"updateSheetProperties": {"properties": {"sheetId": 0, "title": title}, "fields": "title"}})


@pytest.mark.parametrize("title", ["Sheet1", "Página1", "Hoja 1", "Tabellenblatt1", "シート1", "Trang tính1"])
def test_empty_tab_of_a_new_spreadsheet_is_deleted(server: Sandbox, sqlite_store: Store, title: str) -> None:
    sheet = SharedSheet(server, sqlite_store)
    if title != "Sheet1":
        _rename(sheet, title)
    changes = repair(sheet.client)
    assert changes == [*(f"created the tab {name}" for name in TABS), f"deleted the empty tab {title}"]
    assert list(read_layout(sheet.client).tabs) == list(TABS)


@pytest.mark.parametrize(
    "edit",
    [
        {"updateCells": {"start": {"sheetId": 0, "rowIndex": 900, "columnIndex": 20}, "fields": "userEnteredValue"}},
        {"updateSheetProperties": {"properties": {"sheetId": 0, "title": "Budget"}, "fields": "title"}},
        {"setBasicFilter": {"filter": {"range": {"sheetId": 0}}}},
        {"addSheet": {"properties": {"title": "Sheet2"}}},
        {"appendDimension": {"sheetId": 0, "dimension": "COLUMNS", "length": 1}},
    ],
    ids=["content", "name", "filter", "another tab", "size"],
)
def test_other_tabs_are_never_deleted(server: Sandbox, sqlite_store: Store, edit: dict) -> None:  # type: ignore[type-arg]
    sheet = SharedSheet(server, sqlite_store)
    if "updateCells" in edit:
        edit["updateCells"]["rows"] = [{"values": [{"userEnteredValue": {"stringValue": "mine"}}]}]
    before = list(read_layout(sheet.client).tabs)
    sheet.do(edit)
    kept = list(read_layout(sheet.client).tabs)
    assert repair(sheet.client) == [f"created the tab {name}" for name in TABS]
    assert list(read_layout(sheet.client).tabs) == [BEST, *kept, *TABS[1:]]
    assert len(kept) >= len(before)

"""The sheet kept true: what a row holds, room, the other tabs, setting up, the channel; all of it over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from awardspider.delivery.channels.base import ChannelConfig, Surroundings, Verdict
from awardspider.delivery.channels.sheets.channel import SheetsChannel
from awardspider.delivery.channels.sheets.columns import DEAL, PLACES, day
from awardspider.delivery.channels.sheets.flush import Limits
from awardspider.delivery.channels.sheets.layout import OFFERS, mend
from awardspider.items import PromotionItem
from awardspider.outcomes import InvalidArgument
from awardspider.storage.store import Alert, Batch, Store, WatchRow
from tests.support.sandbox_server import Sandbox
from tests.support.sheet_editors import (
    HOST,
    SharedSheet,
    a_message,
    assert_notes_stand_right,
    cheaper,
    flights,
    with_notes,
    without_quota,
)
from tests.support.storage_examples import DAY, NOW, a_report, an_itinerary, an_offer, batch_of

LATER = NOW + timedelta(hours=2)


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with without_quota() as running:
        yield running


@pytest.fixture
def sheet(server: Sandbox, own_store: Store) -> SharedSheet:
    server.reset()
    shared = SharedSheet(server, own_store)
    mend(shared.client)
    return shared


# ---- one flush ---------------------------------------------------------------------------------------------------


def test_an_offer_becomes_a_row_of_typed_values(sheet: SharedSheet) -> None:
    offer = an_itinerary()
    sheet.store.save_watches([WatchRow(name="Austin", active=True, definition={})])
    alert = Alert(watch="Austin", offer_id=offer.offer_id, miles=offer.miles, created_at=NOW)
    sheet.store.write(batch_of(offer, alerts=[alert]), None)
    sheet.flush(offer)
    assert sheet.calls == 3
    [row] = sheet.rows()
    check = row.pop("check")
    assert check.startswith(offer.offer_id[:8])
    assert row == {
        "offer id": offer.offer_id,
        "program": "United MileagePlus",
        "from": "LAX",
        "to": "AUS",
        "date": day(DAY),
        "cabin": "economy",
        "deal": "on sale",
        "miles": 12_500,
        "taxes": 5.6,
        "currency": "USD",
        "seats": 4,
        "stops": 0,
        "departs (local)": pytest.approx(day(DAY) + (8 * 60 + 5) / 1440, abs=1e-5),
        "arrives (local)": pytest.approx(day(DAY) + (13 * 60 + 10) / 1440, abs=1e-5),
        "minutes": 185,
        "booking code": "X",
        "saver": True,
        "on sale": True,
        "miles before": 15_000,
        "cash price": 189.3,
        "cash currency": "USD",
        "watches": "Austin",
        "seen (UTC)": pytest.approx(day(NOW.date()) + 10 / 24, abs=1e-5),
        "flights": "UA1297",
        "fare": "Economy Saver Award",
        "mixed cabin": False,
        "party": 1,
        "detail": "itinerary",
        "source": "united",
        "first seen (UTC)": pytest.approx(day(NOW.date()) + 10 / 24, abs=1e-5),
        "link": offer.booking_link,
    }


def test_numbers_dates_and_links_are_shown_as_such(sheet: SharedSheet) -> None:
    sheet.write(an_itinerary(taxes=None))
    letters = {"date": "E2", "miles": "H2", "departs (local)": "M2", "link": "AG2"}
    shown = {title: _cell(sheet, f"'{OFFERS}'!{cell}") for title, cell in letters.items()}
    assert {title: data["formattedValue"] for title, data in shown.items()} == {
        "date": "2027-03-10",
        "miles": "12,500",
        "departs (local)": "2027-03-10 08:05",
        "link": "https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=AUS",
    }
    assert shown["link"]["userEnteredFormat"]["textFormat"]["link"]["uri"] == shown["link"]["formattedValue"]


@pytest.mark.parametrize(
    "text", ["=1+1", '=HYPERLINK("https://evil.example")', "+1", "-1", "@SUM(A1)", "'=1+1", "\t=1"]
)
def test_no_text_from_outside_becomes_a_formula(sheet: SharedSheet, text: str) -> None:
    offer = an_itinerary(fare_name=text, booking_code=text)
    sheet.write(offer)
    sheet.write(an_itinerary(fare_name=text, booking_code=f"{text}!", seen_at=LATER))  # the other way to write
    fare, code = _cell(sheet, f"'{OFFERS}'!AA2"), _cell(sheet, f"'{OFFERS}'!P2")
    assert list(fare["userEnteredValue"]) == list(code["userEnteredValue"]) == ["stringValue"]
    assert fare["formattedValue"].lstrip("'").strip() == text.lstrip("'").strip()


def test_writing_the_same_again_only_reads(sheet: SharedSheet) -> None:
    offers = flights(3)
    sheet.write(*offers)
    before = sheet.rows()
    sheet.flush(*offers)
    assert sheet.calls == 2
    assert sheet.rows() == before


def test_a_change_touches_its_own_row_only(sheet: SharedSheet) -> None:
    offers = flights(5)
    sheet.write(*offers)
    sheet.write(*cheaper(offers[1:3]))
    assert sheet.calls == 3
    assert [row["miles"] for row in sheet.rows()] == [10_000, 5_001, 5_002, 10_003, 10_004]
    assert [row[DEAL] for row in sheet.rows()][0:2] == ["on sale", "on sale"]


def test_what_is_no_longer_known_is_emptied(sheet: SharedSheet) -> None:
    sheet.write(an_itinerary())
    sheet.write(an_itinerary(seats=None, cash_price=None, on_sale=None, saver=None, regular_miles=None, seen_at=LATER))
    [row] = sheet.rows()
    assert row.keys().isdisjoint({"seats", "cash price", "cash currency", "on sale", "saver", "miles before", DEAL})


def test_a_lower_price_is_marked_and_a_gone_offer_stays(sheet: SharedSheet) -> None:
    kept, gone = (an_offer(origin=code, miles=20_000) for code in ("SFO", "LAX"))
    sheet.write(kept, gone)
    sheet.store_offers(an_offer(origin="SFO", miles=15_000, seen_at=LATER))
    sheet.mark_gone(gone)
    sheet.flush(kept, gone, kind="offer.gone")
    rows = {row["from"]: row for row in sheet.rows()}
    assert (rows["SFO"][DEAL], rows["LAX"][DEAL]) == ("dropped", "gone")
    assert rows["LAX"]["gone since (UTC)"] == pytest.approx(day(NOW.date()) + 11 / 24, abs=1e-5)
    sheet.write(an_offer(origin="LAX", miles=20_000, seats=2, seen_at=LATER))  # it is back
    assert "gone since (UTC)" not in sheet.by_id()[gone.offer_id]


def test_an_offer_that_is_not_stored_is_said_never(sheet: SharedSheet) -> None:
    offer = an_offer()
    [result] = sheet.flush(offer)
    assert (result.verdict, result.note) == (Verdict.NEVER, "no such offer is stored any more")
    assert sheet.rows() == []


def test_two_messages_about_one_offer_make_one_row(sheet: SharedSheet) -> None:
    offer = an_offer()
    sheet.store_offers(offer)
    assert [result.verdict for result in sheet.flush(offer, offer)] == [Verdict.SENT, Verdict.SENT]
    assert len(sheet.rows()) == 1


# ---- room --------------------------------------------------------------------------------------------------------


def test_a_large_flush_goes_in_pieces_and_arrives_whole(server: Sandbox, own_store: Store) -> None:
    sheet = SharedSheet(server, own_store, limits=Limits(request_bytes=20_000, rows_at_once=7))
    offers = flights(1_200)
    sheet.write(*offers)
    assert len(sheet.by_id()) == 1_200
    assert _cell(sheet, f"'{OFFERS}'!E1190")["formattedValue"].startswith("2030-")  # below the rows of the new tab
    sheet.write(*cheaper(offers[::2]))
    found = sheet.by_id()
    assert [found[offer.offer_id]["miles"] for offer in offers[:4]] == [5_000, 10_001, 5_002, 10_003]


def test_gone_rows_make_room_in_a_full_spreadsheet(sheet: SharedSheet) -> None:
    offers = flights(30)
    with_notes(sheet, offers)
    sheet.mark_gone(*offers[:20])
    sheet.do(
        {"addSheet": {"properties": {"title": "Theirs", "gridProperties": {"rowCount": 94_550, "columnCount": 100}}}}
    )
    gid, rows = sheet.tab().gid, sheet.tab().rows
    sheet.delete("ROWS", 31, rows)  # no empty row is left
    assert gid
    sheet.flusher._limits = Limits(prune_above=9_474_000, prune_to=9_473_800)
    sheet.write(*flights(35)[30:])
    found = sheet.by_id()
    assert len(found) < 35
    assert all(offer.offer_id in found for offer in [*offers[20:], *flights(35)[30:]])
    assert_notes_stand_right(sheet)
    notes = [row["note"] for row in sheet.rows("Health")]
    assert any("rows of offers that are gone" in note for note in notes)


def test_a_full_spreadsheet_pauses_the_channel(sheet: SharedSheet) -> None:
    offers = flights(10)
    sheet.write(*offers[:5])
    sheet.delete("ROWS", 8, sheet.tab().rows)  # two empty rows are left
    sheet.flusher._limits = Limits(cells=100)
    sheet.store_offers(*offers[5:])
    results = sheet.flush(*offers[5:])
    assert [result.verdict for result in results] == [Verdict.SENT] * 2 + [Verdict.LATER] * 3
    assert results[-1].pauses
    assert "10 million cells" in results[-1].note
    assert len(sheet.by_id()) == 7


# ---- the other tabs ----------------------------------------------------------------------------------------------


def test_health_tells_how_programs_fare(sheet: SharedSheet) -> None:
    sheet.store.start_run(program="united", spider="united", job=None, arguments={}, now=NOW)
    sheet.store.note_success("united", now=NOW)
    sheet.store.note_block("united", reason="blocked", until_at_least=LATER, now=NOW)
    sheet.store.write(Batch(reports=[a_report("s1")]), None)
    sheet.write(an_offer(), an_offer(origin="SFO"))
    assert sheet.calls == 3
    first, *rest = sheet.rows("Health")
    assert first["program"] == "United MileagePlus"
    assert (first["outcome"], first["offers"], first["blocked for"]) == ("found", 2, "blocked")
    assert first["blocked until (UTC)"] == pytest.approx(day(NOW.date()) + 12 / 24, abs=1e-5)
    assert first["note"] == "this tab is as of then"
    assert "cells are used" in rest[0]["note"]


def test_health_is_written_once_in_a_while_and_keeps_its_notes(sheet: SharedSheet) -> None:
    message = a_message(1, "", "channel.paused", channel="make", reason="410 Gone")
    [result] = sheet.flusher.flush([message])
    assert result.verdict is Verdict.SENT
    sheet.now += timedelta(minutes=1)
    sheet.write(an_offer())
    assert _as_of(sheet) == pytest.approx(day(NOW.date()) + 10 / 24, abs=1e-5)
    sheet.now += timedelta(minutes=5)
    sheet.write(an_offer(origin="SFO"))
    assert _as_of(sheet) == pytest.approx(day(NOW.date()) + (10 * 60 + 6) / 1440, abs=1e-5)
    assert "the channel make is paused: 410 Gone" in [row.get("note") for row in sheet.rows("Health")]


def test_promotions_are_the_ones_that_are_stored(sheet: SharedSheet) -> None:
    told = [
        PromotionItem(kind="bonus", title=f"=30% more {n}", source="blog", link=f"https://x.example/{n}", seen_at=NOW)
        for n in range(3)
    ]
    sheet.store.write(Batch(promotions=told), None)
    [result] = sheet.flusher.flush([a_message(1, "any", "promotion")])
    assert result.verdict is Verdict.SENT
    rows = sheet.rows("Promotions")
    assert sorted(row["promotion"] for row in rows) == [f"=30% more {n}" for n in range(3)]
    assert {row["link"] for row in rows} == {f"https://x.example/{n}" for n in range(3)}


# ---- setting up --------------------------------------------------------------------------------------------------


def test_setting_up_twice_changes_nothing(sheet: SharedSheet) -> None:
    before = sheet.client.about("*")
    assert mend(sheet.client) == []
    assert sheet.client.about("*") == before


def test_the_tab_is_made_as_promised(sheet: SharedSheet) -> None:
    about = sheet.client.about("sheets(properties,basicFilter,protectedRanges,conditionalFormats)")
    tab = next(each for each in about["sheets"] if each["properties"]["title"] == OFFERS)
    assert tab["properties"]["gridProperties"]["frozenRowCount"] == 1
    assert tab["basicFilter"]["range"].get("endColumnIndex", sheet.tab().columns) == sheet.tab().columns
    assert all(each["warningOnly"] for each in tab["protectedRanges"])
    assert len(tab["conditionalFormats"]) == 4
    assert _cell(sheet, f"'{OFFERS}'!B1")["userEnteredFormat"]["textFormat"]["bold"] is True


def test_mending_adds_what_is_missing_and_nothing_else(sheet: SharedSheet) -> None:
    offers = flights(3)
    with_notes(sheet, offers)
    sheet.delete("COLUMNS", PLACES["seats"], PLACES["seats"] + 1)
    sheet.do({"clearBasicFilter": {"sheetId": sheet.tab().gid}})
    assert mend(sheet.client) == ["added the column seats at the right end", "set the filter"]
    assert mend(sheet.client) == []
    sheet.write(*cheaper(offers))
    assert [row["seats"] for row in sheet.rows()] == [4, 4, 4]
    assert_notes_stand_right(sheet)


def test_a_tab_of_somebody_elses_is_left_alone(server: Sandbox, own_store: Store) -> None:
    sheet = SharedSheet(server, own_store)
    sheet.do({"addSheet": {"properties": {"title": OFFERS}}})
    sheet.type_in(0, ["Flat in Porto", 1200])
    with pytest.raises(InvalidArgument, match="the tab Offers holds something that is not from awardspider"):
        mend(sheet.client)
    sheet.store_offers(an_offer())
    [result] = sheet.flush(an_offer())
    assert (result.verdict, result.pauses) == (Verdict.LATER, True)
    assert "run scrapy sheets setup" in result.note


def test_an_empty_tab_of_that_name_is_taken(server: Sandbox, own_store: Store) -> None:
    sheet = SharedSheet(server, own_store)
    grid = {"rowCount": 50, "columnCount": 3}
    sheet.do({"addSheet": {"properties": {"title": OFFERS, "gridProperties": grid}}})
    assert mend(sheet.client)[0] == "filled the empty tab Offers"
    sheet.write(an_offer())
    assert len(sheet.rows()) == 1


def test_a_filter_of_too_few_columns_is_widened(sheet: SharedSheet) -> None:
    sheet.write(an_offer())
    gid = sheet.tab().gid
    narrow = {"sheetId": gid, "startRowIndex": 0, "endRowIndex": 10, "startColumnIndex": 0, "endColumnIndex": 5}
    sheet.do({"setBasicFilter": {"filter": {"range": narrow}}})
    sheet.write(an_offer(origin="SFO"))
    area = (sheet.tab().filter or {})["range"]
    assert area.get("endColumnIndex", 99) >= sheet.tab().columns
    assert area.get("endRowIndex", 9_999) >= sheet.tab().rows


# ---- the channel -------------------------------------------------------------------------------------------------


def test_the_channel_takes_an_address_and_sets_up_by_itself(server: Sandbox, own_store: Store, tmp_path: Path) -> None:
    sheet = SharedSheet(server, own_store)
    address = f"https://docs.google.com/spreadsheets/d/{sheet.spreadsheet}/edit?gid=0#gid=0"
    around = Surroundings(store=own_store, now=lambda: NOW, settings={}, data_dir=tmp_path, sandbox_url=server.url)
    config = ChannelConfig(name="sheets", kind="sheets", address=address)
    SheetsChannel.check(config, around)
    channel = SheetsChannel(config, around)
    sheet.store_offers(an_offer())
    results = channel.deliver([a_message(1, an_offer().offer_id), a_message(2, "", "test")])
    assert [result.verdict for result in results] == [Verdict.SENT, Verdict.SENT]
    channel.close()
    assert len(sheet.rows()) == 1
    assert any(row["note"].startswith("test: ") for row in sheet.rows("Health"))
    assert {request["host"] for request in server.requests(sheet.spreadsheet)} == {HOST}


def _as_of(sheet: SharedSheet) -> float:
    when: float = sheet.rows("Health")[0]["when (UTC)"]
    return when


def _cell(sheet: SharedSheet, where: str) -> dict:  # type: ignore[type-arg]
    """All that Google tells of one cell."""
    url = f"https://{HOST}/v4/spreadsheets/{sheet.spreadsheet}"
    answer = sheet.client.request("get", url, params={"ranges": where, "includeGridData": "true"})
    data: dict = answer.json()["sheets"][0]["data"][0]["rowData"][0]["values"][0]  # type: ignore[type-arg]
    return data

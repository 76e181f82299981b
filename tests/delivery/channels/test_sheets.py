"""Updates of a Google spreadsheet over HTTP: rows, limits, the other tabs, setup and the channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from awardspider.delivery.channels.base import ChannelConfig, ChannelContext
from awardspider.delivery.channels.sheets.cells import column_letters, date_serial
from awardspider.delivery.channels.sheets.channel import SheetsChannel
from awardspider.delivery.channels.sheets.columns import DEAL, INDEX, STATUS
from awardspider.delivery.channels.sheets.layout import OFFERS, TABS, repair
from awardspider.delivery.channels.sheets.row_plan import Limits
from awardspider.items import BonusOrDiscount, PromotionItem, PromotionKind
from awardspider.outcomes import InvalidArgument
from awardspider.search.match_states import MatchState
from awardspider.storage.alerts import Alert
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.matches import new_match
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.programs import record_block, record_success
from awardspider.storage.runs import start_run
from awardspider.storage.store import Store
from tests.support.channel_examples import make_context
from tests.support.sandbox_server import Sandbox
from tests.support.sheet_editors import (
    HOST,
    SharedSheet,
    assert_notes_match,
    cheaper,
    flights,
    make_message,
    without_quota,
    write_with_notes,
)
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_offer, make_report, make_segment
from tests.support.stored_promotions import store_announcements
from tests.support.stored_watches import store_watches

LATER = NOW + timedelta(hours=2)


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with without_quota() as running:
        yield running


# ---- rows --------------------------------------------------------------------------------------------------------


def test_offer_becomes_a_row_of_typed_values(sheet: SharedSheet) -> None:
    offer = make_itinerary()
    store_watches(sheet.store, "Austin")
    alert = Alert(watch_id="Austin", offer_id=offer.offer_id, miles=offer.miles, created_at=NOW)
    write_batch(sheet.store, make_batch(offer, alerts=[alert]))
    sheet.flush(offer)
    assert sheet.calls == 3
    [row] = sheet.rows()
    check = row.pop("check")
    assert check.startswith(offer.fare_id[:8])
    assert row == {
        "offer id": offer.fare_id,
        "class": "on sale",
        "program": "United MileagePlus",
        "from": "LAX",
        "from city": "Los Angeles",
        "to": "AUS",
        "to city": "Austin",
        "date": date_serial(DAY),
        "cabin": "economy",
        "status": "available",
        "deal": "on sale",
        "why": "marked as a sale by the program, regular price 15,000 miles",
        "age (h)": 0,
        "miles": 12_500,
        "taxes": 5.6,
        "taxes currency": "USD",
        "seats": 4,
        "stops": 0,
        "departs (local)": pytest.approx(date_serial(DAY) + (8 * 60 + 5) / 1440, abs=1e-5),
        "arrives (local)": pytest.approx(date_serial(DAY) + (13 * 60 + 10) / 1440, abs=1e-5),
        "minutes": 185,
        "booking code": "X",
        "saver": True,
        "on sale": True,
        "regular miles": 15_000,
        "cash price": 189.3,
        "cash currency": "USD",
        "watch": "Austin",
        "seen (UTC)": pytest.approx(date_serial(NOW.date()) + 10 / 24, abs=1e-5),
        "flights": "UA1297",
        "fare": "Economy Saver Award",
        "mixed cabin": False,
        "party": 1,
        "detail": "itinerary",
        "source": "united",
        "first seen (UTC)": pytest.approx(date_serial(NOW.date()) + 10 / 24, abs=1e-5),
        "booking link": offer.booking_link,
    }


def test_numbers_dates_and_links_are_formatted(sheet: SharedSheet) -> None:
    sheet.write(make_itinerary(taxes=None))
    shown = {title: _cell(sheet, title) for title in ("date", "miles", "departs (local)", "booking link")}
    assert {title: data["formattedValue"] for title, data in shown.items()} == {
        "date": "2027-03-10",
        "miles": "12,500",
        "departs (local)": "2027-03-10 08:05",
        "booking link": "https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=AUS",
    }
    assert (
        shown["booking link"]["userEnteredFormat"]["textFormat"]["link"]["uri"]
        == shown["booking link"]["formattedValue"]
    )


@pytest.mark.parametrize(
    "text", ["=1+1", '=HYPERLINK("https://evil.example")', "+1", "-1", "@SUM(A1)", "'=1+1", "\t=1"]
)
def test_text_never_becomes_a_formula(sheet: SharedSheet, text: str) -> None:
    offer = make_itinerary(fare_name=text, booking_code=text)
    sheet.write(offer)
    sheet.write(make_itinerary(fare_name=text, booking_code=f"{text}!", seen_at=LATER))
    fare, code = _cell(sheet, "fare"), _cell(sheet, "booking code")
    assert list(fare["userEnteredValue"]) == list(code["userEnteredValue"]) == ["stringValue"]
    assert fare["formattedValue"].lstrip("'").strip() == text.lstrip("'").strip()


def test_unchanged_rows_are_only_read(sheet: SharedSheet) -> None:
    offers = flights(3)
    sheet.write(*offers)
    before = sheet.rows()
    sheet.flush(*offers)
    assert sheet.calls == 2
    assert sheet.rows() == before


def test_change_updates_only_its_row(sheet: SharedSheet) -> None:
    offers = flights(5)
    sheet.write(*offers)
    sheet.write(*cheaper(offers[1:3]))
    assert sheet.calls == 3
    assert [row["miles"] for row in sheet.rows()] == [10_000, 5_001, 5_002, 10_003, 10_004]
    assert [row[DEAL] for row in sheet.rows()][0:2] == ["on sale", "on sale"]


def test_value_that_becomes_unknown_is_cleared(sheet: SharedSheet) -> None:
    sheet.write(make_itinerary())
    sheet.write(
        make_itinerary(seats=None, cash_price=None, on_sale=None, saver=None, regular_miles=None, seen_at=LATER)
    )
    [row] = sheet.rows()
    assert row.keys().isdisjoint({"seats", "cash price", "cash currency", "on sale", "saver", "regular miles", DEAL})


def test_price_drops_and_gone_offers_are_labeled(sheet: SharedSheet) -> None:
    kept, gone = (make_offer(origin=code, miles=20_000) for code in ("SFO", "LAX"))
    sheet.write(kept, gone)
    sheet.store_offers(make_offer(origin="SFO", miles=15_000, seen_at=LATER))
    sheet.mark_gone(gone)
    sheet.flush(kept, gone, event_type="offer.gone")
    rows = {row["from"]: row for row in sheet.rows()}
    assert (rows["SFO"][STATUS], rows["SFO"][DEAL]) == ("available", "dropped")
    assert (rows["LAX"][STATUS], rows["LAX"][DEAL]) == ("gone", "gone")
    assert rows["LAX"]["gone since (UTC)"] == pytest.approx(date_serial(NOW.date()) + 11 / 24, abs=1e-5)
    sheet.write(make_offer(origin="LAX", miles=20_000, seats=2, seen_at=LATER))  # it is back
    assert "gone since (UTC)" not in sheet.by_id()[gone.fare_id]


def test_one_fare_of_several_parties_is_one_row(sheet: SharedSheet) -> None:
    for_one, for_two = make_itinerary(), make_itinerary(travelers=2, miles=15_000, seats=4)
    store_watches(sheet.store, "couple", "solo")
    match = new_match("couple", for_two, MatchState(since=NOW, offer_id=for_two.offer_id, miles=15_000))
    write_batch(sheet.store, Batch(matches={match.key: match}))
    sheet.write(for_one, for_two)
    [row] = sheet.rows()
    assert (row["party"], row["miles"], row["watch"]) == (2, 15_000, "couple")  # no watch is for one traveler
    match = new_match("solo", for_one, MatchState(since=NOW, offer_id=for_one.offer_id, miles=12_500))
    write_batch(sheet.store, Batch(matches={match.key: match}))
    sheet.flush(for_one)
    [row] = sheet.rows()
    assert (row["party"], row["miles"], row["watch"]) == (1, 12_500, "couple; solo")
    sheet.mark_gone(for_one)
    sheet.flush(for_one, event_type="offer.gone")
    [row] = sheet.rows()
    assert (row["party"], row[DEAL]) == (2, "on sale")
    sheet.mark_gone(for_two, after=timedelta(hours=2))
    sheet.flush(for_two, event_type="offer.gone")
    [row] = sheet.rows()
    assert row[DEAL] == "gone"


def test_message_for_an_unstored_offer_is_rejected(sheet: SharedSheet) -> None:
    offer = make_offer()
    [report] = sheet.flush(offer)
    assert (report.result, report.note) == (DeliveryResult.REJECTED, "the offer is no longer stored")
    assert sheet.rows() == []


def test_two_messages_about_one_offer_create_one_row(sheet: SharedSheet) -> None:
    offer = make_offer()
    sheet.store_offers(offer)
    assert [report.result for report in sheet.flush(offer, offer)] == [DeliveryResult.SENT, DeliveryResult.SENT]
    assert len(sheet.rows()) == 1


# ---- limits ------------------------------------------------------------------------------------------------------


def test_large_flush_is_sent_in_pieces(server: Sandbox, sqlite_store: Store) -> None:
    sheet = SharedSheet(server, sqlite_store, limits=Limits(request_bytes=20_000, rows_per_piece=7))
    offers = flights(1_200)
    sheet.write(*offers)
    assert len(sheet.by_id()) == 1_200
    assert _cell(sheet, "date", row=1_190)["formattedValue"].startswith("2030-")  # below the rows of the new tab
    sheet.write(*cheaper(offers[::2]))
    found = sheet.by_id()
    assert [found[offer.fare_id]["miles"] for offer in offers[:4]] == [5_000, 10_001, 5_002, 10_003]


def test_statuses_that_change_with_time_are_marked_by_the_next_update(sheet: SharedSheet) -> None:
    departure = NOW + timedelta(hours=5)
    leaves = make_itinerary(segments=(replace(make_segment("1"), departs_at=departure),))
    other, unconfirmed, new = (make_itinerary(segments=(make_segment(number),)) for number in "234")
    sheet.write(leaves, other, unconfirmed)
    write_batch(sheet.store, Batch(unconfirmed={NOW + timedelta(hours=1): [unconfirmed.offer_id]}))
    sheet.now = departure
    sheet.store_offers(replace(new, seen_at=departure))
    sheet.flush(new)
    fares = [offer.fare_id for offer in (leaves, other, unconfirmed, new)]
    assert [sheet.by_id()[fare][STATUS] for fare in fares] == ["departed", *["available"] * 3]
    sheet.flush(unconfirmed)
    assert sheet.by_id()[unconfirmed.fare_id][STATUS] == "unconfirmed"

    sheet.open(max_age=timedelta(hours=48))
    sheet.now = NOW + timedelta(hours=49)
    sheet.flush(new)
    assert [sheet.by_id()[fare][STATUS] for fare in fares] == ["departed", "outdated", "outdated", "available"]
    sheet.flush(new)
    assert sheet.calls == 2, "nothing has changed since"


def test_rows_of_flights_that_departed_a_week_ago_are_deleted(sheet: SharedSheet) -> None:
    departure = NOW + timedelta(hours=5)
    leaves = make_itinerary(segments=(replace(make_segment("1"), departs_at=departure),))
    other = make_itinerary(segments=(make_segment("2"),))
    sheet.write(leaves, other)
    for days, kept in ((6, 2), (7, 1)):
        sheet.now = departure + timedelta(days=days)
        sheet.flush(leaves, other)
        assert len(sheet.rows()) == kept
    assert set(sheet.by_id()) == {other.fare_id}
    notes = [row[-1] for row in sheet.server.cells(sheet.spreadsheet, "Health!J2:K") if row]
    assert "rows deleted: 1, of flights that departed a week ago" in notes


def test_no_row_is_created_for_an_offer_that_is_not_available(sheet: SharedSheet) -> None:
    departed = make_itinerary(segments=(replace(make_segment("1"), departs_at=NOW - timedelta(hours=1)),))
    gone = make_itinerary(segments=(make_segment("2"),))
    sheet.store_offers(departed, gone)
    sheet.mark_gone(gone)
    assert {report.result for report in sheet.flush(departed, gone)} == {DeliveryResult.SENT}
    assert sheet.rows() == []


def test_rows_of_gone_offers_are_deleted_if_the_spreadsheet_is_full(sheet: SharedSheet) -> None:
    offers = flights(30)
    write_with_notes(sheet, offers)
    sheet.mark_gone(*offers[:20])
    sheet.do(
        {"addSheet": {"properties": {"title": "Other", "gridProperties": {"rowCount": 94_550, "columnCount": 100}}}}
    )
    sheet.delete("ROWS", 31, sheet.tab().rows)  # no empty row is left
    sheet.flusher.limits = Limits(prune_above=9_474_000, prune_to=9_473_800)
    sheet.write(*flights(35)[30:])
    found = sheet.by_id()
    assert len(found) < 35
    assert all(offer.fare_id in found for offer in [*offers[20:], *flights(35)[30:]])
    assert_notes_match(sheet)
    notes = [row["note"] for row in sheet.rows("Health")]
    assert any("the oldest of gone offers" in note for note in notes)


def test_full_spreadsheet_pauses_the_channel(sheet: SharedSheet) -> None:
    offers = flights(10)
    sheet.write(*offers[:5])
    sheet.delete("ROWS", 8, sheet.tab().rows)  # two empty rows are left
    sheet.flusher.limits = Limits(cells=100)
    sheet.store_offers(*offers[5:])
    reports = sheet.flush(*offers[5:])
    assert [report.result for report in reports] == [DeliveryResult.SENT] * 2 + [DeliveryResult.RETRY] * 3
    assert reports[-1].pauses
    assert "10 million cells" in reports[-1].note
    assert len(sheet.by_id()) == 7


# ---- the other tabs ----------------------------------------------------------------------------------------------


def test_health_has_a_row_for_each_program(sheet: SharedSheet) -> None:
    start_run(sheet.store, program="united", spider="united", job=None, arguments={}, now=NOW)
    record_success(sheet.store, "united", now=NOW)
    record_block(sheet.store, "united", reason="blocked", until_at_least=LATER, now=NOW)
    write_batch(sheet.store, Batch(reports=[make_report("s1")]))
    sheet.write(make_offer(), make_offer(origin="SFO"))
    assert sheet.calls == 3
    first, *rest = sheet.rows("Health")
    assert first["program"] == "United MileagePlus"
    assert (first["outcome"], first["offers"], first["block reason"]) == ("found", 2, "blocked")
    assert first["blocked until (UTC)"] == pytest.approx(date_serial(NOW.date()) + 12 / 24, abs=1e-5)
    assert first["note"] == "last update of this tab"
    assert "cells in all tabs" in rest[0]["note"]


def test_health_is_updated_every_five_minutes_and_keeps_its_notes(sheet: SharedSheet) -> None:
    message = make_message(1, "", "channel.paused", channel="make", reason="410 Gone")
    [report] = sheet.flusher.flush([message])
    assert report.result is DeliveryResult.SENT
    sheet.now += timedelta(minutes=1)
    sheet.write(make_offer())
    assert _updated_at(sheet) == pytest.approx(date_serial(NOW.date()) + 10 / 24, abs=1e-5)
    sheet.now += timedelta(minutes=5)
    sheet.write(make_offer(origin="SFO"))
    assert _updated_at(sheet) == pytest.approx(date_serial(NOW.date()) + (10 * 60 + 6) / 1440, abs=1e-5)
    assert "the channel make is paused: 410 Gone" in [row.get("note") for row in sheet.rows("Health")]


def test_promotions_are_those_of_the_database(sheet: SharedSheet) -> None:
    today = NOW.date()
    promotions = [
        PromotionItem(
            kind=PromotionKind.TRANSFER_BONUS,
            title=f"={percent}% more",
            programs=("flyingblue",),
            banks=("amex",),
            percent=percent,
            bonus_or_discount=BonusOrDiscount.BONUS,
            routes=("FRA-CUN", "FRA-JFK"),
            source="blog",
            link=f"https://x.example/{percent}",
            book_from=today + timedelta(days=first),
            book_by=today + timedelta(days=last),
            seen_at=NOW,
        )
        for percent, first, last in ((10, 0, 1), (20, 5, 9), (30, 0, 20))
    ]
    again = replace(promotions[2], source="news", link="https://y.example/30")
    store_announcements(sheet.store, *promotions, again)
    sheet.now = NOW + timedelta(days=2)
    [report] = sheet.flusher.flush([make_message(1, "any", "promotion")])
    assert report.result is DeliveryResult.SENT
    rows = sheet.rows("Promotions")
    assert [(row["promotion"], row["state"]) for row in rows] == [
        ("=30% more", "active"),
        ("=20% more", "announced"),
        ("=10% more", "ended"),
    ]
    first = {name: value for name, value in rows[0].items() if value is not None and "UTC" not in name}
    assert first == {
        "state": "active",
        "kind": "transfer bonus",
        "promotion": "=30% more",
        "programs": "Air France-KLM Flying Blue",
        "banks": "Amex Membership Rewards",
        "percent": 30,
        "bonus or discount": "bonus",
        "routes": "FRA-CUN; FRA-JFK",
        "first day": date_serial(today),
        "last day": date_serial(today + timedelta(days=20)),
        "confidence": "verified",
        "sources": "blog; news",
        "link": "https://x.example/30",
    }


def test_sandbox_page_opens_at_the_first_tab_with_content(sheet: SharedSheet) -> None:
    sheet.write(make_itinerary())
    page = sheet.server.client.get(f"{sheet.server.url}/sheets/{sheet.spreadsheet}").text
    assert 'aria-current="page">Best<' in page


# ---- setup -------------------------------------------------------------------------------------------------------


def test_second_setup_changes_nothing(sheet: SharedSheet) -> None:
    before = sheet.client.get_spreadsheet("*")
    assert repair(sheet.client) == []
    assert sheet.client.get_spreadsheet("*") == before


def test_new_tab_has_filter_protection_and_colors(sheet: SharedSheet) -> None:
    spreadsheet = sheet.client.get_spreadsheet("sheets(properties,basicFilter,protectedRanges,conditionalFormats)")
    tab = next(tab for tab in spreadsheet["sheets"] if tab["properties"]["title"] == OFFERS)
    assert tab["properties"]["gridProperties"]["frozenRowCount"] == 1
    assert tab["basicFilter"]["range"].get("endColumnIndex", sheet.tab().columns) == sheet.tab().columns
    assert all(area["warningOnly"] for area in tab["protectedRanges"])
    assert len(tab["conditionalFormats"]) == 10
    assert _cell(sheet, "program", row=1)["userEnteredFormat"]["textFormat"]["bold"] is True


def test_repair_adds_only_what_is_missing(sheet: SharedSheet) -> None:
    offers = flights(3)
    write_with_notes(sheet, offers)
    sheet.delete("COLUMNS", INDEX["seats"], INDEX["seats"] + 1)
    sheet.do({"clearBasicFilter": {"sheetId": sheet.tab().gid}})
    assert repair(sheet.client) == ["added the column seats at the right end", "set the filter"]
    assert repair(sheet.client) == []
    sheet.write(*cheaper(offers))
    assert [row["seats"] for row in sheet.rows()] == [4, 4, 4]
    assert_notes_match(sheet)


def test_tab_with_other_content_is_not_changed(server: Sandbox, sqlite_store: Store) -> None:
    sheet = SharedSheet(server, sqlite_store)
    sheet.do({"addSheet": {"properties": {"title": OFFERS}}})
    sheet.type_in(0, ["Flat in Porto", 1200])
    with pytest.raises(InvalidArgument, match="the tab Offers has content that is not from awardspider"):
        repair(sheet.client)
    sheet.store_offers(make_offer())
    [report] = sheet.flush(make_offer())
    assert (report.result, report.pauses) == (DeliveryResult.RETRY, True)
    assert "run scrapy sheets setup" in report.note


def test_empty_tab_is_filled(server: Sandbox, sqlite_store: Store) -> None:
    sheet = SharedSheet(server, sqlite_store)
    grid = {"rowCount": 50, "columnCount": 3}
    sheet.do({"addSheet": {"properties": {"title": OFFERS, "gridProperties": grid}}})
    assert repair(sheet.client)[:2] == ["created the tab Best", "filled the empty tab Offers"]
    sheet.write(make_offer())
    assert len(sheet.rows()) == 1


def test_narrow_filter_is_extended(sheet: SharedSheet) -> None:
    sheet.write(make_offer())
    gid = sheet.tab().gid
    narrow = {"sheetId": gid, "startRowIndex": 0, "endRowIndex": 10, "startColumnIndex": 0, "endColumnIndex": 5}
    sheet.do({"setBasicFilter": {"filter": {"range": narrow}}})
    sheet.write(make_offer(origin="SFO"))
    area = (sheet.tab().filter or {})["range"]
    assert area.get("endColumnIndex", 99) >= sheet.tab().columns
    assert area.get("endRowIndex", 9_999) >= sheet.tab().rows


@pytest.mark.parametrize("name", TABS)
def test_tab_with_two_rows_can_be_repaired_and_written(sheet: SharedSheet, name: str) -> None:
    tab = sheet.tab(name)
    remaining = {"sheetId": tab.gid, "dimension": "ROWS", "startIndex": 2, "endIndex": tab.rows}
    sheet.do({"deleteDimension": {"range": remaining}})
    assert repair(sheet.client) == []
    sheet.write(make_itinerary())
    assert repair(sheet.client) == []


# ---- the channel -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"language": "es"}, "unknown option 'language' of kind sheets; use locale"),
        ({"locale": "xx"}, "unknown locale 'xx'; use en, pt_BR or es"),
    ],
)
def test_unknown_options_and_languages_are_refused(
    sqlite_store: Store, tmp_path: Path, options: dict[str, str], message: str
) -> None:
    config = ChannelConfig(name="sheets", kind="sheets", address="1" * 44, options=options)
    with pytest.raises(InvalidArgument, match=message):
        SheetsChannel.check(config, make_context(sqlite_store, tmp_path))


def test_channel_creates_missing_tabs(server: Sandbox, sqlite_store: Store, tmp_path: Path) -> None:
    sheet = SharedSheet(server, sqlite_store)
    address = f"https://docs.google.com/spreadsheets/d/{sheet.spreadsheet}/edit?gid=0#gid=0"
    context = ChannelContext(
        store=sqlite_store,
        now=lambda: NOW,
        settings={"AWARD_SHEET_OFFERS": "all"},
        data_dir=tmp_path,
        sandbox_url=server.url,
    )
    config = ChannelConfig(name="sheets", kind="sheets", address=address, options={"locale": "pt_BR"})
    SheetsChannel.check(config, context)
    channel = SheetsChannel(config, context)
    sheet.store_offers(make_offer())
    reports = channel.deliver([make_message(1, make_offer().offer_id), make_message(2, "", "test")])
    assert [report.result for report in reports] == [DeliveryResult.SENT, DeliveryResult.SENT]
    channel.close()
    [row] = sheet.rows()
    assert (row["from city"], row["to city"]) == ("Los Angeles", "Austin")
    assert any(row["note"].startswith("test: ") for row in sheet.rows("Health"))
    assert {request["host"] for request in server.requests(sheet.spreadsheet)} == {HOST}


def _updated_at(sheet: SharedSheet) -> float:
    time: float = sheet.rows("Health")[0]["time (UTC)"]
    return time


def _cell(sheet: SharedSheet, title: str, row: int = 2) -> dict:  # type: ignore[type-arg]
    """Return everything that Google has about one cell of the tab Offers; rows count from 1."""
    cell = f"'{OFFERS}'!{column_letters(INDEX[title])}{row}"
    url = f"https://{HOST}/v4/spreadsheets/{sheet.spreadsheet}"
    response = sheet.client.request("get", url, params={"ranges": cell, "includeGridData": "true"})
    data: dict = response.json()["sheets"][0]["data"][0]["rowData"][0]["values"][0]  # type: ignore[type-arg]
    return data

"""Which offers have a row in the tab Offers, on both engines, and which rows are deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from awardspider.delivery.channels.sheet_options import OfferSelection, SheetOptions, sheet_options
from awardspider.delivery.outbox.enqueue import check_channel_settings
from awardspider.delivery.outbox.sheet_updates import fill_sheets
from awardspider.items import AwardOfferItem, PromotionItem, PromotionKind
from awardspider.outcomes import InvalidSetting
from awardspider.search.judgments import DealClass
from awardspider.search.promotion_states import day_start
from awardspider.storage.batches import write_batch
from awardspider.storage.store import Store
from tests.support.deal_examples import end_matches, store_judged, store_matches
from tests.support.sandbox_server import Sandbox
from tests.support.sheet_editors import NOTES, SharedSheet, make_message, without_quota
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary
from tests.support.stored_promotions import store_announcements
from tests.support.stored_watches import store_watches

DEALS = SheetOptions(offers=OfferSelection.DEALS, best_per_watch=2)
NO_CHANNELS = dict.fromkeys(("AWARD_GOOGLE_SHEET", "AWARD_WEBHOOKS", "AWARD_WEBHOOK_SECRET"), "")
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with without_quota() as running:
        yield running


def _offers(count: int, **values: Any) -> list[AwardOfferItem]:
    fields = {"on_sale": None, "regular_miles": None} | values
    return [make_itinerary(departure_date=DAY + timedelta(days=n), miles=10_000 + n, **fields) for n in range(count)]


def _miles(sheet: SharedSheet) -> list[int]:
    return sorted(row["miles"] for row in sheet.rows())


def _open(server: Sandbox, store: Store, options: SheetOptions = DEALS) -> SharedSheet:
    return SharedSheet(server, store, options=options)


def test_deals_sales_and_the_best_of_each_watch_have_a_row(server: Sandbox, store: Store) -> None:
    offers = _offers(6)
    store_watches(store, "Austin")
    sale = make_itinerary(miles=90_000, fare_name="Sale")
    store_judged(store, DealClass.USUAL, *offers[:5])
    store_judged(store, DealClass.RECORD_LOW, offers[5])
    write_batch(store, make_batch(sale))
    store_matches(store, "Austin", *offers[1:5])
    for options, expected in (
        (DEALS, [10_001, 10_002, 10_005, 90_000]),
        (SheetOptions(best_per_watch=0), [10_005, 90_000]),
        (SheetOptions(offers=OfferSelection.MATCHES), [10_001, 10_002, 10_003, 10_004, 10_005, 90_000]),
        (SheetOptions(offers=OfferSelection.ALL), [10_000, 10_001, 10_002, 10_003, 10_004, 10_005, 90_000]),
    ):
        sheet = _open(server, store, options)
        sheet.flush(*offers, sale)
        assert _miles(sheet) == expected
        assert sheet.by_id()[sale.fare_id]["class"] == "on sale"


def test_offer_that_became_a_deal_without_a_change_gets_a_row(server: Sandbox, store: Store) -> None:
    sheet = _open(server, store)
    first, second = _offers(2)
    store_judged(store, DealClass.UNKNOWN, first, baseline=None)
    store_judged(store, DealClass.GOOD, second)
    sheet.flush(first, second)
    assert _miles(sheet) == [10_001]
    sheet.now += 3 * HOUR
    store_judged(store, DealClass.GOOD, make_itinerary(**_fields(first), seen_at=sheet.now))
    sheet.flusher.flush([make_message(1, "", "test")])
    assert _miles(sheet) == [10_000, 10_001]


def _fields(offer: AwardOfferItem) -> dict[str, Any]:
    return {
        "departure_date": offer.departure_date, "miles": offer.miles, "on_sale": None, "regular_miles": None
    }  # fmt: skip


def test_deleted_row_returns_only_when_its_offer_is_seen_again(server: Sandbox, store: Store) -> None:
    sheet = _open(server, store)
    offers = _offers(3)
    store_judged(store, DealClass.GOOD, *offers)
    sheet.flush(*offers)
    sheet.delete("ROWS", 1, 2)
    sheet.now += HOUR
    sheet.flush(*offers[1:])
    assert _miles(sheet) == [10_001, 10_002]
    sheet.now += HOUR
    write_batch(store, make_batch(seen={sheet.now: [offers[0].offer_id]}))
    sheet.flush(offers[1])
    assert _miles(sheet) == [10_000, 10_001, 10_002]


def test_offers_without_a_message_have_a_row_if_all_are_selected(server: Sandbox, store: Store) -> None:
    sheet = _open(server, store, SheetOptions(offers=OfferSelection.ALL))
    first, second, third = _offers(3)
    write_batch(store, make_batch(first, second))
    sheet.flush(first)
    assert _miles(sheet) == [10_000, 10_001]
    sheet.delete("ROWS", 1, 2)
    sheet.now += HOUR
    write_batch(store, make_batch(make_itinerary(**_fields(third), seen_at=sheet.now)))
    sheet.flusher.flush([make_message(1, "", "test")])
    assert _miles(sheet) == [10_001, 10_002]


def test_rows_show_when_an_unchanged_deal_was_seen_again(server: Sandbox, store: Store) -> None:
    sheet = _open(server, store)
    [offer] = _offers(1)
    store_judged(store, DealClass.GOOD, offer)
    sheet.flush(offer)
    sheet.now += timedelta(hours=30)
    sheet.flusher.flush([make_message(1, "", "test")])
    [before] = sheet.rows()
    assert before["age (h)"] == 30
    write_batch(store, make_batch(seen={sheet.now: [offer.offer_id]}))
    sheet.now += 2 * HOUR
    sheet.flusher.flush([make_message(1, "", "test")])
    [after] = sheet.rows()
    assert after["age (h)"] == 2
    assert after["seen (UTC)"] > before["seen (UTC)"]


def test_rows_of_offers_that_are_no_longer_selected_are_deleted_after_a_week(server: Sandbox, store: Store) -> None:
    sheet = _open(server, store)
    offers = _offers(4)  # the third becomes outdated
    dearer, gone, _, kept = offers
    store_judged(store, DealClass.GOOD, *offers)
    sheet.open(max_age=timedelta(hours=48))
    sheet.flush(*offers)
    store_judged(store, DealClass.USUAL, make_itinerary(**_fields(dearer) | {"miles": 50_000}, seen_at=NOW + HOUR))
    sheet.mark_gone(gone)
    sheet.now += 2 * HOUR
    sheet.flush(dearer, gone)
    assert [row["class"] for row in sheet.rows()] == ["usual", "gone", "good", "good"]
    for after, expected in ((WEEK - HOUR, [10_001, 10_002, 10_003, 50_000]), (WEEK + 2 * HOUR, [10_003])):
        sheet.now = NOW + after
        write_batch(store, make_batch(seen={sheet.now: [kept.offer_id]}))
        sheet.flush(kept)
        assert _miles(sheet) == expected
    assert "rows deleted: 3, of offers that are no longer selected" in [row.get("note") for row in sheet.rows("Health")]


def test_rows_that_people_wrote_into_are_kept(server: Sandbox, store: Store) -> None:
    sheet = _open(server, store)
    offers = _offers(4)
    store_judged(store, DealClass.GOOD, *offers)
    sheet.flush(*offers)
    ids = [row["offer id"] for row in sheet.rows()]
    sheet.type_in(NOTES, ["my note", "", "booked!", "", ""])
    sheet.type_in(NOTES + 3, ["mine too", "", "", "call them", ""])
    sheet.sort(0, descending=True)
    sheet.insert("COLUMNS", 3, 4)
    sheet.mark_gone(*offers)
    sheet.now += WEEK + 2 * HOUR
    sheet.flush(*offers, event_type="offer.gone")
    rows = sheet.by_id()
    assert {key: (row.get("my note"), row.get("mine too")) for key, row in rows.items()} == {
        ids[1]: ("booked!", None),
        ids[2]: (None, "call them"),
    }
    assert {row["class"] for row in rows.values()} == {"gone"}


def test_row_is_kept_while_another_party_has_the_offer(server: Sandbox, store: Store) -> None:
    sheet = _open(server, store)
    [alone] = _offers(1)
    [couple] = _offers(1, travelers=2)
    store_judged(store, DealClass.GOOD, alone, couple)
    sheet.flush(alone)
    sheet.mark_gone(alone)
    sheet.now += WEEK + 2 * HOUR
    sheet.flush(alone)
    [row] = sheet.rows()
    assert (row["party"], row["class"]) == (2, "good")


def test_watch_that_has_better_matches_gives_up_its_other_rows(server: Sandbox, store: Store) -> None:
    sheet = _open(server, store)
    offers = _offers(4)
    store_judged(store, DealClass.USUAL, *offers)
    store_watches(store, "Austin")
    store_matches(store, "Austin", *offers[2:])
    sheet.flush(*offers)
    assert _miles(sheet) == [10_002, 10_003]
    sheet.now += WEEK + HOUR
    write_batch(store, make_batch(seen={sheet.now: [offer.offer_id for offer in offers]}))
    store_matches(store, "Austin", *offers[:2])
    sheet.flush(offers[0])
    assert _miles(sheet) == [10_000, 10_001]
    end_matches(store, "Austin", at=sheet.now)
    sheet.flush(*offers)
    assert _miles(sheet) == []


def test_update_takes_three_calls_after_people_moved_columns(server: Sandbox, store: Store) -> None:
    sheet = _open(server, store)
    offers = _offers(3)
    store_judged(store, DealClass.GOOD, *offers)
    sheet.flush(*offers)
    sheet.insert("COLUMNS", 5, 6)
    sheet.flush(*offers)
    for miles in (9_000, 8_000):
        store_judged(store, DealClass.GOOD, make_itinerary(**_fields(offers[0]) | {"miles": miles}))
        sheet.flush(offers[0])
    assert sheet.calls == 3
    assert _miles(sheet) == [8_000, 10_001, 10_002]


# ---- settings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"AWARD_SHEET_OFFERS": "best"}, "AWARD_SHEET_OFFERS is 'best', but must be deals, matches or all"),
        ({"AWARD_SHEET_BEST_ROWS": "51"}, "AWARD_SHEET_BEST_ROWS is '51', but must be a number from 1 to 50"),
        ({"AWARD_SHEET_BEST_ROWS": "0"}, "AWARD_SHEET_BEST_ROWS is '0'"),
        ({"AWARD_SHEET_BEST_PER_WATCH": "many"}, "AWARD_SHEET_BEST_PER_WATCH is 'many', but must be a number from 0"),
    ],
)
def test_invalid_settings_are_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        check_channel_settings(NO_CHANNELS | settings)


def test_settings_have_defaults_and_the_channel_overrides_the_language() -> None:
    assert sheet_options({}) == SheetOptions()
    settings = {
        "AWARD_SHEET_OFFERS": "All",
        "AWARD_SHEET_BEST_ROWS": 50,
        "AWARD_SHEET_BEST_PER_WATCH": "0",
        "AWARD_LOCALE": "es",
    }
    expected = SheetOptions(offers=OfferSelection.ALL, best_rows=50, best_per_watch=0, locale="es")
    assert sheet_options(settings) == expected
    assert sheet_options(settings, "pt_BR").locale == "pt_BR"


def test_fill_queues_the_selected_offers(sqlite_store: Store) -> None:
    offers = _offers(3)
    store_judged(sqlite_store, DealClass.GOOD, offers[0])
    store_judged(sqlite_store, DealClass.USUAL, *offers[1:])
    store_watches(sqlite_store, "Austin")
    store_matches(sqlite_store, "Austin", offers[1])
    for number, (selection, count) in enumerate((("deals", 2), ("matches", 2), ("all", 3))):
        settings = NO_CHANNELS | {"AWARD_GOOGLE_SHEET": "1AbC", "AWARD_SHEET_OFFERS": selection}
        assert fill_sheets(sqlite_store, settings, NOW + number * HOUR) == count


def test_fill_queues_the_promotions_that_have_not_ended_where_their_last_day_ends_last(sqlite_store: Store) -> None:
    promotion = PromotionItem(
        kind=PromotionKind.TRANSFER_BONUS,
        title="30% bonus from Amex to Flying Blue",
        source="blog.example",
        link="https://blog.example/1",
        seen_at=NOW,
        programs=("flyingblue",),
        banks=("amex",),
        percent=30,
        book_by=NOW.date(),
    )
    store_announcements(sqlite_store, promotion)
    settings = NO_CHANNELS | {"AWARD_GOOGLE_SHEET": "1AbC"}
    end = day_start(NOW.date() + timedelta(days=1))
    assert fill_sheets(sqlite_store, settings, end - HOUR) == 1
    assert fill_sheets(sqlite_store, settings, end) == 0

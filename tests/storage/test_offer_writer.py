"""Writing of offers and their price points, on both engines."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from awardspider.items import OFFER_FIELDS, AwardOfferItem, Detail, Money
from awardspider.offer_fields import OFFER_COLUMNS
from awardspider.storage.alerts import Alert
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.column_types import Amount
from awardspider.storage.offers import OfferFilter, OfferRow, PricePoint, find_offers, offer_history
from awardspider.storage.searches import SearchFilter, find_searches
from awardspider.storage.store import Store
from tests.support.item_examples import GENERATED
from tests.support.storage_examples import (
    DAY,
    NOW,
    live_states,
    make_batch,
    make_itinerary,
    make_offer,
    make_report,
    make_search,
    make_segment,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def stored_offers(store: Store) -> list[OfferRow]:
    return list(find_offers(store, OfferFilter(gone=True), sort="date"))


def stored_offer(store: Store) -> OfferRow:
    (row,) = stored_offers(store)
    return row


def history(store: Store, offer: AwardOfferItem) -> list[PricePoint]:
    return offer_history(store, offer.offer_id)[1]


def mark_gone(store: Store, offer: AwardOfferItem, at: datetime) -> None:
    write_batch(store, Batch(gone={at: [offer.offer_id]}))


def mark_seen(store: Store, offer: AwardOfferItem, at: datetime) -> None:
    write_batch(store, Batch(seen={at: [offer.offer_id]}))


# ---- values --------------------------------------------------------------------------------------------------------


def test_every_field_is_stored(store: Store) -> None:
    offer = make_itinerary(
        segments=(make_segment(), make_segment("374")), seats=9, travelers=2, chart_miles=20_000, **GENERATED
    )
    write_batch(store, make_batch(offer))
    row = stored_offer(store)
    assert {name: getattr(row, name) for name in OFFER_FIELDS} == {name: getattr(offer, name) for name in OFFER_FIELDS}
    assert None not in {getattr(row, name) for name in OFFER_FIELDS}
    assert (row.id, row.offer_id, row.flights) == (offer.offer_id, offer.offer_id, "UA1297 UA374")
    assert (row.first_seen_at, row.last_seen_at, row.changed_at, row.gone_at) == (NOW, NOW, NOW, None)
    assert [segment.departs_at.isoformat() for segment in row.segments] == ["2027-03-10T08:05:00-08:00"] * 2
    assert row.segments[-1].arrives_at.isoformat() == "2027-03-10T13:10:00-06:00"


def test_unknown_values_stay_unknown(store: Store) -> None:
    write_batch(store, make_batch(make_offer(miles=None, taxes=None)))
    row = stored_offer(store)
    unknown = {name for name in OFFER_FIELDS if getattr(row, name) is None}
    assert unknown >= {"miles", "taxes", "seats", "stops", "fare_name", "mixed_cabin", "cash_price", "booking_link"}
    assert unknown == {column.name for column in OFFER_COLUMNS if not column.required} & OFFER_FIELDS.keys()
    assert (row.flights, row.segments, row.gone_at) == ("", (), None)


def test_offers_of_one_batch_can_have_different_fields(store: Store) -> None:
    write_batch(store, make_batch(make_itinerary(), make_offer()))
    assert {row.detail: row.seats for row in stored_offers(store)} == {Detail.ITINERARY: 4, Detail.DAY: None}


def test_amounts_are_exact_and_sorted_by_value(store: Store) -> None:
    amounts = [Decimal(text) for text in ("1234567.89", "0.10", "5.60", "560", "7.125", "99999999999.99")]
    batch = make_batch(*(make_offer(departure_date=DAY + timedelta(days=n), taxes=Money(amount, "USD"))
                         for n, amount in enumerate(amounts)))  # fmt: skip
    write_batch(store, batch)
    assert [str(row.taxes) for row in find_offers(store, OfferFilter(), sort="taxes")] == [
        "0.10 USD", "5.60 USD", "7.125 USD", "560.00 USD", "1234567.89 USD", "99999999999.99 USD",
    ]  # fmt: skip


@given(st.decimals(min_value=0, max_value=10**11, places=4, allow_nan=False))
def test_sqlite_returns_every_amount_unchanged(amount: Decimal) -> None:
    sqlite = create_engine("sqlite://").dialect
    assert Amount().process_result_value(Amount().process_bind_param(amount, sqlite), sqlite) == amount


def test_times_are_returned_in_utc(store: Store) -> None:
    pacific = NOW.astimezone(timezone(timedelta(hours=-8))) + timedelta(microseconds=7)
    write_batch(store, make_batch(make_offer(seen_at=pacific)))
    seen_at = stored_offer(store).last_seen_at
    assert seen_at == pacific
    assert seen_at.utcoffset() == timedelta(0)


def test_naive_times_are_rejected(store: Store) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        write_batch(store, make_batch(make_offer(seen_at=datetime(2026, 11, 22))))  # noqa: DTZ001
    assert stored_offers(store) == []


def test_nul_characters_are_removed(store: Store) -> None:
    offer = make_itinerary(fare_name="Sa\0ver", booking_code="\0X")
    write_batch(store, make_batch(offer, reports=[make_report("1", note="\0?")]))
    row = stored_offer(store)
    assert (row.fare_name, row.booking_code) == ("Saver", "X")


# ---- changes -------------------------------------------------------------------------------------------------------


def test_a_changed_offer_is_updated_and_gets_a_price_point(store: Store) -> None:
    before, after = make_itinerary(), make_itinerary(miles=10_000, seats=None, seen_at=NOW + HOUR)
    write_batch(store, make_batch(before))
    write_batch(store, make_batch(after))
    row = stored_offer(store)
    assert (row.miles, row.seats) == (10_000, None)
    assert (row.first_seen_at, row.last_seen_at, row.changed_at) == (NOW, NOW + HOUR, NOW + HOUR)
    points = history(store, after)
    assert [(point.seen_at, point.miles_change) for point in points] == [(NOW, None), (NOW + HOUR, -2_500)]
    price = {"miles": 12_500, "taxes": Decimal("5.60"), "taxes_currency": "USD", "seats": 4}
    price |= {"saver": True, "on_sale": True}
    assert [point.values for point in points] == [price, price | {"miles": 10_000, "seats": None}]


def test_an_unchanged_offer_only_updates_last_seen(store: Store) -> None:
    offer = make_offer()
    write_batch(store, make_batch(offer))
    mark_seen(store, offer, NOW + HOUR)
    mark_seen(store, offer, NOW + MINUTE)
    row = stored_offer(store)
    assert (row.first_seen_at, row.last_seen_at, row.changed_at) == (NOW, NOW + HOUR, NOW)
    assert len(history(store, offer)) == 1


def test_a_gone_offer_can_come_back(store: Store) -> None:
    offer = make_offer()
    write_batch(store, make_batch(offer))
    mark_gone(store, offer, NOW + HOUR)
    assert stored_offer(store).gone_at == NOW + HOUR
    assert live_states(store, make_search(), "united") == {}
    mark_gone(store, offer, NOW + 2 * HOUR)
    assert stored_offer(store).gone_at == NOW + HOUR

    write_batch(store, make_batch(make_offer(seen_at=NOW + 3 * HOUR)))
    row = stored_offer(store)
    assert (row.gone_at, row.first_seen_at) == (None, NOW)
    assert [(point.seen_at, point.gone, point.values["miles"]) for point in history(store, offer)] == [
        (NOW, False, 12_500),
        (NOW + HOUR, True, None),
        (NOW + 3 * HOUR, False, 12_500),
    ]


def test_an_older_response_does_not_overwrite_newer_data(store: Store) -> None:
    new, old = make_offer(seen_at=NOW + HOUR), make_offer(miles=9_000, seen_at=NOW)
    write_batch(store, make_batch(new))
    write_batch(store, make_batch(old))
    row = stored_offer(store)
    assert (row.miles, row.last_seen_at) == (12_500, NOW + HOUR)
    assert live_states(store, make_search(), "united") == {new.offer_id: new.state}
    assert [(point.seen_at, point.values["miles"]) for point in history(store, new)] == [
        (NOW, 9_000),
        (NOW + HOUR, 12_500),
    ]


def test_an_older_response_neither_restores_nor_ends_an_offer(store: Store) -> None:
    offer = make_offer()
    write_batch(store, make_batch(offer))
    mark_gone(store, offer, NOW + 2 * HOUR)
    write_batch(store, make_batch(make_offer(miles=1, seen_at=NOW + HOUR)))
    mark_seen(store, offer, NOW + HOUR)
    assert (stored_offer(store).gone_at, stored_offer(store).miles) == (NOW + 2 * HOUR, 12_500)

    write_batch(store, make_batch(make_offer(seen_at=NOW + 3 * HOUR)))
    mark_gone(store, offer, NOW + 2 * HOUR)
    assert stored_offer(store).gone_at is None


def test_parsing_the_same_response_again_corrects_its_price_point(store: Store) -> None:
    write_batch(store, make_batch(make_offer(miles=125)))
    write_batch(store, make_batch(make_offer(miles=12_500)))
    assert stored_offer(store).miles == 12_500
    assert [point.values["miles"] for point in history(store, make_offer())] == [12_500]


# ---- sources that report when they saw an offer --------------------------------------------------------------------


def write_response(store: Store, item: AwardOfferItem, responded_at: datetime) -> None:
    write_batch(store, Batch(offers={item.offer_id: item}, responded_at={item.offer_id: responded_at}))


@pytest.fixture
def gone_offer(store: Store) -> AwardOfferItem:
    """Store an offer that its source saw at ten and that a response at noon did not contain."""
    offer = make_offer(seen_at=NOW)
    write_response(store, offer, NOW)
    mark_gone(store, offer, NOW + 2 * HOUR)
    return offer


def test_a_later_response_restores_an_offer_that_was_seen_before_it_was_gone(
    store: Store, gone_offer: AwardOfferItem
) -> None:
    write_response(store, make_offer(miles=9_000, seen_at=NOW + HOUR), NOW + 3 * HOUR)
    row = stored_offer(store)
    assert (row.id, row.gone_at, row.miles) == (gone_offer.offer_id, None, 9_000)
    assert (row.last_seen_at, row.changed_at) == (NOW + HOUR, NOW + 3 * HOUR)
    points = [(point.seen_at, point.values["miles"], point.gone) for point in history(store, gone_offer)]
    assert points == [(NOW, 12_500, False), (NOW + 2 * HOUR, None, True), (NOW + 3 * HOUR, 9_000, False)]


def test_an_earlier_response_does_not_restore_an_offer(store: Store, gone_offer: AwardOfferItem) -> None:
    write_response(store, make_offer(miles=9_000, seen_at=NOW + HOUR / 2), NOW + HOUR)
    write_response(store, make_offer(miles=8_000, seen_at=NOW + HOUR), NOW + HOUR)
    row = stored_offer(store)
    assert (row.gone_at, row.miles) == (NOW + 2 * HOUR, gone_offer.miles)


# ---- batches -------------------------------------------------------------------------------------------------------


def test_a_batch_can_have_thousands_of_offers(store: Store) -> None:
    offers = [make_offer(departure_date=date(2027, 1, 1) + timedelta(days=n), miles=1000 + n) for n in range(4_000)]
    batch = make_batch(*offers)
    ids = list(batch.offers)
    write_batch(store, batch)
    write_batch(store, Batch(seen={NOW + HOUR: ids[:3_500]}, gone={NOW + HOUR: ids[3_500:]}))
    rows = stored_offers(store)
    assert sum(row.last_seen_at == NOW + HOUR for row in rows) == 3_500
    assert sum(row.gone_at == NOW + HOUR for row in rows) == 500


def test_a_failed_batch_writes_nothing(store: Store) -> None:
    invalid = Alert(watch_id=None, offer_id="1", miles=1, created_at=datetime(2026, 11, 22))  # noqa: DTZ001
    with pytest.raises(Exception, match="no time zone"):
        write_batch(store, make_batch(make_offer(), reports=[make_report("1")], alerts=[invalid]))
    assert stored_offers(store) == []
    assert list(find_searches(store, SearchFilter())) == []

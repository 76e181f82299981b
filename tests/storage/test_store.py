"""The store, on both engines: what is written is what is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, select

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, PromotionItem
from awardspider.outcomes import Outcome, Reason
from awardspider.storage import schema
from awardspider.storage.alerts import Alert
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.offers import OfferFilter, OfferRow, PricePoint, find_offers, live_offer_states, offer_history
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.runs import start_run
from awardspider.storage.schema import Amount
from awardspider.storage.searches import SearchFilter, find_searches
from awardspider.storage.store import Store
from awardspider.storage.watches import WatchRow, find_watches, save_watches
from tests.support.storage_examples import DAY, NOW, a_report, a_search, a_segment, an_itinerary, an_offer, batch_of

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def stored(store: Store, **wanted: object) -> list[OfferRow]:
    return list(find_offers(store, OfferFilter(gone=True, **wanted), sort="date"))  # type: ignore[arg-type]


def only(store: Store) -> OfferRow:
    rows = stored(store)
    assert len(rows) == 1
    return rows[0]


def points(store: Store, offer: AwardOfferItem) -> list[PricePoint]:
    return offer_history(store, offer.offer_id)[1]


def start(store: Store) -> str:
    return start_run(store, program="united", spider="united", job=None, arguments={}, now=NOW)


# ---- offers ----------------------------------------------------------------------------------------------------------


def test_every_field_comes_back(store: Store) -> None:
    offer = an_itinerary(segments=(a_segment(), a_segment("374")), seats=9, travelers=2)
    write_batch(store, batch_of(offer))
    row = only(store)
    same = (set(AwardOfferItem.__slots__) & set(OfferRow.__slots__)) - {"segments"}
    assert len(same) == 22
    assert {name: getattr(row, name) for name in same} == {name: getattr(offer, name) for name in same}
    assert (row.id, row.flights) == (offer.offer_id, "UA1297 UA374")
    assert (row.first_seen_at, row.last_seen_at, row.changed_at, row.gone_at) == (NOW, NOW, NOW, None)
    assert [segment["flight_number"] for segment in row.segments] == ["1297", "374"]
    assert row.segments[0]["departs_at"] == "2027-03-10T08:05:00-08:00"
    assert row.segments[0]["arrives_at"] == "2027-03-10T13:10:00-06:00"
    assert row.segments[0]["cabin"] == "economy"


def test_what_was_not_said_stays_unknown(store: Store) -> None:
    write_batch(store, batch_of(an_offer(miles=None, taxes=None)))
    row = only(store)
    unknown = {name for name in OfferRow.__slots__ if getattr(row, name) is None}
    assert unknown == {
        "miles", "taxes", "seats", "stops", "duration_minutes", "fare_name", "booking_code", "mixed_cabin", "saver",
        "on_sale", "regular_miles", "chart_miles", "cash_price", "booking_link", "gone_at",
    }  # fmt: skip
    assert (row.flights, row.segments) == ("", ())


def test_offers_of_one_batch_keep_apart_what_each_has(store: Store) -> None:
    write_batch(store, batch_of(an_itinerary(), an_offer()))
    by_detail = {row.detail: row for row in stored(store)}
    assert by_detail[Detail.ITINERARY].seats == 4
    assert by_detail[Detail.DAY].seats is None


def test_a_changed_offer_is_updated_and_gets_a_price_point(store: Store) -> None:
    before, after = an_itinerary(), an_itinerary(miles=10_000, seats=None, seen_at=NOW + HOUR)
    write_batch(store, batch_of(before))
    write_batch(store, batch_of(after))
    row = only(store)
    assert (row.miles, row.seats) == (10_000, None)
    assert (row.first_seen_at, row.last_seen_at, row.changed_at) == (NOW, NOW + HOUR, NOW + HOUR)
    assert [(p.seen_at, p.miles, p.miles_change, p.seats) for p in points(store, after)] == [
        (NOW, 12_500, None, 4),
        (NOW + HOUR, 10_000, -2_500, None),
    ]


def test_an_unchanged_offer_only_moves_its_last_seen(store: Store) -> None:
    offer = an_offer()
    write_batch(store, batch_of(offer))
    write_batch(store, Batch(seen={NOW + HOUR: [offer.offer_id]}))
    write_batch(store, Batch(seen={NOW + MINUTE: [offer.offer_id]}))
    row = only(store)
    assert (row.first_seen_at, row.last_seen_at, row.changed_at) == (NOW, NOW + HOUR, NOW)
    assert len(points(store, offer)) == 1


def test_a_gone_offer_says_so_and_may_come_back(store: Store) -> None:
    offer = an_offer()
    write_batch(store, batch_of(offer))
    write_batch(store, Batch(gone={NOW + HOUR: [offer.offer_id]}))
    assert only(store).gone_at == NOW + HOUR
    assert live_offer_states(store, a_search(), "united") == {}
    write_batch(store, Batch(gone={NOW + 2 * HOUR: [offer.offer_id]}))
    assert only(store).gone_at == NOW + HOUR

    write_batch(store, batch_of(an_offer(seen_at=NOW + 3 * HOUR)))
    row = only(store)
    assert (row.gone_at, row.first_seen_at) == (None, NOW)
    assert [(p.seen_at, p.gone, p.miles) for p in points(store, offer)] == [
        (NOW, False, 12_500),
        (NOW + HOUR, True, None),
        (NOW + 3 * HOUR, False, 12_500),
    ]


def test_reading_an_old_answer_again_does_not_overwrite_what_is_newer(store: Store) -> None:
    new, old = an_offer(seen_at=NOW + HOUR), an_offer(miles=9_000, seen_at=NOW)
    write_batch(store, batch_of(new))
    write_batch(store, batch_of(old))
    row = only(store)
    assert (row.miles, row.last_seen_at) == (12_500, NOW + HOUR)
    assert live_offer_states(store, a_search(), "united") == {new.offer_id: new.state}
    assert [(p.seen_at, p.miles) for p in points(store, new)] == [(NOW, 9_000), (NOW + HOUR, 12_500)]


def test_an_old_answer_neither_revives_nor_ends_an_offer(store: Store) -> None:
    offer = an_offer()
    write_batch(store, batch_of(offer))
    write_batch(store, Batch(gone={NOW + 2 * HOUR: [offer.offer_id]}))
    write_batch(store, batch_of(an_offer(miles=1, seen_at=NOW + HOUR)))
    write_batch(store, Batch(seen={NOW + HOUR: [offer.offer_id]}))
    assert (only(store).gone_at, only(store).miles) == (NOW + 2 * HOUR, 12_500)

    write_batch(store, batch_of(an_offer(seen_at=NOW + 3 * HOUR)))
    write_batch(store, Batch(gone={NOW + 2 * HOUR: [offer.offer_id]}))
    assert only(store).gone_at is None


def test_the_same_answer_read_again_by_a_mended_reader_corrects_it(store: Store) -> None:
    write_batch(store, batch_of(an_offer(miles=125)))
    write_batch(store, batch_of(an_offer(miles=12_500)))
    assert only(store).miles == 12_500
    assert [p.miles for p in points(store, an_offer())] == [12_500]


def test_money_is_exact_and_sorts(store: Store) -> None:
    amounts = [Decimal(text) for text in ("1234567.89", "0.10", "5.60", "560", "7.125", "99999999999.99")]
    batch = batch_of(*(an_offer(departure_date=DAY + timedelta(days=n), taxes=Money(amount, "USD"))
                       for n, amount in enumerate(amounts)))  # fmt: skip
    write_batch(store, batch)
    rows = find_offers(store, OfferFilter(), sort="taxes")
    assert [str(row.taxes) for row in rows] == [
        "0.10 USD", "5.60 USD", "7.125 USD", "560.00 USD", "1234567.89 USD", "99999999999.99 USD",
    ]  # fmt: skip


@given(st.decimals(min_value=0, max_value=10**11, places=4, allow_nan=False))
def test_sqlite_gives_back_each_amount_that_went_in(amount: Decimal) -> None:
    sqlite = create_engine("sqlite://").dialect
    assert Amount().process_result_value(Amount().process_bind_param(amount, sqlite), sqlite) == amount


def test_times_of_any_zone_come_back_in_utc(store: Store) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-8))) + timedelta(microseconds=7)
    write_batch(store, batch_of(an_offer(seen_at=there)))
    seen_at = only(store).last_seen_at
    assert seen_at == there
    assert seen_at.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        write_batch(store, batch_of(an_offer(seen_at=datetime(2026, 11, 22))), None)  # noqa: DTZ001
    assert stored(store) == []


def test_a_character_that_postgresql_refuses_costs_nothing(store: Store) -> None:
    write_batch(store, batch_of(an_itinerary(fare_name="Sa\0ver"), reports=[a_report("1", note="\0?")]))
    assert only(store).fare_name == "Saver"


def test_one_write_takes_any_number_of_offers(store: Store) -> None:
    offers = [an_offer(departure_date=date(2027, 1, 1) + timedelta(days=n), miles=1000 + n) for n in range(4_000)]
    batch = batch_of(*offers)
    ids = list(batch.offers)
    write_batch(store, batch)
    write_batch(store, Batch(seen={NOW + HOUR: ids[:3_500]}, gone={NOW + HOUR: ids[3_500:]}))
    rows = stored(store)
    assert sum(row.last_seen_at == NOW + HOUR for row in rows) == 3_500
    assert sum(row.gone_at == NOW + HOUR for row in rows) == 500


def test_a_write_is_all_or_nothing(store: Store) -> None:
    late = Alert(watch=None, offer_id="1", miles=1, created_at=datetime(2026, 11, 22))  # noqa: DTZ001
    with pytest.raises(Exception, match="no time zone"):
        write_batch(store, batch_of(an_offer(), reports=[a_report("1")], alerts=[late]))
    assert stored(store) == []
    assert list(find_searches(store, SearchFilter())) == []


# ---- the scope of a search -------------------------------------------------------------------------------------------


def test_live_offers_are_those_inside_the_scope(store: Store) -> None:
    inside = [an_offer(), an_offer(cabin=Cabin.BUSINESS), an_offer(detail=Detail.SEATS, miles=None)]
    inside += [an_offer(departure_date=date(2027, 3, day)) for day in (1, 31)]
    outside = [
        an_offer(departure_date=date(2027, 2, 28)),
        an_offer(departure_date=date(2027, 4, 1)),
        an_offer(origin="SFO"),
        an_offer(destination="SFO"),
        an_offer(program="delta", source="delta"),
        an_offer(source="seatsaero"),
        an_offer(program="delta", source="seatsaero"),
        an_offer(travelers=2),
        an_itinerary(),
    ]
    write_batch(store, batch_of(*inside, *outside))
    assert live_offer_states(store, a_search(), "united") == {offer.offer_id: offer.state for offer in inside}
    business = a_search(cabins=(Cabin.BUSINESS, Cabin.FIRST))
    assert live_offer_states(store, business, "united") == {inside[1].offer_id: inside[1].state}
    day = a_search(kind="itinerary", first=DAY, last=DAY)
    assert list(live_offer_states(store, day, "united")) == [outside[-1].offer_id]
    assert list(live_offer_states(store, a_search(travelers=2), "united")) == [outside[-2].offer_id]


def test_a_source_of_many_programs_speaks_for_all_of_them_or_for_its_subject(store: Store) -> None:
    told = [an_offer(program=program, source="seatsaero") for program in ("united", "delta")]
    write_batch(store, batch_of(*told, an_offer()))
    assert set(live_offer_states(store, a_search(program="seatsaero"), "seatsaero")) == {
        offer.offer_id for offer in told
    }
    one = a_search(program="seatsaero", target_program="delta")
    assert list(live_offer_states(store, one, "seatsaero")) == [told[1].offer_id]


# ---- reports, alerts, outbox, promotions, watches --------------------------------------------------------------------


def test_a_report_comes_back_whole_and_a_later_one_of_its_search_replaces_it(store: Store) -> None:
    run_id = start(store)
    lost = a_report(
        "s1",
        outcome=Outcome.FAILED,
        reason=Reason.UNEXPECTED_RESPONSE,
        note="no Calendar",
        offers=0,
        response_id="united/2026-11-22/s1.zst",
    )
    write_batch(store, Batch(reports=[lost]), run_id)
    row = next(find_searches(store, SearchFilter()))
    assert (row.id, row.run_id, row.outcome, row.reason) == ("s1", run_id, Outcome.FAILED, Reason.UNEXPECTED_RESPONSE)
    assert (row.note, row.response_id, row.seconds, row.http_status) == (lost.note, lost.response_id, 1.25, 200)
    assert (row.first_day, row.last_day, row.requested_at) == (date(2027, 3, 1), date(2027, 3, 31), NOW)

    write_batch(store, Batch(reports=[a_report("s1", search=a_search(cabins=(Cabin.ECONOMY, Cabin.FIRST)))]))
    rows = list(find_searches(store, SearchFilter()))
    assert [(row.outcome, row.reason, row.run_id, row.cabins) for row in rows] == [
        (Outcome.FOUND, None, run_id, "economy,first")
    ]


def test_an_outbox_row_is_taken_once(store: Store) -> None:
    rows = [
        OutboxRow(
            key="k", channel=channel, event_type="offer", subject="1", body={"miles": 1, "é": None}, created_at=NOW
        )
        for channel in ("sheets", "webhook")
    ]
    write_batch(store, Batch(outbox=[rows[0]]))
    write_batch(store, Batch(outbox=rows))
    with store.reading() as connection:
        found = connection.execute(select(schema.outbox)).mappings().all()
    assert [(row["channel"], row["body"], row["status"], row["next_attempt_at"]) for row in found] == [
        ("sheets", {"miles": 1, "é": None}, "pending", NOW)
    ]


def test_an_alert_names_its_watch_and_run(store: Store) -> None:
    run_id = start(store)
    write_batch(store, Batch(alerts=[Alert(watch=None, offer_id="1", miles=9, created_at=NOW)]), run_id)
    with store.reading() as connection:
        row = connection.execute(select(schema.alerts)).mappings().one()
    assert (row["watch"], row["offer_id"], row["miles"], row["run_id"]) == (None, "1", 9, run_id)


def test_a_promotion_is_stored_once_and_keeps_when_it_was_first_seen(store: Store) -> None:
    def promotion(seen_at: datetime, percent: int) -> PromotionItem:
        return PromotionItem(
            kind="transfer_bonus",
            title="30% to Flying Blue",
            source="feed",
            link="https://example.com/1",
            seen_at=seen_at,
            programs=("flyingblue",),
            banks=("amex",),
            percent=percent,
            cents_per_mile=Decimal("1.25"),
            book_by=DAY,
        )

    write_batch(store, Batch(promotions=[promotion(NOW, 25)]))
    write_batch(store, Batch(promotions=[promotion(NOW + HOUR, 28), promotion(NOW + HOUR, 30)]))
    with store.reading() as connection:
        row = connection.execute(select(schema.promotions)).mappings().one()
    assert (row["percent"], row["programs"], row["cents_per_mile"]) == (30, ["flyingblue"], Decimal("1.25"))
    assert (row["first_seen_at"], row["last_seen_at"], row["book_by"]) == (NOW, NOW + HOUR, DAY)


def test_watches_are_saved_by_name(store: Store) -> None:
    tokyo = WatchRow(name="Tokyo", active=True, definition={"origin": ["LAX"], "max_miles": 80_000})
    austin = WatchRow(name="Austin", active=False, definition={"origin": ["SFO"]})
    assert save_watches(store, [tokyo, austin]) == (2, 0)
    assert save_watches(store, [tokyo, austin]) == (0, 0)
    cheaper = WatchRow(name="Tokyo", active=True, definition={"origin": ["LAX"], "max_miles": 70_000})
    rome = WatchRow(name="Rome", active=True, definition={})
    assert save_watches(store, [cheaper, rome]) == (1, 1)
    assert find_watches(store) == [rome, cheaper]
    assert find_watches(store, active_only=False) == [austin, rome, cheaper]

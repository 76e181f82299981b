"""Values that do not fit into their columns: no row makes the database refuse the others, on both engines."""

from __future__ import annotations

import logging
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Date, Table, delete, insert, select

from awardspider.items import EventType, Money, PromotionItem, PromotionKind
from awardspider.storage import schema
from awardspider.storage.alerts import Alert
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.column_types import Amount, Float, Integer, Text, UtcDateTime, fits
from awardspider.storage.offers import OfferFilter, find_offers
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_offer, make_report
from tests.support.stored_promotions import store_announcements

UNSTORABLE = "a\0\ud800b\udfff"
VALUES: dict[type, list[Any]] = {
    Text: [UNSTORABLE],
    Integer: [2**31, -(2**31) - 1, 2**70],
    Float: [float("inf"), float("nan")],
    Amount: [Decimal("NaN"), Decimal("Infinity"), Decimal("1e400"), Decimal("1e15")],
    JSON: [{UNSTORABLE: [UNSTORABLE, 2**70, float("nan"), {"b": UNSTORABLE}]}, UNSTORABLE],
}


def values_of(column: Column[Any]) -> list[Any]:
    """Return values that a column cannot store, or valid ones if it must store some other type."""
    kind = type(column.type)
    if kind in VALUES and (column.nullable or kind in (Text, JSON)):
        return VALUES[kind]
    valid: dict[type, Any] = {UtcDateTime: NOW, Boolean: True, Date: date(2027, 3, 10), Amount: Decimal("1.5")}
    return [valid.get(kind, 1)]


def tables() -> list[Table]:
    return list(schema.metadata.sorted_tables)


@pytest.mark.parametrize("number", range(4))
def test_any_value_can_be_written_to_any_column(store: Store, number: int) -> None:
    with store.writing() as connection:
        connection.execute(delete(schema.owners))  # the default owner
        for table in tables():
            row = {column.name: (values := values_of(column))[number % len(values)] for column in table.columns}
            connection.execute(insert(table), row)
            stored = connection.execute(select(table)).mappings().one()
            for column in table.columns:
                if type(column.type) is Text:
                    assert stored[column.name] == "ab"
                elif column.nullable and type(column.type) in (Integer, Float, Amount):
                    assert stored[column.name] is None


def test_every_column_has_a_type_with_limits() -> None:
    kinds = {Text, Integer, Float, Amount, UtcDateTime, JSON, Boolean, Date}
    other = {column.name for table in tables() for column in table.columns if type(column.type) not in kinds}
    # Counted by the database, or computed within its limits.
    assert other == {"number", "offer_number", "deal_rank"}


@pytest.mark.parametrize("kind", [Text, Integer, Float, Amount])
def test_unstorable_values_do_not_fit(kind: type[Any]) -> None:
    assert not [value for value in VALUES[kind] if fits(kind(), value)]


@pytest.mark.parametrize(
    "changes",
    [
        {"duration_minutes": 9_999_999_999},
        {"regular_miles": 2**31},
        {"cash_price": Money(Decimal("1e15"), "USD")},
        {"fare_name": "Sa\0ver"},
    ],
)
def test_offer_with_an_unfit_value_is_stored_with_the_others(store: Store, changes: dict[str, Any]) -> None:
    write_batch(store, make_batch(make_offer(), make_itinerary(**changes), reports=[make_report("1")]))
    assert len(list(find_offers(store, OfferFilter(), sort="date"))) == 2


def test_only_the_row_with_an_unfit_required_value_is_dropped(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    promotions = [
        PromotionItem(
            kind=PromotionKind.BUY_MILES,
            title=f"Buy miles {UNSTORABLE}",
            source="blog",
            link=f"https://example.com/{number}",
            seen_at=NOW,
            percent=percent,
            cents_per_mile=Decimal("1e20"),
            routes=(UNSTORABLE,),
        )
        for number, percent in enumerate([40, 10**10])
    ]
    message = OutboxRow(
        key=UNSTORABLE,
        channel="hook",
        event_type=EventType.OFFER_MATCHED,
        subject="1",
        body={"title": UNSTORABLE, "number": 2**64},
        created_at=NOW,
    )
    reports = [
        make_report("1", note=UNSTORABLE, http_status=10**12, seconds=float("inf")),
        make_report("2", offers=2**31),
    ]
    alerts = [Alert(offer_id="1", watch_id=UNSTORABLE, miles=2**31, created_at=NOW, event_type=EventType.OFFER_MATCHED)]
    good, bad = make_offer(), make_offer(travelers=2**31)
    with caplog.at_level(logging.WARNING):
        write_batch(
            store,
            Batch(
                offers={good.offer_id: good, bad.offer_id: bad},
                reports=reports,
                alerts=alerts,
                outbox=[message],
            ),
        )
        store_announcements(store, *promotions)
    with store.reading() as connection:
        counts = {
            table.name: len(connection.execute(select(table)).all())
            for table in (schema.offers, schema.searches, schema.promotions, schema.alerts, schema.outbox)
        }
        search = connection.execute(select(schema.searches)).mappings().one()
        body = connection.scalars(select(schema.outbox.c.body)).one()
        percents = connection.scalars(select(schema.promotions.c.percent).order_by(schema.promotions.c.link)).all()
    assert counts == {"offers": 1, "searches": 1, "promotions": 2, "alerts": 1, "outbox": 1}
    assert (search["note"], search["http_status"], search["seconds"]) == ("ab", None, None)
    assert body == {"title": "ab", "number": str(2**64)}
    assert percents == [40, None]
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == [
        "Did not store a row of offers: travelers is 2147483648",
        "Did not store a row of searches: offers is 2147483648",
    ]

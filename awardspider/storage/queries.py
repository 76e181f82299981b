"""What people look at: offers, looks and price histories, newest knowledge first or in the order they ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import ColumnElement, RowMapping, Select, func, nulls_last, or_, select

from awardspider.items import Cabin, Detail, Money
from awardspider.outcomes import InvalidArgument, Outcome, Reason
from awardspider.storage import tables
from awardspider.storage.store import Store

# Rows fetched at a time, so that a listing of everything holds its memory.
_ROWS_AT_ONCE = 1000

_MOST_SHOWN = 5  # of the ids that an unclear one could mean


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFilter:
    """Which offers: what is empty or None does not narrow. Dates are local departure dates, both included.

    A program stands for its own offers and, where it tells of others, for all that it told of.
    """

    programs: Sequence[str] = ()
    origins: Sequence[str] = ()
    destinations: Sequence[str] = ()
    first: date | None = None
    last: date | None = None
    cabins: Sequence[Cabin] = ()
    details: Sequence[Detail] = ()
    max_miles: int | None = None
    min_seats: int | None = None
    max_stops: int | None = None
    gone: bool = False
    best: bool = False  # of each program, route and cabin only the cheapest, and of those the first to leave


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """An offer as stored. None means that the program did not say; `gone_at` that it is no longer there."""

    id: str
    program: str
    source: str
    detail: Detail
    origin: str
    destination: str
    departure_date: date
    cabin: Cabin
    miles: int | None
    taxes: Money | None
    seats: int | None
    stops: int | None
    duration_minutes: int | None
    flights: str
    segments: tuple[dict[str, Any], ...]
    fare_name: str | None
    booking_code: str | None
    mixed_cabin: bool | None
    saver: bool | None
    on_sale: bool | None
    regular_miles: int | None
    chart_miles: int | None
    cash_price: Money | None
    booking_link: str | None
    travelers: int
    first_seen_at: datetime
    last_seen_at: datetime
    changed_at: datetime
    gone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """Which looks: what is empty or None does not narrow."""

    programs: Sequence[str] = ()
    outcomes: Sequence[Outcome] = ()
    reasons: Sequence[Reason] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRow:
    """A look as stored; `seconds` and `http_status` are None where nothing was sent, `target_program` where it is all."""

    id: str
    run_id: str | None
    program: str
    kind: str
    origin: str
    destination: str
    first_day: date
    last_day: date
    cabins: str
    travelers: int
    target_program: str | None
    outcome: Outcome
    reason: Reason | None
    note: str
    http_status: int | None
    offers: int
    invalid: int
    seconds: float | None
    requested_at: datetime
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePoint:
    """An offer as it was from then on; `miles_change` is against the price before, None where there was none."""

    seen_at: datetime
    miles: int | None
    miles_change: int | None
    taxes: Money | None
    seats: int | None
    saver: bool | None
    on_sale: bool | None
    gone: bool


_offers = tables.offers.c
_searches = tables.searches.c
_points = tables.price_points.c

# What a listing of offers can be ordered by; after it come date, program and id, so that each run gives one order.
OFFER_ORDERS: dict[str, ColumnElement[Any]] = {
    "miles": nulls_last(_offers.miles.asc()),
    "date": _offers.departure_date.asc(),
    "seen": _offers.last_seen_at.desc(),
    "changed": _offers.changed_at.desc(),
    "taxes": nulls_last(_offers.taxes_amount.asc()),
    "seats": nulls_last(_offers.seats.desc()),
    "stops": nulls_last(_offers.stops.asc()),
    "duration": nulls_last(_offers.duration_minutes.asc()),
}


def offers(store: Store, wanted: OfferFilter, *, sort: str = "miles", limit: int | None = None) -> Iterator[OfferRow]:
    """Stored offers, those that are gone only where the filter says so, in the order of `OFFER_ORDERS[sort]`.

    An offer whose seats the program did not say counts as having as many as the party that it was found for.
    """
    query = select(tables.offers)
    if wanted.programs:
        query = query.where(or_(_offers.program.in_(wanted.programs), _offers.source.in_(wanted.programs)))
    for column, values in (
        (_offers.origin, wanted.origins),
        (_offers.destination, wanted.destinations),
        (_offers.cabin, [cabin.value for cabin in wanted.cabins]),
        (_offers.detail, [detail.value for detail in wanted.details]),
    ):
        if values:
            query = query.where(column.in_(values))
    if wanted.first is not None:
        query = query.where(_offers.departure_date >= wanted.first)
    if wanted.last is not None:
        query = query.where(_offers.departure_date <= wanted.last)
    if wanted.max_miles is not None:
        query = query.where(_offers.miles <= wanted.max_miles)
    if wanted.min_seats is not None:
        query = query.where(func.coalesce(_offers.seats, _offers.travelers) >= wanted.min_seats)
    if wanted.max_stops is not None:
        query = query.where(_offers.stops <= wanted.max_stops)
    if not wanted.gone:
        query = query.where(_offers.gone_at.is_(None))
    if wanted.best:
        place = func.row_number().over(
            partition_by=(_offers.program, _offers.origin, _offers.destination, _offers.cabin),
            order_by=(nulls_last(_offers.miles.asc()), _offers.departure_date, _offers.id),
        )
        places = query.with_only_columns(_offers.id, place.label("place")).subquery()
        query = select(tables.offers).where(_offers.id.in_(select(places.c.id).where(places.c.place == 1)))
    order = (OFFER_ORDERS[sort], _offers.departure_date, _offers.program, _offers.id)
    for row in _stream(store, query.order_by(*order).limit(limit)):
        yield offer_row(row)


def offers_by_id(store: Store, ids: Sequence[str]) -> dict[str, OfferRow]:
    """Stored offers by their ids, gone ones too."""
    found: dict[str, OfferRow] = {}
    for first in range(0, len(ids), _ROWS_AT_ONCE):
        query = select(tables.offers).where(_offers.id.in_(ids[first : first + _ROWS_AT_ONCE]))
        found |= {row["id"]: offer_row(row) for row in _stream(store, query)}
    return found


def searches(store: Store, wanted: SearchFilter, *, limit: int | None = None) -> Iterator[SearchRow]:
    """Looks, the latest first."""
    query = select(tables.searches)
    for column, values in (
        (_searches.program, wanted.programs),
        (_searches.outcome, [outcome.value for outcome in wanted.outcomes]),
        (_searches.reason, [reason.value for reason in wanted.reasons]),
    ):
        if values:
            query = query.where(column.in_(values))
    if wanted.since is not None:
        query = query.where(_searches.requested_at >= wanted.since)
    for row in _stream(store, query.order_by(_searches.requested_at.desc(), _searches.id).limit(limit)):
        known = dict(row)
        known["outcome"] = Outcome(known["outcome"])
        known["reason"] = Reason(known["reason"]) if known["reason"] else None
        yield SearchRow(**known)


def history(store: Store, offer_id: str) -> tuple[OfferRow, list[PricePoint]]:
    """An offer and its price points, the oldest first; the beginning of its id is enough where no other begins so.

    Raises BadArgument where no offer, or more than one, is meant.
    """
    prefix = offer_id.strip().lower()
    if not prefix or prefix.strip("0123456789abcdef"):
        raise InvalidArgument(f'"{offer_id}" is not the id of an offer; scrapy offers shows ids')
    # Not LIKE: neither engine uses the index for it. All digits that can follow come before "g".
    among = _offers.id.between(prefix, prefix + "g")
    query = select(tables.offers).where(among).order_by(_offers.id).limit(_MOST_SHOWN + 1)
    with store.reading() as connection:
        found = connection.execute(query).mappings().all()
        if not found:
            raise InvalidArgument(f"no stored offer has an id that begins with {prefix}")
        if len(found) > 1:
            shown = ", ".join(row["id"] for row in found[:_MOST_SHOWN])
            more = " and more" if len(found) > _MOST_SHOWN else ""
            raise InvalidArgument(f"{prefix} could mean several offers: {shown}{more}; write more of the id")
        points = select(tables.price_points).where(_points.offer == found[0]["number"]).order_by(_points.seen_at)
        rows = connection.execute(points).mappings().all()
    return offer_row(found[0]), list(_price_points(rows))


def last_good_run(store: Store, program: str) -> str | None:
    """The id of a program's last crawl that ended well; None where there was none."""
    runs = tables.runs.c
    good = select(runs.id).where(runs.program == program, runs.finish_reason == "finished")
    with store.reading() as connection:
        return connection.scalar(good.order_by(runs.started_at.desc()).limit(1))


def _price_points(rows: Sequence[RowMapping]) -> Iterator[PricePoint]:
    before: int | None = None
    for row in rows:
        miles = row["miles"]
        yield PricePoint(
            seen_at=row["seen_at"],
            miles=miles,
            miles_change=None if miles is None or before is None else miles - before,
            taxes=_money(row["taxes_amount"], row["taxes_currency"]),
            seats=row["seats"],
            saver=row["saver"],
            on_sale=row["on_sale"],
            gone=row["gone"],
        )
        before = before if miles is None else miles


def _stream(store: Store, query: Select[*tuple[Any, ...]]) -> Iterator[RowMapping]:
    with store.reading() as connection, connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query) as rows:
        yield from rows.mappings()


_SAME_IN_BOTH = tuple(field.name for field in fields(OfferRow) if field.name in _offers)


def offer_row(row: RowMapping) -> OfferRow:
    """An offer from its columns."""
    values = {name: row[name] for name in _SAME_IN_BOTH}
    values |= {
        "detail": Detail(row["detail"]),
        "cabin": Cabin(row["cabin"]),
        "segments": tuple(orjson.loads(row["segments"])) if row["segments"] else (),
    }
    taxes = _money(row["taxes_amount"], row["taxes_currency"])
    return OfferRow(taxes=taxes, cash_price=_money(row["cash_amount"], row["cash_currency"]), **values)


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    return None if amount is None or currency is None else Money(amount, currency)

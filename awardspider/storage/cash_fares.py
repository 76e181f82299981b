"""Stored cash fares of flights, from the offers of every program."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import msgspec
import orjson
from sqlalchemy import or_, select

from awardspider.items import Cabin, Detail, Segment
from awardspider.search.cash_fares import FlightsFare
from awardspider.search.judgments import CashFare
from awardspider.storage import schema
from awardspider.storage.store import Store

_offers = schema.offers.c
_COLUMNS = (
    _offers.departure_date,
    _offers.cabin,
    _offers.mixed_cabin,
    _offers.segments,
    _offers.cash_price,
    _offers.cash_currency,
    _offers.source,
    _offers.last_seen_at,
)


def find_cash_fares(
    store: Store, origin: str, destination: str, first: date, last: date, *, seen_since: datetime
) -> Iterator[FlightsFare]:
    """Yield the cash fares of flights on a route and days that were seen since a time, with one query.

    Offers that are gone count as well: no award is left, but the fare was seen. Flights that are not known to be in one
    cabin are left out, as `search.cash_fares.has_one_cabin` defines.
    """
    query = select(*_COLUMNS).where(
        _offers.origin == origin,
        _offers.destination == destination,
        _offers.departure_date.between(first, last),
        _offers.detail == Detail.ITINERARY.value,
        _offers.cash_price.is_not(None),
        _offers.last_seen_at >= seen_since,
        or_(_offers.mixed_cabin.is_(None), _offers.mixed_cabin.is_(False)),
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    segments_of: dict[str, tuple[Segment, ...]] = {}  # the fares of one flight have the same segments
    for day, cabin, mixed, text, amount, currency, source, seen_at in rows:
        if text is None or currency is None or amount <= 0:
            continue
        segments = segments_of.get(text)
        if segments is None:
            segments = segments_of[text] = msgspec.convert(orjson.loads(text), tuple[Segment, ...])
        if mixed is None and len(segments) != 1:
            continue
        fare = CashFare(amount=amount, currency=currency, source=source, seen_at=seen_at)
        yield FlightsFare(departure_date=day, cabin=Cabin(cabin), segments=segments, fare=fare)

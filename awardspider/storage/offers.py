"""Stored offers, their price history, and the watches they match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    case,
    func,
    not_,
    nulls_last,
    or_,
    select,
)

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, fare_id, offer_ids_of_fare
from awardspider.offer_fields import build_offer
from awardspider.search.judgments import DealClass, Judgment
from awardspider.storage import schema
from awardspider.storage.id_prefixes import row_by_id_prefix
from awardspider.storage.offer_status import OfferStatus, has_not_departed, is_current, offer_status, was_seen_since
from awardspider.storage.store import Store, in_batches

_offers = schema.offers.c
_points = schema.price_points.c
_matches = schema.matches.c
_watches = schema.watches.c


_MILES = nulls_last(_offers.miles.asc())

#: The rank of an offer's deal class; the best class has rank 0.
CLASS_RANK = case({each.value: each.rank for each in DealClass}, value=_offers.deal_class, else_=len(DealClass))

#: The sort orders of `find_offers`. Date, program and id break ties, so every run yields the same order.
OFFER_ORDERS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "miles": (_MILES,),
    "deal": (CLASS_RANK, _MILES),
    "date": (_offers.departure_date.asc(),),
    "seen": (_offers.last_seen_at.desc(),),
    "changed": (_offers.changed_at.desc(),),
    "taxes": (nulls_last(_offers.taxes.asc()),),
    "seats": (nulls_last(_offers.seats.desc()),),
    "stops": (nulls_last(_offers.stops.asc()),),
    "duration": (nulls_last(_offers.duration_minutes.asc()),),
}


@dataclass(slots=True, kw_only=True)
class OfferRow(AwardOfferItem):
    """A stored offer. `seen_at` is `last_seen_at`; `gone_at` is set if the latest search did not find the offer.

    `unconfirmed_since` is set if a calendar contradicts it, and `departs_by` is the latest time at which it departs.
    `judgment` is None if it was not judged yet.
    """

    id: str
    first_seen_at: datetime
    last_seen_at: datetime
    changed_at: datetime
    gone_at: datetime | None
    unconfirmed_since: datetime | None
    departs_by: datetime
    judgment: Judgment | None = None

    @property
    def offer_id(self) -> str:
        """Return the stored id."""
        return self.id

    def status(self, now: datetime, max_age: timedelta | None) -> OfferStatus:
        """Return the offer's status at the aware time `now`; without `max_age`, no offer is outdated."""
        return offer_status(self, now, max_age)


@dataclass(slots=True, kw_only=True)
class WatchedOffer(OfferRow):
    """A stored offer with the names of the watches that it has matched, sorted.

    `price_dropped` is True if the last price change was a drop. `current_status` is the status when it was read.
    """

    current_status: OfferStatus = OfferStatus.AVAILABLE
    price_dropped: bool = False
    watches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePoint:
    """The state of an offer starting at `seen_at`.

    `values` are the columns that have a history, keyed by name. `miles_change` is the difference from the previous
    price; it is None without a current or previous price.
    """

    seen_at: datetime
    values: dict[str, Any]
    miles_change: int | None
    gone: bool

    @property
    def taxes(self) -> Money | None:
        """Return the taxes, or None if they are unknown."""
        amount, currency = self.values["taxes"], self.values["taxes_currency"]
        return None if amount is None or currency is None else Money(amount, currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFilter:
    """A filter for offers; empty and None fields match everything. Dates are local departure dates, inclusive.

    `programs` match an offer's program or its source, so naming a source of several programs matches all its offers.
    `min_cpp` is the minimum of US cents per point; offers without a known value do not match.
    `current_at` (aware) leaves out offers that have departed by then or were last seen more than `max_age` before then;
    gone offers are left out too, unless `gone` is True. `best` keeps only the cheapest offer for each program, route
    and cabin; at equal prices, it keeps the first to depart.
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
    classes: Sequence[DealClass] = ()
    min_cpp: Decimal | None = None
    current_at: datetime | None = None
    max_age: timedelta | None = None
    gone: bool = False
    best: bool = False


def find_offers(
    store: Store, criteria: OfferFilter, *, sort: str = "miles", limit: int | None = None
) -> Iterator[OfferRow]:
    """Yield offers in the order `OFFER_ORDERS[sort]`.

    For `min_seats`, an offer with unknown seats counts as having one seat for each traveler in its search.
    """
    query = _found_query(criteria)
    if criteria.best:
        rank = func.row_number().over(
            partition_by=(_offers.program, _offers.origin, _offers.destination, _offers.cabin),
            order_by=(nulls_last(_offers.miles.asc()), _offers.departure_date, _offers.id),
        )
        ranked = query.with_only_columns(_offers.id, rank.label("rank")).subquery()
        query = select(schema.offers).where(_offers.id.in_(select(ranked.c.id).where(ranked.c.rank == 1)))
    order = (*OFFER_ORDERS[sort], _offers.departure_date, _offers.program, _offers.id)
    for row in store.stream(query.order_by(*order).limit(limit)):
        yield offer_from_row(row)


def has_more_offers(store: Store, criteria: OfferFilter, number: int) -> bool:
    """Return whether `find_offers` yields more than a number of offers, without `best`."""
    with store.reading() as connection:
        found = _found_query(criteria).with_only_columns(_offers.id).order_by(None).limit(number + 1).subquery()
        return (connection.scalar(select(func.count()).select_from(found)) or 0) > number


def _found_query(criteria: OfferFilter) -> Select[*tuple[Any, ...]]:
    """Return the query for the offers that match a filter and have the status that it selects."""
    query = matching_query(criteria)
    if criteria.current_at is not None:
        current = is_current(criteria.current_at, criteria.max_age)
        return query.where(or_(current, _offers.gone_at.is_not(None)) if criteria.gone else current)
    return query if criteria.gone else query.where(_offers.gone_at.is_(None))


def count_outdated(store: Store, criteria: OfferFilter) -> int:
    """Return the number of offers that `find_offers` leaves out only because they were last seen too long ago."""
    if criteria.current_at is None or criteria.max_age is None:
        return 0
    outdated = and_(
        _offers.gone_at.is_(None),
        has_not_departed(criteria.current_at),
        not_(was_seen_since(criteria.current_at, criteria.max_age)),
    )
    with store.reading() as connection:
        query = matching_query(criteria).where(outdated).with_only_columns(func.count())
        return connection.scalar(query) or 0


def matching_query(criteria: OfferFilter) -> Select[*tuple[Any, ...]]:
    """Return the query for the offers that match a filter, whatever their status."""
    query = select(schema.offers)
    if criteria.programs:
        query = query.where(or_(_offers.program.in_(criteria.programs), _offers.source.in_(criteria.programs)))
    for column, values in (
        (_offers.origin, criteria.origins),
        (_offers.destination, criteria.destinations),
        (_offers.cabin, criteria.cabins),
        (_offers.detail, criteria.details),
        (_offers.deal_class, criteria.classes),
    ):
        if values:
            query = query.where(column.in_(values))
    if criteria.first is not None:
        query = query.where(_offers.departure_date >= criteria.first)
    if criteria.last is not None:
        query = query.where(_offers.departure_date <= criteria.last)
    if criteria.max_miles is not None:
        query = query.where(_offers.miles <= criteria.max_miles)
    if criteria.min_seats is not None:
        query = query.where(func.coalesce(_offers.seats, _offers.travelers) >= criteria.min_seats)
    if criteria.max_stops is not None:
        query = query.where(_offers.stops <= criteria.max_stops)
    if criteria.min_cpp is not None:
        query = query.where(_offers.cents_per_point >= criteria.min_cpp)
    return query


def offers_by_id(store: Store, ids: Sequence[str]) -> dict[str, OfferRow]:
    """Return offers keyed by id, including gone offers; unknown ids are skipped."""
    found: dict[str, OfferRow] = {}
    with store.reading() as connection:
        for some in in_batches(ids):
            query = select(schema.offers).where(_offers.id.in_(some))
            found |= {row["id"]: offer_from_row(row) for row in connection.execute(query).mappings()}
    return found


def offers_by_number(connection: Connection, numbers: Sequence[int]) -> list[OfferRow]:
    """Return offers in the order of their numbers in `numbers`; unknown ones are skipped."""
    query = select(schema.offers).where(_offers.number.in_(numbers))
    rows = {row["number"]: row for row in connection.execute(query).mappings()}
    return [offer_from_row(rows[number]) for number in numbers if number in rows]


def watched_offers(
    store: Store, fares: Sequence[str], *, now: datetime, max_age: timedelta | None
) -> Iterator[WatchedOffer]:
    """Yield one offer for each fare with this id, and the watches of all its parties; unknown fares are skipped.

    The offer is one that is available at `now`, if possible one that matched a watch, and then the one for the smallest
    party.
    """
    for some in in_batches(fares):
        ids = [offer_id for fare in some for offer_id in offer_ids_of_fare(fare)]
        selected = _offers.id.in_(ids)
        with store.reading() as connection:
            rows = connection.execute(select(schema.offers).where(selected).order_by(_offers.id)).mappings().all()
            prices = connection.execute(
                select(_offers.id, _points.miles)
                .join(schema.price_points, _points.offer_number == _offers.number)
                .where(selected, _points.miles.is_not(None))
                .order_by(_offers.id, _points.seen_at)
            ).all()
            names = connection.execute(
                select(_offers.id, _watches.name, _matches.offer_id)
                .join(schema.matches, _matches.flight_key == _offers.flight_key)
                .join(schema.watches, _watches.id == _matches.watch_key)
                .where(selected)
                .distinct()
            ).all()
        dropped = {key for key, group in groupby(prices, itemgetter(0)) if _is_drop([price[1] for price in group])}
        watches: dict[str, set[str]] = {}
        for offer_id, name, _ in names:
            watches.setdefault(fare_id(offer_id), set()).add(name)
        watched = {offer_id for offer_id, _, matched in names if offer_id[0] == matched[0]}  # found for the same party
        found = []
        for row in rows:
            fare, is_drop = fare_id(row["id"]), row["id"] in dropped
            extra = {"price_dropped": is_drop, "watches": tuple(sorted(watches.get(fare, ())))}
            offer = build_offer(WatchedOffer, _offer_values(row) | extra)
            offer.current_status = offer.status(now, max_age)
            found.append(offer)
        order = list(OfferStatus)
        found.sort(key=lambda offer: (order.index(offer.current_status), offer.id not in watched, offer.travelers))
        yield from {offer.fare_id: offer for offer in reversed(found)}.values()


def _is_drop(prices: Sequence[int]) -> bool:
    """Return True if the last price is lower than the most recent price that differs from it."""
    previous = next((price for price in reversed(prices) if price != prices[-1]), None)
    return previous is not None and prices[-1] < previous


def gone_fares(store: Store, fares: Sequence[str]) -> list[str]:
    """Return the fares, among those with these ids, that are gone for every party; earliest gone first."""
    found: dict[str, datetime] = {}
    live: set[str] = set()
    with store.reading() as connection:
        for some in in_batches(fares):
            ids = [offer_id for fare in some for offer_id in offer_ids_of_fare(fare)]
            for offer_id, gone_at in connection.execute(select(_offers.id, _offers.gone_at).where(_offers.id.in_(ids))):
                fare = fare_id(offer_id)
                if gone_at is None:
                    live.add(fare)
                else:
                    found[fare] = max(gone_at, found.get(fare, gone_at))
    return sorted(found.keys() - live, key=lambda fare: (found[fare], fare))


def offer_history(store: Store, offer_id: str) -> tuple[OfferRow, list[PricePoint]]:
    """Return an offer and its price points, oldest first. A unique prefix of the id is enough.

    Raises InvalidArgument if no offer, or more than one, has the prefix.
    """
    with store.reading() as connection:
        offer = row_by_id_prefix(connection, schema.offers, offer_id, name="an offer", command="scrapy offers")
        points = select(schema.price_points).where(_points.offer_number == offer["number"])
        rows = connection.execute(points.order_by(_points.seen_at)).mappings().all()
    return offer_from_row(offer), list(_price_points(rows))


def _price_points(rows: Sequence[RowMapping]) -> Iterator[PricePoint]:
    previous: int | None = None
    for row in rows:
        miles = row["miles"]
        yield PricePoint(
            seen_at=row["seen_at"],
            values={column.name: row[column.name] for column in schema.HISTORY_COLUMNS},
            miles_change=None if miles is None or previous is None else miles - previous,
            gone=row["gone"],
        )
        previous = previous if miles is None else miles


def offer_from_row(row: RowMapping) -> OfferRow:
    """Build an offer from a row of the table `offers`."""
    return build_offer(OfferRow, _offer_values(row))


def _offer_values(row: RowMapping) -> dict[str, Any]:
    # Use plain keys: the keys of a row are of a subclass of str, which msgspec rejects.
    return {name: row[name] for name in _ROW_COLUMNS} | {"seen_at": row["last_seen_at"]}


# Parts of other values, and what only queries need.
_NOT_READ = {"number", "state", "flight_key", "deal_class", "cents_per_point", "discount_percent", "deal_rank"}
_ROW_COLUMNS = tuple(str(column.name) for column in _offers if column.name not in _NOT_READ)

"""The sort orders of lists of offers as index scans, whose rows are merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from operator import eq
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, tuple_

from awardspider.items import Cabin
from awardspider.search.deal_ranks import RankRange, discount_ranges, first_rank
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.judgments import DealClass
from awardspider.storage import schema
from awardspider.storage.index_scans import IndexScan
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.offer_sorts import MOST_SEATS, MOST_STOPS, OfferSort, SortKey, euro_rate

_offers = schema.offers.c
_BY_RANK = (_offers.deal_rank, _offers.number)
# Amounts in other currencies are compared as floats.
_TAXES_ERROR = Decimal("0.00001")
# The steps from one group of taxes to the next one in an index: programs, then sources, then currencies.
_TAX_GROUP = (_offers.program, _offers.source, _offers.taxes_currency)
_STEPS = tuple(
    select(func.min(column)).where(
        _offers.gone_at.is_(None),
        *(earlier == bindparam(earlier.name) for earlier in _TAX_GROUP[:number]),
        column > bindparam("after"),
    )
    for number, column in enumerate(_TAX_GROUP)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedScan(IndexScan):
    """The offers with a condition, in an order that an index has.

    `after` returns the condition for the offers after a key; unless `is_exact`, it includes some before it.
    """

    order: Sequence[ColumnElement[Any]]
    after: Callable[[SortKey], ColumnElement[bool]]
    is_exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Scans whose rows are merged. All offers of a stage come before those of the next one.

    `key_prefix` is the beginning of the keys of all its offers.
    """

    key_prefix: tuple[float, ...]
    scans: Sequence[OrderedScan]

    def is_before(self, key: SortKey | None) -> bool:
        """Return True if all offers of this stage come before a key."""
        return key is not None and self.key_prefix < key[: len(self.key_prefix)]


def sort_stages(
    connection: Connection, query: OfferQuery, sort: OfferSort, rates: ExchangeRates | None
) -> Iterator[Stage]:
    """Yield the stages of a sort order, in order."""
    match sort:
        case OfferSort.DEAL:
            for ranks in query.rank_ranges:
                yield Stage(key_prefix=(0, 0), scans=_rank_scans(query, in_range(ranks)))
        case OfferSort.DISCOUNT:
            yield Stage(key_prefix=(0,), scans=list(_discount_scans(query)))
            yield _unknown(query, _offers.discount_percent.is_(None))
        case OfferSort.MILES:
            cabins = query.cabins or tuple(Cabin)
            yield Stage(
                key_prefix=(0,), scans=[_ascending("miles", _offers.miles, _offers.cabin == cabin) for cabin in cabins]
            )
            yield _unknown(query, _offers.miles.is_(None))
        case OfferSort.DURATION:
            yield Stage(key_prefix=(0,), scans=[_ascending("duration", _offers.duration_minutes)])
            yield _unknown(query, _offers.duration_minutes.is_(None))
        case OfferSort.DATE:
            yield Stage(key_prefix=(0,), scans=[_date_scan()])
        case OfferSort.CENTS_PER_POINT:
            yield Stage(key_prefix=(0,), scans=[_cents_scan()])
            yield _unknown(query, _offers.cents_per_point.is_(None))
        case OfferSort.TAXES:
            yield from _taxes_stages(connection, query, rates)
        case OfferSort.SEATS:
            yield _fixed(query, -MOST_SEATS, _offers.seats >= MOST_SEATS)
            for seats in range(MOST_SEATS - 1, -1, -1):
                yield _fixed(query, -seats, _offers.seats == seats)
            yield _unknown(query, _offers.seats.is_(None))
        case OfferSort.STOPS:
            for stops in range(MOST_STOPS):
                yield _fixed(query, stops, _offers.stops == stops)
            yield _fixed(query, MOST_STOPS, _offers.stops >= MOST_STOPS)
            yield _unknown(query, _offers.stops.is_(None))


def in_range(ranks: RankRange) -> ColumnElement[bool]:
    """Return the condition for the offers with these ranks."""
    return and_(_offers.deal_rank >= ranks.first, _offers.deal_rank < ranks.end)


def _cabins(query: OfferQuery) -> list[ColumnElement[bool]]:
    return [_offers.cabin == cabin for cabin in query.cabins or tuple(Cabin)]


def _rank_scans(query: OfferQuery, condition: ColumnElement[bool]) -> list[OrderedScan]:
    """Return the scans of all cabins by rank: a filter often selects a cabin."""
    return [
        OrderedScan(
            table=schema.offers,
            index="ix_offers_rank",
            condition=and_(of_cabin, condition),
            order=_BY_RANK,
            after=lambda key: and_(_offers.deal_rank >= key.rank, tuple_(*_BY_RANK) > (key.rank, key.number)),
        )
        for of_cabin in _cabins(query)
    ]


def _fixed(query: OfferQuery, value: int, condition: ColumnElement[bool]) -> Stage:
    return Stage(key_prefix=(0, value), scans=_rank_scans(query, condition))


def _unknown(query: OfferQuery, condition: ColumnElement[bool]) -> Stage:
    return Stage(key_prefix=(1,), scans=_rank_scans(query, condition))


def _discount_scans(query: OfferQuery) -> Iterator[OrderedScan]:
    for ranks in discount_ranges(query.classes or tuple(DealClass)):
        for of_cabin in _cabins(query):
            yield OrderedScan(
                table=schema.offers,
                index="ix_offers_rank",
                condition=and_(of_cabin, in_range(ranks)),
                order=_BY_RANK,
                after=partial(_after_discount, ranks),
                is_exact=False,
            )


def _after_discount(ranks: RankRange, key: SortKey) -> ColumnElement[bool]:
    return _offers.deal_rank >= first_rank(ranks, int(key.value))


def _ascending(name: str, column: ColumnElement[int], condition: ColumnElement[bool] | None = None) -> OrderedScan:
    is_known = column.is_not(None)
    return OrderedScan(
        table=schema.offers,
        index=f"ix_offers_{name}",
        condition=is_known if condition is None else and_(condition, is_known),
        order=(column, *_BY_RANK),
        after=lambda key: and_(
            column >= int(key.value), or_(column > int(key.value), tuple_(*_BY_RANK) > (key.rank, key.number))
        ),
    )


def _date_scan() -> OrderedScan:
    def after(key: SortKey) -> ColumnElement[bool]:
        day = date.fromordinal(int(key.value))
        is_later = _offers.departure_date > day
        return and_(_offers.departure_date >= day, or_(is_later, tuple_(*_BY_RANK) > (key.rank, key.number)))

    return OrderedScan(
        table=schema.offers,
        index="ix_offers_date",
        condition=_offers.departure_date.is_not(None),
        order=(_offers.departure_date, *_BY_RANK),
        after=after,
    )


def _cents_scan() -> OrderedScan:
    def after(key: SortKey) -> ColumnElement[bool]:
        cents = Decimal(repr(-key.value))
        is_less = _offers.cents_per_point < cents
        return and_(_offers.cents_per_point <= cents, or_(is_less, tuple_(*_BY_RANK) > (key.rank, key.number)))

    return OrderedScan(
        table=schema.offers,
        index="ix_offers_cents_per_point",
        condition=_offers.cents_per_point.is_not(None),
        order=(_offers.cents_per_point.desc(), *_BY_RANK),
        after=after,
    )


def _taxes_stages(connection: Connection, query: OfferQuery, rates: ExchangeRates | None) -> Iterator[Stage]:
    groups = [
        (group, rate)
        for group in _tax_groups(connection)
        if not query.programs or not frozenset(query.programs).isdisjoint(group[:2])
        if (rate := euro_rate(group[2], rates))
    ]
    yield Stage(key_prefix=(0,), scans=[_taxes_scan(group, rate) for group, rate in groups])
    is_comparable = _offers.taxes_currency.in_(sorted({group[2] for group, _ in groups}))
    yield _unknown(query, or_(_offers.taxes.is_(None), _offers.taxes_currency.is_(None), ~is_comparable))


def _taxes_scan(group: tuple[str, ...], rate: Decimal) -> OrderedScan:
    def after(key: SortKey) -> ColumnElement[bool]:
        amount = round(Decimal(key.value * float(rate)), 6)
        is_other = _offers.taxes != amount
        return and_(_offers.taxes >= amount - _TAXES_ERROR, or_(is_other, tuple_(*_BY_RANK) > (key.rank, key.number)))

    return OrderedScan(
        table=schema.offers,
        index="ix_offers_taxes",
        condition=and_(*map(eq, _TAX_GROUP, group), _offers.taxes.is_not(None)),
        order=(_offers.taxes, *_BY_RANK),
        after=after,
        is_exact=False,
    )


def _tax_groups(connection: Connection, known: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the programs, their sources and the currencies of their taxes, found with one step in the index each."""
    if len(known) == len(_TAX_GROUP):
        yield known
        return
    names = [column.name for column in _TAX_GROUP]
    value = ""
    while value := connection.scalar(_STEPS[len(known)], {**dict(zip(names, known, strict=False)), "after": value}):
        yield from _tax_groups(connection, (*known, value))

"""What a sheet shows: offers as they are now with the watches that want them, how programs fare, promotions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import and_, func, select

from awardspider.storage.store import Store
from awardspider.storage.tables import alerts, offers, price_points, programs, promotions, searches, watches

# Ids in one query: as many as any engine takes as parameters, and few enough to hold the memory.
IDS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferNow:
    """An offer as it is now. None means that the program did not say; amounts are per traveler.

    `departs_at` and `arrives_at` are local to their airports. `dropped` says that it costs fewer miles than before its
    last change of price. `watches` are the names of those that wanted it, in order.
    """

    id: str
    program: str
    source: str
    detail: str
    origin: str
    destination: str
    departure_date: date
    cabin: str
    miles: int | None
    taxes_amount: Decimal | None
    taxes_currency: str | None
    seats: int | None
    stops: int | None
    duration_minutes: int | None
    flights: str
    departs_at: datetime | None
    arrives_at: datetime | None
    fare_name: str | None
    booking_code: str | None
    mixed_cabin: bool | None
    saver: bool | None
    on_sale: bool | None
    regular_miles: int | None
    cash_amount: Decimal | None
    cash_currency: str | None
    booking_link: str | None
    travelers: int
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None
    dropped: bool = False
    watches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramHealth:
    """How a program fares: when it last answered, how the last look ended, how many of its offers are there now.

    `blocked_until` may lie in the past. `program` is its key.
    """

    program: str
    last_success: datetime | None
    looked_at: datetime | None
    outcome: str | None
    reason: str | None
    offers: int
    blocked_until: datetime | None
    blocked_for: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionNow:
    """A promotion as it was last told."""

    kind: str
    title: str
    source: str
    link: str
    programs: tuple[str, ...]
    banks: tuple[str, ...]
    percent: int | None
    up_to: bool | None
    cents_per_mile: Decimal | None
    routes: tuple[str, ...]
    book_by: date | None
    travel_from: date | None
    travel_until: date | None
    targeted: bool | None
    published: datetime | None
    last_seen_at: datetime


_STORED = tuple(field.name for field in fields(OfferNow) if field.name in offers.c)


def offers_now(store: Store, ids: Sequence[str]) -> Iterator[OfferNow]:
    """The stored offers of these ids, in no order; an id that is not stored is left out."""
    columns = [offers.c[name] for name in _STORED]
    for start in range(0, len(ids), IDS_AT_ONCE):
        some = ids[start : start + IDS_AT_ONCE]
        among = offers.c.id.in_(some)
        with store.reading() as connection:
            rows = connection.execute(select(*columns, offers.c.segments).where(among)).mappings().all()
            points = connection.execute(
                select(offers.c.id, price_points.c.miles)
                .join(price_points, price_points.c.offer == offers.c.number)
                .where(among, price_points.c.miles.is_not(None))
                .order_by(offers.c.id, price_points.c.seen_at)
            ).all()
            wanted = connection.execute(
                select(alerts.c.offer_id, alerts.c.watch)
                .join(watches, watches.c.name == alerts.c.watch)
                .where(alerts.c.offer_id.in_(some))
                .distinct()
                .order_by(alerts.c.offer_id, alerts.c.watch)
            ).all()
        dropped = {key for key, some_points in groupby(points, itemgetter(0)) if _fell([p[1] for p in some_points])}
        names = {key: tuple(row[1] for row in some_rows) for key, some_rows in groupby(wanted, itemgetter(0))}
        for row in rows:
            known: dict[str, Any] = {name: row[name] for name in _STORED}
            segments = orjson.loads(row["segments"]) if row["segments"] else []
            yield OfferNow(
                **known,
                departs_at=datetime.fromisoformat(segments[0]["departs_at"]) if segments else None,
                arrives_at=datetime.fromisoformat(segments[-1]["arrives_at"]) if segments else None,
                dropped=row["id"] in dropped,
                watches=names.get(row["id"], ()),
            )


def gone_longest(store: Store, ids: Sequence[str]) -> list[str]:
    """Those of these offers that are gone, the longest gone first."""
    found: list[tuple[datetime, str]] = []
    for start in range(0, len(ids), IDS_AT_ONCE):
        query = select(offers.c.gone_at, offers.c.id).where(
            offers.c.id.in_(ids[start : start + IDS_AT_ONCE]), offers.c.gone_at.is_not(None)
        )
        with store.reading() as connection:
            found += [(row[0], row[1]) for row in connection.execute(query)]
    return [offer_id for _, offer_id in sorted(found)]


def health(store: Store, suffix: str = "") -> list[ProgramHealth]:
    """Every program that was ever asked, by key. `suffix` tells apart under which names their states are noted."""
    last = (
        select(searches.c.program, func.max(searches.c.requested_at).label("requested_at"))
        .group_by(searches.c.program)
        .subquery()
    )
    looks = select(searches.c.program, searches.c.requested_at, searches.c.outcome, searches.c.reason).join(
        last, and_(last.c.program == searches.c.program, last.c.requested_at == searches.c.requested_at)
    )
    # By source: what a program of many tells of counts for it, not for those it tells of.
    counts = select(offers.c.source, func.count()).where(offers.c.gone_at.is_(None)).group_by(offers.c.source)
    with store.reading() as connection:
        states = {_without(row["program"], suffix): row for row in connection.execute(select(programs)).mappings()}
        last_searches = {row[0]: row for row in connection.execute(looks)}
        there = {row[0]: row[1] for row in connection.execute(counts)}
    found = []
    for key in sorted(filter(None, states.keys() | last_searches.keys())):
        state, look = states.get(key), last_searches.get(key)
        found.append(
            ProgramHealth(
                program=key,
                last_success=state["last_found_at"] if state else None,
                looked_at=look[1] if look else None,
                outcome=look[2] if look else None,
                reason=look[3] if look else None,
                offers=there.get(key, 0),
                blocked_until=state["blocked_until"] if state else None,
                blocked_for=state["last_block_reason"] if state else None,
            )
        )
    return found


def promotions_now(store: Store, most: int) -> list[PromotionNow]:
    """The promotions that were seen last, the newest first."""
    names = [field.name for field in fields(PromotionNow)]
    query = (
        select(*(promotions.c[name] for name in names))
        .order_by(promotions.c.last_seen_at.desc(), promotions.c.id)
        .limit(most)
    )
    lists = ("programs", "banks", "routes")
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return [PromotionNow(**dict(row) | {name: tuple(row[name]) for name in lists}) for row in rows]


def _without(name: str, suffix: str) -> str:
    """The program's key; empty where the state is of the other world, live or sandbox."""
    key, _, world = name.partition("@")
    return key if world == suffix.removeprefix("@") else ""


def _fell(prices: Sequence[int]) -> bool:
    """Whether the last price is below the last that was another one."""
    before = next((price for price in reversed(prices) if price != prices[-1]), None)
    return before is not None and prices[-1] < before

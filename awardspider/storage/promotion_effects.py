"""Stored flights that a promotion makes cheaper, and the matches of watches that it made true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)

from awardspider.items import EventType
from awardspider.search.offer_promotions import SALE_KINDS
from awardspider.search.points_cost import TransferBonus
from awardspider.search.promotion_states import day_start
from awardspider.search.transfer_savings import TransferSaving, best_transfer_saving
from awardspider.storage import schema
from awardspider.storage.offer_status import IS_AVAILABLE, status_parameters
from awardspider.storage.offers import OfferRow, offers_by_id
from awardspider.storage.promotions import PromotionRow, transfer_bonuses
from awardspider.storage.store import Store, in_batches

_offers = schema.offers.c
_points = schema.price_points.c
_outbox = schema.outbox.c
_watches = schema.watches.c

#: The most offers of a program that are compared. A page shows some of them, of different routes.
COMPARED = 400
#: The most messages about matches that are read.
MAX_MATCHES = 200

# Parts of one statement, and offers of one part: fewer values than both engines allow.
_PARTS, _OFFERS_OF_PART = 20, 50

_COLUMNS = (
    _offers.number, _offers.id, _offers.program, _offers.origin, _offers.destination, _offers.cabin, _offers.miles,
    _offers.regular_miles, _offers.deal_rank,
)  # fmt: skip
_MATCHED = (EventType.OFFER_MATCHED.value, EventType.OFFER_DROPPED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheaperOffer:
    """An available offer that a promotion makes cheaper.

    A transfer bonus has a `saving` in points. A sale has `previous_miles`: the program's own regular price, or the last
    price before the sale was seen (then `is_observed` is True).
    """

    offer: OfferRow
    saving: TransferSaving | None = None
    previous_miles: int | None = None
    is_observed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """The effect on one offer, given as some columns of its row."""

    row: RowMapping
    saving: TransferSaving | None = None
    previous_miles: int | None = None
    is_observed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionMatch:
    """A match of a watch that a transfer bonus made true. `body` is its message; `points` are for the party."""

    watch_id: str
    watch_name: str
    offer_id: str
    points: int | None
    previous_points: int | None
    matched_at: datetime
    body: Mapping[str, Any]


def cheaper_offers(
    store: Store, promotion: PromotionRow, *, now: datetime, max_age: timedelta | None, limit: int
) -> list[CheaperOffer]:
    """Return the best offers that a promotion makes cheaper, one for each route and cabin, best first.

    There are none for kinds of promotions other than transfer bonuses and sales of awards.
    """
    with store.reading() as connection:
        shown = _best_effects(connection, [promotion], now=now, max_age=max_age, limit=limit)
    return _cheaper_offers(store, shown).get(promotion.id, [])


def best_examples(
    store: Store, promotions: Iterable[PromotionRow], *, now: datetime, max_age: timedelta | None
) -> dict[str, CheaperOffer]:
    """Return the best offer that each promotion makes cheaper, keyed by the id of the promotion."""
    with store.reading() as connection:
        effects = _best_effects(connection, promotions, now=now, max_age=max_age, limit=1)
    return {promotion_id: offers[0] for promotion_id, offers in _cheaper_offers(store, effects).items()}


def _cheaper_offers(store: Store, effects: Mapping[str, Sequence[_Effect]]) -> dict[str, list[CheaperOffer]]:
    """Return the offers of effects, keyed by promotion; promotions without an offer are left out."""
    offers = offers_by_id(store, sorted({effect.row["id"] for shown in effects.values() for effect in shown}))
    found: dict[str, list[CheaperOffer]] = {}
    for promotion_id, shown in effects.items():
        for effect in shown:
            if offer := offers.get(effect.row["id"]):
                cheaper = CheaperOffer(
                    offer=offer,
                    saving=effect.saving,
                    previous_miles=effect.previous_miles,
                    is_observed=effect.is_observed,
                )
                found.setdefault(promotion_id, []).append(cheaper)
    return found


def _best_effects(
    connection: Connection,
    promotions: Iterable[PromotionRow],
    *,
    now: datetime,
    max_age: timedelta | None,
    limit: int,
) -> dict[str, list[_Effect]]:
    """Return the best effects of each promotion, at most `limit`, keyed by the id of the promotion."""
    by_id = {each.id: each for each in promotions}
    bonuses = {key: transfer_bonuses(each.item) for key, each in by_id.items()}
    programs = {
        key: sorted({bonus.program for bonus in found}) if found else by_id[key].item.programs
        for key, found in bonuses.items()
        if found or by_id[key].item.kind in SALE_KINDS
    }
    every = sorted({program for some in programs.values() for program in some})
    best = _best_of_programs(connection, every, min(COMPARED, limit * 20), now, max_age)
    candidates = {
        key: sorted((row for program in some for row in best[program]), key=_order) for key, some in programs.items()
    }
    sales = [key for key in candidates if not bonuses[key]]
    before = _prices_before(connection, [(_observed_ids(candidates[key]), _start(by_id[key])) for key in sales])
    prices = dict(zip(sales, before, strict=True))
    return {
        key: _best_of_routes(_in_sale(rows, prices[key]) if key in prices else _with_bonus(rows, bonuses[key]), limit)
        for key, rows in candidates.items()
    }


def promotion_matches(store: Store, promotion: PromotionRow, *, owner_id: str | None = None) -> list[PromotionMatch]:
    """Return the matches that a promotion made true, newest first: of one owner's watches, or of all.

    They are those of messages that are still in the outbox.
    """
    watches = select(_watches.id, _watches.name).where(_watches.kind == "award")
    if owner_id is not None:
        watches = watches.where(_watches.owner_id == owner_id)
    with store.reading() as connection:
        names = {row.id: row.name for row in connection.execute(watches)}
        found: dict[tuple[str, str], PromotionMatch] = {}
        for some in in_batches(sorted(names)):
            query = (
                select(schema.outbox)
                .where(
                    _outbox.watch_key.in_(some),
                    _outbox.event_type.in_(_MATCHED),
                    _outbox.created_at >= promotion.first_seen_at,
                    _outbox.body["promotion_id"].as_string() == promotion.id,
                )
                .order_by(_outbox.id.desc())
                .with_hint(schema.outbox, "INDEXED BY ix_outbox_time", "sqlite")
                .limit(MAX_MATCHES)
            )
            for row in connection.execute(query).mappings():
                match = PromotionMatch(
                    watch_id=row["watch_key"],
                    watch_name=names[row["watch_key"]],
                    offer_id=row["subject"],
                    points=row["body"].get("promotion_points"),
                    previous_points=row["body"].get("promotion_previous_points"),
                    matched_at=row["created_at"],
                    body=row["body"],
                )
                found.setdefault((match.watch_id, match.offer_id), match)  # one for several channels
    return sorted(found.values(), key=lambda match: match.matched_at, reverse=True)


def _with_bonus(candidates: Sequence[RowMapping], bonuses: Sequence[TransferBonus]) -> Iterator[_Effect]:
    for row in candidates:
        saving = best_transfer_saving(row["miles"], row["program"], bonuses)
        if saving and saving.saved > 0:
            yield _Effect(row=row, saving=saving)


def _in_sale(candidates: Sequence[RowMapping], before: Mapping[str, int]) -> Iterator[_Effect]:
    for row in candidates:
        previous = row["regular_miles"] or before.get(row["id"])
        if previous and previous > row["miles"]:
            yield _Effect(row=row, previous_miles=previous, is_observed=not row["regular_miles"])


def _observed_ids(candidates: Sequence[RowMapping]) -> list[str]:
    """Return the offers without a regular price of the program, whose price before a sale was observed."""
    return [row["id"] for row in candidates if not row["regular_miles"]]


def _order(row: RowMapping) -> tuple[int, int]:
    """Return the sort key of an offer: the best first, and offers of the same rank by their numbers."""
    return row["deal_rank"], row["number"]


def _start(promotion: PromotionRow) -> datetime:
    first = promotion.item.book_from
    return promotion.first_seen_at if first is None else min(promotion.first_seen_at, day_start(first))


# ---- statements with a part for each program or promotion, because of the limits and times; each is built once ----


def _best_of_programs(
    connection: Connection, programs: Sequence[str], number: int, now: datetime, max_age: timedelta | None
) -> dict[str, list[RowMapping]]:
    """Return the best available offers of each program, at most `number`, best first."""
    found: dict[str, list[RowMapping]] = {program: [] for program in programs}
    for some in in_batches(programs, _PARTS):
        parameters = {f"program_{part}": program for part, program in enumerate(some)}
        statement = _best_offers_statement(len(some), number)
        for row in connection.execute(statement, parameters | status_parameters(now, max_age)).mappings().all():
            found[row["program"]].append(row)
    for rows in found.values():
        rows.sort(key=_order)
    return found


@cache
def _best_offers_statement(parts: int, number: int) -> CompoundSelect[Any]:
    best = (
        select(*_COLUMNS)
        .where(_offers.program == bindparam(f"program_{part}"), IS_AVAILABLE, _offers.miles.is_not(None))
        .order_by(_offers.deal_rank, _offers.number)
        .limit(number)
        for part in range(parts)
    )
    return union_all(*(select(each.subquery()) for each in best))


def _prices_before(connection: Connection, moments: Sequence[tuple[Sequence[str], datetime]]) -> list[dict[str, int]]:
    """Return the last prices of offers before a time, by offer id, for each list of ids and time."""
    prices: list[dict[str, int]] = [{} for _ in moments]
    parts = [
        (number, some, at) for number, (ids, at) in enumerate(moments) for some in in_batches(ids, _OFFERS_OF_PART)
    ]
    for batch in in_batches(parts, _PARTS):
        parameters: dict[str, Any] = {}
        for part, (_, ids, at) in enumerate(batch):
            parameters |= {f"ids_{part}": ids, f"before_{part}": at}
        for part, offer_id, miles in connection.execute(_prices_statement(len(batch)), parameters).all():
            prices[batch[part][0]][offer_id] = miles
    return prices


@cache
def _prices_statement(parts: int) -> CompoundSelect[Any]:
    return union_all(*map(_price_part, range(parts)))


def _price_part(part: int) -> Select[Any]:
    last = (
        select(_points.offer_number, func.max(_points.seen_at).label("seen_at"))
        .join(schema.offers, _offers.number == _points.offer_number)
        .where(
            _offers.id.in_(bindparam(f"ids_{part}", expanding=True)),
            _points.seen_at < bindparam(f"before_{part}"),
            _points.miles.is_not(None),
        )
        .group_by(_points.offer_number)
        .subquery()
    )
    return (
        select(literal_column(str(part)), _offers.id, _points.miles)
        .join(schema.offers, _offers.number == _points.offer_number)
        .join(last, and_(last.c.offer_number == _points.offer_number, last.c.seen_at == _points.seen_at))
    )


def _best_of_routes(effects: Iterable[_Effect], limit: int) -> list[_Effect]:
    """Return the first effect on each route and cabin, at most so many; the input is in order, best first."""
    best: dict[tuple[str, ...], _Effect] = {}
    for effect in effects:
        row = effect.row
        best.setdefault((row["program"], row["origin"], row["destination"], row["cabin"]), effect)
        if len(best) == limit:
            break
    return list(best.values())

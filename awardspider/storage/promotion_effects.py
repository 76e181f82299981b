"""Stored flights that a promotion makes cheaper, and the matches of watches that it made true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, func, select

from awardspider.items import EventType
from awardspider.search.offer_promotions import SALE_KINDS
from awardspider.search.points_cost import TransferBonus
from awardspider.search.promotion_states import day_start
from awardspider.search.transfer_savings import TransferSaving, best_transfer_saving
from awardspider.storage import schema
from awardspider.storage.offer_status import is_available
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

_COLUMNS = (
    _offers.id, _offers.program, _offers.origin, _offers.destination, _offers.cabin, _offers.miles,
    _offers.regular_miles,
)  # fmt: skip
_MATCHED = (EventType.OFFER_MATCHED.value, EventType.OFFER_DROPPED.value)


_LAST_PRICES = (
    select(_points.offer_number, func.max(_points.seen_at).label("seen_at"))
    .join(schema.offers, _offers.number == _points.offer_number)
    .where(
        _offers.id.in_(bindparam("ids", expanding=True)),
        _points.seen_at < bindparam("before"),
        _points.miles.is_not(None),
    )
    .group_by(_points.offer_number)
    .subquery()
)
_PRICES_BEFORE = (
    select(_offers.id, _points.miles)
    .join(schema.offers, _offers.number == _points.offer_number)
    .join(
        _LAST_PRICES,
        and_(_LAST_PRICES.c.offer_number == _points.offer_number, _LAST_PRICES.c.seen_at == _points.seen_at),
    )
)


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
        shown = _best_effects(connection, _Candidates(connection, now, max_age), promotion, limit)
    return _cheaper_offers(store, {promotion.id: shown}).get(promotion.id, [])


def best_examples(
    store: Store, promotions: Iterable[PromotionRow], *, now: datetime, max_age: timedelta | None
) -> dict[str, CheaperOffer]:
    """Return the best offer that each promotion makes cheaper, keyed by the id of the promotion."""
    with store.reading() as connection:
        candidates = _Candidates(connection, now, max_age)
        effects = {each.id: _best_effects(connection, candidates, each, 1) for each in promotions}
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
    connection: Connection, candidates: _Candidates, promotion: PromotionRow, limit: int
) -> list[_Effect]:
    bonuses = transfer_bonuses(promotion.item)
    if not bonuses and promotion.item.kind not in SALE_KINDS:
        return []
    programs = sorted({bonus.program for bonus in bonuses}) if bonuses else promotion.item.programs
    compared = candidates.of(programs, min(COMPARED, limit * 20))
    effects = _with_bonus(compared, bonuses) if bonuses else _in_sale(connection, compared, promotion)
    return _best_of_routes(effects, limit)


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


def _in_sale(connection: Connection, candidates: Sequence[RowMapping], promotion: PromotionRow) -> Iterator[_Effect]:
    first = promotion.item.book_from
    began = promotion.first_seen_at if first is None else min(promotion.first_seen_at, day_start(first))
    before = _prices_before(connection, [row["id"] for row in candidates if not row["regular_miles"]], began)
    for row in candidates:
        previous = row["regular_miles"] or before.get(row["id"])
        if previous and previous > row["miles"]:
            yield _Effect(row=row, previous_miles=previous, is_observed=not row["regular_miles"])


class _Candidates:
    """The best available offers of programs. Those of a program are read once for all promotions."""

    def __init__(self, connection: Connection, now: datetime, max_age: timedelta | None) -> None:
        self._connection = connection
        self._found: dict[tuple[str, int], Sequence[RowMapping]] = {}
        self._query = (
            select(*_COLUMNS)
            .where(_offers.program == bindparam("program"), _offers.miles.is_not(None), is_available(now, max_age))
            .order_by(_offers.deal_rank)
        )

    def of(self, programs: Iterable[str], number: int) -> list[RowMapping]:
        """Return so many of the best offers of each program, best first."""
        found: list[RowMapping] = []
        for program in programs:
            key = program, number
            if key not in self._found:
                rows = self._connection.execute(self._query.limit(number), {"program": program})
                self._found[key] = rows.mappings().all()
            found += self._found[key]
        return found


def _prices_before(connection: Connection, ids: Sequence[str], at: datetime) -> dict[str, int]:
    """Return the last price of each offer before a time, by offer id."""
    found: dict[str, int] = {}
    for some in in_batches(ids):
        found |= {row.id: row.miles for row in connection.execute(_PRICES_BEFORE, {"ids": some, "before": at}).all()}
    return found


def _best_of_routes(effects: Iterable[_Effect], limit: int) -> list[_Effect]:
    """Return the first effect on each route and cabin, at most so many; the input is in order."""
    best: dict[tuple[str, ...], _Effect] = {}
    for effect in effects:
        row = effect.row
        best.setdefault((row["program"], row["origin"], row["destination"], row["cabin"]), effect)
        if len(best) == limit:
            break
    return list(best.values())

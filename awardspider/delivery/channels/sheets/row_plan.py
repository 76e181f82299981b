"""The plan of an update: the rows of the tab Offers to write, add and delete, and the content of the tab Best."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from awardspider.deals.ranking import offer_facts, vary
from awardspider.delivery.channels.sheet_options import SheetOptions, selected_offers
from awardspider.delivery.channels.sheets import best
from awardspider.delivery.channels.sheets.cells import Value, encode, time_of_serial, utc_serial
from awardspider.delivery.channels.sheets.columns import CHECK, INDEX, View, hours_since, row_values
from awardspider.delivery.channels.sheets.state import SheetState
from awardspider.items import fare_id
from awardspider.storage.best_offers import best_offers, last_seen_since
from awardspider.storage.expired_offers import departed_fares, ended_fares, expired_fares
from awardspider.storage.offer_status import OfferStatus
from awardspider.storage.offers import OfferFilter, gone_fares, watched_offers
from awardspider.storage.store import Store

# Rows of offers that departed, or that no longer belong on the tab, are kept for this time.
_KEPT_AFTER_END = timedelta(days=7)

# An offer can be stored this long after the response that it is from; two minutes, in days.
_STORED_WITHIN = 2 / 1440

_MAX_AGE_ROWS = 5_000  # ages are updated in at most this many rows

_BEST_READ = 20  # offers read for each row of Best

_SHOWN = (OfferStatus.AVAILABLE, OfferStatus.UNCONFIRMED)

#: The message about offers without a row.
FULL = (
    "the spreadsheet is full: Google allows 10 million cells, and no rows of gone offers are left to delete; "
    "delete rows or tabs, or use a new spreadsheet"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a request and of the spreadsheet."""

    #: The maximum request size that Google recommends (sinks.md, 4.5).
    request_bytes: int = 2_000_000
    #: The maximum number of rows in one part of a request.
    rows_per_piece: int = 500
    #: The maximum number of cells in all tabs together.
    cells: int = 10_000_000
    #: Above this number of cells, rows of gone offers are deleted.
    prune_above: int = 9_500_000
    #: Pruning reduces the spreadsheet to this number of cells.
    prune_to: int = 9_300_000
    #: The number of empty rows to add in advance.
    spare_rows: int = 200


@dataclass(slots=True)
class RowPlan:
    """The rows to write (values as JSON) and to delete."""

    changed: list[tuple[int, bytes, str]] = field(default_factory=list)
    new: list[tuple[bytes, str]] = field(default_factory=list)
    pruned: list[int] = field(default_factory=list)
    #: Fares to write that are not stored any more.
    not_stored: set[str] = field(default_factory=set)
    #: Fares without a row, because the spreadsheet is full.
    without_room: set[str] = field(default_factory=set)
    added_rows: int = 0
    #: Row -> hours since its offer was seen.
    ages: dict[int, int] = field(default_factory=dict)
    #: The new content of the tab Best, or None if it is up to date.
    best: list[list[Value]] | None = None


class RowPlanner:
    """A planner of updates. `options` select what the spreadsheet shows; `max_age` is when an offer is outdated."""

    def __init__(self, store: Store, options: SheetOptions, max_age: timedelta | None) -> None:
        self._store = store
        self._options = options
        self._max_age = max_age

    def plan(self, subjects: Collection[str], state: SheetState, view: View) -> RowPlan:
        """Return the rows to write and to delete. `subjects` are the fares that messages are about."""
        now = view.now
        selected = self._selected(now)
        recent = self._recent(state, selected, now)
        ended = self._ended(state, selected, now)
        pruned = {state.rows[fare] for fare in ended}
        plan = RowPlan(pruned=sorted(pruned))
        expired = expired_fares(self._store, list(state.rows), now, self._max_age)
        stored = set()
        new = []
        others = {*state.misplaced, *expired, *recent} - {*subjects} - ended
        read = watched_offers(self._store, [*subjects, *others], now=now, max_age=self._max_age)
        for offer in read:
            stored.add(offer.fare_id)
            row = state.rows.get(offer.fare_id)
            if row is None:
                # No row is created for an offer that is no longer shown as available, so a deleted row stays deleted.
                is_shown = offer.current_status in _SHOWN and offer.fare_id in ({*subjects} | recent)
                if is_shown and (selected is None or offer.fare_id in selected):
                    order = (offer.departure_date, offer.origin, offer.destination, offer.fare_id)
                    new.append((order, encode(row_values(offer, view)), offer.fare_id))
            elif row not in pruned:
                values = row_values(offer, view)
                if state.check(row) != values[INDEX[CHECK]]:
                    plan.changed.append((row, encode(values), offer.fare_id))
        plan.changed.sort()
        plan.new = [(values, fare) for _, values, fare in sorted(new)]
        if selected is not None and state.notes.must_write(now) and len(state.rows) <= _MAX_AGE_ROWS:
            plan.ages = {row: hours_since(selected[fare], now) for fare, row in state.rows.items() if fare in selected}
        plan.not_stored = {*subjects} - stored
        plan.best = self._best(state, view)
        return plan

    def _selected(self, now: datetime) -> dict[str, datetime] | None:
        """Return when each fare that belongs on the tab Offers was last seen; None means all fares."""
        offers = selected_offers(self._store, self._options, now=now, max_age=self._max_age)
        return None if offers is None else _by_fare(offers)

    def _recent(self, state: SheetState, selected: dict[str, datetime] | None, now: datetime) -> set[str]:
        """Return the fares that were seen since the last update, whose rows are added, or updated if they exist.

        The class of an offer, or its place among the best of a watch, can change while no message is about it.
        """
        updated_at = state.notes.updated_at
        if selected is None:
            seen = last_seen_since(self._store, time_of_serial(updated_at), now=now, max_age=self._max_age)
            return _by_fare(seen).keys() - state.rows.keys()
        serials = {fare: utc_serial(seen_at) or 0.0 for fare, seen_at in selected.items()}
        return {fare for fare, at in serials.items() if at > updated_at - (_STORED_WITHIN if fare in state.rows else 0)}

    def _ended(self, state: SheetState, selected: dict[str, datetime] | None, now: datetime) -> set[str]:
        """Return the fares whose rows are deleted: those that ended a week ago, unless someone wrote into the row."""
        before = now - _KEPT_AFTER_END
        departed = departed_fares(self._store, list(state.rows), before)
        ended = set(departed)
        if selected is not None:
            others = list(state.rows.keys() - selected.keys() - departed)
            ended |= ended_fares(self._store, others, now, self._max_age, before)
        ended = {fare for fare in ended if state.rows[fare] not in state.noted}
        if ended & departed:
            text = f"rows deleted: {len(ended & departed):,}, of flights that departed a week ago"
            state.notes.add(now, text)
        if ended - departed:
            state.notes.add(now, f"rows deleted: {len(ended - departed):,}, of offers that are no longer selected")
        return ended

    def _best(self, state: SheetState, view: View) -> list[list[Value]] | None:
        """Return the new content of the tab Best, or None if it is up to date."""
        criteria = OfferFilter(current_at=view.now, max_age=self._max_age)
        size = self._options.best_rows
        offers = best_offers(self._store, criteria, limit=size * _BEST_READ)
        varied = vary(offers, lambda offer: offer_facts(offer, offer.judgment), size=size)
        table = best.best_table(varied, view)
        is_current = best.is_up_to_date(table, state.best) and not state.notes.must_write(view.now)
        return None if is_current else table

    def make_room(self, plan: RowPlan, state: SheetState, limits: Limits, now: datetime) -> None:
        """Plan the rows to add and, if the spreadsheet is nearly full, the rows of gone offers to delete."""
        columns, pruned = state.tab.columns, set(plan.pruned)
        free = state.tab.rows - 1 - state.last_row
        missing = max(0, len(plan.new) - free)
        plan.added_rows = missing and missing + limits.spare_rows
        cells = state.layout.cells - len({*state.duplicates, *plan.pruned}) * columns
        if cells + plan.added_rows * columns > limits.prune_above:
            plan.added_rows = missing
            count = -(-(cells + missing * columns - limits.prune_to) // columns)
            changed = {fare for _, _, fare in plan.changed}
            kept = [fare for fare, row in state.rows.items() if fare not in changed and row not in pruned]
            gone = [state.rows[fare] for fare in gone_fares(self._store, kept)[: max(0, count)]]
            plan.pruned += gone
            cells -= len(gone) * columns
            if gone:
                state.notes.add(now, f"rows deleted: {len(gone):,}, the oldest of gone offers, to make room")
        room = max(0, limits.cells - cells) // columns
        if missing > room:
            fitting = free + room
            plan.without_room = {fare for _, fare in plan.new[fitting:]}
            del plan.new[fitting:]
            plan.added_rows = room
            state.notes.add(now, FULL)


def _by_fare(offers: Mapping[str, datetime]) -> dict[str, datetime]:
    """Return the latest time for each fare, given a time for each offer id."""
    found: dict[str, datetime] = {}
    for offer_id, seen_at in offers.items():
        fare = fare_id(offer_id)
        found[fare] = max(seen_at, found.get(fare, seen_at))
    return found

"""One flush: read the spreadsheet, compare it with the database, and write the differences.

Usually, a flush takes three calls: one reads the tabs and their sizes, one reads the header, ids and checks, and one
spreadsheets.batchUpdate applies either all changes or none. If the changes do not fit into one request, more calls are
needed: first the changed rows are sent with values:batchUpdate (a third of the bytes), then everything else in pieces.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

import orjson

from awardspider.deals.ranking import offer_facts, vary
from awardspider.delivery.channels.base import DeliveryReport, Message, rejected, retry, sent
from awardspider.delivery.channels.sheet_options import SheetOptions, selected_offers
from awardspider.delivery.channels.sheets import best, reports
from awardspider.delivery.channels.sheets import layout as tabs
from awardspider.delivery.channels.sheets.cells import Value, contiguous_ranges, encode, time_of_serial, utc_serial
from awardspider.delivery.channels.sheets.client import SheetsClient
from awardspider.delivery.channels.sheets.columns import CHECK, INDEX, View, hours_since, row_values
from awardspider.delivery.channels.sheets.errors import SheetsError
from awardspider.delivery.channels.sheets.state import SheetLoader, SheetState
from awardspider.delivery.messages.language import get_language
from awardspider.items import EventType, fare_id
from awardspider.outcomes import InvalidArgument
from awardspider.storage.best_offers import best_offers, last_seen_since
from awardspider.storage.expired_offers import departed_fares, ended_fares, expired_fares
from awardspider.storage.offer_status import OfferStatus
from awardspider.storage.offers import OfferFilter, gone_fares, watched_offers
from awardspider.storage.programs import program_health
from awardspider.storage.promotions import PromotionOrder, find_promotions
from awardspider.storage.store import Store

_OFFER_EVENTS = frozenset(
    {EventType.OFFER_MATCHED, EventType.OFFER_DROPPED, EventType.OFFER_CHANGED, EventType.OFFER_GONE}
)

# Rows of offers that departed, or that no longer belong on the tab, are kept for this time.
_KEPT_AFTER_END = timedelta(days=7)

# An offer can be stored this long after the response that it is from; two minutes, in days.
_STORED_WITHIN = 2 / 1440

_MAX_AGE_ROWS = 5_000  # ages are updated in at most this many rows

_BEST_READ = 20  # offers read for each row of Best

_SHOWN = (OfferStatus.AVAILABLE, OfferStatus.UNCONFIRMED)

# After this, a flush sends no further requests; one request takes at most about three minutes (see client.py).
_FLUSH_SECONDS = 300.0

_FULL = (
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
class _Plan:
    """The rows to write (values as JSON) and to delete."""

    changed: list[tuple[int, bytes, str]] = field(default_factory=list)
    new: list[tuple[bytes, str]] = field(default_factory=list)
    pruned: list[int] = field(default_factory=list)
    added_rows: int = 0
    #: Row -> hours since its offer was seen.
    ages: dict[int, int] = field(default_factory=dict)
    #: The new content of the tab Best, or None if it is up to date.
    best: list[list[Value]] | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a request, and the subjects whose messages count as sent once it is written."""

    body: bytes
    subjects: tuple[str, ...] = ()


class Flusher:
    """An updater of one spreadsheet.

    `options` select what it shows. An offer that was last seen more than `max_age` ago is outdated. `program_suffix` is
    `@sandbox`, to show the sandbox's program states, or empty.
    """

    def __init__(
        self,
        client: SheetsClient,
        store: Store,
        now: Callable[[], datetime],
        *,
        options: SheetOptions | None = None,
        max_age: timedelta | None = None,
        program_suffix: str = "",
        limits: Limits | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._now = now
        self.options = options or SheetOptions()
        self._max_age = max_age
        self._program_suffix = program_suffix
        self.limits = limits or Limits()
        self.loader = SheetLoader(client)

    def flush(self, messages: Sequence[Message]) -> list[DeliveryReport]:
        """Write the current state of each message's subject, and return a report for each message.

        Raise StorageError if the database cannot be read.
        """
        results: dict[str, DeliveryReport] = {}
        try:
            self._flush(messages, results)
        except SheetsError as error:
            default = error.report()
        except InvalidArgument as error:  # one of our tabs contains someone else's content
            default = retry(str(error), pauses=True)
        else:
            default = sent()
        return [results.get(_subject(message), default) for message in messages]

    def _flush(self, messages: Sequence[Message], results: dict[str, DeliveryReport]) -> None:
        state = self.loader.load()
        now = self._now()
        for message in messages:
            if note := _note(message):
                state.notes.add(now, note)
        view = View(language=get_language(self.options.locale), now=now)
        plan = self._plan(messages, state, results, view)
        plan.best = self._best(state, view)
        self._make_room(plan, state, results)

        def remaining() -> Iterator[Piece]:
            yield from self._row_pieces(plan, state)
            yield from self._report_pieces(messages, plan, state, now)

        chunks = _chunks(chain(self._update_pieces(plan, state), remaining()), self.limits.request_bytes)
        first, second = next(chunks, None), next(chunks, None)
        if second:
            self._write_in_pieces(plan, state, remaining(), results)
        elif first:
            # Repeating the update is safe unless rows are added or deleted.
            repeatable = not (plan.new or plan.pruned or state.duplicates)
            self._client.send_batch_update([piece.body for piece in first], repeatable=repeatable)

    # ---- plan --------------------------------------------------------------------------------------------------------

    def _plan(
        self, messages: Sequence[Message], state: SheetState, results: dict[str, DeliveryReport], view: View
    ) -> _Plan:
        now = view.now
        selected = self._selected(now)
        recent = self._recent(state, selected, now)
        subjects = dict.fromkeys(_subject(message) for message in messages if message.type in _OFFER_EVENTS)
        ended = self._ended(state, selected, now)
        pruned = {state.rows[fare] for fare in ended}
        plan = _Plan(pruned=sorted(pruned))
        expired = expired_fares(self._store, list(state.rows), now, self._max_age)
        stored = set()
        new = []
        others = {*state.misplaced, *expired, *recent} - subjects.keys() - ended
        read = watched_offers(self._store, [*subjects, *others], now=now, max_age=self._max_age)
        for offer in read:
            stored.add(offer.fare_id)
            row = state.rows.get(offer.fare_id)
            if row is None:
                # No row is created for an offer that is no longer shown as available, so a deleted row stays deleted.
                is_shown = offer.current_status in _SHOWN and offer.fare_id in (subjects.keys() | recent)
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
        for fare in subjects.keys() - stored:
            results[fare] = rejected("the offer is no longer stored")
        return plan

    def _selected(self, now: datetime) -> dict[str, datetime] | None:
        """Return when each fare that belongs on the tab Offers was last seen; None means all fares."""
        offers = selected_offers(self._store, self.options, now=now, max_age=self._max_age)
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
        size = self.options.best_rows
        offers = best_offers(self._store, criteria, limit=size * _BEST_READ)
        varied = vary(offers, lambda offer: offer_facts(offer, offer.judgment), size=size)
        table = best.best_table(varied, view)
        is_current = best.is_up_to_date(table, state.best) and not state.notes.must_write(view.now)
        return None if is_current else table

    def _make_room(self, plan: _Plan, state: SheetState, results: dict[str, DeliveryReport]) -> None:
        """Plan the rows to add and, if the spreadsheet is nearly full, the rows of gone offers to delete."""
        limits, columns, pruned = self.limits, state.tab.columns, set(plan.pruned)
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
                state.notes.add(self._now(), f"rows deleted: {len(gone):,}, the oldest of gone offers, to make room")
        room = max(0, limits.cells - cells) // columns
        if missing > room:
            fitting = free + room
            results.update((fare, retry(_FULL, pauses=True)) for _, fare in plan.new[fitting:])
            del plan.new[fitting:]
            plan.added_rows = room
            state.notes.add(self._now(), _FULL)

    # ---- requests ----------------------------------------------------------------------------------------------------

    def _changed_slices(self, plan: _Plan) -> Iterator[tuple[list[tuple[int, bytes]], tuple[str, ...]]]:
        """Yield the changed rows and their offer ids, at most `rows_per_piece` at a time."""
        size = self.limits.rows_per_piece
        for start in range(0, len(plan.changed), size):
            changed = plan.changed[start : start + size]
            yield [(row, values) for row, values, _ in changed], tuple(fare for _, _, fare in changed)

    def _update_pieces(self, plan: _Plan, state: SheetState) -> Iterator[Piece]:
        for rows, _ in self._changed_slices(plan):
            yield from map(Piece, state.header.update_cells(state.tab.gid, rows, self.limits.rows_per_piece))
        yield from map(Piece, state.header.update_ages(state.tab.gid, plan.ages))

    def _value_pieces(self, plan: _Plan, state: SheetState) -> Iterator[Piece]:
        for rows, fares in self._changed_slices(plan):
            *bodies, last = state.header.value_ranges(tabs.OFFERS, rows, self.limits.rows_per_piece)
            yield from map(Piece, bodies)
            yield Piece(last, fares)

    def _row_pieces(self, plan: _Plan, state: SheetState) -> Iterator[Piece]:
        """Yield the requests that delete rows (bottom up), then those that add empty rows and write new offers."""
        tab = state.tab
        deleted = {*state.duplicates, *plan.pruned}
        for first, end in reversed(contiguous_ranges(deleted)):
            area = {"sheetId": tab.gid, "dimension": "ROWS", "startIndex": first, "endIndex": end}
            yield Piece(encode({"deleteDimension": {"range": area}}))
        height = tab.rows - len(deleted)
        if plan.added_rows:
            more = {"sheetId": tab.gid, "dimension": "ROWS", "length": plan.added_rows}
            yield Piece(encode({"appendDimension": more}))
            for request in tabs.new_row_formats(tab.gid, state.header, height, height + plan.added_rows):
                yield Piece(encode(request))
        for request in tabs.widen_filter(tab, height + plan.added_rows):
            yield Piece(encode(request))
        size = self.limits.rows_per_piece
        for start in range(0, len(plan.new), size):
            new = plan.new[start : start + size]
            rows = [state.header.new_row(orjson.loads(values)) for values, _ in new]
            fields = "userEnteredValue,userEnteredFormat.textFormat.link"
            body = encode({"appendCells": {"sheetId": tab.gid, "rows": rows, "fields": fields}})
            yield Piece(body, tuple(fare for _, fare in new))

    def _report_pieces(
        self, messages: Sequence[Message], plan: _Plan, state: SheetState, now: datetime
    ) -> Iterator[Piece]:
        if plan.best is not None:
            tab = state.layout.tabs[tabs.BEST]
            yield from map(Piece, best.best_requests(tab.gid, tab.rows, tab.columns, plan.best))
        due = state.notes.must_write(now)
        subjects = tuple(_subject(message) for message in messages if message.type not in _OFFER_EVENTS)
        if due or subjects:
            tab = state.layout.tabs[tabs.HEALTH]
            deleted = len({*state.duplicates, *plan.pruned})
            cells = state.layout.cells + (plan.added_rows - deleted) * state.tab.columns
            programs = program_health(self._store, self._program_suffix, now=now, max_age=self._max_age)
            for body in reports.health_requests(tab.gid, tab.rows, programs, state.notes.rows(now, cells), now):
                yield Piece(body, subjects)
        if due or any(message.type == EventType.PROMOTION for message in messages):
            tab = state.layout.tabs[tabs.PROMOTIONS]
            promotions = find_promotions(self._store, PromotionOrder.LAST_SEEN, limit=reports.MAX_PROMOTIONS)
            for body in reports.promotion_requests(tab.gid, tab.rows, promotions):
                yield Piece(body, subjects)

    def _write_in_pieces(
        self, plan: _Plan, state: SheetState, remaining: Iterator[Piece], results: dict[str, DeliveryReport]
    ) -> None:
        """Send the changes in several requests, and record in `results` which subjects were sent."""
        deadline = time.monotonic() + _FLUSH_SECONDS
        for chunk in _chunks(self._value_pieces(plan, state), self.limits.request_bytes):
            _check_time(deadline)
            self._client.update_values([piece.body for piece in chunk])
            results.update((subject, sent()) for piece in chunk for subject in piece.subjects)
        for chunk in _chunks(remaining, self.limits.request_bytes):
            _check_time(deadline)
            self._client.send_batch_update([piece.body for piece in chunk], repeatable=False)
            results.update((subject, sent()) for piece in chunk for subject in piece.subjects)


def _chunks(pieces: Iterator[Piece], max_bytes: int) -> Iterator[list[Piece]]:
    """Yield groups of pieces, each as large as fits into one request. A piece that is too large forms its own group."""
    chunk: list[Piece] = []
    size = 0
    for piece in pieces:
        if chunk and size + len(piece.body) > max_bytes:
            yield chunk
            chunk, size = [], 0
        chunk.append(piece)
        size += len(piece.body) + 1
    if chunk:
        yield chunk


def _by_fare(offers: Mapping[str, datetime]) -> dict[str, datetime]:
    """Return the latest time for each fare, given a time for each offer id."""
    found: dict[str, datetime] = {}
    for offer_id, seen_at in offers.items():
        fare = fare_id(offer_id)
        found[fare] = max(seen_at, found.get(fare, seen_at))
    return found


def _check_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise SheetsError("the update takes longer than one flush may; the rest follows", wait_seconds=0.0)


def _subject(message: Message) -> str:
    """Return the fare id of a message's offer, or for any other message a name made from the message's id."""
    return fare_id(message.subject) if message.type in _OFFER_EVENTS else f"#{message.id}"


def _note(message: Message) -> str:
    """Return the Health note for a message about a test, a failed crawl or a paused channel, or an empty string."""
    body = message.body
    if message.type == EventType.TEST:
        return "test: awardspider can write to this spreadsheet"
    if message.type == EventType.RUN_FAILED:
        return f"the crawl of {body.get('program_name')} failed: {body.get('note') or body.get('reason')}"
    if message.type == EventType.CHANNEL_PAUSED:
        return f"the channel {body.get('channel')} is paused: {body.get('reason')}"
    return ""

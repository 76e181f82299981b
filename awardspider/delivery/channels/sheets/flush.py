"""One flush: read the spreadsheet, compare it with the database, and write the differences.

Usually, a flush takes three calls: one reads the tabs and their sizes, one reads the header, ids and checks, and one
spreadsheets.batchUpdate applies either all changes or none. If the changes do not fit into one request, more calls are
needed: first the changed rows are sent with values:batchUpdate (a third of the bytes), then everything else in pieces.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

import orjson

from awardspider.delivery.channels.base import DeliveryReport, Message, rejected, retry, sent
from awardspider.delivery.channels.sheet_options import SheetOptions
from awardspider.delivery.channels.sheets import best, reports
from awardspider.delivery.channels.sheets import layout as tabs
from awardspider.delivery.channels.sheets.cells import contiguous_ranges, encode
from awardspider.delivery.channels.sheets.client import SheetsClient
from awardspider.delivery.channels.sheets.columns import View
from awardspider.delivery.channels.sheets.errors import SheetsError
from awardspider.delivery.channels.sheets.row_plan import FULL, Limits, RowPlan, RowPlanner
from awardspider.delivery.channels.sheets.state import SheetLoader, SheetState
from awardspider.delivery.messages.language import get_language
from awardspider.items import EventType, fare_id
from awardspider.outcomes import InvalidArgument
from awardspider.storage.programs import program_health
from awardspider.storage.promotions import PromotionOrder, find_promotions
from awardspider.storage.store import Store

_OFFER_EVENTS = frozenset(
    {EventType.OFFER_MATCHED, EventType.OFFER_DROPPED, EventType.OFFER_CHANGED, EventType.OFFER_GONE}
)

# After this, a flush sends no further requests; one request takes at most about three minutes (see client.py).
_FLUSH_SECONDS = 300.0


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
        self._planner = RowPlanner(store, self.options, max_age)
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
        subjects = dict.fromkeys(_subject(message) for message in messages if message.type in _OFFER_EVENTS)
        plan = self._planner.plan(subjects, state, view)
        self._planner.make_room(plan, state, self.limits, now)
        results.update((fare, rejected("the offer is no longer stored")) for fare in plan.not_stored)
        results.update((fare, retry(FULL, pauses=True)) for fare in plan.without_room)

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

    # ---- requests ----------------------------------------------------------------------------------------------------

    def _changed_slices(self, plan: RowPlan) -> Iterator[tuple[list[tuple[int, bytes]], tuple[str, ...]]]:
        """Yield the changed rows and their offer ids, at most `rows_per_piece` at a time."""
        size = self.limits.rows_per_piece
        for start in range(0, len(plan.changed), size):
            changed = plan.changed[start : start + size]
            yield [(row, values) for row, values, _ in changed], tuple(fare for _, _, fare in changed)

    def _update_pieces(self, plan: RowPlan, state: SheetState) -> Iterator[Piece]:
        for rows, _ in self._changed_slices(plan):
            yield from map(Piece, state.header.update_cells(state.tab.gid, rows, self.limits.rows_per_piece))
        yield from map(Piece, state.header.update_ages(state.tab.gid, plan.ages))

    def _value_pieces(self, plan: RowPlan, state: SheetState) -> Iterator[Piece]:
        for rows, fares in self._changed_slices(plan):
            *bodies, last = state.header.value_ranges(tabs.OFFERS, rows, self.limits.rows_per_piece)
            yield from map(Piece, bodies)
            yield Piece(last, fares)

    def _row_pieces(self, plan: RowPlan, state: SheetState) -> Iterator[Piece]:
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
        self, messages: Sequence[Message], plan: RowPlan, state: SheetState, now: datetime
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
            for body in reports.promotion_requests(tab.gid, tab.rows, promotions, now):
                yield Piece(body, subjects)

    def _write_in_pieces(
        self, plan: RowPlan, state: SheetState, remaining: Iterator[Piece], results: dict[str, DeliveryReport]
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

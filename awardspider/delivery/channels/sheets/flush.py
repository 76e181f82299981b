"""One flush: read where everything stands, compare with what is true now, write the difference.

Three calls whatever the number of rows: which tabs there are and how large; the header, the ids and the checks; one
spreadsheets.batchUpdate, which does all of it or nothing. Only what does not fit one request takes more: then the rows
that changed go by values:batchUpdate first, which needs a third of the bytes, and the rest follows in pieces.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

import orjson

from awardspider.delivery.channels.base import Message, Result, later, never, sent
from awardspider.delivery.channels.sheets import layout as tabs
from awardspider.delivery.channels.sheets import reports
from awardspider.delivery.channels.sheets.client import SheetsClient
from awardspider.delivery.channels.sheets.columns import CHECK, PLACES, as_json, runs_of, values_of
from awardspider.delivery.channels.sheets.errors import SheetsError
from awardspider.delivery.channels.sheets.state import Reader, State
from awardspider.outcomes import InvalidArgument
from awardspider.storage import sheet_rows
from awardspider.storage.store import Store

OFFER_TYPES = frozenset({"offer.matched", "offer.dropped", "offer.changed", "offer.gone", "offer"})

# After this no further piece of a flush is begun; one piece lasts at most three minutes more (see client.py).
FLUSH_SECONDS = 300.0

FULL = (
    "the spreadsheet is full: Google allows 10 million cells in all its tabs, and no rows of gone offers are left to "
    "delete; delete rows or tabs, or name a new spreadsheet"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`request_bytes` is what Google recommends (sinks.md, 4.5); rows of gone offers go from `prune_above` cells on."""

    request_bytes: int = 2_000_000
    rows_at_once: int = 500  # in one part of a request
    cells: int = 10_000_000
    prune_above: int = 9_500_000
    prune_to: int = 9_300_000
    spare_rows: int = 200


@dataclass(slots=True)
class Plan:
    """What to write: rows as JSON of their values. `pruned` are rows to delete because there is no room."""

    changed: list[tuple[int, bytes, str]] = field(default_factory=list)
    new: list[tuple[bytes, str]] = field(default_factory=list)
    pruned: list[int] = field(default_factory=list)
    added_rows: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a request, and the subjects that are told once it is done."""

    body: bytes
    subjects: tuple[str, ...] = ()


class Flusher:
    """Writes to one spreadsheet. `world` is what the states of programs are noted under: nothing, or `@sandbox`."""

    def __init__(
        self,
        client: SheetsClient,
        store: Store,
        now: Callable[[], datetime],
        *,
        world: str = "",
        limits: Limits | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._now = now
        self._world = world
        self._limits = limits or Limits()
        self._reader = Reader(client)

    def flush(self, messages: Sequence[Message]) -> list[Result]:
        """One result for each message, in their order. A message is a hint: what is true now is what is written.

        Raises StorageError where our own database cannot be read.
        """
        outcome: dict[str, Result] = {}
        try:
            self._flush(messages, outcome)
        except SheetsError as trouble:
            rest = trouble.result()
        except InvalidArgument as error:  # a tab of ours holds something else
            rest = later(str(error), pauses=True)
        else:
            rest = sent()
        return [outcome.get(_subject(message), rest) for message in messages]

    def _flush(self, messages: Sequence[Message], outcome: dict[str, Result]) -> None:
        state = self._reader.read()
        now = self._now()
        for message in messages:
            if text := _noted(message):
                state.notes.add(now, text)
        plan = self._plan(messages, state, outcome)
        self._make_room(plan, state, outcome)

        def rest() -> Iterator[Piece]:
            yield from self._structure(plan, state)
            yield from self._reports(messages, plan, state, now)

        chunks = _chunks(chain(self._updates(plan, state), rest()), self._limits.request_bytes)
        first, more = next(chunks, None), next(chunks, None)
        if more:
            self._in_pieces(plan, state, rest(), outcome)
        elif first:
            # Twice is as good as once unless rows are added or deleted.
            repeatable = not (plan.new or plan.pruned or state.twice)
            self._client.change([piece.body for piece in first], repeatable=repeatable)

    # ---- what is to be written -----------------------------------------------------------------------------------

    def _plan(self, messages: Sequence[Message], state: State, outcome: dict[str, Result]) -> Plan:
        asked = dict.fromkeys(message.subject for message in messages if message.type in OFFER_TYPES)
        plan = Plan()
        stored = set()
        new = []
        for offer in sheet_rows.offers_now(self._store, [*asked, *(state.strangers - asked.keys())]):
            stored.add(offer.id)
            values = values_of(offer)
            row = state.rows.get(offer.id)
            if row is None:
                # A row that somebody deleted is not made again to say that its offer is gone.
                if offer.gone_at is None and offer.id in asked:
                    order = (offer.departure_date, offer.origin, offer.destination, offer.id)
                    new.append((order, as_json(values), offer.id))
            elif state.check(row) != values[PLACES[CHECK]]:
                plan.changed.append((row, as_json(values), offer.id))
        plan.changed.sort()
        plan.new = [(values, offer_id) for _, values, offer_id in sorted(new)]
        for offer_id in asked.keys() - stored:
            outcome[offer_id] = never("no such offer is stored any more")
        return plan

    def _make_room(self, plan: Plan, state: State, outcome: dict[str, Result]) -> None:
        """Rows to add, and where the spreadsheet is nearly full, rows of gone offers to delete for them."""
        limits, columns = self._limits, state.tab.columns
        free = state.tab.rows - 1 - state.last_row
        lacking = max(0, len(plan.new) - free)
        plan.added_rows = lacking and lacking + limits.spare_rows
        doubles = len(state.twice) * columns
        cells = state.layout.cells - doubles
        if cells + plan.added_rows * columns > limits.prune_above:
            plan.added_rows = lacking
            most = -(-(cells + lacking * columns - limits.prune_to) // columns)
            due = {offer_id for _, _, offer_id in plan.changed}
            gone = sheet_rows.gone_longest(self._store, [key for key in state.rows if key not in due])
            plan.pruned = [state.rows[offer_id] for offer_id in gone[: max(0, most)]]
            cells -= len(plan.pruned) * columns
            if plan.pruned:
                text = f"deleted {len(plan.pruned):,} rows of offers that are gone, the oldest ones, to make room"
                state.notes.add(self._now(), text)
        room = max(0, limits.cells - cells) // columns
        if lacking > room:
            fits = free + room
            outcome.update((offer_id, later(FULL, pauses=True)) for _, offer_id in plan.new[fits:])
            del plan.new[fits:]
            plan.added_rows = room
            state.notes.add(self._now(), FULL)

    def _updates(self, plan: Plan, state: State) -> Iterator[Piece]:
        at_once = self._limits.rows_at_once
        for start in range(0, len(plan.changed), at_once):
            some = plan.changed[start : start + at_once]
            rows = [(row, values) for row, values, _ in some]
            for body in state.header.update_cells(state.tab.gid, rows, at_once):
                yield Piece(body)

    def _structure(self, plan: Plan, state: State) -> Iterator[Piece]:
        """Deleted rows from the bottom up, then rows more, then what is new in them."""
        tab = state.tab
        deleted = sorted({*state.twice, *plan.pruned})
        for first, last in reversed(runs_of(deleted)):
            area = {"sheetId": tab.gid, "dimension": "ROWS", "startIndex": first, "endIndex": last}
            yield Piece(as_json({"deleteDimension": {"range": area}}))
        left = tab.rows - len(deleted)
        if plan.added_rows:
            more = {"sheetId": tab.gid, "dimension": "ROWS", "length": plan.added_rows}
            yield Piece(as_json({"appendDimension": more}))
            for request in tabs.new_rows_formats(tab.gid, state.header, left, left + plan.added_rows):
                yield Piece(as_json(request))
        for request in tabs.wider_filter(tab, left + plan.added_rows):
            yield Piece(as_json(request))
        at_once = self._limits.rows_at_once
        for start in range(0, len(plan.new), at_once):
            some = plan.new[start : start + at_once]
            rows = [state.header.new_row(orjson.loads(values)) for values, _ in some]
            fields = "userEnteredValue,userEnteredFormat.textFormat.link"
            body = as_json({"appendCells": {"sheetId": tab.gid, "rows": rows, "fields": fields}})
            yield Piece(body, tuple(offer_id for _, offer_id in some))

    def _reports(self, messages: Sequence[Message], plan: Plan, state: State, now: datetime) -> Iterator[Piece]:
        due = state.notes.due(now)
        others = tuple(_subject(message) for message in messages if message.type not in OFFER_TYPES)
        if due or others:
            tab = state.layout.tabs[tabs.HEALTH]
            gone = len({*state.twice, *plan.pruned})
            cells = state.layout.cells + (plan.added_rows - gone) * state.tab.columns
            programs = sheet_rows.health(self._store, self._world)
            for body in reports.health_request(tab.gid, tab.rows, programs, state.notes.rows(now, cells), now):
                yield Piece(body, others)
        if due or any(message.type == "promotion" for message in messages):
            tab = state.layout.tabs[tabs.PROMOTIONS]
            told = sheet_rows.promotions_now(self._store, reports.MOST_PROMOTIONS)
            for body in reports.promotions_request(tab.gid, tab.rows, told):
                yield Piece(body, others)

    # ---- more than one request ------------------------------------------------------------------------------------

    def _in_pieces(self, plan: Plan, state: State, rest: Iterator[Piece], outcome: dict[str, Result]) -> None:
        """Write request after request; what was written is noted in `outcome` as it goes."""
        ends = time.monotonic() + FLUSH_SECONDS
        for chunk in _chunks(self._value_ranges(plan, state), self._limits.request_bytes):
            _in_time(ends)
            self._client.write_values([piece.body for piece in chunk])
            outcome.update((subject, sent()) for piece in chunk for subject in piece.subjects)
        for chunk in _chunks(rest, self._limits.request_bytes):
            _in_time(ends)
            self._client.change([piece.body for piece in chunk], repeatable=False)
            outcome.update((subject, sent()) for piece in chunk for subject in piece.subjects)

    def _value_ranges(self, plan: Plan, state: State) -> Iterator[Piece]:
        at_once = self._limits.rows_at_once
        for start in range(0, len(plan.changed), at_once):
            some = plan.changed[start : start + at_once]
            rows = [(row, values) for row, values, _ in some]
            *firsts, last = state.header.value_ranges(tabs.OFFERS, rows, at_once)
            yield from map(Piece, firsts)
            yield Piece(last, tuple(offer_id for _, _, offer_id in some))


def _chunks(pieces: Iterator[Piece], most: int) -> Iterator[list[Piece]]:
    """Pieces together as long as they fit one request; one that is larger goes alone."""
    chunk: list[Piece] = []
    size = 0
    for piece in pieces:
        if chunk and size + len(piece.body) > most:
            yield chunk
            chunk, size = [], 0
        chunk.append(piece)
        size += len(piece.body) + 1
    if chunk:
        yield chunk


def _in_time(ends: float) -> None:
    if time.monotonic() > ends:
        raise SheetsError("slow", "there was more to write than one flush has time for; it goes on", wait_seconds=0.0)


def _subject(message: Message) -> str:
    """What a message is about: an offer, or itself."""
    return message.subject if message.type in OFFER_TYPES else f"#{message.number}"


def _noted(message: Message) -> str:
    """What Health says of a message that is not about an offer; empty where it says nothing."""
    body = message.body
    if message.type == "test":
        return "test: awardspider can write to this spreadsheet"
    if message.type == "run.failed":
        return f"a crawl of {body.get('program_name')} did not end well: {body.get('note') or body.get('reason')}"
    if message.type == "channel.paused":
        return f"the channel {body.get('channel')} is paused: {body.get('reason')}"
    return ""

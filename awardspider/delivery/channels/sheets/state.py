"""What the tab Offers holds at the moment: which offer stands in which row, and what is odd about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from awardspider.delivery.channels.sheets.client import SheetsClient
from awardspider.delivery.channels.sheets.columns import CHECK, PLACES, Header, column_letters, whose
from awardspider.delivery.channels.sheets.errors import SheetsError
from awardspider.delivery.channels.sheets.layout import HEALTH, OFFERS, TABS, Layout, Tab, mend, read_layout
from awardspider.delivery.channels.sheets.reports import HEALTH_COLUMNS, NOTES_RANGE, Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A spreadsheet as it was read. Rows count from 0, the header is row 0.

    `rows` has the first row of each offer, `twice` the further rows of the same ones, which some crash left behind.
    `strangers` are offers whose row holds, or whose own state went to, another's row: somebody sorted in that moment.
    """

    layout: Layout
    header: Header
    rows: dict[str, int]
    checks: list[str]
    twice: list[int]
    strangers: frozenset[str]
    last_row: int
    notes: Notes

    @property
    def tab(self) -> Tab:
        """The tab Offers."""
        return self.layout.tabs[OFFERS]

    def check(self, row: int) -> str:
        """The check of a row; empty where there is none."""
        return self.checks[row] if row < len(self.checks) else ""


class Reader:
    """Reads states; it remembers where the hidden columns stand, so that moving them costs one more call only once."""

    def __init__(self, client: SheetsClient) -> None:
        self._client = client
        self._places = (0, PLACES[CHECK])

    def read(self) -> State:
        """Two calls; more where a tab is missing, which is made again. Raises Trouble and BadArgument."""
        layout = read_layout(self._client)
        if any(name not in layout.tabs for name in TABS):
            mend(self._client)
            layout = read_layout(self._client)
        offers, health = layout.tabs[OFFERS], layout.tabs[HEALTH]
        head = [f"'{OFFERS}'!1:1"]
        ends = [NOTES_RANGE] if health.columns >= len(HEALTH_COLUMNS) and health.rows > 1 else []
        inside = (min(place, offers.columns - 1) for place in self._places)
        first, *columns = self._client.read_columns([*head, *map(_whole, inside), *ends])
        header = _header(first)
        # Only now is it known where they stand; next time it is known before.
        places = (header.id, header.id if header.check is None else header.check)
        if places != self._places:
            self._places = places
            columns = self._client.read_columns([*map(_whole, places), *ends])
        ids = _texts(columns[0])
        checks = _texts(columns[1]) if header.check is not None else []
        return _state(layout, header, ids, checks, Notes(columns[2] if ends else []))


def _whole(place: int) -> str:
    return f"'{OFFERS}'!{column_letters(place)}:{column_letters(place)}"


def _header(columns: list[list[Any]]) -> Header:
    try:
        return Header([column[0] if column else "" for column in columns])
    except KeyError:
        sentence = (
            "the tab Offers has no column `offer id` in its first row any more; undo that in the sheet's version "
            "history, or give the tab another name and run scrapy sheets setup, which makes a new one"
        )
        raise SheetsError("no_header", sentence, pauses=True) from None


def _texts(columns: Sequence[Sequence[Any]]) -> list[str]:
    return [str(value).strip() for value in columns[0]] if columns else []


def _state(layout: Layout, header: Header, ids: list[str], checks: list[str], notes: Notes) -> State:
    rows: dict[str, int] = {}
    twice: list[int] = []
    for row, offer_id in enumerate(ids):
        if row and offer_id and rows.setdefault(offer_id, row) != row:
            twice.append(row)
    by_beginning = {whose(offer_id): offer_id for offer_id in rows}
    strangers: set[str] = set()
    for offer_id, row in rows.items():
        check = checks[row] if row < len(checks) else ""
        owner = check.partition("-")[0]
        if check and owner != whose(offer_id):
            strangers |= {offer_id, by_beginning.get(owner, offer_id)}
    return State(
        layout=layout,
        header=header,
        rows=rows,
        checks=checks,
        twice=twice,
        strangers=frozenset(strangers),
        last_row=max(len(ids) - 1, 0),
        notes=notes,
    )

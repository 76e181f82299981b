"""A spreadsheet of the sandbox with us on one side and a person on the other, both through Google's API."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from awardspider.delivery.channels.base import Message, Result, Verdict
from awardspider.delivery.channels.sheets.account import credentials
from awardspider.delivery.channels.sheets.client import SheetsClient
from awardspider.delivery.channels.sheets.columns import COLUMNS, as_json, column_letters
from awardspider.delivery.channels.sheets.flush import Flusher, Limits
from awardspider.delivery.channels.sheets.layout import OFFERS, Tab, read_layout
from awardspider.items import AwardOfferItem
from awardspider.storage.store import Store
from tests.support.sandbox_server import Sandbox, sandbox
from tests.support.storage_examples import DAY, NOW, an_itinerary, batch_of

HOST = "sheets.googleapis.com"
LATER = NOW + timedelta(hours=2)
NOTES = len(COLUMNS)  # the first column for people


@contextmanager
def without_quota() -> Iterator[Sandbox]:
    """A sandbox whose Google never says that a minute's calls are used up."""
    with sandbox() as running:
        running.client.post(f"{running.url}/_sheets/quota", json={"on": False}).raise_for_status()
        yield running


@dataclass
class SharedSheet:
    """Our side is `flusher`; `slept` are the waits between tries, none of which is really waited."""

    server: Sandbox
    store: Store
    limits: Limits = field(default_factory=Limits)
    timeout: tuple[float, float] = (5.0, 20.0)
    now: datetime = NOW

    def __post_init__(self) -> None:
        answer = self.server.client.post(f"{self.server.url}/_sheets", json={"title": "Deals"})
        self.spreadsheet = answer.json()["id"]
        self.slept: list[float] = []
        self.client = self.another_client()
        self.flusher = Flusher(self.client, self.store, lambda: self.now, limits=self.limits)
        self.calls = 0

    def another_client(self) -> SheetsClient:
        return SheetsClient(
            self.spreadsheet,
            an_account(self.server.url),
            sandbox_url=self.server.url,
            timeout=self.timeout,
            sleep=self.slept.append,
        )

    # ---- ours --------------------------------------------------------------------------------------------------------

    def store_offers(self, *offers: AwardOfferItem) -> None:
        self.store.write(batch_of(*offers), None)

    def mark_gone(self, *offers: AwardOfferItem, after: timedelta = timedelta(hours=1)) -> None:
        self.store.write(batch_of(gone={NOW + after: [offer.offer_id for offer in offers]}), None)

    def flush(self, *offers: AwardOfferItem, kind: str = "offer.changed") -> list[Result]:
        """Hand over a message for each offer; `calls` are those that it took."""
        before = self.client.calls
        results = self.flusher.flush([a_message(place, offer.offer_id, kind) for place, offer in enumerate(offers)])
        self.calls = self.client.calls - before
        return results

    def write(self, *offers: AwardOfferItem) -> None:
        """Store them and have them written."""
        self.store_offers(*offers)
        assert {result.verdict for result in self.flush(*offers)} == {Verdict.SENT}

    # ---- what a person sees and does ---------------------------------------------------------------------------------

    def tab(self, name: str = OFFERS) -> Tab:
        return read_layout(self.client).tabs[name]

    def rows(self, name: str = OFFERS) -> list[dict[str, Any]]:
        """Each row below the header that holds anything, by header; empty cells are left out."""
        columns = self.client.read_columns([f"'{name}'!1:{self.tab(name).rows}"])[0]
        titles = [str(column[0]) if column else "" for column in columns]
        height = max(map(len, columns))
        table = [
            {
                title: column[row]
                for title, column in zip(titles, columns, strict=True)
                if column[row : row + 1] not in ([], [""])
            }
            for row in range(1, height)
        ]
        return [row for row in table if row]

    def by_id(self) -> dict[str, dict[str, Any]]:
        rows = self.rows()
        found = {row["offer id"]: row for row in rows if "offer id" in row}
        assert len(found) == sum("offer id" in row for row in rows), "an offer stands there twice"
        return found

    def do(self, *requests: dict[str, Any]) -> None:
        """Requests of spreadsheets.batchUpdate."""
        self.another_client().change([as_json(request) for request in requests], repeatable=False)

    def type_in(self, place: int, values: Sequence[Any], first_row: int = 0) -> None:
        """Values below each other into a column of Offers; both counted from 0."""
        letters = column_letters(place)
        where = f"'{OFFERS}'!{letters}{first_row + 1}:{letters}{first_row + len(values)}"
        self.another_client().write_values([as_json({"range": where, "values": [[value] for value in values]})])

    def sort(self, place: int, *, descending: bool = False) -> None:
        """Sort the whole tab by a column, as the menu of its filter does."""
        area = {"sheetId": self.tab().gid, "startRowIndex": 1, "startColumnIndex": 0}
        order = {"dimensionIndex": place, "sortOrder": "DESCENDING" if descending else "ASCENDING"}
        self.do({"sortRange": {"range": area, "sortSpecs": [order]}})

    def delete(self, dimension: str, first: int, last: int) -> None:
        area = {"sheetId": self.tab().gid, "dimension": dimension, "startIndex": first, "endIndex": last}
        self.do({"deleteDimension": {"range": area}})

    def insert(self, dimension: str, first: int, last: int) -> None:
        area = {"sheetId": self.tab().gid, "dimension": dimension, "startIndex": first, "endIndex": last}
        self.do({"insertDimension": {"range": area, "inheritFromBefore": False}})


# One for all: making a key takes a moment.
an_account = functools.cache(partial(credentials, {}))


def a_message(number: int, subject: str, kind: str = "offer.changed", **body: Any) -> Message:
    return Message(number=number, key=f"sheets:{number}", type=kind, subject=subject, body=body, created_at=NOW)


def flights(count: int, **known: object) -> list[AwardOfferItem]:
    """Flights on as many days, each dearer than the one before."""
    days = range(count)
    return [an_itinerary(departure_date=DAY + timedelta(days=n), **{"miles": 10_000 + n, **known}) for n in days]


def cheaper(offers: list[AwardOfferItem]) -> list[AwardOfferItem]:
    return [
        an_itinerary(departure_date=each.departure_date, miles=(each.miles or 0) - 5_000, seen_at=LATER)
        for each in offers
    ]


def with_notes(sheet: SharedSheet, offers: list[AwardOfferItem]) -> None:
    """Written, with a person's note in a column of their own beside each row: the offer's id, to find mistakes by."""
    sheet.write(*offers)
    sheet.type_in(NOTES, ["my note", *(row["offer id"] for row in sheet.rows())])


def assert_notes_stand_right(sheet: SharedSheet) -> None:
    rows = [row for row in sheet.rows() if "my note" in row]
    assert rows
    assert [row["my note"] for row in rows] == [row["offer id"] for row in rows]

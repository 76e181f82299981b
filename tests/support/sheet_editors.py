"""A spreadsheet of the sandbox that a channel and a person edit, both through Google's API."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from awardspider.delivery.channels.base import DeliveryReport, Message
from awardspider.delivery.channels.sheet_options import OfferSelection, SheetOptions
from awardspider.delivery.channels.sheets.account import credentials
from awardspider.delivery.channels.sheets.cells import column_letters, encode
from awardspider.delivery.channels.sheets.client import SheetsClient
from awardspider.delivery.channels.sheets.columns import COLUMNS
from awardspider.delivery.channels.sheets.flush import Flusher
from awardspider.delivery.channels.sheets.layout import OFFERS, Tab, read_layout
from awardspider.delivery.channels.sheets.row_plan import Limits
from awardspider.items import AwardOfferItem
from awardspider.storage.batches import write_batch
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store
from tests.support.sandbox_server import Sandbox, sandbox
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary

HOST = "sheets.googleapis.com"
LATER = NOW + timedelta(hours=2)
ALL_OFFERS = SheetOptions(offers=OfferSelection.ALL)
NOTES = len(COLUMNS)  # the first column after ours


@contextmanager
def without_quota() -> Iterator[Sandbox]:
    """Run a sandbox whose Google Sheets has no quota of calls per minute."""
    with sandbox() as running:
        running.client.post(f"{running.url}/_sheets/quota", json={"on": False}).raise_for_status()
        yield running


@dataclass
class SharedSheet:
    """A spreadsheet with the flusher of a channel. `slept` records the waits between attempts, which take no time."""

    server: Sandbox
    store: Store
    limits: Limits = field(default_factory=Limits)
    options: SheetOptions = ALL_OFFERS
    timeout: tuple[float, float] = (5.0, 20.0)
    now: datetime = NOW

    def __post_init__(self) -> None:
        response = self.server.client.post(f"{self.server.url}/_sheets", json={"title": "Deals"})
        self.spreadsheet = response.json()["id"]
        self.slept: list[float] = []
        self.client = self.another_client()
        self.calls = 0
        self.open()

    def another_client(self, sandbox_url: str = "") -> SheetsClient:
        return SheetsClient(
            self.spreadsheet,
            sandbox_account(self.server.url),
            sandbox_url=sandbox_url or self.server.url,
            timeout=self.timeout,
            sleep=self.slept.append,
        )

    def open(self, **values: Any) -> None:
        """Start a flusher, as a new process does; `values` are other arguments."""
        arguments: dict[str, Any] = {"options": self.options, "limits": self.limits} | values
        self.flusher = Flusher(self.client, self.store, lambda: self.now, **arguments)

    # ---- the channel -------------------------------------------------------------------------------------------------

    def store_offers(self, *offers: AwardOfferItem) -> None:
        write_batch(self.store, make_batch(*offers))

    def mark_gone(self, *offers: AwardOfferItem, after: timedelta = timedelta(hours=1)) -> None:
        write_batch(self.store, make_batch(gone={NOW + after: [offer.offer_id for offer in offers]}))

    def flush(self, *offers: AwardOfferItem, event_type: str = "offer.changed") -> list[DeliveryReport]:
        """Flush a message for each offer; `calls` is the number of API calls."""
        before = self.client.calls
        reports = self.flusher.flush(
            [make_message(number, offer.offer_id, event_type) for number, offer in enumerate(offers)]
        )
        self.calls = self.client.calls - before
        return reports

    def write(self, *offers: AwardOfferItem) -> None:
        """Store offers and write them to the sheet."""
        self.store_offers(*offers)
        assert {report.result for report in self.flush(*offers)} == {DeliveryResult.SENT}

    # ---- a person ----------------------------------------------------------------------------------------------------

    def tab(self, name: str = OFFERS) -> Tab:
        return read_layout(self.client).tabs[name]

    def rows(self, name: str = OFFERS) -> list[dict[str, Any]]:
        """Return the rows with content below the header, without empty cells, as title -> value."""
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
        assert len(found) == sum("offer id" in row for row in rows), "an offer has two rows"
        return found

    def do(self, *requests: dict[str, Any]) -> None:
        """Send requests of spreadsheets.batchUpdate."""
        self.another_client().send_batch_update([encode(request) for request in requests], repeatable=False)

    def type_in(self, position: int, values: Sequence[Any], first_row: int = 0) -> None:
        """Enter values into a column of Offers, from a row on; column and row count from 0."""
        letters = column_letters(position)
        area = f"'{OFFERS}'!{letters}{first_row + 1}:{letters}{first_row + len(values)}"
        self.another_client().update_values([encode({"range": area, "values": [[value] for value in values]})])

    def sort(self, position: int, *, descending: bool = False) -> None:
        """Sort all rows by a column, as the menu of the filter does."""
        area = {"sheetId": self.tab().gid, "startRowIndex": 1, "startColumnIndex": 0}
        order = {"dimensionIndex": position, "sortOrder": "DESCENDING" if descending else "ASCENDING"}
        self.do({"sortRange": {"range": area, "sortSpecs": [order]}})

    def delete(self, dimension: str, first: int, last: int) -> None:
        area = {"sheetId": self.tab().gid, "dimension": dimension, "startIndex": first, "endIndex": last}
        self.do({"deleteDimension": {"range": area}})

    def insert(self, dimension: str, first: int, last: int) -> None:
        area = {"sheetId": self.tab().gid, "dimension": dimension, "startIndex": first, "endIndex": last}
        self.do({"insertDimension": {"range": area, "inheritFromBefore": False}})


# Cached, because generating a key takes a tenth of a second.
sandbox_account = functools.cache(partial(credentials, {}))


def make_message(number: int, subject: str, event_type: str = "offer.changed", **body: Any) -> Message:
    return Message(id=number, key=f"sheets:{number}", type=event_type, subject=subject, body=body, created_at=NOW)


def flights(count: int, **values: object) -> list[AwardOfferItem]:
    """Return itineraries on consecutive days, each 1 mile more expensive than the one before."""
    days = range(count)
    return [make_itinerary(departure_date=DAY + timedelta(days=n), **{"miles": 10_000 + n, **values}) for n in days]


def cheaper(offers: list[AwardOfferItem]) -> list[AwardOfferItem]:
    return [
        make_itinerary(departure_date=offer.departure_date, miles=(offer.miles or 0) - 5_000, seen_at=LATER)
        for offer in offers
    ]


def write_with_notes(sheet: SharedSheet, offers: list[AwardOfferItem]) -> None:
    """Write offers, and beside each row a person's note: the offer's id, which shows misplaced rows."""
    sheet.write(*offers)
    sheet.type_in(NOTES, ["my note", *(row["offer id"] for row in sheet.rows())])


def assert_notes_match(sheet: SharedSheet) -> None:
    rows = [row for row in sheet.rows() if "my note" in row]
    assert rows
    assert [row["my note"] for row in rows] == [row["offer id"] for row in rows]

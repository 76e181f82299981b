"""`scrapy watches` with a database of its own, and offers for it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from awardspider.commands.watches import Command
from awardspider.items import AwardOfferItem
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.search.watches import Watch
from awardspider.storage.batches import write_batch
from awardspider.storage.promotion_watches import read_promotion_watches
from awardspider.storage.store import open_store
from awardspider.storage.watches import find_watches
from tests.support.commands import CommandRunner
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_segment

SETTINGS = {
    "SPIDER_MODULES": ["awardspider.spiders"],
    "AWARD_DATABASE_URL": "",
    "AWARD_GOOGLE_SHEET": "",
    "AWARD_WEBHOOKS": "phone=https://example.com/phone team=https://example.com/team",
    "AWARD_WEBHOOK_SECRET": "",
    "AWARD_BUDGET": "",
    "AWARD_KEYS": {},
    "AWARD_MAX_AGE_HOURS": "48",
    "AWARD_SANDBOX_URL": "",
}

TWO = """\
watches:
  - {name: Weekend in Austin, origin: LAX, destination: AUS, dates: +14..+60, cabins: economy, max_miles: 12500}
  - {name: Last spring, origin: NYC, destination: TYO, dates: 2020-03, active: no}
"""


class AtFixedTime(Command):
    """The command at the time of the stored offers."""

    @staticmethod
    def now() -> datetime:
        return NOW


class Watches(CommandRunner):
    """The command with a database of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(AtFixedTime, SETTINGS | {"AWARD_DATA_DIR": str(folder)}, capsys)
        self.folder = folder

    def import_text(self, text: str) -> str:
        """Import a file with this text and return the summary."""
        return self.import_report(text).splitlines()[0].removeprefix(f"{self.folder / 'watches.yaml'}: ")

    def import_report(self, text: str) -> str:
        """Import a file with this text and return everything that is printed."""
        file = self.folder / "watches.yaml"
        file.write_text(text)
        return self.succeed("import", str(file))

    def stored_promotions(self) -> list[PromotionWatch]:
        """Return the stored watches for promotions."""
        store = open_store("", self.folder)
        try:
            return [stored.watch for stored in read_promotion_watches(store, now=NOW).readable]
        finally:
            store.close()

    def stored(self) -> list[Watch]:
        """Return the stored watches for awards."""
        store = open_store("", self.folder)
        try:
            return [stored.watch for stored in find_watches(store, now=NOW, active_only=False)]
        finally:
            store.close()


TOKYO = ("--origin", "LAX,SFO", "--destination", "TYO", "--dates", "2027-03..2027-05")


def requests_of(report: str) -> dict[str, list[str]]:
    """Return the columns after the name of each watch in the report of an import."""
    lines = report.partition("───\n")[2].splitlines()
    return {line[:18].strip(): line[18:].split() for line in lines if line[:1].strip()}


def store_offers(watches: Watches, *offers: AwardOfferItem) -> None:
    store = open_store("", watches.folder)
    try:
        write_batch(store, make_batch(*offers))
    finally:
        store.close()


def offer(day: date, miles: int, *, back: bool = False, **values: Any) -> AwardOfferItem:
    """Return the flights of a day between Los Angeles and Austin, with two seats."""
    places = {"origin": "AUS", "destination": "LAX"} if back else {"origin": "LAX", "destination": "AUS"}
    start = datetime.combine(day, time(9), UTC)
    segment = make_segment(departs_at=start, arrives_at=start + timedelta(hours=3), **places)
    fields: dict[str, Any] = {"departure_date": day, "miles": miles, "segments": (segment,), "seats": 2, **places}
    return make_itinerary(**fields | values)


AUSTIN = ("--origin", "LAX", "--destination", "AUS", "--dates", "2027-03-10..2027-03-20")

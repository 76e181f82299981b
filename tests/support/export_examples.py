"""A store with one of everything that an export must carry, and exports of it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from awardspider.items import Cabin, Detail, Money, PromotionItem
from awardspider.outcomes import Outcome, Reason
from awardspider.programs import all_programs
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.export.layout import TABLES
from awardspider.storage.export.rows import open_export
from awardspider.storage.store import Store, open_store
from tests.support.storage_examples import NOW, a_report, a_search, a_segment, an_itinerary, an_offer, batch_of

HOUR = timedelta(hours=1)

FORMULA = '=HYPERLINK("https://evil.example","Saver")'

# Two flights; on sale; a fare name that a spreadsheet would run.
CONNECTING = an_itinerary(
    segments=(
        a_segment(),
        a_segment(
            "374",
            departs_at=datetime(2027, 3, 10, 22, 30, tzinfo=ZoneInfo("America/Chicago")),
            arrives_at=datetime(2027, 3, 11, 1, 5, tzinfo=timezone(-timedelta(hours=5))),
        ),
    ),
    stops=1,
    fare_name=FORMULA,
)
LOWEST = an_offer(cabin=Cabin.BUSINESS, miles=30_000)
# Seats without a price, to an airport that nobody knows.
SEATS = an_offer(
    detail=Detail.SEATS, miles=None, taxes=None, seats=9, chart_miles=70_000, destination="XQQ", source="seatsaero",
    departure_date=date(2028, 1, 2),
)  # fmt: skip
YEN = an_offer(origin="HND", destination="SFO", taxes=Money(Decimal(5610), "JPY"), seen_at=NOW - 48 * HOUR)

BONUS = PromotionItem(
    kind="transfer_bonus",
    title='30 % more, até "domingo"\nsó hoje',
    source="feed",
    link="https://example.org/bonus",
    seen_at=NOW,
    programs=("smiles",),
    banks=("Itaú", "Santander"),
    percent=30,
    up_to=True,
    book_by=date(2026, 12, 1),
    targeted=False,
    published=NOW - HOUR,
)
SALE = PromotionItem(
    kind="buy_miles",
    title="-50 % on miles",
    source="feed",
    link="https://example.org/sale",
    seen_at=NOW + timedelta(microseconds=250),
    programs=("united", "delta"),
    cents_per_mile=Decimal("1.4375"),
)


def fill(store: Store) -> None:
    """Two days of what crawls saw: offers, one gone, one dearer and then cheaper, looks of all outcomes, promotions."""
    looks = [
        a_report("s1", requested_at=NOW),
        a_report("s2", outcome=Outcome.EMPTY, offers=0, requested_at=NOW + HOUR),
        a_report(
            "s3",
            search=a_search(program="delta", cabins=(Cabin.ECONOMY, Cabin.FIRST), origin="JFK", destination="LAX"),
            outcome=Outcome.FAILED,
            reason=Reason.BLOCKED,
            note="HTTP 403, a page of\nwords",
            http_status=403,
            offers=0,
            seconds=None,
            requested_at=NOW - 48 * HOUR,
        ),
        a_report(
            "s4",
            search=a_search(
                program="seatsaero", kind="bulk", origin="north_america", destination="europe", target_program="united"
            ),
        ),
    ]
    write_batch(store, batch_of(YEN))
    write_batch(store, Batch(gone={NOW - 24 * HOUR: [YEN.offer_id]}))
    write_batch(store, batch_of(CONNECTING, LOWEST, SEATS, reports=looks, promotions=[BONUS, SALE]), "run-1")
    dearer = an_offer(cabin=Cabin.BUSINESS, miles=35_000, seen_at=NOW + HOUR)
    cheaper = an_offer(cabin=Cabin.BUSINESS, miles=27_500, seen_at=NOW + 2 * HOUR)
    write_batch(store, batch_of(dearer))
    write_batch(store, batch_of(cheaper))


def filled(folder: Path, url: str = "") -> None:
    """The same in a database of its own."""
    with closing(open_store(url, folder)) as store:
        fill(store)


def exported(store: Store, table: str, since: datetime | None = None) -> list[dict[str, Any]]:
    """The rows of a table by the names of the layout."""
    with open_export(store, all_programs(), since) as export:
        return [dict(zip(TABLES[table], row, strict=True)) for row in export.rows(table)]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)

"""A store with every kind of row that an export contains, and its export."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from awardspider.items import BonusOrDiscount, Cabin, Detail, Money, PromotionItem, PromotionKind
from awardspider.outcomes import Outcome, Reason
from awardspider.programs import all_programs
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.export.layout import TABLES
from awardspider.storage.export.rows import open_export
from awardspider.storage.store import Store, open_store
from tests.support.storage_examples import (
    NOW,
    make_batch,
    make_itinerary,
    make_offer,
    make_report,
    make_search,
    make_segment,
)
from tests.support.stored_promotions import store_announcements

HOUR = timedelta(hours=1)

FORMULA = '=HYPERLINK("https://evil.example","Saver")'

# Two flights, on sale, with a fare name that a spreadsheet would run.
CONNECTING = make_itinerary(
    segments=(
        make_segment(),
        make_segment(
            "374",
            departs_at=datetime(2027, 3, 10, 22, 30, tzinfo=ZoneInfo("America/Chicago")),
            arrives_at=datetime(2027, 3, 11, 1, 5, tzinfo=timezone(-timedelta(hours=5))),
        ),
    ),
    stops=1,
    fare_name=FORMULA,
)
LOWEST = make_offer(cabin=Cabin.BUSINESS, miles=30_000)
# Seats without a price, to an unknown airport.
SEATS = make_offer(
    detail=Detail.SEATS, miles=None, taxes=None, seats=9, chart_miles=70_000, destination="XQQ", source="seatsaero",
    departure_date=date(2028, 1, 2),
)  # fmt: skip
YEN = make_offer(origin="HND", destination="SFO", taxes=Money(Decimal(5610), "JPY"), seen_at=NOW - 48 * HOUR)

BONUS = PromotionItem(
    kind=PromotionKind.TRANSFER_BONUS,
    title='30 % more, até "domingo"\nsó hoje',
    source="feed",
    link="https://example.org/bonus",
    seen_at=NOW,
    programs=("smiles",),
    banks=("Itaú", "Santander"),
    percent=30,
    up_to=True,
    bonus_or_discount=BonusOrDiscount.BONUS,
    book_from=date(2026, 11, 20),
    book_by=date(2026, 12, 1),
    targeted=False,
    published=NOW - HOUR,
)
SALE = PromotionItem(
    kind=PromotionKind.BUY_MILES,
    title="-50 % on miles",
    source="feed",
    link="https://example.org/sale",
    seen_at=NOW + timedelta(microseconds=250),
    programs=("united", "delta"),
    miles_price=5_000,
    cents_per_mile=Decimal("1.4375"),
)


def fill(store: Store) -> None:
    """Write two days of offers (one gone, one with two price changes), searches of every outcome, and promotions."""
    searches = [
        make_report("s1", requested_at=NOW),
        make_report("s2", outcome=Outcome.EMPTY, offers=0, requested_at=NOW + HOUR),
        make_report(
            "s3",
            search=make_search(program="delta", cabins=(Cabin.ECONOMY, Cabin.FIRST), origin="JFK", destination="LAX"),
            outcome=Outcome.FAILED,
            reason=Reason.BLOCKED,
            note="HTTP 403, a page of\nwords",
            http_status=403,
            offers=0,
            seconds=None,
            requested_at=NOW - 48 * HOUR,
        ),
        make_report(
            "s4",
            search=make_search(
                program="seatsaero", kind="bulk", origin="north_america", destination="europe", target_program="united"
            ),
        ),
    ]
    write_batch(store, make_batch(YEN))
    write_batch(store, Batch(gone={NOW - 24 * HOUR: [YEN.offer_id]}))
    write_batch(store, make_batch(CONNECTING, LOWEST, SEATS, reports=searches), "run-1")
    store_announcements(store, BONUS, SALE)
    higher = make_offer(cabin=Cabin.BUSINESS, miles=35_000, seen_at=NOW + HOUR)
    lower = make_offer(cabin=Cabin.BUSINESS, miles=27_500, seen_at=NOW + 2 * HOUR)
    write_batch(store, make_batch(higher))
    write_batch(store, make_batch(lower))


def create_full_database(folder: Path, url: str = "") -> None:
    """Create a database with the rows of `fill`."""
    with closing(open_store(url, folder)) as store:
        fill(store)


def export_rows(store: Store, table: str, since: datetime | None = None) -> list[dict[str, Any]]:
    """Return the rows of a table by column."""
    with open_export(store, all_programs(), since, now=NOW) as export:
        return [dict(zip(TABLES[table], row, strict=True)) for row in export.rows(table)]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)

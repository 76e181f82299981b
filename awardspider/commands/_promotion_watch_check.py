"""Records and tables of the promotions that match a watch now, and of near misses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from awardspider.commands._listing import age, print_table
from awardspider.commands._table import Column, FittedTable
from awardspider.search.promotion_fields import kind_text, program_text
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.storage.promotion_check import CheckedPromotion

#: Fields of a checked promotion.
PROMOTION_CHECK_FIELDS = (
    "result", "reasons", "state", "id", "kind", "title", "programs", "banks", "percent", "up_to", "cents_per_mile",
    "routes", "book_from", "book_by", "targeted", "sources", "link", "first_seen_at", "last_seen_at",
)  # fmt: skip


def print_promotion_check(
    watch: PromotionWatch,
    matches: Sequence[CheckedPromotion],
    misses: Sequence[CheckedPromotion],
    limit: int | None,
    now: datetime,
) -> None:
    """Print at most `limit` matches, and all near misses, as tables."""
    if not (matches or misses):
        print("No current promotion is stored that is like it.")
        return
    notes = ["more exist; --limit 0 shows all"] if len(matches[:limit]) < len(matches) else []
    if not matches:
        notes = ["no stored promotion matches now; the next crawl may find some"]
    print_table(_table(matches[:limit], watch, now, notes))
    if misses:
        print("\nNearest misses:\n")
        print_table(_table(misses, watch, now, []))


def promotion_check_record(checked: CheckedPromotion) -> dict[str, Any]:
    """Return a promotion and its result keyed by PROMOTION_CHECK_FIELDS."""
    row, item = checked.row, checked.row.item
    return {
        "result": "no_match" if checked.reasons else "match",
        "reasons": ", ".join(checked.reasons),
        "state": checked.state.value,
        "id": row.id,
        "kind": item.kind.value,
        "title": item.title,
        "programs": ", ".join(item.programs),
        "banks": ", ".join(item.banks),
        "percent": item.percent,
        "up_to": item.up_to,
        "cents_per_mile": None if item.cents_per_mile is None else f"{item.cents_per_mile:f}",
        "routes": ", ".join(item.routes),
        "book_from": item.book_from and item.book_from.isoformat(),
        "book_by": item.book_by and item.book_by.isoformat(),
        "targeted": item.targeted,
        "sources": ", ".join(row.sources),
        "link": item.link,
        "first_seen_at": row.first_seen_at,
        "last_seen_at": row.last_seen_at,
    }


def _table(
    rows: Iterable[CheckedPromotion], watch: PromotionWatch, now: datetime, notes: Sequence[str]
) -> FittedTable[CheckedPromotion]:
    def kind(checked: CheckedPromotion) -> str:
        return "" if len(watch.kinds) == 1 else kind_text(checked.row.item.kind)

    columns: list[Column[CheckedPromotion]] = [
        Column(
            title="why not",
            rank=0,
            text=lambda each: ", ".join(each.reasons),
            min_width=18,
            optional=True,
            wraps=True,
        ),
        Column(title="promotion", rank=0, text=lambda each: each.row.item.title, min_width=24, wraps=True),
        Column(title="state", rank=1, text=lambda each: each.state.replace("_", " ")),
        Column(title="ends", rank=2, text=_last_day),
        Column(title="kind", rank=6, text=kind, min_width=8, optional=True, wraps=True),
        Column(title="program", rank=7, text=_programs, min_width=10, wraps=True),
        Column(title="bank", rank=8, text=_banks, min_width=8, optional=True, wraps=True),
        Column(title="percent", rank=5, text=_percent, optional=True, right=True),
        Column(title="cents", rank=4, text=_cents, optional=True, right=True),
        Column(title="sources", rank=9, text=lambda each: str(len(each.row.sources)), right=True),
        Column(title="seen ago", rank=3, text=lambda each: age(each.row.last_seen_at, now), right=True),
    ]
    return FittedTable(rows, columns, notes)


def _last_day(checked: CheckedPromotion) -> str:
    return f"{checked.row.item.book_by:%Y-%m-%d}" if checked.row.item.book_by else "unknown"


def _programs(checked: CheckedPromotion) -> str:
    return ", ".join(map(program_text, checked.row.item.programs))


def _banks(checked: CheckedPromotion) -> str:
    return ", ".join(checked.row.item.banks)


def _percent(checked: CheckedPromotion) -> str:
    item = checked.row.item
    return "" if item.percent is None else f"{'≤ ' if item.up_to else ''}{item.percent}%"


def _cents(checked: CheckedPromotion) -> str:
    cents = checked.row.item.cents_per_mile
    return "" if cents is None else f"{cents:f}"

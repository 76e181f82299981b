"""Findings of watches: rows about the same flights at the same price, or the same promotion, which are shown once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import inf
from typing import Any

from awardspider.deals.ranking import OfferFacts, body_facts
from awardspider.items import BonusOrDiscount, EventType, PromotionKind, fare_id
from awardspider.search.promotion_order import promotion_rank
from awardspider.storage.claims import ClaimedRow

#: What two watches must have in common to share an entry: the flights and the lowest price, or the promotion.
FindingKey = tuple[str, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """Rows about the same flights at the same lowest price: fares for one watch, or several watches, in order of id.

    `shown` is the row with the lowest price, and `facts` are those of its offer. Rows about a promotion differ only in
    their watches, and have no facts of an offer.
    """

    key: FindingKey
    rows: tuple[ClaimedRow, ...]
    shown: ClaimedRow
    facts: OfferFacts


def findings_of_watches(rows: Iterable[ClaimedRow]) -> list[Finding]:
    """Group the rows of several watches into findings.

    For one watch, all fares of the same flights are one finding. Two watches share a finding if the lowest price is the
    same; otherwise, each has its own.
    """
    by_watch: dict[str | None, list[ClaimedRow]] = {}
    for row in rows:
        by_watch.setdefault(row.watch_key, []).append(row)
    shared: dict[FindingKey, list[Finding]] = {}
    for own in by_watch.values():
        for finding in findings_of_watch(own):
            shared.setdefault(finding.key, []).append(finding)
    return [merge_findings(findings) for findings in shared.values()]


def findings_of_watch(rows: Iterable[ClaimedRow]) -> list[Finding]:
    """Group the rows of one watch into findings."""
    groups: dict[str, list[ClaimedRow]] = {}
    for row in rows:
        same = row.subject if is_promotion(row) else row.flight_key or fare_id(row.subject)
        groups.setdefault(same, []).append(row)
    found = []
    for same, group in groups.items():
        shown = cheapest(group)
        body = shown.body
        key = (same, body.get("miles"), body.get("taxes"), body.get("taxes_currency"))
        found.append(Finding(key, tuple(sorted(group, key=lambda row: row.id)), shown, body_facts(body)))
    return found


def merge_findings(findings: Sequence[Finding]) -> Finding:
    """Return one finding with the rows of several with the same key."""
    if len(findings) == 1:
        return findings[0]
    rows = sorted((row for finding in findings for row in finding.rows), key=lambda row: row.id)
    shown = cheapest(rows)
    return Finding(findings[0].key, tuple(rows), shown, body_facts(shown.body))


def is_promotion(row: ClaimedRow) -> bool:
    """Return whether a row is about a promotion."""
    return row.event_type is EventType.PROMOTION


def promotion_row_rank(row: ClaimedRow) -> tuple[Any, ...]:
    """Return the sort key of a row about a promotion, the best first."""
    body = row.body
    meaning, last = body.get("bonus_or_discount"), body.get("book_by")
    rank = promotion_rank(
        kind=PromotionKind(body["kind"]),
        percent=body.get("percent"),
        bonus_or_discount=BonusOrDiscount(meaning) if meaning else None,
        up_to=body.get("up_to"),
        targeted=body.get("targeted"),
        book_by=date.fromisoformat(last) if last else None,
    )
    return *rank, row.id


def cheapest(rows: Iterable[ClaimedRow]) -> ClaimedRow:
    """Return the representative row of fares of the same flights: the one with the lowest price.

    At one price, it is the one of the largest party, whose price is also the price for fewer travelers, then the
    latest.
    """
    return min(rows, key=lambda row: (*_price(row.body), -row.body.get("travelers", 1), -row.id))


def _price(body: Mapping[str, Any]) -> tuple[float, Decimal]:
    """Return miles and taxes to compare fares of one program; unknown ones come last."""
    miles, taxes = body.get("miles"), body.get("taxes")
    return inf if miles is None else miles, Decimal("Infinity") if taxes is None else Decimal(taxes)

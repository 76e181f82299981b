"""The judgment of an offer as flat fields of its event: `deal_*`, `cents_per_point` and `cash_fare*`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from awardspider.search.judgments import BaselineScope, DealClass, Judgment

#: Names and types of the fields; None in an event without a judgment, baseline or cash fare.
JUDGMENT_FIELDS: dict[str, Any] = {
    "deal_class": DealClass | None,
    "deal_judged_at": datetime | None,
    "deal_discount_percent": int | None,
    "deal_median_miles": int | None,
    "deal_quarter_miles": int | None,
    "deal_tenth_miles": int | None,
    "deal_lowest_miles": int | None,
    "deal_lowest_day": date | None,
    "deal_lowest_since": date | None,
    "deal_first_day": date | None,
    "deal_window_days": int | None,
    "deal_days": int | None,
    "deal_searches": int | None,
    "deal_scope": BaselineScope | None,
    "cents_per_point": Decimal | None,
    "cash_fare": Decimal | None,
    "cash_fare_currency": str | None,
    "cash_fare_source": str | None,
    "cash_fare_seen_at": datetime | None,
}
# Names of the fields of a Baseline and a CashFare in an event, by the names that they have there.
_BASELINE = {
    "scope": "deal_scope",
    "window_days": "deal_window_days",
    "median": "deal_median_miles",
    "quarter": "deal_quarter_miles",
    "tenth": "deal_tenth_miles",
    "days": "deal_days",
    "searches": "deal_searches",
    "lowest": "deal_lowest_miles",
    "lowest_day": "deal_lowest_day",
    "first_day": "deal_first_day",
}
_CASH_FARE = {
    "amount": "cash_fare",
    "currency": "cash_fare_currency",
    "source": "cash_fare_source",
    "seen_at": "cash_fare_seen_at",
}


def judgment_values(judgment: Judgment | None) -> dict[str, Any]:
    """Return the fields of a judgment, all of them None without one."""
    values: dict[str, Any] = dict.fromkeys(JUDGMENT_FIELDS)
    if judgment is None:
        return values
    values |= {
        "deal_class": judgment.deal_class,
        "deal_judged_at": judgment.judged_at,
        "deal_discount_percent": judgment.discount_percent,
        "deal_lowest_since": judgment.lowest_since,
        "cents_per_point": judgment.cents_per_point,
    }
    for part, names in ((judgment.baseline, _BASELINE), (judgment.cash_fare, _CASH_FARE)):
        if part is not None:
            values |= {field: getattr(part, name) for name, field in names.items()}
    return values


def parse_judgment(body: Mapping[str, Any]) -> Judgment | None:
    """Return the judgment of an offer from the body of its event; None without one, as in events of earlier versions.

    Raise msgspec.ValidationError for invalid values.
    """
    if body.get("deal_class") is None:
        return None
    return msgspec.convert(
        {
            "deal_class": body["deal_class"],
            "miles": body.get("miles"),
            "judged_at": body.get("deal_judged_at") or body["created_at"],
            "baseline": _part(body, _BASELINE),
            "lowest_since": body.get("deal_lowest_since"),
            "cents_per_point": body.get("cents_per_point"),
            "cash_fare": _part(body, _CASH_FARE),
        },
        Judgment,
    )


def _part(body: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the fields of a part of the judgment, or None if any is missing."""
    values = {name: body.get(field) for name, field in names.items()}
    return None if None in values.values() else values

"""Discounts and promotions in Delta's offers.

Facts and sources: docs/sources/delta.md. Few recorded responses contain a sale, so any value may have any type.
"""

from __future__ import annotations

from msgspec import UNSET

from awardspider.parsers._values import float_or_none, positive_int


def is_on_sale(
    discounts: object, promotions: object, discount_info: object, promotions_info: object, discount_available: object
) -> bool | None:
    """Return True if a discount or promotion applies, None if all values are UNSET, otherwise False."""
    if isinstance(promotions, list):
        promotions = [price for price in promotions if _miles_at(price, "price", "milesEquivalentPrice", "mileCnt")]
    signs = (
        discounts,
        promotions,
        _has_percent(discount_info, "discountPct"),
        _has_percent(promotions_info, "promotionalPct"),
        discount_available,
    )
    if any(sign is True or (isinstance(sign, list) and sign) for sign in signs):
        return True
    return None if all(sign is UNSET for sign in signs) else False


def discount_miles(discounts: object) -> int:
    """Return the miles that discounts deduct, or 0 if unknown."""
    known = discounts if isinstance(discounts, list) else ()
    return sum(_miles_at(discount, "amount", "milesEquivalentPrice", "discountMileCnt") for discount in known)


def _miles_at(value: object, *keys: str) -> int:
    """Return the miles at a path of keys, or 0 if there are none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return positive_int(value) or 0


def _has_percent(value: object, key: str) -> object:
    """Return True if an object has a percentage above zero; return any other value unchanged."""
    return (float_or_none(value.get(key)) or 0) > 0 if isinstance(value, dict) else value

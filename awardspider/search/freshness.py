"""The time until which an offer counts as available: the departure of its flight, and its maximum age."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from awardspider.airports import airport_zone
from awardspider.items import AwardOfferItem
from awardspider.search.number_settings import parse_number

SETTING = "AWARD_MAX_AGE_HOURS"

#: Two days, because crawls run at least once a day (docs/schedule.md) and one of them may fail.
DEFAULT_MAX_AGE_HOURS = 48


def departs_by(offer: AwardOfferItem) -> datetime:
    """Return the latest time, in UTC, at which an offer's flight departs.

    This is the departure of the first flight or, if the flights are unknown, the end of the departure day at the
    origin.
    """
    if offer.segments:
        return offer.segments[0].departs_at.astimezone(UTC)
    return _end_of_day(offer.origin, offer.departure_date)


@functools.lru_cache(4096)
def _end_of_day(iata: str, day: date) -> datetime:
    midnight = datetime.combine(day + timedelta(days=1), time(), airport_zone(iata) or UTC)
    return midnight.astimezone(UTC)


def max_age(settings: Mapping[str, Any]) -> timedelta | None:
    """Return the age at which an offer no longer counts as available, or None if there is no limit (0).

    Raise InvalidSetting if the setting is invalid.
    """
    hours = parse_number(settings, SETTING, DEFAULT_MAX_AGE_HOURS, expected="a number of hours (0: no limit)")
    return timedelta(hours=hours) or None

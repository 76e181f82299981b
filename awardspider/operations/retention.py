"""Retention: for how long each kind of data is kept, from the settings AWARD_RETENTION_."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from awardspider.search.number_settings import parse_number
from awardspider.storage.planning import ATTEMPTS_AGE
from awardspider.storage.price_samples import parse_history_days
from awardspider.storage.responses import parse_retention

#: The planner compares the searches of this many days (ATTEMPTS_AGE), so none of them is removed.
LEAST_SEARCH_DAYS = ATTEMPTS_AGE.days

#: An announcement of a promotion within 45 days is of the same promotion, and a spreadsheet shows an offer for a week
#: after its end: what was sent about them is kept for longer.
LEAST_MESSAGE_DAYS = 60
LEAST_OFFER_DAYS = 30
LEAST_RUN_DAYS = 30

_DEFAULTS = {
    "AWARD_RETENTION_OFFER_DAYS": (90, LEAST_OFFER_DAYS),
    "AWARD_RETENTION_SEARCH_DAYS": (180, LEAST_SEARCH_DAYS),
    "AWARD_RETENTION_MESSAGE_DAYS": (90, LEAST_MESSAGE_DAYS),
    "AWARD_RETENTION_RUN_DAYS": (365, LEAST_RUN_DAYS),
    "AWARD_RETENTION_LOG_DAYS": (30, 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPeriods:
    """The periods for which data is kept.

    `offers` counts from the departure of an offer's flight, or since it has been gone; `searches`, `messages` and
    `runs` from their time; `logs` from the last change of a file. `price_history_days` is AWARD_PRICE_HISTORY_DAYS.
    """

    offers: timedelta
    searches: timedelta
    messages: timedelta
    runs: timedelta
    logs: timedelta
    price_history_days: int

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> RetentionPeriods:
        """Return the periods; raise InvalidSetting for a number that is invalid or too low.

        Searches are kept for at least as long as their archived responses, which refer to them.
        """
        offers, searches, messages, runs, logs = (
            timedelta(days=parse_number(settings, name, default, lowest=lowest, highest=36_500))
            for name, (default, lowest) in _DEFAULTS.items()
        )
        archive = parse_retention(str(settings.get("AWARD_RESPONSE_RETENTION") or "off"))
        if archive and archive.max_age:
            searches = max(searches, archive.max_age)
        return cls(
            offers=offers,
            searches=searches,
            messages=messages,
            runs=runs,
            logs=logs,
            price_history_days=parse_history_days(settings),
        )


def earliest(now: datetime, period: timedelta) -> datetime:
    """Return the time before which data is removed; a period that is too long for the calendar removes nothing."""
    try:
        return now - period
    except OverflowError:
        return datetime.min.replace(tzinfo=now.tzinfo)

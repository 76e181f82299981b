"""The content of spreadsheets, as the settings select it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from awardspider.environment import default_locale
from awardspider.outcomes import InvalidSetting
from awardspider.search.number_settings import parse_number
from awardspider.storage.best_offers import best_matches_last_seen, deals_last_seen
from awardspider.storage.store import Store

DEFAULT_BEST_ROWS, MAX_BEST_ROWS = 30, 50
DEFAULT_BEST_PER_WATCH = DEFAULT_DEALS_PER_ROUTE = 10
_MAX_NUMBER = 1_000


class OfferSelection(StrEnum):
    """Selections of offers for the tab Offers."""

    DEALS = "deals"  # the best deals of each route and cabin, and the best of each watch
    MATCHES = "matches"  # the best deals of each route and cabin, and everything that matches a watch
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOptions:
    """The content of a spreadsheet. `locale` is the language of city names and of reasons."""

    offers: OfferSelection = OfferSelection.DEALS
    best_rows: int = DEFAULT_BEST_ROWS
    best_per_watch: int = DEFAULT_BEST_PER_WATCH
    deals_per_route: int = DEFAULT_DEALS_PER_ROUTE
    locale: str = "en"


def sheet_options(settings: Mapping[str, Any], locale: str = "") -> SheetOptions:
    """Return the options in the settings; `locale` overrides AWARD_LOCALE. Raise InvalidSetting if one is invalid."""
    offers = str(settings.get("AWARD_SHEET_OFFERS") or OfferSelection.DEALS).strip().lower()
    if offers not in list(OfferSelection):
        raise InvalidSetting(f"AWARD_SHEET_OFFERS is {offers!r}, but must be deals, matches or all")
    return SheetOptions(
        offers=OfferSelection(offers),
        best_rows=parse_number(settings, "AWARD_SHEET_BEST_ROWS", DEFAULT_BEST_ROWS, lowest=1, highest=MAX_BEST_ROWS),
        best_per_watch=parse_number(
            settings, "AWARD_SHEET_BEST_PER_WATCH", DEFAULT_BEST_PER_WATCH, highest=_MAX_NUMBER
        ),
        deals_per_route=parse_number(
            settings, "AWARD_SHEET_DEALS_PER_ROUTE", DEFAULT_DEALS_PER_ROUTE, highest=_MAX_NUMBER
        ),
        locale=locale or default_locale(settings),
    )


def selected_offers(
    store: Store, options: SheetOptions, *, now: datetime, max_age: timedelta | None
) -> dict[str, datetime] | None:
    """Return when each current offer that belongs on the tab was last seen, by offer id; None means all offers."""
    if options.offers is OfferSelection.ALL:
        return None
    per_watch = options.best_per_watch if options.offers is OfferSelection.DEALS else None
    deals = deals_last_seen(store, now=now, max_age=max_age, per_route=options.deals_per_route)
    return deals | best_matches_last_seen(store, now=now, max_age=max_age, per_watch=per_watch)

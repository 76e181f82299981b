"""Pipeline 1: drop invalid offers and count them by field and reason."""

from __future__ import annotations

import functools
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from awardspider.airports import airport_zone
from awardspider.items import AwardOfferItem, Cabin, Detail, Money, SearchReportItem
from awardspider.itineraries import MOST_MILES, MOST_SEATS, ItineraryErrorKind, check_itinerary
from awardspider.offer_fields import OFFER_COLUMNS, ColumnType
from awardspider.pipelines import AwardPipeline

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Invalid(DropItem):
    """An offer with an invalid `field`; each subclass is a reason."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}", log_level="INFO")
        self.field = field


class WrongType(Invalid):
    """A value of the wrong type, or out of range."""


class UnknownAirport(Invalid):
    """An unknown airport code."""


class OutsideWindow(Invalid):
    """A departure in the past, or beyond the program's booking window."""


class WrongPrice(Invalid):
    """Missing or impossible miles, taxes or cash price."""


class BrokenItinerary(Invalid):
    """Flights that do not connect in place and time."""


class NaiveTime(Invalid):
    """A time without a zone."""


_COUNTS = tuple(column.name for column in OFFER_COLUMNS if column.type is ColumnType.INTEGER)
_AMOUNTS = tuple(column.name for column in OFFER_COLUMNS if column.type is ColumnType.AMOUNT)


class ValidatePipeline(AwardPipeline):
    """Validation of every offer. Invalid offers are dropped and counted in their search's report."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._window_days: int = self._spider.program.booking_window_days
        self._dropped: dict[str, int] = {}

    def process_item(self, item: Any) -> Any:
        """Check an offer, or add the number of dropped offers to their search's report."""
        if isinstance(item, AwardOfferItem):
            try:
                check(item, self._window_days)
            except Invalid as invalid:
                self._stats.inc_value(f"award/invalid/{type(invalid).__name__}/{invalid.field}")
                search_id = self._contexts[item].search.id
                self._dropped[search_id] = self._dropped.get(search_id, 0) + 1
                raise
        elif isinstance(item, SearchReportItem) and (dropped := self._dropped.pop(item.search_id, 0)):
            item.invalid += dropped
        return item


def check(offer: AwardOfferItem, window_days: int) -> None:
    """Raise a subclass of Invalid if the offer is invalid. `window_days` is the program's booking window."""
    _check_types(offer)
    if offer.seen_at.tzinfo is None:
        raise NaiveTime("seen_at", str(offer.seen_at))
    for name, code in (("origin", offer.origin), ("destination", offer.destination)):
        if airport_zone(code) is None:
            raise UnknownAirport(name, code)
    if offer.origin == offer.destination:
        raise BrokenItinerary("destination", f"same as the origin, {offer.origin}")
    _check_day(offer, window_days)
    _check_price(offer)
    if offer.seats is not None and not 0 <= offer.seats <= MOST_SEATS:
        raise WrongType("seats", str(offer.seats))
    if offer.segments:
        _check_segments(offer)
    elif offer.detail is Detail.ITINERARY:
        raise BrokenItinerary("segments", "missing, although the detail is itinerary")


def _check_types(offer: AwardOfferItem) -> None:
    if type(offer.departure_date) is not date:
        raise WrongType("departure_date", repr(offer.departure_date)[:80])
    if not isinstance(offer.seen_at, datetime):
        raise WrongType("seen_at", repr(offer.seen_at)[:80])
    if type(offer.cabin) is not Cabin:
        raise WrongType("cabin", repr(offer.cabin)[:80])
    for name in _COUNTS:
        count = getattr(offer, name)
        if count is not None and type(count) is not int:
            raise WrongType(name, repr(count)[:80])
    for name in _AMOUNTS:
        money = getattr(offer, name)
        if money is not None and (type(money) is not Money or len(money.currency) != 3):
            raise WrongType(name, repr(money)[:80])


@functools.lru_cache(maxsize=256)
def _day_at(origin: str, moment: datetime) -> date:
    """Return the local date at an airport."""
    return moment.astimezone(airport_zone(origin)).date()


def _check_day(offer: AwardOfferItem, window_days: int) -> None:
    today = _day_at(offer.origin, offer.seen_at)
    days = (offer.departure_date - today).days
    if days < 0:
        raise OutsideWindow("departure_date", f"{offer.departure_date} is before the day it was seen, {today}")
    if days > window_days + 1:  # the site's local date can be one day ahead of the origin's
        raise OutsideWindow("departure_date", f"{offer.departure_date} is in {days} days, the window is {window_days}")


def _check_price(offer: AwardOfferItem) -> None:
    if offer.miles is None:
        if offer.detail is not Detail.SEATS:
            raise WrongPrice("miles", "missing")
    elif not 1 <= offer.miles <= MOST_MILES:
        raise WrongPrice("miles", str(offer.miles))
    for name in _AMOUNTS:
        price = getattr(offer, name)
        if price is not None and (not price.amount.is_finite() or price.amount < 0):
            raise WrongPrice(name, str(price))


def _check_segments(offer: AwardOfferItem) -> None:
    error = check_itinerary(offer.segments, offer.origin, offer.destination, offer.departure_date)
    if error:
        raise _BY_KIND[error.kind]("segments", error.message)


_BY_KIND = {
    ItineraryErrorKind.AIRPORT: UnknownAirport,
    ItineraryErrorKind.TIME: NaiveTime,
    ItineraryErrorKind.ITINERARY: BrokenItinerary,
}

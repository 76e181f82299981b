"""Pipeline 1: nothing enters that cannot be true. What is dropped is counted by field and by class of reason."""

from __future__ import annotations

import functools
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, SearchReportItem, airport_zone
from awardspider.itineraries import MOST_MILES, MOST_SEATS, check_itinerary
from awardspider.pipelines import AwardPipeline

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Invalid(DropItem):
    """Base of the reasons; `field` is where."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}", log_level="INFO")
        self.field = field


class WrongType(Invalid):
    """A value of a type that the field does not hold."""


class UnknownAirport(Invalid):
    """An airport code that we do not know."""


class OutsideWindow(Invalid):
    """A departure before the day it was seen, or beyond what the program sells."""


class WrongPrice(Invalid):
    """Miles or money that no award costs."""


class BrokenItinerary(Invalid):
    """Flights that do not join up in place and time."""


class NaiveTime(Invalid):
    """A time without its zone."""


class ValidatePipeline(AwardPipeline):
    """Drops what cannot be true; the report of its search says how many."""

    def __init__(self, crawler: Crawler) -> None:
        self._stats = crawler.stats
        spider: Any = crawler.spider
        self._window_days: int = spider.program.booking_window_days
        self._dropped: dict[str, int] = {}

    def process_item(self, item: Any) -> Any:
        if isinstance(item, AwardOfferItem):
            try:
                check(item, self._window_days)
            except Invalid as invalid:
                self._stats.inc_value(f"award/invalid/{type(invalid).__name__}/{invalid.field}")
                if item.search:
                    self._dropped[item.search.id] = self._dropped.get(item.search.id, 0) + 1
                raise
        elif isinstance(item, SearchReportItem) and (dropped := self._dropped.pop(item.search_id, 0)):
            item.invalid += dropped
        return item


def check(offer: AwardOfferItem, window_days: int) -> None:
    """Raise the reason why the offer cannot be true, if there is one; its program sells `window_days` ahead."""
    _check_types(offer)
    if offer.seen_at.tzinfo is None:
        raise NaiveTime("seen_at", str(offer.seen_at))
    for name, code in (("origin", offer.origin), ("destination", offer.destination)):
        if airport_zone(code) is None:
            raise UnknownAirport(name, code)
    if offer.origin == offer.destination:
        raise BrokenItinerary("destination", f"is the origin, {offer.origin}")
    _check_day(offer, window_days)
    _check_price(offer)
    if offer.seats is not None and not 0 <= offer.seats <= MOST_SEATS:
        raise WrongType("seats", str(offer.seats))
    if offer.segments:
        _check_segments(offer)
    elif offer.detail is Detail.ITINERARY:
        raise BrokenItinerary("segments", "an itinerary without flights")


def _check_types(offer: AwardOfferItem) -> None:
    if type(offer.departure_date) is not date:
        raise WrongType("departure_date", repr(offer.departure_date)[:80])
    if not isinstance(offer.seen_at, datetime):
        raise WrongType("seen_at", repr(offer.seen_at)[:80])
    if type(offer.cabin) is not Cabin:
        raise WrongType("cabin", repr(offer.cabin)[:80])
    for name, count in (("miles", offer.miles), ("seats", offer.seats), ("stops", offer.stops)):
        if count is not None and type(count) is not int:
            raise WrongType(name, repr(count)[:80])
    for name, money in (("taxes", offer.taxes), ("cash_price", offer.cash_price)):
        if money is not None and (type(money) is not Money or len(money.currency) != 3):
            raise WrongType(name, repr(money)[:80])


@functools.lru_cache(maxsize=256)
def _day_at(origin: str, moment: datetime) -> date:
    """The local day at an airport."""
    return moment.astimezone(airport_zone(origin)).date()


def _check_day(offer: AwardOfferItem, window_days: int) -> None:
    today = _day_at(offer.origin, offer.seen_at)
    days = (offer.departure_date - today).days
    if days < 0:
        raise OutsideWindow("departure_date", f"{offer.departure_date} is before {today}, when it was seen")
    if days > window_days + 1:  # the site's day may be a day ahead of the origin's
        raise OutsideWindow("departure_date", f"{offer.departure_date} is {days} days ahead")


def _check_price(offer: AwardOfferItem) -> None:
    if offer.miles is None:
        if offer.detail is not Detail.SEATS:
            raise WrongPrice("miles", "missing")
    elif not 1 <= offer.miles <= MOST_MILES:
        raise WrongPrice("miles", str(offer.miles))
    for name, price in (("taxes", offer.taxes), ("cash_price", offer.cash_price)):
        if price is not None and (not price.amount.is_finite() or price.amount < 0):
            raise WrongPrice(name, str(price))


def _check_segments(offer: AwardOfferItem) -> None:
    flaw = check_itinerary(offer.segments, offer.origin, offer.destination, offer.departure_date)
    if flaw is None:
        return
    if flaw.kind == "airport":
        raise UnknownAirport("segments", flaw.why)
    if flaw.kind == "time":
        raise NaiveTime("segments", flaw.why)
    raise BrokenItinerary("segments", flaw.why)

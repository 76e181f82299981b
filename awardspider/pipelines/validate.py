"""Pipeline 1: nothing enters that cannot be true. What is dropped is counted by field and by class of reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, SearchReportItem, airport_zone
from awardspider.pipelines import AwardPipeline

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

MOST_MILES = 2_000_000
SHORTEST_CONNECTION = timedelta(0)
LONGEST_CONNECTION = timedelta(days=3)  # a stopover is not a connection, but some programs sell one
LONGEST_FLIGHT = timedelta(hours=30)  # with technical stops


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
    for name, is_right in _TYPES.items():
        if not is_right(getattr(offer, name)):
            raise WrongType(name, repr(getattr(offer, name))[:80])
    if offer.seen_at.tzinfo is None:
        raise NaiveTime("seen_at", str(offer.seen_at))
    for name, code in (("origin", offer.origin), ("destination", offer.destination)):
        if airport_zone(code) is None:
            raise UnknownAirport(name, code)
    if offer.origin == offer.destination:
        raise BrokenItinerary("destination", f"is the origin, {offer.origin}")
    _check_day(offer, window_days)
    _check_price(offer)
    if offer.seats is not None and not 0 <= offer.seats <= 500:
        raise WrongType("seats", str(offer.seats))
    if offer.segments:
        _check_segments(offer)
    elif offer.detail is Detail.ITINERARY:
        raise BrokenItinerary("segments", "an itinerary without flights")


def _check_day(offer: AwardOfferItem, window_days: int) -> None:
    today = offer.seen_at.astimezone(airport_zone(offer.origin)).date()
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
    segments = offer.segments
    if (segments[0].origin, segments[-1].destination) != (offer.origin, offer.destination):
        raise BrokenItinerary("segments", f"{segments[0].origin}-{segments[-1].destination} for {offer.origin}-…")
    if segments[0].departs_at.date() != offer.departure_date:
        raise BrokenItinerary("segments", f"leaves on {segments[0].departs_at.date()}, not {offer.departure_date}")
    before = None
    for segment in segments:
        if segment.departs_at.tzinfo is None or segment.arrives_at.tzinfo is None:
            raise NaiveTime("segments", segment.flight)
        for code in (segment.origin, segment.destination):
            if airport_zone(code) is None:
                raise UnknownAirport("segments", code)
        if not timedelta(0) < segment.arrives_at - segment.departs_at <= LONGEST_FLIGHT:
            raise BrokenItinerary("segments", f"{segment.flight} flies {segment.arrives_at - segment.departs_at}")
        if before is not None:
            if before.destination != segment.origin:
                raise BrokenItinerary("segments", f"{before.destination}, then from {segment.origin}")
            if not SHORTEST_CONNECTION <= segment.departs_at - before.arrives_at <= LONGEST_CONNECTION:
                raise BrokenItinerary("segments", f"{segment.departs_at - before.arrives_at} at {segment.origin}")
        before = segment


def _is_count(value: object) -> bool:
    return value is None or type(value) is int


def _is_money(value: object) -> bool:
    return value is None or (isinstance(value, Money) and len(value.currency) == 3)


_TYPES: dict[str, Callable[[object], bool]] = {
    "departure_date": lambda value: type(value) is date,
    "seen_at": lambda value: isinstance(value, datetime),
    "cabin": lambda value: isinstance(value, Cabin),
    "miles": _is_count,
    "seats": _is_count,
    "stops": _is_count,
    "taxes": _is_money,
    "cash_price": _is_money,
}

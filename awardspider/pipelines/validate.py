"""Pipeline 1: drop invalid offers and count them by field and reason."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from awardspider.airports import airport_zone
from awardspider.items import (
    OFFER_FIELDS,
    AwardOfferItem,
    Cabin,
    Detail,
    FieldRole,
    Money,
    ParseWarning,
    SearchReportItem,
    Segment,
)
from awardspider.itineraries import MOST_MILES, MOST_SEATS, ItineraryErrorKind, check_itinerary
from awardspider.offer_fields import OFFER_COLUMNS, ColumnType
from awardspider.pipelines import AwardPipeline
from awardspider.storage.column_types import fits
from awardspider.storage.schema import STORED_COLUMNS, offers
from awardspider.values import is_storable

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
                for warning in remove_unfit(item):
                    self._spider.record_warning(warning)
                    self._count_dropped(item, warning.drops_offer)
            except Invalid as invalid:
                self._stats.inc_value(f"award/invalid/{type(invalid).__name__}/{invalid.field}")
                self._count_dropped(item)
                raise
        elif isinstance(item, SearchReportItem) and (dropped := self._dropped.pop(item.search_id, 0)):
            item.invalid += dropped
        return item

    def _count_dropped(self, item: AwardOfferItem, count: int = 1) -> None:
        if count:
            search_id = self._contexts[item].search.id
            self._dropped[search_id] = self._dropped.get(search_id, 0) + count


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


def remove_unfit(offer: AwardOfferItem) -> Iterator[ParseWarning]:
    """Remove optional values that their columns cannot store, and yield a warning for each.

    Raise WrongType if the offer needs such a value. Without a value that distinguishes offers, the stored offer with
    that value may still exist, so the warning drops an offer.
    """
    for name, columns in _COLUMNS:
        for column, column_type in columns:
            value = column.value(offer)
            if value is None or fits(column_type, value):
                continue
            if column.required:
                raise WrongType(name, ascii(value)[:80])
            setattr(offer, name, None)
            yield ParseWarning(name, ascii(value)[:80], drops_offer=OFFER_FIELDS[name].role is FieldRole.IDENTITY)
    for segment in offer.segments:
        texts = (getattr(segment, name) for name in _SEGMENT_TEXTS)
        if not all(is_storable(text) for text in texts if text):
            raise WrongType("segments", ascii(segment.flight)[:80])


# Each field of an offer with its stored columns and their types. A field with money has two.
_COLUMNS = tuple(
    (
        name,
        tuple(
            (column, offers.c[column.name].type)
            for column in STORED_COLUMNS
            if column.name in (name, field.currency or f"{name}_currency")
        ),
    )
    for name, field in OFFER_FIELDS.items()
)
_SEGMENT_TEXTS = tuple(field.name for field in fields(Segment) if field.type in ("str", "str | None"))

_BY_KIND = {
    ItineraryErrorKind.AIRPORT: UnknownAirport,
    ItineraryErrorKind.TIME: NaiveTime,
    ItineraryErrorKind.ITINERARY: BrokenItinerary,
}

"""Check everything that a parser yields."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import wraps

from awardspider.items import AwardOfferItem, Money, ParseWarning, Search, Segment
from awardspider.itineraries import MOST_MILES, MOST_SEATS, check_itinerary, is_beyond_nonstop, known_stops
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import MOST_VALUES, ParsedItem, ParseFunction, has_too_many_values
from awardspider.parsers._texts import unstorable_text, with_storable_texts


def validated(parse: ParseFunction) -> ParseFunction:
    """Wrap a parse function to replace each invalid offer with a warning, and to remove values that contradict others.

    The wrapper raises UnexpectedResponse if all offers are invalid, or if the body is not text, is nested too deeply or
    has too many values.
    """

    @wraps(parse)
    def wrapper(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
        if has_too_many_values(body):
            raise UnexpectedResponse(f"the response has more than {MOST_VALUES:,} values")
        valid = invalid = 0
        problem: str | None = None
        checked: tuple[Segment, ...] = ()  # offers of one itinerary may share their segments
        problem_of_checked: str | None = None
        try:
            for item in with_storable_texts(parse, body, search, seen_at):
                if type(item) is not AwardOfferItem:
                    yield item
                    continue
                if item.segments is not checked:
                    checked = item.segments
                    problem_of_checked = _itinerary_problem(item)
                if problem_of_checked is not None:
                    warning = ParseWarning("segments", problem_of_checked, drops_offer=True)
                elif item.miles is not None and not 1 <= item.miles <= MOST_MILES:
                    warning = ParseWarning("miles", str(item.miles)[:40], drops_offer=True)
                elif item.seats is not None and not 0 <= item.seats <= MOST_SEATS:
                    warning = ParseWarning("seats", str(item.seats)[:40], drops_offer=True)
                else:
                    valid += 1
                    if item.stops is not None:
                        item.stops = _known_stops(item)
                    if (item.taxes and item.taxes.amount < 0) or item.cash_price:
                        yield from _without_invalid_money(item)
                    yield item
                    continue
                invalid += 1
                problem = f"{warning.path}: {warning.value}"
                yield warning
        except UnicodeDecodeError as error:
            raise UnexpectedResponse(f"not text: {error}") from error
        except RecursionError as error:
            raise UnexpectedResponse("nested too deeply") from error
        if invalid and not valid:
            raise UnexpectedResponse(f"none of the {invalid} offers is valid; the last: {problem}")

    return wrapper


def _itinerary_problem(offer: AwardOfferItem) -> str | None:
    if not offer.segments:
        return None
    if text := unstorable_text(offer.segments):
        return f"invalid text {ascii(text)[:80]}"
    error = check_itinerary(offer.segments, offer.origin, offer.destination, offer.departure_date)
    return error.message if error else None


def _known_stops(offer: AwardOfferItem) -> int | None:
    """Return the stops, or None if the flights, their duration or the distance shows that there must be more."""
    if offer.segments:
        return known_stops(offer.segments, offer.stops or 0, offer.duration_minutes)
    return None if offer.stops == 0 and is_beyond_nonstop(offer.origin, offer.destination) else offer.stops


def _without_invalid_money(offer: AwardOfferItem) -> Iterator[ParseWarning]:
    """Remove invalid amounts from an offer, and yield a warning for each.

    An amount must not be negative, and a cash price must be higher than the taxes, which it includes. A cash price of 0
    or equal to the taxes is removed without a warning: it belongs to an award that is not sold for money.
    """
    if offer.taxes and offer.taxes.amount < 0:
        yield ParseWarning("taxes", str(offer.taxes))
        offer.taxes = None
    if (price := offer.cash_price) is None:
        return
    lowest = offer.taxes if offer.taxes and offer.taxes.currency == price.currency else Money(Decimal(0), "")
    if price.amount <= lowest.amount:
        offer.cash_price = None
        if price.amount not in (0, lowest.amount):
            yield ParseWarning("cash_price", f"{price} is not more than the taxes")

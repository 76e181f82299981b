"""Check everything that a parser yields."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import wraps

from awardspider.items import AwardOfferItem, Money, ParseWarning, Search, Segment
from awardspider.itineraries import MOST_MILES, MOST_SEATS, check_itinerary
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import ParsedItem, ParseFunction


def validated(parse: ParseFunction) -> ParseFunction:
    """Wrap a parse function to replace each invalid offer with a warning.

    The wrapper raises UnexpectedResponse if all offers are invalid, or if the body is not text or is nested too deeply.
    """

    @wraps(parse)
    def wrapper(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
        valid = invalid = 0
        problem: str | None = None
        checked: tuple[Segment, ...] = ()  # offers of one itinerary may share their segments
        problem_of_checked: str | None = None
        try:
            for item in parse(body, search, seen_at):
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
                    if (item.taxes and item.taxes.amount < 0) or (item.cash_price and item.cash_price.amount < 0):
                        yield from _without_negative_money(item)
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
    error = check_itinerary(offer.segments, offer.origin, offer.destination, offer.departure_date)
    return error.message if error else None


def _is_negative(money: Money | None) -> bool:
    return money is not None and money.amount < 0


def _without_negative_money(offer: AwardOfferItem) -> Iterator[ParseWarning]:
    """Remove negative amounts from an offer, and yield a warning for each."""
    if _is_negative(offer.taxes):
        yield ParseWarning("taxes", str(offer.taxes))
        offer.taxes = None
    if _is_negative(offer.cash_price):
        yield ParseWarning("cash_price", str(offer.cash_price))
        offer.cash_price = None

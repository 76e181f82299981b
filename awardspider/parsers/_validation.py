"""What every reading function is wrapped in: nothing that cannot be comes out, and no error but ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import wraps
from typing import TypeAlias

from awardspider.items import AwardOfferItem, CoveredDates, Money, MonitoredRoutes, ParseWarning, Search, Segment
from awardspider.itineraries import MOST_MILES, MOST_SEATS, check_itinerary
from awardspider.outcomes import UnexpectedResponse

Told: TypeAlias = AwardOfferItem | CoveredDates | MonitoredRoutes | ParseWarning
Read: TypeAlias = Callable[[bytes, Search, datetime], Iterator[Told]]


def validated(read: Read) -> Read:
    """The same function, but offers that cannot be come out as `Odd`, and bytes that are no text as `Changed`.

    Where every offer of an answer cannot be, the answer is not understood: `Changed`.
    """

    @wraps(read)
    def reading(body: bytes, search: Search, seen_at: datetime) -> Iterator[Told]:
        sound = lost = 0
        looked_at: tuple[Segment, ...] = ()  # the offers of an itinerary share their flights
        flaw: str | None = None
        try:
            for item in read(body, search, seen_at):
                if type(item) is not AwardOfferItem:
                    yield item
                    continue
                if item.segments is not looked_at:
                    looked_at = item.segments
                    flaw = _flaw(item) if looked_at else None
                if flaw is not None:
                    lost += 1
                    yield ParseWarning("segments", flaw, drops_offer=True)
                elif item.miles is not None and not 1 <= item.miles <= MOST_MILES:
                    lost += 1
                    yield ParseWarning("miles", str(item.miles)[:40], drops_offer=True)
                elif item.seats is not None and not 0 <= item.seats <= MOST_SEATS:
                    lost += 1
                    yield ParseWarning("seats", str(item.seats)[:40], drops_offer=True)
                else:
                    sound += 1
                    if _is_negative(item.taxes) or _is_negative(item.cash_price):
                        yield from _without_negative_money(item)
                    yield item
        except UnicodeDecodeError as error:
            raise UnexpectedResponse(f"not a text: {error}") from error
        except RecursionError as error:
            raise UnexpectedResponse("nested too deeply") from error
        if lost and not sound:
            raise UnexpectedResponse(f"none of {lost} offers can be; the last: {flaw or 'its miles or seats'}")

    return reading


def _flaw(offer: AwardOfferItem) -> str | None:
    flaw = check_itinerary(offer.segments, offer.origin, offer.destination, offer.departure_date)
    return flaw.why if flaw else None


def _is_negative(money: Money | None) -> bool:
    return money is not None and money.amount < 0


def _without_negative_money(offer: AwardOfferItem) -> Iterator[ParseWarning]:
    """Take sums below zero from an offer; yields what was taken."""
    for name in ("taxes", "cash_price"):
        if _is_negative(money := getattr(offer, name)):
            yield ParseWarning(name, str(money))
            setattr(offer, name, None)

"""The texts of a deal in a list: dates, flights, seats, evidence and links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from urllib.parse import urlencode

from awardspider.delivery.messages.evidence import deal_label
from awardspider.delivery.messages.flights import stops_text
from awardspider.delivery.messages.text_limits import plain_text
from awardspider.delivery.messages.why import why_text
from awardspider.items import MAX_PARTY, AwardOfferItem, Detail
from awardspider.panel.deal_list import OfferDeal
from awardspider.panel.formats import Formats
from awardspider.search.judgments import DealClass
from awardspider.storage.offers import OfferRow
from awardspider.values import capitalized

_MAX_FLIGHTS = 40
_MAX_DATES = 3


@dataclass(frozen=True)
class DealRow:
    """A deal with its texts in the language of the visitor."""

    deal: OfferDeal
    fmt: Formats

    @property
    def offer(self) -> OfferRow:
        """The offer of the first date."""
        return self.deal.first

    @property
    def deal_class(self) -> DealClass:
        """The class of the price."""
        judgment = self.offer.judgment
        return judgment.deal_class if judgment else DealClass.UNKNOWN

    @property
    def is_confirmed(self) -> bool:
        """True if the flights are known; otherwise it is the lowest price of a day."""
        return self.offer.detail is Detail.ITINERARY

    @cached_property
    def dates(self) -> str:
        """The date or dates, such as `Tue, Mar 9` or `Mar 9, 10, and 11`."""
        days = [offer.departure_date for offer in self.deal.offers]
        if len(days) == 1:
            return self.fmt.short_day(days[0])
        if len(days) <= _MAX_DATES:
            return self.fmt.language.day_list(days, year=days[0].year != self.fmt.now.year)
        return self.fmt.language.days(days[0], days[-1])

    @property
    def seats(self) -> int | None:
        """The fewest seats of all dates; None if they are unknown for one of them."""
        known = [offer.seats for offer in self.deal.offers if offer.seats is not None]
        return min(known) if len(known) == len(self.deal.offers) else None

    @property
    def seats_text(self) -> str:
        """The number of seats, and `9+` for 9: programs report at most nine. Empty if they are unknown."""
        return "" if self.seats is None else f"{MAX_PARTY}+" if self.seats >= MAX_PARTY else str(self.seats)

    @property
    def times(self) -> tuple[str, str, int] | None:
        """The local times of departure and arrival and the days between them, or None if they are unknown."""
        if not self.offer.segments:
            return None
        departs, arrives = self.offer.segments[0].departs_at, self.offer.segments[-1].arrives_at
        return f"{departs:%H:%M}", f"{arrives:%H:%M}", (arrives.date() - departs.date()).days

    @property
    def cents(self) -> Decimal | None:
        """US cents per point, or None if they are unknown."""
        return self.offer.judgment.cents_per_point if self.offer.judgment else None

    @property
    def seen_at(self) -> datetime:
        """The time at which the date that was not seen for the longest time was seen."""
        return min(offer.last_seen_at for offer in self.deal.offers)

    @cached_property
    def stops(self) -> str:
        """Text such as `1 stop, 13 h 5 min`, as far as it is known."""
        return stops_text(self.offer, self.fmt.language)

    @cached_property
    def flights(self) -> str:
        """The flight numbers."""
        return plain_text(self.offer.flights, _MAX_FLIGHTS)

    @cached_property
    def evidence(self) -> str:
        """The evidence for the class of the price, without the class itself, which is beside it; may be empty."""
        label = deal_label(self.offer.judgment, self.fmt.language)
        text = why_text(self.offer, self.offer.judgment, self.fmt.language)
        return capitalized(text.removeprefix(f"{label}: "))

    @property
    def address(self) -> str:
        """The address of the page with everything that is known of the offer."""
        return f"/offers/{self.offer.id}"

    @property
    def link(self) -> str | None:
        """The booking link if it is safe, else None."""
        return self.fmt.link(self.offer.booking_link)

    @property
    def watch_address(self) -> str:
        """The address of the form for a new watch with the route, dates, cabin and price of this deal."""
        return watch_address(self.offer, last=self.deal.offers[-1])


def watch_address(offer: AwardOfferItem, *, last: AwardOfferItem | None = None) -> str:
    """Return the address of the form for a new watch of offers such as this one, until the date of the last one."""
    first_day, last_day = offer.departure_date, (last or offer).departure_date
    values = {
        "from": offer.origin,
        "to": offer.destination,
        "date": f"{first_day}" if first_day == last_day else f"{first_day}..{last_day}",
        "cabin": offer.cabin.value,
        "max_miles": offer.miles,
        "program": offer.program,
    }
    return f"/watches/new?{urlencode({key: value for key, value in values.items() if value is not None})}"

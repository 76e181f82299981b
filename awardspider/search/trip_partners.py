"""Partners of one-way offers: the best offer in the other direction for one that matches a leg of a round-trip watch.

`round_trips.find_round_trips` lists all pairs of two sets of offers; this module finds the one pair that decides if an
offer causes an alert.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from awardspider.airports import city_airports, metro_area
from awardspider.items import AwardOfferItem, Detail, Money
from awardspider.search.criteria import fields_not_offered, leg_misses
from awardspider.search.exchange_rates import ExchangeRates, convert
from awardspider.search.judgments import Judgment
from awardspider.search.matching import match, may_alert
from awardspider.search.owner_points import OwnerPoints
from awardspider.search.round_trips import UNKNOWN_TAXES, leaves_after_arrival, taxes_in
from awardspider.search.watch_fields import Nights
from awardspider.search.watches import Leg, Watch


class OfferScope(NamedTuple):
    """Routes, departure days (both included) and cabins of offers; no cabins mean all."""

    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    first: date
    last: date
    cabins: tuple[str, ...] = ()

    def __contains__(self, offer: object) -> bool:
        return (
            isinstance(offer, AwardOfferItem)
            and offer.origin in self.origins
            and offer.destination in self.destinations
            and self.first <= offer.departure_date <= self.last
            and (not self.cabins or offer.cabin in self.cabins)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TripPartner:
    """The offer that makes a round trip together with another one.

    `is_return` is True if it is the return. `nights` are between the two departure dates. `miles` and `taxes` are for
    both directions; None if those of a direction are unknown or, for taxes, cannot be converted.
    """

    offer: AwardOfferItem
    is_return: bool
    nights: int
    miles: int | None
    taxes: Money | None


def shows_flights_if_given(offer: AwardOfferItem) -> bool:
    """Return whether an offer has its flights, or a source that never gives any."""
    return offer.detail is Detail.ITINERARY or "segments" in fields_not_offered(offer.source)


class TripPartners:
    """A search for partners of offers, for the round trips among some watches.

    `find` returns the offers in a scope that are available at a time. What it returns is kept until `clear`, because
    the offers of one search need the same partners; `update` keeps it up to date with the offers of a run.
    `is_confirmed` decides if an offer may be part of a round trip, and `judgment_of` returns the judgment of one that
    is not stored yet.
    """

    def __init__(
        self,
        watches: Iterable[Watch],
        find: Callable[[OfferScope, datetime], Iterable[AwardOfferItem]],
        *,
        rates: ExchangeRates | None = None,
        points: OwnerPoints | None = None,
        is_confirmed: Callable[[AwardOfferItem], bool] = shows_flights_if_given,
        judgment_of: Callable[[AwardOfferItem], Judgment | None] = lambda _: None,
    ) -> None:
        self._watches = {watch.key: watch for watch in watches if watch.nights is not None}
        self._legs = {key: watch.legs for key, watch in self._watches.items()}
        self._find = find
        self._rates = rates
        self._points = points
        self._is_confirmed = is_confirmed
        self._judgment_of = judgment_of
        self._found: dict[OfferScope, dict[str, AwardOfferItem]] = {}
        self._partners: dict[tuple[str, bool, OfferScope], _LegOffers] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._watches

    def __bool__(self) -> bool:
        return bool(self._watches)

    def clear(self) -> None:
        """Forget the offers, so that they are found again when they are needed."""
        self._found.clear()
        self._partners.clear()

    def update(self, offer: AwardOfferItem, keys: Collection[str]) -> None:
        """Add an offer that was just seen to the partners for the watches with these keys, and to no others."""
        for (key, is_return, scope), offers in self._partners.items():
            if offer in scope:
                offers.remove(offer)
                if key in keys and _fits(self._legs[key][is_return], offer) and self._is_confirmed(offer):
                    offers.add(offer)
        for scope, found in self._found.items():
            if offer in scope:
                found[offer.offer_id] = offer

    def find_best(
        self, key: str, offer: AwardOfferItem, *, first: date, last: date, now: datetime
    ) -> TripPartner | None:
        """Return the best partner of an offer that matches the watch with this key, or None if there is none.

        The best one makes the round trip with the fewest miles, then the lowest taxes, then the earliest departures.
        `first` and `last` are the departure days of the search that found the offer, and `now` is an aware time.
        """
        watch = self._watches[key]
        first, last = min(first, offer.departure_date), max(last, offer.departure_date)
        best = None
        for leg in self._legs[key]:
            if _fits(leg, offer):
                scope = _partner_scope(watch, offer, leg, first, last)
                others = self._leg_offers(watch, not leg.is_return, scope, now)
                found = _find_pair(watch, offer, leg.is_return, others)
                best = min(filter(None, (best, found)), key=lambda pair: pair.order, default=None)
        return _partner(watch, offer, best, self._rates) if best else None

    def _leg_offers(self, watch: Watch, is_return: bool, scope: OfferScope, now: datetime) -> _LegOffers:
        """Return the offers in a scope that match a leg of a watch."""
        entry = watch.key, is_return, scope
        if entry not in self._partners:
            if scope not in self._found:
                self._found[scope] = {offer.offer_id: offer for offer in self._find(scope, now)}
            leg = self._legs[watch.key][is_return]
            offers = _LegOffers(watch.max_trip_taxes.currency if watch.max_trip_taxes else _CURRENCY, self._rates)
            for offer in self._found[scope].values():
                if _fits(leg, offer) and self._is_confirmed(offer) and self._may_alert(watch, offer, now):
                    offers.add(offer)
            self._partners[entry] = offers
        return self._partners[entry]

    def _may_alert(self, watch: Watch, offer: AwardOfferItem, now: datetime) -> bool:
        judgment = self._judgment_of(offer) if watch.deal or watch.min_cpp else None
        found = match(watch, offer, now=now, rates=self._rates, judgment=judgment, points=self._points)
        return may_alert(found, offer)


# Unknown miles or not, total of the known miles, total taxes (UNKNOWN_TAXES for each that is unknown), outbound day,
# return day, id of the partner.
_Order = tuple[bool, int, Decimal, date, date, str]
#: The currency in which taxes are compared without a limit.
_CURRENCY = "USD"


class _Entry(NamedTuple):
    """An offer, in the order in which partners are tried: fewest miles, then lowest taxes; unknown values last."""

    is_unpriced: bool
    miles: int
    amount: Decimal
    offer_id: str
    offer: AwardOfferItem


class _Pair(NamedTuple):
    order: _Order
    offer: AwardOfferItem
    is_return: bool


@dataclass(slots=True)
class _LegOffers:
    """The offers of one leg of a watch, best first on each day. Taxes are compared in one currency."""

    currency: str
    rates: ExchangeRates | None
    days: dict[date, list[_Entry]] = field(default_factory=dict)

    def add(self, offer: AwardOfferItem) -> None:
        """Add an offer."""
        insort(self.days.setdefault(offer.departure_date, []), self.entry(offer), key=_entry_order)

    def remove(self, offer: AwardOfferItem) -> None:
        """Remove any version of an offer."""
        day, offer_id = self.days.get(offer.departure_date), offer.offer_id
        if day:
            day[:] = [entry for entry in day if entry.offer_id != offer_id]

    def entry(self, offer: AwardOfferItem) -> _Entry:
        """Return an offer with the values that decide about pairs."""
        amount = taxes_in(self.currency, offer.taxes, self.rates)
        return _Entry(offer.miles is None, offer.miles or 0, amount, offer.offer_id, offer)


def _entry_order(entry: _Entry) -> tuple[bool, int, Decimal, str]:
    return entry[:4]


def _fits(leg: Leg, offer: AwardOfferItem) -> bool:
    return not leg_misses(leg, offer)


def _partner_scope(watch: Watch, offer: AwardOfferItem, leg: Leg, first: date, last: date) -> OfferScope:
    """Return the scope of the partners of all offers on a route and its days."""
    least, most = watch.nights or Nights(0, 0)
    earliest, latest = (-most, -least) if leg.is_return else (least, most)
    return OfferScope(
        origins=_airports_of_city(offer.destination),
        destinations=_airports_of_city(offer.origin),
        first=_shifted(first, earliest),
        last=_shifted(last, latest),
        cabins=tuple(sorted(watch.cabins)),
    )


def _airports_of_city(iata: str) -> tuple[str, ...]:
    return tuple(sorted(city_airports(metro_area(iata)) | {iata}))


def _shifted(day: date, days: int) -> date:
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))


def _find_pair(watch: Watch, offer: AwardOfferItem, is_return: bool, others: _LegOffers) -> _Pair | None:
    """Return the best pair of an offer and one of the other leg within the limits of a watch."""
    own = others.entry(offer)
    best: _Pair | None = None
    for day in _partner_days(watch, offer.departure_date, is_return, others.days):
        for other in others.days[day]:
            miles = own.miles + other.miles
            if watch.max_trip_miles is not None and miles > watch.max_trip_miles:
                continue  # those with unknown miles come last
            order = _order(own, other, is_return)
            if best is not None and order[:2] > best.order[:2]:
                break
            trip = (other.offer, offer) if is_return else (offer, other.offer)
            if _within_taxes(watch, own.amount, other.amount) and leaves_after_arrival(*trip):
                if best is None or order < best.order:
                    best = _Pair(order, other.offer, not is_return)
                break
    return best


def _order(own: _Entry, other: _Entry, is_return: bool) -> _Order:
    days = own.offer.departure_date, other.offer.departure_date
    out, back = reversed(days) if is_return else days
    unpriced = own.is_unpriced or other.is_unpriced
    return unpriced, own.miles + other.miles, own.amount + other.amount, out, back, other.offer_id


def _partner_days(watch: Watch, day: date, is_return: bool, days: Collection[date]) -> Iterator[date]:
    """Yield the days with offers of the other leg that are the right number of nights away."""
    least, most = watch.nights or Nights(0, 0)
    for nights in range(least, most + 1):
        number = day.toordinal() + (-nights if is_return else nights)
        if date.min.toordinal() <= number <= date.max.toordinal() and (other := date.fromordinal(number)) in days:
            yield other


def _within_taxes(watch: Watch, one: Decimal, other: Decimal) -> bool:
    """Return whether the known taxes are within the limit, as `matching.may_alert` accepts unknown ones."""
    if watch.max_trip_taxes is None:
        return True
    return sum(amount for amount in (one, other) if amount < UNKNOWN_TAXES) <= watch.max_trip_taxes.amount


def _partner(watch: Watch, offer: AwardOfferItem, pair: _Pair, rates: ExchangeRates | None) -> TripPartner:
    other = pair.offer
    miles = None if offer.miles is None or other.miles is None else offer.miles + other.miles
    nights = abs((other.departure_date - offer.departure_date) // timedelta(days=1))
    taxes = _total_taxes(offer.taxes, other.taxes, watch.max_trip_taxes, rates)
    return TripPartner(offer=other, is_return=pair.is_return, nights=nights, miles=miles, taxes=taxes)


def _total_taxes(
    one: Money | None, other: Money | None, limit: Money | None, rates: ExchangeRates | None
) -> Money | None:
    """Return the sum of two amounts; of different currencies, in that of the limit or else of the first amount."""
    if one is None or other is None:
        return None
    currency = limit.currency if limit and one.currency != other.currency else one.currency
    first, second = convert(one, currency, rates), convert(other, currency, rates)
    return Money(first.amount + second.amount, currency) if first and second else None

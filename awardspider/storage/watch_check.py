"""The stored offers that match a watch, and those that miss it by least."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf
from typing import NamedTuple

from awardspider.items import Detail
from awardspider.outcomes import InvalidArgument
from awardspider.search.dates import today_at
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.matching import Match, MatchResult, match, nearest_misses
from awardspider.search.misses import Criterion, Miss
from awardspider.search.places import Places
from awardspider.search.round_trips import RoundTrip, TripLimits, find_round_trips, taxes_in
from awardspider.search.trip_misses import nearest_trips
from awardspider.search.watches import Leg, Watch
from awardspider.storage.offers import OfferFilter, OfferRow, find_offers, has_more_offers
from awardspider.storage.owner_points import find_owner_points
from awardspider.storage.store import Store

#: Days by which a near miss may be before the first or after the last day of a watch.
NEAR_DAYS = 14

_HORIZON_DAYS = 400
_CURRENCY = "USD"
# Criteria of an outbound and of a return offer that depend on the other direction.
_OF_TRIPS = frozenset({Criterion.MAX_TRIP_MILES, Criterion.MAX_TRIP_TAXES})
_OF_PAIRS = (_OF_TRIPS, _OF_TRIPS | {Criterion.DATES})


class TooManyOffers(InvalidArgument):
    """A watch for which too many offers are stored to compare them while somebody waits. Raised by `check_watch`."""


class CheckedOffer(NamedTuple):
    """A stored offer and the result of comparing it with a watch."""

    offer: OfferRow
    found: Match


class CheckedTrip(NamedTuple):
    """A pair of stored offers, and the result of comparing it with a watch for a round trip, with the reasons."""

    trip: RoundTrip
    result: MatchResult
    reasons: tuple[Miss, ...] = ()


class WatchCheck(NamedTuple):
    """Stored offers that are relevant to a watch, best or nearest first.

    `matches` and `misses` are one-way offers; `matches` contains possible ones too, after the others. `trips` are pairs
    of matches, and `near_trips` are pairs that miss only the nights or a limit for both directions.
    """

    matches: list[CheckedOffer]
    misses: list[CheckedOffer]
    trips: list[CheckedTrip]
    near_trips: list[CheckedTrip]


def check_watch(
    store: Store,
    watch: Watch,
    *,
    now: datetime,
    max_age: timedelta | None,
    rates: ExchangeRates,
    trips: int,
    misses: int,
    most_offers: int | None = None,
) -> WatchCheck:
    """Compare a watch with the stored offers on its routes that are current at `now`.

    Return all matches, at most `misses` near misses, and at most `trips` pairs if the watch is for a round trip; then
    at most `misses` pairs are near misses. The lowest price of a day is left out if flights at this price are stored.
    Costs in points are those of the watch's owner at `now`. Raise
    TooManyOffers if more than `most_offers` would be compared.
    """
    criteria = [found for leg in watch.legs if (found := _criteria(leg, now, max_age))]
    if most_offers is not None:
        _check_number(store, criteria, most_offers)
    offers = {offer.id: offer for each in criteria for offer in find_offers(store, each)}
    offers = {offer.id: offer for offer in _without_known_days(offers.values())}
    points = find_owner_points(store, now)
    checked = [
        CheckedOffer(offer, match(watch, offer, now=now, rates=rates, points=points)) for offer in offers.values()
    ]
    matches = [each for each in checked if each.found.result is not MatchResult.NO_MATCH]
    others = [each for each in checked if each.found.result is MatchResult.NO_MATCH]
    missing = (each.offer for each in others)
    near = nearest_misses(watch, missing, misses, now=now, rates=rates, points=points) if misses else []
    return WatchCheck(
        sorted(matches, key=lambda each: _order(each, rates)),
        [CheckedOffer(offers[each.offer.offer_id], each.found) for each in near],
        *_trips(watch, matches, others, rates, trips, misses),
    )


def _check_number(store: Store, criteria: Iterable[OfferFilter], most_offers: int) -> None:
    for each in criteria:
        if has_more_offers(store, each, most_offers):
            raise TooManyOffers(
                f"more than {most_offers:,} offers are stored for these places and dates, too many to compare at once; "
                "choose smaller places or fewer dates"
            )


def _criteria(leg: Leg, now: datetime, max_age: timedelta | None) -> OfferFilter | None:
    """Return the filter of the offers on a leg that match or nearly do; None if its dates have passed."""
    ranges = leg.dates.ranges(today_at(leg.origin.searched[0], now), _HORIZON_DAYS)
    if not ranges:
        return None
    return OfferFilter(
        origins=airport_codes(leg.origin),
        destinations=airport_codes(leg.destination),
        first=ranges[0].first - timedelta(days=NEAR_DAYS),
        last=ranges[-1].last + timedelta(days=NEAR_DAYS),
        current_at=now,
        max_age=max_age,
    )


def _without_known_days(offers: Collection[OfferRow]) -> Iterator[OfferRow]:
    """Yield offers without the lowest prices of days for which there are flights at this price or a lower one."""
    lowest: dict[tuple[object, ...], int] = {}
    for offer in offers:
        if offer.detail is Detail.ITINERARY and offer.miles is not None and offer.unconfirmed_since is None:
            key = _day_key(offer)
            lowest[key] = min(offer.miles, lowest.get(key, offer.miles))
    for offer in offers:
        if offer.detail is not Detail.DAY or offer.miles is None or offer.miles < lowest.get(_day_key(offer), inf):
            yield offer


def _day_key(offer: OfferRow) -> tuple[object, ...]:
    return (
        offer.source, offer.program, offer.origin, offer.destination, offer.departure_date, offer.cabin,
        offer.travelers,
    )  # fmt: skip


def airport_codes(places: Places) -> list[str]:
    """Return the airports by which to filter offers; none if the places are all airports."""
    is_anywhere = "anywhere" in places.labels and not places.excluded
    return [] if is_anywhere else sorted(places.airports)


def _trips(
    watch: Watch,
    matches: Iterable[CheckedOffer],
    others: Iterable[CheckedOffer],
    rates: ExchangeRates,
    most_trips: int,
    most_misses: int,
) -> tuple[list[CheckedTrip], list[CheckedTrip]]:
    """Return the pairs of matches, and those that miss only limits of the pair."""
    if watch.nights is None:
        return [], []
    sides: tuple[list[OfferRow], list[OfferRow]] = ([], [])
    near_sides: tuple[list[OfferRow], list[OfferRow]] = ([], [])
    unknown: dict[str, tuple[Miss, ...]] = {}
    for offer, found in matches:
        sides[found.is_return].append(offer)
        near_sides[found.is_return].append(offer)
        unknown[offer.id] = found.reasons
    for offer, found in others:
        if all(miss.is_unknown or miss.criterion in _OF_PAIRS[found.is_return] for miss in found.reasons):
            near_sides[found.is_return].append(offer)
            unknown[offer.id] = tuple(miss for miss in found.reasons if miss.is_unknown)

    def checked(trip: RoundTrip, reasons: tuple[Miss, ...] = ()) -> CheckedTrip:
        said = {reason.criterion for reason in reasons}
        of_both = dict.fromkeys((*unknown[trip.outbound.offer_id], *unknown[trip.inbound.offer_id]))
        unsaid = [miss for miss in of_both if miss.criterion not in said]
        result = MatchResult.NO_MATCH if reasons else MatchResult.POSSIBLE if unsaid else MatchResult.MATCH
        return CheckedTrip(trip, result, (*reasons, *unsaid))

    limits = TripLimits(nights=watch.nights, max_miles=watch.max_trip_miles, max_taxes=watch.max_trip_taxes)
    found_trips = find_round_trips(*sides, limits, rates=rates, limit=most_trips)
    near = nearest_trips(*near_sides, limits, most_misses, rates=rates) if most_misses else []
    return [checked(trip) for trip in found_trips], [checked(*miss) for miss in near]


def _order(checked: CheckedOffer, rates: ExchangeRates) -> tuple[bool, float, Decimal, str]:
    offer, found = checked
    miles = float("inf") if offer.miles is None else offer.miles
    is_possible = found.result is MatchResult.POSSIBLE
    return is_possible, miles, taxes_in(_CURRENCY, offer.taxes, rates), f"{offer.departure_date} {offer.id}"

"""The decision if an offer matches a watch, with reasons, and the nearest misses.

docs/matching.md describes every criterion. `watch_index.WatchIndex` decides the same about many watches at once.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from awardspider.items import AwardOfferItem
from awardspider.search import criteria, flight_criteria
from awardspider.search.criteria import Check, Circumstances, fields_not_offered, leg_misses, local_today
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.judgments import Judgment
from awardspider.search.misses import Criterion, Miss, total_distance
from awardspider.search.owner_points import OwnerPoints
from awardspider.search.watches import Leg, Watch


class MatchResult(StrEnum):
    """Results of comparing an offer with a watch."""

    MATCH = "match"
    POSSIBLE = "possible"  # nothing excludes the offer, but it does not say everything
    NO_MATCH = "no_match"


class Match(NamedTuple):
    """A result and the reasons why it is not a match: first the known misses, then what the offer does not say.

    `is_return` is True if the offer belongs to the return leg of a round trip.
    """

    result: MatchResult
    reasons: tuple[Miss, ...] = ()
    is_return: bool = False

    @property
    def text(self) -> str:
        """Return the known misses, or for a possible match what is unknown, separated by semicolons."""
        known = [reason for reason in self.reasons if not reason.is_unknown]
        return "; ".join(reason.text for reason in known or self.reasons)


class NearMiss(NamedTuple):
    """An offer that does not match a watch, with the reasons."""

    offer: AwardOfferItem
    found: Match


#: Checks of criteria that an index does not sort by, and that depend only on SHARED_FIELDS of an offer.
SHARED_CHECKS: tuple[Check, ...] = (
    criteria.check_program,
    criteria.check_party,
    criteria.check_seats,
    criteria.check_sale,
    criteria.check_saver,
    flight_criteria.check_stops,
    flight_criteria.check_mixed_cabin,
)
SHARED_FIELDS = ("program", "source", "travelers", "seats", "on_sale", "saver", "stops", "mixed_cabin")
#: Fields of a watch that SHARED_CHECKS depend on.
SHARED_WATCH_FIELDS = (
    "programs",
    "alliances",
    "reachable_only",
    "is_limited_to_points",
    "reachable",
    "travelers",
    "min_seats",
    "unknown_seats",
    "sale_only",
    "saver_only",
    "max_stops",
    "allow_mixed_cabin",
)
#: Checks that an index leaves to this module, each with the field of a watch that makes it necessary.
DETAILED_CHECKS: dict[str, Check] = {
    "max_points": criteria.check_points,
    "max_taxes": criteria.check_taxes,
    "max_trip_taxes": criteria.check_trip_taxes,
    "min_cabin_share": flight_criteria.check_cabin_share,
    "max_duration": flight_criteria.check_duration,
    "departure_hours": flight_criteria.check_departure_hours,
    "arrival_hours": flight_criteria.check_arrival_hours,
    "via": flight_criteria.check_via,
    "not_via": flight_criteria.check_not_via,
    "carriers": flight_criteria.check_carriers,
    "not_carriers": flight_criteria.check_not_carriers,
    "operated_by": flight_criteria.check_operated_by,
    "not_operated_by": flight_criteria.check_not_operated_by,
    "aircraft": flight_criteria.check_aircraft,
    "flights": flight_criteria.check_flights,
    "deal": criteria.check_deal,
    "min_cpp": criteria.check_cents_per_point,
    "expires": criteria.check_expiry,
}
_CHECKS = (
    criteria.check_cabin,
    criteria.check_miles,
    criteria.check_trip_miles,
    *SHARED_CHECKS,
    *DETAILED_CHECKS.values(),
)
#: Checks of a day's lowest price that hold for all flights of the day.
_DAY_CHECKS = (
    criteria.check_cabin,
    criteria.check_miles,
    criteria.check_trip_miles,
    criteria.check_program,
    criteria.check_party,
    criteria.check_seats,
    criteria.check_saver,
    criteria.check_day_points,
    criteria.check_day_deal,
)
#: Criteria that choose certain offers. An offer that does not say if it is one of them causes no alert.
_SELECTIONS = frozenset(
    {
        Criterion.REACHABLE_ONLY,
        Criterion.MAX_POINTS,
        Criterion.SALE_ONLY,
        Criterion.SAVER_ONLY,
        Criterion.DEAL,
        Criterion.MIN_CPP,
        Criterion.VIA,
        Criterion.CARRIERS,
        Criterion.OPERATED_BY,
        Criterion.AIRCRAFT,
        Criterion.FLIGHTS,
    }
)


def match(
    watch: Watch,
    offer: AwardOfferItem,
    *,
    now: datetime | None = None,
    rates: ExchangeRates | None = None,
    judgment: Judgment | None = None,
    points: OwnerPoints | None = None,
) -> Match:
    """Compare an offer with a watch, active or not; for a round trip, with the leg that the offer fits best.

    `now` (aware, by default the time at which the offer was seen) decides if the watch has expired. Relative dates
    always count from the day on which the offer was seen. Without `rates`, taxes are compared in one currency only.
    `judgment` is that of the offer's price; without one, the stored judgment of a stored offer counts. Without
    `points`, it is unknown what the owner has.
    """
    leg, misses = _best_leg(watch, offer)
    circumstances = circumstances_of(offer, now, rates, judgment, points)
    checked = (check(watch, offer, circumstances) for check in _CHECKS)
    reasons = [*misses, *(miss for miss in checked if miss)]
    return Match(result_of(reasons), tuple(sorted(reasons, key=lambda miss: miss.is_unknown)), leg.is_return)


def circumstances_of(
    offer: AwardOfferItem,
    now: datetime | None,
    rates: ExchangeRates | None,
    judgment: Judgment | None,
    points: OwnerPoints | None = None,
) -> Circumstances:
    """Return the circumstances of comparing an offer; see `match`."""
    return Circumstances(now or offer.seen_at, rates, judgment or getattr(offer, "judgment", None), points)


def result_of(reasons: Iterable[Miss]) -> MatchResult:
    """Return the result that follows from these reasons."""
    result = MatchResult.MATCH
    for reason in reasons:
        if not reason.is_unknown:
            return MatchResult.NO_MATCH
        result = MatchResult.POSSIBLE
    return result


def may_alert(found: Match, offer: AwardOfferItem) -> bool:
    """Return whether a result may cause an alert.

    A possible match may if the source never gives what is unknown: no later search would say more. It may not if the
    watch chooses by it, such as the offers that are on sale or those with certain flights.
    """
    if found.result is not MatchResult.POSSIBLE:
        return found.result is MatchResult.MATCH
    never_given = fields_not_offered(offer.source)
    return all(
        reason.criterion not in _SELECTIONS
        and (reason.unknown in never_given or reason.unknown == flight_criteria.LANDINGS)
        for reason in found.reasons
    )


def may_be_labeled(found: Match) -> bool:
    """Return whether a result of an offer without flights may be sent as unconfirmed.

    Its flights may say what is unknown, unless the watch chooses by it.
    """
    if found.result is not MatchResult.POSSIBLE:
        return found.result is MatchResult.MATCH
    return all(reason.criterion not in _SELECTIONS for reason in found.reasons)


def could_match(
    watch: Watch, offer: AwardOfferItem, judgment: Judgment | None = None, points: OwnerPoints | None = None
) -> bool:
    """Return whether flights on the day of an offer without flights could match a watch, active or not.

    The offer has the day's lowest price. Stops, taxes, sale and mixed cabins belong to the flights with this price, and
    other flights on the day can differ in them. No flight of the day is a better deal than its lowest price, of which
    `judgment` is the judgment, if known.
    """
    today = local_today(offer.origin, offer.seen_at)
    if not watch.covers(offer.origin, offer.destination, offer.departure_date, today):
        return False
    circumstances = circumstances_of(offer, None, None, judgment, points)
    misses = (check(watch, offer, circumstances) for check in _DAY_CHECKS)
    return all(miss is None or miss.is_unknown for miss in misses)


def nearest_misses(
    watch: Watch,
    offers: Iterable[AwardOfferItem],
    limit: int,
    *,
    now: datetime | None = None,
    rates: ExchangeRates | None = None,
    points: OwnerPoints | None = None,
) -> list[NearMiss]:
    """Return the offers that miss a watch by least, nearest first. Possible matches are no misses."""
    found = (NearMiss(offer, match(watch, offer, now=now, rates=rates, points=points)) for offer in offers)
    misses = (miss for miss in found if miss.found.result is MatchResult.NO_MATCH)
    return heapq.nsmallest(limit, misses, key=_distance)


def _distance(miss: NearMiss) -> tuple[float, int, float, str]:
    miles = float("inf") if miss.offer.miles is None else miss.offer.miles
    return (
        total_distance(miss.found.reasons),
        len(miss.found.reasons),
        miles,
        f"{miss.offer.departure_date} {miss.offer.offer_id}",
    )


def _best_leg(watch: Watch, offer: AwardOfferItem) -> tuple[Leg, tuple[Miss, ...]]:
    """Return the leg that an offer fits best, and the misses of its route and days."""
    legs = [(leg, leg_misses(leg, offer)) for leg in watch.legs]
    return min(legs, key=lambda each: (len(each[1]), sum(miss.distance for miss in each[1])))

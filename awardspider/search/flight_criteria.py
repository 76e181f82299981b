"""Criteria of a watch that depend on flights: stops, duration, hours, connections, carriers, aircraft and cabins.

Only an itinerary has flights. For an offer without them, most of these criteria are unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import time

from awardspider.items import AwardOfferItem, Segment
from awardspider.itineraries import connections, minutes_in_air, travel_minutes
from awardspider.search.aircraft import compare_aircraft
from awardspider.search.alliances import carriers_on
from awardspider.search.criteria import Circumstances, cabin_text
from awardspider.search.misses import PLAIN_DISTANCE, Criterion, Miss, count_text, minutes_text, not_said, share_over
from awardspider.search.watch_fields import Hours
from awardspider.search.watches import Watch

#: The unknown field of an offer that lacks its flights.
FLIGHTS = "segments"
#: The unknown field of an itinerary with a technical stop: no program says at which airport.
LANDINGS = "landings"

_MINUTES_OF_DAY = 24 * 60


def check_stops(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check the number of connections and technical stops."""
    if watch.max_stops is None:
        return None
    if offer.stops is None:
        return not_said(Criterion.MAX_STOPS, "stops", "its stops")
    over = offer.stops - watch.max_stops
    if over <= 0:
        return None
    return Miss(Criterion.MAX_STOPS, f"{count_text(over, 'stop')} too many", over / (watch.max_stops + 2))


def check_duration(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check the time from the first departure to the last arrival."""
    if watch.max_duration is None:
        return None
    minutes = offer.duration_minutes
    if minutes is None and offer.segments:
        minutes = travel_minutes(offer.segments)
    if minutes is None:
        return not_said(Criterion.MAX_DURATION, "duration_minutes", "its travel time")
    limit = watch.max_duration.minutes
    if minutes <= limit:
        return None
    return Miss(Criterion.MAX_DURATION, f"{minutes_text(minutes - limit)} too long", share_over(minutes, limit))


# ---- hours -----------------------------------------------------------------------------------------------------------


def check_departure_hours(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check the local time of the first departure."""
    clock = offer.segments[0].departs_at.time() if offer.segments else None
    return _hours_miss(Criterion.DEPARTURE_HOURS, watch.departure_hours, clock, "departs")


def check_arrival_hours(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check the local time of the last arrival."""
    clock = offer.segments[-1].arrives_at.time() if offer.segments else None
    return _hours_miss(Criterion.ARRIVAL_HOURS, watch.arrival_hours, clock, "arrives")


def _hours_miss(criterion: Criterion, hours: Hours | None, clock: time | None, verb: str) -> Miss | None:
    if hours is None:
        return None
    if clock is None:
        return not_said(criterion, FLIGHTS, f"when it {verb}")
    clock = clock.replace(second=0, microsecond=0)
    if hours.contain(clock):
        return None
    too_early = (_minutes(hours.start) - _minutes(clock)) % _MINUTES_OF_DAY
    too_late = (_minutes(clock) - _minutes(hours.end)) % _MINUTES_OF_DAY
    limit = f"before {hours.start:%H:%M}" if too_early <= too_late else f"after {hours.end:%H:%M}"
    return Miss(criterion, f"{verb} {clock:%H:%M}, {limit}", min(too_early, too_late) / (_MINUTES_OF_DAY // 2))


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


# ---- connections -----------------------------------------------------------------------------------------------------


def check_via(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check that a connection is in one of the places."""
    places = watch.via
    if places is None:
        return None
    if not offer.segments:
        if offer.stops != 0:
            return not_said(Criterion.VIA, FLIGHTS, "where it connects")
    elif any(code in places for codes in connections(offer.segments) for code in codes):
        return None
    elif _has_landings(offer.segments):
        return not_said(Criterion.VIA, LANDINGS, "where it stops")
    return Miss(Criterion.VIA, f"no connection in {places}", PLAIN_DISTANCE)


def check_not_via(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check that no connection is in any of the places."""
    places = watch.not_via
    if places is None or offer.stops == 0:
        return None
    if not offer.segments:
        return not_said(Criterion.NOT_VIA, FLIGHTS, "where it connects")
    found = next((code for codes in connections(offer.segments) for code in codes if code in places), None)
    if found:
        return Miss(Criterion.NOT_VIA, f"connects in {found}, which is excluded", PLAIN_DISTANCE)
    return not_said(Criterion.NOT_VIA, LANDINGS, "where it stops") if _has_landings(offer.segments) else None


def _has_landings(segments: Iterable[Segment]) -> bool:
    return any(segment.stops for segment in segments)


# ---- carriers, aircraft and flight numbers ---------------------------------------------------------------------------


def check_carriers(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check that the watch includes the marketing carrier of every flight."""
    return _carrier_miss(Criterion.CARRIERS, offer, watch.carriers, _marketing, is_excluded=False)


def check_not_carriers(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check that the watch excludes the marketing carrier of no flight."""
    return _carrier_miss(Criterion.NOT_CARRIERS, offer, watch.not_carriers, _marketing, is_excluded=True)


def check_operated_by(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check that the watch includes the operating carrier of every flight."""
    return _carrier_miss(Criterion.OPERATED_BY, offer, watch.operated_by, _operating, is_excluded=False)


def check_not_operated_by(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check that the watch excludes the operating carrier of no flight."""
    return _carrier_miss(Criterion.NOT_OPERATED_BY, offer, watch.not_operated_by, _operating, is_excluded=True)


def _marketing(segment: Segment) -> str | None:
    return segment.marketing_carrier or None


def _operating(segment: Segment) -> str | None:
    return segment.operating_carrier


def _carrier_miss(
    criterion: Criterion,
    offer: AwardOfferItem,
    listed: tuple[str, ...],
    carrier_of: Callable[[Segment], str | None],
    *,
    is_excluded: bool,
) -> Miss | None:
    if not listed:
        return None
    subject = "who operates its flights" if carrier_of is _operating else "whose flights it has"
    if not offer.segments:
        return not_said(criterion, FLIGHTS, subject)
    codes = carriers_on(listed, offer.departure_date)
    carriers = [carrier_of(segment) for segment in offer.segments]
    found = next((code for code in carriers if code is not None and (code in codes) is is_excluded), None)
    if found is not None:
        verb = "operated by" if carrier_of is _operating else "a flight of"
        reason = "excluded" if is_excluded else "not included"
        return Miss(criterion, f"{verb} {found}, which is {reason}", PLAIN_DISTANCE)
    field = "segments.operating_carrier" if carrier_of is _operating else "segments.marketing_carrier"
    return not_said(criterion, field, subject) if None in carriers else None


def check_aircraft(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check that a flight has one of the aircraft."""
    if not watch.aircraft:
        return None
    if not offer.segments:
        return not_said(Criterion.AIRCRAFT, FLIGHTS, "its aircraft")
    found = [
        None if segment.aircraft is None else compare_aircraft(code, segment.aircraft)
        for segment in offer.segments
        for code in watch.aircraft
    ]
    if True in found:
        return None
    if None in found:
        return not_said(Criterion.AIRCRAFT, "segments.aircraft", "its aircraft")
    return Miss(Criterion.AIRCRAFT, f"no flight with {' or '.join(watch.aircraft)}", PLAIN_DISTANCE)


def check_flights(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check that a flight has one of the flight numbers."""
    if not watch.flights:
        return None
    if not offer.segments:
        return not_said(Criterion.FLIGHTS, FLIGHTS, "its flights")
    numbers = {_plain_number(flight) for flight in watch.flights}
    if any(_plain_number(segment.flight) in numbers for segment in offer.segments):
        return None
    return Miss(Criterion.FLIGHTS, f"not flight {' or '.join(watch.flights)}", PLAIN_DISTANCE)


def _plain_number(flight: str) -> str:
    """Return a flight number without leading zeros: NH007 is NH7."""
    return flight[:2] + flight[2:].lstrip("0")


# ---- cabins of the flights -------------------------------------------------------------------------------------------


def check_mixed_cabin(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check that no flight is in a lower cabin than the award's."""
    if watch.allow_mixed_cabin or offer.mixed_cabin is False:
        return None
    if offer.mixed_cabin is None:
        return not_said(Criterion.ALLOW_MIXED_CABIN, "mixed_cabin", "if a flight is in a lower cabin")
    return Miss(Criterion.ALLOW_MIXED_CABIN, "a flight is in a lower cabin", PLAIN_DISTANCE)


def check_cabin_share(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check the share of the time in the air that is in one of the watch's cabins or a higher one."""
    share = watch.min_cabin_share
    if share is None or (offer.mixed_cabin is False and offer.cabin in (watch.cabins or (offer.cabin,))):
        return None
    lowest = min(watch.cabins or (offer.cabin,), key=lambda cabin: cabin.rank)
    minutes = [(max(minutes_in_air(segment), 0), segment.cabin) for segment in offer.segments]
    total = sum(time_in_air for time_in_air, _ in minutes)
    if not total:
        return not_said(Criterion.MIN_CABIN_SHARE, FLIGHTS, "the cabins of its flights")
    inside = sum(time_in_air for time_in_air, cabin in minutes if cabin is not None and cabin.rank >= lowest.rank)
    unknown = sum(time_in_air for time_in_air, cabin in minutes if cabin is None)
    if inside * 100 >= share * total:
        return None
    if (inside + unknown) * 100 >= share * total:
        return not_said(Criterion.MIN_CABIN_SHARE, "segments.cabin", "the cabins of its flights")
    most = (inside + unknown) * 100 // total
    text = f"{most}% of the flight time in {cabin_text(lowest)}, {share}% needed"
    return Miss(Criterion.MIN_CABIN_SHARE, text, (share - most) / share)

"""Watches, which describe the offers to notify a user of, built from plain values or from spider arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from awardspider.items import Cabin, Money
from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.programs import Program, programs
from awardspider.search.alliances import programs_of_alliances
from awardspider.search.cities import in_same_city
from awardspider.search.dates import Dates, parse_bookable_dates, today_at
from awardspider.search.judgments import DealClass
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.places import Places
from awardspider.search.promotion_watch_table import PROMOTION_WATCH_FIELDS
from awardspider.search.watch_building import FieldError, parse_fields, to_plain
from awardspider.search.watch_checks import find_conflict
from awardspider.search.watch_fields import (
    Duration,
    Hours,
    Miles,
    Nights,
    Note,
    PartySize,
    Percent,
    Stops,
    UnknownSeats,
    WatchName,
)
from awardspider.search.watch_table import WATCH_FIELDS


class Leg(NamedTuple):
    """One direction of a watch: the outbound flights or, for a round trip, the return flights."""

    origin: Places
    destination: Places
    dates: Dates
    is_return: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Routes, days, cabins and limits of the offers to notify a user of.

    The fields from `name` to `notify` have the names and order of a watch file. None and empty mean no restriction.
    """

    name: WatchName
    active: bool = True
    #: Programs and sources to search, as described in `includes`; empty means all.
    programs: tuple[str, ...] = ()
    #: Only programs of these alliances.
    alliances: tuple[str, ...] = ()
    #: Only programs that the owner's points reach, directly or through transfers.
    reachable_only: bool = False
    origin: Places
    destination: Places
    #: Departure dates of the outbound flights. Relative dates count from the day of the search.
    dates: Dates
    #: Nights until the return departure; None means one way.
    nights: Nights | None = None
    #: Empty means all cabins.
    cabins: tuple[Cabin, ...] = ()
    #: Minimum share of the journey in one of the cabins, in percent of its time in the air.
    min_cabin_share: Percent | None = None
    allow_mixed_cabin: bool = True
    #: For one traveler, in each direction.
    max_miles: Miles | None = None
    #: For one traveler, both directions together.
    max_trip_miles: Miles | None = None
    #: Points of one currency that the owner has, for one traveler, in each direction.
    max_points: Miles | None = None
    #: For one traveler, in each direction.
    max_taxes: Money | None = None
    #: For one traveler, both directions together.
    max_trip_taxes: Money | None = None
    #: Only offers that the program marks as a sale.
    sale_only: bool = False
    #: Only offers that the program marks as its cheapest awards.
    saver_only: bool = False
    #: Only offers that are in this deal class or a better one.
    deal: DealClass | None = None
    #: Minimum value of a point in US cents.
    min_cpp: Decimal | None = None
    travelers: PartySize = 1
    #: 0 is replaced by the number of travelers.
    min_seats: PartySize = 0
    #: Decision about offers whose number of seats is unknown.
    unknown_seats: UnknownSeats = UnknownSeats.ACCEPT
    max_stops: Stops | None = None
    max_duration: Duration | None = None
    #: Local time at the origin of each direction.
    departure_hours: Hours | None = None
    #: Local time at the destination of each direction.
    arrival_hours: Hours | None = None
    #: At least one connection is in one of these places.
    via: Places | None = None
    #: No connection is in any of these places.
    not_via: Places | None = None
    #: Marketing carriers of all flights.
    carriers: tuple[str, ...] = ()
    not_carriers: tuple[str, ...] = ()
    #: Operating carriers of all flights.
    operated_by: tuple[str, ...] = ()
    not_operated_by: tuple[str, ...] = ()
    #: Aircraft codes, of which at least one flight has one.
    aircraft: tuple[str, ...] = ()
    #: Flight numbers, of which at least one flight has one.
    flights: tuple[str, ...] = ()
    notify: NotifyPrefs | None = None
    #: The last day on which the watch is active, in the owner's time zone.
    expires: date | None = None
    note: Note = ""
    #: Identity in storage, which never changes; empty for a watch that is not stored.
    id: str = field(default="", compare=False)
    #: Programs that the owner's points reach; None if unknown. Set by storage.
    reachable: frozenset[str] | None = field(default=None, repr=False, compare=False)
    #: Set by storage; `notify` can have another one.
    owner_timezone: str = field(default="UTC", repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "min_seats", self.min_seats or self.travelers)

    @property
    def key(self) -> str:
        """Return the identity by which messages and matches refer to the watch: its id, or its name without one."""
        return self.id or self.name

    @property
    def is_limited_to_points(self) -> bool:
        """Return whether the watch includes only programs that the owner's points reach."""
        return self.reachable_only or self.max_points is not None

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Return the outbound leg and, for a round trip, the return leg."""
        outbound = Leg(self.origin, self.destination, self.dates, False)
        if self.nights is None:
            return (outbound,)
        return outbound, Leg(self.destination, self.origin, self.dates.later(*self.nights), True)

    @property
    def origins(self) -> tuple[str, ...]:
        """Return the airports to search as origin of the outbound leg."""
        return self.origin.searched

    @property
    def destinations(self) -> tuple[str, ...]:
        """Return the airports to search as destination of the outbound leg."""
        return self.destination.searched

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """Return every pair of a different origin and destination to search."""
        return tuple(
            (origin, destination)
            for origin in self.origins
            for destination in self.destinations
            if origin != destination
        )

    def covers(self, origin: str, destination: str, day: date, today: date) -> bool:
        """Return whether a leg of the watch includes a route on a day; `today` is the current date at the origin."""
        if origin in self.origin and destination in self.destination and self.dates.covers(day, today):
            return True
        if self.nights is None or origin not in self.destination or destination not in self.origin:
            return False
        return self.dates.later(*self.nights).covers(day, today)

    def includes(self, program: str, source: str) -> bool:
        """Return whether the watch includes offers of a program that were found by searching `source`.

        A key in `programs` selects what its own site returns: for `united`, United's own offers and not the copies of
        another source; for a source such as `seatsaero`, the offers of all programs that it covers. `seatsaero/united`
        selects one program of a source. The offers of a program without a spider can come from any source. Programs
        count as reachable if it is unknown which ones are.
        """
        if self.alliances and program not in programs_of_alliances(self.alliances):
            return False
        if self.is_limited_to_points and self.reachable is not None and program not in self.reachable:
            return False
        return (
            not self.programs
            or source in self.programs
            or f"{source}/{program}" in self.programs
            or (program in self.programs and program not in programs())
        )

    def needs(self, source: Program) -> bool:
        """Return whether the watch includes any program whose offers this source finds."""
        return any(self.includes(program, source.key) for program in source.programs)

    def names_source(self, source: str) -> bool:
        """Return whether the watch lists this source, or one of its programs by the name of the source."""
        return any(entry.partition("/")[0] == source for entry in self.programs)

    def notify_record(self) -> dict[str, Any]:
        """Return the preferences for messages as plain values, with the owner's time zone unless `notify` has one."""
        return (self.notify or NotifyPrefs()).to_record(self.owner_timezone)

    def to_definition(self) -> dict[str, object]:
        """Return the watch as plain values keyed by watch-file field name, without defaults.

        `active` is omitted, because storage has a separate column for it.
        """
        defaults = _DEFAULTS | {"min_seats": self.travelers}
        values = {name: getattr(self, name) for name in FIELD_NAMES if name != "active"}
        return {name: to_plain(value) for name, value in values.items() if value != defaults[name]}

    @classmethod
    def from_definition(cls, definition: Mapping[str, object], active: bool = True) -> Watch:
        """Build a watch from a definition. Raise InvalidWatch with the names of the watch and the invalid field."""
        try:
            return build({**definition, "active": active})
        except FieldError as error:
            raise InvalidWatch(f'watch "{definition.get("name")}": {error}') from None


def ad_hoc_watch(
    *,
    program: str,
    origin: str,
    destination: str,
    dates: str,
    cabins: str = "",
    travelers: str = "",
    max_miles: str = "",
    now: datetime,
    window_days: int,
) -> Watch:
    """Build a watch for one run from spider arguments (empty if not given) and the aware current time.

    Dates that are partly outside the booking window are accepted; `dates.describe_cut_dates` describes them.
    Raise InvalidArgument.
    """
    arguments = {"origin": origin, "destination": destination, "dates": dates, "cabins": cabins}
    arguments |= {"travelers": travelers, "max_miles": max_miles}
    try:
        watch = build({"name": "ad hoc", "programs": program, **arguments})
    except FieldError as error:
        raise InvalidArgument(str(error)) from None
    # The local date can differ between origins, so dates are accepted if they are valid at any origin.
    errors = []
    for code in watch.origins:
        try:
            parse_bookable_dates(watch.dates.text, today_at(code, now), window_days)
        except InvalidArgument as error:
            errors.append(error)
        else:
            return watch
    raise InvalidArgument(f"dates: {errors[-1]}")


#: Names of the fields of a watch file, in its order.
FIELD_NAMES = tuple(WATCH_FIELDS)
_DEFAULTS = {each.name: each.default for each in fields(Watch)}


def build(written: Mapping[str, object]) -> Watch:
    """Build a watch from values keyed by watch-file field name; None and blank strings count as missing.

    `id` is accepted too. Raise FieldError.
    """
    values = parse_fields(written, WATCH_FIELDS, PROMOTION_WATCH_FIELDS, "promotions")
    if conflict := find_conflict(values):
        raise FieldError(conflict.field, f"{conflict.field}: {conflict.message}")
    watch = Watch(**values)
    if all(in_same_city(start, end) for start in watch.origins for end in watch.destinations):
        if len({*watch.origins, *watch.destinations}) == 1:
            raise FieldError("destination", f"destination: {watch.destination} is also the origin")
        raise FieldError("destination", f"destination: {watch.destination} is in the same city as the origin")
    return watch

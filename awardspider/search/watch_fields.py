"""Parsing of the fields of a watch from the text of a file, an argument or a form, or from stored values."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, NamedTuple, TypeVar

from msgspec import Meta

from awardspider.items import MAX_PARTY, Cabin, Money
from awardspider.itineraries import MOST_MILES
from awardspider.outcomes import InvalidArgument
from awardspider.programs import all_programs, programs
from awardspider.search.dates import Dates, parse_dates
from awardspider.search.field_values import comma_separated, parse_value, quoted, single_text
from awardspider.search.notify_prefs import parse_notify_prefs
from awardspider.search.places import Places, parse_places
from awardspider.search.suggestions import unknown_name

WatchName = Annotated[str, Meta(max_length=100)]
Note = Annotated[str, Meta(max_length=500)]
Miles = Annotated[int, Meta(ge=1, le=MOST_MILES)]
PartySize = Annotated[int, Meta(ge=1, le=MAX_PARTY)]
Stops = Annotated[int, Meta(ge=0, le=9)]
Percent = Annotated[int, Meta(ge=1, le=100)]

MAX_NIGHTS = 180
MAX_DURATION_MINUTES = 7 * 24 * 60

_CABIN_NAMES = {str(cabin): cabin for cabin in Cabin} | {"premium": Cabin.PREMIUM_ECONOMY, "coach": Cabin.ECONOMY}
_NIGHTS = re.compile(r"([0-9]{1,3})(?:\s*(?:-|–|\.\.|to)\s*([0-9]{1,3}))?")
_DURATION = re.compile(r"(?:([0-9]{1,3})\s*(?:h|hours?|:))?\s*(?:([0-9]{1,2})\s*(?:m|min|minutes?)?)?")
_HOURS = re.compile(r"([0-9]{1,2}:[0-9]{2})\s*(?:-|–|to)\s*([0-9]{1,2}:[0-9]{2})")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_AMOUNT = re.compile(r"(?:([A-Za-z]{3})\s*)?([0-9]{1,7}(?:\.[0-9]{1,3})?)(?:\s*([A-Za-z]{3}))?")
_CARRIER = re.compile(r"[A-Z0-9]{2}")
_AIRCRAFT = re.compile(r"[A-Z0-9]{3,4}")
_FLIGHT = re.compile(r"([A-Z0-9]{2})\s*([0-9]{1,4})")


class UnknownSeats(StrEnum):
    """Decisions about an offer whose number of seats is unknown."""

    ACCEPT = "accept"
    REJECT = "reject"


class Nights(NamedTuple):
    """The nights between the outbound and the return departure, both ends included."""

    least: int
    most: int

    def __str__(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least}-{self.most}"


class Hours(NamedTuple):
    """A period of the day in local time, both ends included; it contains midnight if it starts after it ends."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def contain(self, clock: time) -> bool:
        """Return whether a local time is in this period."""
        if self.start <= self.end:
            return self.start <= clock <= self.end
        return clock >= self.start or clock <= self.end


class Duration(NamedTuple):
    """A travel time from departure to arrival."""

    minutes: int

    def __str__(self) -> str:
        hours, minutes = divmod(self.minutes, 60)
        return f"{hours}h{minutes:02}" if minutes else f"{hours}h"


def parse_cabins(text: str) -> tuple[Cabin, ...]:
    """Parse cabins such as `economy, Business`; return them without duplicates, lowest first.

    `premium` and `coach` are also accepted. Raises InvalidArgument with a suggestion for an unknown name.
    """
    cabins = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        name = re.sub(r"[\s_-]+", "_", part.casefold()).removesuffix("_class")
        if name not in _CABIN_NAMES:
            raise InvalidArgument(unknown_name("cabin", part, Cabin))
        cabins.add(_CABIN_NAMES[name])
    return tuple(sorted(cabins, key=lambda cabin: cabin.rank))


def _parse_name(value: object) -> str:
    name: str = parse_value(value, WatchName)
    if not name.isprintable():
        raise InvalidArgument("must be one line without control characters")
    return name


def _parse_places(value: object) -> Places:
    return parse_places(comma_separated(value))


def _parse_dates(value: object) -> Dates:
    return parse_dates(comma_separated(value))


def _parse_programs(value: object) -> tuple[str, ...]:
    keys = tuple(dict.fromkeys(_words(value, str.lower)))
    for key in keys:
        source, slash, program = key.partition("/")
        if slash and source not in programs():
            raise InvalidArgument(unknown_name("source", source, programs()))
        if slash and program not in programs()[source].programs:
            raise InvalidArgument(unknown_name(f"program of {source}", program, programs()[source].programs))
        if not slash and key not in all_programs():
            raise InvalidArgument(unknown_name("program", key, all_programs()))
    return keys


def _parse_alliances(value: object) -> tuple[str, ...]:
    known = sorted({_snake_case(program.alliance) for program in all_programs().values() if program.alliance})
    names = tuple(dict.fromkeys(_words(value, _snake_case)))
    for name in names:
        if name not in known:
            raise InvalidArgument(unknown_name("alliance", name, known))
    return names


@functools.cache
def programs_of_alliances(alliances: tuple[str, ...]) -> frozenset[str]:
    """Return the keys of the programs of these alliances, given as in a watch file, such as `star_alliance`."""
    return frozenset(key for key, program in all_programs().items() if _snake_case(program.alliance or "") in alliances)


def _parse_nights(value: object) -> Nights:
    found = _NIGHTS.fullmatch(str(value).strip()) if isinstance(value, int | str) else None
    if not found:
        raise InvalidArgument(f'must be a number or a range of nights such as 7-10, not "{quoted(value)}"')
    nights = Nights(int(found[1]), int(found[2] or found[1]))
    if not nights.least <= nights.most <= MAX_NIGHTS:
        raise InvalidArgument(f'must be a range such as 7-10, with at most {MAX_NIGHTS} nights, not "{quoted(value)}"')
    return nights


def _parse_duration(value: object) -> Duration:
    text = f"{value}m" if isinstance(value, int) else single_text(value).lower()
    found = _DURATION.fullmatch(text)
    minutes = int(found[1] or 0) * 60 + int(found[2] or 0) if found else 0
    if not 0 < minutes <= MAX_DURATION_MINUTES:
        raise InvalidArgument(f'must be a travel time such as 14h or 14h30, not "{quoted(value)}"')
    return Duration(minutes)


def _parse_hours(value: object) -> Hours:
    found = _HOURS.fullmatch(single_text(value))
    clocks = [_CLOCK.fullmatch(end) for end in found.groups()] if found else []
    times = [time(int(clock[1]), int(clock[2])) for clock in clocks if clock]
    if len(times) != 2:
        raise InvalidArgument(f'must be two times such as 08:00-22:00, not "{quoted(value)}"')
    return Hours(*times)


def _parse_money(value: object) -> Money:
    found = _AMOUNT.fullmatch(single_text(value))
    currency = (found[1] or found[3] or "").upper() if found else ""
    if found is None or not currency or (found[1] and found[3]):
        raise InvalidArgument(f'must be an amount with its currency, such as 100 USD, not "{quoted(value)}"')
    return Money(Decimal(found[2]), currency)


def _parse_codes(pattern: re.Pattern[str], example: str) -> Callable[[object], tuple[str, ...]]:
    def parse(value: object) -> tuple[str, ...]:
        codes = tuple(dict.fromkeys(_words(value, str.upper)))
        for code in codes:
            if not pattern.fullmatch(code):
                raise InvalidArgument(f'"{quoted(code)}" is not a code such as {example}')
        return tuple(re.sub(r"\s", "", code) for code in codes)

    return parse


def _parse_expires(value: object) -> date:
    try:
        return date.fromisoformat(single_text(value))
    except ValueError:
        raise InvalidArgument(f'must be a day such as 2027-03-31, not "{quoted(value)}"') from None


_Choice = TypeVar("_Choice", bound=StrEnum)


def _parse_choice(kind: type[_Choice]) -> Callable[[object], _Choice]:
    def parse(value: object) -> _Choice:
        text = single_text(value).lower()
        if text not in tuple(kind):
            raise InvalidArgument(f'must be {" or ".join(kind)}, not "{quoted(value)}"')
        return kind(text)

    return parse


def _words(value: object, normalize: Callable[[str], str]) -> Iterable[str]:
    return (normalize(part.strip()) for part in comma_separated(value).split(",") if part.strip())


def _snake_case(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.casefold())


#: Parsers of fields with a special notation, keyed by the name in a watch file. All others are parsed by their type.
PARSERS: Mapping[str, Callable[[object], object]] = {
    "name": _parse_name,
    "programs": _parse_programs,
    "alliances": _parse_alliances,
    "origin": _parse_places,
    "destination": _parse_places,
    "dates": _parse_dates,
    "nights": _parse_nights,
    "cabins": lambda value: parse_cabins(comma_separated(value)),
    "unknown_seats": _parse_choice(UnknownSeats),
    "max_duration": _parse_duration,
    "departure_hours": _parse_hours,
    "arrival_hours": _parse_hours,
    "via": _parse_places,
    "not_via": _parse_places,
    "carriers": _parse_codes(_CARRIER, "UA"),
    "not_carriers": _parse_codes(_CARRIER, "UA"),
    "operated_by": _parse_codes(_CARRIER, "UA"),
    "not_operated_by": _parse_codes(_CARRIER, "UA"),
    "aircraft": _parse_codes(_AIRCRAFT, "77W or A359"),
    "flights": _parse_codes(_FLIGHT, "UA837"),
    "max_taxes": _parse_money,
    "max_trip_taxes": _parse_money,
    "expires": _parse_expires,
    "notify": parse_notify_prefs,
}

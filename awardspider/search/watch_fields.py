"""Types of the fields of a watch, and their parsing from the text of a file, an argument or a form."""

from __future__ import annotations

import calendar
import functools
import re
import unicodedata
from collections.abc import Callable, Collection
from datetime import date, time
from enum import StrEnum
from typing import Annotated, NamedTuple, TypeVar

from msgspec import Meta

from awardspider.items import MAX_PARTY, Cabin
from awardspider.itineraries import MOST_MILES
from awardspider.outcomes import InvalidArgument
from awardspider.programs import all_programs, programs
from awardspider.search.aircraft import is_aircraft
from awardspider.search.alliances import parse_alliances
from awardspider.search.clock_times import find_clock, split_period
from awardspider.search.dates import Dates, parse_dates
from awardspider.search.field_values import joined_text, letters_only, parse_value, quoted, single_text, split_list
from awardspider.search.judgments import DEAL_CLASSES, DealClass
from awardspider.search.places import Places, parse_places
from awardspider.search.suggestions import unknown_name

MAX_NOTE = 500
WatchName = Annotated[str, Meta(max_length=100)]
Note = Annotated[str, Meta(max_length=MAX_NOTE)]
Miles = Annotated[int, Meta(ge=1, le=MOST_MILES)]
PartySize = Annotated[int, Meta(ge=1, le=MAX_PARTY)]
Stops = Annotated[int, Meta(ge=0, le=9)]
Percent = Annotated[int, Meta(ge=1, le=100)]

MAX_NIGHTS = 180
MAX_DURATION_MINUTES = 7 * 24 * 60

_CABIN_NAMES = {str(cabin): cabin for cabin in Cabin} | {"premium": Cabin.PREMIUM_ECONOMY, "coach": Cabin.ECONOMY}
# What else people write, with underscores for spaces; suggested, because letters of fare classes are only conventions.
_CABIN_HINTS = {
    Cabin.ECONOMY: "y eco econ main main_cabin economica turista",
    Cabin.PREMIUM_ECONOMY: "w pe prem prem_eco premium_eco premium_economica economy_plus",
    Cabin.BUSINESS: "j c biz bus executive executiva ejecutiva negocios business_suite",
    Cabin.FIRST: "f primeira primera first_suite",
}
_STOPS = re.compile(r"([0-9])\s*(?:stops?|escalas?|paradas?)?")
_NIGHTS = re.compile(r"([0-9]{1,3})(?:\s*(?:-|–|\.\.|to)\s*([0-9]{1,3}))?(?:\s*nights?)?", re.IGNORECASE)
_DURATION = re.compile(
    r"(?:(?P<days>[0-9])\s*d(?:ays?)?)?\s*"
    r"(?:(?P<hours>[0-9]{1,3})(?:\.(?P<tenths>[0-9]))?\s*(?:h|hrs?|hours?|:))?\s*"
    r"(?:(?P<minutes>[0-9]{1,5})\s*(?P<unit>m|min|mins|minutes?)?)?"
)
# In English, Portuguese and Spanish.
_AFTER_OR_BEFORE = re.compile(
    r"(?:(?P<after>after|from|not before|(?:depois|a partir) d[ao]s?|após(?: [ao]s?)?"
    r"|(?:después|a partir) de(?: las?)?|desde(?: las?)?)"
    r"|before|until|not after|antes d[aeo]s?(?: las?)?|até(?: [aào]s?)?|hasta(?: las?)?)\s+(?P<time>.+)"
)
_LAST_MINUTE = time(23, 59)
# Two-letter words for true and false in YAML, which are also carriers.
_WORDS_OF_YAML = frozenset({"no", "on"})
_CARRIER = re.compile(r"(?=.*[A-Z])[A-Z0-9]{2}")
_AIRCRAFT = re.compile(r"[A-Z0-9]{3,4}")
_FLIGHT = re.compile(r"((?=.?[A-Z])[A-Z0-9]{2})[\s-]*0*([1-9][0-9]{0,3})")
_DAY_OR_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?")


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


def parse_cabins(value: object) -> tuple[Cabin, ...]:
    """Parse cabins from text such as `economy, Business` or a list; return them without duplicates, lowest first.

    `premium` and `coach` are also accepted. Raise InvalidArgument with a suggestion for an unknown name.
    """
    cabins = set()
    for part in split_list(joined_text(value).replace("/", ",")):
        name = re.sub(r"[\s_-]+", "_", part.casefold()).removesuffix("_class")
        if name not in _CABIN_NAMES:
            meant = next((cabin for cabin, names in _CABIN_HINTS.items() if name in names.split()), None)
            if meant:
                raise InvalidArgument(f'unknown cabin "{quoted(part)}" (did you mean {meant}?)')
            raise InvalidArgument(unknown_name("cabin", part, Cabin))
        cabins.add(_CABIN_NAMES[name])
    return tuple(sorted(cabins, key=lambda cabin: cabin.rank))


def parse_name(value: object) -> str:
    """Parse the name of a watch. Raise InvalidArgument if it is too long or not one line."""
    name: str = parse_value(value, WatchName)
    name = "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in name)
    if not name.isprintable():
        raise InvalidArgument("must be one line without control characters")
    return name


def parse_note(value: object) -> str:
    """Parse a note, which may have several lines. Raise InvalidArgument if it is too long."""
    note = single_text(value)
    if len(note) > MAX_NOTE:
        raise InvalidArgument(f"must have at most {MAX_NOTE} characters, not {len(note):,}")
    return note


def parse_place_names(value: object) -> Places:
    """Parse places from text or a list. Raise InvalidArgument as `parse_places` does."""
    return parse_places(joined_text(value))


def parse_departure_dates(value: object) -> Dates:
    """Parse dates from text or a list. Raise InvalidArgument as `parse_dates` does."""
    return parse_dates(joined_text(value))


def parse_programs(value: object) -> tuple[str, ...]:
    """Parse programs and sources: keys or names, and `source/program`. Raise InvalidArgument for an unknown one."""
    names = [name for part in re.split("[,;]", joined_text(value)) for name in _program_parts(part)]
    keys = dict.fromkeys(_program_keys().get(letters_only(name), name.lower()) for name in names)
    for key in keys:
        source, slash, program = key.partition("/")
        if slash and source not in programs():
            raise InvalidArgument(unknown_name("source", source, programs()))
        if slash and program not in programs()[source].programs:
            raise InvalidArgument(unknown_name(f"program of {source}", program, programs()[source].programs))
        if not slash and key not in all_programs():
            raise InvalidArgument(unknown_name("program", key, all_programs()))
    return tuple(keys)


def _program_parts(text: str) -> list[str]:
    """Return a program's name, or the names of several: `Miles & More` is one, `united and delta` are two."""
    return [text.strip()] if letters_only(text) in _program_keys() else split_list(text)


def program_names() -> Collection[str]:
    """Return the names under which programs are known, without anything but letters and digits."""
    return _program_keys()


@functools.cache
def _program_keys() -> dict[str, str]:
    """Return the keys of programs by key, name and name of the currency, without anything but letters and digits."""
    keys: dict[str, str] = {}
    for key, program in all_programs().items():
        for name in (program.currency.brand, program.currency.name, program.name, key):
            keys[letters_only(name)] = key
    keys.pop("", None)
    return keys


def parse_nights(value: object) -> Nights:
    """Parse a number or a range of nights, such as `7` or `7-10`. Raise InvalidArgument for anything else."""
    found = _NIGHTS.fullmatch(str(value).strip()) if isinstance(value, int | str) else None
    if not found:
        raise InvalidArgument(f'must be a number or a range of nights such as 7-10, not "{quoted(value)}"')
    nights = Nights(int(found[1]), int(found[2] or found[1]))
    if max(nights) > MAX_NIGHTS:
        raise InvalidArgument(f'must be at most {MAX_NIGHTS} nights, not "{quoted(value)}"')
    if nights.least > nights.most:
        raise InvalidArgument(f'"{quoted(value)}" ends before it starts: write {nights.most}-{nights.least}')
    return nights


def parse_percent(value: object) -> int:
    """Parse a share in percent, with or without its sign. Raise InvalidArgument for anything else."""
    text = value.strip().removesuffix("%") if isinstance(value, str) else value
    percent: int = parse_value(text, Percent)
    return percent


def parse_stops(value: object) -> int:
    """Parse a maximum number of stops, such as `1 stop`; `nonstop` and `direct` are 0.

    Raise InvalidArgument for anything else.
    """
    if isinstance(value, str):
        found = _STOPS.fullmatch(value.strip().lower())
        value = 0 if letters_only(value) in ("nonstop", "direct") else found[1] if found else value
    stops: int = parse_value(value, Stops)
    return stops


def parse_duration(value: object) -> Duration:
    """Parse a travel time such as `14h`, `14h30`, `14.5 hours`, `14:30`, `1d 2h` or `840 min`.

    Raise InvalidArgument for anything else, also for a number without a unit.
    """
    text = str(value).strip().lower()
    found = _DURATION.fullmatch(text) if isinstance(value, int | str) else None
    number = found and found["minutes"]
    if number and text == number and 0 < int(number) <= MAX_DURATION_MINUTES:
        least = f"{number}h" if int(number) * 60 <= MAX_DURATION_MINUTES else f"{int(number) // 60}h"
        raise InvalidArgument(f"must have a unit: write {least} or {number} min")
    minutes = 0
    if found and not (found["tenths"] and number) and not (found["hours"] and int(number or 0) > 59):
        minutes = int(found["days"] or 0) * 1440 + int(found["hours"] or 0) * 60
        minutes += int(found["tenths"] or 0) * 6 + int(number or 0)
    if not 0 < minutes <= MAX_DURATION_MINUTES:
        raise InvalidArgument(f'must be a travel time such as 14h or 14h30, at most 7 days, not "{quoted(value)}"')
    return Duration(minutes)


def parse_hours(value: object) -> Hours:
    """Parse a period of a day, such as `08:00-22:00`, `6am to 10pm`, `after 8:00` or `before noon`.

    `depois das 8h`, `até as 18:00` and `después de las 8:00` mean the same. Raise InvalidArgument for anything else.
    """
    text = single_text(value).lower()
    start: time | None = None
    end: time | None = None
    if found := _AFTER_OR_BEFORE.fullmatch(text):
        clock = find_clock(found["time"])
        start, end = (clock, _LAST_MINUTE) if found["after"] else (time(0), clock)
    if ends := split_period(text):
        start = find_clock(ends[0])
        end = _LAST_MINUTE if ends[1] in ("24:00", "24h", "midnight") else find_clock(ends[1])
    if start is None or end is None:
        raise InvalidArgument(f'must be two times such as 08:00-22:00, or after 08:00, not "{quoted(value)}"')
    if start == end:
        raise InvalidArgument(f'"{quoted(value)}" has the same start and end: leave the field out for any time')
    return Hours(start, end)


def parse_carriers(value: object) -> tuple[str, ...]:
    """Parse carrier codes and alliances, which are kept as their keys; `carriers_on` expands them.

    Raise InvalidArgument for anything else, with the code of an airline whose program is known.
    """
    carriers: dict[str, None] = {}
    for part in split_list(value):
        if part.lower() in _WORDS_OF_YAML and not part.isupper():
            raise InvalidArgument(f'"{part}" is a word: write {part.upper()} for the carrier')
        if codes := _codes(part, _CARRIER):
            carriers.update(dict.fromkeys(codes))
            continue
        try:
            carriers.update(dict.fromkeys(str(alliance) for alliance in parse_alliances(part)))
        except InvalidArgument:
            raise InvalidArgument(_unknown_carrier(part)) from None
    return tuple(carriers)


def _unknown_carrier(name: str) -> str:
    codes = _carriers_of_programs(name)
    hint = f"did you mean {' or '.join(codes)}?" if codes else "write the two characters that begin its flight numbers"
    return f'"{quoted(name)}" is not the code of a carrier, such as UA, nor an alliance ({hint})'


def _carriers_of_programs(name: str) -> list[str]:
    """Return the carriers of programs whose names have all words of an airline's name, or else its first one."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    by_words = {
        program.carriers[0]: set(re.findall(r"[a-z0-9]+", program.name.lower()))
        for program in all_programs().values()
        if program.carriers
    }
    for some in (words, words[:1]):
        if found := [code for code, known in by_words.items() if some and known.issuperset(some)]:
            return found
    return []


def parse_aircraft(value: object) -> tuple[str, ...]:
    """Parse aircraft: codes such as `77W` and names such as `Boeing 777`. Raise InvalidArgument for anything else."""
    aircraft: dict[str, None] = {}
    for part in split_list(value):
        codes = [part] if is_aircraft(part) and not _AIRCRAFT.fullmatch(part.upper()) else _codes(part, _AIRCRAFT)
        if not codes or not all(is_aircraft(code) or re.search("[0-9]", code) for code in codes):  # jet is no code
            raise InvalidArgument(f'"{quoted(part)}" is not the code of an aircraft, such as 77W or A359')
        aircraft.update(dict.fromkeys(codes))
    return tuple(aircraft)


def parse_flights(value: object) -> tuple[str, ...]:
    """Parse flight numbers such as `UA837, NH 7`. Raise InvalidArgument for anything else."""
    flights: dict[str, None] = {}
    for part in split_list(value):
        numbers = _codes(part, _FLIGHT)
        if not numbers:
            raise InvalidArgument(f'"{quoted(part)}" is not a flight number such as UA837')
        flights.update(dict.fromkeys(numbers))
    return tuple(flights)


def parse_last_day(value: object) -> date:
    """Parse a day such as `2027-03-31`, or a month, which means its last day. Raise InvalidArgument for others."""
    found = _DAY_OR_MONTH.fullmatch(single_text(value))
    try:
        if found and found[3] is None:
            year, month = int(found[1]), int(found[2])
            return date(year, month, calendar.monthrange(year, month)[1])
        return date.fromisoformat(found[0] if found else "")
    except ValueError:  # includes calendar.IllegalMonthError
        raise InvalidArgument(f'must be a day such as 2027-03-31, not "{quoted(value)}"') from None


def parse_deal(value: object) -> DealClass:
    """Parse the name of a deal class that a watch can require. Raise InvalidArgument for anything else."""
    name = single_text(value) if isinstance(value, str | list | tuple | dict) else str(value)
    key = re.sub(r"[\s_-]+", "_", name.lower())
    if key not in DEAL_CLASSES:
        raise InvalidArgument(unknown_name("deal class", name, DEAL_CLASSES))
    return DealClass(key)


_Choice = TypeVar("_Choice", bound=StrEnum)


def parse_choice(kind: type[_Choice]) -> Callable[[object], _Choice]:
    """Return a parser of the values of an enum."""

    def parse(value: object) -> _Choice:
        text = single_text(value).lower()
        if text not in tuple(kind):
            raise InvalidArgument(f'must be {" or ".join(kind)}, not "{quoted(value)}"')
        return kind(text)

    return parse


def _codes(part: str, pattern: re.Pattern[str]) -> list[str]:
    """Return the code that a part is, or the codes of its words; empty if there are none."""
    for texts in ([part], part.split()):
        found = [pattern.fullmatch(text.upper()) for text in texts]
        if all(found):
            return ["".join(code.groups()) or code[0] for code in found if code]
    return []

"""Kinds of values of a watch's fields: the parser of each, and the JSON Schema of the notations that it accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from awardspider.items import MAX_PARTY, Cabin
from awardspider.itineraries import MOST_MILES
from awardspider.programs import all_programs, programs
from awardspider.search.alliances import Alliance, parse_alliances
from awardspider.search.amounts import parse_miles, parse_money
from awardspider.search.field_values import parse_value
from awardspider.search.watch_fields import (
    MAX_NIGHTS,
    PartySize,
    UnknownSeats,
    parse_aircraft,
    parse_cabins,
    parse_carriers,
    parse_choice,
    parse_departure_dates,
    parse_duration,
    parse_flights,
    parse_hours,
    parse_last_day,
    parse_name,
    parse_nights,
    parse_note,
    parse_percent,
    parse_place_names,
    parse_programs,
    parse_stops,
)

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldKind:
    """A kind of value: the parser, which raises InvalidArgument, and the schema of all notations that it accepts."""

    parse: Callable[[object], object]
    schema: Schema
    #: True if a field can have several values, as a list or separated by commas.
    is_list: bool = False


def text_schema(pattern: str = r"\S") -> Schema:
    """Return the schema of a text that contains a pattern; by default, of one that is not blank."""
    return {"type": "string", "pattern": pattern}


def integer_schema(least: int, most: int, pattern: str = r"[0-9]{1,9}") -> Schema:
    """Return the schema of an integer, which may also be written as text."""
    number = {"type": "integer", "minimum": least, "maximum": most}
    return {"anyOf": [number, text_schema(rf"^\s*({pattern})\s*$")]}


def _any_case(names: Iterable[str]) -> str:
    """Return a pattern of names in any case, with spaces or hyphens for underscores; JSON Schema has no flags."""
    letters = {"_": "[ _-]*"}
    return "|".join(
        "".join(f"[{letter.upper()}{letter}]" if letter.isalpha() else letters.get(letter, letter) for letter in name)
        for name in names
    )


def _choices(names: Iterable[str], others: Iterable[str] = ()) -> Schema:
    """Return the schema of one or several names: one, a list, or a text with commas. `others` are not suggested."""
    names = list(names)
    pattern = _any_case([*names, *others])
    several = text_schema(rf"^[\s,;]*({pattern})((\s*[,;/]+\s*|\s+(or|and|&)\s+)({pattern}))*[\s,;]*$")
    return {"anyOf": [{"enum": names}, several, {"type": "array", "items": {"anyOf": [{"enum": names}, several]}}]}


def _one_of(names: Iterable[str]) -> Schema:
    names = list(names)
    return {"anyOf": [{"enum": names}, text_schema(rf"^\s*({_any_case(names)})\s*$")]}


def _list_of(schema: Schema) -> Schema:
    """Return the schema of a value or a list of such values. Editors read some codes and days as numbers."""
    values = {"anyOf": [schema, {"type": "integer"}]}
    return {"anyOf": [*values["anyOf"], {"type": "array", "items": values, "minItems": 1}]}


_BOOLEAN_WORDS = _any_case(("true", "yes", "on", "false", "no", "off"))
_CODES = r"^[\s,;]*[A-Za-z0-9]"
#: A text with a time: digits, noon or midnight.
CLOCK_SCHEMA = text_schema(r"[0-9]|[Nn][Oo][Oo][Nn]|[Mm][Ii][Dd]")

TEXT_NAME = FieldKind(parse=parse_name, schema={"type": ["string", "number"], "pattern": r"\S", "maxLength": 100})
TEXT_NOTE = FieldKind(parse=parse_note, schema={"type": ["string", "number"], "maxLength": 500})
YES_OR_NO = FieldKind(
    parse=partial(parse_value, value_type=bool),
    schema={"anyOf": [{"type": "boolean"}, text_schema(rf"^\s*({_BOOLEAN_WORDS})\s*$")]},
)
PLACES = FieldKind(is_list=True, parse=parse_place_names, schema=_list_of(text_schema()))
DATES = FieldKind(is_list=True, parse=parse_departure_dates, schema=_list_of(text_schema()))
PROGRAMS = FieldKind(
    is_list=True,
    parse=parse_programs,
    schema={
        "anyOf": [
            {"enum": [*all_programs(), *(f"{key}/{each}" for key in programs() for each in programs()[key].covers)]},
            *_list_of(text_schema())["anyOf"],
        ]
    },
)
ALLIANCES = FieldKind(
    is_list=True, parse=parse_alliances, schema=_choices(Alliance, ("star", "sky_team", "one_world", "ow"))
)
CABINS = FieldKind(
    is_list=True,
    parse=parse_cabins,
    schema=_choices(Cabin, ("premium", "coach", *(f"{cabin}_class" for cabin in (*Cabin, "premium", "coach")))),
)
NIGHTS = FieldKind(
    parse=parse_nights,
    schema=integer_schema(
        0, MAX_NIGHTS, r"[0-9]{1,3}(\s*(-|–|\.\.|[Tt][Oo])\s*[0-9]{1,3})?(\s*[Nn][Ii][Gg][Hh][Tt][Ss]?)?"
    ),
)
PERCENT = FieldKind(parse=parse_percent, schema=integer_schema(1, 100, r"[0-9]{1,3}\s*%?"))
MILES = FieldKind(parse=parse_miles, schema=integer_schema(1, MOST_MILES, r"[0-9][0-9.,_' ]*.*"))
MONEY = FieldKind(parse=parse_money, schema=text_schema(r"[0-9]"))
PARTY = FieldKind(parse=partial(parse_value, value_type=PartySize), schema=integer_schema(1, MAX_PARTY))
STOPS = FieldKind(parse=parse_stops, schema=integer_schema(0, 9, r"[0-9]|[Nn][Oo][Nn][\s_-]*[Ss][Tt][Oo][Pp]"))
DURATION = FieldKind(parse=parse_duration, schema=text_schema(r"^\s*[0-9].*[^0-9.\s]"))
HOURS = FieldKind(parse=parse_hours, schema=CLOCK_SCHEMA)
CARRIERS = FieldKind(is_list=True, parse=parse_carriers, schema=_list_of(text_schema(_CODES)))
AIRCRAFT = FieldKind(is_list=True, parse=parse_aircraft, schema=_list_of(text_schema(_CODES)))
FLIGHTS = FieldKind(is_list=True, parse=parse_flights, schema=_list_of(text_schema(_CODES)))
UNKNOWN_SEATS = FieldKind(parse=parse_choice(UnknownSeats), schema=_one_of(UnknownSeats))
DAY = FieldKind(parse=parse_last_day, schema=text_schema(r"^\s*[0-9]{4}-[0-9]{2}(-[0-9]{2})?\s*$"))

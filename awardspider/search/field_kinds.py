"""Kinds of values of a watch's fields: the parser of each, and the JSON Schema of the notations that it accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from awardspider.items import MAX_PARTY, Cabin
from awardspider.itineraries import MOST_MILES
from awardspider.programs import all_programs, programs
from awardspider.search import schema_patterns as patterns
from awardspider.search.alliances import Alliance, parse_alliances
from awardspider.search.amounts import parse_cents, parse_miles, parse_money
from awardspider.search.field_values import parse_value
from awardspider.search.judgments import DEAL_CLASSES
from awardspider.search.watch_fields import (
    MAX_NIGHTS,
    PartySize,
    UnknownSeats,
    parse_aircraft,
    parse_cabins,
    parse_carriers,
    parse_choice,
    parse_deal,
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
    program_names,
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


def _choices(names: Iterable[str], others: Iterable[str] = ()) -> Schema:
    """Return the schema of one or several names: one, a list, or a text with commas. `others` are not suggested."""
    names = list(names)
    several = text_schema(patterns.listed(patterns.any_case([*names, *others])))
    return {"anyOf": [{"enum": names}, several, {"type": "array", "items": {"anyOf": [{"enum": names}, several]}}]}


def one_of(names: Iterable[str]) -> Schema:
    """Return the schema of one name, in any case."""
    names = list(names)
    return {"anyOf": [{"enum": names}, text_schema(rf"^\s*({patterns.any_case(names)})\s*$")]}


def list_schema(*schemas: Schema) -> Schema:
    """Return the schema of a value or a list of such values."""
    return {"anyOf": [*schemas, {"type": "array", "items": {"anyOf": list(schemas)}, "minItems": 1}]}


_BOOLEAN_WORDS = patterns.any_case(("true", "yes", "on", "false", "no", "off"))

_STOPS = (
    rf"({patterns.any_case(['non'])})[\s_-]*({patterns.any_case(['stop'])})|{patterns.any_case(['direct'])}"
    rf"|[0-9]\s*({patterns.any_case(['stops', 'stop', 'escalas', 'escala', 'paradas', 'parada'])})?"
)
# Not the word that YAML also understands as false.
_PLACES = r"^(?!\s*[Nn]o\s*$)[\s\S]*\S"
# Editors read these as numbers.
_YEAR: Schema = {"type": "integer", "minimum": 1, "maximum": 9999}
_AIRCRAFT_CODE: Schema = {"type": "integer", "minimum": 100, "maximum": 9999}
_SOURCE_PROGRAMS = [f"{key}/{program}" for key in programs() for program in programs()[key].programs]
_PROGRAM_LIST = patterns.listed(f"{patterns.names_pattern(program_names())}|{patterns.any_case(_SOURCE_PROGRAMS, '_')}")

TEXT_NAME = FieldKind(parse=parse_name, schema={"type": ["string", "number"], "pattern": r"\S", "maxLength": 100})
TEXT_NOTE = FieldKind(parse=parse_note, schema={"type": ["string", "number"], "maxLength": 500})
YES_OR_NO = FieldKind(
    parse=partial(parse_value, value_type=bool),
    schema={"anyOf": [{"type": "boolean"}, text_schema(rf"^\s*({_BOOLEAN_WORDS})\s*$")]},
)
PLACES = FieldKind(is_list=True, parse=parse_place_names, schema=list_schema(text_schema(_PLACES)))
DATES = FieldKind(is_list=True, parse=parse_departure_dates, schema=list_schema(text_schema(patterns.DATES), _YEAR))
PROGRAMS = FieldKind(
    is_list=True,
    parse=parse_programs,
    schema=list_schema({"enum": [*all_programs(), *_SOURCE_PROGRAMS]}, text_schema(_PROGRAM_LIST)),
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
MILES = FieldKind(parse=parse_miles, schema=integer_schema(1, MOST_MILES, patterns.MILES))
MONEY = FieldKind(parse=parse_money, schema=text_schema(patterns.MONEY))
DEAL = FieldKind(parse=parse_deal, schema=one_of(DEAL_CLASSES))
CENTS = FieldKind(
    parse=parse_cents,
    schema={"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 99.99}, text_schema(patterns.CENTS)]},
)
PARTY = FieldKind(parse=partial(parse_value, value_type=PartySize), schema=integer_schema(1, MAX_PARTY))
STOPS = FieldKind(parse=parse_stops, schema=integer_schema(0, 9, _STOPS))
DURATION = FieldKind(parse=parse_duration, schema=text_schema(patterns.DURATION))
HOURS = FieldKind(parse=parse_hours, schema=text_schema(patterns.HOURS))
CARRIERS = FieldKind(is_list=True, parse=parse_carriers, schema=list_schema(text_schema(patterns.CARRIERS)))
AIRCRAFT = FieldKind(
    is_list=True, parse=parse_aircraft, schema=list_schema(text_schema(patterns.AIRCRAFT), _AIRCRAFT_CODE)
)
FLIGHTS = FieldKind(is_list=True, parse=parse_flights, schema=list_schema(text_schema(patterns.FLIGHTS)))
UNKNOWN_SEATS = FieldKind(parse=parse_choice(UnknownSeats), schema=one_of(UnknownSeats))
DAY = FieldKind(parse=parse_last_day, schema=text_schema(r"^\s*[0-9]{4}-[0-9]{2}(-[0-9]{2})?\s*$"))

"""Sentences about a wish in its own language: what was understood, and the clarifying question."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from awardspider.airports import airports
from awardspider.items import Money
from awardspider.programs import all_programs
from awardspider.search.dates import DateRange
from awardspider.search.place_names import PlaceKind, PlacePart
from awardspider.search.words.wishes import DatesProblem, Topic, Wish, listed_or_main

_MOST_RANGES = 3


def describe_wish(wish: Wish) -> str:
    """Return what was understood of a wish; empty for a command and chitchat.

    `from LAX, SFO to Tokyo (HND, NRT), departing Mar 1 to 31, 2027, business, 2 travelers, up to 80,000 miles per ...`
    """
    if wish.travelers is None:
        return ""
    words, language = _phrases("words", wish), str(wish.language)
    cabins = _phrases("cabins", wish)
    parts = [
        _places(words["from"], wish.origins, words),
        _places(words["to"], wish.destinations, words),
        words["not_in"].format(names=_names(wish.excluded, words)) if wish.excluded else "",
        f"{words['dates']} {_dates(wish, words)}" if wish.dates else words["any_dates"],
        _joined([cabins[cabin] for cabin in wish.cabins], words["or"]),
        words["travelers_one"] if wish.travelers == 1 else words["travelers"].format(count=wish.travelers),
        words["miles"].format(miles=format_decimal(wish.max_miles, locale=language)) if wish.max_miles else "",
        words["taxes"].format(taxes=_money(wish.max_taxes, language)) if wish.max_taxes else "",
        _stops(wish.max_stops, words),
        _nights(wish.nights, words),
        words["programs"].format(names=_programs(wish.programs, words)) if wish.programs else "",
        words["on"].format(names=_joined(map(_carrier, wish.carriers), words["or"])) if wish.carriers else "",
        words["without"].format(names=_joined(wish.not_carriers, words["and"])) if wish.not_carriers else "",
        words["via"].format(names=_names(wish.via, words)) if wish.via else "",
        words["not_via"].format(names=_names(wish.not_via, words)) if wish.not_via else "",
    ]
    return ", ".join(part for part in parts if part)


def question_back(wish: Wish) -> str:
    """Return the question about the first missing or unclear part of a wish; empty if there is none."""
    topic, words = wish.ask_about, _phrases("words", wish)
    if topic is None:
        return ""
    if wish.promotion:
        return _phrases("promotions", wish)["hint"].format(kind=wish.promotion.value)
    questions = _phrases("questions", wish)
    if topic in (Topic.ORIGIN, Topic.DESTINATION):
        if wish.ambiguous and wish.ambiguous_role == topic:
            choices = _joined([_choice(each, wish.language) for each in wish.ambiguous.choices], words["or"])
            return questions["ambiguous"].format(name=wish.ambiguous.name.title(), choices=choices)
        if wish.unknown_place and wish.unknown_role == topic:
            return questions["unknown_place"].format(name=wish.unknown_place.title())
    if topic is Topic.DATES and wish.dates_problem is DatesProblem.PAST:
        return questions["dates_past"]
    if topic is Topic.PROGRAMS:
        return questions["programs"].format(
            names=_joined([name.title() for name in wish.unknown_programs], words["and"])
        )
    return questions[topic]


def _choice(place: PlacePart, language: str) -> str:
    """Return a place with what distinguishes it from others of its name: `Portland (PDX, Oregon)`."""
    if place.kind in (PlaceKind.COUNTRY, PlaceKind.REGION):
        return place.name
    airport = airports()[place.main[0]]
    territory = Locale(language).territories.get(airport["country"], airport["country"])
    return f"{place.name} ({place.main[0]}, {airport['subd'] if airport['country'] in ('US', 'CA') else territory})"


def _places(preposition: str, places: Iterable[PlacePart], words: dict[str, str]) -> str:
    names = _names(places, words)
    return f"{preposition} {names}" if names else ""


def _names(places: Iterable[PlacePart], words: dict[str, str]) -> str:
    return _joined([_name(place, words) for place in places], words["or"])


def _name(place: PlacePart, words: dict[str, str]) -> str:
    match place.kind:
        case PlaceKind.AIRPORT:
            return place.key
        case PlaceKind.CITY:
            return f"{place.name} ({', '.join(sorted(listed_or_main(place)))})"
        case PlaceKind.ANYWHERE:
            return words["anywhere"]
        case _:
            return place.name


def _dates(wish: Wish, words: dict[str, str]) -> str:
    shown = [_range(days, str(wish.language), words) for days in wish.dates[:_MOST_RANGES]]
    more = len(wish.dates) - _MOST_RANGES
    return ", ".join(shown) + (f" (+{more})" if more > 0 else "")


def _range(days: DateRange, language: str, words: dict[str, str]) -> str:
    last = format_date(days.last, "medium", locale=language)
    if days.first == days.last:
        return last
    return f"{format_date(days.first, 'medium', locale=language)} {words['until']} {last}"


def _stops(stops: int | None, words: dict[str, str]) -> str:
    if stops is None:
        return ""
    return words["nonstop"] if stops == 0 else words["stops_one"] if stops == 1 else words["stops"].format(count=stops)


def _nights(nights: tuple[int, int] | None, words: dict[str, str]) -> str:
    if nights is None:
        return ""
    first, last = nights
    key = "nights" if first != last else "nights_one" if last == 1 else "nights_exact"
    return words[key].format(first=first, last=last)


def _carrier(code: str) -> str:
    """Return the code of a carrier, or the name of an alliance."""
    return code if code.isupper() else code.replace("_", " ").title()


def _money(money: Money, language: str) -> str:
    return format_currency(money.amount, money.currency, locale=language)


def _programs(keys: Iterable[str], words: dict[str, str]) -> str:
    return _joined([all_programs()[key].name for key in keys], words["or"])


def _joined(names: Iterable[str], conjunction: str) -> str:
    *firsts, last = [*names] or [""]
    return f"{', '.join(firsts)} {conjunction} {last}" if firsts else last


def _phrases(table: str, wish: Wish) -> dict[str, str]:
    phrases: dict[str, str] = _texts()[table][wish.language]
    return phrases


@functools.cache
def _texts() -> dict[str, Any]:
    return tomllib.loads(files("awardspider.search.words").joinpath("replies.toml").read_text(encoding="utf-8"))

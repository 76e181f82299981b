"""Recognition of wishes about promotions, such as transfer bonuses, which are no awards to search for."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from awardspider.items import PromotionKind
from awardspider.outcomes import InvalidArgument
from awardspider.search.place_names import PlacePart
from awardspider.search.promotion_fields import parse_promotion_programs
from awardspider.search.words.vocabulary import Language


def find_promotion_kind(text: str, places: Iterable[PlacePart]) -> PromotionKind | None:
    """Return the kind of promotions that a normalized text is about; None if it is about awards.

    A text with a place is about awards, unless the place has the name of a program, such as Alaska. Only fares in money
    are for places, too.
    """
    match = _pattern().search(text)
    if match is None:
        return None
    kind = PromotionKind(str(match.lastgroup).partition("__")[0])
    if kind is PromotionKind.CASH_FARE_DEAL or all(_is_program(place.name) for place in places):
        return kind
    return None


def _is_program(name: str) -> bool:
    try:
        return bool(parse_promotion_programs(name))
    except InvalidArgument:
        return False


@functools.cache
def _pattern() -> re.Pattern[str]:
    """Return the forms of all languages, each in a group with the name of its kind."""
    data = _data()
    macros = {"any": r"(?:\S+ ){0,6}?", "name": rf"(?:(?!(?:{data['words']['ticket']}) )\S+ ){{0,2}}?"}
    forms = (
        f"(?P<{kind}__{language}>{form.replace('{any}', macros['any']).replace('{name}', macros['name'])})"
        for kind in data[Language.ENGLISH]
        for language in Language
        if (form := data[language][kind])
    )
    return re.compile(rf"(?<![a-z])(?:{'|'.join(forms)})(?![a-z])")


def _data() -> dict[str, Any]:
    return tomllib.loads(files("awardspider.search.words").joinpath("promotions.toml").read_text(encoding="utf-8"))

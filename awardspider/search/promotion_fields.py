"""Parsing of the fields of a watch for promotions that a watch for awards does not have: kinds, programs, banks."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, TypeVar

from msgspec import Meta

from awardspider.items import PromotionKind
from awardspider.outcomes import InvalidArgument
from awardspider.programs import Unit
from awardspider.search.alliances import Alliance, parse_alliances, programs_of_alliances
from awardspider.search.field_values import joined_text, letters_only, parse_value, quoted, split_list
from awardspider.search.suggestions import unknown_name
from awardspider.search.transfer_partners import (
    holding_currency,
    holding_name,
    parse_bank,
    parse_point_program,
    point_programs,
)

#: The kinds of announcements that are promotions.
PROMOTION_KINDS = tuple(kind for kind in PromotionKind if kind not in (PromotionKind.ROUND_UP, PromotionKind.OTHER))
#: The key of the points that several programs call Avios; an announcement often does not say which of them it means.
AVIOS = "avios"

MAX_PERCENT = 300
BonusPercent = Annotated[int, Meta(ge=1, le=MAX_PERCENT)]

# What people write for each kind, without the plural.
_KIND_WORDS: Mapping[PromotionKind, tuple[str, ...]] = {
    PromotionKind.AWARD_SALE: ("award sale", "award discount", "discounted award", "redemption sale", "mileage sale"),
    PromotionKind.TRANSFER_BONUS: ("transfer bonus", "transfer", "bonus transfer"),
    PromotionKind.BUY_MILES: ("buy miles", "buy points", "buy avios", "buy", "miles sale", "points sale"),
    PromotionKind.PROMO_AWARD_LIST: ("promo award list", "promo award", "promo reward", "promo list"),
    PromotionKind.CASH_FARE_DEAL: ("cash fare deal", "cash fare", "fare deal", "cash deal", "flight deal", "fare sale"),
    PromotionKind.EARN_BONUS: ("earn bonus", "earning bonus", "bonus miles", "bonus points"),
    PromotionKind.DEVALUATION_NEWS: ("devaluation news", "devaluation"),
}


@functools.cache
def _kinds_by_name() -> Mapping[str, PromotionKind]:
    """Return the kinds by every name, singular and plural, without anything but letters."""
    return MappingProxyType(
        {
            letters_only(word) + ending: kind
            for kind, words in _KIND_WORDS.items()
            for word in (*words, kind)
            for ending in ("", "s", "es")
        }
    )


def kind_names() -> list[str]:
    """Return every name of a kind, without anything but letters."""
    return list(_kinds_by_name())


def parse_promotion_kinds(value: object) -> tuple[PromotionKind, ...]:
    """Parse kinds of promotions such as `transfer bonus, award_sale`. Raise InvalidArgument for an unknown one."""
    kinds: dict[PromotionKind, None] = {}
    for name in split_list(value):
        if (kind := _kinds_by_name().get(letters_only(name))) is None:
            raise InvalidArgument(unknown_name("kind", "_".join(name.lower().split()), PROMOTION_KINDS))
        kinds[kind] = None
    return tuple(kinds)


def kind_text(kind: PromotionKind) -> str:
    """Return the name of a kind in words."""
    return kind.replace("_", " ")


# ---- programs and banks ----------------------------------------------------------------------------------------------


def parse_promotion_programs(value: object) -> tuple[str, ...]:
    """Parse loyalty programs as people write them, such as `Flying Blue, Miles & More`, and alliances.

    Return keys; the key of an alliance stays, and `program_keys` expands it. Raise InvalidArgument for an unknown one.
    """
    return _parse_names(value, _parse_program)


def parse_promotion_banks(value: object) -> tuple[str, ...]:
    """Parse the programs from which points are transferred, such as `amex, Ultimate Rewards`, and return their keys.

    Raise InvalidArgument for an unknown one.
    """
    return _parse_names(value, _parse_bank)


def _parse_names(value: object, parse: Callable[[str], str]) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    for part in filter(None, (text.strip() for text in re.split("[,;]", joined_text(value)))):
        try:
            keys[parse(part)] = None  # `Miles & More` is one name
        except InvalidArgument:
            names = split_list(part)
            if len(names) == 1:
                raise
            keys.update(dict.fromkeys(map(parse, names)))
    return tuple(keys)


def _parse_program(name: str) -> str:
    if letters_only(name) == AVIOS:
        return AVIOS
    try:
        return parse_point_program(name)
    except InvalidArgument as error:
        if alliances := _or_none(parse_alliances, name):
            return str(alliances[0])
        if _or_none(parse_bank, name):
            raise InvalidArgument(
                f'"{quoted(name)}" is not the program that gets the points: write it in banks'
            ) from None
        raise error from None


def _parse_bank(name: str) -> str:
    try:
        return parse_bank(name)
    except InvalidArgument as error:
        if _or_none(parse_point_program, name):
            raise InvalidArgument(f'"{quoted(name)}" is not a bank: write it in programs') from None
        raise error from None


_Parsed = TypeVar("_Parsed")


def _or_none(parse: Callable[[str], _Parsed], text: str) -> _Parsed | None:
    try:
        return parse(text)
    except InvalidArgument:
        return None


@functools.cache
def program_keys(programs: tuple[str, ...]) -> frozenset[str]:
    """Return the programs of a watch or a promotion: alliances, and `avios`, include their programs."""
    alliances = tuple(key for key in programs if key in tuple(Alliance))
    keys = frozenset(programs).difference(alliances) | programs_of_alliances(alliances)
    return keys | avios_programs() if AVIOS in keys else keys


@functools.cache
def avios_programs() -> frozenset[str]:
    """Return the keys of the programs whose points are Avios."""
    return frozenset(key for key in point_programs() if holding_currency(key).unit is Unit.AVIOS)


def program_text(key: str) -> str:
    """Return the name of a program, a bank or an alliance."""
    if key in tuple(Alliance):
        return Alliance(key).label
    try:
        return holding_name(key)
    except KeyError:
        return "Avios" if key == AVIOS else key


# ---- numbers ---------------------------------------------------------------------------------------------------------


def parse_bonus_percent(value: object) -> int:
    """Parse a bonus or discount in percent, with or without its sign. Raise InvalidArgument for anything else."""
    text = value.strip().removesuffix("%") if isinstance(value, str) else value
    percent: int = parse_value(text, BonusPercent)
    return percent

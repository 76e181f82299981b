"""Parsing of the fields of a watch for promotions that a watch for awards does not have: kinds, programs, banks."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated

from msgspec import Meta

from awardspider.items import MAX_PROMOTION_PERCENT, PromotionKind
from awardspider.outcomes import InvalidArgument
from awardspider.programs import PointsKind, points_programs
from awardspider.search.alliances import is_alliance
from awardspider.search.field_values import joined_text, letters_only, parse_value, quoted, split_list
from awardspider.search.suggestions import unknown_name

#: The kinds of announcements that are promotions.
PROMOTION_KINDS = tuple(kind for kind in PromotionKind if kind.is_promotion)
BonusPercent = Annotated[int, Meta(ge=1, le=MAX_PROMOTION_PERCENT)]

# What people write for each kind, without the plural.
_KIND_WORDS: Mapping[PromotionKind, tuple[str, ...]] = {
    PromotionKind.AWARD_SALE: ("award sale", "award discount", "discounted award", "redemption sale", "mileage sale"),
    PromotionKind.TRANSFER_BONUS: ("transfer bonus", "transfer", "bonus transfer"),
    PromotionKind.BUY_MILES: ("buy miles", "buy points", "buy avios", "buy", "miles sale", "points sale"),
    PromotionKind.PROMO_AWARD_LIST: ("promo award list", "promo award", "promo reward", "promo list"),
    PromotionKind.CASH_FARE_DEAL: ("cash fare deal", "cash fare", "fare deal", "cash deal", "flight deal", "fare sale"),
    PromotionKind.EARN_BONUS: ("earn bonus", "earning bonus", "bonus miles", "bonus points"),
    PromotionKind.DEVALUATION_NEWS: ("devaluation news", "devaluation"),
    PromotionKind.PAGE_CHANGE: ("page change", "changed page"),
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

_PROGRAMS = (PointsKind.AIRLINE, PointsKind.HOTEL, PointsKind.FAMILY)
#: Points of hotel programs are transferred to airlines, as those of banks are.
_BANKS = (PointsKind.BANK, PointsKind.HOTEL)


def parse_promotion_programs(value: object) -> tuple[str, ...]:
    """Parse loyalty programs as people write them, such as `Flying Blue, Miles & More`, and return their keys.

    Raise InvalidArgument for an unknown one, and for an alliance.
    """
    return _parse_names(value, _parse_program)


def parse_promotion_banks(value: object) -> tuple[str, ...]:
    """Parse banks and hotel programs, such as `amex, Ultimate Rewards`, and return their keys.

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
    if key := _keys(_PROGRAMS).get(letters_only(name)):
        return key
    if _keys(_BANKS).get(letters_only(name)):
        raise InvalidArgument(f'"{quoted(name)}" is a bank: write it in banks')
    if is_alliance(name):
        raise InvalidArgument(f'"{quoted(name)}" is an alliance: write the programs of its members')
    raise InvalidArgument(_unknown("program", name, _PROGRAMS))


def _parse_bank(name: str) -> str:
    if key := _keys(_BANKS).get(letters_only(name)):
        return key
    if _keys(_PROGRAMS).get(letters_only(name)):
        raise InvalidArgument(f'"{quoted(name)}" is not a bank: write it in programs')
    raise InvalidArgument(_unknown("bank", name, _BANKS))


def _unknown(noun: str, name: str, kinds: tuple[PointsKind, ...]) -> str:
    names = {program.short_name: None for program in points_programs().values() if program.kind in kinds}
    keys = {key: None for key, program in points_programs().items() if program.kind in kinds}
    return unknown_name(noun, name, names | keys, hint="docs/watches.md lists all")


@functools.cache
def _keys(kinds: tuple[PointsKind, ...]) -> Mapping[str, str]:
    """Return the keys of programs of these kinds by name, without anything but letters and digits.

    A name that several of them have is left out.
    """
    found: dict[str, set[str]] = {}
    for key, program in points_programs().items():
        if program.kind in kinds:
            currency = (program.currency.brand, program.currency.name)
            for name in (key, *program.aliases, *program.ambiguous_names, *currency):
                found.setdefault(letters_only(name), set()).add(key)
    return MappingProxyType({name: keys.pop() for name, keys in found.items() if name and len(keys) == 1})


@functools.cache
def program_keys(programs: tuple[str, ...]) -> frozenset[str]:
    """Return the programs of a watch or a promotion, with the members of families such as Avios."""
    catalog = points_programs()
    members = (catalog[key].members for key in programs if key in catalog)
    return frozenset(programs).union(*members)


@functools.cache
def programs_matching(programs: frozenset[str]) -> frozenset[str]:
    """Return the keys of which a promotion needs one to be about one of these programs: also families and members."""
    chosen = program_keys(tuple(programs))
    return programs.union(key for key in points_programs() if program_keys((key,)) & chosen)


def program_text(key: str) -> str:
    """Return the brand of a program, or the name of a bank."""
    program = points_programs().get(key)
    return program.short_name if program else key


# ---- numbers ---------------------------------------------------------------------------------------------------------


def parse_bonus_percent(value: object) -> int:
    """Parse a bonus or discount in percent, with or without its sign. Raise InvalidArgument for anything else."""
    text = value.strip().removesuffix("%") if isinstance(value, str) else value
    percent: int = parse_value(text, BonusPercent)
    return percent

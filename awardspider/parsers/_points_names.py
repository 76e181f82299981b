"""Names of programs, hotels and banks in tables and pages whose subject is known: the transfer of points."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType

from awardspider.programs import PointsKind, points_programs

#: Words that a name can have besides those of the catalog.
_GENERAL_WORDS = frozenset(["points", "miles", "rewards", "program", "airlines", "airways", "frequent", "flyer", "the"])


def key_of_name(name: str) -> str | None:
    """Return the key of the program, hotel or bank with a name; None if the catalog does not have all of its words.

    A name may combine several names of the catalog if all mean the same, or one of them is the family of the other.
    """
    simple = _simple(name)
    if key := _keys().get(simple):
        return key
    keys = keys_in_text(name)
    others = set(_pattern().sub(" ", simple).split()) - _GENERAL_WORDS
    return keys[0] if len(keys) == 1 and not others else None


def keys_in_text(text: str) -> tuple[str, ...]:
    """Return the keys of all programs, hotels and banks that a text names, in order.

    A family such as Avios is left out if one of its programs is named.
    """
    found = dict.fromkeys(_keys()[match[0]] for match in _pattern().finditer(_simple(text)))
    known = points_programs()
    return tuple(
        key for key in found if known[key].kind is not PointsKind.FAMILY or not found.keys() & set(known[key].members)
    )


@functools.cache
def _keys() -> Mapping[str, str]:
    """Return the keys by simplified name; of two programs, the first one with a name that is not ambiguous."""
    found: dict[str, str] = {}
    for is_ambiguous in (False, True):
        for key, program in points_programs().items():
            for name in program.ambiguous_names if is_ambiguous else program.aliases:
                found.setdefault(_simple(name), key)
    return MappingProxyType(found)


@functools.cache
def _pattern() -> re.Pattern[str]:
    names = sorted(_keys(), key=len, reverse=True)
    return re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, names))})(?!\S)")


def _simple(name: str) -> str:
    """Return the words of a name in lower case; `&` and `and` are left out."""
    words = re.sub(r"[\W_]+", " ", name.replace("’s", "s").replace("'s", "s").casefold()).split()
    return " ".join(word for word in words if word != "and")

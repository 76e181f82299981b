"""Answers that are wrong in one or a few places, and what a reader may make of them."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from awardspider.items import AwardOfferItem, Covered, Odd
from awardspider.outcomes import CouldNotLook
from awardspider.pipelines.validate import Invalid, OutsideWindow, check
from tests.answer_forms import taken_apart
from tests.reader_cases import Case

ODD: list[Any] = [
    None, "", " ", "odd", "-1", "1e400", "12,500", "NaN", "\u202e\ud83d\ude00", "\ud800", "\x00", "2027-13-45",
    "99:99", 0, -1, 7.5, 1e308, 10**30, -(10**30), float("nan"), float("inf"), True, False, [], {}, [[]], [None],
    {"odd": 1}, ["odd"],
]  # fmt: skip
DEEP = 150
# A window so long that no date is outside it: the cases have dates of their own.
ANY_DAY = 40_000


def mutant(case: Case, chance: random.Random) -> tuple[bytes, str, bool]:
    """A changed answer of the case, what was done to it, and whether it has lost its shape: then it is never "none"."""
    apart = taken_apart(case.body)
    if apart is None or chance.random() < 0.05:
        return _broken_text(case.body, chance), "text", False
    tree, wrapped = apart
    tree = copy.deepcopy(tree)
    if chance.random() < 0.1 and (names := sorted(_known_keys(case) & set(_keys(tree)))):
        name, change = chance.choice(names), chance.choice((_rename, _swap))
        change(tree, name)
        return wrapped(tree), f"{change.__name__} {name}", True
    done = []
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        if places := list(_places(tree)):
            operation = chance.choice(OPERATIONS)
            holder, name = chance.choice(places)
            operation(holder, name, chance)
            done.append(f"{operation.__name__} {name}")
    return wrapped(tree), ", ".join(done), False


def verdict(case: Case, body: bytes, lost_its_shape: bool) -> str | None:
    """What is wrong with what the reader made of an answer; None where it did as it should."""
    found = 0
    try:
        for item in case.read(body):
            if isinstance(item, AwardOfferItem):
                found += 1
                check(item, ANY_DAY)
            elif not isinstance(item, Covered | Odd):
                return f"yielded {item!r}"
    except CouldNotLook:
        return None
    except OutsideWindow:
        return None
    except Invalid as error:
        return f"an offer that cannot be: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if lost_its_shape and not found:
        return "none, though the answer has lost its shape"
    return None


def _known_keys(case: Case) -> set[str]:
    """The keys that every answer with offers has."""
    paths = case.reader.PATHS[case.search.kind]
    return {step for path in paths for step in re.split(r"[.\[\]{}]+", path) if step}


def _keys(tree: Any) -> Iterator[str]:
    for holder, name in _places(tree):
        if isinstance(holder, dict):
            yield name


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every place below the top: what holds it, and its key or number."""
    waiting = [tree]
    while waiting:
        holder = waiting.pop()
        names = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for name in names:
            yield holder, name
            waiting.append(holder[name])


def _rename(tree: Any, wanted: str) -> None:
    for holder, name in list(_places(tree)):
        if name == wanted and isinstance(holder, dict):
            holder[f"{name}New"] = holder.pop(name)


def _swap(tree: Any, wanted: str) -> None:
    """Something that is neither what stood there nor a way of saying nothing, wherever the key is."""
    for holder, name in list(_places(tree)):
        if name == wanted and isinstance(holder, dict):
            holder[name] = {"odd": 1} if not isinstance(holder[name], dict) else "odd"


def _drop(holder: Any, name: Any, _: random.Random) -> None:
    del holder[name]


def _odd(holder: Any, name: Any, chance: random.Random) -> None:
    holder[name] = copy.deepcopy(chance.choice(ODD))


def _as_other_type(holder: Any, name: Any, _: random.Random) -> None:
    value = holder[name]
    if isinstance(value, str):
        holder[name] = float(value) if re.fullmatch(r"\d+(\.\d+)?", value) else [value]
    elif isinstance(value, bool):
        holder[name] = str(value).lower()
    elif isinstance(value, int | float):
        holder[name] = str(value)
    elif isinstance(value, list):
        holder[name] = dict(enumerate(value))
    elif isinstance(value, dict):
        holder[name] = list(value.values())


def _repeat(holder: Any, name: Any, _: random.Random) -> None:
    if isinstance(holder, list):
        holder.insert(name, copy.deepcopy(holder[name]))
    else:
        holder[f"{name}2"] = copy.deepcopy(holder[name])


def _cut(holder: Any, name: Any, chance: random.Random) -> None:
    if isinstance(holder[name], list | str):
        holder[name] = holder[name][: chance.randint(0, len(holder[name]))]


def _nest(holder: Any, name: Any, _: random.Random) -> None:
    value: Any = holder[name]
    for _level in range(DEEP):
        value = [value]
    holder[name] = value


def _other_case(holder: Any, name: Any, _: random.Random) -> None:
    if isinstance(holder[name], str):
        holder[name] = holder[name].swapcase()


OPERATIONS: tuple[Callable[[Any, Any, random.Random], None], ...] = (
    _drop, _odd, _odd, _odd, _as_other_type, _repeat, _cut, _other_case, _nest,
)  # fmt: skip


def _broken_text(body: bytes, chance: random.Random) -> bytes:
    """The same bytes with a piece cut out, doubled or replaced."""
    first = chance.randrange(len(body))
    last = min(len(body), first + chance.choice((1, 3, 20, 300)))
    put = chance.choice((b"", body[first:last] * 2, b"null", b'"', b"}", b"]", b"\xff\xfe", b"9" * 40))
    return body[:first] + put + body[last:]

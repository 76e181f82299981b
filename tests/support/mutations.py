"""Answers that are wrong in one or a few places, and what a reader may make of them."""

from __future__ import annotations

import contextlib
import functools
import marshal
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from awardspider.items import AwardOfferItem, MonitoredRoutes
from awardspider.outcomes import SearchFailed, UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.pipelines.validate import Invalid, OutsideWindow, check
from tests.support.parser_cases import Case, Item
from tests.support.response_formats import Path, forms, known_keys, places

WARNINGS: list[Any] = [
    None, "", " ", "odd", "-1", "1e400", "12,500", "NaN", "\u202e\ud83d\ude00", "\ud800", "\x00", "2027-13-45",
    "99:99", 0, -1, 7.5, 1e308, 10**30, -(10**30), float("nan"), float("inf"), True, False, [], {}, [[]], [None],
    {"odd": 1}, ["odd"],
]  # fmt: skip
DEEP = 150
# A window so long that no date is outside it: the cases have dates of their own.
ANY_DAY = 40_000
CURRENCY = re.compile("[A-Z]{3}")


@dataclass(frozen=True)
class _Form:
    """A case's answer taken apart in one way, once for all its mutants."""

    packed: bytes  # its tree: unpacking one takes a tenth of the time of copying one
    wrapped: Callable[[Any], bytes]
    paths: list[Path]
    known: list[str]  # the keys in it that every answer with offers has


@functools.cache
def _forms(case_body: bytes, known: frozenset[str]) -> list[_Form]:
    found = []
    for tree, wrapped in forms(case_body):
        paths = [path for path, _, _ in places(tree)]
        keys = known & {path[-1] for path in paths}
        found.append(_Form(marshal.dumps(tree), wrapped, paths, sorted(keys)))
    return found


@functools.cache
def _known_keys(paths: tuple[str, ...]) -> frozenset[str]:
    return frozenset(known_keys(paths))


def mutant(case: Case, chance: random.Random) -> tuple[bytes, str, bool]:
    """A changed answer of the case, what was done to it, and whether it has lost its shape: then it is never "none"."""
    apart = _forms(case.body, _known_keys(case.parser.REQUIRED_PATHS[case.search.kind]))
    if not apart or chance.random() < 0.05:
        return _broken_text(case.body, chance), "text", False
    form = chance.choice(apart)
    tree, paths = marshal.loads(form.packed), form.paths
    if form.known and chance.random() < 0.1:
        name, change = chance.choice(form.known), chance.choice((_rename, _swap))
        change(tree, name)
        return form.wrapped(tree), f"{change.__name__} {name}", True
    done: list[str] = []
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        if done and not (paths := [path for path, _, _ in places(tree)]):
            break
        operation, path = chance.choice(OPERATIONS), chance.choice(paths)
        operation(_at(tree, path[:-1]), path[-1], chance, _at(tree, chance.choice(paths)))
        done.append(f"{operation.__name__} {'.'.join(map(str, path))}")
    return form.wrapped(tree), ", ".join(done), False


def verdict(case: Case, body: bytes, lost_its_shape: bool) -> str | None:
    """What is wrong with what the reader made of an answer; None where it did as it should."""
    try:
        if not isinstance(case.parser.detect(body), Detected | None):
            return "recognize() returned something else"
        items = _read(case, body)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if items is None:
        return None
    if strange := [item for item in items if not isinstance(item, Item)]:
        return f"yielded {strange[0]!r}"
    offers = [item for item in items if isinstance(item, AwardOfferItem)]
    routes = [route for item in items if isinstance(item, MonitoredRoutes) for route in item.routes]
    if lost_its_shape and not offers and not routes:
        return "none, though the answer has lost its shape"
    if len(set(map(_identity, offers))) < len(offers) or len(set(routes)) < len(routes):
        return "an offer or a route is told twice"
    return next(filter(None, map(flaw, items)), None)


def _identity(offer: AwardOfferItem) -> tuple[str, ...]:
    """What no two offers of an answer share; a mutant may hold the same flights of a day at two times."""
    return offer.offer_id, *(str(segment.departs_at) for segment in offer.segments)


def _read(case: Case, body: bytes) -> Sequence[object] | None:
    """What the reader yields, None where it cannot look; the answer is also opened, which may raise Changed alone."""
    with contextlib.suppress(UnexpectedResponse):
        case.parser.decode(body)
    try:
        return case.read(body)
    except SearchFailed:
        return None


def flaw(item: object) -> str | None:
    """Why the item cannot be, or is not of the types that its fields declare; None where it is sound."""
    try:
        msgspec.convert(msgspec.to_builtins(item), type(item))
        if isinstance(item, AwardOfferItem):
            check(item, ANY_DAY)
    except OutsideWindow:  # the pipeline's business: a day that is over may well stand in an answer
        pass
    except (Invalid, msgspec.ValidationError) as error:
        return f"an item that cannot be: {error}"
    sums = [item.taxes, item.cash_price] if isinstance(item, AwardOfferItem) else []
    if not all(money is None or (money.amount.is_finite() and CURRENCY.fullmatch(money.currency)) for money in sums):
        return f"an offer with sums that cannot be: {sums}"
    return None


def _at(tree: Any, path: Path) -> Any:
    for name in path:
        tree = tree[name]
    return tree


def _copied(tree: Any) -> Any:
    return marshal.loads(marshal.dumps(tree))


def _rename(tree: Any, wanted: str) -> None:
    for _, holder, name in list(places(tree)):
        if name == wanted and isinstance(holder, dict):
            holder[f"{name}New"] = holder.pop(name)


def _swap(tree: Any, wanted: str) -> None:
    """Something that is neither what stood there nor a way of saying nothing, wherever the key is."""
    for _, holder, name in list(places(tree)):
        if name == wanted and isinstance(holder, dict):
            holder[name] = {"odd": 1} if not isinstance(holder[name], dict) else "odd"


def _drop(holder: Any, name: Any, _: random.Random, __: Any) -> None:
    del holder[name]


def _odd(holder: Any, name: Any, chance: random.Random, __: Any) -> None:
    holder[name] = _copied(chance.choice(WARNINGS))


def _as_other_type(holder: Any, name: Any, _: random.Random, __: Any) -> None:
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


def _as_elsewhere(holder: Any, name: Any, _: random.Random, other: Any) -> None:
    """What stands at another place of the answer."""
    holder[name] = _copied(other)


def _repeat(holder: Any, name: Any, _: random.Random, __: Any) -> None:
    if isinstance(holder, list):
        holder.insert(name, _copied(holder[name]))
    else:
        holder[f"{name}2"] = _copied(holder[name])


def _cut(holder: Any, name: Any, chance: random.Random, __: Any) -> None:
    if isinstance(holder[name], list | str):
        holder[name] = holder[name][: chance.randint(0, len(holder[name]))]


def _nest(holder: Any, name: Any, _: random.Random, __: Any) -> None:
    value: Any = holder[name]
    for _level in range(DEEP):
        value = [value]
    holder[name] = value


def _other_case(holder: Any, name: Any, _: random.Random, __: Any) -> None:
    if isinstance(holder[name], str):
        holder[name] = holder[name].swapcase()


OPERATIONS: tuple[Callable[[Any, Any, random.Random, Any], None], ...] = (
    _drop, _odd, _odd, _odd, _as_other_type, _as_elsewhere, _repeat, _cut, _other_case, _nest,
)  # fmt: skip


def _broken_text(body: bytes, chance: random.Random) -> bytes:
    """The same bytes with a piece cut out, doubled or replaced."""
    first = chance.randrange(len(body))
    last = min(len(body), first + chance.choice((1, 3, 20, 300)))
    put = chance.choice((b"", body[first:last] * 2, b"null", b'"', b"}", b"]", b"\xff\xfe", b"9" * 40))
    return body[:first] + put + body[last:]

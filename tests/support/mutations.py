"""Mutations of responses, and the check of what a parser makes of them."""

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
from tests.support.response_formats import Path, path_keys, positions, unpack

UNUSUAL_VALUES: list[Any] = [
    None, "", " ", "unknown", "-1", "1e400", "12,500", "NaN", "\u202e\ud83d\ude00", "\ud800", "\x00", "2027-13-45",
    "99:99", 0, -1, 7.5, 1e308, 10**30, -(10**30), float("nan"), float("inf"), True, False, [], {}, [[]], [None],
    {"unknown": 1}, ["unknown"],
]  # fmt: skip
DEEP = 150
# A booking window that contains every date of the cases.
ANY_DAY = 40_000
CURRENCY = re.compile("[A-Z]{3}")


@dataclass(frozen=True)
class _Unpacked:
    """A case's response, unpacked once for all its mutations."""

    tree: bytes  # marshaled: loading takes a tenth of the time of a deep copy
    pack: Callable[[Any], bytes]
    paths: list[Path]
    required_keys: list[str]


@functools.cache
def _unpacked(body: bytes, required_keys: frozenset[str]) -> list[_Unpacked]:
    unpacked = []
    for tree, pack in unpack(body):
        paths = [path for path, _, _ in positions(tree)]
        keys = required_keys & {path[-1] for path in paths}
        unpacked.append(_Unpacked(marshal.dumps(tree), pack, paths, sorted(keys)))
    return unpacked


@functools.cache
def _required_keys(paths: tuple[str, ...]) -> frozenset[str]:
    return frozenset(path_keys(paths))


def mutate(case: Case, rng: random.Random) -> tuple[bytes, str, bool]:
    """Return a changed response, a description of the change, and True if a required key is lost: never empty then."""
    unpacked = _unpacked(case.body, _required_keys(case.parser.REQUIRED_PATHS[case.search.kind]))
    if not unpacked or rng.random() < 0.05:
        return _broken_text(case.body, rng), "text", False
    chosen = rng.choice(unpacked)
    tree, paths = marshal.loads(chosen.tree), chosen.paths
    if chosen.required_keys and rng.random() < 0.1:
        key, change = rng.choice(chosen.required_keys), rng.choice((_rename, _swap))
        change(tree, key)
        return chosen.pack(tree), f"{change.__name__} {key}", True
    changes: list[str] = []
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        if changes and not (paths := [path for path, _, _ in positions(tree)]):
            break
        operation, path = rng.choice(OPERATIONS), rng.choice(paths)
        operation(_at(tree, path[:-1]), path[-1], rng, _at(tree, rng.choice(paths)))
        changes.append(f"{operation.__name__} {'.'.join(map(str, path))}")
    return chosen.pack(tree), ", ".join(changes), False


def find_fault(case: Case, body: bytes, lacks_required_key: bool) -> str | None:
    """Return what is wrong with the parser's result for a response, or None."""
    try:
        if not isinstance(case.parser.detect(body), Detected | None):
            return "detect() returned another type"
        items = _parse(case, body)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if items is None:
        return None
    if unknown := [item for item in items if not isinstance(item, Item)]:
        return f"yielded {unknown[0]!r}"
    offers = [item for item in items if isinstance(item, AwardOfferItem)]
    routes = [route for item in items if isinstance(item, MonitoredRoutes) for route in item.routes]
    if lacks_required_key and not offers and not routes:
        return "empty, although the response has lost a required key"
    if len(set(map(_identity, offers))) < len(offers) or len(set(routes)) < len(routes):
        return "a duplicate offer or route"
    return next(filter(None, map(item_error, items)), None)


def _identity(offer: AwardOfferItem) -> tuple[str, ...]:
    """Return what no two offers of a response share; a mutation may have the same flights of a day at two times."""
    return offer.offer_id, *(str(segment.departs_at) for segment in offer.segments)


def _parse(case: Case, body: bytes) -> Sequence[object] | None:
    """Return the items of the parser, None if it raises SearchFailed. `decode` may raise UnexpectedResponse only."""
    with contextlib.suppress(UnexpectedResponse):
        case.parser.decode(body)
    try:
        return case.parse(body)
    except SearchFailed:
        return None


def item_error(item: object) -> str | None:
    """Return why an item is invalid or has a field of another type than declared, or None."""
    try:
        msgspec.convert(msgspec.to_builtins(item), type(item))
        if isinstance(item, AwardOfferItem):
            check(item, ANY_DAY)
    except OutsideWindow:  # checked by the pipeline: a response may contain days in the past
        pass
    except (Invalid, msgspec.ValidationError) as error:
        return f"an invalid item: {error}"
    amounts = [item.taxes, item.cash_price] if isinstance(item, AwardOfferItem) else []
    if not all(money is None or (money.amount.is_finite() and CURRENCY.fullmatch(money.currency)) for money in amounts):
        return f"an offer with invalid amounts: {amounts}"
    return None


def _at(tree: Any, path: Path) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _copied(tree: Any) -> Any:
    return marshal.loads(marshal.dumps(tree))


def _rename(tree: Any, key: str) -> None:
    for _, parent, name in list(positions(tree)):
        if name == key and isinstance(parent, dict):
            parent[f"{name}New"] = parent.pop(name)


def _swap(tree: Any, key: str) -> None:
    """Give every value of a key another type, which does not mean empty."""
    for _, parent, name in list(positions(tree)):
        if name == key and isinstance(parent, dict):
            parent[name] = {"unknown": 1} if not isinstance(parent[name], dict) else "unknown"


def _drop(parent: Any, key: Any, _: random.Random, __: Any) -> None:
    del parent[key]


def _unusual(parent: Any, key: Any, rng: random.Random, __: Any) -> None:
    parent[key] = _copied(rng.choice(UNUSUAL_VALUES))


def _as_other_type(parent: Any, key: Any, _: random.Random, __: Any) -> None:
    value = parent[key]
    if isinstance(value, str):
        parent[key] = float(value) if re.fullmatch(r"\d+(\.\d+)?", value) else [value]
    elif isinstance(value, bool):
        parent[key] = str(value).lower()
    elif isinstance(value, int | float):
        parent[key] = str(value)
    elif isinstance(value, list):
        parent[key] = dict(enumerate(value))
    elif isinstance(value, dict):
        parent[key] = list(value.values())


def _as_elsewhere(parent: Any, key: Any, _: random.Random, other: Any) -> None:
    """Put the value of another position there."""
    parent[key] = _copied(other)


def _repeat(parent: Any, key: Any, _: random.Random, __: Any) -> None:
    if isinstance(parent, list):
        parent.insert(key, _copied(parent[key]))
    else:
        parent[f"{key}2"] = _copied(parent[key])


def _cut(parent: Any, key: Any, rng: random.Random, __: Any) -> None:
    if isinstance(parent[key], list | str):
        parent[key] = parent[key][: rng.randint(0, len(parent[key]))]


def _nest(parent: Any, key: Any, _: random.Random, __: Any) -> None:
    value: Any = parent[key]
    for _level in range(DEEP):
        value = [value]
    parent[key] = value


def _other_case(parent: Any, key: Any, _: random.Random, __: Any) -> None:
    if isinstance(parent[key], str):
        parent[key] = parent[key].swapcase()


OPERATIONS: tuple[Callable[[Any, Any, random.Random, Any], None], ...] = (
    _drop, _unusual, _unusual, _unusual, _as_other_type, _as_elsewhere, _repeat, _cut, _other_case, _nest,
)  # fmt: skip


def _broken_text(body: bytes, rng: random.Random) -> bytes:
    """Return the body with a part deleted, duplicated or replaced."""
    first = rng.randrange(len(body))
    last = min(len(body), first + rng.choice((1, 3, 20, 300)))
    replacement = rng.choice((b"", body[first:last] * 2, b"null", b'"', b"}", b"]", b"\xff\xfe", b"9" * 40))
    return body[:first] + replacement + body[last:]

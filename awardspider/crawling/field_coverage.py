"""Field coverage: the shares of required paths and offer fields that a program's responses contain."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields

from awardspider.items import OFFER_FIELDS, AwardOfferItem, FieldRole, SearchKind
from awardspider.outcomes import SearchFailed
from awardspider.parsers import Parser, has_too_many_values

# Decoding a response a second time costs as much as parsing it, so only a sample is checked.
FIRST_SAMPLES = 3
SAMPLE_INTERVAL = 20

# Fields that a response may omit.
FIELDS = (
    "miles",
    *(
        field.name
        for field in fields(AwardOfferItem)
        if field.default in (None, ())
        and field.name in OFFER_FIELDS
        and OFFER_FIELDS[field.name].role is not FieldRole.NONE
    ),
)


def has_path(tree: object, path: str) -> bool:
    """Return whether a tree contains a path such as `trips[].fares{}.miles` (`[]`: any item, `{}`: any value)."""
    return _has_steps(tree, [step for step in path.replace("[]", ".[]").replace("{}", ".{}").split(".") if step])


def _has_steps(tree: object, steps: Sequence[str]) -> bool:
    if not steps:
        return True
    step, rest = steps[0], steps[1:]
    if step == "[]":
        return isinstance(tree, list) and any(_has_steps(item, rest) for item in tree)
    if step == "{}":
        return isinstance(tree, dict) and any(_has_steps(value, rest) for value in tree.values())
    return isinstance(tree, dict) and step in tree and _has_steps(tree[step], rest)


def missing_paths(parser: Parser, kind: SearchKind, body: bytes) -> list[str]:
    """Return the required paths that a body lacks, each shortened to its first missing key or empty list.

    The result is empty if the body cannot be decoded.
    """
    if has_too_many_values(body):
        return []
    try:
        tree = parser.decode(body)
    except SearchFailed:
        return []
    missing = (_first_missing(tree, path) for path in parser.REQUIRED_PATHS[kind])
    return list(dict.fromkeys(path for path in missing if path))


def _first_missing(tree: object, path: str) -> str | None:
    """Return the shortest start of a path that a tree lacks, or None if the tree contains the path."""
    ends = [match.start() for match in re.finditer(r"(?<=[^.])(?:\[\]|\{\}|\.)", path)] + [len(path)]
    return next((path[:end] for end in ends if not has_path(tree, path[:end])), None)


class FieldCoverage:
    """Counts of the paths and fields in one run's sampled responses, for each kind of search."""

    def __init__(self) -> None:
        self._responses: Counter[SearchKind] = Counter()
        self._samples: Counter[SearchKind] = Counter()
        self._paths: Counter[tuple[SearchKind, str]] = Counter()
        self._offers: Counter[SearchKind] = Counter()
        self._fields: Counter[tuple[SearchKind, str]] = Counter()

    def should_sample(self, kind: SearchKind) -> bool:
        """Count a response, and return whether it belongs to the sample."""
        self._responses[kind] += 1
        number = self._responses[kind]
        return number <= FIRST_SAMPLES or number % SAMPLE_INTERVAL == 0

    def add(self, parser: Parser, kind: SearchKind, body: bytes, offers: Iterable[AwardOfferItem]) -> None:
        """Count the paths of a response with offers, and the fields of its offers."""
        try:
            tree = parser.decode(body)
        except SearchFailed:
            tree = None
        self._samples[kind] += 1
        self._paths.update((kind, path) for path in parser.REQUIRED_PATHS[kind] if has_path(tree, path))
        for offer in offers:
            self._offers[kind] += 1
            self._fields.update((kind, name) for name in FIELDS if getattr(offer, name) not in (None, ()))

    def missing_paths(self, parser: Parser) -> list[tuple[SearchKind, str]]:
        """Return the kind and path of each required path that no sampled response contained."""
        return [
            (kind, path)
            for kind in self._samples
            for path in parser.REQUIRED_PATHS[kind]
            if not self._paths[kind, path]
        ]

    def shares(self, parser: Parser) -> dict[str, float]:
        """Return the share of required paths present (`kind/paths`) and of offers with each field (`kind/FIELD`).

        `kind/offers` is the number of offers in the sample.
        """
        shares: dict[str, float] = {}
        for kind, samples in self._samples.items():
            required = len(parser.REQUIRED_PATHS[kind])
            present = sum(self._paths[kind, path] for path in parser.REQUIRED_PATHS[kind])
            shares[f"{kind}/paths"] = round(present / (required * samples), 3) if required else 1.0
            if offers := self._offers[kind]:
                shares[f"{kind}/offers"] = offers
                shares |= {f"{kind}/{name}": round(self._fields[kind, name] / offers, 3) for name in FIELDS}
        return shares

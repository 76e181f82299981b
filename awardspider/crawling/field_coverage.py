"""How much of what we know of a program's answers is still there: the known places in them, and the fields filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, fields

from awardspider.items import AwardOfferItem, SearchKind
from awardspider.outcomes import SearchFailed
from awardspider.parsers import Parser

# Opening an answer a second time costs as much as reading it: the first few, then now and then, tell enough.
ALL_OF_FIRST = 3
THEN_ONE_IN = 20

NOT_WATCHED = ("search", "watches", "reference", "travelers", "booking_link", "change", "news", "answered_at")
FIELDS = (
    "miles",
    *(field.name for field in fields(AwardOfferItem) if field.default is not MISSING and field.name not in NOT_WATCHED),
)


def present(tree: object, path: str) -> bool:
    """Whether a place is there: keys with dots between, `[]` for any item of a list, `{}` for any key of an object."""
    return _leads_on(tree, [step for step in path.replace("[]", ".[]").replace("{}", ".{}").split(".") if step])


def _leads_on(tree: object, steps: Sequence[str]) -> bool:
    if not steps:
        return True
    step, rest = steps[0], steps[1:]
    if step == "[]":
        return isinstance(tree, list) and any(_leads_on(item, rest) for item in tree)
    if step == "{}":
        return isinstance(tree, dict) and any(_leads_on(value, rest) for value in tree.values())
    return isinstance(tree, dict) and step in tree and _leads_on(tree[step], rest)


class FieldCoverage:
    """What the answers of one run looked like, by kind of answer."""

    def __init__(self) -> None:
        self._answers: Counter[SearchKind] = Counter()
        self._opened: Counter[SearchKind] = Counter()
        self._present: Counter[tuple[SearchKind, str]] = Counter()
        self._offers: Counter[SearchKind] = Counter()
        self._filled: Counter[tuple[SearchKind, str]] = Counter()

    def wants_another(self, kind: SearchKind) -> bool:
        """Whether the next answer of this kind should be looked at closely."""
        self._answers[kind] += 1
        number = self._answers[kind]
        return number <= ALL_OF_FIRST or number % THEN_ONE_IN == 0

    def note(self, parser: Parser, kind: SearchKind, body: bytes, offers: Iterable[AwardOfferItem]) -> None:
        """Count what an answer with offers holds of the known places, and its offers of the known fields."""
        try:
            tree = parser.decode(body)
        except SearchFailed:
            tree = None
        self._opened[kind] += 1
        self._present.update((kind, path) for path in parser.REQUIRED_PATHS[kind] if present(tree, path))
        for offer in offers:
            self._offers[kind] += 1
            self._filled.update((kind, name) for name in FIELDS if getattr(offer, name) not in (None, ()))

    def missing(self, parser: Parser) -> list[tuple[SearchKind, str]]:
        """The known places that none of the answers had, with their kind."""
        return [
            (kind, path)
            for kind in self._opened
            for path in parser.REQUIRED_PATHS[kind]
            if not self._present[kind, path]
        ]

    def shares(self, parser: Parser) -> dict[str, float]:
        """The share of known places present under `kind/paths`, and of offers with each field under `kind/FIELD`.

        `kind/offers` is how many offers that is.
        """
        told = {}
        for kind, opened in self._opened.items():
            known = len(parser.REQUIRED_PATHS[kind])
            found = sum(self._present[kind, path] for path in parser.REQUIRED_PATHS[kind])
            told[f"{kind}/paths"] = round(found / (known * opened), 3) if known else 1.0
            if offers := self._offers[kind]:
                told[f"{kind}/offers"] = offers
                told |= {f"{kind}/{name}": round(self._filled[kind, name] / offers, 3) for name in FIELDS}
        return told

"""Measure how well announcements of promotions are read: precision and recall of each field on headlines with truth.

A headline is read as `scrapy headlines` reads it, and each field of the result is compared with the hand-written truth:

- A value is counted as right only if it equals the truth. Lists (programs, banks, routes) are compared value by value.
- `precision` is the share of the read values that are right; a value that the truth does not have is wrong.
- `recall` is the share of the true values that were read. A wrong value therefore lowers both.
- null, false and an empty list are no value: `up_to`, `targeted` and `expired` count if they are true.
- `kind` counts as a value if it is a promotion, thus not `round_up` or `other`; `kind_accuracy` covers all headlines.
- The terms of `round_up` and `other` are null. Their programs, banks and routes are not compared: nothing uses them.
- `dates` are `book_by`, `travel_from` and `travel_until` together.

A precision or recall is null if there was nothing to count.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from awardspider.commands.headlines import Headline, read_headline
from awardspider.items import PromotionKind
from benchmarks.promotion_headlines import SETS, load

#: One headline or its result, as `scrapy headlines` reads and writes it.
Row = Mapping[str, Any]

LISTS = ("programs", "banks", "routes")
DATES = ("book_by", "travel_from", "travel_until")
FIELDS = (
    "kind",
    "programs",
    "banks",
    "percent",
    "up_to",
    "bonus_or_discount",
    "cents_per_mile",
    "miles_price",
    "routes",
    *DATES,
    "targeted",
    "expired",
)
#: Read before the clock starts, to load the catalog and the words.
WARM_UP = {"title": "25% transfer bonus from Amex to Flying Blue until October 31", "published": "2026-10-02"}


@dataclass
class Count:
    """Numbers of values of a field: in the truth, read, and read as they are in the truth."""

    true: int = 0
    read: int = 0
    right: int = 0

    def add(self, true: set[object], read: set[object]) -> None:
        """Count the values of one headline."""
        self.true += len(true)
        self.read += len(read)
        self.right += len(true & read)

    def row(self) -> dict[str, float | int | None]:
        """Return precision and recall, and the numbers of values that they are shares of."""
        return {
            "precision": _share(self.right, self.read),
            "recall": _share(self.right, self.true),
            "read": self.read,
            "true": self.true,
        }


@dataclass
class Score:
    """Results on one set of headlines. `confusions` counts pairs of the true and another kind that was read."""

    headlines: int = 0
    exact: int = 0
    kinds_right: int = 0
    seconds: float = 0.0
    counts: dict[str, Count] = field(default_factory=lambda: {name: Count() for name in (*FIELDS, "dates")})
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def row(self) -> dict[str, object]:
        """Return the figures as one JSON object."""
        return {
            "headlines": self.headlines,
            "exact": _share(self.exact, self.headlines),
            "kind_accuracy": _share(self.kinds_right, self.headlines),
            "fields": {name: count.row() for name, count in self.counts.items()},
            "confusion": [
                {"true": true, "read": read, "headlines": number}
                for (true, read), number in self.confusions.most_common()
            ],
        }


def measure(headlines: Iterable[Row], read: Callable[[Row], Row]) -> Score:
    """Read each headline and compare its fields with the truth."""
    score = Score()
    for headline in headlines:
        begin = time.perf_counter()
        result = read(headline)
        score.seconds += time.perf_counter() - begin
        score.headlines += 1
        differences = _compare(headline, result, score)
        if differences:
            score.errors.append(f"{headline['id']} {headline['title']!r}: {'; '.join(differences)}")
        else:
            score.exact += 1
    return score


def read_row(row: Row) -> Row:
    """Return the result of `scrapy headlines` for a headline."""
    result: Row = msgspec.to_builtins(read_headline(msgspec.convert(row, type=Headline)))
    return result


def _compare(truth: Row, result: Row, score: Score) -> list[str]:
    """Count the fields of one headline and describe those that differ."""
    if truth["kind"] == result["kind"]:
        score.kinds_right += 1
    else:
        score.confusions[truth["kind"], result["kind"]] += 1
    differences = [] if truth["kind"] == result["kind"] else [f"kind: expected {truth['kind']}, read {result['kind']}"]
    for name in FIELDS:
        if name in LISTS and not PromotionKind(truth["kind"]).is_promotion:
            continue
        expected, found = _values(truth, name), _values(result, name)
        score.counts[name].add(expected, found)
        if name in DATES:
            score.counts["dates"].add(expected, found)
        if expected != found and name != "kind":
            differences.append(f"{name}: expected {truth[name]}, read {result[name]}")
    return differences


def _values(row: Row, name: str) -> set[object]:
    value = row[name]
    if name in LISTS:
        return set(value)
    if value is None or value is False or (name == "kind" and not PromotionKind(value).is_promotion):
        return set()
    return {value}


def _share(part: int, total: int) -> float | None:
    return round(part / total, 4) if total else None


def main(arguments: list[str]) -> None:
    """Print the results on each set of headlines."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks promotions")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--set", choices=SETS, action="append", help="measure only this set; may be repeated")
    parser.add_argument("--errors", action="store_true", help="list the headlines with differences on stderr")
    options = parser.parse_args(arguments)
    read_row(WARM_UP)
    scores: dict[str, Score | None] = {}
    for name in options.set or SETS:
        headlines = load(name)
        scores[name] = None if headlines is None else measure(headlines, read_row)
    measured = [score for score in scores.values() if score is not None]
    if options.errors:
        print(*(error for score in measured for error in score.errors), sep="\n", file=sys.stderr)
    if options.json:
        result: dict[str, object] = {name: score and score.row() for name, score in scores.items()}
        seconds = sum(score.seconds for score in measured)
        rate = round(sum(score.headlines for score in measured) / seconds) if seconds else None
        print(json.dumps(result | {"headlines_per_second": rate}))
        return
    _print_tables(scores)


def _print_tables(scores: Mapping[str, Score | None]) -> None:
    console = Console()
    table = Table("field", *(f"{name} {part}" for name in scores for part in ("P", "R")), title="Precision and recall")
    for name in (*FIELDS, "dates"):
        cells = [cell for score in scores.values() for cell in _cells(score, name)]
        table.add_row(name, *cells)
    console.print(table)
    for name, score in scores.items():
        if score is None:
            print(f"{name}: no folder of recorded headlines; AWARD_RECORDED_DIR can name one")
            continue
        right = f"kind of {score.kinds_right} of {score.headlines} right ({score.kinds_right / score.headlines:.1%})"
        print(f"{name}: {right}, all fields of {score.exact}")
        for (true, found), number in score.confusions.most_common():
            print(f"  {number} of kind {true} read as {found}")


def _cells(score: Score | None, name: str) -> Sequence[str]:
    row = score.counts[name].row() if score else {}
    return ["-" if (share := row.get(part)) is None else f"{share:.3f}" for part in ("precision", "recall")]

"""Measure how many evaluation wishes the grammar understands exactly, and how many it misunderstands silently."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from awardspider.search.words.parsing import parse_wish

DATA = Path(__file__).parent / "data"
SETS = ("before", "after")
#: The fields that are compared; ids are not.
FIELDS = (
    "intent",
    "origins",
    "destinations",
    "dates",
    "cabins",
    "travelers",
    "max_miles",
    "max_stops",
    "nights",
    "programs",
    "exclude",
    "ask_about",
)


@dataclass
class Score:
    """Results on one set of wishes; `wrong` describes each difference."""

    wishes: int = 0
    exact: int = 0
    silently_wrong: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Return the share of wishes whose fields are all as expected."""
        return round(self.exact / self.wishes, 4) if self.wishes else 0.0


def measure(rows: Sequence[dict[str, Any]]) -> Score:
    """Parse each wish and compare all fields. A watch with any wrong field is silently wrong."""
    score = Score(wishes=len(rows))
    for row in rows:
        begin = time.perf_counter()
        wish = parse_wish(
            row["text"], row.get("lang"), today=date.fromisoformat(row["today"]), home_airport=row.get("home_airport")
        )
        score.seconds += time.perf_counter() - begin
        found, expected = wish.to_row(), row["expected"]
        differences = [name for name in FIELDS if found[name] != expected[name]]
        if not differences:
            score.exact += 1
            continue
        score.silently_wrong += found["intent"] == "watch"
        details = "; ".join(f"{name}: expected {expected[name]}, got {found[name]}" for name in differences)
        score.wrong.append(f"{row['id']} {row['text']!r}: {details}")
    return score


def load(name: str) -> list[dict[str, Any]]:
    """Return the wishes of a set."""
    text = (DATA / f"wishes_{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def main(arguments: list[str]) -> None:
    """Print the results on the sets written before and after the grammar."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks wishes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--set", choices=SETS, action="append", help="measure only this set; may be repeated")
    parser.add_argument("--wrong", action="store_true", help="list the wishes with differences on stderr")
    options = parser.parse_args(arguments)
    parse_wish("business to Tokyo in March", today=date(2026, 11, 28))  # load the tables before the clock starts
    scores = {name: measure(load(name)) for name in options.set or SETS}
    silently_wrong = sum(score.silently_wrong for score in scores.values())
    seconds = sum(score.seconds for score in scores.values())
    count = sum(score.wishes for score in scores.values())
    if options.wrong:
        for score in scores.values():
            print(*score.wrong, sep="\n", file=sys.stderr)
    if options.json:
        result: dict[str, object] = {name: score.share for name, score in scores.items()}
        result |= {"silently_wrong": silently_wrong, "wishes": {name: score.wishes for name, score in scores.items()}}
        print(json.dumps(result | {"wishes_per_second": round(count / seconds)}))
        return
    for name, score in scores.items():
        print(
            f"{name:8} {score.exact} of {score.wishes} exact ({score.share:.1%}), {score.silently_wrong} silently wrong"
        )
    print(f"{count / seconds:,.0f} wishes a second")

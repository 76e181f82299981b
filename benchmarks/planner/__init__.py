"""Measure the planner: requests, freshness, intervals, matching, planning and round trips, one module for each.

Each module in PARTS has a function `run(full)`, which returns the figures of its part, keyed by name: numbers, or short
texts for the table. With `full`, it uses the sizes that docs/planner.md describes; otherwise small ones, for tests.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from collections.abc import Mapping
from typing import Protocol, TypeAlias

from rich.console import Console
from rich.table import Table

#: The parts in the order in which they run.
PARTS: tuple[str, ...] = ("requests", "freshness", "intervals", "matching", "planning", "pairs")

Figures: TypeAlias = Mapping[str, float | int | str | None]


class Part(Protocol):
    """A module in PARTS."""

    def run(self, full: bool) -> Figures:
        """Return the figures of this part."""


def load_part(name: str) -> Part:
    """Import a part."""
    part: Part = importlib.import_module(f"benchmarks.planner.{name}")
    return part


def main(arguments: list[str]) -> None:
    """Run all parts, or one, and print their figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks planner")
    parser.add_argument("--only", choices=PARTS, action="append", help="run this part (can be repeated)")
    parser.add_argument("--small", action="store_true", help="small sizes, which take seconds")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args(arguments)
    figures: dict[str, float | int | str | None] = {}
    table = Table("part", "figure", "value", title="Planner")
    for name in options.only or PARTS:
        started = time.perf_counter()
        found = dict(load_part(name).run(not options.small)) | {f"run_seconds_{name}": time.perf_counter() - started}
        if repeated := figures.keys() & found.keys():
            raise ValueError(f"{name}: another part has the same figures: {', '.join(sorted(repeated))}")
        figures |= found
        for key, value in found.items():
            table.add_row(name, key, f"{value:,.4g}" if isinstance(value, float) else str(value))
    Console().print(table)
    if options.json:
        print(json.dumps(figures))

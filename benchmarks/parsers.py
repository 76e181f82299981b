"""Measure the offers per second of each parser, including decoding, on responses from the sandbox."""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from awardspider.items import AwardOfferItem, Search
from awardspider.parsers import get_parser
from awardspider.programs import programs
from benchmarks.sandbox_responses import fetch_responses
from tests.support.sandbox_server import sandbox

SECONDS = 2.0
ROUNDS = 3


def main(arguments: list[str]) -> None:
    """Parse one response for each program and kind of search repeatedly, and print the offers per second."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks parsers")
    parser.add_argument("--json", action="store_true", help="print one JSON object, by program, as the last line")
    parser.add_argument("--program", choices=sorted(programs()), help="measure only this parser")
    options = parser.parse_args(arguments)
    table = Table("program", "kind", "bytes", "offers", "offers per second", title="Parsers, decoding included")
    figures: dict[str, dict[str, int]] = {}
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as server:
        for program in [options.program] if options.program else sorted(programs()):
            for kind, (body, search) in fetch_responses(program, server.url).items():
                rate, offers = measure(program, body, search)
                table.add_row(program, kind, f"{len(body):,}", f"{offers:,}", f"{rate:,.0f}")
                figures.setdefault(program, {})[kind] = round(rate)
    Console().print(table)
    if options.json:
        print(json.dumps(figures))


def measure(program: str, body: bytes, search: Search) -> tuple[float, int]:
    """Return the offers per second and the number of offers in the response.

    The best of three rounds counts, because the machine may be busy.
    """
    parse = get_parser(program).PARSERS[search.kind]
    seen_at = datetime.now(UTC)
    offers = sum(isinstance(item, AwardOfferItem) for item in parse(body, search, seen_at))
    best = 0.0
    for _ in range(ROUNDS):
        repeats, started = 0, time.perf_counter()
        while time.perf_counter() - started < SECONDS / ROUNDS:
            for _item in parse(body, search, seen_at):
                pass
            repeats += 1
        best = max(best, repeats * offers / (time.perf_counter() - started))
    return best, offers

"""Offers a second of each reader, decoding included, on the answers that a crawl of the sandbox brought."""

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
from benchmarks.planning import answers_of
from tests.support.sandbox_server import sandbox

SECONDS = 2.0


def main(arguments: list[str]) -> None:
    """Read one answer of each kind over and over for a while; the JSON has a figure for each program and kind."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks readers")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line: a key a program")
    parser.add_argument("--program", choices=sorted(programs()), help="only this reader")
    options = parser.parse_args(arguments)
    table = Table("program", "kind", "bytes", "offers", "offers a second", title="Readers, decoding included")
    figures: dict[str, dict[str, int]] = {}
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as server:
        for program in [options.program] if options.program else sorted(programs()):
            for kind, (body, search) in answers_of(program, server.url).items():
                rate, offers = offers_a_second(program, body, search)
                table.add_row(program, kind, f"{len(body):,}", f"{offers:,}", f"{rate:,.0f}")
                figures.setdefault(program, {})[kind] = round(rate)
    Console().print(table)
    if options.json:
        print(json.dumps(figures))


def offers_a_second(program: str, body: bytes, search: Search) -> tuple[float, int]:
    """The rate, and how many offers one answer holds."""
    read = get_parser(program).PARSERS[search.kind]
    seen_at = datetime.now(UTC)
    each = sum(isinstance(item, AwardOfferItem) for item in read(body, search, seen_at))
    best = 0.0
    for _ in range(3):  # the best of three: the machine may be busy with something else
        rounds, started = 0, time.perf_counter()
        while time.perf_counter() - started < SECONDS / 3:
            for _item in read(body, search, seen_at):
                pass
            rounds += 1
        best = max(best, rounds * each / (time.perf_counter() - started))
    return best, each

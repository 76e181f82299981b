"""Wrong answers by the thousand: `python -m benchmarks fuzz --seconds 60 [--program united] [--json]`."""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter

from rich.console import Console
from rich.table import Table

from tests.support.mutations import mutant, verdict
from tests.support.parser_cases import LISTING, PROGRAMS, TELLING

SHOWN = 12


def main(arguments: list[str]) -> None:
    """Give each reader mutants of its cases for a while, and show what went wrong; exit code 1 where anything did."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fuzz")
    parser.add_argument("--seconds", type=float, default=60, help="for each reader")
    parser.add_argument("--most", type=int, default=10**9, help="mutants for each reader at most")
    parser.add_argument("--program", choices=PROGRAMS, help="only this reader")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args(arguments)
    chance = random.Random(options.seed)
    table = Table("program", "mutants", "wrong", title=f"Mutants, seed {options.seed}")
    figures = {}
    for program in [options.program] if options.program else PROGRAMS:
        tried, wrong = fuzz(program, chance, options.seconds, options.most)
        table.add_row(program, f"{tried:,}", f"{wrong.total():,}")
        for said, times in wrong.most_common(SHOWN):
            print(f"{program}: {times} x {said}")
        figures[program] = {"mutants": tried, "wrong": wrong.total()}
    Console().print(table)
    if options.json:
        print(json.dumps(figures))
    if any(figure["wrong"] for figure in figures.values()):
        raise SystemExit(1)


def fuzz(program: str, chance: random.Random, seconds: float, most: int) -> tuple[int, Counter[str]]:
    """How many mutants were tried, and what was wrong how often."""
    cases = [case for case in TELLING + LISTING if case.program == program]
    wrong: Counter[str] = Counter()
    tried, ends = 0, time.monotonic() + seconds
    while tried < most and time.monotonic() < ends:
        case = chance.choice(cases)
        body, done, lost_its_shape = mutant(case, chance)
        tried += 1
        if said := verdict(case, body, lost_its_shape):
            wrong[f"{case.name}: {done}: {said}"[:300]] += 1
    return tried, wrong

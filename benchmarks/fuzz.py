"""Parse thousands of damaged responses: `python -m benchmarks fuzz --seconds 60 [--program united] [--json]`."""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter

from rich.console import Console
from rich.table import Table

from tests.support.mutations import find_fault, mutate
from tests.support.parser_cases import CASES_WITH_OFFERS, CASES_WITH_ROUTES, PROGRAMS

FAULTS_SHOWN = 12


def main(arguments: list[str]) -> None:
    """Run each parser on damaged versions of its fixtures and list the faults. Exit with 1 if any are found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fuzz")
    parser.add_argument("--seconds", type=float, default=60, help="time for each parser")
    parser.add_argument("--max", type=int, default=10**9, help="responses for each parser at most")
    parser.add_argument("--program", choices=PROGRAMS, help="test only this parser")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    table = Table("program", "responses", "faults", title=f"Damaged responses, seed {options.seed}")
    figures = {}
    for program in [options.program] if options.program else PROGRAMS:
        count, faults = fuzz(program, rng, options.seconds, options.max)
        table.add_row(program, f"{count:,}", f"{faults.total():,}")
        for fault, times in faults.most_common(FAULTS_SHOWN):
            print(f"{program}: {times} x {fault}")
        figures[program] = {"responses": count, "faults": faults.total()}
    Console().print(table)
    if options.json:
        print(json.dumps(figures))
    if any(figure["faults"] for figure in figures.values()):
        raise SystemExit(1)


def fuzz(program: str, rng: random.Random, seconds: float, limit: int) -> tuple[int, Counter[str]]:
    """Return the number of damaged responses that were parsed, and the number of times each fault occurred."""
    cases = [case for case in CASES_WITH_OFFERS + CASES_WITH_ROUTES if case.program == program]
    faults: Counter[str] = Counter()
    count, deadline = 0, time.monotonic() + seconds
    while count < limit and time.monotonic() < deadline:
        case = rng.choice(cases)
        body, change, lacks_required_key = mutate(case, rng)
        count += 1
        if fault := find_fault(case, body, lacks_required_key):
            faults[f"{case.name}: {change}: {fault}"[:300]] += 1
    return count, faults

"""Every reader on some thousand wrong answers; `python -m tests.benchmarks fuzz` goes on for as long as you like."""

from __future__ import annotations

import random
from zlib import crc32

import pytest

from tests.mutants import mutant, verdict
from tests.reader_cases import LISTING, PROGRAMS, TELLING

EACH = 600


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_wrong_answer_is_read_or_refused(program: str) -> None:
    cases = [case for case in TELLING + LISTING if case.program == program]
    assert cases
    wrong = []
    for number in range(EACH):
        chance = random.Random(crc32(f"{program}{number}".encode()))
        case = chance.choice(cases)
        body, done, lost_its_shape = mutant(case, chance)
        if said := verdict(case, body, lost_its_shape):
            wrong.append(f"{number} {case.name}: {done}: {said}")
    assert not wrong, f"{len(wrong)} of {EACH}:\n" + "\n".join(wrong[:10])

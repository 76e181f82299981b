"""Every reader on some thousand wrong answers; `python -m benchmarks fuzz` goes on for as long as you like.

Hypothesis draws what is done to an answer, so that it can show the least that a reader does not stand.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, Phase, find, given, note, settings
from hypothesis import strategies as st

from tests.support.mutations import mutant, verdict
from tests.support.parser_cases import LISTING, PROGRAMS, TELLING

EACH = 200
# The same mutants each time: what is new is looked for by the benchmark. An answer in full may take its time.
SETTINGS = settings(
    max_examples=EACH,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
CHANCES = st.randoms(use_true_random=False)


@pytest.mark.parametrize("program", PROGRAMS)
@SETTINGS
@given(chance=CHANCES)
def test_a_wrong_answer_is_read_or_refused(program: str, chance: random.Random) -> None:
    cases = [case for case in TELLING + LISTING if case.program == program]
    assert cases
    case = chance.choice(cases)
    body, done, lost_its_shape = mutant(case, chance)
    note(f"{case.name}: {done}")
    assert verdict(case, body, lost_its_shape) is None


def test_of_what_goes_wrong_the_least_is_shown() -> None:
    """Of many changes to an answer, the one that counts is left over."""
    mutants = CHANCES.map(lambda chance: mutant(TELLING[0], chance))
    _, done, _ = find(mutants, lambda found: "_drop" in found[1], settings=SETTINGS)
    assert done.startswith("_drop ")
    assert done.count(" ") == 1

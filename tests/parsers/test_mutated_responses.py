"""All parsers on mutated responses: hundreds, or thousands with --full; `python -m benchmarks fuzz` tries more.

Hypothesis draws the mutations, so that it can shrink a failing one.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, Phase, find, given, note, settings
from hypothesis import strategies as st

from tests.support.mutations import find_fault, mutate
from tests.support.parser_cases import CASES_WITH_OFFERS, CASES_WITH_ROUTES, PROGRAMS

MUTATIONS = 40  # per program
FULL_MUTATIONS = 200
# The same mutations in each run: the benchmark tries new ones.
SETTINGS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
RANDOMS = st.randoms(use_true_random=False)


@pytest.mark.parametrize("program", PROGRAMS)
def test_mutated_response_yields_valid_items_or_raises(program: str, full: bool) -> None:
    cases = [case for case in CASES_WITH_OFFERS + CASES_WITH_ROUTES if case.program == program]
    assert cases

    @settings(SETTINGS, max_examples=FULL_MUTATIONS if full else MUTATIONS)
    @given(rng=RANDOMS)
    def check(rng: random.Random) -> None:
        case = rng.choice(cases)
        body, description, lacks_required_key = mutate(case, rng)
        note(f"{case.name}: {description}")
        assert find_fault(case, body, lacks_required_key) is None

    check()


def test_hypothesis_shrinks_to_one_mutation() -> None:
    mutations = RANDOMS.map(lambda rng: mutate(CASES_WITH_OFFERS[0], rng))
    _, description, _ = find(mutations, lambda found: "_drop" in found[1], settings=SETTINGS)
    assert description.startswith("_drop ")
    assert description.count(" ") == 1

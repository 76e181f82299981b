"""The finish reason of a run in which every search failed."""

from __future__ import annotations

from collections import Counter

import pytest

from awardspider.crawling.failed_run import common_failure, describe


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        ({}, None),
        ({"found": 1}, None),
        ({"found": 1, "unreachable": 9}, None),
        ({"empty": 1, "unexpected_response": 9}, None),
        ({"found": 0, "empty": 0, "unreachable": 1}, "unreachable"),
        ({"unreachable": 2, "unexpected_response": 3}, "unexpected_response"),
        ({"out_of_budget": 5}, None),
        ({"out_of_budget": 5, "bad_request": 1}, "bad_request"),
    ],
)
def test_the_most_common_reason_ends_a_run_without_results(outcomes: dict[str, int], reason: str | None) -> None:
    assert common_failure(Counter(outcomes)) == reason


def test_reasons_are_counted() -> None:
    assert (
        describe(Counter({"unreachable": 1, "unexpected_response": 1_200}))
        == "unexpected_response 1,200, unreachable 1"
    )

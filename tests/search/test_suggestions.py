"""Suggestions for unknown names, and the count of typos."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.search.suggestions import typos, unknown_name

WORDS = st.text("abc", max_size=6)


@pytest.mark.parametrize(
    ("name", "known", "message"),
    [
        ("busines", ["economy", "business"], 'unknown thing "busines" (did you mean business?)'),
        ("TEAMS", ["phone", "TEAM"], 'unknown thing "TEAMS" (did you mean TEAM?)'),
        ("team", ["phone", "TEAM"], 'unknown thing "team" (did you mean TEAM?)'),
        ("red", ["economy", "business"], 'unknown thing "red" (known: economy, business)'),
    ],
)
def test_a_similar_name_is_suggested_in_any_case(name: str, known: list[str], message: str) -> None:
    assert unknown_name("thing", name, known) == message


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ("lisbao", "lisboa", 1),
        ("tokyo", "tokyo", 0),
        ("pari", "paris", 1),
        ("caribean", "carribbean", 2),
        ("", "ab", 2),
    ],
)
def test_missing_additional_wrong_and_swapped_letters_are_typos(first: str, second: str, count: int) -> None:
    assert typos(first, second, 5) == count


def one_typo_away(word: str) -> set[str]:
    """Return the words that differ by one typo, made one by one."""
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    shorter = {left + right[1:] for left, right in cuts if right}
    changed = {left + letter + right[1:] for left, right in cuts if right for letter in "abc"}
    longer = {left + letter + right for left, right in cuts for letter in "abc"}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    return (shorter | changed | longer | swapped) - {word}


@given(WORDS, WORDS)
def test_one_typo_is_any_single_change(first: str, second: str) -> None:
    assert (typos(first, second, 9) == 1) == (second in one_typo_away(first))
    assert typos(first, second, 9) == typos(second, first, 9)


@given(WORDS, WORDS, st.integers(0, 6))
def test_counting_stops_above_the_maximum(first: str, second: str, most: int) -> None:
    assert typos(first, second, most) == min(typos(first, second, 99), most + 1)

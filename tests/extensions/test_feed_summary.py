"""The sentence about offers that a crawl did not write to its files."""

from __future__ import annotations

import pytest

from awardspider.extensions.feed_summary import summary


@pytest.mark.parametrize(
    ("written", "unchanged", "offers", "outcomes", "text"),
    [
        (5, 0, 9, {"found": 1}, ""),
        (5, 3, 9, {"found": 1}, "5 offers were written, and 3 matching offers are unchanged since the last crawl"),
        (0, 3, 9, {"found": 1}, "because 3 matching offers are unchanged since the last crawl"),
        (0, 0, 9, {"found": 1}, "because none of the 9 offers found matches"),
        (0, 0, 0, {"empty": 1, "blocked": 1}, "because the searches found none"),
        (0, 0, 0, {"blocked": 2}, "because no search succeeded"),
        (0, 0, 0, {}, "because no search succeeded"),
    ],
)
def test_an_empty_file_is_explained(
    written: int, unchanged: int, offers: int, outcomes: dict[str, int], text: str
) -> None:
    sentence = summary(written, unchanged, offers, outcomes)
    assert text in sentence
    assert bool(sentence) == bool(text)

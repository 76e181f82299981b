"""Sizes as text."""

from __future__ import annotations

import pytest

from awardspider.operations.texts import size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 KB"), (1, "1 KB"), (41_200, "42 KB"), (1_500_000, "1.5 MB"), (2_340_000_000, "2.3 GB")],
)
def test_a_size_has_a_unit_that_fits_it(size: int, text: str) -> None:
    assert size_text(size) == text

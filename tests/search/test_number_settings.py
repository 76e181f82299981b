"""Numbers in settings."""

from __future__ import annotations

import pytest

from awardspider.outcomes import InvalidSetting
from awardspider.search.freshness import max_age
from awardspider.search.number_settings import parse_number


@pytest.mark.parametrize(
    ("value", "expected"), [(None, 30), ("", 30), (" ", 30), ("0", 0), (0, 0), (" 7 ", 7), ("60", 60)]
)
def test_a_number_is_read_and_a_blank_one_is_the_default(value: object, expected: int) -> None:
    assert parse_number({"N": value}, "N", 30, highest=60) == expected
    assert parse_number({}, "N", 30, highest=60) == 30


@pytest.mark.parametrize("value", ["61", "-1", "1.5", "five", "\u0665", "1_0", "9999999999999", True])
def test_any_other_value_is_invalid(value: object) -> None:
    with pytest.raises(InvalidSetting, match=r"^N is .*, but must be a number from 0 to 60$"):
        parse_number({"N": value}, "N", 30, highest=60)
    with pytest.raises(InvalidSetting, match=r"but must be a number of hours$"):
        parse_number({"N": value}, "N", 30, highest=60, expected="a number of hours")


def test_zero_as_a_number_is_not_the_default() -> None:
    assert max_age({"AWARD_MAX_AGE_HOURS": 0}) is None

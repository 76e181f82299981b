"""The cost of an award in the points that a person has."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.search.points_cost import (
    BLOCK,
    Holdings,
    PointsCost,
    TransferBonus,
    miles_for,
    points_costs,
    points_for,
)
from awardspider.search.transfer_partners import banks

TODAY = date(2026, 6, 10)


def bonus(**fields: object) -> TransferBonus:
    values: dict[str, object] = {
        "bank": "chase",
        "program": "virginatlantic",
        "percent": 30,
        "first": date(2026, 6, 9),
        "last": date(2026, 7, 14),
        "source": "https://blog.example/chase-virgin",
    }
    return TransferBonus(**values | fields)  # type: ignore[arg-type]


def costs(
    program: str, miles: int, points: dict[str, int], *bonuses: TransferBonus, day: date = TODAY, **options: object
) -> tuple[PointsCost, ...]:
    return points_costs(program, miles, Holdings(points=points), bonuses, day, **options)  # type: ignore[arg-type]


def summary(found: tuple[PointsCost, ...]) -> list[tuple[str, int, int, int, bool]]:
    """Return key, points, miles of the own balance, leftover miles, and whether the points suffice, for each way."""
    return [(cost.key, cost.points, cost.own_miles, cost.leftover, cost.enough) for cost in found]


# ---- arithmetic ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("miles", "ratio", "percent", "points"),
    [
        (70_000, "1", 0, 70_000),
        (70_001, "1", 0, 71_000),
        (1, "1", 0, 1_000),
        (42_500, "0.8", 0, 54_000),  # 53,000 points become 42,400
        (42_500, "0.75", 0, 57_000),
        (40_000, "0.8", 0, 50_000),
        (47_500, "1", 30, 37_000),  # 36,000 points become 46,800
        (39_000, "1", 30, 30_000),
        (16_000, "1.6", 0, 10_000),
        (16_001, "1.6", 0, 11_000),
    ],
)
def test_points_are_rounded_up_to_the_next_block(miles: int, ratio: str, percent: int, points: int) -> None:
    assert points_for(miles, Decimal(ratio), percent) == points


ratios = st.sampled_from(sorted({ratio for bank in banks().values() for ratio in bank.ratios.values()}))


@given(
    miles=st.integers(1, 2_000_000),
    ratio=st.one_of(ratios, st.decimals("0.1", 3, places=3)),
    percent=st.integers(0, 300),
)
def test_points_always_suffice_and_one_block_less_never_does(miles: int, ratio: Decimal, percent: int) -> None:
    points = points_for(miles, ratio, percent)
    factor = ratio * (1 + Decimal(percent) / 100)
    assert points % BLOCK == 0
    assert points * factor >= miles
    assert (points - BLOCK) * factor < miles
    assert miles <= miles_for(points, ratio, percent) <= points * factor
    assert miles_for(points - BLOCK, ratio, percent) < miles


@given(
    miles=st.integers(1, 1_000_000),
    held=st.dictionaries(st.sampled_from(["jetblue", "amex", "chase", "capital_one", "citi"]), st.integers(0, 500_000)),
    percents=st.dictionaries(st.sampled_from(["amex", "chase", "capital_one", "citi"]), st.integers(1, 150)),
)
def test_each_way_pays_exactly_the_award_and_leaves_less_than_a_block(
    miles: int, held: dict[str, int], percents: dict[str, int]
) -> None:
    bonuses = [bonus(bank=bank, program="jetblue", percent=percent) for bank, percent in percents.items()]
    for cost in costs("jetblue", miles, held, *bonuses):
        assert cost.own_miles + cost.miles - cost.leftover == miles
        block = BLOCK * cost.ratio * (100 + (cost.bonus_percent or 0)) / 100
        assert 0 <= cost.leftover < block
        assert cost.enough is (cost.points <= held[cost.key])
        assert cost.own_miles <= held.get("jetblue", 0)


# ---- ways to pay ---------------------------------------------------------------------------------------------------


def test_the_own_balance_needs_no_blocks() -> None:
    (own,) = costs("united", 70_500, {"united": 90_000, "delta": 1_000_000})
    assert (own.key, own.name, own.points, own.miles, own.ratio) == ("united", "United MileagePlus", 70_500, 70_500, 1)
    assert (own.held, own.enough, own.leftover, own.is_transfer) == (90_000, True, 0, False)


def test_points_that_reach_the_program_are_shown_even_if_they_are_too_few() -> None:
    found = costs("united", 70_500, {"chase": 20_000, "amex": 900_000, "citi": 0})
    assert summary(found) == [("chase", 71_000, 0, 500, False)]
    assert (found[0].name, found[0].miles, found[0].held) == ("Chase Ultimate Rewards", 71_000, 20_000)
    assert found[0].is_transfer


def test_a_balance_that_is_too_small_is_completed_by_a_transfer() -> None:
    found = costs("united", 70_000, {"united": 12_300, "chase": 60_000, "bilt": 30_000})
    assert summary(found) == [
        ("chase", 58_000, 12_300, 300, True),
        ("united", 70_000, 0, 0, False),
        ("bilt", 58_000, 12_300, 300, False),
        ("bilt", 70_000, 0, 0, False),
        ("chase", 70_000, 0, 0, False),
    ]


def test_the_own_balance_comes_first_and_then_the_fewest_points() -> None:
    found = costs("jetblue", 40_000, {"capital_one": 900_000, "amex": 900_000, "chase": 900_000, "jetblue": 40_000})
    assert [(cost.key, cost.points) for cost in found] == [
        ("jetblue", 40_000),
        ("chase", 40_000),
        ("amex", 50_000),
        ("capital_one", 67_000),
    ]


def test_values_of_points_decide_if_all_are_known() -> None:
    held = {"amex": 900_000, "chase": 900_000}
    values = {"jetblue": Decimal("1.3"), "amex": Decimal("1.2"), "chase": Decimal("1.9")}
    assert [cost.key for cost in costs("jetblue", 40_000, held, values=values)] == ["amex", "chase"]
    del values["amex"]
    assert [cost.key for cost in costs("jetblue", 40_000, held, values=values)] == ["chase", "amex"]


@pytest.mark.parametrize("miles", [0, -1])
def test_an_award_without_a_price_costs_no_points(miles: int) -> None:
    assert costs("united", miles, {"united": 5}) == ()


def test_without_points_there_is_no_way_to_pay() -> None:
    assert costs("united", 70_000, {}) == ()


# ---- bonuses -------------------------------------------------------------------------------------------------------


def test_an_active_bonus_is_included_with_its_end_and_source() -> None:
    (cost,) = costs("virginatlantic", 47_500, {"chase": 40_000}, bonus())
    assert (cost.points, cost.miles, cost.leftover, cost.ratio) == (37_000, 48_100, 600, 1)
    assert (cost.bonus_percent, cost.bonus_until) == (30, date(2026, 7, 14))
    assert cost.bonus_source == "https://blog.example/chase-virgin"


@pytest.mark.parametrize(
    ("day", "percent"),
    [
        (date(2026, 6, 8), None),
        (date(2026, 6, 9), 30),
        (date(2026, 7, 14), 30),
        (date(2026, 7, 15), None),
    ],
)
def test_a_bonus_counts_from_its_first_to_its_last_day(day: date, percent: int | None) -> None:
    (cost,) = costs("virginatlantic", 47_500, {"chase": 1}, bonus(), day=day)
    assert cost.bonus_percent == percent


@pytest.mark.parametrize("other", [{"bank": "citi"}, {"program": "united"}, {"percent": 0}])
def test_a_bonus_of_another_bank_or_program_changes_nothing(other: dict[str, object]) -> None:
    (cost,) = costs("virginatlantic", 47_500, {"chase": 1}, bonus(**other))
    assert (cost.points, cost.bonus_percent, cost.bonus_until, cost.bonus_source) == (48_000, None, None, None)


def test_targeted_bonuses_count_only_for_owners_who_have_them() -> None:
    points, bonuses = {"chase": 50_000}, [bonus(targeted=True)]

    def percent(targeted: set[str], *, include: bool = False) -> int | None:
        holdings = Holdings(points=points, targeted=frozenset(targeted))
        (cost,) = points_costs("virginatlantic", 47_500, holdings, bonuses, TODAY, include_targeted=include)
        return cost.bonus_percent

    assert percent(set()) is None
    assert percent({"amex"}) is None
    assert percent({"chase"}) == 30
    assert percent(set(), include=True) == 30


def test_a_maximum_is_mentioned_but_promises_nothing() -> None:
    (cost,) = costs("virginatlantic", 47_500, {"chase": 1}, bonus(up_to=True, percent=40))
    assert (cost.points, cost.bonus_percent) == (48_000, None)
    assert (cost.up_to_percent, cost.up_to_until) == (40, date(2026, 7, 14))


def test_the_highest_certain_bonus_counts() -> None:
    offers = [bonus(percent=20), bonus(percent=30), bonus(percent=25, up_to=True), bonus(percent=50, targeted=True)]
    (cost,) = costs("virginatlantic", 47_500, {"chase": 1}, *offers)
    assert (cost.bonus_percent, cost.up_to_percent) == (30, None)


def test_a_bonus_also_applies_to_the_missing_miles() -> None:
    found = costs("virginatlantic", 47_500, {"chase": 30_000, "virginatlantic": 10_000}, bonus())
    assert summary(found)[0] == ("chase", 29_000, 10_000, 200, True)

"""Tests of what a transfer bonus saves for an award."""

from datetime import date

import pytest

from awardspider.search.points_cost import TransferBonus
from awardspider.search.transfer_savings import TransferSaving, best_transfer_saving, transfer_saving


def bonus(bank: str = "amex", percent: int = 25, program: str = "flyingblue", up_to: bool = False) -> TransferBonus:
    return TransferBonus(bank=bank, program=program, percent=percent, last=date(2027, 1, 31), up_to=up_to)


def test_points_are_transferred_in_blocks_with_and_without_the_bonus() -> None:
    assert transfer_saving(60_500, bonus()) == TransferSaving(bank="amex", before=61_000, after=49_000)


def test_a_maximum_stays_marked_as_one() -> None:
    found = transfer_saving(50_000, bonus(percent=100, up_to=True))
    assert found == TransferSaving(bank="amex", before=50_000, after=25_000, up_to=True)
    assert found is not None
    assert found.saved == 25_000


@pytest.mark.parametrize(
    ("miles", "each"),
    [(0, bonus()), (50_000, bonus(bank="unknown")), (50_000, bonus(program="united")), (50_000, bonus(percent=0))],
    ids=["no price", "unknown bank", "bank does not transfer", "no percentage"],
)
def test_without_a_known_ratio_or_price_nothing_is_saved(miles: int, each: TransferBonus) -> None:
    assert transfer_saving(miles, each) is None


def test_the_bonus_with_the_fewest_points_counts() -> None:
    bonuses = [bonus(percent=20), bonus(bank="chase", percent=30), bonus(program="united", percent=90)]
    found = best_transfer_saving(60_000, "flyingblue", bonuses)
    assert found is not None
    assert (found.bank, found.after) == ("chase", 47_000)
    assert best_transfer_saving(60_000, "alaska", bonuses) is None

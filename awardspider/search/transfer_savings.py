"""The points that a transfer bonus saves for an award, without knowing what anyone has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from awardspider.search.points_cost import TransferBonus, points_for
from awardspider.search.transfer_partners import banks


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSaving:
    """The points of a bank for one award: `before` at the standard ratio, `after` with the bonus.

    If `up_to` is True, `after` is the least that some customers pay.
    """

    bank: str
    before: int
    after: int
    up_to: bool = False

    @property
    def saved(self) -> int:
        """Return the points that the bonus saves."""
        return self.before - self.after


def transfer_saving(miles: int, bonus: TransferBonus) -> TransferSaving | None:
    """Return what a bonus saves for an award of its program, or None if the ratio of the bank is unknown."""
    ratio = banks()[bonus.bank].ratios.get(bonus.program) if bonus.bank in banks() else None
    if ratio is None or miles <= 0 or bonus.percent <= 0:
        return None
    return TransferSaving(
        bank=bonus.bank,
        before=points_for(miles, ratio),
        after=points_for(miles, ratio, bonus.percent),
        up_to=bonus.up_to,
    )


def best_transfer_saving(miles: int, program: str, bonuses: Iterable[TransferBonus]) -> TransferSaving | None:
    """Return the saving after which an award of a program costs the fewest points, or None if no bonus applies."""
    savings = (transfer_saving(miles, bonus) for bonus in bonuses if bonus.program == program)
    return min((each for each in savings if each), key=lambda each: (each.after, each.bank), default=None)

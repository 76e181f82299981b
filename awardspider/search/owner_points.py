"""The points of the owners of watches and the transfer bonuses, by which offers are compared with `max_points`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from awardspider.search.points_cost import Holdings, PointsCost, TransferBonus, points_costs


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerPoints:
    """The points of the owners of watches, and the transfer bonuses that can be used.

    `holdings` are keyed by the key of a watch; a watch without an entry has an owner without points.
    """

    holdings: Mapping[str, Holdings] = field(default_factory=lambda: MappingProxyType({}))
    bonuses: Sequence[TransferBonus] = ()

    def costs(self, watch_key: str, program: str, miles: int, day: date) -> tuple[PointsCost, ...]:
        """Return the costs of `miles`, those of the party, in points of one currency each.

        Those for which the owner has enough points come first, then those with the fewest points.
        """
        holdings = self.holdings.get(watch_key)
        if holdings is None:
            return ()
        costs = points_costs(program, miles, holdings, self.bonuses, day)
        single = (cost for cost in costs if not cost.own_miles)
        return tuple(sorted(single, key=lambda cost: (not cost.enough, cost.points, cost.key)))

    def without(self, bonuses: Sequence[TransferBonus]) -> OwnerPoints:
        """Return the same points without some of the bonuses."""
        return replace(self, bonuses=[bonus for bonus in self.bonuses if bonus not in bonuses])


def points_per_traveler(cost: PointsCost, travelers: int) -> int:
    """Return the points of a payment for each traveler, rounded up."""
    return -(-cost.points // travelers)

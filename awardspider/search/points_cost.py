"""The cost of an award in the points that a person has: transfers in blocks, bonuses of that day, and own balances."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

import msgspec

from awardspider.search.transfer_partners import banks, holding_name

#: Banks transfer points in multiples of this number.
BLOCK = 1_000

#: The largest number of ways to pay that a message names.
MAX_WAYS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The points that a person has, by key of a bank or program, and the banks whose targeted offers the person has."""

    points: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    targeted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferBonus:
    """A bonus on transfers from a bank to a program, from the day `first` (None: already begun) to `last`, inclusive.

    `percent` is added to the miles of the standard ratio. If `up_to` is True, it is the most that some customers get. A
    targeted bonus is only for customers whom the bank chose. `source` is the link of the announcement.
    """

    bank: str
    program: str
    percent: int
    first: date | None = None
    last: date
    targeted: bool = False
    up_to: bool = False
    source: str = ""

    def is_active(self, day: date) -> bool:
        """Return whether the bonus applies to a transfer on this day."""
        return (self.first is None or self.first <= day) and day <= self.last


class PointsCost(msgspec.Struct, frozen=True, kw_only=True):
    """One way to pay for an award with points that a person has, for all travelers together.

    `key` and `name` are those of the bank or program whose points are used: `points` of them become `miles` at the
    standard `ratio` and the bonus, if any. `own_miles` of the program's own balance complete the payment; they are 0
    for a payment from one balance. `leftover` are the miles that remain in the program afterward, because points are
    transferred in blocks. `held` are the points that the person has, and `enough` says whether they suffice.

    `bonus_percent` is included in the calculation. `up_to_percent` is not: it is the maximum of an active bonus that
    promises no percentage, until `up_to_until`.
    """

    key: str
    name: str
    points: int
    miles: int
    ratio: Decimal
    held: int
    enough: bool
    leftover: int = 0
    own_miles: int = 0
    bonus_percent: int | None = None
    bonus_until: date | None = None
    bonus_source: str | None = None
    up_to_percent: int | None = None
    up_to_until: date | None = None

    @property
    def is_transfer(self) -> bool:
        """Return whether points must be transferred before the award can be booked."""
        return self.key in banks()


def points_costs(
    program: str,
    miles_for_party: int,
    holdings: Holdings,
    bonuses: Iterable[TransferBonus],
    on_day: date,
    *,
    include_targeted: bool = False,
    values: Mapping[str, Decimal] = MappingProxyType({}),
) -> tuple[PointsCost, ...]:
    """Return the ways to pay an award of a program with the points that a person has, best first.

    `miles_for_party` are the miles for all travelers. A balance that is too small is included, with `enough` False. If
    the program's own balance is too small, a transfer of only the missing miles is a further way. Targeted bonuses
    count for the banks in `holdings.targeted`, or for all with `include_targeted`.

    Ways with enough points come first, then the program's own balance, then those that use up the least value.
    `values` are US cents for one point by key. If one that is needed is missing, the points to be transferred decide.
    """
    if miles_for_party <= 0:
        return ()
    active = [
        bonus
        for bonus in bonuses
        if bonus.program == program
        and bonus.percent > 0
        and bonus.is_active(on_day)
        and (not bonus.targeted or include_targeted or bonus.bank in holdings.targeted)
    ]
    costs = list(_costs(program, miles_for_party, holdings.points, active))
    are_valued = program in values and all(cost.key in values for cost in costs)

    def rank(cost: PointsCost) -> tuple[bool, bool, Decimal, str]:
        if are_valued:
            used = cost.points * values[cost.key] + cost.own_miles * values[program]
        else:
            used = Decimal(cost.points)
        return not cost.enough, cost.key != program, used, cost.key

    return tuple(sorted(costs, key=rank))


def points_for(miles: int, ratio: Decimal, bonus_percent: int = 0) -> int:
    """Return the fewest points, in blocks, that become at least `miles` at a ratio and with a bonus."""
    return math.ceil(miles / (BLOCK * _rate(ratio, bonus_percent))) * BLOCK


def miles_for(points: int, ratio: Decimal, bonus_percent: int = 0) -> int:
    """Return the miles that points become at a ratio and with a bonus, rounded down."""
    return math.floor(points * _rate(ratio, bonus_percent))


def _rate(ratio: Decimal, bonus_percent: int) -> Fraction:
    return Fraction(ratio) * (100 + bonus_percent) / 100


def _costs(program: str, miles: int, points: Mapping[str, int], bonuses: list[TransferBonus]) -> Iterator[PointsCost]:
    own = points.get(program, 0)
    if own > 0:
        yield PointsCost(
            key=program,
            name=holding_name(program),
            points=miles,
            miles=miles,
            ratio=Decimal(1),
            held=own,
            enough=own >= miles,
        )
    for key, held in points.items():
        ratio = banks()[key].ratios.get(program) if key in banks() and held > 0 else None
        if ratio is None:
            continue
        from_bank = [bonus for bonus in bonuses if bonus.bank == key]
        yield _transfer(key, held, ratio, miles, 0, from_bank)
        if 0 < own < miles:
            yield _transfer(key, held, ratio, miles, own, from_bank)


def _transfer(key: str, held: int, ratio: Decimal, miles: int, own: int, bonuses: list[TransferBonus]) -> PointsCost:
    bonus = max((bonus for bonus in bonuses if not bonus.up_to), key=_benefit, default=None)
    maximum = max((bonus for bonus in bonuses if bonus.up_to), key=_benefit, default=None)
    percent = bonus.percent if bonus else 0
    if maximum and maximum.percent <= percent:
        maximum = None
    points = points_for(miles - own, ratio, percent)
    arriving = miles_for(points, ratio, percent)
    return PointsCost(
        key=key,
        name=holding_name(key),
        points=points,
        miles=arriving,
        ratio=ratio,
        held=held,
        enough=held >= points,
        leftover=own + arriving - miles,
        own_miles=own,
        bonus_percent=bonus.percent if bonus else None,
        bonus_until=bonus.last if bonus else None,
        bonus_source=bonus.source or None if bonus else None,
        up_to_percent=maximum.percent if maximum else None,
        up_to_until=maximum.last if maximum else None,
    )


def _benefit(bonus: TransferBonus) -> tuple[int, date]:
    return bonus.percent, bonus.last

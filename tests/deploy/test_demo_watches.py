"""The watch of the demo with a limit in points: on every date, a transfer bonus brings flights below the limit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from awardspider.items import PromotionKind
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.promotions.calendar import announced
from awardspider.sandbox.truth import truth
from awardspider.sandbox.world import World
from awardspider.search.owners import build_owner
from awardspider.search.points_cost import TransferBonus, points_costs
from awardspider.search.promotion_states import promotion_day
from awardspider.search.watch_file import load_watches
from awardspider.search.watches import Watch
from deploy.demo import POINTS, SEED, WATCHES
from deploy.past_crawls import DAYS_AGO

TIMES = [
    *(f"2026-11-{day}T{hour:02}:30Z" for day, hour in ((29, 0), (30, 9))),
    *(f"2026-12-{day}T{hour:02}:30Z" for day, hour in ((29, 7), (30, 8), (31, 23))),
    "2027-01-01T00:10Z",
    "2027-01-01T20:00Z",
    "2027-02-28T12:00Z",
    "2027-03-01T03:00Z",
    "2027-07-31T22:30Z",
]
OWNER = build_owner(name="demo", points=POINTS)


def new_bonuses(now: datetime) -> list[TransferBonus]:
    """Return the transfer bonuses that apply, and that were announced after the demo's crawls of the past."""
    known = {each.key for each in announced(SEED, now - timedelta(days=DAYS_AGO[-1]))}
    return [
        bonus
        for each in announced(SEED, now)
        if each.kind is PromotionKind.TRANSFER_BONUS and each.key not in known
        if each.percent and each.last_day and not each.up_to and not each.targeted
        for bank in each.banks
        for program in each.programs
        if (
            bonus := TransferBonus(
                bank=bank, program=program, percent=each.percent, first=each.first_day, last=each.last_day
            )
        ).is_active(promotion_day(now))
    ]


def cheaper(world: World, watch: Watch, program: str, new: list[TransferBonus], now: datetime) -> int:
    """Return the number of days on which only the new bonuses bring the lowest price of a program below the limit."""
    (dates,) = watch.dates.ranges(now.date(), 400)
    route = {"origin": watch.origin.searched[0], "destination": watch.destination.searched[0]}
    query = {"program": program, "cabin": watch.cabins[0], "detail": "day", **route}
    sites = airline_sites(world)
    count = 0
    for month in sorted({f"{dates.first + timedelta(days=days):%Y-%m}" for days in range(0, 61, 10)}):
        for offer in truth(world, sites, query | {"month": month})["offers"]:
            if dates.first <= date.fromisoformat(str(offer["departure_date"])) <= dates.last:
                without, with_bonus = (points(program, offer["miles"], bonuses, now) for bonuses in ([], new))
                count += with_bonus <= (watch.max_points or 0) < without
    return count


def points(program: str, miles: int, bonuses: list[TransferBonus], now: datetime) -> int:
    """Return the fewest points of the demo's profile that pay for an award; more than any price if none suffice."""
    costs = points_costs(program, miles, OWNER, bonuses, promotion_day(now))
    return min((cost.points for cost in costs if cost.enough), default=1_000_000)


@pytest.mark.parametrize("time", TIMES)
def test_a_new_bonus_brings_flights_below_a_limit(time: str) -> None:
    now = datetime.fromisoformat(time).astimezone(UTC)
    world = World(seed=SEED, clock=Clock(now))
    new = new_bonuses(now)
    # The programs of the other watch with a limit have no calendar.
    watch = next(each for each in load_watches(WATCHES) if each.name == "San Francisco to London with points")
    days = {program: cheaper(world, watch, program, new, now) for program in watch.programs}
    assert sum(days.values()) > 2, (new, days)

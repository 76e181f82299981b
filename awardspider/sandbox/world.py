"""The world: everything that can be asked is a function of its seed, the question and its clock."""

from __future__ import annotations

from datetime import date

from awardspider.sandbox.clock import Clock
from awardspider.sandbox.fares import Tariff
from awardspider.sandbox.market import Market
from awardspider.sandbox.places import all_places
from awardspider.sandbox.schedule import Schedule
from awardspider.sandbox.space import Space


class World:
    """One world: its clock, its timetable, its space, and a market for each program that sells it."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self.seed = seed
        self.clock = clock
        self.schedule = Schedule(seed)
        self.space = Space(seed)
        self._markets: dict[Tariff, Market] = {}

    def market(self, tariff: Tariff) -> Market:
        """The market of a tariff: one and the same for everybody who asks."""
        if tariff not in self._markets:
            self._markets[tariff] = Market(self.seed, self.schedule, self.space, tariff)
        return self._markets[tariff]

    def today(self, airport: str) -> date:
        """The local date at an airport."""
        return self.clock.now().astimezone(all_places()[airport].zone).date()

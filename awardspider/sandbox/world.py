"""The world: everything that can be asked is a function of its seed, the question and its clock."""

from __future__ import annotations

from datetime import date

from awardspider.sandbox.availability import Availability
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.fares import Tariff
from awardspider.sandbox.inventory import Inventory
from awardspider.sandbox.places import all_places
from awardspider.sandbox.schedule import Schedule


class World:
    """One world: its clock, its timetable, its space, and a market for each program that sells it."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self.seed = seed
        self.clock = clock
        self.schedule = Schedule(seed)
        self.availability = Availability(seed)
        self._inventories: dict[Tariff, Inventory] = {}

    def inventory(self, tariff: Tariff) -> Inventory:
        """The market of a tariff: one and the same for everybody who asks."""
        if tariff not in self._inventories:
            self._inventories[tariff] = Inventory(self.seed, self.schedule, self.availability, tariff)
        return self._inventories[tariff]

    def today(self, airport: str) -> date:
        """The local date at an airport."""
        return self.clock.now().astimezone(all_places()[airport].zone).date()

"""The simulated world, which is a function of its seed and its clock."""

from __future__ import annotations

from datetime import date

from awardspider.sandbox.availability import Availability
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.fares import Tariff
from awardspider.sandbox.inventory import Inventory
from awardspider.sandbox.places import all_places
from awardspider.sandbox.schedule import Schedule


class World:
    """A world: its clock, schedule and availability, and an inventory for each tariff."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self.seed = seed
        self.clock = clock
        self.schedule = Schedule(seed)
        self.availability = Availability(seed)
        self._inventories: dict[Tariff, Inventory] = {}

    def inventory(self, tariff: Tariff) -> Inventory:
        """Return the inventory of a tariff; every call returns the same object."""
        if tariff not in self._inventories:
            self._inventories[tariff] = Inventory(self.seed, self.schedule, self.availability, tariff)
        return self._inventories[tariff]

    def today(self, airport: str) -> date:
        """Return the local date at an airport."""
        return self.clock.now().astimezone(all_places()[airport].zone).date()

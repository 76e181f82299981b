"""A client of the ground truth of a simulated world, and routes and days with offers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock, parse_time
from awardspider.sandbox.truth import truth
from awardspider.sandbox.world import World

NOON = "2026-11-22T12:00Z"
INTERNATIONAL = ["SFO-LHR", "EWR-LHR", "ORD-LHR", "SFO-NRT", "SFO-HND", "GRU-IAH"]
DAYS = [date(2026, 11, 24) + timedelta(days=days) for days in range(0, 330, 30)]


class TruthClient:
    """A client of the ground truth of one world."""

    def __init__(self, seed: int = 7, clock: str = NOON) -> None:
        self.world = World(seed, Clock(parse_time(clock), speed=0))
        self.sites = airline_sites(self.world)

    def set_clock(self, clock: datetime) -> TruthClient:
        """Set the time of the world."""
        self.world.clock = Clock(clock, speed=0)
        return self

    def query(self, route: str, **query: Any) -> list[dict[str, Any]]:
        origin, destination = route.split("-")
        parameters = {"program": "united", "origin": origin, "destination": destination}
        parameters |= {name: str(value) for name, value in query.items()}
        offers: list[dict[str, Any]] = truth(self.world, self.sites, parameters)["offers"]
        return offers

    def flights(self, route: str, day: date, **query: Any) -> list[dict[str, Any]]:
        return self.query(route, date=day, detail="itinerary", **query)

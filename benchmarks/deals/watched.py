"""The watches of the deals benchmark: routes, cabins and limits that people have."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from awardspider.items import Cabin
from awardspider.search.dates import parse_dates
from awardspider.search.judgments import DealClass
from awardspider.search.places import parse_places
from awardspider.search.watches import Watch

E, B = Cabin.ECONOMY, Cabin.BUSINESS


class Kind(NamedTuple):
    """A watch without its dates: `limit` is in miles, `lead` and `days` are its first departure day and its length."""

    route: str
    cabin: Cabin
    programs: tuple[str, ...]
    limit: int | None
    deal: DealClass | None
    lead: int
    days: int
    rolls: bool = False


#: Every third watch or so has a limit, requires a good or an exceptional deal, or has no limit at all.
KINDS = (
    Kind("LAX-AUS", E, ("united", "american"), 9_000, None, 70, 30),
    Kind("SFO-NRT", B, ("united",), None, DealClass.GOOD, 90, 24),
    Kind("EWR-LHR", B, ("united",), None, DealClass.EXCEPTIONAL, 75, 24),
    Kind("LAX-JFK", E, ("american", "alaska"), None, None, 80, 14),
    Kind("CDG-JFK", B, ("flyingblue",), 60_000, None, 75, 30),
    Kind("DEN-LAX", E, ("united",), None, DealClass.GOOD, 65, 24),
    Kind("ORD-LHR", E, ("united", "american"), 25_000, None, 80, 30),
    Kind("SEA-SFO", E, ("alaska", "united"), None, DealClass.EXCEPTIONAL, 70, 24),
    Kind("SFO-LHR", B, ("united",), 80_000, None, 70, 30),
    Kind("GRU-IAH", B, ("united",), None, None, 85, 12),
    Kind("BOS-SFO", E, ("united", "alaska"), 15_000, None, 30, 21, rolls=True),
    Kind("CDG-JNB", E, ("flyingblue",), None, DealClass.GOOD, 75, 24),
    Kind("JFK-LAX", B, ("american",), None, DealClass.EXCEPTIONAL, 70, 24),
    Kind("IAD-FRA", E, ("united",), None, DealClass.GOOD, 40, 21, rolls=True),
    Kind("LAX-HND", B, ("united",), None, DealClass.EXCEPTIONAL, 90, 24),
    Kind("DFW-LHR", B, ("american",), None, DealClass.GOOD, 75, 24),
    Kind("ORD-DEN", E, ("united", "american"), 6_000, None, 65, 30),
    Kind("IAH-MEX", E, ("united",), None, None, 70, 10, rolls=True),
    Kind("SFO-JFK", E, ("american", "alaska"), None, DealClass.EXCEPTIONAL, 70, 24),
    Kind("EWR-FRA", B, ("united",), None, DealClass.GOOD, 80, 24),
)


def make_watches(count: int, first: date) -> list[Watch]:
    """Return the first watches of KINDS; their dates are relative to `first`, and some roll on from day to day."""
    return [_make_watch(kind, first) for kind in KINDS[:count]]


def _make_watch(kind: Kind, first: date) -> Watch:
    origin, destination = kind.route.split("-")
    fields: dict[str, Any] = {"max_miles": kind.limit, "deal": kind.deal}
    start, end = kind.lead, kind.lead + kind.days - 1
    dates = f"+{start}..+{end}" if kind.rolls else f"{first + timedelta(start)}..{first + timedelta(end)}"
    wish = f"at most {kind.limit}" if kind.limit else f"{kind.deal} only" if kind.deal else "any price"
    return Watch(
        name=f"{kind.route} {kind.cabin}, {wish}",
        origin=parse_places(origin),
        destination=parse_places(destination),
        dates=parse_dates(dates),
        cabins=(kind.cabin,),
        programs=kind.programs,
        allow_mixed_cabin=False,
        **fields,
    )

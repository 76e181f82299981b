"""Planning: the seconds of one processor to plan the next searches of all programs for many watches."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from awardspider.items import Cabin
from awardspider.programs import programs
from awardspider.sandbox.places import all_places
from awardspider.search.dates import parse_dates
from awardspider.search.expansion import Expansion
from awardspider.search.places import parse_places
from awardspider.search.planner import plan
from awardspider.search.watches import Watch
from tests.support.program_requests import spider

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SEED = 7
WATCHES, SMALL_WATCHES = 10_000, 1_000
ROUTES = 5_000
#: Searches of a plan: more than the daily budget of most programs.
LIMIT = 500
ROUNDS = 3
#: Large places as destinations of a tenth of the watches; "Europe" alone has dozens of airports.
LARGE = ("Europe", "Asia", "South America", "Caribbean", "Japan", "Brazil", "Italy", "Spain", "Australia", "anywhere")
CABINS = ((), (Cabin.ECONOMY,), (Cabin.BUSINESS,), (Cabin.BUSINESS, Cabin.FIRST))


def run(full: bool) -> Mapping[str, float | int | str | None]:
    """Measure the time from watches to the next searches of all programs."""
    watches = make_watches(WATCHES if full else SMALL_WATCHES, random.Random(SEED))
    capabilities = {key: spider(key).capabilities for key in programs()}
    best, planned = float("inf"), 0
    for _ in range(ROUNDS):
        gc.collect()
        started = time.process_time()
        expansion = Expansion(watches, NOW)
        plans = [
            plan(expansion, program=program, capabilities=capabilities[key], now=NOW, limit=LIMIT)
            for key, program in programs().items()
        ]
        planned = sum(len(each.searches(LIMIT)) for each in plans)
        best = min(best, time.process_time() - started)
    return {
        "plan_seconds": best,
        "plan_watches": len(watches),
        "plan_programs": len(programs()),
        "plan_searches": planned,
    }


def make_watches(count: int, chosen: random.Random) -> list[Watch]:
    """Return watches of 5,000 routes, of which a tenth has a large place as its destination."""
    airports = sorted(all_places())
    routes = [tuple(chosen.sample(airports, 2)) for _ in range(ROUTES)]
    names = sorted(programs())
    watches = []
    for number in range(count):
        origin, destination = chosen.choice(routes)
        if chosen.random() < 0.1:
            destination = chosen.choice(LARGE)
        watches.append(
            Watch(
                name=f"watch {number}",
                origin=parse_places(origin),
                destination=parse_places(destination),
                dates=parse_dates(_dates(chosen)),
                cabins=chosen.choice(CABINS),
                travelers=chosen.choice((1, 1, 1, 2, 2, 4)),
                max_miles=chosen.choice((None, 25_000, 60_000, 90_000)),
                programs=tuple(chosen.sample(names, 2)) if chosen.random() < 0.3 else (),
            )
        )
    return watches


def _dates(chosen: random.Random) -> str:
    first = date(2026, 12, 10) + timedelta(days=chosen.randrange(300))
    last = first + timedelta(days=chosen.choice((0, 6, 13, 30, 60, 90)))
    return chosen.choice((f"{first}..{last}", f"{first:%Y-%m}", f"{first:%Y-%m}..{last:%Y-%m}"))

"""The crawl of each program that end-to-end tests run: a few days of its control route, against its simulated site."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from awardspider.programs import programs
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.sites import Site
from awardspider.sandbox.world import World

SPIDERS = SpiderLoader(Settings({"SPIDER_MODULES": ["awardspider.spiders"]}))
PROGRAMS = sorted(programs())
FIRST = (datetime.now(UTC) + timedelta(days=40)).date()

# Under a fault a crawl waits; a busy machine may need seconds for a response.
FAST: dict[str, dict[str, Any]] = {
    "http": {"DOWNLOAD_TIMEOUT": 10, "RETRY_ENABLED": False},
    "browser": {"DOWNLOAD_TIMEOUT": 4},
}
SOLD_OUT = {"fault": "sold_out"}


@cache
def sites() -> dict[str, Site]:
    """Return the simulated site of each program."""
    return {site.key: site for site in airline_sites(World(7, Clock(datetime.now(UTC))))}


def transport(program: str) -> str:
    """Return the default transport of a program."""
    return str(SPIDERS.load(program).transport)


def crawl_arguments(program: str) -> dict[str, str]:
    """Return the arguments of a crawl over a few days of the control route."""
    route = programs()[program].control_route
    assert route
    arguments = {"origin": route[0], "destination": route[1], "dates": f"{FIRST}..{FIRST + timedelta(days=2)}"}
    # A search in a browser is slow: one day, and no more cabins than it takes for a second search.
    few = {"dates": str(FIRST), "cabins": "economy,business"}
    return arguments | few if transport(program) == "browser" else arguments

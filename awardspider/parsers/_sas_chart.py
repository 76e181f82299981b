"""The award chart of SAS EuroBonus: the zone of each country, and one-way points for each pair of zones.

Low confidence: see docs/sources/sas.md.
"""

from __future__ import annotations

from functools import lru_cache

from awardspider.airports import airports
from awardspider.items import Cabin

ZONES = {
    "scandinavia": "DK FI IS NO SE",
    "europe": "AT BE BG CH CY CZ DE EE ES FR GB GR HR HU IE IT LT LU LV MT NL PL PT RO SI SK",
    "north america": "CA MX US",
    "asia": "CN HK ID IN JP KR MY SG TH VN",
    "middle east": "AE IL QA SA TR",
    "africa": "EG ET KE MA NG ZA",
    "oceania": "AU NZ",
    "south america": "AR BR CL CO PE",
}

CABINS = (Cabin.ECONOMY, Cabin.PREMIUM_ECONOMY, Cabin.BUSINESS)
CHART: dict[str, tuple[int | None, ...]] = {
    "scandinavia, scandinavia": (10_000, None, 20_000),  # seen in responses, unlike the other prices
    "europe, scandinavia": (16_000, 24_000, 32_000),
    "europe, europe": (16_000, 24_000, 32_000),
    "north america, scandinavia": (45_000, 60_000, 80_000),
    "europe, north america": (45_000, 60_000, 80_000),
    "asia, scandinavia": (50_000, 70_000, 95_000),
    "asia, europe": (50_000, 70_000, 95_000),
    "middle east, scandinavia": (35_000, 50_000, 70_000),
    "europe, middle east": (35_000, 50_000, 70_000),
    "africa, scandinavia": (45_000, 60_000, 85_000),
    "africa, europe": (45_000, 60_000, 85_000),
    "oceania, scandinavia": (65_000, 90_000, 120_000),
    "asia, oceania": (65_000, 90_000, 120_000),
    "scandinavia, south america": (55_000, 75_000, 100_000),
    "europe, south america": (55_000, 75_000, 100_000),
}


@lru_cache(maxsize=4096)
def chart_miles(origin: str, destination: str) -> dict[Cabin, int]:
    """Return a route's points by cabin, without cabins, countries and pairs of zones that the chart lacks."""
    zones = {country: zone for zone, countries in ZONES.items() for country in countries.split()}
    ends = [zones.get(airports()[code]["country"], "") if code in airports() else "" for code in (origin, destination)]
    prices = zip(CABINS, CHART.get(", ".join(sorted(ends)), ()), strict=False)
    return {cabin: miles for cabin, miles in prices if miles is not None}

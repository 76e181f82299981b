"""The programs that seats.aero covers, their price filters, and the routes scanned for each.

A program with a site in the sandbox uses that site's inventory; any other program uses a tariff from this module. A
program has no routes if none of its carriers exist in this world.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from itertools import permutations

from awardspider.items import Cabin
from awardspider.programs import all_programs
from awardspider.sandbox.fares import Level, Tariff
from awardspider.sandbox.inventory import Inventory
from awardspider.sandbox.places import all_places, distance, draw, network
from awardspider.sandbox.world import World

LETTERS = {
    "Y": Cabin.ECONOMY,
    "W": Cabin.PREMIUM_ECONOMY,
    "J": Cabin.BUSINESS,
    "F": Cabin.FIRST,
}
NAMES = {"economy": "Y", "premium": "W", "business": "J", "first": "F"}
LONG_MILES, SHORT_MILES, MAX_HOURS = 2500, 1000, 10
MINOR_ROUTE_DAYS = 60  # number of days ahead scanned on minor routes
# Saver prices by distance; a program's prices are its `percent` of these.
LEVELS = (
    Level(350, 7000, 11000, 15000, 25000),
    Level(1150, 11000, 17000, 25000, 40000),
    Level(2700, 20000, 30000, 40000, 65000),
    Level(4500, 30000, 48000, 70000, 110000),
    Level(99999, 42000, 68000, 100000, 145000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A program, with data from the fact sheet.

    `cabins` are letters. `seats` is "all", "low" (shown only if few are left) or "none". `taxes` is False if the taxes
    are unknown. `currency` is the currency of the taxes; "local" means the origin's. `limits` are the highest miles
    that pass the price filter in the cabins Y, W, J and F, per hour of travel if `hourly` is true.
    """

    key: str
    name: str
    cabins: str
    seats: str = "all"
    taxes: bool = True
    currency: str = "USD"
    program: str = ""
    own: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    percent: int = 100
    limits: tuple[int, int, int, int] | None = None
    hourly: bool = True
    link: str = ""
    columns: tuple[Cabin, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(LETTERS[letter] for letter in self.cabins))

    def max_miles(self, cabin: Cabin, minutes: int) -> float:
        """Return the most miles that pass the price filter for an itinerary that takes `minutes`."""
        if self.limits is None:
            return math.inf
        limit = self.limits[cabin.rank]
        return limit * min(minutes / 60, MAX_HOURS) if self.hourly else limit


# Booking links.
AEROPLAN_LINK = (
    "https://www.aircanada.com/aeroplan/redeem/availability/outbound?org0={0}&dest0={1}&departureDate0={2}&lang=en-CA"
    "&tripType=O&ADT=1&YTH=0&CHD=0&INF=0&INS=0&marketCode=INT"
)
UNITED_LINK = (
    "https://www.united.com/en/us/fsr/choose-flights?f={0}&t={1}&d={2}&tt=1&at=1&sc=7&px=1&taxng=1&newHP=True&clm=7"
    "&st=bestmatches"
)
ALASKA_LINK = "https://www.alaskaair.com/search/results?A=1&O={0}&D={1}&OD={2}&RT=false&ShoppingMethod=onlineaward"
SOURCES = (
    Source(key="eurobonus", name="SAS EuroBonus", cabins="YJ", program="sas", currency="local"),
    Source(key="virginatlantic", name="Virgin Atlantic", cabins="YWJ", program="virginatlantic", currency="local"),
    Source(
        key="aeromexico",
        name="Aeromexico Rewards",
        cabins="YWJ",
        program="aeromexico",
        limits=(10000, 15000, 20000, 20000),
    ),
    Source(
        key="american",
        name="AAdvantage",
        cabins="YWJF",
        program="american",
        seats="low",
        currency="",
        limits=(100000, 100000, 150000, 200000),
        hourly=False,
    ),
    Source(
        key="delta",
        name="SkyMiles",
        cabins="YWJ",
        program="delta",
        currency="local",
        limits=(10000, 15000, 20000, 20000),
    ),
    Source(key="etihad", name="Etihad Guest", cabins="YJF", limits=(10000, 15000, 20000, 20000)),
    Source(
        key="united",
        name="MileagePlus",
        cabins="YWJF",
        program="united",
        limits=(7500, 10000, 14000, 20000),
        link=UNITED_LINK,
    ),
    Source(key="emirates", name="Skywards", cabins="YWJF", seats="none", own=("EK",), percent=130),
    Source(
        key="aeroplan",
        name="Aeroplan",
        cabins="YWJF",
        program="aeroplan",
        currency="CAD",
        limits=(7500, 10000, 12500, 15000),
        link=AEROPLAN_LINK,
    ),
    Source(
        key="alaska",
        name="Atmos Rewards",
        cabins="YWJF",
        program="alaska",
        limits=(150000, 150000, 150000, 150000),
        hourly=False,
        link=ALASKA_LINK,
    ),
    Source(key="velocity", name="Velocity", cabins="YWJF"),
    Source(
        key="qantas",
        name="Qantas",
        cabins="YWJF",
        seats="none",
        program="qantas",
        currency="local",
        limits=(7500, 10000, 20000, 25000),
    ),
    Source(key="connectmiles", name="ConnectMiles", cabins="YJF", seats="none"),
    Source(key="azul", name="Azul Fidelidade", cabins="YJ", seats="none"),
    Source(key="smiles", name="Smiles", cabins="YWJF", program="smiles"),
    Source(
        key="flyingblue",
        name="Flying Blue",
        cabins="YWJF",
        program="flyingblue",
        limits=(5000, 10000, 15000, 15000),
    ),
    Source(key="jetblue", name="TrueBlue", cabins="YWJF", program="jetblue", limits=(10000, 15000, 20000, 20000)),
    Source(
        key="qatar",
        name="Privilege Club",
        cabins="YJF",
        seats="none",
        taxes=False,
        partners=("AA", "AS", "CX"),
        percent=105,
    ),
    Source(
        key="turkish",
        name="Miles&Smiles",
        cabins="YJ",
        seats="none",
        taxes=False,
        partners=("UA", "LH", "AC", "NH"),
        percent=95,
    ),
    Source(
        key="singapore",
        name="KrisFlyer",
        cabins="YWJF",
        seats="none",
        taxes=False,
        partners=("UA", "LH", "NH"),
        percent=115,
    ),
    Source(key="ethiopian", name="ShebaMiles", cabins="YJ"),
    Source(key="saudia", name="AlFursan", cabins="YJF"),
    Source(key="finnair", name="Finnair Plus", cabins="YWJF", partners=("AA", "CX", "QF"), percent=110),
    Source(key="lufthansa", name="Miles & More", cabins="YJF", own=("LH",), partners=("UA", "AC", "NH"), percent=120),
    Source(key="frontier", name="Frontier Miles", cabins="Y", seats="none", program="frontier"),
    Source(key="spirit", name="Free Spirit", cabins="Y"),
)
BY_KEY = {source.key: source for source in SOURCES}
AIRLINES = __name__.rpartition(".seatsaero")[0]


class ScannedSources:
    """Each program's inventory and scanned routes in a simulated world."""

    def __init__(self, world: World) -> None:
        self._world = world

    @functools.cache  # noqa: B019 - lives as long as the world does
    def inventory(self, key: str) -> Inventory | None:
        """Return a program's inventory; None if none of the program's carriers exist in the world."""
        source = BY_KEY[key]
        name = f"{AIRLINES}.{source.program}"
        if source.program and find_spec(name):
            inventory: Inventory | None = import_module(name).site(self._world).inventory
            return inventory
        all_carriers = network()["carriers"]
        own = tuple(carrier for carrier in source.own if carrier in all_carriers)
        partners = tuple(carrier for carrier in source.partners if carrier in all_carriers)
        if not own + partners:
            return None
        levels = tuple(Level(level[0], *(price * source.percent // 100 for price in level[1:])) for level in LEVELS)
        tariff = Tariff(program=key, own=own, partners=partners, levels=levels, window_days=330, close_in_fee=0)
        return self._world.inventory(tariff)

    @functools.cache  # noqa: B019 - lives as long as the world does
    def routes(self, key: str) -> dict[tuple[str, str], int]:
        """Return a program's scanned routes, each with the number of days ahead that are scanned."""
        inventory = self.inventory(key)
        if inventory is None:
            return {}
        program = all_programs().get(BY_KEY[key].program)
        control = {program.control_route, program.control_route[::-1]} if program and program.control_route else set()
        pairs = sorted({*self._pairs(key, inventory.tariff), *control})
        minor = {pair for pair in pairs if pair not in control and draw(key, "days", *pair) % 8 == 0}
        return {pair: MINOR_ROUTE_DAYS if pair in minor else inventory.tariff.window_days for pair in pairs}

    def _pairs(self, key: str, tariff: Tariff) -> Iterator[tuple[str, str]]:
        """Yield long nonstop routes, a third of short ones, half of partners' long ones, and a few connecting ones."""
        spokes: dict[str, set[str]] = {}
        for carrier, origin, destination in self._world.schedule.flights:
            if carrier in tariff.own:
                if distance(origin, destination) > SHORT_MILES or draw(key, "short", origin, destination) % 3 == 0:
                    yield origin, destination
                spokes.setdefault(origin, set()).add(destination)
                continue
            scanned = carrier in tariff.partners and draw(key, "partner", origin, destination) % 2
            if scanned and distance(origin, destination) > LONG_MILES:
                yield origin, destination
        if tariff.nonstop:
            return
        hubs = {hub for carrier in tariff.own for hub in self._world.schedule.hubs[carrier]}
        for hub in sorted(hubs):
            for pair in permutations(sorted(spokes.get(hub, ())), 2):
                if draw(key, "change", *pair) % 50 == 0 and distance(*pair) > LONG_MILES:
                    yield pair


@functools.cache
def regions(route: tuple[str, str]) -> tuple[str, str]:
    """Return the regions of a route's airports as seats.aero names them; the Middle East is part of Asia."""
    origin, destination = route
    return _region(origin, route), _region(destination, route)


def _region(airport: str, route: tuple[str, str]) -> str:
    """Return an airport's region. San Juan's depends on the route: it was South America in 11 of 12 rows."""
    if airport == "SJU":
        return "North America" if draw("region", *route) % 12 == 0 else "South America"
    return _REGIONS.get(all_places()[airport].country, "North America")


_REGIONS = {
    country: name
    for name, countries in {
        "South America": "AR AW BO BR BZ CL CO DO EC GY PE PY SR SX UY VE",
        "Africa": "CM DZ EG ET GH KE LK MA MU MV NG SN TZ UG ZA",
        "Asia": "AE BD BH CN CY HK ID IL IN JO JP KH KR KW KZ LA MO MY NP OM PH PK QA SA SG TH TW UZ VN",
        "Europe": "AT BE BG CH CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LT LU LV MT NL NO PL PT RO RS SE SI SK TR UA",
        "Oceania": "AU FJ GU MH NC NZ PF PG TO VU WS",
    }.items()
    for country in countries.split()
}

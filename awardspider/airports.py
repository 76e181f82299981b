"""Airports by IATA code, and their time zones."""

from __future__ import annotations

import functools
import zoneinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

import airportsdata

# Take the rules of time zones from the package tzdata: Python prefers the system's files, which are often older. Those
# of Debian (2025b) lack the changes of 2026 in British Columbia, Alberta and Manitoba.
zoneinfo.reset_tzpath(to=())

# Airports whose zone in airportsdata 20260905 has other rules than the zone at their coordinates, as of 2026-11-29
# (timezonefinder 9.0.0 with the boundaries of 2026c, tzdata 2026f). Left out are the airports of Xinjiang, which
# publish Beijing time, and airstrips whose time is uncertain: OKT, UGL, YBI, YDU, YDW, YEU, YNA.
_CORRECTED_ZONES = {
    "Africa/Kinshasa": "LIQ",
    "America/Cambridge_Bay": "YBB YCB YCO YHK YYH",
    "America/Chicago": "PAM",
    "America/Chihuahua": "CUU",  # without daylight saving time since 2022-10-30, on Central time since 2022-11-30
    "America/Ciudad_Juarez": "CJS",  # with the daylight saving time of the United States since 2022-11-30
    "America/Coyhaique": "BBA CCH GXQ LGR WPA",  # without daylight saving time since 2025-03-20
    "America/Cuiaba": "AIR STZ",
    "America/Dawson": "YDA YDB YOC",  # on UTC-7 since 2020-11-01
    "America/Denver": "MHN",
    "America/Eirunepe": "ERN",
    "America/Halifax": "YGR",
    "America/Matamoros": "ACN MAM NLD PDS REX",
    "America/New_York": "NBW",
    "America/Nome": "IKO SNP",
    "America/Noronha": "FEN",
    "America/Punta_Arenas": "PNT WPR WPU",
    "America/Rankin_Inlet": "YBK YCS YEK YRT YUT YXN",
    "America/Resolute": "YRB",
    "America/Sao_Paulo": "ARS",
    "America/Whitehorse": "YMA YQH YZW ZFA",  # on UTC-7 since 2020-11-01
    "America/Winnipeg": "KIF XKS",
    "Asia/Khandyga": "KDY",
    "Asia/Pontianak": "GXM",
    "Asia/Sakhalin": "BVV DEE EKS OHH UUS ZZO",
    "Pacific/Bougainville": "BUA",
}


@functools.cache
def airports() -> dict[str, airportsdata.Airport]:
    """Return all known airports, keyed by IATA code."""
    known = airportsdata.load("IATA")
    for zone, codes in _CORRECTED_ZONES.items():
        for code in known.keys() & codes.split():
            known[code]["tz"] = zone
    return known


class MetropolitanArea(NamedTuple):
    """A city with a code of its own, such as New York (NYC), and the airports that airlines sell as the city."""

    name: str
    airports: frozenset[str]


# IATA's pricing list, which airportsdata copies, lacks airports that airlines sell as the city (Newark, Baltimore) and
# cities whose only airport has a different code. ANK and MKC are listed for another reason: the airport with this code
# has no airline service, so the code means the city's airport.
_CORRECTED_AREAS = {
    "ANK": ("Ankara", "ESB"),
    "BUH": ("Bucharest", "BBU OTP"),
    "DTT": ("Detroit", "DTW"),
    "EAP": ("Basel", "BSL"),
    "IZM": ("Izmir", "ADB"),
    "LON": ("London", "LCY LGW LHR LTN SEN STN"),
    "MKC": ("Kansas City", "MCI"),
    "MOW": ("Moscow", "DME SVO VKO ZIA"),
    "NYC": ("New York", "EWR JFK LGA"),
    "ORL": ("Orlando", "MCO SFB"),
    "STO": ("Stockholm", "ARN BMA NYO"),
    "WAS": ("Washington", "BWI DCA IAD"),
    "YEA": ("Edmonton", "YEG"),
    "YMQ": ("Montreal", "YUL"),
}


@functools.cache
def metropolitan_areas() -> dict[str, MetropolitanArea]:
    """Return the cities that have a code, keyed by city code. Some of these codes are also airports (HOU)."""
    listed = {code: (city["name"], frozenset(city["airports"])) for code, city in airportsdata.load_iata_macs().items()}
    listed |= {code: (name, frozenset(codes.split())) for code, (name, codes) in _CORRECTED_AREAS.items()}
    own = {code: {code} & airports().keys() for code in listed.keys() - _CORRECTED_AREAS}
    # If a city's code is also an airport, it is added: Johannesburg's list lacks JNB.
    return {code: MetropolitanArea(name, codes | own.get(code, set())) for code, (name, codes) in listed.items()}


def is_city_code(code: str) -> bool:
    """Return whether a code means a city. A code that is also an airport means the airport, as on a ticket."""
    return code in _CORRECTED_AREAS or (code not in airports() and code in metropolitan_areas())


@functools.cache
def city_airports(code: str) -> frozenset[str]:
    """Return the airports of a city with this code, which can be an airport's too (HOU); empty for an unknown code."""
    area = metropolitan_areas().get(code)
    return area.airports if area else frozenset()


@functools.cache
def metro_area(iata: str) -> str:
    """Return the code of the city that an airport belongs to (NYC for JFK), or its own code."""
    return _metro_areas().get(iata, iata)


@functools.cache
def _metro_areas() -> dict[str, str]:
    areas = sorted(metropolitan_areas().items())
    return {airport: code for code, area in areas for airport in area.airports}


@functools.cache
def airport_zone(iata: str) -> ZoneInfo | None:
    """Return the time zone of an airport, or None for an unknown code."""
    airport = airports().get(iata)
    return ZoneInfo(airport["tz"]) if airport else None

"""What a request asks for: the parameters of the cached search and of the bulk availability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from awardspider.items import Cabin
from awardspider.sandbox.airlines.seatsaero.sources import BY_KEY, LETTERS, NAMES

LEAST_TAKEN, MOST_TAKEN, USUALLY_TAKEN = 10, 1000, 500
REGIONS = ("North America", "South America", "Africa", "Asia", "Europe", "Oceania")


class BadParameter(ValueError):
    """A parameter that is missing or cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search; what is empty or None leaves all in. `percent` is the least share of the way in a row's cabin."""

    origins: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    regions: tuple[str, str] = ("", "")
    sources: tuple[str, ...] = tuple(BY_KEY)
    first: date | None = None
    last: date | None = None
    cabins: frozenset[Cabin] = frozenset(Cabin)
    carriers: frozenset[str] = frozenset()
    direct: bool = False
    filtered: bool = False
    percent: int = 100
    lowest_first: bool = False
    trips: bool = False
    short_trips: bool = False
    take: int = USUALLY_TAKEN
    skip: int = 0


def asked(query: Mapping[str, str], *, bulk: bool) -> Search:
    """The search in a query. Raises BadParameter."""
    origins, destinations = listed(query, "origin_airport"), listed(query, "destination_airport")
    regions = (query.get("origin_region", ""), query.get("destination_region", ""))
    sources: tuple[str, ...] = tuple(BY_KEY)
    if bulk:
        sources = (source_of(query),)
        if any(name and name not in REGIONS for name in regions):
            raise BadParameter("region")
    else:
        if query.get("sources"):
            sources = tuple(name for name in listed(query, "sources", upper=False) if name in BY_KEY)
        if not origins:
            raise BadParameter("origin_airport")
    return Search(
        origins=() if bulk else origins,
        destinations=() if bulk else destinations,
        regions=regions if bulk else ("", ""),
        sources=sources,
        first=_day(query, "start_date"),
        last=_day(query, "end_date"),
        cabins=_cabins(query),
        carriers=frozenset(listed(query, "carriers")),
        direct=flag(query, "only_direct_flights"),
        filtered=flag(query, "include_filtered"),
        percent=percent(query),
        lowest_first=query.get("order_by") == "lowest_mileage",
        trips=flag(query, "include_trips"),
        short_trips=flag(query, "minify_trips"),
        take=min(MOST_TAKEN, max(LEAST_TAKEN, _number(query, "take", USUALLY_TAKEN))),
        skip=_number(query, "skip", 0),
    )


def source_of(query: Mapping[str, str]) -> str:
    """The one program that a query must name. Raises BadParameter."""
    source = query.get("source", "")
    if source not in BY_KEY:
        raise BadParameter("source")
    return source


def listed(query: Mapping[str, str], name: str, *, upper: bool = True) -> tuple[str, ...]:
    """The parts of a value with commas."""
    parts = (part.strip() for part in query.get(name, "").split(","))
    return tuple(part.upper() if upper else part for part in parts if part)


def flag(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").lower() in ("true", "1")


def percent(query: Mapping[str, str]) -> int:
    """`min_cabin_pct`, 100 where it is not given. Raises BadParameter."""
    return min(100, _number(query, "min_cabin_pct", 100))


def _cabins(query: Mapping[str, str]) -> frozenset[Cabin]:
    """The cabins of `cabins`, or of `cabin`, which the bulk availability has and old clients send."""
    names = listed(query, "cabins", upper=False) or listed(query, "cabin", upper=False)
    if any(name not in NAMES for name in names):
        raise BadParameter("cabins")
    return frozenset(LETTERS[NAMES[name]] for name in names) or frozenset(Cabin)


def _number(query: Mapping[str, str], name: str, usual: int) -> int:
    text = query.get(name) or str(usual)
    if not text.isdecimal():
        raise BadParameter(name)
    return int(text)


def _day(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadParameter(name) from None

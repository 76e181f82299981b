"""The parameters of the cached search and the bulk availability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from awardspider.items import Cabin
from awardspider.sandbox.airlines.seatsaero.sources import BY_KEY, LETTERS, NAMES

MIN_TAKE, MAX_TAKE, DEFAULT_TAKE = 10, 1000, 500
REGIONS = ("North America", "South America", "Africa", "Asia", "Europe", "Oceania")


class InvalidParameter(ValueError):
    """A missing or invalid parameter; the exception's text names the parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchParameters:
    """A search; empty fields do not filter. `percent` is the minimum share of the distance flown in a row's cabin."""

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
    take: int = DEFAULT_TAKE
    skip: int = 0


def parse_search(query: Mapping[str, str], *, bulk: bool) -> SearchParameters:
    """Parse the search from a query. Raise InvalidParameter if it is invalid."""
    origins, destinations = _parse_list(query, "origin_airport"), _parse_list(query, "destination_airport")
    regions = (query.get("origin_region", ""), query.get("destination_region", ""))
    sources: tuple[str, ...] = tuple(BY_KEY)
    if bulk:
        sources = (parse_source(query),)
        if any(name and name not in REGIONS for name in regions):
            raise InvalidParameter("region")
    else:
        if query.get("sources"):
            sources = tuple(name for name in _parse_list(query, "sources", upper=False) if name in BY_KEY)
        if not origins:
            raise InvalidParameter("origin_airport")
    return SearchParameters(
        origins=() if bulk else origins,
        destinations=() if bulk else destinations,
        regions=regions if bulk else ("", ""),
        sources=sources,
        first=_parse_day(query, "start_date"),
        last=_parse_day(query, "end_date"),
        cabins=_parse_cabins(query),
        carriers=frozenset(_parse_list(query, "carriers")),
        direct=parse_flag(query, "only_direct_flights"),
        filtered=parse_flag(query, "include_filtered"),
        percent=parse_percent(query),
        lowest_first=query.get("order_by") == "lowest_mileage",
        trips=parse_flag(query, "include_trips"),
        short_trips=parse_flag(query, "minify_trips"),
        take=min(MAX_TAKE, max(MIN_TAKE, _parse_number(query, "take", DEFAULT_TAKE))),
        skip=_parse_number(query, "skip", 0),
    )


def parse_source(query: Mapping[str, str]) -> str:
    """Return the program in a query. Raise InvalidParameter if it is missing or unknown."""
    source = query.get("source", "")
    if source not in BY_KEY:
        raise InvalidParameter("source")
    return source


def _parse_list(query: Mapping[str, str], name: str, *, upper: bool = True) -> tuple[str, ...]:
    parts = (part.strip() for part in query.get(name, "").split(","))
    return tuple(part.upper() if upper else part for part in parts if part)


def parse_flag(query: Mapping[str, str], name: str) -> bool:
    """Return whether a parameter is `true` or `1`, ignoring case."""
    return query.get(name, "").lower() in ("true", "1")


def parse_percent(query: Mapping[str, str]) -> int:
    """Return `min_cabin_pct`, by default and at most 100. Raise InvalidParameter if it is not a number."""
    return min(100, _parse_number(query, "min_cabin_pct", 100))


def _parse_cabins(query: Mapping[str, str]) -> frozenset[Cabin]:
    """Parse `cabins`, or else `cabin`, which the bulk availability and old clients use; by default, all cabins."""
    names = _parse_list(query, "cabins", upper=False) or _parse_list(query, "cabin", upper=False)
    if any(name not in NAMES for name in names):
        raise InvalidParameter("cabins")
    return frozenset(LETTERS[NAMES[name]] for name in names) or frozenset(Cabin)


def _parse_number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not text.isdecimal():
        raise InvalidParameter(name)
    return int(text)


def _parse_day(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidParameter(name) from None

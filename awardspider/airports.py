"""Airports by IATA code, and their time zones."""

from __future__ import annotations

import functools
from zoneinfo import ZoneInfo

import airportsdata


@functools.cache
def airports() -> dict[str, airportsdata.Airport]:
    """Return all known airports, keyed by IATA code."""
    return airportsdata.load("IATA")


@functools.cache
def airport_zone(iata: str) -> ZoneInfo | None:
    """Return the time zone of an airport, or None for an unknown code."""
    airport = airports().get(iata)
    return ZoneInfo(airport["tz"]) if airport else None

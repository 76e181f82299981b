"""Great-circle distances between airports."""

from __future__ import annotations

import math

from awardspider.airports import airports

_EARTH_RADIUS_KM = 6371.0
_KM_PER_DEGREE = 111.0


def distance_km(first: str, second: str) -> float:
    """Return the distance between two known airports in kilometers."""
    a, b = airports()[first], airports()[second]
    lat1, lat2 = math.radians(a["lat"]), math.radians(b["lat"])
    half_lat, half_lon = (lat2 - lat1) / 2, math.radians(b["lon"] - a["lon"]) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    return 2 * _EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(chord)))


def airports_within(center: str, radius_km: float) -> frozenset[str]:
    """Return the airports within a distance of a known airport, which is one of them."""
    latitude = airports()[center]["lat"]
    nearby = radius_km / _KM_PER_DEGREE + 0.1  # a cheap check first: most airports are at other latitudes
    return frozenset(
        code
        for code, airport in airports().items()
        if abs(airport["lat"] - latitude) <= nearby and distance_km(center, code) <= radius_km
    )

"""Watches for tests, with places and dates as text."""

from __future__ import annotations

from typing import Any

from awardspider.search.dates import parse_dates
from awardspider.search.places import parse_places
from awardspider.search.watches import Watch


def make_watch(**values: Any) -> Watch:
    """Return a watch; places and dates may be text, by default one route in one month."""
    fields: dict[str, Any] = {"name": "one", "origin": "LAX", "destination": "AUS", "dates": "2027-03"} | values
    for name in ("origin", "destination", "via", "not_via"):
        if isinstance(fields.get(name), str):
            fields[name] = parse_places(fields[name])
    if isinstance(fields["dates"], str):
        fields["dates"] = parse_dates(fields["dates"])
    return Watch(**fields)

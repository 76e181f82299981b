"""Owners, the people whom watches belong to: language, time zone, home airport, and the points that they have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

from msgspec import Meta

from awardspider.airports import airports
from awardspider.outcomes import InvalidArgument
from awardspider.search.field_values import parse_value, quoted, single_text
from awardspider.search.points_cost import Holdings
from awardspider.search.suggestions import unknown_name
from awardspider.search.time_zones import parse_timezone, zone_or_utc
from awardspider.search.transfer_partners import parse_bank, parse_points, reachable_programs

OwnerName = Annotated[str, Meta(min_length=1, max_length=100)]


class Locale(StrEnum):
    """Locales of an owner's messages."""

    EN = "en"
    PT_BR = "pt_BR"
    ES = "es"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A person whom watches belong to. `id` never changes and is empty for an owner that is not stored."""

    id: str = ""
    name: OwnerName
    locale: Locale = Locale.EN
    #: IANA name.
    timezone: str = "UTC"
    #: IATA code.
    home_airport: str | None = None
    #: Points by key of a bank or program, as `transfer_partners.parse_points` returns them.
    points: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    #: Keys of the banks whose targeted offers the owner has.
    targeted: frozenset[str] = frozenset()
    created_at: datetime | None = None

    @property
    def zone(self) -> tzinfo:
        """Return the time zone; UTC if the zone is no longer known."""
        return zone_or_utc(self.timezone)

    @property
    def reachable(self) -> frozenset[str]:
        """Return the keys of the programs that the points reach, directly or through transfers."""
        return reachable_programs(self.points)

    @property
    def holdings(self) -> Holdings:
        """Return the points with the banks whose targeted offers count."""
        return Holdings(points=self.points, targeted=self.targeted)


def build_owner(
    *,
    name: object,
    locale: object = Locale.EN,
    timezone: object = "UTC",
    home_airport: object = None,
    points: object = MappingProxyType({}),
    targeted: object = (),
    id: str = "",
) -> Owner:
    """Build an owner from written values. Raise InvalidArgument with the name of the invalid field."""
    written = {
        "name": name,
        "locale": locale,
        "timezone": timezone,
        "home_airport": home_airport,
        "points": points,
        "targeted": targeted,
    }
    values: dict[str, Any] = {}
    for field_name, value in written.items():
        try:
            values[field_name] = _PARSERS[field_name](value)
        except InvalidArgument as error:
            names_itself = str(error).startswith((f"{field_name}: ", f"unknown {field_name} "))
            raise InvalidArgument(str(error) if names_itself else f"{field_name}: {error}") from None
    return Owner(id=id, **values)


def _parse_name(value: object) -> str:
    name: str = parse_value(value, OwnerName)
    if not name.isprintable():
        raise InvalidArgument("must be one line without control characters")
    return name


def _parse_locale(value: object) -> Locale:
    text = single_text(value).replace("-", "_")
    known = {locale.casefold(): locale for locale in Locale} | {"pt": Locale.PT_BR}
    if text.casefold() not in known:
        raise InvalidArgument(unknown_name("locale", text, Locale))
    return known[text.casefold()]


def _parse_airport(value: object) -> str | None:
    code = single_text("" if value is None else value).upper()
    if code and code not in airports():
        raise InvalidArgument(f'"{quoted(value)}" is not the IATA code of an airport, such as LAX')
    return code or None


def _parse_points(value: object) -> Mapping[str, int]:
    return MappingProxyType(parse_points(value))


def _parse_targeted(value: object) -> frozenset[str]:
    names = re.split("[,;]", value) if isinstance(value, str) else value
    if not isinstance(names, Iterable) or not all(isinstance(name, str) for name in names):
        raise InvalidArgument(f'expected banks, as in amex, chase, not "{quoted(value)}"')
    return frozenset(parse_bank(name) for name in names if name.strip())


_PARSERS: Mapping[str, Callable[[object], object]] = {
    "name": _parse_name,
    "locale": _parse_locale,
    "timezone": parse_timezone,
    "home_airport": _parse_airport,
    "points": _parse_points,
    "targeted": _parse_targeted,
}

"""Checks of fields of a watch that contradict each other, so that no offer could ever match."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from awardspider.programs import all_programs
from awardspider.search.alliances import as_of, carriers_on, programs_of_alliances

#: Fields that have a meaning only with another one.
NEEDED_FIELDS = {"max_trip_miles": "nights", "max_trip_taxes": "nights", "min_cabin_share": "cabins"}
_ANYWHERE = "anywhere"


class Conflict(NamedTuple):
    """A contradiction; `field` is the one to show, and `message` does not begin with its name."""

    field: str
    message: str


def find_conflict(values: Mapping[str, Any]) -> Conflict | None:
    """Return the first contradiction between parsed fields, keyed by name without those that are missing."""
    return next((conflict for check in _CHECKS for conflict in check(values)), None)


def _trip_limits_need_nights(values: Mapping[str, Any]) -> Iterator[Conflict]:
    for name in ("max_trip_miles", "max_trip_taxes"):
        if name in values and "nights" not in values:
            one_way = name.replace("_trip", "")
            yield Conflict(name, f"is for round trips: add nights (such as 7-10), or use {one_way}")


def _cabin_share_needs_cabins(values: Mapping[str, Any]) -> Iterator[Conflict]:
    if "min_cabin_share" not in values:
        return
    if not values.get("cabins"):
        yield Conflict("min_cabin_share", "is the share of the journey in one of the cabins: add cabins")
    if not values.get("allow_mixed_cabin", True) and values["min_cabin_share"] < 100:
        yield Conflict("min_cabin_share", "allows other cabins, but allow_mixed_cabin: no does not: remove one of them")


def _carriers(values: Mapping[str, Any]) -> Iterator[Conflict]:
    for included, excluded in (("carriers", "not_carriers"), ("operated_by", "not_operated_by")):
        named = set(values.get(included, ())) & set(values.get(excluded, ()))
        if named:
            yield Conflict(excluded, f"{', '.join(sorted(named))} is also in {included}: remove it from one of them")
        elif included in values and not _ever(values[included]) - _always(values.get(excluded, ())):
            yield Conflict(excluded, f"excludes every airline in {included}: remove one of them")


def _flights(values: Mapping[str, Any]) -> Iterator[Conflict]:
    carriers = {flight[:2] for flight in values.get("flights", ())}
    if not carriers:
        return
    if "carriers" in values and not carriers & _ever(values["carriers"]):
        yield Conflict("flights", "none is of an airline in carriers: remove one of these fields")
    if carriers <= _always(values.get("not_carriers", ())):
        yield Conflict("flights", "all are of an airline in not_carriers: remove one of these fields")


def _connections(values: Mapping[str, Any]) -> Iterator[Conflict]:
    if "via" not in values:
        return
    if values.get("max_stops") == 0:
        yield Conflict("via", "needs a connection, but max_stops: 0 allows none: remove one of them")
    if "not_via" in values and values["via"].airports <= values["not_via"].airports:
        yield Conflict("not_via", f"excludes every place in via ({values['via']}): remove one of them")


def _anywhere(values: Mapping[str, Any]) -> Iterator[Conflict]:
    if all(_ANYWHERE in values[name].labels for name in ("origin", "destination")):
        yield Conflict("destination", "anywhere to anywhere is too much to search: name places for one of the two")


def _programs(values: Mapping[str, Any]) -> Iterator[Conflict]:
    if not (values.get("programs") and values.get("alliances")):
        return
    named = {program for key in values["programs"] for program in _programs_of(key)}
    if not named & programs_of_alliances(values["alliances"]):
        yield Conflict("alliances", "none of the programs is of this alliance: remove programs or alliances")


def _programs_of(key: str) -> tuple[str, ...]:
    source, slash, program = key.partition("/")
    return (program,) if slash else all_programs()[source].programs


def _ever(carriers: tuple[str, ...]) -> frozenset[str]:
    """Return codes of carriers, with the members of an alliance now or later."""
    return carriers_on(carriers, as_of()) | carriers_on(carriers, date.max)


def _always(carriers: tuple[str, ...]) -> frozenset[str]:
    """Return codes of carriers, with the members of an alliance now and later."""
    return carriers_on(carriers, as_of()) & carriers_on(carriers, date.max)


_CHECKS: tuple[Callable[[Mapping[str, Any]], Iterator[Conflict]], ...] = (
    _anywhere,
    _trip_limits_need_nights,
    _cabin_share_needs_cabins,
    _carriers,
    _flights,
    _connections,
    _programs,
)

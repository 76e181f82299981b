"""The active filters of a list of deals in words, each with the address of the list without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awardspider.panel.filters import DealFilters
from awardspider.panel.formats import Formats
from awardspider.panel.place_labels import chosen_labels
from awardspider.panel.texts import Texts
from awardspider.search.places import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterChip:
    """An active filter: its parameter, its text, and the filters that are left without it."""

    key: str
    text: str
    others: DealFilters


def filter_chips(filters: DealFilters, fmt: Formats, t: Texts) -> list[FilterChip]:
    """Return the active filters of a list."""
    return [
        FilterChip(key=key, text=text, others=filters.without(key, value))
        for key, value, text in _texts(filters, fmt, t)
    ]


def _texts(filters: DealFilters, fmt: Formats, t: Texts) -> Iterator[tuple[str, str, str]]:
    """Yield the parameter, the value and the text of each active filter."""
    if filters.origin:
        yield "from", "", t("deals.chip_from", value=_places(filters.origin, fmt, t))
    if filters.destination:
        yield "to", "", t("deals.chip_to", value=_places(filters.destination, fmt, t))
    if filters.first:
        yield "first", "", t("deals.chip_first", value=fmt.short_day(filters.first))
    if filters.last:
        yield "last", "", t("deals.chip_last", value=fmt.short_day(filters.last))
    for cabin in filters.cabins:
        yield "cabin", cabin, t(f"base.cabin_{cabin}")
    for program in filters.programs:
        yield "program", program, fmt.program(program)
    if filters.max_miles is not None:
        yield "max_miles", "", t("deals.chip_max_miles", value=fmt.number(filters.max_miles))
    if filters.max_taxes is not None:
        yield "max_taxes", "", t("deals.chip_max_taxes", value=fmt.money(filters.max_taxes))
    if filters.max_stops is not None:
        yield (
            "max_stops",
            "",
            t("deals.chip_max_stops", n=filters.max_stops) if filters.max_stops else t("deals.nonstop"),
        )
    if filters.min_seats is not None:
        yield "min_seats", "", t("deals.chip_min_seats", n=filters.min_seats)
    if filters.worst_class is not None:
        yield "class", "", t(f"deals.class_{filters.worst_class}")
    if filters.confirmed:
        yield "confirmed", "", t("deals.confirmed")
    if filters.min_cpp is not None:
        yield "min_cpp", "", t("deals.chip_min_cpp", value=fmt.cents(filters.min_cpp))


def _places(places: Places, fmt: Formats, t: Texts) -> str:
    labels = chosen_labels(places, fmt, t)
    return fmt.language.join_or([f"{label.name} ({label.code})" if label.code else label.name for label in labels])

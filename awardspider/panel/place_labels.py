"""The names of places in the language of the visitor, for suggestions and filters."""

from __future__ import annotations

from dataclasses import dataclass

from awardspider.panel.formats import Formats
from awardspider.panel.texts import Texts
from awardspider.search.countries import country
from awardspider.search.place_names import PlaceKind, PlacePart
from awardspider.search.place_suggestions import airport_title
from awardspider.search.places import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLabel:
    """A place as a person sees it; `value` is what a parameter contains, and `code` is empty without a short code."""

    value: str
    name: str
    detail: str
    code: str
    kind: str


def place_label(part: PlacePart, fmt: Formats, t: Texts) -> PlaceLabel:
    """Return the label of a place."""
    code = part.key if part.kind in (PlaceKind.AIRPORT, PlaceKind.CITY) else ""
    detail = t(f"deals.place_{part.kind}")
    match part.kind:
        case PlaceKind.AIRPORT:
            name = fmt.city(part.key)
            detail = airport_title(part.key)
        case PlaceKind.CITY:
            name = fmt.language.city(part.main[0], part.name)
            detail = country_name(country(part.main[0]), fmt)
        case PlaceKind.COUNTRY:
            name = country_name(part.key, fmt)
        case PlaceKind.REGION:
            name = fmt.language.phrase_or(f"region.{part.key}", part.name)
        case PlaceKind.ANYWHERE:
            name = t("deals.place_anywhere")
        case _:
            name = part.name
    return PlaceLabel(value=part.written, name=name, detail=detail, code=code, kind=part.kind.value)


def chosen_labels(places: Places | None, fmt: Formats, t: Texts) -> list[PlaceLabel]:
    """Return the labels of places that were chosen, one for each; places with exclusions have one for all."""
    if places is None:
        return []
    if places.excluded:
        return [PlaceLabel(value=places.text, name=places.text, detail="", code="", kind="")]
    return [place_label(part, fmt, t) for part in places.parts]


def country_name(code: str | None, fmt: Formats) -> str:
    """Return the name of a country, or its code if the language has no name for it."""
    return str(fmt.language.locale.territories.get(code or "", code or ""))

"""The calendar: the lowest price of each day of a year on one route or many, and the flights of a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from awardspider.items import Cabin
from awardspider.panel.access import Viewer
from awardspider.panel.calendar_queries import MAX_PAIRS, all_sources, pairs, searched_airports
from awardspider.panel.calendar_views import (
    CalendarView,
    CellView,
    cell_view,
    month_range,
    parse_month,
    shifted,
    weekdays,
)
from awardspider.panel.configuration import PanelConfig, config_of
from awardspider.panel.filters import DealFilters, parse_filters
from awardspider.panel.formats import Formats
from awardspider.panel.htmx import requests_part, varied
from awardspider.panel.place_labels import chosen_labels
from awardspider.panel.rendering import formats_and_texts, render
from awardspider.panel.texts import Texts
from awardspider.programs import all_programs
from awardspider.search.dates import today_at
from awardspider.storage.calendar_days import CalendarQuery, calendar_day, calendar_days, lowest_of_cabins
from awardspider.storage.offer_pages import offer_page
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.offers import OfferRow

router = APIRouter()

_OFFERS_OF_DAY = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """The choice of the visitor. `origins` and `destinations` are empty until both are valid."""

    filters: DealFilters
    month: date
    cabin: Cabin
    day: date | None
    origins: Sequence[str]
    destinations: Sequence[str]

    @property
    def is_complete(self) -> bool:
        """Return whether there are routes to show."""
        return bool(self.origins and self.destinations)

    @property
    def too_many(self) -> bool:
        """Return whether there are too many routes for one calendar."""
        return pairs(self.origins, self.destinations) > MAX_PAIRS


@router.get("/calendar")
def calendar_page(request: Request, visitor: Viewer) -> Response:
    """Show the calendar; for a request of a part of the page, only the flights of a day."""
    config = config_of(request)
    now = config.now()
    fmt, texts = formats_and_texts(request)
    chosen = _narrowed(config, _chosen(request, now))
    query = _calendar_query(chosen)
    is_shown = chosen.is_complete and not chosen.too_many
    day = chosen.day if is_shown and chosen.day and query.first <= chosen.day <= query.last else None
    is_day_only = requests_part(request) and day is not None
    view = _calendar(config, chosen, query, fmt, texts, with_days=not is_day_only) if is_shown else None
    context: dict[str, Any] = {
        "chosen": chosen,
        "filters": chosen.filters,
        "view": view,
        "query": _query(chosen),
        "day": day,
        "day_cells": _day_cells(config, view, query, day) if view and day else [],
        "day_offers": _offers_of(config, chosen, day) if day else _DayOffers(offers=[]),
        "origin": _only(chosen.origins),
        "destination": _only(chosen.destinations),
    }
    if requests_part(request):
        return varied(render(request, visitor, "calendar_day.html", **context))
    context |= {
        "weekdays": weekdays(fmt.language),
        "cabins": list(Cabin),
        "programs": sorted(all_programs().values(), key=lambda program: program.name.casefold()),
        "origin_labels": [asdict(each) for each in chosen_labels(chosen.filters.origin, fmt, texts)],
        "destination_labels": [asdict(each) for each in chosen_labels(chosen.filters.destination, fmt, texts)],
        "shifted": shifted,
        "this_month": now.date().replace(day=1),
    }
    return varied(render(request, visitor, "calendar.html", **context))


def _chosen(request: Request, now: datetime) -> _Chosen:
    filters = parse_filters(request.query_params, now.date())
    try:
        day = date.fromisoformat(request.query_params.get("day", ""))
    except ValueError:
        day = None
    origins, destinations = filters.origin, filters.destination
    return _Chosen(
        filters=filters,
        month=parse_month(request.query_params.get("month", ""), now),
        cabin=filters.cabins[0] if filters.cabins else Cabin.BUSINESS,
        day=day,
        origins=sorted(origins.airports) if origins else [],
        destinations=sorted(destinations.airports) if destinations else [],
    )


def _narrowed(config: PanelConfig, chosen: _Chosen) -> _Chosen:
    """Return the choice without the airports of large places between which nothing was searched."""
    origins, destinations = searched_airports(config.store, chosen.origins, chosen.destinations)
    return replace(chosen, origins=origins, destinations=destinations)


def _calendar_query(chosen: _Chosen) -> CalendarQuery:
    first, last = month_range(chosen.month)
    programs = chosen.filters.programs
    return CalendarQuery(
        origins=chosen.origins,
        destinations=chosen.destinations,
        first=first,
        last=last,
        programs=programs,
        sources=all_sources(programs),
    )


def _calendar(
    config: PanelConfig, chosen: _Chosen, query: CalendarQuery, fmt: Formats, texts: Texts, *, with_days: bool
) -> CalendarView:
    """Return the view of the chosen cabin. Without `with_days`, its `calendar` and `lowest` are empty."""
    now, max_age = config.now(), config.max_age
    today = min(today_at(origin, now) for origin in chosen.origins)
    of_cabin, from_today = replace(query, cabins=[chosen.cabin]), replace(query, first=max(query.first, today))
    return CalendarView(
        calendar=calendar_days(config.store, of_cabin, now=now, max_age=max_age) if with_days else {},
        cabin=chosen.cabin,
        lowest=lowest_of_cabins(config.store, from_today, now=now, max_age=max_age) if with_days else {},
        today=today,
        oldest=None if max_age is None else now - max_age,
        with_route=pairs(chosen.origins, chosen.destinations) > 1,
        fmt=fmt,
        texts=texts,
    )


def _day_cells(
    config: PanelConfig, view: CalendarView, query: CalendarQuery, day: date
) -> list[tuple[Cabin, CellView]]:
    """Return the views of a day in all cabins."""
    cells = calendar_day(config.store, query, day, now=config.now(), max_age=config.max_age)
    return [(cabin, cell_view(view, day, cell)) for cabin, cell in cells.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _DayOffers:
    """The best offers of a day in the chosen cabin and then in the others. `more` counts the rest of the chosen one.

    `more_is_capped` is True if there are even more.
    """

    offers: list[OfferRow]
    more: int = 0
    more_is_capped: bool = False


def _offers_of(config: PanelConfig, chosen: _Chosen, day: date) -> _DayOffers:
    query = OfferQuery(
        cabins=[chosen.cabin],
        programs=chosen.filters.programs,
        origins=chosen.origins,
        destinations=chosen.destinations,
        first=day,
        last=day,
        current_at=config.now(),
        max_age=config.max_age,
        contradicted=True,
    )
    page = offer_page(config.store, query, size=_OFFERS_OF_DAY)
    others: list[OfferRow] = []
    if size := _OFFERS_OF_DAY - len(page.offers):
        other_cabins = [cabin for cabin in Cabin if cabin is not chosen.cabin]
        others = offer_page(config.store, replace(query, cabins=other_cabins), size=size).offers
    return _DayOffers(
        offers=[
            *sorted(page.offers, key=lambda offer: (offer.miles is None, offer.miles or 0)),
            *sorted(others, key=lambda offer: (-offer.cabin.rank, offer.miles is None, offer.miles or 0)),
        ],
        more=page.count - len(page.offers),
        more_is_capped=page.count_is_capped,
    )


def _query(chosen: _Chosen) -> dict[str, Any]:
    """Return the query parameters of the view, without the day."""
    filters = chosen.filters
    return {
        "from": filters.origin.text if filters.origin else filters.written.get("from", ""),
        "to": filters.destination.text if filters.destination else filters.written.get("to", ""),
        "cabin": chosen.cabin.value,
        "program": list(filters.programs),
        "month": f"{chosen.month:%Y-%m}",
    }


def _only(codes: Sequence[str]) -> str:
    """Return the only code of a list, or an empty text."""
    return codes[0] if len(codes) == 1 else ""

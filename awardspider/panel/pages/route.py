"""The page of a route: the history of its lowest prices, the best offers now, and the last searches."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awardspider.airports import is_city_code, metropolitan_areas
from awardspider.deals.classes import parse_thresholds
from awardspider.items import Cabin
from awardspider.outcomes import InvalidArgument
from awardspider.panel.access import Viewer
from awardspider.panel.configuration import config_of
from awardspider.panel.formats import Formats
from awardspider.panel.rendering import formats_and_texts, render
from awardspider.panel.route_views import (
    marked_promotions,
    month_chart,
    program_histories,
    search_chart,
    strip_days,
)
from awardspider.programs import all_programs, short_name, sources_of
from awardspider.search.places import parse_airport_codes
from awardspider.search.price_history import WINDOW_DAYS
from awardspider.storage.offer_pages import offer_page
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.route_history import read_route_history
from awardspider.storage.route_queries import RouteQuery
from awardspider.storage.route_records import RecordedCabin, recorded_cabins

router = APIRouter()

#: The most programs in one chart: more lines are hard to distinguish.
MAX_PROGRAMS = 6
_SHOWN_OFFERS = 10


class Span(StrEnum):
    """Spans of search dates."""

    QUARTER = "90"
    YEAR = "365"
    ALL = "all"


@router.get("/routes/{route}")
def route_page(
    request: Request,
    visitor: Viewer,
    route: str,
    cabin: Cabin | None = None,
    program: Annotated[list[str] | None, Query()] = None,
    span: Span = Span.YEAR,
) -> Response:
    """Show the history of a route in one cabin."""
    config = config_of(request)
    store, now = config.store, config.now()
    fmt, texts = formats_and_texts(request)
    origin, origins, destination, destinations = _places(route)
    recorded = recorded_cabins(store, all_programs(), origins, destinations)
    chosen_cabin = cabin or _default_cabin(recorded)
    known = [each.program for each in sorted(recorded, key=_relevance) if each.cabin is chosen_cabin]
    chosen = [key for key in dict.fromkeys(program or ()) if key in known] or known[:MAX_PROGRAMS]
    queries = [
        RouteQuery(
            program=key,
            cabin=chosen_cabin,
            origins=origins,
            destinations=destinations,
            sources=sources_of(key),
            since=None if span is Span.ALL else now - timedelta(days=int(span)),
        )
        for key in chosen[:MAX_PROGRAMS]
    ]
    histories = program_histories(
        [
            read_route_history(store, query, now=now, max_age=config.max_age, window_days=WINDOW_DAYS)
            for query in queries
        ],
        parse_thresholds(config.settings),
    )
    shown = [each for each in histories if each.history.days]
    days = [day.day for each in shown for day in each.history.days]
    promotions = marked_promotions(store, chosen, min(days), now) if days else []
    offers = offer_page(
        store,
        OfferQuery(
            origins=origins, destinations=destinations, cabins=[chosen_cabin], current_at=now, max_age=config.max_age
        ),
        size=_SHOWN_OFFERS,
    )
    return render(
        request,
        visitor,
        "route.html",
        origin=origin,
        destination=destination,
        origin_name=_place_name(origin, origins, fmt),
        destination_name=_place_name(destination, destinations, fmt),
        cabins=[each for each in Cabin if each in {row.cabin for row in recorded}],
        cabin=chosen_cabin,
        known=known,
        chosen=chosen,
        short_name=short_name,
        span=span,
        spans=list(Span),
        histories=histories,
        by_search=search_chart(shown, promotions, texts, now) if shown else None,
        by_month=month_chart(shown, texts) if shown else None,
        promotions=promotions,
        strip_days=strip_days(now),
        offers=offers,
        has_history=bool(recorded),
        query=_query(cabin, program, span),
    )


def _places(route: str) -> tuple[str, tuple[str, ...], str, tuple[str, ...]]:
    """Return both codes of a route such as SFO-NRT or SFO-TYO, each with its airports."""
    origin, _, destination = route.upper().partition("-")
    try:
        origins, destinations = parse_airport_codes(origin), parse_airport_codes(destination)
    except InvalidArgument as error:
        raise HTTPException(404, f"A route is two airports or cities, such as SFO-NRT: {error}.") from error
    if set(origins) & set(destinations):
        raise HTTPException(404, f"{origin} and {destination} are the same place.")
    return origin, origins, destination, destinations


def _place_name(code: str, airports: tuple[str, ...], fmt: Formats) -> str:
    """Return the name of a city, given the code of a route and its airports."""
    if not is_city_code(code):
        return fmt.city(code)
    return fmt.language.city(airports[0], metropolitan_areas()[code].name)


def _default_cabin(recorded: list[RecordedCabin]) -> Cabin:
    """Return business if it has prices, otherwise the cabin with the longest history."""
    if not recorded or any(each.cabin is Cabin.BUSINESS for each in recorded):
        return Cabin.BUSINESS
    return max(recorded, key=lambda each: (each.days, each.cabin.rank)).cabin


def _relevance(each: RecordedCabin) -> tuple[int, int, str]:
    return -each.days, each.lowest, each.program


def _query(cabin: Cabin | None, program: list[str] | None, span: Span) -> dict[str, Any]:
    return {"cabin": cabin, "program": program or [], "span": None if span is Span.YEAR else span}

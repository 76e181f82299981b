"""Offers, the history of one, and the lowest prices of days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awardspider.delivery.messages.offer_records import described_offer, segment_records
from awardspider.items import Cabin
from awardspider.outcomes import InvalidArgument
from awardspider.panel.access import Viewer
from awardspider.panel.api.v1.replies import Cursor, Size, json_reply, page_reply
from awardspider.panel.api.v1.schemas import ERRORS, NOT_FOUND, OfferPage, OfferRecord, Page
from awardspider.panel.calendar_queries import calendar_query
from awardspider.panel.configuration import config_of
from awardspider.panel.filters import View, parse_filters
from awardspider.panel.preferences import preferences_of
from awardspider.panel.records import calendar_record
from awardspider.storage.calendar_days import MAX_DAYS, calendar_days
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.offer_pages import offer_page
from awardspider.storage.offer_sorts import OfferSort
from awardspider.storage.offers import OfferRow, PricePoint, offer_history
from awardspider.storage.records import point_record

router = APIRouter(prefix="/api/v1", tags=["offers"], responses=ERRORS)

_DEFAULT_DAYS = 90


@router.get("/offers", response_model=OfferPage)
def list_offers(
    request: Request,
    visitor: Viewer,
    view: Annotated[View, Query(description="`deals`: better than usual; `fares`: all offers")] = View.DEALS,
    origin: Annotated[str | None, Query(alias="from", description="Places of departure")] = None,
    destination: Annotated[str | None, Query(alias="to", description="Places of arrival")] = None,
    first: Annotated[str | None, Query(description="First local day of departure: `2027-03-10`, `+30`")] = None,
    last: Annotated[str | None, Query(description="Last local day of departure")] = None,
    cabin: Annotated[list[Cabin] | None, Query(description="Cabins")] = None,
    program: Annotated[list[str] | None, Query(description="Keys of programs")] = None,
    max_miles: Annotated[str | None, Query(description="For one traveler, one way: `75000`, `75k`")] = None,
    max_taxes: Annotated[str | None, Query(description="For one traveler, in `currency`")] = None,
    currency: Annotated[str | None, Query(description="ISO 4217 code; default USD")] = None,
    max_stops: Annotated[str | None, Query(description="0 for nonstop flights")] = None,
    min_seats: Annotated[str | None, Query(description="Seats for so many travelers")] = None,
    deal_class: Annotated[str | None, Query(alias="class", description="This class or a better one")] = None,
    confirmed: Annotated[str | None, Query(description="1: only offers whose flights were seen")] = None,
    min_cpp: Annotated[str | None, Query(description="US cents per point, at least")] = None,
    sort: Annotated[OfferSort, Query(description="Order")] = OfferSort.DEAL,
    after: Cursor = None,
    size: Size = 50,
) -> Response:
    """List the offers that are available now. The parameters are those of the page Deals."""
    config, now = config_of(request), config_of(request).now()
    filters = parse_filters(request.query_params, now.date())
    filters.require_valid()
    if "view" not in request.query_params:
        filters = replace(filters, view=View.DEALS)
    page = offer_page(
        config.store,
        filters.query(now, config.max_age),
        sort=filters.sort,
        cursor=after,
        size=size,
        rates=current_rates(config.store, config.settings),
    )
    items = [_record(request, offer) for offer in page.offers]
    return page_reply(request, items, page.next_cursor, page.count, is_capped=page.count_is_capped)


@router.get("/offers/{offer_id}", response_model=OfferRecord, responses=NOT_FOUND)
def get_offer(request: Request, visitor: Viewer, offer_id: str) -> Response:
    """Return an offer with its flights. The unique beginning of an id is enough."""
    offer, _ = _found(request, offer_id)
    return json_reply(request, _record(request, offer) | {"segments": segment_records(offer)})


@router.get("/offers/{offer_id}/history", response_model=Page, responses=NOT_FOUND)
def get_offer_history(request: Request, visitor: Viewer, offer_id: str) -> Response:
    """List the changes of an offer's price, taxes and seats, oldest first."""
    offer, points = _found(request, offer_id)
    return page_reply(request, [point_record(offer, point) for point in points])


@router.get("/calendar", response_model=Page)
def get_calendar(
    request: Request,
    visitor: Viewer,
    origin: Annotated[str, Query(alias="from", description="Places of departure")],
    destination: Annotated[str, Query(alias="to", description="Places of arrival")],
    first: Annotated[date | None, Query(description="First local day of departure; default today")] = None,
    days: Annotated[int, Query(ge=1, le=MAX_DAYS, description="Number of days")] = _DEFAULT_DAYS,
    cabin: Annotated[list[Cabin] | None, Query(description="Cabins; default all")] = None,
    program: Annotated[list[str] | None, Query(description="Keys of programs")] = None,
) -> Response:
    """Return the lowest price of each day and cabin; a day without one is empty, failed or not searched."""
    config, now = config_of(request), config_of(request).now()
    query = calendar_query(
        config.store,
        origin,
        destination,
        first=first or now.date(),
        days=days,
        programs=program or (),
        cabins=cabin or (),
    )
    cells = calendar_days(config.store, query, now=now, max_age=config.max_age)
    items = [
        {"day": day.isoformat(), "cabin": cabin_of_cell.value} | calendar_record(cell)
        for day, by_cabin in cells.items()
        for cabin_of_cell, cell in by_cabin.items()
    ]
    return page_reply(request, items)


def _found(request: Request, offer_id: str) -> tuple[OfferRow, list[PricePoint]]:
    try:
        return offer_history(config_of(request).store, offer_id)
    except InvalidArgument as error:
        raise HTTPException(404, str(error)) from None


def _record(request: Request, offer: OfferRow) -> dict[str, Any]:
    config = config_of(request)
    language = preferences_of(request, config.settings).language
    return described_offer(offer, config.now(), config.max_age, language)

"""The page of one offer: everything that is known of it."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from awardspider.deals.deal_list import Deal
from awardspider.outcomes import InvalidArgument
from awardspider.panel.access import Viewer
from awardspider.panel.configuration import config_of
from awardspider.panel.deal_rows import DealRow
from awardspider.panel.formats import Formats
from awardspider.panel.offer_chart import price_chart
from awardspider.panel.offer_legs import legs
from awardspider.panel.offer_points import find_offer_points
from awardspider.panel.preferences import preferences_of
from awardspider.panel.rendering import render
from awardspider.panel.texts import Texts
from awardspider.storage.offer_details import find_offer_details

router = APIRouter()


@router.get("/offers/{offer_id}")
def offer_page(request: Request, visitor: Viewer, offer_id: str) -> Response:
    """Show an offer; the beginning of an id leads to the page of the offer that has it."""
    config = config_of(request)
    now = config.now()
    language = preferences_of(request, config.settings).language
    fmt, texts = Formats(language, now), Texts(language)
    try:
        details = find_offer_details(config.store, offer_id, now=now, max_age=config.max_age, owner_id=visitor.owner_id)
    except InvalidArgument as error:
        raise HTTPException(HTTPStatus.NOT_FOUND, str(error)) from error
    offer = details.offer
    if offer.id != offer_id:
        return RedirectResponse(f"/offers/{offer.id}", HTTPStatus.SEE_OTHER)
    return render(
        request,
        visitor,
        "offer.html",
        details=details,
        offer=offer,
        row=DealRow(Deal(1, (offer,)), fmt),
        others=[DealRow(Deal(1, (other,)), fmt) for other in details.same_flights],
        offer_status=offer.status(now, config.max_age),
        legs=list(legs(offer.segments)),
        points=find_offer_points(config, offer, visitor.owner_id or visitor.adds_for),
        chart=price_chart(details, fmt, texts),
        address=str(request.url_for("offer_page", offer_id=offer.id)),
    )

"""The page of one offer: everything that is known of it."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from awardspider.deals.deal_list import Deal
from awardspider.delivery.public_pages import offer_share_key, share_address, share_offer
from awardspider.outcomes import InvalidArgument
from awardspider.panel.access import Member, Viewer
from awardspider.panel.configuration import PanelConfig, config_of
from awardspider.panel.deal_rows import DealRow
from awardspider.panel.offer_chart import price_chart
from awardspider.panel.offer_legs import legs
from awardspider.panel.offer_points import find_offer_points
from awardspider.panel.preferences import preferences_of
from awardspider.panel.rendering import formats_and_texts, render
from awardspider.storage.accounts import Role
from awardspider.storage.offer_details import find_offer_details
from awardspider.storage.offers import OfferRow, offer_history
from awardspider.storage.shares import find_share, find_share_ids

router = APIRouter()


@router.get("/offers/{offer_id}")
def offer_page(request: Request, visitor: Viewer, offer_id: str) -> Response:
    """Show an offer; the beginning of an id leads to the page of the offer that has it."""
    config = config_of(request)
    now = config.now()
    fmt, texts = formats_and_texts(request)
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
        address=_public_address(config, offer) or str(request.url_for("offer_page", offer_id=offer.id)),
        may_publish=bool(config.public_url) and visitor.may(Role.MEMBER) and not _public_address(config, offer),
    )


@router.post("/offers/{offer_id}/share")
def publish_offer(request: Request, visitor: Member, offer_id: str) -> Response:
    """Create a public page of an offer, which everybody with its address can open."""
    config = config_of(request)
    if not config.public_url:
        raise InvalidArgument("public pages need AWARD_PUBLIC_URL: the address at which others reach the panel")
    try:
        offer, _ = offer_history(config.store, offer_id)
    except InvalidArgument as error:
        raise HTTPException(HTTPStatus.NOT_FOUND, str(error)) from error
    locale = str(preferences_of(request, config.settings).language.locale)
    share_offer(config.store, offer, locale=locale, now=config.now())
    return RedirectResponse(f"/offers/{offer.id}?notice=offer_published", HTTPStatus.SEE_OTHER)


def _public_address(config: PanelConfig, offer: OfferRow) -> str:
    """Return the address of the public page of an offer; empty if there is none that can be opened."""
    if not config.public_url:
        return ""
    key = offer_share_key(offer)
    share_id = find_share_ids(config.store, [key]).get(key)
    share = find_share(config.store, share_id) if share_id else None
    return share_address(config.public_url, share.id) if share and share.is_open(config.now()) else ""

"""The page of one offer: everything that is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from awardspider.deals.deal_list import Deal
from awardspider.delivery.public_pages import offer_share_key, open_offer_shares, share_address, share_offer
from awardspider.outcomes import InvalidArgument
from awardspider.panel.access import Member, Viewer, Visitor
from awardspider.panel.configuration import PanelConfig, config_of
from awardspider.panel.deal_rows import DealRow
from awardspider.panel.offer_chart import price_chart
from awardspider.panel.offer_legs import legs
from awardspider.panel.offer_points import find_offer_points
from awardspider.panel.preferences import preferences_of
from awardspider.panel.rendering import formats_and_texts, render
from awardspider.storage.accounts import Role
from awardspider.storage.offer_details import find_offer_details
from awardspider.storage.offers import OfferRow, PricePoint, offer_history
from awardspider.storage.owners import find_owners
from awardspider.storage.shares import Share, revoke_shares

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
    shares = _open_shares(config, visitor, offer, details.points)
    own_key = offer_share_key(offer.id, offer.miles, visitor.adds_for)
    addresses = [share_address(config.public_url, share.id) for share in shares if share.key == own_key]
    may_share = bool(config.public_url) and visitor.may(Role.MEMBER)
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
        address=addresses[0] if addresses else str(request.url_for("offer_page", offer_id=offer.id)),
        may_publish=may_share and not addresses,
        closable=len(shares) if may_share else 0,
    )


@router.post("/offers/{offer_id}/share")
def publish_offer(request: Request, visitor: Member, offer_id: str) -> Response:
    """Create a public page of an offer, which everybody with its address can open."""
    config = config_of(request)
    if not config.public_url:
        raise InvalidArgument("public pages need AWARD_PUBLIC_URL: the address at which others reach the panel")
    offer, _ = _offer_or_404(config, offer_id)
    locale = str(preferences_of(request, config.settings).language.locale)
    share_offer(config.store, offer, owner_id=visitor.adds_for, locale=locale, now=config.now())
    return _back(offer, "offer_published")


@router.post("/offers/{offer_id}/revoke")
def close_public_pages(request: Request, visitor: Member, offer_id: str) -> Response:
    """Close the public pages that the visitor made of an offer, at any price; for an operator, everybody's."""
    config = config_of(request)
    offer, points = _offer_or_404(config, offer_id)
    shares = _open_shares(config, visitor, offer, points)
    closed = revoke_shares(config.store, [share.id for share in shares], config.now())
    return _back(offer, "share_revoked" if closed else "share_unchanged")


def _offer_or_404(config: PanelConfig, offer_id: str) -> tuple[OfferRow, list[PricePoint]]:
    try:
        return offer_history(config.store, offer_id)
    except InvalidArgument as error:
        raise HTTPException(HTTPStatus.NOT_FOUND, str(error)) from error


def _open_shares(config: PanelConfig, visitor: Visitor, offer: OfferRow, points: Sequence[PricePoint]) -> list[Share]:
    """Return the public pages of an offer that can be opened and the visitor made; for an operator, everybody's."""
    if not config.public_url:
        return []
    owner_ids = [owner.id for owner in find_owners(config.store)] if visitor.is_operator else [visitor.adds_for]
    prices = [offer.miles, *(point.values["miles"] for point in points)]
    return open_offer_shares(config.store, offer.id, prices, owner_ids, config.now())


def _back(offer: OfferRow, notice: str) -> Response:
    return RedirectResponse(f"/offers/{offer.id}?notice={notice}", HTTPStatus.SEE_OTHER)

"""The pages of the panel with an example of each, for tests and screenshots of all pages."""

from __future__ import annotations

from urllib.parse import quote

from sqlalchemy import func, select

from awardspider.storage import schema
from awardspider.storage.store import Store

_offers, _runs, _watches = schema.offers.c, schema.runs.c, schema.watches.c

_WORDS = "Business from San Francisco to London in spring, below 90000 miles"

#: Pages without an example in their address.
FIXED = {
    "deals": "/",
    "calendar": "/calendar",
    "promotions": "/promotions",
    "watches": "/watches",
    "watch-new": "/watches/new",
    "watch-words": f"/watches/new?words={quote(_WORDS)}",
    "watch-form": "/watches/new?from=SFO&to=LHR",
    "watch-promotion": "/watches/new?kind=promotion",
    "deliveries": "/deliveries",
    "channels": "/channels",
    "channel-kinds": "/channels/new",
    "channel-form": "/channels/new?kind=webhook",
    "posts": "/posts",
    "programs": "/programs",
    "program": "/programs/united",
    "runs": "/runs",
    "run-start": "/runs/start",
    "schedule": "/schedule",
    "schedule-form": "/schedule/add",
    "searches": "/searches",
    "settings": "/settings",
}

#: Views of pages with something that the page itself does not show: filters, and errors in them.
VIEWS = {
    "deals-fares": "/?view=fares&cabin=business&cabin=first&from=SFO&program=united&max_stops=1",
    "deals-invalid": "/?from=Nowhere+City&max_miles=many",
    "deals-none": "/?from=SFO&to=LHR&max_miles=1",
    "deliveries-rejected": "/deliveries?tab=failed",
    "searches-failed": "/searches?outcome=failed",
}


def example_pages(store: Store) -> dict[str, str]:
    """Return the address of an example of each page, keyed by name; without examples that the database lacks."""
    pages = dict(FIXED)
    with store.reading() as connection:
        offer = connection.execute(
            select(_offers.id, _offers.origin, _offers.destination)
            .where(_offers.segments.is_not(None), _offers.gone_at.is_(None))
            .order_by(_offers.deal_rank)
            .limit(1)
        ).first()
        promotion = connection.scalar(select(func.min(schema.promotions.c.id)))
        watch = connection.scalar(select(_watches.id).where(_watches.kind == "award").order_by(_watches.name).limit(1))
        run = connection.scalar(select(_runs.id).order_by(_runs.offers.desc()).limit(1))
        delivery = connection.scalar(select(func.max(schema.outbox.c.id)).where(schema.outbox.c.status == "sent"))
    if offer:
        route = f"{offer.origin}-{offer.destination}"
        pages["calendar"] = f"/calendar?from={offer.origin}&to={offer.destination}"
        pages |= {"offer": f"/offers/{offer.id}", "route": f"/routes/{route}"}
    for name, path, key in (
        ("promotion", "/promotions/{}", promotion),
        ("watch", "/watches/{}", watch),
        ("watch-edit", "/watches/{}/edit", watch),
        ("run", "/runs/{}", run),
        ("watch-yaml", "/watches/{}/edit?tab=yaml", watch),
        ("watch-remove", "/watches/{}/remove", watch),
        ("delivery", "/deliveries/{}", delivery),
    ):
        if key:
            pages[name] = path.format(key)
    return pages

"""The pages of the panel with an example of each, for tests and screenshots of all pages."""

from __future__ import annotations

from sqlalchemy import func, select

from awardspider.storage import schema
from awardspider.storage.store import Store

_offers, _runs, _watches = schema.offers.c, schema.runs.c, schema.watches.c

#: Pages without an example in their address.
FIXED = {
    "deals": "/",
    "calendar": "/calendar",
    "promotions": "/promotions",
    "watches": "/watches",
    "watch-new": "/watches/new",
    "deliveries": "/deliveries",
    "channels": "/channels",
    "posts": "/posts",
    "programs": "/programs",
    "runs": "/runs",
    "schedule": "/schedule",
    "searches": "/searches",
    "settings": "/settings",
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
        ("delivery", "/deliveries/{}", delivery),
    ):
        if key:
            pages[name] = path.format(key)
    return pages

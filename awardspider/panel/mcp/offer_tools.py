"""Tools about offers: search, calendar, history, and why a price is a deal."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.datastructures import QueryParams

from awardspider.delivery.messages.evidence import evidence_text
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.offer_records import described_offer, segment_records
from awardspider.delivery.messages.points import points_text
from awardspider.items import Cabin
from awardspider.panel.filters import View, parse_filters
from awardspider.panel.mcp.arguments import Day, OfferId, Places, Programs
from awardspider.panel.mcp.offer_values import offer_values
from awardspider.panel.mcp.results import tool_result, with_age
from awardspider.panel.mcp.session import current_session
from awardspider.panel.offer_points import find_offer_points
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.offer_pages import offer_page
from awardspider.storage.offer_sorts import OfferSort
from awardspider.storage.offers import offer_history
from awardspider.storage.records import point_record

MAX_OFFERS = 25
#: The most changes of a price, the latest ones.
MAX_CHANGES = 60


def search_offers(
    origin: Places,
    destination: Places,
    first_date: Day = None,
    last_date: Day = None,
    cabins: Annotated[list[Cabin] | None, Field(description="Cabins; all without this")] = None,
    programs: Programs = None,
    max_miles: Annotated[int | None, Field(description="Miles or points for one traveler, one way")] = None,
    max_taxes_usd: Annotated[float | None, Field(description="Taxes for one traveler")] = None,
    max_stops: Annotated[int | None, Field(description="0 for nonstop flights")] = None,
    min_seats: Annotated[int | None, Field(description="Seats for so many travelers")] = None,
    only_deals: Annotated[bool, Field(description="Only prices that are better than usual")] = False,
    sort: Annotated[OfferSort, Field(description="Order")] = OfferSort.DEAL,
    limit: Annotated[int, Field(ge=1, le=MAX_OFFERS, description="Most offers to return")] = 10,
) -> dict[str, Any]:
    """Search the stored award offers, the best first.

    Prices are per traveler, one way. Each offer says when it was last seen. If nothing is found, get_calendar says
    whether the days were searched.
    """
    session = current_session()
    config, now = session.config, session.config.now()
    pairs: list[tuple[str, str]] = [("view", (View.DEALS if only_deals else View.FARES).value)]
    values = {
        "from": origin, "to": destination, "first": first_date, "last": last_date, "max_miles": max_miles,
        "max_taxes": max_taxes_usd, "max_stops": max_stops, "min_seats": min_seats, "sort": sort.value,
    }  # fmt: skip
    pairs += [(key, str(value)) for key, value in values.items() if value is not None]
    pairs += [("cabin", cabin.value) for cabin in cabins or ()] + [("program", key) for key in programs or ()]
    filters = parse_filters(QueryParams(pairs), now.date())
    filters.require_valid()
    rates = current_rates(config.store, config.settings)
    page = offer_page(config.store, filters.query(now, config.max_age), sort=filters.sort, size=limit, rates=rates)
    return tool_result(
        now,
        offers=[offer_values(offer) for offer in page.offers],
        total=page.count,
        total_is_minimum=page.count_is_capped,
        next_step=_next_step(len(page.offers), page.count),
    )


def _next_step(shown: int, found: int) -> str:
    if not shown:
        return "get_calendar says which days were searched. Without only_deals and limits, there may be offers."
    if found > shown:
        return "There are more offers: narrow the places, dates or limits. explain_deal says why a price is good."
    return "explain_deal says why a price is good, and what it costs in the person's points."


def get_price_history(offer_id: OfferId) -> dict[str, Any]:
    """Return the changes of an offer's price, taxes and seats, the latest ones last."""
    session = current_session()
    now = session.config.now()
    offer, points = offer_history(session.config.store, offer_id)
    changes = [with_age(point_record(offer, point), now) for point in points[-MAX_CHANGES:]]
    return tool_result(now, offer=offer_values(offer), changes=changes, total=len(points))


def explain_deal(offer_id: OfferId) -> dict[str, Any]:
    """Explain why an offer is a deal or not.

    The result has the usual prices behind the judgment, the cash fare of the same flights with its age, what the offer
    costs in the points that the person has, and promotions that make it cheaper.
    """
    session = current_session()
    config, now, language = session.config, session.config.now(), get_language("en")
    offer, _ = offer_history(config.store, offer_id)
    values = described_offer(offer, now, config.max_age, language)
    points = find_offer_points(config, offer, session.visitor.adds_for)
    judged = {
        key: value for key, value in values.items() if key.startswith(("deal_", "cash_fare")) and value is not None
    }
    return tool_result(
        now,
        offer=offer_values(offer),
        why=evidence_text(offer, offer.judgment, language) or "There is not enough history to compare the price with.",
        comparison=with_age(judged, now),
        segments=segment_records(offer),
        in_your_points=[points_text(cost, offer.program, language) for cost in points.costs] if points else [],
        transfer_bonuses=[
            {"points": each.points, "without_bonus": each.regular_points, "bank": str(each.bonus.bank)}
            for each in (points.bonuses if points else ())
        ],
    )

"""Tools about offers: search, calendar, history, and why a price is a deal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import Field
from starlette.datastructures import QueryParams

from awardspider.delivery.messages.evidence import evidence_text
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.offer_records import described_offer, segment_records
from awardspider.delivery.messages.points import points_text
from awardspider.items import Cabin
from awardspider.panel.filters import View, parse_filters
from awardspider.panel.mcp.results import tool_result, with_age
from awardspider.panel.mcp.session import current_session
from awardspider.panel.offer_points import find_offer_points
from awardspider.panel.records import calendar_record
from awardspider.search.places import parse_places
from awardspider.storage.calendar_days import CalendarQuery, calendar_days
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.offer_pages import offer_page
from awardspider.storage.offer_sorts import OfferSort
from awardspider.storage.offers import OfferRow, offer_history
from awardspider.storage.records import point_record
from awardspider.storage.watch_check import airport_codes

MAX_OFFERS = 25
_MAX_DAYS = 366

Places = Annotated[str, Field(description="Airports, cities, countries or regions: `SFO`, `Tokyo`, `Japan, Seoul`")]
Day = Annotated[str | None, Field(description="Local day of departure: `2027-03-10`, or days from today: `+30`")]

#: Fields of an offer that an assistant needs; empty ones are left out.
_FIELDS = (
    "offer_id", "program", "program_name", "origin", "origin_city", "destination", "destination_city",
    "departure_date", "cabin", "mixed_cabin", "miles", "price", "taxes", "taxes_currency", "seats", "travelers",
    "stops", "duration_minutes", "flights", "departs_at", "arrives_at", "deal_class", "evidence", "cents_per_point",
    "is_confirmed", "status", "booking_link", "source",
)  # fmt: skip


def search_offers(
    origin: Places,
    destination: Places,
    first_date: Day = None,
    last_date: Day = None,
    cabins: Annotated[list[Cabin] | None, Field(description="Cabins; all without this")] = None,
    programs: Annotated[list[str] | None, Field(description="Keys of programs, as in list_programs")] = None,
    max_miles: Annotated[int | None, Field(description="Miles or points for one traveler, one way")] = None,
    max_taxes_usd: Annotated[float | None, Field(description="Taxes for one traveler")] = None,
    max_stops: Annotated[int | None, Field(description="0 for nonstop flights")] = None,
    min_seats: Annotated[int | None, Field(description="Seats for so many travelers")] = None,
    only_deals: Annotated[bool, Field(description="Only prices that are better than usual")] = False,
    sort: Annotated[OfferSort, Field(description="Order")] = OfferSort.DEAL,
    limit: Annotated[int, Field(ge=1, le=MAX_OFFERS)] = 10,
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
    )


def get_calendar(
    origin: Places,
    destination: Places,
    first_date: Annotated[date | None, Field(description="First local day of departure; today without this")] = None,
    days: Annotated[int, Field(ge=1, le=_MAX_DAYS)] = 60,
    cabin: Annotated[Cabin, Field(description="Cabin")] = Cabin.BUSINESS,
    programs: Annotated[list[str] | None, Field(description="Keys of programs")] = None,
) -> dict[str, Any]:
    """Return the lowest award price of each day.

    A day without a price is empty (the program has no seats), failed (with the reason) or not searched; only empty says
    that there is nothing.
    """
    session = current_session()
    config, now = session.config, session.config.now()
    start = first_date or now.date()
    query = CalendarQuery(
        origins=airport_codes(parse_places(origin)),
        destinations=airport_codes(parse_places(destination)),
        first=start,
        last=start + timedelta(days=days - 1),
        programs=tuple(programs or ()),
        cabins=(cabin,),
    )
    found = calendar_days(config.store, query, now=now, max_age=config.max_age)
    cells = [(day, cell) for day, by_cabin in found.items() for cell in by_cabin.values()]
    listed, not_searched = [], []
    for day, cell in cells:
        record = calendar_record(cell)
        if record["price"] or record["old_price"] or record["status"] != "not_searched":
            kept = {key: value for key, value in record.items() if value is not None}
            listed.append({"day": day.isoformat()} | with_age(kept, now))
        else:
            not_searched.append(day)
    return tool_result(now, cabin=cabin.value, days=listed, not_searched=_ranges(not_searched))


def get_price_history(offer_id: Annotated[str, Field(description="Id of an offer")]) -> dict[str, Any]:
    """Return the changes of an offer's price, taxes and seats, oldest first."""
    session = current_session()
    offer, points = offer_history(session.config.store, offer_id)
    changes = [point_record(offer, point) for point in points]
    return tool_result(session.config.now(), offer=offer_values(offer), changes=changes)


def explain_deal(offer_id: Annotated[str, Field(description="Id of an offer")]) -> dict[str, Any]:
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


def offer_values(offer: OfferRow) -> dict[str, Any]:
    """Return the values of an offer that an assistant needs, with its age."""
    session = current_session()
    config, now = session.config, session.config.now()
    values = described_offer(offer, now, config.max_age, get_language("en"))
    known = {name: values[name] for name in _FIELDS if values[name] not in (None, "", False)}
    return with_age(known | {"is_confirmed": values["is_confirmed"], "seen_at": offer.last_seen_at}, now)


def _ranges(days: Sequence[date]) -> list[str]:
    """Return consecutive days as ranges: `2027-03-01..2027-03-09`."""
    ranges: list[list[date]] = []
    for day in days:
        if ranges and day - ranges[-1][-1] == timedelta(days=1):
            ranges[-1].append(day)
        else:
            ranges.append([day])
    return [f"{each[0]}" if len(each) == 1 else f"{each[0]}..{each[-1]}" for each in ranges]

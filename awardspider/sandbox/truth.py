"""A search's ground truth: offers with our items' fields, computed from the world rather than from responses."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from awardspider.items import Cabin
from awardspider.sandbox.controls import ControlError
from awardspider.sandbox.fares import NO_PRICE, Tariff, unpack
from awardspider.sandbox.inventory import Inventory, Offer
from awardspider.sandbox.places import all_places
from awardspider.sandbox.quotes import BUSINESS, COLUMNS
from awardspider.sandbox.schedule import aircraft_name
from awardspider.sandbox.sites import SeatsByDay, ShownDays, ShownItineraries, Site
from awardspider.sandbox.world import World

Json = dict[str, Any]


def truth(world: World, sites: Sequence[Site], query: Mapping[str, str]) -> Json:
    """Return the true offers for `program`, `origin`, `destination` and `date` or `month`.

    Only what the site's responses can show is returned; a field that they lack is None. `detail=itinerary`
    returns the offers of one date. `detail=day` returns what a calendar shows: the lowest price for each day and cabin,
    and in business and first also the mixed-cabin price if it is lower. An offer with `phantom` has no seats at its
    price. `drop_percent` is the discount of a sudden drop, which no site shows. `detail=seats`, for a site that shows
    seats without prices, returns the seats by cabin and day. The default is the first of day, itinerary and seats that
    the site shows. `cabin` and `travelers` are optional.
    Raise ControlError if the query is invalid.
    """
    site, inventory = _site(sites, query.get("program", ""))
    route = _airport(query, "origin"), _airport(query, "destination")
    shown = {"day": site.days, "itinerary": site.itineraries, "seats": site.seats}
    details = [detail for detail, part in shown.items() if part]
    detail = query.get("detail", details[0])
    if detail not in details:
        raise ControlError(f"detail: expected {' or '.join(details)}, got {detail!r}")
    first, last = _days(query)
    if detail == "itinerary" and first != last:
        raise ControlError("detail=itinerary: requires one date, got a month")
    today = world.today(route[0])
    first, last = max(first, today), min(last, today + timedelta(days=inventory.tariff.window_days))
    step, travelers = world.clock.step, _travelers(query)
    offers: list[Json] = []
    if first <= last and route[0] != route[1]:
        if detail == "day" and site.days:
            offers = _day_offers(inventory, site.days, route, (first, last), travelers, step)
        elif detail == "itinerary" and site.itineraries:
            offers = _itinerary_offers(inventory, site.itineraries, route, first, travelers, step)
        elif site.seats:
            offers = _seat_offers(site.seats, route, (first, last), travelers, step)
    if cabin := query.get("cabin"):
        if cabin not in list(Cabin):
            raise ControlError(f"cabin: expected one of {', '.join(Cabin)}, got {cabin!r}")
        offers = [offer for offer in offers if offer["cabin"] == cabin]
    return {
        "program": inventory.tariff.program,
        "origin": route[0],
        "destination": route[1],
        "detail": detail,
        "clock": world.clock.now().isoformat(),
        "step": step,
        "offers": offers,
    }


def _site(sites: Sequence[Site], program: str) -> tuple[Site, Inventory]:
    inventories = {site.key: (site, site.inventory) for site in sites if site.inventory}
    if program not in inventories:
        raise ControlError(f"program: expected one of {', '.join(sorted(inventories))}, got {program!r}")
    return inventories[program]


def _travelers(query: Mapping[str, str]) -> int:
    text = query.get("travelers", "1")
    if text not in tuple("123456789"):
        raise ControlError(f"travelers: expected a number from 1 to 9, got {text!r}")
    return int(text)


def _airport(query: Mapping[str, str], name: str) -> str:
    code = query.get(name, "").upper()
    if code not in all_places():
        raise ControlError(f"{name}: {code!r} is not an airport of the simulated world")
    return code


def _days(query: Mapping[str, str]) -> tuple[date, date]:
    try:
        if "month" in query:
            first = date.fromisoformat(f"{query['month']}-01")
            return first, first.replace(day=monthrange(first.year, first.month)[1])
        day = date.fromisoformat(query.get("date", ""))
    except ValueError:
        raise ControlError("expected date=2027-03-10 or month=2027-03") from None
    return day, day


def _day_offers(
    inventory: Inventory,
    shown: ShownDays,
    route: tuple[str, str],
    span: tuple[date, date],
    travelers: int,
    step: int,
) -> list[Json]:
    first, last = span
    days = (last - first).days + 1
    calendar = inventory.calendar(*route, first.toordinal(), days, travelers, step)
    columns = inventory.tariff.columns if shown.columns is None else shown.columns
    offers = []
    for day in range(days):
        # A cabin's price with mixed cabins counts only if it is below the price without, which comes before it.
        lowest: dict[tuple[Cabin, bool | None], tuple[int, int]] = {}
        for index in columns:
            cabin, mixed = COLUMNS[index]
            packed = calendar.columns[index][day]
            front = cabin.rank >= Cabin.BUSINESS.rank
            not_mixed = calendar.columns[index - 1][day] if front and mixed else NO_PRICE
            if packed != NO_PRICE and unpack(packed).miles < unpack(not_mixed).miles:
                lowest[cabin, mixed if front and shown.mixed else None] = index, packed
        for (cabin, known_mixed), (index, packed) in lowest.items():
            price = unpack(packed)
            offer = {
                "departure_date": str(first + timedelta(days=day)),
                "cabin": cabin.value,
                "mixed_cabin": known_mixed,  # calendars show this only for business and first
                "miles": price.miles,
                "taxes": _money(inventory.tariff, price.taxes),
                "currency": inventory.tariff.currency,
                "saver": price.saver,
                "drop_percent": calendar.drops.get((index, day)),
                "phantom": index == BUSINESS and day in calendar.phantoms,
            }
            offers.append(_without(offer, shown.without))
    return offers


def _itinerary_offers(
    inventory: Inventory, shown: ShownItineraries, route: tuple[str, str], day: date, travelers: int, step: int
) -> list[Json]:
    found = inventory.offers(*route, day.toordinal(), travelers, step)
    offers = [
        _without(_itinerary_offer(offer, inventory.tariff), shown.without)
        for _, group in groupby(found, key=lambda offer: offer.itinerary)
        for offer in shown.pick(list(group))
    ]
    for offer in offers:
        if not shown.landings:
            offer["stops"] = len(offer["segments"]) - 1
    return offers


def _without(offer: Json, fields: frozenset[str]) -> Json:
    """Return an offer with None for the fields that a site's responses lack."""
    for segment in offer.get("segments", ()):
        segment.update({name: None for name in segment if f"segments.{name}" in fields})
    return offer | {name: None for name in offer if name in fields}


def _seat_offers(
    seats_by_day: SeatsByDay, route: tuple[str, str], span: tuple[date, date], travelers: int, step: int
) -> list[Json]:
    """Return an offer for each cabin and day with seats; `seats` is None if the site does not show the number."""
    first, last = span
    days = (last - first).days + 1
    counts = seats_by_day(route, first.toordinal(), days, travelers, step)
    return [
        {"departure_date": str(first + timedelta(days=day)), "cabin": cabin.value, "miles": None, "seats": seats[day]}
        for day in range(days)
        for cabin, seats in counts.items()
        if seats[day] != 0
    ]


def _itinerary_offer(offer: Offer, tariff: Tariff) -> Json:
    itinerary, times = offer.itinerary, offer.itinerary.times(offer.ordinal)
    flights = list(zip(itinerary.flights, times, offer.cabins, strict=True))
    return {
        "departure_date": str(times[0][0].date()),
        "flights": " ".join(flight.name for flight in itinerary.flights),
        "departs_at": times[0][0].isoformat(),
        "arrives_at": times[-1][1].isoformat(),
        "duration_minutes": itinerary.minutes,
        "stops": itinerary.stop_count,
        "cabin": offer.cabin.value,
        "mixed_cabin": offer.mixed,
        "miles": offer.miles,
        "taxes": _money(tariff, offer.taxes + offer.fee),
        "currency": tariff.currency,
        "seats": offer.seats,
        "saver": offer.saver,
        "on_sale": offer.discount_percent > 0,
        "regular_miles": offer.regular_miles if offer.discount_percent else None,
        "drop_percent": offer.drop_percent or None,
        "cash_price": None if offer.cash is None else _money(tariff, offer.cash * 100),
        "segments": [
            {
                "flight": flight.name,
                "marketing_carrier": flight.carrier,
                "operating_carrier": flight.operator_code,
                "operated_by": flight.operator_name,
                "flight_number": str(flight.number),
                "origin": flight.origin,
                "destination": flight.destination,
                "departs_at": departs.isoformat(),
                "arrives_at": arrives.isoformat(),
                "aircraft": aircraft_name(flight.aircraft),
                "cabin": cabin.value,
                "stops": int(flight.via is not None),
            }
            for flight, (departs, arrives), cabin in flights
        ],
    }


def _money(tariff: Tariff, cents: int) -> str:
    """Convert US cents to the program's currency and format the amount."""
    units, hundredths = divmod(tariff.charge(cents), 100)
    return f"{units}.{hundredths:02}"

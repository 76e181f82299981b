"""The truth of a question, in the terms of our items, from the world itself and not from any site's answer."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from awardspider.items import Cabin
from awardspider.sandbox.fares import NO_PRICE, Tariff, unpack
from awardspider.sandbox.inventory import Inventory, Offer
from awardspider.sandbox.places import all_places
from awardspider.sandbox.quotes import BUSINESS, COLUMNS
from awardspider.sandbox.schedule import aircraft_name
from awardspider.sandbox.sites import SeatsOfDays, Site
from awardspider.sandbox.world import World

Json = dict[str, Any]


class BadQuestion(ValueError):
    """A question about the truth that cannot be; its text says why."""


def truth(world: World, sites: Sequence[Site], query: Mapping[str, str]) -> Json:
    """The true offers for `program`, `origin`, `destination`, `date` or `month`, and maybe `cabin`, `travelers`.

    `detail=itinerary` gives every offer of one date. `detail=day` gives what a month calendar means: the lowest price
    per cabin, with a mixed one only where it is cheaper; an offer marked `phantom` has no flight behind it.
    `detail=seats` gives the seats per cabin and day, where the site tells them without a price.
    """
    site, inventory = _site(sites, query.get("program", ""))
    origin, destination = (_airport(query, name) for name in ("origin", "destination"))
    detail = query.get("detail", "day")
    if detail not in ("day", "itinerary", *(["seats"] if site.seats else [])):
        raise BadQuestion(f"detail is {detail!r}, but must be day or itinerary{', or seats' * bool(site.seats)}.")
    first, last = _days(query)
    if detail == "itinerary" and first != last:
        raise BadQuestion("detail=itinerary needs one date, not a month.")
    today = world.today(origin)
    first, last = max(first, today), min(last, today + timedelta(days=inventory.tariff.window_days))
    step, travelers = world.clock.step, _travelers(query)
    offers: list[Json] = []
    if first <= last and origin != destination:
        if detail == "day":
            offers = _of_days(inventory, origin, destination, (first, last), travelers, step)
        elif detail == "seats" and site.seats:
            offers = _of_seats(site.seats, (origin, destination), (first, last), travelers, step)
        else:
            found = inventory.offers(origin, destination, first.toordinal(), travelers, step)
            offers = [_of_itinerary(offer, inventory.tariff) for offer in found]
    if cabin := query.get("cabin"):
        if cabin not in list(Cabin):
            raise BadQuestion(f"cabin is {cabin!r}, but must be one of {', '.join(Cabin)}.")
        offers = [offer for offer in offers if offer["cabin"] == cabin]
    return {
        "program": inventory.tariff.program,
        "origin": origin,
        "destination": destination,
        "detail": detail,
        "clock": world.clock.now().isoformat(),
        "step": step,
        "offers": offers,
    }


def _site(sites: Sequence[Site], program: str) -> tuple[Site, Inventory]:
    markets = {site.key: (site, site.inventory) for site in sites if site.inventory}
    if program not in markets:
        raise BadQuestion(f"program is {program!r}, but must be one of {', '.join(sorted(markets))}.")
    return markets[program]


def _travelers(query: Mapping[str, str]) -> int:
    text = query.get("travelers", "1")
    if text not in tuple("123456789"):
        raise BadQuestion(f"travelers is {text!r}, but must be a number from 1 to 9.")
    return int(text)


def _airport(query: Mapping[str, str], name: str) -> str:
    code = query.get(name, "").upper()
    if code not in all_places():
        raise BadQuestion(f"{name} is {code!r}, which is no airport of this world.")
    return code


def _days(query: Mapping[str, str]) -> tuple[date, date]:
    try:
        if "month" in query:
            first = date.fromisoformat(f"{query['month']}-01")
            return first, first.replace(day=monthrange(first.year, first.month)[1])
        day = date.fromisoformat(query.get("date", ""))
    except ValueError:
        raise BadQuestion("Give date=2027-03-10 or month=2027-03.") from None
    return day, day


def _of_days(
    inventory: Inventory, origin: str, destination: str, span: tuple[date, date], travelers: int, step: int
) -> list[Json]:
    first, last = span
    count = (last - first).days + 1
    month = inventory.month(origin, destination, first.toordinal(), count, travelers, step)
    offers = []
    for day in range(count):
        for index, (cabin, mixed) in enumerate(COLUMNS):
            packed = month.columns[index][day]
            front = cabin.rank >= Cabin.BUSINESS.rank
            if packed == NO_PRICE:
                continue
            price = unpack(packed)
            if front and mixed and price.miles >= unpack(month.columns[index - 1][day]).miles:
                continue
            offers.append(
                {
                    "departure_date": str(first + timedelta(days=day)),
                    "cabin": cabin.value,
                    "mixed_cabin": mixed if front else None,  # calendars say so for the front cabins only
                    "miles": price.miles,
                    "taxes": _money(inventory.tariff, price.taxes),
                    "currency": inventory.tariff.currency,
                    "saver": price.saver,
                    "phantom": index == BUSINESS and day in month.phantoms,
                }
            )
    return offers


def _of_seats(
    told: SeatsOfDays, route: tuple[str, str], span: tuple[date, date], travelers: int, step: int
) -> list[Json]:
    """Cabins and days with seats; the count is None where the site says only that there are some."""
    first, last = span
    days = (last - first).days + 1
    counts = told(route, first.toordinal(), days, travelers, step)
    return [
        {"departure_date": str(first + timedelta(days=day)), "cabin": cabin.value, "miles": None, "seats": seats[day]}
        for day in range(days)
        for cabin, seats in counts.items()
        if seats[day] != 0
    ]


def _of_itinerary(offer: Offer, tariff: Tariff) -> Json:
    itinerary, times = offer.itinerary, offer.itinerary.times(offer.ordinal)
    flights = list(zip(itinerary.flights, times, offer.cabins, strict=True))
    return {
        "departure_date": str(times[0][0].date()),
        "flights": " ".join(flight.name for flight in itinerary.flights),
        "departs_at": times[0][0].isoformat(),
        "arrives_at": times[-1][1].isoformat(),
        "duration_minutes": itinerary.minutes,
        "stops": itinerary.landings,
        "cabin": offer.cabin.value,
        "mixed_cabin": offer.mixed,
        "miles": offer.miles,
        "taxes": _money(tariff, offer.taxes + offer.fee),
        "currency": tariff.currency,
        "seats": offer.seats,
        "saver": offer.saver,
        "on_sale": offer.percent > 0,
        "regular_miles": offer.before if offer.percent else None,
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
                "departs_at": leaves.isoformat(),
                "arrives_at": arrives.isoformat(),
                "aircraft": aircraft_name(flight.aircraft),
                "cabin": cabin.value,
                "stops": int(flight.via is not None),
            }
            for flight, (leaves, arrives), cabin in flights
        ],
    }


def _money(tariff: Tariff, cents: int) -> str:
    """US cents in the program's own currency."""
    whole, hundredths = divmod(tariff.charge(cents), 100)
    return f"{whole}.{hundredths:02}"

"""The ground truth of the simulated world at one moment, without the parsers of the project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, Search, SearchKind, Segment
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.drops import find_drop
from awardspider.sandbox.fares import NO_PRICE, sales, unpack
from awardspider.sandbox.quotes import COLUMNS
from awardspider.sandbox.truth import truth
from awardspider.sandbox.world import World

SEED = 7


@dataclass(frozen=True, slots=True)
class Event:
    """A sale or a sudden drop of a program on a route in a cabin; `name` is that of the sale, or the drop's days."""

    program: str
    origin: str
    destination: str
    cabin: Cabin
    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePrices:
    """A program's route and cabin."""

    program: str
    origin: str
    destination: str
    cabin: Cabin


class TrueOffers:
    """The world of the benchmark, whose clock the caller sets."""

    def __init__(self, now: datetime) -> None:
        self.world = World(SEED, Clock(now, 0.0))
        self._sites = airline_sites(self.world)
        self._inventories = {site.key: site.inventory for site in self._sites if site.inventory}

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.world.clock.now()

    def set_clock(self, now: datetime) -> None:
        """Set the world's time."""
        self.world.clock.set(now)

    def items(self, search: Search) -> list[AwardOfferItem]:
        """Return the offers that a site shows for a search, as items."""
        is_calendar = search.kind is SearchKind.CALENDAR
        detail = Detail.DAY if is_calendar else Detail.ITINERARY
        found = []
        for days in _months(search.first, search.last) if is_calendar else [{"date": str(search.first)}]:
            for offer in self.offers(search.program, search.origin, search.destination, detail, **days):
                item = make_item(offer, search, detail, self.now)
                is_searched = search.first <= item.departure_date <= search.last
                if is_searched and (not search.cabins or item.cabin in search.cabins):
                    found.append(item)
        return found

    def offers(self, program: str, origin: str, destination: str, detail: Detail, **days: str) -> list[dict[str, Any]]:
        """Return the true offers of a day or a month, with the fields of `GET /_truth`."""
        query = {"program": program, "origin": origin, "destination": destination, "detail": detail.value}
        offers: list[dict[str, Any]] = truth(self.world, self._sites, query | days)["offers"]
        return offers

    def daily_prices(self, route: RoutePrices, first: date, last: date) -> dict[date, int]:
        """Return the true lowest price of each departure day in the cabin on all flights; days without one lack."""
        days = (last - first).days + 1
        inventory = self._inventories[route.program]
        calendar = inventory.calendar(
            route.origin, route.destination, first.toordinal(), days, 1, self.world.clock.step
        )
        column = next(index for index, (cabin, _) in enumerate(COLUMNS) if cabin is route.cabin)
        return {
            first + timedelta(days=day): unpack(packed).miles
            for day, packed in enumerate(calendar.columns[column])
            if packed != NO_PRICE and not (day in calendar.phantoms and route.cabin is Cabin.BUSINESS)
        }

    def events(self, route: RoutePrices, first: date, last: date) -> Iterator[tuple[Event, date]]:
        """Yield each running sale and sudden drop of a route and cabin, with each departure day that it covers."""
        step, pair = self.world.clock.step, (route.origin, route.destination)
        covering = [
            ("sale", sale.name, sale.first, sale.last)
            for sale in sales(SEED, route.program, step)
            if sale.covers(*pair, route.cabin)
        ]
        if drop := find_drop(SEED, route.program, pair, route.cabin, step):
            covering.append(("drop", f"{drop.first}-{drop.last}", drop.first, drop.last))
        for kind, name, start, end in covering:
            event = Event(route.program, route.origin, route.destination, route.cabin, kind, name)
            for ordinal in range(max(start, first.toordinal()), min(end, last.toordinal()) + 1):
                yield event, date.fromordinal(ordinal)


def _months(first: date, last: date) -> Iterator[dict[str, str]]:
    month = first.replace(day=1)
    while month <= last:
        yield {"month": f"{month:%Y-%m}"}
        month = (month + timedelta(days=31)).replace(day=1)


def make_item(offer: Mapping[str, Any], search: Search, detail: Detail, now: datetime) -> AwardOfferItem:
    """Return a true offer as an item."""
    return AwardOfferItem(
        program=search.program,
        source=search.program,
        detail=detail,
        origin=search.origin,
        destination=search.destination,
        departure_date=date.fromisoformat(offer["departure_date"]),
        cabin=Cabin(offer["cabin"]),
        miles=offer["miles"],
        taxes=_money(offer.get("taxes"), offer["currency"]),
        seats=offer.get("seats"),
        stops=offer.get("stops"),
        segments=tuple(map(_segment, offer.get("segments", ()))),
        duration_minutes=offer.get("duration_minutes"),
        mixed_cabin=offer.get("mixed_cabin"),
        saver=offer.get("saver"),
        on_sale=offer.get("on_sale"),
        regular_miles=offer.get("regular_miles"),
        cash_price=_money(offer.get("cash_price"), offer["currency"]),
        travelers=search.travelers,
        seen_at=now,
    )


def _money(amount: str | None, currency: str) -> Money | None:
    return None if amount is None else Money(Decimal(amount), currency)


def _segment(flight: Mapping[str, Any]) -> Segment:
    return Segment(
        marketing_carrier=flight["marketing_carrier"],
        operating_carrier=flight["operating_carrier"],
        flight_number=flight["flight_number"],
        origin=flight["origin"],
        destination=flight["destination"],
        departs_at=datetime.fromisoformat(flight["departs_at"]),
        arrives_at=datetime.fromisoformat(flight["arrives_at"]),
        aircraft=flight["aircraft"],
        cabin=None if flight["cabin"] is None else Cabin(flight["cabin"]),
        stops=flight["stops"] or 0,
    )

"""FetchFlights: one day's flights, each with a product for every column.

Keys and types are those of responses captured in 2022 and on 2026-04-01, and of an excerpt from 2026-09
(docs/sources/united.md). Assumed, because no capture shows it: the fields of `StopInfos`; an empty `ColumnInformation`
in a response without flights; that `…TimezoneOffset` truncates a half-hour offset to hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json, SearchRequest
from awardspider.sandbox.airlines._flights import group_by_itinerary
from awardspider.sandbox.airlines.united.envelope import (
    BUSINESS_CODE,
    FIRST_CODE,
    NOT_MIXED,
    NOTHING_FOUND,
    SPECIAL_PRICING,
    TRIP_END,
    filters_in,
    opaque,
)
from awardspider.sandbox.airlines.united.filters import filters_out
from awardspider.sandbox.airlines.united.products import (
    COLUMN_CABINS,
    COLUMN_IDS,
    SORT_INDEXES,
    class_availability,
    column_offer,
    edition,
    placeholder,
    product,
)
from awardspider.sandbox.airlines.united.segments import itinerary_warnings, segment, walk
from awardspider.sandbox.clock import step_day
from awardspider.sandbox.inventory import Inventory, Offer
from awardspider.sandbox.places import all_places, country, draw, nearby

LABELS = ("Economy ", "Premium Economy", "Premium Economy", "Business/First", "Business/First", "First", "First")
CLOSE_IN_DAYS = 21


class FlightsResponse:
    """A builder for the response to one search at a step of the world."""

    def __init__(self, inventory: Inventory, search: SearchRequest, step: int) -> None:
        self._inventory, self._search, self._step = inventory, search, step
        key = (*search.route, search.day)
        self._edition = edition(*search.route)
        self._close_in = search.day.toordinal() - step_day(step) <= CLOSE_IN_DAYS
        self._solution = opaque(23, *key)
        self._chance = draw("answer", *key)
        self._columns: list[str] = []

    def json(self, now: datetime, max_stops: int | None = None, empty: bool = False) -> Json:
        """Build the response without flights that have more than `max_stops` stops; without any if `empty` is true."""
        offers = [] if empty else self._offers(*self._search.route, max_stops)
        if offers:
            # Add up to two flights for each nearby airport, although it was not requested.
            for pair in self._nearby_routes():
                offers += [offer for group in group_by_itinerary(self._offers(*pair, max_stops))[:2] for offer in group]
        first = any(offer.cabin is Cabin.FIRST for offer in offers)
        columns = COLUMN_IDS[self._edition]
        self._columns = [code for code in columns if first or COLUMN_CABINS[code] is not Cabin.FIRST]
        flights = [self._flight(group, index) for index, group in enumerate(group_by_itinerary(offers))]
        if self._chance % 10 < 3:
            flights += flights[: 1 + self._chance % 3]  # United's batches overlap without deduplication
        # The warning "nothing found" sometimes comes with flights, as in the capture.
        return self._envelope(flights, now, warned=not flights or self._chance // 10 % 5 == 0)

    def _offers(self, origin: str, destination: str, max_stops: int | None) -> list[Offer]:
        search = self._search
        offers = self._inventory.offers(origin, destination, search.day.toordinal(), search.travelers, self._step)
        return [offer for offer in offers if max_stops is None or offer.itinerary.stop_count <= max_stops]

    def _nearby_routes(self) -> Iterator[tuple[str, str]]:
        origin, destination = self._search.route
        if self._chance // 100 % 4 == 0:
            yield from ((other, destination) for other in nearby(origin) if other != destination)
        if self._chance // 400 % 4 == 0:
            yield from ((origin, other) for other in nearby(destination) if other != origin)

    def _flight(self, offers: list[Offer], index: int) -> Json:
        itinerary, ordinal = offers[0].itinerary, offers[0].ordinal
        shown = [(code, column_offer(code, offers)) for code in self._columns]
        warnings = itinerary_warnings(itinerary, ordinal, any(offer.mixed for offer in offers))
        parts = []
        for position, flight in enumerate(itinerary.flights):
            seats = self._inventory.seats(flight, ordinal + itinerary.offsets[position], self._step)
            available = class_availability(flight, seats)
            products = [self._product(code, offer, position, available) for code, offer in shown]
            parts.append(segment(itinerary, ordinal, position, available, products, warnings[position], index))
        head, *rest = parts
        # Two connections are listed side by side or, in one of three itineraries, one inside the other.
        if len(rest) == 2 and draw("nested", *(flight.name for flight in itinerary.flights)) % 3 == 0:
            rest[0]["Connections"] = [rest.pop()]
        head["Connections"] = rest
        return head

    def _product(self, code: str, offer: Offer | None, position: int, available: str) -> Json:
        number, order = COLUMN_IDS[self._edition][code], SORT_INDEXES[self._edition][code]
        if offer is None:
            return placeholder(code, number, order, position)
        return product(code, number, order, offer, position, available, self._search.travelers, self._close_in)

    def _envelope(self, flights: list[Json], now: datetime, warned: bool) -> Json:
        legs = [leg for flight in flights for leg in walk(flight)]
        data: Json = {
            "AnonymousSearch": False,
            "ArrivalAirports": self._search.destination,
            "CalendarLengthOfStay": -1,
            "CallTimeBBX": "1964",
            "CallTimeDomain": "2.26",
            "CallTimeProvider": "1.98",
            "CartId": opaque(22, "cart", self._solution),
            "CountryCode": "US",
            "Characteristics": [
                {"Code": "SHOP_INITIAL_REQUEST_DATETIME", "Value": f"{now:%m/%d/%Y %H:%M:%S}"},
                {"Code": "FareType", "Value": "mixedtoggle"},
            ],
            "DepartureAirports": self._search.origin,
            "EquipmentTypes": ",".join(dict.fromkeys(leg["EquipmentDisclosures"]["EquipmentType"] for leg in legs)),
            "Timings": [{"Name": "Boombox query time", "TimeMilliseconds": "441"}],
            "LangCode": "en-US",
            "LastBBXSolutionSetId": self._solution,
            "LastCallDateTime": f"{now:%Y-%m-%d %I:%M %p}",
            "LastTripIndexRequested": 1,
            "MarketingCarriers": ",".join(dict.fromkeys(leg["MarketingCarrier"] for leg in legs)),
            "MidPoints": ",".join(sorted({leg["Origin"] for leg in legs if leg.get("IsConnection")})),
            "OperatingCarriers": ",".join(dict.fromkeys(leg["OperatingCarrier"] for leg in legs)),
            "PageCount": 1,
            "PageCurrent": 1,
            "QueryType": "bbx",
            "ServerName": "sandbox",
            "ServiceType": 1,
            "SessionId": opaque(22, "session", self._solution),
            "Status": 1,
            "TripCount": 1,
            "RecentSearchVersion": "sandbox",
            "Version": "sandbox",
            "Calendar": {
                "LoadedFromCache": False,
                "LengthOfStay": -1,
                "MaxLengthOfStay": 6,
                "AdvancePurchase": 14,
                "CalendarWindow": 61,
                "Months": [],
            },
            "Errors": [],
            "Warnings": [NOTHING_FOUND] if warned else [],
            "ITAQueries": [],
            "SpecialPricingInfo": SPECIAL_PRICING,
            "SpecialPricingInfoLst": [],
            "Trips": [self._trip(flights)],
            "UpgradeTypes": [],
            "Upsells": [],
            "LastResultId": opaque(22, "result", self._solution),
            "TotalShopTime": "Boombox query time:441",
            "TravellerCount": self._search.travelers,
            "IsMoneyAndMilesEligible": True,
        }
        data |= {"AwardCloseInFeeCheck": True} if self._close_in else {}
        return {"data": data | ({"EliteLevel": 0} if self._edition else {})}

    def _trip(self, flights: list[Json]) -> Json:
        places = all_places()
        origin, destination = self._search.route
        international = country(origin) != country(destination)
        return {
            "Destination": destination,
            "DestinationDecoded": f"{places[destination].place} ({destination})",
            **({"InternationalCitiesExist": True} if international else {}),
            "Origin": origin,
            "OriginDecoded": f"{places[origin].place} ({origin})",
            "BBXSession": opaque(24, "bbx", self._solution),
            "BBXSolutionSetId": self._solution,
            "BBXCellIdSelected": "",
            "ColumnInformation": {"Columns": [self._column(code) for code in self._columns] if flights else []},
            "DepartDate": f"{self._search.day:%m/%d/%Y}" if self._edition else str(self._search.day),
            "DepartTime": min((flight["DepartDateTime"][-5:] for flight in flights), default="00:00"),
            "Index": 1,
            "OriginTriggeredAirport": True,
            "TripIndex": 1,
            "ITAQueries": [],
            "SearchFiltersIn": filters_in(dove=True),
            "SearchFiltersOut": filters_out(origin, destination, flights),
            "Flights": flights,
            "FlightCount": len(flights),
            **TRIP_END,
        }

    def _column(self, code: str) -> Json:
        number = COLUMN_IDS[self._edition][code]
        economy = COLUMN_CABINS[code] is Cabin.ECONOMY
        return {
            "DataSourceLabel": LABELS[list(COLUMN_CABINS).index(code)],
            "Description": "(lowest)" if code in (BUSINESS_CODE, FIRST_CODE) else "",
            "Type": code,
            "SubType": "Reward",
            "FareContentDescription": "Not mixed" if code.endswith(NOT_MIXED) else "Lowest Award",
            "MarketingText": "<span class=bundles-content></span>",
            "DataSourceLabelStyle": "ECONOMY" if COLUMN_CABINS[code].rank < Cabin.BUSINESS.rank else "BUSINESS",
            "FareFamilies": ["ECONOMY", code] if economy else [code],
            "Value": f"0-{number}",
            "FareFamily": code,
            "DescriptionId": str(number),
            "MatrixId": 506,
            "SortIndex": SORT_INDEXES[self._edition][code],
        }

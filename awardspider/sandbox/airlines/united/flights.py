"""FetchFlights: the flights of one day, each with a product per column.

Keys and types are those of the answers captured in 2022 and on 2026-04-01, and of the excerpt of 2026-09
(docs/sources/united.md). Our guesses, because no capture shows them: the inside of `StopInfos`, an empty
`ColumnInformation` where there are no flights, whole hours cut off in `…TimezoneOffset` for zones with half ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby

from awardspider.items import Cabin
from awardspider.sandbox.airlines.united.filters import filters_out
from awardspider.sandbox.airlines.united.frame import (
    BUSINESS_CODE,
    FIRST_CODE,
    NOT_MIXED,
    NOTHING_FOUND,
    SPECIAL_PRICING,
    TRIP_END,
    filters_in,
    opaque,
)
from awardspider.sandbox.airlines.united.products import (
    COLUMN_CABINS,
    COLUMN_IDS,
    SORT_INDEXES,
    Json,
    class_availability,
    edition,
    offer_of_column,
    placeholder,
    product,
)
from awardspider.sandbox.airlines.united.segments import segment, walk, warnings
from awardspider.sandbox.clock import step_day
from awardspider.sandbox.market import Market, Offer
from awardspider.sandbox.places import all_places, country, draw, nearby

LABELS = ("Economy ", "Premium Economy", "Business/First", "Business/First", "First", "First")
CLOSE_IN_DAYS = 21


class FlightsAnswer:
    """Builds the answer to one question, as of a step of the world."""

    def __init__(self, market: Market, origin: str, destination: str, day: date, travelers: int, step: int) -> None:
        self._market, self._step = market, step
        self._origin, self._destination, self._day = origin, destination, day
        self._travelers = travelers
        self._edition = edition(origin, destination)
        self._close_in = day.toordinal() - step_day(step) <= CLOSE_IN_DAYS
        self._solution = opaque(23, origin, destination, day)
        self._chance = draw("answer", origin, destination, day)
        self._columns: list[str] = []

    def json(self, now: datetime, most_stops: int | None = None, empty: bool = False) -> Json:
        """The answer; `most_stops` leaves out flights with more stops, `empty` all of them."""
        ends = [] if empty else [(self._origin, self._destination), *self._leaks()]
        found = [self._market.offers(*pair, self._day.toordinal(), self._travelers, self._step) for pair in ends]
        if most_stops is not None:
            found = [[offer for offer in one if offer.itinerary.landings <= most_stops] for one in found]
        offers = [offer for one in found[:1] for offer in one]
        # Of a neighbor airport a flight or two slip in, and only among flights of the airport that was asked.
        offers += [offer for one in found[1:] for offer in _of_first_itineraries(one, 2)] if offers else []
        first = any(offer.cabin is Cabin.FIRST for offer in offers)
        self._columns = list(COLUMN_CABINS)[: 6 if first else 4]
        flights = list(self._flights(offers))
        if self._chance % 10 < 3:
            flights += flights[: 1 + self._chance % 3]  # batches overlap, and nobody takes out what came twice
        # The warning that says "nothing found" also comes with flights now and then, as in the capture.
        return self._around(flights, now, warned=not flights or self._chance // 10 % 5 == 0)

    def _leaks(self) -> Iterator[tuple[str, str]]:
        if self._chance // 100 % 4 == 0:
            yield from ((other, self._destination) for other in nearby(self._origin) if other != self._destination)
        if self._chance // 400 % 4 == 0:
            yield from ((self._origin, other) for other in nearby(self._destination) if other != self._origin)

    def _flights(self, offers: list[Offer]) -> Iterator[Json]:
        for index, (_, group) in enumerate(groupby(offers, key=lambda offer: id(offer.itinerary))):
            yield self._flight(list(group), index)

    def _flight(self, offers: list[Offer], index: int) -> Json:
        itinerary, ordinal = offers[0].itinerary, offers[0].ordinal
        shown = [(code, offer_of_column(code, offers)) for code in self._columns]
        told = warnings(itinerary, ordinal, any(offer.mixed for offer in offers))
        parts = []
        for position, flight in enumerate(itinerary.flights):
            seats = self._market.seats(flight, ordinal + itinerary.offsets[position], self._step)
            available = class_availability(flight, seats)
            products = [self._product(code, offer, position, available) for code, offer in shown]
            parts.append(segment(itinerary, ordinal, position, available, products, told[position], index))
        head, *rest = parts
        # Two changes of planes come as two connections, and now and then as one inside the other.
        if len(rest) == 2 and draw("nested", *(flight.name for flight in itinerary.flights)) % 3 == 0:
            rest[0]["Connections"] = [rest.pop()]
        head["Connections"] = rest
        return head

    def _product(self, code: str, offer: Offer | None, position: int, available: str) -> Json:
        number, order = COLUMN_IDS[self._edition][code], SORT_INDEXES[self._edition][code]
        if offer is None:
            return placeholder(code, number, order, position)
        return product(code, number, order, offer, position, available, self._travelers, self._close_in)

    def _around(self, flights: list[Json], now: datetime, warned: bool) -> Json:
        legs = [leg for flight in flights for leg in walk(flight)]
        data: Json = {
            "AnonymousSearch": False,
            "ArrivalAirports": self._destination,
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
            "DepartureAirports": self._origin,
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
            "TravellerCount": self._travelers,
            "IsMoneyAndMilesEligible": True,
        }
        data |= {"AwardCloseInFeeCheck": True} if self._close_in else {}
        return {"data": data | ({"EliteLevel": 0} if self._edition else {})}

    def _trip(self, flights: list[Json]) -> Json:
        places = all_places()
        abroad = country(self._origin) != country(self._destination)
        return {
            "Destination": self._destination,
            "DestinationDecoded": f"{places[self._destination].place} ({self._destination})",
            **({"InternationalCitiesExist": True} if abroad else {}),
            "Origin": self._origin,
            "OriginDecoded": f"{places[self._origin].place} ({self._origin})",
            "BBXSession": opaque(24, "bbx", self._solution),
            "BBXSolutionSetId": self._solution,
            "BBXCellIdSelected": "",
            "ColumnInformation": {"Columns": [self._column(code) for code in self._columns] if flights else []},
            "DepartDate": f"{self._day:%m/%d/%Y}" if self._edition else str(self._day),
            "DepartTime": min((flight["DepartDateTime"][-5:] for flight in flights), default="00:00"),
            "Index": 1,
            "OriginTriggeredAirport": True,
            "TripIndex": 1,
            "ITAQueries": [],
            "SearchFiltersIn": filters_in(dove=True),
            "SearchFiltersOut": filters_out(self._origin, self._destination, flights),
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


def _of_first_itineraries(offers: list[Offer], count: int) -> list[Offer]:
    kept = list(dict.fromkeys(id(offer.itinerary) for offer in offers))[:count]
    return [offer for offer in offers if id(offer.itinerary) in kept]

"""Requests to Aeromexico. Endpoints, fields and their sources: docs/sources/aeromexico.md."""

from __future__ import annotations

import uuid

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.declaration import intermediate_request
from awardspider.crawling.responses import json_object
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Search, SearchKind
from awardspider.outcomes import UnexpectedResponse

SITE = "https://www.aeromexico.com"
OFFICE = "https://amx-c-mtpsbk-pd.aeromexico.com/tc/pcc/getPccInfo"
REGION = "https://amx-c-mtpsbk-pd.aeromexico.com/tc/region/regionByRoute"
POINTS = "https://amx-c-bkngbk-pd.aeromexico.com/bc/ow/search/flight/points"

# The Mexican store that sells for points.
STORE = "MX_PP"

# Not a secret: the name of the site's public client, without a signature. The irregular spacing is the site's.
CLIENT = "Atmosphere realm=http://atmosphere,atmosphere_app_id=WorkAndCoApp, atmosphere_signature_method=NONE"


class AeromexicoSpider(AwardSpider):
    """Aeromexico Rewards: a day's flights, after requests for the sales office and the route's regions."""

    name = "aeromexico"
    search_kinds = (SearchKind.ITINERARY,)
    needs_auth = (SearchKind.ITINERARY,)

    def booking_url(self, search: Search) -> str:
        return f"{SITE}/es-mx/reserva/opciones?itinerary={_leg(search)}&travelers={_party(search)}&leg=1&points=true"

    def auth_request(self) -> Request:
        return Request(OFFICE, headers=_headers() | {"project": "BOOKING", "storeFront": STORE})

    def parse_auth(self, response: Response) -> None:
        self.office = _texts(response, "jipcc", "currency", "mappedTo")

    def build_request(self, search: Search) -> Request:
        route = {"departure": search.origin, "arrival": search.destination}
        return intermediate_request(Request(REGION, headers=_headers(self.booking_url(search)) | route))

    def next_request(self, search: Search, response: Response) -> Request | None:
        if not response.url.startswith(REGION):
            return None
        zones = ("departureAirportLoyaltyZone", "arrivalAirportLoyaltyZone", "subRegionOrigin", "subRegionFinal")
        region = _texts(response, "airportOriginDestination", *zones)
        if region["airportOriginDestination"] != f"{search.origin}{search.destination}":
            raise UnexpectedResponse(f"requested {_leg(search)}, got {region['airportOriginDestination'][:80]}")
        headers = {
            "cityCode": self.office["jipcc"],
            "currency": self.office["currency"],
            "isNewBF": "true",
            "itinerary": _leg(search),
            "language": "ES",
            "legRegion": region["subRegionFinal"],
            "locale": self.office["mappedTo"],
            "promoCodes": "RED22",
            "store": STORE.partition("_")[0],
            "travelers": _party(search),
        }
        return JsonRequest(
            POINTS, method="POST", data=_body(region), headers=_headers(self.booking_url(search)) | headers
        )


def _headers(page: str = f"{SITE}/es-mx/reserva") -> dict[str, str]:
    """Return the headers for a request; `page` is the page that would send it."""
    return {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Authorization": CLIENT,
        "cache-control": "no-cache",
        "access_type": "client_credentials",
        "x-transactionId": str(uuid.uuid4()),
        "channel": "web",
        "Origin": SITE,
        "Referer": page,
    }


def _body(region: dict[str, str]) -> dict[str, str]:
    return {
        "accountNumber": "",
        "arrivalAirportLoyaltyZone": region["arrivalAirportLoyaltyZone"],
        "arrivalAirportRegion": region["subRegionFinal"],
        "cobrandCard": "",
        "departureAirportLoyaltyZone": region["departureAirportLoyaltyZone"],
        "departureAirportRegion": region["subRegionOrigin"],
        "planMultiplica": "",
        "promoCode": "",
        "tier": "",
    }


def _leg(search: Search) -> str:
    return f"{search.origin}_{search.destination}_{search.first}"


def _party(search: Search) -> str:
    return f"A{search.travelers}_C0_I0_PH0_PC0"


def _texts(response: Response, *keys: str) -> dict[str, str]:
    """Return the strings at these keys of a JSON object. Raise UnexpectedResponse if one is missing or empty."""
    found = json_object(response)
    if invalid := [key for key in keys if not isinstance(found.get(key), str) or not found[key]]:
        raise UnexpectedResponse(f"{response.url.rpartition('/')[2]}: no text under {', '.join(invalid)}")
    return {key: found[key] for key in keys}

"""How to ask Aeromexico. Endpoints, fields and their sources: docs/sources/aeromexico.md."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.spider import AwardSpider, lookup
from awardspider.items import Search, SearchKind
from awardspider.outcomes import UnexpectedResponse

SITE = "https://www.aeromexico.com"
OFFICE = "https://amx-c-mtpsbk-pd.aeromexico.com/tc/pcc/getPccInfo"
REGION = "https://amx-c-mtpsbk-pd.aeromexico.com/tc/region/regionByRoute"
POINTS = "https://amx-c-bkngbk-pd.aeromexico.com/bc/ow/search/flight/points"

# The store that sells for points: Mexico's.
STORE = "MX_PP"

# Not a secret: it names the site's public client and says that nothing is signed.
CLIENT = (
    "Atmosphere realm=http://atmosphere,atmosphere_app_id=WorkAndCoApp, atmosphere_signature_method=NONE"  # as it comes
)


class AeromexicoSpider(AwardSpider):
    """Aeromexico Rewards: a day's flights, once the selling office and the regions of the route are known."""

    name = "aeromexico"
    search_kinds = (SearchKind.ITINERARY,)
    needs_auth: ClassVar[tuple[SearchKind, ...]] = (SearchKind.ITINERARY,)

    def booking_url(self, search: Search) -> str:
        return f"{SITE}/es-mx/reserva/opciones?itinerary={_leg(search)}&travelers={_party(search)}&leg=1&points=true"

    def auth_request(self) -> Request:
        return Request(OFFICE, headers=_headers() | {"project": "BOOKING", "storeFront": STORE})

    def parse_auth(self, response: Response) -> None:
        self.office = _texts(response, "jipcc", "currency", "mappedTo")

    def build_request(self, search: Search) -> Request:
        route = {"departure": search.origin, "arrival": search.destination}
        return lookup(Request(REGION, headers=_headers(self.booking_url(search)) | route))

    def next_request(self, search: Search, response: Response) -> Request | None:
        if not response.url.startswith(REGION):
            return None
        zones = ("departureAirportLoyaltyZone", "arrivalAirportLoyaltyZone", "subRegionOrigin", "subRegionFinal")
        region = _texts(response, "airportOriginDestination", *zones)
        if region["airportOriginDestination"] != f"{search.origin}{search.destination}":
            raise UnexpectedResponse(f"asked {_leg(search)}, answered {region['airportOriginDestination'][:80]}")
        asked = {
            "cityCode": self.office["jipcc"],
            "currency": self.office["currency"],
            "isNewBF": "true",
            SearchKind.ITINERARY: _leg(search),
            "language": "ES",
            "legRegion": region["subRegionFinal"],
            "locale": self.office["mappedTo"],
            "promoCodes": "RED22",
            "store": STORE.partition("_")[0],
            "travelers": _party(search),
        }
        headers = _headers(self.booking_url(search)) | asked
        return JsonRequest(POINTS, method="POST", data=_question(region), headers=headers)


def _headers(page: str = f"{SITE}/es-mx/reserva") -> dict[str, str]:
    """What every request carries; `page` is the one that a person would be on."""
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


def _question(region: dict[str, str]) -> dict[str, str]:
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
    """The values under these keys, all of them texts. Raises Changed."""
    try:
        told: Any = json.loads(response.body)
        found = {key: told[key] for key in keys}
    except (ValueError, TypeError, KeyError) as error:
        raise UnexpectedResponse(f"{response.url.rpartition('/')[2]}: {type(error).__name__} {error}") from error
    if odd := [key for key, value in found.items() if not isinstance(value, str) or not value]:
        raise UnexpectedResponse(f"{response.url.rpartition('/')[2]}: {', '.join(odd)} is no text")
    return found

"""How to ask Delta. The endpoint, its fields and their sources: docs/sources/delta.md."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.responses import block_pattern
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import Reason, UnexpectedResponse

SITE = "https://www.delta.com"
ENDPOINT = "https://offer-api-prd.delta.com/prd/rm-offer-gql"

DAYS_AROUND = 3  # the grid reaches so far before and after its day
ITINERARIES_A_PAGE = 50  # Delta's own page asks for 20; 50 was accepted


class DeltaSpider(AwardSpider):
    """Delta SkyMiles: a grid of 7 days in one request, a day's flights in pages, both from one GraphQL address."""

    name = "delta"
    search_kinds = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    days_per_request = 2 * DAYS_AROUND + 1
    cabins_per_request: ClassVar[dict[SearchKind, tuple[tuple[Cabin, ...], ...]]] = {
        SearchKind.CALENDAR: ((Cabin.ECONOMY,),)
    }
    xhr_paths: ClassVar[dict[SearchKind, str]] = {SearchKind.ITINERARY: "/rm-offer-gql gqlSearchOffers"}
    block_patterns = (
        block_pattern(r"cpr_chlge", Reason.RATE_LIMITED),
        block_pattern(r"#100904A|#SFAF|^\S*sorry\S*$", Reason.BLOCKED),  # on a page, or where a redirect leads
        block_pattern(r"system-unavailable", Reason.UNREACHABLE),
    )

    def booking_url(self, search: Search) -> str:
        return (
            f"{SITE}/flight-search/search?action=findFlights&tripType=ONE_WAY&priceSchedule=price"
            f"&originCity={search.origin}&destinationCity={search.destination}"
            f"&departureDate={search.first:%m/%d/%Y}&departureTime=AT&returnDate=&returnTime=AT"
            f"&paxCount={search.travelers}&searchByCabin=true&cabinFareClass=BE&deltaOnlySearch=false&deltaOnly=off"
            "&Go=Find%20Flights&meetingEventCode=&refundableFlightsOnly=false&compareAirport=false"
            "&awardTravel=true&shopWithMiles=on"
        )

    def build_request(self, search: Search) -> Request:
        return _request(search, 1, self.now())

    def next_request(self, search: Search, response: Response) -> Request | None:
        """The next page of the flights. `pageResultCnt` is how many pages there are, in spite of its name."""
        if search.kind == SearchKind.CALENDAR:
            return None
        page, pages = _pages(response)
        return _request(search, page + 1, self.now()) if page < pages else None


def _request(search: Search, page: int, now: datetime) -> Request:
    calendar = search.kind == SearchKind.CALENDAR
    headers = {
        "Accept": "application/json",
        "Authorization": "GUEST",
        "TransactionId": f"{uuid.uuid4()}_{now.timestamp() * 1000:.0f}",
        "applicationId": "DC",
        "channelId": "DCOM",
        "Airline": "DL",
        "x-app-type": "dcom-shop",
        "x-app-route": "dates" if calendar else "search",
        "Origin": SITE,
        "Referer": f"{SITE}/",
    }
    body = {"variables": {"offerSearchCriteria": _criteria(search, page)}, "query": GRID if calendar else FLIGHTS}
    return JsonRequest(ENDPOINT, data=body, headers=headers, meta={"page": page})


def _criteria(search: Search, page: int) -> dict[str, Any]:
    # A grid cut short by the end of the booking window keeps its day inside.
    day = (
        search.first
        if search.kind == SearchKind.ITINERARY
        else min(search.first + timedelta(days=DAYS_AROUND), search.last)
    )
    way: dict[str, Any] = {
        "departureLocalTs": f"{day}T00:00:00",
        "origins": [{"airportCode": search.origin}],
        "destinations": [{"airportCode": search.destination}],
    }
    if search.kind == SearchKind.CALENDAR:
        # Delta spells it so.
        way["calenderDateRequest"] = {"daysBeforeCnt": DAYS_AROUND, "daysAfterCnt": DAYS_AROUND}
    return {
        "productGroups": [{"productCategoryCode": "FLIGHTS"}],
        "customers": [
            {"passengerTypeCode": "ADT", "passengerId": str(number)} for number in range(1, search.travelers + 1)
        ],
        "offersCriteria": {
            "showContentLinks": False,
            "resultsPageNum": page,
            "resultsPerRequestNum": ITINERARIES_A_PAGE,
            "preferences": {
                "refundableOnly": False,
                "showGlobalRegionalUpgradeCertificate": True,
                "nonStopOnly": False,
                "excludeBrandTypes": [],
            },
            "pricingCriteria": {"priceableIn": ["MILES"]},
            "flightRequestCriteria": {
                "currentTripIndexId": "0",
                "sortableOptionId": None,
                "selectedOfferId": "",
                "searchOriginDestination": [way],
                "sortByBrandId": "MAIN",
                "additionalCriteriaMap": {"rollOutTag": "GBB"},
            },
        },
    }


def _pages(response: Response) -> tuple[int, int]:
    """The page that an answer is, and how many there are; one where it does not say. Raises Changed."""
    found: Any = json.loads(response.body)
    for name in ("data", "gqlSearchOffers", "offerDataList", "responseProperties"):
        found = found.get(name) if isinstance(found, dict) else None
    told = found or {}
    page, pages = told.get("resultsPageNum") or 1, told.get("pageResultCnt") or 1
    try:
        page, pages = int(page), int(pages)
    except (TypeError, ValueError) as error:
        raise UnexpectedResponse(f"responseProperties: page {page} of {pages}") from error
    asked = response.request.meta.get("page", page) if response.request else page
    if page != asked:
        raise UnexpectedResponse(f"asked for page {asked}, answered {page} of {pages}")
    return page, pages


# What is asked for. An answer holds these fields and no others.
GRID = """
query ($offerSearchCriteria: OfferSearchCriteriaInput!) {
  gqlSearchOffers(offerSearchCriteria: $offerSearchCriteria) {
    gqlOffersSets {
      itineraryDepartureDate
      offers {
        soldOut
        additionalOfferProperties {
          offered soldOut unavailableForSale dominantSegmentBrandId discountAvailable lowestFare totalTripStopCnt
        }
        offerPricing {
          totalAmt { currencyEquivalentPrice { currencyAmt } milesEquivalentPrice { mileCnt } }
        }
      }
    }
    offerDataList { pricingOptions { pricingOptionDetail { currencyCode } } }
  }
}
"""

FLIGHTS = """
query ($offerSearchCriteria: OfferSearchCriteriaInput!) {
  gqlSearchOffers(offerSearchCriteria: $offerSearchCriteria) {
    gqlOffersSets {
      trips {
        totalTripTime { dayCnt hourCnt minuteCnt }
        flightSegment {
          flightSegmentNum originAirportCode destinationAirportCode
          scheduledDepartureLocalTs scheduledArrivalLocalTs
          marketingCarrier { carrierCode carrierNum }
          operatingCarrier { carrierCode carrierName }
          aircraft { fleetTypeCode subFleetTypeCode }
          aircraftTypeCode
          flightLeg { legId originAirportCode destinationAirportCode }
        }
      }
      additionalOfferSetProperties {
        discountInfo { discountPct discountTypeCode nonDiscountedOffersAvailable }
        promotionsInfo { promotionalCode promotionalPct }
      }
      offers {
        soldOut
        additionalOfferProperties {
          offered soldOut unavailableForSale dominantSegmentBrandId fareType refundable discountAvailable
        }
        offerItems {
          retailItems {
            retailItemMetaData {
              fareInformation {
                brandByFlightLegs { flightSegmentNum flightLegNum brandId cosCode }
                availableSeatCnt
                farePrice {
                  totalFarePrice {
                    currencyEquivalentPrice { roundedCurrencyAmt formattedCurrencyAmt }
                    milesEquivalentPrice { mileCnt }
                  }
                  originalTotalPrice { milesEquivalentPrice { mileCnt } }
                  promotionalPrices { price { milesEquivalentPrice { mileCnt } } }
                  discountsApplied {
                    pct code description reason amount { milesEquivalentPrice { mileCnt discountMileCnt } }
                  }
                }
              }
            }
          }
        }
      }
    }
    offerDataList {
      responseProperties { resultsPageNum resultsPerRequestNum pageResultCnt }
      pricingOptions { pricingOptionDetail { currencyCode } }
    }
  }
}
"""

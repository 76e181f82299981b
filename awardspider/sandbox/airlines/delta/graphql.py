"""As much of GraphQL as Delta's search needs: which fields a document selects, whether they exist, and only those back.

The fields are those of a request captured in December 2023 and of answers of 2026. Where a price is, all three ways to
write its amount are taken, as sources name different ones.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

Selection = dict[str, Any]  # a field's name -> its own selection, empty for a plain value
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|#[^\n]*|\.\.\.|[A-Za-z_]\w*|[^\s,]')
_NAME = re.compile(r"[A-Za-z_]\w*")

_PRICE = """{ currencyEquivalentPrice { currencyAmt roundedCurrencyAmt formattedCurrencyAmt }
  milesEquivalentPrice { mileCnt cashPlusMilesCnt cashPlusMiles } }"""
_DISCOUNT = """{ pct code description reason amount { currencyEquivalentPrice { currencyAmt }
  milesEquivalentPrice { mileCnt discountMileCnt } } }"""
_INFO = """discountInfo { discountPct discountTypeCode nonDiscountedOffersAvailable }
  promotionsInfo { promotionalCode promotionalPct } discountInEligibilityList { code reason }"""
_LAYOVER = """layover { destinationAirportCode layoverAirportCode layoverDuration { hourCnt minuteCnt }
  departureFlightNum equipmentChange originAirportCode scheduledArrivalLocalTs scheduledDepartureLocalTs }"""
_AIRCRAFT = "aircraft { fleetTypeCode subFleetTypeCode newSubFleetType }"
_RANGE = "{ maximumNum minimumNum }"
_TRIPS = f"""trips {{ tripId scheduledDepartureLocalTs scheduledArrivalLocalTs originAirportCode destinationAirportCode
  stopCnt totalTripTime {{ dayCnt hourCnt minuteCnt }} summarizedProductId
  flightSegment {{ aircraftTypeCode dayChange destinationAirportCode destinationCityCode originAirportCode
    originCityCode flightSegmentNum pendingGovtApproval scheduledArrivalLocalTs scheduledDepartureLocalTs {_LAYOVER}
    marketingCarrier {{ carrierCode carrierNum }} operatingCarrier {{ carrierCode carrierNum carrierName }} {_AIRCRAFT}
    flightLeg {{ legId dayChange destinationAirportCode originAirportCode feeRestricted scheduledArrivalLocalTs
      scheduledDepartureLocalTs {_LAYOVER} operatedByOwnerCarrier redEye earnLoyaltyMiles loyaltyMemberBenefits
      operatingCarrier {{ carrierCode carrierName }} marketingCarrier {{ carrierCode carrierName }} dominantLeg
      duration {{ dayCnt hourCnt minuteCnt }} originAirport {{ airportTerminals {{ terminalId }} }}
      destinationAirport {{ airportTerminals {{ terminalId }} }} {_AIRCRAFT} carrierCode
      distance {{ unitOfMeasure unitOfMeasureCnt }} }} }} }}"""
_OFFERS = f"""offers {{ offerId soldOut
  additionalOfferProperties {{ offered fareType dominantSegmentBrandId priorityNum soldOut unavailableForSale refundable
    offerBadges {{ brandId }} payWithMilesEligible discountAvailable travelPolicyStatus lowestFare lowestFareInCalendar
    totalTripStopCnt }}
  offerPricing {{ totalAmt {_PRICE} originalTotalAmt {_PRICE} discountsApplied {_DISCOUNT}
    promotionalPrices {{ price {_PRICE} }} }}
  offerItems {{ retailItems {{ retailItemMetaData {{ fareInformation {{ availableSeatCnt
    brandByFlightLegs {{ brandId cosCode tripId flightSegmentNum flightLegNum product {{ brandId typeCode }}
      globalUpgradeCertificateLegStatus {{ upgradeAvailableStatusProductId }}
      regionalUpgradeCertificateLegStatus {{ upgradeAvailableStatusProductId }} }}
    discountInEligibilityList {{ code reason }} priceCalendar {{ priceCalendarDate }}
    farePrice {{ discountsApplied {_DISCOUNT} totalFarePrice {_PRICE} originalTotalPrice {_PRICE}
      promotionalPrices {{ price {_PRICE} }} }} }} }} }} }} }}"""
_SET = f"""itineraryDepartureDate {_TRIPS} {_OFFERS} offerSetBadges {{ brandId }}
  additionalOfferSetProperties {{ offerSetId seatReferenceId {_INFO}
    globalUpgradeCertificateTripStatus {{ brandId upgradeAvailableStatusProductId }}
    regionalUpgradeCertificateTripStatus {{ brandId upgradeAvailableStatusProductId }} }}"""
SCHEMA_TEXT = f"""{{ gqlSearchOffers {{ offerResponseId gqlOffersSets {{ {_SET} }} gqlSelectedOfferSets {{ {_SET} }}
  contentLinks {{ type variables {{ brandProductMapping }} }}
  offerDataList {{
    responseProperties {{ {_INFO} resultsPerRequestNum pageResultCnt resultsPageNum tripTypeText
      sortOptionsList {{ sortableOptionDesc sortableOptionId }} }}
    offerPreferences {{ stopCnt destinationAirportCode connectionTimeRange {_RANGE} originAirportCode
      flightDurationRange {_RANGE} layoverAirportCode totalMilesRange {_RANGE} totalPriceRange {_RANGE} }}
    retailItemDefinitionList {{ brandType retailItemBrandId refundable retailItemPriorityText }}
    pricingOptions {{ pricingOptionDetail {{ currencyCode }} }} }} }} }}"""


class BadDocument(ValueError):
    """A document that cannot be served; its text is what a GraphQL server would say."""


@functools.lru_cache(maxsize=64)
def selected(document: str) -> Selection:
    """The fields that a document with one query selects. Raises BadDocument also for fields that do not exist."""
    selection = _parsed(document)
    _check(selection, _schema(), ())
    return selection


@functools.cache
def _schema() -> Selection:
    return _parsed(SCHEMA_TEXT)


def _parsed(document: str) -> Selection:
    tokens = (token for token in _TOKEN.findall(document) if not token.startswith("#"))
    for token in tokens:
        if token == "{":
            return _fields(tokens)
        if token == "(":
            _skip_arguments(tokens)
        elif not _NAME.fullmatch(token):
            break
    raise BadDocument("Invalid Syntax : offending token at line 1 column 1")


def _fields(tokens: Iterator[str]) -> Selection:
    """The fields up to the closing brace."""
    found: Selection = {}
    name = ""
    for token in tokens:
        if token == "}":
            return found
        if token == "{" and name:
            found[name] = _fields(tokens)
        elif token == "(" and name:
            _skip_arguments(tokens)
        elif _NAME.fullmatch(token):
            name = token
            found[name] = {}
        else:
            raise BadDocument(
                f"Invalid Syntax : offending token '{token}' (the sandbox knows neither aliases nor fragments)"
            )
    raise BadDocument("Invalid Syntax : offending token '<EOF>'")


def _skip_arguments(tokens: Iterator[str]) -> None:
    depth = 1
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if not depth:
            return


def _check(selection: Selection, schema: Selection, path: tuple[str, ...]) -> None:
    for name, inner in selection.items():
        here = (*path, name)
        place = f"Validation error of type {{}}: Field '{name}' @ '{'/'.join(here)}'"
        if name == "__typename":
            continue
        if name not in schema:
            raise BadDocument(place.format("FieldUndefined"))
        if bool(inner) != bool(schema[name]):
            raise BadDocument(place.format("SubselectionNotAllowed" if inner else "SubselectionRequired"))
        _check(inner, schema[name], here)


def only(value: Any, selection: Selection) -> Any:
    """The selected part of a value; what a selected field has no value for is null."""
    if isinstance(value, list):
        return [only(item, selection) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: only(value.get(name), inner) for name, inner in selection.items()}

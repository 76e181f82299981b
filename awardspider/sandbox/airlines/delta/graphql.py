"""The part of GraphQL that Delta's search needs: parsing a document's selection, validating it and applying it.

The schema has the fields of a request captured in December 2023 and of responses of 2026. Sources disagree on the names
of a price's amount fields, so each price has all three.
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


class InvalidDocument(ValueError):
    """A document with a syntax error or unknown fields; the exception's text is a GraphQL server's error message."""


@functools.lru_cache(maxsize=64)
def parse_selection(document: str) -> Selection:
    """Return the fields that a one-query document selects. Raise InvalidDocument if the document is invalid."""
    selection = _parse(document)
    _check(selection, _schema(), ())
    return selection


@functools.cache
def _schema() -> Selection:
    return _parse(SCHEMA_TEXT)


def _parse(document: str) -> Selection:
    tokens = (token for token in _TOKEN.findall(document) if not token.startswith("#"))
    for token in tokens:
        if token == "{":
            return _fields(tokens)
        if token == "(":
            _skip_arguments(tokens)
        elif not _NAME.fullmatch(token):
            break
    raise InvalidDocument("Invalid Syntax : offending token at line 1 column 1")


def _fields(tokens: Iterator[str]) -> Selection:
    """Parse the fields up to the closing brace."""
    fields: Selection = {}
    name = ""
    for token in tokens:
        if token == "}":
            return fields
        if token == "{" and name:
            fields[name] = _fields(tokens)
        elif token == "(" and name:
            _skip_arguments(tokens)
        elif _NAME.fullmatch(token):
            name = token
            fields[name] = {}
        else:
            raise InvalidDocument(
                f"Invalid Syntax : offending token '{token}' (the sandbox supports neither aliases nor fragments)"
            )
    raise InvalidDocument("Invalid Syntax : offending token '<EOF>'")


def _skip_arguments(tokens: Iterator[str]) -> None:
    depth = 1
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if not depth:
            return


def _check(selection: Selection, schema: Selection, path: tuple[str, ...]) -> None:
    for name, inner in selection.items():
        here = (*path, name)
        message = f"Validation error of type {{}}: Field '{name}' @ '{'/'.join(here)}'"
        if name == "__typename":
            continue
        if name not in schema:
            raise InvalidDocument(message.format("FieldUndefined"))
        if bool(inner) != bool(schema[name]):
            raise InvalidDocument(message.format("SubselectionNotAllowed" if inner else "SubselectionRequired"))
        _check(inner, schema[name], here)


def select(value: Any, selection: Selection) -> Any:
    """Return only the selected fields of a value. A selected field that has no value is null."""
    if isinstance(value, list):
        return [select(item, selection) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: select(value.get(name), inner) for name, inner in selection.items()}

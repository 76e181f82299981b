"""Parts that both of United's responses share: cabin codes, and objects that have only default values in captures."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from hashlib import blake2b

ECONOMY_CODE = "MIN-ECONOMY-SURP-OR-DISP"
PREMIUM_CODE = "ECO-PREMIUM-DISP"
BUSINESS_CODE = "MIN-BUSINESS-SURP-OR-DISP"
FIRST_CODE = "MIN-FIRST-SURP-OR-DISP"
NOT_MIXED = "-NOT-MIXED"

NOTHING_FOUND = {
    "MajorCode": "20003.26",
    "MajorDescription": "FlightShopping/ProviderBBX",
    "MinorCode": "10051",
    "MinorDescription": "ITAWaringMessage",
    "Message": "I'm sorry, we could not find answers to your query. ",
}


def _named(value: object, names: str) -> dict[str, object]:
    return dict.fromkeys(names.split(), value)


def _lists(names: str) -> dict[str, object]:
    return {name: [] for name in names.split()}


SPECIAL_PRICING = (
    _named("", "Description DisplayName ItaQueryType LastValidityMessage PIN ProgYear PromoAndPin PromoCode")
    | {"PromoCodeWithPaxIds": {}}
    | _named("", "PromoDescription PromoDisplayText PromoID")
    | _lists("AllowedPointsOfSale AlternateSuggestions BlackoutDatesDestination BlackoutDatesOrigin Carriers")
    | _lists("ClassesOfService Companions DateValidationTypes Discounts DiversifyAnswers DiversityStrategies")
    | _lists("EffectiveTravelDates GeoCodeRestrictions HubRestrictions")
    | {"PaxListDetails": {"Passengers": []}}
    | _lists("PromoFields PromoTerms PromoYears RedeemableDates RequiredPassengers SearchMetrics SearchTypes")
    | _lists("ValidationErrors ValidCardTypes ValidDaysOfWeekRanges ValidPartnerCodeTypes")
)
CARRIER_KINDS = _named(True, "CarrierDefault CarrierExpress CarrierPartners CarrierStar")
DURATIONS = _named(-1, "DurationMin DurationMax DurationStopMin DurationStopMax")
INDICATORS = (
    _named(False, "IsRefundableSelected IsBESelected IsMixedToggleSelected IsTravelCreditsApplied")
    | _named(False, "IsActiveMilitaryFareExists IsV2Flow IsMoneyAndMilesEligible IsDoveFlow")
)  # fmt: skip
TRIP_END = {
    "ChangeType": 0,
    "OriginalChangeType": 0,
    "OriginalMileage": 0,
    "OriginalMileageTotal": 0,
    "OriginalTax": 0.0,
}


def filters_in(dove: bool) -> dict[str, object]:
    """Build `SearchFiltersIn` for a search without filters."""
    return {
        "CabinCountMin": -1,
        "CabinCountMax": -1,
        **CARRIER_KINDS,
        **DURATIONS,
        "FareFamily": "ECONOMY",
        "PriceMin": -1.0,
        "PriceMinCurrency": "USD",
        "PriceMax": -1.0,
        "PriceMaxCurrency": "USD",
        "StopCountExcl": -1,
        "StopCountMin": -1,
        "StopCountMax": -1,
        **_lists("AirportsDestinationList AirportsOriginList AirportsStopList AirportsStopToAvoidList"),
        **_lists("CarriersMarketingList CarriersOperatingList EquipmentList FareFamilyFilters Warnings"),
        "ShopIndicators": INDICATORS | {"IsDoveFlow": dove},
    }


@lru_cache(maxsize=1 << 12)
def opaque(length: int, *key: object) -> str:
    """Return an opaque identifier in United's format that depends only on the key."""
    return b64encode(blake2b("|".join(map(str, key)).encode(), digest_size=24).digest(), b"ab").decode()[:length]

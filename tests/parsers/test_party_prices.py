"""Prices for a party: a share that does not divide evenly is rounded up, and no offer is dropped for it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from awardspider.items import AwardOfferItem, Money, ParseWarning, Search, SearchKind
from awardspider.parsers._collector import Collector
from awardspider.parsers._seatsaero_values import parse_taxes
from awardspider.parsers._values import from_minor_units, money, money_or_none
from awardspider.values import minor_unit
from tests.support.parser_cases import CASES, CASES_WITH_OFFERS, SEEN_AT, Case, for_each_case, offers_in, warnings_in

DAY = date(2027, 3, 5)
BY_NAME = {f"{case.program}/{case.name}": case for case in CASES}


def make_collector() -> Collector:
    search = Search(program="sas", kind=SearchKind.ITINERARY, origin="CPH", destination="JFK", first=DAY, last=DAY)
    return Collector("sas", search, datetime(2026, 11, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("total", "travelers", "miles", "is_rounded"),
    [
        (116_000, 3, 38_667, True),
        (116_000, 2, 58_000, False),
        ("116000", 3, 38_667, True),
        (116_000.0, 7, 16_572, True),
        (1, 9, 1, True),
        (0, 3, None, False),
        (116_000.5, 3, None, False),
        (None, 3, None, False),
    ],
)
def test_share_of_miles(total: object, travelers: int, miles: int | None, is_rounded: bool) -> None:
    offers = make_collector()
    assert offers.share_of_miles("points", total, travelers) == miles
    warnings = [(warning.path, warning.drops_offer) for warning in warnings_in(list(offers.finish()))]
    assert warnings == ([("points", False)] if is_rounded else [])


@pytest.mark.parametrize(
    ("total", "currency", "travelers", "share", "is_rounded"),
    [
        (11.21, "USD", 2, "5.61", True),
        (11.20, "USD", 2, "5.60", False),
        (33.300000000000004, "USD", 3, "11.10", False),
        (100, "EUR", 3, "33.34", True),
        (5611, "JPY", 2, "2806", True),
        (5611, "KRW", 1, "5611", False),
        (1.001, "KWD", 2, "0.501", True),
        (1.234, "BHD", 1, "1.234", False),
    ],
)
def test_share_of_money(total: float, currency: str, travelers: int, share: str, is_rounded: bool) -> None:
    offers = make_collector()
    assert offers.share_of_money("tax", total, currency, travelers) == Money(Decimal(share), currency)
    assert bool(warnings_in(list(offers.finish()))) is is_rounded


def test_shares_never_add_up_to_less_than_the_total() -> None:
    for cents in range(1, 3000, 7):
        for travelers in range(1, 10):
            share = money(cents / 100, "USD", travelers)
            total = share.amount * travelers
            assert Decimal(cents) / 100 <= total < Decimal(cents) / 100 + travelers * minor_unit("USD")


def as_for_party(case: Case, travelers: int) -> list[AwardOfferItem | ParseWarning]:
    """Parse a case as if its response were for a party, with totals only."""
    body = re.sub(rb'("passengerCount": *)\d+', rb"\g<1>%d" % travelers, case.body)
    body = body.replace(b'"ADT"', b'"ALL"').replace(b'"unitPrices"', b'"otherPrices"')
    items = case.parser.PARSERS[case.search.kind](body, replace(case.search, travelers=travelers), SEEN_AT)
    return [item for item in items if isinstance(item, AwardOfferItem | ParseWarning)]


@for_each_case([case for case in CASES_WITH_OFFERS if case.search.travelers == 1])
def test_party_drops_no_offer(case: Case) -> None:
    """Of the same prices, read as totals for three, five or seven travelers."""
    single = as_for_party(case, 1)
    for travelers in (3, 5, 7):
        party = as_for_party(case, travelers)
        dropping = [[one for one in warnings_in(items) if one.drops_offer] for items in (single, party)]
        assert len(dropping[0]) == len(dropping[1]), dropping[1]


@pytest.mark.parametrize(
    "name",
    ["aeroplan/flights-connection", "flyingblue/flights-nonstop", "flyingblue/calendar-month", "sas/offers-nearby"],
)
def test_totals_are_divided(name: str) -> None:
    case = BY_NAME[name]
    single, party = (offers_in(as_for_party(case, travelers)) for travelers in (1, 7))
    prices = {offer.miles for offer in single if offer.miles}
    assert party
    assert {offer.miles for offer in party} <= {-(-miles // 7) for miles in prices}
    assert {offer.travelers for offer in party} == {7}


# ---- minor units ---------------------------------------------------------------------------------------------------

DECIMALS = {
    "USD": 2,
    "KRW": 0,
    "JPY": 0,
    "CLP": 0,
    "VND": 0,
    "ISK": 0,
    "KWD": 3,
    "BHD": 3,
    "OMR": 3,
    "JOD": 3,
    "TND": 3,
}


@pytest.mark.parametrize(("currency", "decimals"), [*DECIMALS.items(), ("HUF", 2), ("TWD", 2), ("CLF", 4), ("XYZ", 2)])
def test_minor_unit(currency: str, decimals: int) -> None:
    assert minor_unit(currency) == Decimal(1).scaleb(-decimals)


@pytest.mark.parametrize(("currency", "decimals"), DECIMALS.items())
def test_money_has_the_decimals_of_its_currency(currency: str, decimals: int) -> None:
    taxes = money_or_none("1234.5678", currency)
    assert taxes is not None
    assert taxes.amount == round(Decimal("1234.5678"), decimals)
    assert taxes.amount.as_tuple().exponent == -decimals
    assert money_or_none(from_minor_units(123456, currency), currency) == Money(
        Decimal(123456).scaleb(-decimals), currency
    )
    assert parse_taxes(123456, currency, "aeroplan", make_collector()) == Money(
        Decimal(123456).scaleb(-decimals), currency
    )


@pytest.mark.parametrize(
    ("currency", "dictionary", "amount"),
    [
        ("KWD", b"{}", "0.710"),
        ("KRW", b"{}", "710"),
        ("CAD", b"{}", "7.10"),
        ("KWD", b'{"KWD": {"name": "Dinar", "decimalPlaces": 2}}', "7.100"),
        ("KRW", b'{"KRW": {"name": "Won", "decimalPlaces": "x"}}', "710"),
    ],
)
def test_currency_without_decimals_in_the_response(currency: str, dictionary: bytes, amount: str) -> None:
    """Aeroplan quotes taxes in the smallest unit; its dictionary of currencies may lack one, or have another unit."""
    case = BY_NAME["aeroplan/flights-connection"]
    body = re.sub(rb'"currency": *\{("CAD".*?\})?\}', b'"currency": ' + dictionary, case.body)
    assert body != case.body
    taxes = {offer.taxes for offer in offers_in(case.parse(body.replace(b'"CAD"', b'"%s"' % currency.encode())))}
    assert taxes == {Money(Decimal(amount), currency)}

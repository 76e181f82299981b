"""The value of a mile: the cash fare of the same flights, less the award's taxes, for each mile."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from awardspider.items import AwardOfferItem, Money
from awardspider.search.exchange_rates import ExchangeRates, convert
from awardspider.search.judgments import CashFare

#: The currency of cents per point.
CURRENCY = "USD"

_HUNDREDTH = Decimal("0.01")


def cents_per_point(fare: Money, taxes: Money | None, miles: int | None, rates: ExchangeRates | None) -> Decimal | None:
    """Return the US cents that one mile is worth, rounded to hundredths; all values are for one traveler, one way.

    Return None if the miles, the taxes or an exchange rate are unknown. A fare that is not above the taxes makes the
    miles worth 0, never less: with a negative value, an award for more miles would seem better.
    """
    if not miles or miles < 0 or taxes is None:
        return None
    if fare.currency == taxes.currency:
        saved: Money | None = convert(Money(fare.amount - taxes.amount, fare.currency), CURRENCY, rates)
    else:
        fare_usd, taxes_usd = convert(fare, CURRENCY, rates), convert(taxes, CURRENCY, rates)
        saved = Money(fare_usd.amount - taxes_usd.amount, CURRENCY) if fare_usd and taxes_usd else None
    if saved is None:
        return None
    return (max(saved.amount, Decimal(0)) * 100 / miles).quantize(_HUNDREDTH, ROUND_HALF_UP)


def cents_per_point_of(offer: AwardOfferItem, fare: CashFare | None, rates: ExchangeRates | None) -> Decimal | None:
    """Return the US cents that a mile of an offer is worth with a fare of its flights, as `CashFares.fare_of` finds it.

    Return None without a fare, or for the reasons of `cents_per_point`.
    """
    if fare is None:
        return None
    return cents_per_point(Money(fare.amount, fare.currency), offer.taxes, offer.miles, rates)

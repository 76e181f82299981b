"""The other direction of a round trip, in words."""

from __future__ import annotations

from awardspider.delivery.messages.events import Trip
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.text_limits import plain_text
from awardspider.items import AwardOfferItem, Money
from awardspider.programs import program_currency

_MAX_FLIGHTS_LENGTH = 60


def trip_text(offer: AwardOfferItem, trip: Trip, language: Language) -> str:
    """Return the nights, the other direction with its price, and the price of both directions, if it is known."""
    day = language.day_of_year if trip.other_date.year == offer.departure_date.year else language.day
    details = (
        plain_text(trip.other_flights or "", _MAX_FLIGHTS_LENGTH),
        language.phrase(f"cabin.{trip.other_cabin}") if trip.other_cabin is not offer.cabin else "",
    )
    flights = ", ".join(filter(None, details))
    route = f"{trip.other_origin} → {trip.other_destination}" + (f" ({flights})" if flights else "")
    other = language.phrase(
        "trip.outbound" if trip.is_return else "trip.return",
        date=day(trip.other_date),
        route=route,
        price=_price(trip, language),
    )
    total = trip_total(offer, trip, language)
    both = language.phrase("trip.both", price=total) if total else ""
    return "; ".join(filter(None, (language.count("nights", trip.nights), other, both)))


def trip_total(offer: AwardOfferItem, trip: Trip, language: Language) -> str:
    """Return the price of both directions, or an empty string if the miles of one are unknown.

    Amounts in different currencies, of programs or money, are not added up. Taxes are left out if any are unknown.
    """
    if offer.miles is None or trip.other_miles is None:
        return ""
    own, other = program_currency(offer.program), program_currency(trip.other_program)
    if own == other:
        amounts = [language.price(offer.miles + trip.other_miles, own)]
    else:
        amounts = [language.price(offer.miles, own), language.price(trip.other_miles, other)]
    taxes, other_taxes = offer.taxes, _other_taxes(trip)
    if taxes and other_taxes:
        if taxes.currency == other_taxes.currency:
            amounts.append(language.money(taxes.amount + other_taxes.amount, taxes.currency))
        else:
            amounts += [language.money(*taxes), language.money(*other_taxes)]
    return " + ".join(amounts)


def _price(trip: Trip, language: Language) -> str:
    if trip.other_miles is None:
        return language.phrase("offer.price_unknown")
    price = language.price(trip.other_miles, program_currency(trip.other_program))
    taxes = _other_taxes(trip)
    return f"{price} + {language.money(*taxes)}" if taxes else price


def _other_taxes(trip: Trip) -> Money | None:
    if trip.other_taxes is None or trip.other_taxes_currency is None:
        return None
    return Money(trip.other_taxes, trip.other_taxes_currency)

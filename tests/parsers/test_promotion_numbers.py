"""Numbers of announcements: percentages, prices of bought miles, and prices of awards."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.parsers._promotions import read_announcement


@pytest.mark.parametrize(
    ("title", "language", "percent", "up_to", "meaning", "cents", "miles"),
    [
        ("Buy Aeroplan Points With A 100% Bonus", "en", 100, False, "bonus", None, None),
        ("Buy Aeroplan Points With Up To A 100% Bonus", "en", 100, True, "bonus", None, None),
        ("Buy Aeroplan Points: as much as 90% bonus", "en", 90, True, "bonus", None, None),
        ("Buy Aeroplan Points with a bonus of up to 90%", "en", 90, True, "bonus", None, None),
        ("Buy Aeroplan Points With 20%-40% Bonus", "en", 40, True, "bonus", None, None),
        ("Buy Aeroplan Points With 30% or 40% Bonus", "en", 40, True, "bonus", None, None),
        ("Buy Aeroplan Points With 30/40% Bonus", "en", 40, True, "bonus", None, None),
        ("Buy Aeroplan Points With 30, 40 or 50% Bonus", "en", 50, True, "bonus", None, None),
        ("Buy Aeroplan Points with a 35 percent bonus", "en", 35, False, "bonus", None, None),
        ("Buy Aeroplan Points at 40% off", "en", 40, False, "discount", None, None),
        ("Save 40% when you buy Aeroplan points", "en", 40, False, "discount", None, None),
        ("Save up to 40% on Aeroplan points purchases", "en", 40, True, "discount", None, None),
        ("Buy Aeroplan Points With 100% Bonus (1.35 Cents Each)", "en", 100, False, "bonus", "1.35", None),
        ("Buy Aeroplan Points With 100% Bonus: 1.35¢ per point", "en", 100, False, "bonus", "1.35", None),
        ("Buy Aeroplan Points from 1.4 cpp with a 90% bonus", "en", 90, False, "bonus", "1.4", None),
        ("Buy Aeroplan Points with a 90% bonus plus 5% cash back", "en", 90, False, "bonus", None, None),
        ("Buy Aeroplan Points with a 90% bonus and earn 5x on your card", "en", 90, False, "bonus", None, None),
        ("Award sale: 30% off flights, 100% refundable", "en", 30, False, "discount", None, None),
        ("LifeMiles award sale: 25% fewer miles", "en", 25, False, "discount", None, None),
        ("Alaska award sale from 7,500 points one-way", "en", None, None, None, None, 7500),
        ("Delta SkyMiles flash sale: from 12.5k miles round trip", "en", None, None, None, None, 12500),
        ("Delta SkyMiles flash sale: Europe from 34K", "en", None, None, None, None, 34000),
        ("United award sale: 22,000 to 30,000 miles each way", "en", None, None, None, None, 22000),
        ("Hyatt raises award prices by 30%", "en", None, None, None, None, None),
        ("Aeroplan devaluation: awards cost 20% more", "en", None, None, None, None, None),
        ("20% of readers want a refund", "en", None, None, None, None, None),
        ("Chase offers 0% APR for 15 months", "en", None, None, None, None, None),
        ("Amex to Hilton 400% bonus", "en", None, None, None, None, None),
        ("Compre pontos Livelo com 53% de desconto (R$ 32,90 o milheiro)", "pt", 53, False, "discount", None, None),
        ("Compre pontos Livelo com até 53% OFF", "pt", 53, True, "discount", None, None),
        ("Livelo para Smiles: de 70% a 100% de bônus na transferência", "pt", 100, True, "bonus", None, None),
        ("Smiles: trechos a partir de 15 mil milhas", "pt", None, None, None, None, 15000),
        ("Smiles: trechos a partir de 6.500 milhas", "pt", None, None, None, None, 6500),
        ("Compra Avios con hasta un 50% de bonificación", "es", 50, True, "bonus", None, None),
        ("Iberia: 30% de descuento en canjes con Avios", "es", 30, False, "discount", None, None),
        ("Vuelos LATAM Pass desde 6.000 millas por trayecto", "es", None, None, None, None, 6000),
    ],
)
def test_numbers_of_a_title(
    title: str,
    language: str,
    percent: int | None,
    up_to: bool | None,
    meaning: str | None,
    cents: str | None,
    miles: int | None,
) -> None:
    terms = read_announcement(title, "", date(2026, 10, 2), language=language)
    found_cents = str(terms.cents_per_mile) if terms.cents_per_mile is not None else None
    assert (terms.percent, terms.up_to, terms.bonus_or_discount) == (percent, up_to, meaning)
    assert (found_cents, terms.miles_price) == (cents, miles)


@pytest.mark.parametrize(
    ("summary", "cents"),
    [("Each mile costs 1.35 cents.", "1.35"), ("We value them at 1.5 cents each.", None), ("R$ 0,015 each.", None)],
)
def test_value_of_a_mile_is_not_its_price(summary: str, cents: str | None) -> None:
    terms = read_announcement("Buy LifeMiles with a 145% bonus", summary, date(2026, 10, 2))
    assert (str(terms.cents_per_mile) if terms.cents_per_mile else None) == cents

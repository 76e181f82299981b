"""Names of the currencies of all programs and banks."""

from __future__ import annotations

import pytest

from awardspider.delivery.messages.language import LANGUAGES, get_language
from awardspider.programs import Unit, all_programs
from awardspider.search.currency_texts import amount_text, currency_text, price_text, unit_text
from awardspider.search.transfer_partners import banks, holding_currency, point_programs

HOLDINGS = sorted([*banks(), *point_programs()])


@pytest.mark.parametrize("key", HOLDINGS)
def test_every_program_and_bank_has_a_unit_and_either_a_brand_or_a_name(key: str) -> None:
    currency = holding_currency(key)
    assert bool(currency.brand) is not bool(currency.name)
    if key in all_programs():
        assert currency == all_programs()[key].currency


def test_no_two_currencies_have_one_name() -> None:
    names = [currency_text(holding_currency(key)) for key in HOLDINGS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("united", "70,000 MileagePlus miles"),
        ("aeroplan", "70,000 Aeroplan points"),
        ("cathay", "70,000 Asia Miles"),
        ("qatar", "70,000 Privilege Club Avios"),
        ("britishairways", "70,000 British Airways Avios"),
        ("lifemiles", "70,000 LifeMiles"),
        ("amex", "70,000 Membership Rewards points"),
        ("capital_one", "70,000 Capital One miles"),
        ("citi", "70,000 Citi ThankYou points"),
    ],
)
def test_a_price_has_the_name_of_its_currency(key: str, text: str) -> None:
    assert price_text(70_000, holding_currency(key)) == text


@pytest.mark.parametrize("key", HOLDINGS)
@pytest.mark.parametrize("number", [1, 2, 70_000])
def test_texts_are_those_of_english_messages(key: str, number: int) -> None:
    currency, language = holding_currency(key), get_language("en")
    assert price_text(number, currency) == language.price(number, currency)
    assert amount_text(number, currency) == language.amount(number, currency)


@pytest.mark.parametrize("locale", LANGUAGES.values())
@pytest.mark.parametrize("key", HOLDINGS)
def test_every_language_has_the_currency(locale: str, key: str) -> None:
    text = get_language(locale).price(70_000, holding_currency(key))
    currency = holding_currency(key)
    assert (currency.brand or currency.name) in text
    words = {"en": ("miles", "points"), "pt_BR": ("milhas", "pontos"), "es": ("millas", "puntos")}[locale]
    if currency.brand:
        expected = {Unit.MILES: words[0], Unit.POINTS: words[1], Unit.AVIOS: "Avios"}[currency.unit]
        assert expected in text.replace(currency.brand, "").split()


def test_units_are_singular_for_one() -> None:
    units = [unit_text(holding_currency(key), number) for key in ("united", "aeroplan", "qatar") for number in (1, 2)]
    assert units == ["mile", "miles", "point", "points", "Avios", "Avios"]

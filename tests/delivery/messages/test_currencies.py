"""Currencies of programs and names of cities in messages."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest
from babel import Locale

from awardspider.delivery.messages.cities import translated_city
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.render import Form, render
from awardspider.items import Cabin, EventType, Money
from awardspider.programs import DEFAULT_CURRENCY, all_programs, program_currency, programs
from awardspider.search.city_names import city_name
from tests.support.render_examples import NOW, TOKYO, make_offer, make_offer_event, make_segment

LOCALES = ("en", "pt_BR", "es")
OWN = [key for key, program in all_programs().items() if not program.covers]


@pytest.mark.parametrize("key", OWN)
def test_every_program_has_a_currency(key: str) -> None:
    currency = program_currency(key)
    assert bool(currency.brand) != bool(currency.name), "an entry has either a brand or a name"
    assert all(get_language(locale).price(1, currency) for locale in LOCALES)


def test_a_source_of_several_programs_and_an_unknown_program_have_miles() -> None:
    assert program_currency("seatsaero") == program_currency("other") == DEFAULT_CURRENCY
    assert get_language("en").price(2_000, DEFAULT_CURRENCY) == "2,000 miles"
    assert all(program.covers for program in programs().values() if program.currency == DEFAULT_CURRENCY)


@pytest.mark.parametrize(
    ("program", "prices"),
    [
        ("aeroplan", ("73,500 Aeroplan points", "73.500 pontos Aeroplan", "73.500 puntos Aeroplan")),
        ("smiles", ("73,500 Smiles miles", "73.500 milhas Smiles", "73.500 millas Smiles")),
        ("qatar", ("73,500 Privilege Club Avios", "73.500 Avios Privilege Club", "73.500 Avios Privilege Club")),
        ("cathay", ("73,500 Asia Miles", "73.500 Asia Miles", "73.500 Asia Miles")),
    ],
)
def test_prices_name_the_currency(program: str, prices: tuple[str, ...]) -> None:
    currency = program_currency(program)
    assert tuple(get_language(locale).price(73_500, currency) for locale in LOCALES) == prices


def test_the_title_names_program_and_seats() -> None:
    flight = make_segment("AC8", "SFO-HND", "2027-05-06 11:35", "2027-05-07 14:05")
    offer = make_offer(
        flight, program="aeroplan", source="aeroplan", miles=73_500, taxes=Money(Decimal("24.81"), "CAD"), seats=4
    )
    titles = [
        render(make_offer_event(EventType.OFFER_MATCHED, offer), form=Form.LONG, locale=locale, now=NOW).title
        for locale in LOCALES
    ]
    assert titles == [
        "SFO → HND, Thu, May 6: business, 73,500 Aeroplan points + CA$24.81, 4 seats",
        "SFO → HND, qui., 6 de mai.: executiva, 73.500 pontos Aeroplan + CA$ 24,81, 4 assentos",
        "SFO → HND, jue, 6 may: ejecutiva, 73.500 puntos Aeroplan + 24,81 CAD, 4 asientos",
    ]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("key", OWN)
def test_the_longest_title_is_never_cut_in_its_price(key: str, locale: str) -> None:
    offer = dataclasses.replace(
        TOKYO,
        program=key,
        miles=1_120_000,
        taxes=Money(Decimal("11412.34"), "BRL"),
        seats=9,
        cabin=Cabin.PREMIUM_ECONOMY,
    )
    for event_type in (EventType.OFFER_MATCHED, EventType.OFFER_DROPPED, EventType.OFFER_GONE):
        title = render(make_offer_event(event_type, offer, 2_000_000), form=Form.LONG, locale=locale, now=NOW).title
        assert len(title) <= 120
        assert "…" not in title


def test_the_value_of_a_point_is_not_that_of_a_mile() -> None:
    offer = dataclasses.replace(TOKYO, program="aeroplan")
    for locale, words in (("en", "per point"), ("pt_BR", "por ponto"), ("es", "por punto")):
        assert words in render(make_offer_event(EventType.OFFER_MATCHED, offer), form=Form.LONG, locale=locale).body


@pytest.mark.parametrize(
    ("airport", "names"),
    [
        ("GRU", ("São Paulo", "São Paulo", "São Paulo")),
        ("HND", ("Tokyo", "Tóquio", "Tokio")),
        ("LHR", ("London", "Londres", "Londres")),
        ("JFK", ("New York", "Nova York", "Nueva York")),
        ("MXP", ("Milan", "Milão", "Milán")),
        ("YYZ", ("Toronto", "Toronto", "Toronto")),
        ("EZE", ("Buenos Aires", "Buenos Aires", "Buenos Aires")),
        ("CPT", ("Cape Town", "Cidade do Cabo", "Ciudad del Cabo")),
        ("MIA", ("Miami", "Miami", "Miami")),
        ("GIG", ("Rio de Janeiro", "Rio de Janeiro", "Río de Janeiro")),
    ],
)
def test_cities_are_translated(airport: str, names: tuple[str, ...]) -> None:
    english = city_name(airport)
    assert english
    assert tuple(translated_city(airport, english, Locale.parse(locale)) for locale in LOCALES) == names


def test_a_city_is_not_translated_by_a_namesake() -> None:
    assert translated_city("YXU", "London", Locale("pt")) == "London"
    assert translated_city("XXX", "London", Locale("pt")) == "London"
    assert city_name("XXX") is None

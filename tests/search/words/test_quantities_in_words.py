"""Miles, travelers, nights, stops, cabins, programs and airlines in wishes."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.items import Cabin
from awardspider.search.words.parsing import parse_wish
from awardspider.search.words.wishes import Topic, Wish

TODAY = date(2026, 11, 28)
ECONOMY, PREMIUM, BUSINESS, FIRST = Cabin
UNCLEAR = -1


def wish_of(text: str, lang: str) -> Wish:
    return parse_wish(f"LAX-NRT, {text}", lang, today=TODAY)


@pytest.mark.parametrize(
    ("lang", "text", "miles", "travelers"),
    [
        ("en", "80k", 80_000, 1),
        ("en", "under 80,000 miles", 80_000, 1),
        ("en", "80 000 points or less", 80_000, 1),
        ("en", "up to 82.5k", 82_500, 1),
        ("en", "less than eighty thousand", 80_000, 1),
        ("en", "between 60k and 80k", 80_000, 1),
        ("en", "60-80k", 80_000, 1),
        ("en", "80k each for 2", 80_000, 2),
        ("en", "160k total for two", 80_000, 2),
        ("en", "2 pax, 160k total", 80_000, 2),
        ("en", "160k for both", 80_000, 2),
        ("en", "round trip, 60k each way", 60_000, 1),
        ("en", "120k round trip (60k each way)", 60_000, 1),
        ("en", "120k round trip", UNCLEAR, 1),
        ("en", "round trip under 120k", UNCLEAR, 1),
        ("en", "under 80", UNCLEAR, 1),
        ("en", "80", UNCLEAR, 1),
        ("en", "under $500", UNCLEAR, 1),
        ("en", "I have 200k United miles", None, 1),
        ("en", "taxes under $200", None, 1),
        ("pt", "até 80 mil milhas", 80_000, 1),
        ("pt", "no máximo 80.000 pontos", 80_000, 1),
        ("pt", "menos de 82,5 mil", 82_500, 1),
        ("pt", "cento e vinte mil milhas", 120_000, 1),
        ("pt", "160 mil no total, 2 pessoas", 80_000, 2),
        ("pt", "até 60 mil o trecho", 60_000, 1),
        ("pt", "120 mil ida e volta", UNCLEAR, 1),
        ("es", "hasta 80 mil millas por persona", 80_000, 1),
        ("es", "ochenta mil", 80_000, 1),
        ("es", "160 mil para los dos", 80_000, 2),
        ("es", "ida y vuelta, 50k por trayecto", 50_000, 1),
        ("es", "120 mil ida y vuelta", UNCLEAR, 1),
    ],
)
def test_miles_per_traveler_one_way(lang: str, text: str, miles: int | None, travelers: int) -> None:
    wish = wish_of(text, lang)
    if miles == UNCLEAR:
        assert (wish.max_miles, wish.ask_about) == (None, Topic.MAX_MILES)
    else:
        assert (wish.max_miles, wish.travelers, wish.ask_about) == (miles, travelers, None)


@pytest.mark.parametrize(
    ("lang", "text", "travelers"),
    [
        ("en", "2 seats", 2),
        ("en", "two business class tickets", 2),
        ("en", "2pax", 2),
        ("en", "2J", 2),
        ("en", "2 business", 2),
        ("en", "for three", 3),
        ("en", "my wife and I", 2),
        ("en", "me and 2 friends", 3),
        ("en", "with my husband and 2 kids", 4),
        ("en", "for my parents", 2),
        ("en", "taking my mom", 2),
        ("en", "me and my 3 coworkers", 4),
        ("en", "2 adults and 1 child", 3),
        ("en", "2 seats for 2 people", 2),
        ("en", "we're a family of five", 5),
        ("en", "couple", 2),
        ("en", "just me", 1),
        ("en", "March 2 business", 1),
        ("en", "10 people", None),
        ("en", "with my family", None),
        ("en", "2 adults and a baby", None),
        ("pt", "duas pessoas", 2),
        ("pt", "somos em quatro", 4),
        ("pt", "eu, meu marido e dois filhos", 4),
        ("pt", "casal com 2 filhos", 4),
        ("pt", "2 lugares na executiva", 2),
        ("pt", "só eu", 1),
        ("pt", "com a família", None),
        ("es", "mi esposa y yo", 2),
        ("es", "para dos", 2),
        ("es", "2 adultos y 1 niño", 3),
        ("es", "somos 4", 4),
        ("es", "viajo solo", 1),
        ("es", "con mi familia", None),
    ],
)
def test_travelers(lang: str, text: str, travelers: int | None) -> None:
    wish = wish_of(text, lang)
    if travelers is None:
        assert wish.ask_about is Topic.TRAVELERS
    else:
        assert (wish.travelers, wish.ask_about) == (travelers, None)


@pytest.mark.parametrize(
    ("lang", "text", "nights"),
    [
        ("en", "7 nights", (7, 7)),
        ("en", "for a week in May", (7, 7)),
        ("en", "a week or two", (7, 14)),
        ("en", "7-10 nights", (7, 10)),
        ("en", "5 to 7 days", (5, 7)),
        ("en", "two weeks", (14, 14)),
        ("en", "in two weeks", None),
        ("en", "first week of May", None),
        ("en", "May 5 ± 3 days", None),
        ("en", "long weekend", (3, 4)),
        ("pt", "por uma semana", (7, 7)),
        ("pt", "quinze dias", (15, 15)),
        ("pt", "nos próximos 30 dias", None),
        ("es", "entre 7 y 10 días", (7, 10)),
        ("es", "dos semanas", (14, 14)),
        ("es", "dentro de 2 semanas", None),
    ],
)
def test_nights(lang: str, text: str, nights: tuple[int, int] | None) -> None:
    assert wish_of(text, lang).nights == nights


@pytest.mark.parametrize(
    ("lang", "text", "stops"),
    [
        ("en", "nonstop", 0),
        ("en", "direct flights only", 0),
        ("en", "no layovers", 0),
        ("en", "max 1 stop", 1),
        ("en", "less than 2 stops", 1),
        ("en", "stops ok", None),
        ("en", "99 stops", None),
        ("pt", "sem escalas", 0),
        ("pt", "no máximo uma escala", 1),
        ("pt", "com conexão", None),
        ("es", "vuelo directo", 0),
        ("es", "con una escala como máximo", 1),
    ],
)
def test_stops(lang: str, text: str, stops: int | None) -> None:
    assert wish_of(text, lang).max_stops == stops


@pytest.mark.parametrize(
    ("lang", "text", "cabins"),
    [
        ("en", "biz", [BUSINESS]),
        ("en", "in J or F", [BUSINESS, FIRST]),
        ("en", "J/F", [BUSINESS, FIRST]),
        ("en", "premium", [PREMIUM]),
        ("en", "premium economy", [PREMIUM]),
        ("en", "coach", [ECONOMY]),
        ("en", "business or better", [BUSINESS, FIRST]),
        ("en", "not economy", [PREMIUM, BUSINESS, FIRST]),
        ("en", "any cabin", []),
        ("en", "business trip", []),
        ("en", "first week of May", []),
        ("en", "for the first time", []),
        ("pt", "econômica ou executiva", [ECONOMY, BUSINESS]),
        ("pt", "primeira quinzena de maio", []),
        ("pt", "em primeira", [FIRST]),
        ("pt", "no mínimo executiva", [BUSINESS, FIRST]),
        ("es", "turista premium", [PREMIUM]),
        ("es", "clase ejecutiva", [BUSINESS]),
        ("es", "primera vez", []),
        ("es", "primera clase", [FIRST]),
    ],
)
def test_cabins(lang: str, text: str, cabins: list[Cabin]) -> None:
    assert list(wish_of(text, lang).cabins) == cabins


@pytest.mark.parametrize(
    ("lang", "text", "programs"),
    [
        ("en", "using United miles", ["united"]),
        ("en", "MileagePlus or Aeroplan", ["aeroplan", "united"]),
        ("en", "flying blue", ["flyingblue"]),
        ("en", "80k AA miles", ["american"]),
        ("en", "with AA or Alaska miles", ["alaska", "american"]),
        ("pt", "com milhas Smiles", ["smiles"]),
        ("pt", "com pontos da Azul", ["azul"]),
        ("es", "con millas de United", ["united"]),
        ("es", "usando AAdvantage", ["american"]),
    ],
)
def test_programs(lang: str, text: str, programs: list[str]) -> None:
    wish = wish_of(text, lang)
    assert (list(wish.programs), wish.ask_about) == (programs, None)


@pytest.mark.parametrize(
    ("lang", "text"),
    [("en", "with LifeMiles"), ("en", "ANA miles, first class"), ("pt", "pontos Livelo"), ("es", "con Iberia Plus")],
)
def test_a_program_that_no_source_covers_needs_a_question(lang: str, text: str) -> None:
    assert wish_of(text, lang).ask_about is Topic.PROGRAMS


@pytest.mark.parametrize(
    ("lang", "text", "excluded"),
    [
        ("en", "no Lufthansa", ["LH"]),
        ("en", "not on United or American", ["AA", "UA"]),
        ("en", "no UA", ["UA"]),
        ("en", "avoid Heathrow", ["via:LHR"]),
        ("en", "no connection in San Francisco", ["via:SFO"]),
        ("en", "no stops", []),
        ("pt", "sem LATAM nem Gol", ["G3", "LA"]),
        ("pt", "sem passar por Madri", ["via:MAD"]),
        ("pt", "sem escala em Miami", ["via:MIA"]),
        ("es", "sin Iberia ni Avianca", ["AV", "IB"]),
        ("es", "no vía Heathrow", ["via:LHR"]),
        ("es", "sin pasar por Miami", ["via:MIA"]),
    ],
)
def test_exclusions(lang: str, text: str, excluded: list[str]) -> None:
    assert wish_of(text, lang).to_row()["exclude"] == excluded


def test_numbers_belong_to_the_word_beside_them() -> None:
    wish = parse_wish("LAX-NRT April 3 2027, 2 seats, 80k, 1 stop, 7 nights", "en", today=TODAY)
    assert list(map(str, wish.dates)) == ["2027-04-03"]
    assert (wish.travelers, wish.max_miles, wish.max_stops, wish.nights) == (2, 80_000, 1, (7, 7))

"""Travelers named by relation, and numbers of travelers that a wish states twice."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.search.words.parsing import parse_wish
from awardspider.search.words.wishes import Topic, Wish

TODAY = date(2026, 11, 28)


def wish_of(text: str, lang: str) -> Wish:
    return parse_wish(f"LAX-NRT {text}", lang, today=TODAY)


@pytest.mark.parametrize(
    ("lang", "text", "travelers"),
    [
        ("en", "w my bf", 2),
        ("en", "w/ my gf", 2),
        ("en", "w/my hubby", 2),
        ("en", "me n my hubby", 2),
        ("en", "my gf n i", 2),
        ("en", "with the wife", 2),
        ("en", "with my parents", 3),
        ("en", "with my grandparents", 3),
        ("en", "w 3 friends", 4),
        ("en", "w my mom n dad", 3),
        ("en", "with my SO", 2),
        ("en", "w/ my wife and 2 kids", 4),
        ("pt", "c/ minha esposa", 2),
        ("pt", "c/ meu namorado", 2),
        ("pt", "c minha namorada", 2),
        ("pt", "vou com a minha irmã", 2),
        ("pt", "com meus avós", 3),
        ("pt", "eu e mais 2", 3),
        ("pt", "com mais 3 amigos", 4),
        ("es", "con mi novia", 2),
        ("es", "c/ mi novio", 2),
        ("es", "con mi mejor amiga", 2),
        ("es", "con mis abuelos", 3),
        ("es", "con mi marido y 2 hijos", 4),
    ],
)
def test_companions_travel_with_the_speaker(lang: str, text: str, travelers: int) -> None:
    wish = wish_of(text, lang)
    assert (wish.travelers, wish.ask_about, wish.carriers) == (travelers, None, ())


@pytest.mark.parametrize(
    ("lang", "text", "travelers"),
    [
        ("en", "2 adults, 3 kids, for all five of us", 5),
        ("en", "for the two of us, 2 seats", 2),
        ("en", "me and my wife, 2 seats", 2),
        ("en", "family of 4: 2 adults and 2 children", 4),
        ("en", "2 adults and 2 kids, 4 seats", 4),
        ("en", "party of 3, me and 2 friends", 3),
        ("en", "with my wife and 2 kids, 4 seats total", 4),
        ("en", "a seat each for 2 adults", 2),
        ("pt", "família de 4: 2 adultos e 2 crianças", 4),
        ("pt", "casal com 2 filhos, 4 pessoas", 4),
        ("pt", "somos em 5, 2 adultos e 3 crianças", 5),
        ("pt", "2 adultos e 1 criança, total de 3 pessoas", 3),
        ("es", "familia de 4: 2 adultos y 2 niños", 4),
        ("es", "somos dos, mi novia y yo", 2),
        ("es", "2 adultos y 2 niños, 4 pasajes", 4),
    ],
)
def test_a_number_that_is_stated_twice_counts_once(lang: str, text: str, travelers: int) -> None:
    wish = wish_of(text, lang)
    assert (wish.travelers, wish.ask_about) == (travelers, None)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "for the two of us, 3 seats"),
        ("en", "family of 4: 2 adults and 3 kids"),
        ("en", "2 adults, 3 kids, for all four of us"),
        ("en", "my wife and I, 3 seats"),
        ("en", "3 seats, 100k for both of us"),
        ("pt", "casal, 3 lugares"),
        ("pt", "somos 5: 2 adultos e 2 crianças"),
        ("es", "somos 3, 4 asientos"),
        ("es", "mi esposa y yo, 4 boletos"),
    ],
)
def test_numbers_that_differ_need_a_question(lang: str, text: str) -> None:
    assert wish_of(text, lang).ask_about is Topic.TRAVELERS


@pytest.mark.parametrize(
    ("lang", "text", "travelers", "miles"),
    [
        ("en", "2 adults, 3 kids, total 100,000 for all five of us", 5, 20_000),
        ("en", "100k total for all five, 2 adults 3 kids", 5, 20_000),
        ("en", "200k for the four of us", 4, 50_000),
        ("en", "150k for all three of us", 3, 50_000),
        ("en", "60k, 2 of us", 2, 60_000),
        ("pt", "2 adultos e 3 crianças, total 100 mil para os cinco", 5, 20_000),
        ("pt", "120 mil para nós quatro", 4, 30_000),
        ("pt", "90 mil pros três", 3, 30_000),
        ("es", "2 adultos y 3 niños, 100 mil en total para los cinco", 5, 20_000),
        ("es", "90 mil para los tres, mi esposa, mi hijo y yo", 3, 30_000),
    ],
)
def test_a_total_for_all_is_divided_by_their_number(lang: str, text: str, travelers: int, miles: int) -> None:
    wish = wish_of(text, lang)
    assert (wish.travelers, wish.max_miles, wish.ask_about) == (travelers, miles, None)


@pytest.mark.parametrize(
    ("lang", "text", "travelers"),
    [
        ("en", "visiting my parents", 1),
        ("en", "visiting friends", 1),
        ("en", "to visit my sister with my husband", 2),
        ("en", "to surprise my wife, for two", 2),
        ("en", "for my parents", 2),
        ("pt", "visitar meus pais", 1),
        ("pt", "ver minha avó, 2 pessoas", 2),
        ("es", "visitar a mis padres", 1),
    ],
)
def test_people_who_are_visited_do_not_travel_along(lang: str, text: str, travelers: int) -> None:
    wish = wish_of(text, lang)
    assert (wish.travelers, wish.ask_about) == (travelers, None)

"""Greetings, thanks and good wishes, also with words for dates."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.search.words.parsing import parse_wish
from awardspider.search.words.wishes import Intent

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "have a lovely weekend!"),
        ("en", "Have a wonderful Sunday 😊"),
        ("en", "Merry Christmas"),
        ("en", "happy new year"),
        ("en", "see you tomorrow"),
        ("en", "I have to go, see you on Monday"),
        ("en", "catch you later"),
        ("en", "talk to you next week"),
        ("en", "enjoy your holiday next week"),
        ("en", "have a nice flight home"),
        ("pt", "Feliz domingo"),
        ("pt", "bom fim de semana"),
        ("pt", "Feliz Natal!"),
        ("pt", "até amanhã"),
        ("pt", "um ótimo fim de semana pra você"),
        ("pt", "quero desejar um feliz natal a todos"),
        ("pt", "boas férias de verão"),
        ("es", "buen viernes"),
        ("es", "hasta mañana"),
        ("es", "que tengas un lindo fin de semana"),
        ("es", "feliz día de reyes"),
        ("es", "nos vemos en enero"),
    ],
)
def test_good_wishes_with_dates_are_small_talk(lang: str, text: str) -> None:
    assert parse_wish(text, lang, today=TODAY, home_airport="SEA").intent is Intent.CHITCHAT


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "trip in May"),
        ("en", "I want to fly next weekend"),
        ("en", "Hi, thanks, I want to go in March"),
        ("en", "two nights in May"),
        ("en", "business in March"),
        ("en", "Have a great weekend in Paris"),
        ("pt", "viajar no natal"),
        ("pt", "Bom dia, quero sair em março"),
        ("es", "vuelos en semana santa"),
        ("es", "Hola buenas, quiero ir en mayo"),
    ],
)
def test_a_trip_with_dates_only_causes_a_question(lang: str, text: str) -> None:
    assert parse_wish(text, lang, today=TODAY).intent is Intent.ASK_BACK

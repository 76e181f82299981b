"""Numbers that are written in words."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.search.words.parsing import parse_wish

TODAY = date(2026, 11, 28)
TEN_TO_TWENTY = {
    "en": "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty nights",
    "pt": "dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove vinte noites",
    "es": "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte noches",
}


@pytest.mark.parametrize(
    ("lang", "text", "miles"),
    [
        ("en", "forty-five thousand", 45_000),
        ("en", "a hundred thousand", 100_000),
        ("en", "one hundred and twenty thousand", 120_000),
        ("en", "eighty k", 80_000),
        ("en", "seventeen thousand five hundred miles", 17_500),
        ("en", "between forty and fifty thousand", 50_000),
        ("pt", "oitenta mil", 80_000),
        ("pt", "noventa e cinco mil", 95_000),
        ("pt", "cem mil", 100_000),
        ("pt", "cento e oitenta e cinco mil", 185_000),
        ("pt", "doze mil e quinhentos pontos", 12_500),
        ("pt", "12 mil e quinhentas milhas", 12_500),
        ("es", "cuarenta y cinco mil millas", 45_000),
        ("es", "cien mil", 100_000),
        ("es", "ciento veinte mil", 120_000),
        ("es", "veintidós mil quinientas millas", 22_500),
        ("es", "dieciocho mil", 18_000),
    ],
)
def test_limits(lang: str, text: str, miles: int) -> None:
    wish = parse_wish(f"LAX-NRT {text}", lang, today=TODAY)
    assert (wish.max_miles, wish.travelers, wish.ask_about) == (miles, 1, None)


@pytest.mark.parametrize("lang", TEN_TO_TWENTY)
def test_nights_from_ten_to_twenty(lang: str) -> None:
    *numbers, noun = TEN_TO_TWENTY[lang].split()
    found = [parse_wish(f"LAX-NRT {number} {noun}", lang, today=TODAY).nights for number in numbers]
    assert found == [(count, count) for count in range(10, 21)]


@pytest.mark.parametrize(
    ("lang", "text"), [("en", "twenty-one nights"), ("pt", "vinte e um dias"), ("es", "veintiún días")]
)
def test_nights_in_compound_numbers(lang: str, text: str) -> None:
    assert parse_wish(f"LAX-NRT {text}", lang, today=TODAY).nights == (21, 21)

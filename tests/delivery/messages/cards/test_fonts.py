import pytest

from awardspider.airports import airports
from awardspider.delivery.messages.cards.fonts import CHARACTERS, Weight, drawable, font, font_data
from awardspider.delivery.messages.language import get_language
from awardspider.programs import points_programs


def shape(weight, char):
    mask = font(weight, 40).getmask(char)
    return mask.size, bytes(mask)


@pytest.mark.parametrize("weight", Weight)
def test_every_font_draws_every_character(weight):
    box = shape(weight, "\uffff")
    assert box[0] != (0, 0)
    assert [char for char in CHARACTERS if shape(weight, char) == box] == []


def test_fonts_are_small_enough_to_ship():
    assert sum(len(font_data(weight)) for weight in Weight) < 600_000


@pytest.mark.parametrize("locale", ["en", "pt", "es"])
def test_fonts_have_all_characters_of_the_city_names(locale):
    language = get_language(locale)
    names = {language.city(code, airport["city"]) for code, airport in airports().items() if airport["city"]}
    assert {name for name in names if drawable(name) != " ".join(name.split())} == set()


def test_fonts_have_all_characters_of_the_programs():
    names = {program.name for program in points_programs().values()}
    assert {name for name in names if drawable(name) != name} == set()


@pytest.mark.parametrize("locale", ["en", "pt", "es"])
def test_fonts_have_all_characters_of_the_phrases(locale):
    phrases = get_language(locale).phrases.values()
    texts = [text for phrase in phrases for text in (phrase.values() if isinstance(phrase, dict) else [phrase])]
    assert [text for text in texts if drawable(text) != text] == []


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("🔥 30% bonus ✈️ today", "30% bonus today"),
        ("Bonus مكافأة نقل النقاط 30%", "Bonus 30%"),
        ("\u202eevil\u202c text", "evil text"),
        ("東京 Tokyo", "Tokyo"),
        ("👩‍👩‍👧‍👦 family", "family"),
        ("Sa\u0303o Paulo", "São Paulo"),
        ("Ṙeykjavík", "Reykjavík"),
        ("2\u202f500 €", "2\u00a0500 €"),
        ("ﬁne", "fine"),
        ("100 km²", "100 km²"),
    ],
)
def test_text_without_a_letter_in_the_fonts_leaves_no_box(text, drawn):
    assert drawable(text) == drawn

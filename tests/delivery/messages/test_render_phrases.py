"""The phrases of every language: the same keys, the same words to fill in, and a phrase for whatever can be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from string import Formatter

import pytest

from awardspider.delivery.messages.language import LANGUAGES, Language, language_of, phrases_of, speaks
from awardspider.items import Cabin
from awardspider.outcomes import Reason
from tests.support.paths import ROOT

MESSAGES = ROOT / "awardspider" / "delivery" / "messages"
OTHERS = [name for name in LANGUAGES if name != "en"]

# What docs and announcements know of promotions (the kinds of a promotion are no closed list in the code).
KINDS = (
    "award_sale",
    "transfer_bonus",
    "buy_miles",
    "promo_award_list",
    "cash_fare_deal",
    "earn_bonus",
    "devaluation_news",
    "other",
)


def fields_of(phrase: str | Mapping[str, str]) -> dict[str, set[str]]:
    """Form (none for a plain phrase) -> the words in braces."""
    forms = phrase if isinstance(phrase, Mapping) else {"": phrase}
    return {form: {field for _, field, _, _ in Formatter().parse(text) if field} for form, text in forms.items()}


@pytest.mark.parametrize("name", OTHERS)
def test_every_language_has_the_same_phrases(name: str) -> None:
    english, other = phrases_of("en"), phrases_of(name)
    assert list(other) == list(english)
    assert {key: fields_of(phrase) for key, phrase in other.items()} == {
        key: fields_of(phrase) for key, phrase in english.items()
    }


@pytest.mark.parametrize("name", LANGUAGES)
def test_no_phrase_is_empty_and_what_is_counted_has_its_forms(name: str) -> None:
    for key, phrase in phrases_of(name).items():
        forms = phrase if isinstance(phrase, Mapping) else {"other": phrase}
        assert all(text.strip() == text != "" for text in forms.values()), key
        assert not isinstance(phrase, Mapping) or set(phrase) == {"one", "other"}, key


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_was_left_untranslated(name: str) -> None:
    same = {key for key, phrase in phrases_of(name).items() if phrase == phrases_of("en")[key]}
    # Made of other phrases alone, or written alike.
    assert same <= {"title.matched", "title.promotion", "short.matched", "label.party"}


def test_whatever_can_be_told_has_a_phrase() -> None:
    known = phrases_of("en")
    assert {f"cabin.{cabin}" for cabin in Cabin} <= set(known)
    assert {f"reason.{reason}" for reason in Reason} <= set(known)
    assert {f"promotion.{kind}" for kind in KINDS} <= set(known)


# Sections whose keys are names that come from an event, or the four ways to tell an age.
OF_EVENTS = {"cabin", "reason", "promotion", "seen", "seen_last"}


def test_no_phrase_is_there_for_nothing() -> None:
    code = "\n".join(path.read_text() for path in MESSAGES.glob("*.py"))
    literals = set(re.findall(r'"([a-z_.]+)"', code))
    unused = set()
    for key in set(phrases_of("en")) - literals:
        section, _, name = key.partition(".")
        if section not in OF_EVENTS and not (f'f"{section}.{{' in code and name in literals):
            unused.add(key)
    assert unused == set()


@pytest.mark.parametrize(
    ("asked", "locale", "sentence"),
    [
        ("en", "en", "per traveler, one way"),
        ("pt", "pt_BR", "por passageiro, só ida"),
        ("pt_BR", "pt_BR", "por passageiro, só ida"),
        ("pt-br", "pt_BR", "por passageiro, só ida"),
        ("pt_PT", "pt_PT", "por passageiro, só ida"),
        ("es", "es", "por pasajero, solo ida"),
        ("es_MX", "es_MX", "por pasajero, solo ida"),
        ("es_MX.UTF-8", "es_MX", "por pasajero, solo ida"),
        ("es_XX", "es", "por pasajero, solo ida"),
        ("en_GB", "en_GB", "per traveler, one way"),
        ("de", "en", "per traveler, one way"),
        ("", "en", "per traveler, one way"),
        ("../../etc", "en", "per traveler, one way"),
        ("pt_!!", "pt_BR", "por passageiro, só ida"),
    ],
)
def test_a_locale_means_a_language(asked: str, locale: str, sentence: str) -> None:
    language = language_of(asked)
    assert str(language.locale) == locale
    assert language.say("offer.each") == sentence


@pytest.mark.parametrize(("locale", "known"), [("pt", True), ("es_419", True), ("fr_FR", False), ("", False)])
def test_it_is_known_which_locales_have_phrases(locale: str, known: bool) -> None:
    assert speaks(locale) is known


EN, PT, ES = (language_of(name) for name in ("en", "pt_BR", "es"))


@pytest.mark.parametrize(
    ("language", "miles", "money", "day", "span"),
    [
        (EN, "75,000 miles", "R$1,412.30", "Sat, Dec 5, 2026", "Jan 10 – Mar 31, 2027"),
        (PT, "75.000 milhas", "R$ 1.412,30", "sáb., 5 de dez. de 2026", "10 de jan. – 31 de mar. de 2027"),
        (ES, "75.000 millas", "1.412,30 BRL", "sáb, 5 dic 2026", "10 ene – 31 mar 2027"),
        (language_of("es_MX"), "75,000 millas", "BRL1,412.30", "sáb, 5 de dic de 2026", "10 de ene – 31 de mar 2027"),
        (language_of("en_GB"), "75,000 miles", "R$1,412.30", "Sat, 5 Dec 2026", "10 Jan – 31 Mar 2027"),
    ],
    ids=str,
)
def test_numbers_money_and_dates_are_written_as_there(
    language: Language, miles: str, money: str, day: str, span: str
) -> None:
    assert language.miles(75_000) == miles
    assert language.money(Decimal("1412.3"), "BRL") == money
    assert language.day(date(2026, 12, 5)) == day
    assert language.days(date(2027, 1, 10), date(2027, 3, 31)) == span


@pytest.mark.parametrize(
    ("language", "count", "words"),
    [(EN, 0, "0 seats"), (EN, 1, "1 seat"), (PT, 1, "1 assento"), (PT, 2, "2 assentos"), (ES, 1_000_000, "asientos")],
)
def test_plurals(language: Language, count: int, words: str) -> None:
    assert language.count("seats", count).endswith(words)


@pytest.mark.parametrize(("minutes", "words"), [(0, "0 min"), (59, "59 min"), (780, "13 h"), (785, "13 h 5 min")])
def test_durations(minutes: int, words: str) -> None:
    assert EN.duration(minutes) == PT.duration(minutes) == ES.duration(minutes) == words

"""The phrases of every language: equal keys and placeholders, and a phrase for every value of an event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from string import Formatter

import pytest

from awardspider.delivery.messages.events import DigestKind
from awardspider.delivery.messages.language import LANGUAGES, Language, get_language, has_phrases, load_phrases
from awardspider.items import Cabin, PromotionKind
from awardspider.outcomes import Reason
from awardspider.programs import DEFAULT_CURRENCY, Unit
from awardspider.search.judgments import DEAL_CLASSES
from awardspider.search.price_history import PRICE_REGIONS
from awardspider.storage.incidents import IncidentKind
from tests.support.paths import ROOT

MESSAGES = ROOT / "awardspider" / "delivery" / "messages"
FEEDS = ROOT / "awardspider" / "delivery" / "feeds.py"
OTHERS = [name for name in LANGUAGES if name != "en"]


def placeholders(phrase: str | Mapping[str, str]) -> dict[str, set[str]]:
    """Return the placeholders by plural form; a phrase that is not counted has the form ""."""
    forms = phrase if isinstance(phrase, Mapping) else {"": phrase}
    return {form: {field for _, field, _, _ in Formatter().parse(text) if field} for form, text in forms.items()}


@pytest.mark.parametrize("name", OTHERS)
def test_every_language_has_the_same_keys_and_placeholders(name: str) -> None:
    english, other = load_phrases("en"), load_phrases(name)
    assert list(other) == list(english)
    assert {key: placeholders(phrase) for key, phrase in other.items()} == {
        key: placeholders(phrase) for key, phrase in english.items()
    }


@pytest.mark.parametrize("name", LANGUAGES)
def test_phrases_are_not_empty_and_counted_phrases_have_plural_forms(name: str) -> None:
    for key, phrase in load_phrases(name).items():
        forms = phrase if isinstance(phrase, Mapping) else {"other": phrase}
        assert all(text.strip() == text != "" for text in forms.values()), key
        assert not isinstance(phrase, Mapping) or set(phrase) == {"one", "other"}, key


@pytest.mark.parametrize("name", OTHERS)
def test_every_phrase_is_translated(name: str) -> None:
    same = {key for key, phrase in load_phrases(name).items() if phrase == load_phrases("en")[key]}
    # Placeholders only, or the same word in both languages.
    assert same <= {
        "title.offer",
        "title.promotion",
        "title.incident_opened",
        "offer.through",
        "amount.named",
        "amount.avios",
        "digest.title",
    }


def test_every_enum_value_has_a_phrase() -> None:
    keys = set(load_phrases("en"))
    assert {f"cabin.{cabin}" for cabin in Cabin} <= keys
    assert {f"reason.{reason}" for reason in Reason} <= keys
    assert {f"promotion.{kind}" for kind in PromotionKind} <= keys
    assert {f"deal.{deal_class}" for deal_class in DEAL_CLASSES} <= keys
    assert {f"digest.{kind}" for kind in DigestKind} <= keys
    assert {f"incident.{kind}" for kind in IncidentKind} <= keys
    assert {f"region.{region}" for region in PRICE_REGIONS} <= keys
    assert {f"{section}.{unit}" for section in ("amount", "brand_amount", "value") for unit in Unit} <= keys


# Sections whose keys are values of events, or the forms of an age.
DYNAMIC_SECTIONS = {
    "amount", "brand_amount", "value", "cabin", "reason", "promotion", "seen", "seen_last", "deal", "scope", "region",
    "digest", "unconfirmed", "incident",
}  # fmt: skip


def test_every_phrase_is_used() -> None:
    code = "\n".join(path.read_text() for path in (*MESSAGES.rglob("*.py"), FEEDS))
    literals = set(re.findall(r'"([a-z_.]+)"', code))
    unused = set()
    for key in set(load_phrases("en")) - literals:
        section, _, name = key.partition(".")
        if section not in DYNAMIC_SECTIONS and not (f'f"{section}.{{' in code and name in literals):
            unused.add(key)
    assert unused == set()


@pytest.mark.parametrize(
    ("name", "locale", "sentence"),
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
def test_locales_select_a_language(name: str, locale: str, sentence: str) -> None:
    language = get_language(name)
    assert str(language.locale) == locale
    assert language.phrase("offer.per_traveler") == sentence


@pytest.mark.parametrize(("locale", "expected"), [("pt", True), ("es_419", True), ("fr_FR", False), ("", False)])
def test_has_phrases(locale: str, expected: bool) -> None:
    assert has_phrases(locale) is expected


EN, PT, ES = (get_language(name) for name in ("en", "pt_BR", "es"))


@pytest.mark.parametrize(
    ("language", "miles", "money", "day", "span"),
    [
        (EN, "75,000 miles", "R$1,412.30", "Sat, Dec 5, 2026", "Jan 10 – Mar 31, 2027"),
        (PT, "75.000 milhas", "R$ 1.412,30", "sáb., 5 de dez. de 2026", "10 de jan. – 31 de mar. de 2027"),
        (ES, "75.000 millas", "1.412,30 BRL", "sáb, 5 dic 2026", "10 ene – 31 mar 2027"),
        (get_language("es_MX"), "75,000 millas", "BRL1,412.30", "sáb, 5 de dic de 2026", "10 de ene – 31 de mar 2027"),
        (get_language("en_GB"), "75,000 miles", "R$1,412.30", "Sat, 5 Dec 2026", "10 Jan – 31 Mar 2027"),
    ],
    ids=str,
)
def test_numbers_money_and_dates_follow_the_locale(
    language: Language, miles: str, money: str, day: str, span: str
) -> None:
    assert language.amount(75_000, DEFAULT_CURRENCY) == miles
    assert language.money(Decimal("1412.3"), "BRL") == money
    assert language.day(date(2026, 12, 5)) == day
    assert language.days(date(2027, 1, 10), date(2027, 3, 31)) == span


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [(EN, 0, "0 seats"), (EN, 1, "1 seat"), (PT, 1, "1 assento"), (PT, 2, "2 assentos"), (ES, 1_000_000, "asientos")],
)
def test_plurals(language: Language, count: int, text: str) -> None:
    assert language.count("seats", count).endswith(text)


@pytest.mark.parametrize(
    ("days", "english", "portuguese", "spanish"),
    [
        ((10,), "Wed, Mar 10, 2027", "qua., 10 de mar. de 2027", "mié, 10 mar 2027"),
        ((10, 11), "Mar 10 and 11, 2027", "10 e 11 de mar. de 2027", "10 y 11 mar 2027"),
        ((20, 21, 27), "Mar 20, 21, and 27, 2027", "20, 21 e 27 de mar. de 2027", "20, 21 y 27 mar 2027"),
        ((10, 11, 12, 13), "Mar 10 – 13, 2027", "10 – 13 de mar. de 2027", "10–13 mar 2027"),
        ((31, 32), "Mar 31 and Apr 1, 2027", "31 de mar. e 1 de abr. de 2027", "31 mar y 1 abr 2027"),
    ],
)
def test_several_days(days: tuple[int, ...], english: str, portuguese: str, spanish: str) -> None:
    dates = [date(2027, 2, 28) + timedelta(days=day) for day in days]
    assert EN.day_list(dates) == english
    assert PT.day_list(dates) == portuguese
    assert ES.day_list(dates) == spanish


def test_the_year_is_shown_if_the_days_are_in_two_years() -> None:
    dates = [date(2026, 12, 31), date(2027, 1, 1)]
    assert EN.day_list(dates, year=False) == "Dec 31, 2026 and Jan 1, 2027"
    assert EN.day_list(dates[:1], year=False) == "Thu, Dec 31"
    assert EN.day_list([date(2027, 1, 1), date(2027, 1, 3)], year=False) == "Jan 1 and 3"


@pytest.mark.parametrize(
    ("duration", "english", "portuguese"),
    [
        (timedelta(seconds=3), "1 minute", "1 minuto"),
        (timedelta(hours=3, minutes=20), "3 hours", "3 horas"),
        (timedelta(days=1, hours=1), "1 day", "1 dia"),
    ],
)
def test_ages_are_in_one_unit(duration: timedelta, english: str, portuguese: str) -> None:
    assert (EN.age(duration), PT.age(duration)) == (english, portuguese)


@pytest.mark.parametrize(("minutes", "text"), [(0, "0 min"), (59, "59 min"), (780, "13 h"), (785, "13 h 5 min")])
def test_durations(minutes: int, text: str) -> None:
    assert EN.duration(minutes) == PT.duration(minutes) == ES.duration(minutes) == text

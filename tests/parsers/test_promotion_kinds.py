"""Kinds of announcements: promotions by their kind, and what is no promotion, in every language."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from awardspider.items import PromotionKind
from awardspider.parsers._promotions import read_announcement
from tests.support.paths import FIXTURES

PUBLISHED = date(2026, 10, 2)

#: Headlines by language and kind.
HEADLINES: dict[str, dict[str, list[str]]] = tomllib.loads(
    (FIXTURES / "promotion_headlines.toml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(("language", "kind"), [(key, kind) for key, kinds in HEADLINES.items() for kind in kinds])
def test_kinds_of_headlines(language: str, kind: str) -> None:
    titles = HEADLINES[language][kind]
    found = {title: read_announcement(title, "", PUBLISHED, language=language).kind for title in titles}
    assert {title: other for title, other in found.items() if other != kind} == {}


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Livelo para Smiles: 80% de bônus na transferência de pontos", PromotionKind.TRANSFER_BONUS),
        ("Passagens para Lisboa a partir de R$ 2.750 ida e volta com taxas", PromotionKind.CASH_FARE_DEAL),
        ("Compra millas con hasta 150% de bono para tus vuelos", PromotionKind.BUY_MILES),
        ("Transfiere puntos de tu tarjeta a LifeMiles con 20% de bono", PromotionKind.TRANSFER_BONUS),
    ],
)
def test_text_in_another_language_than_the_declared_one(title: str, kind: PromotionKind) -> None:
    assert read_announcement(title, "", PUBLISHED, language="en").kind is kind


def test_unknown_language_is_recognized_by_its_words() -> None:
    assert read_announcement("Buy Avios with a 50% bonus", "", PUBLISHED, language="de").kind is PromotionKind.BUY_MILES


@pytest.mark.parametrize(
    ("title", "summary", "kind"),
    [
        ("Aeroplan has a new offer", "Buy points with a 90% bonus until October 19.", PromotionKind.BUY_MILES),
        ("A new Flying Blue bonus", "Transfer Amex points with a 25% bonus.", PromotionKind.TRANSFER_BONUS),
        ("My trip to Lisbon", "I bought Avios with a 50% bonus.", PromotionKind.OTHER),
        ("Review: a night in Lisbon", "Buy points with a 90% bonus now.", PromotionKind.OTHER),
    ],
)
def test_summary_counts_only_if_the_title_can_promote(title: str, summary: str, kind: PromotionKind) -> None:
    assert read_announcement(title, summary, PUBLISHED).kind is kind


@pytest.mark.parametrize("title", ["", " ", "???", "🔥🔥🔥", "<p></p>", "%", "$", "12", "\x00", "&#0;", "&#99999999;"])
def test_text_without_words_is_no_promotion(title: str) -> None:
    assert read_announcement(title, "", PUBLISHED).kind is PromotionKind.OTHER


@pytest.mark.parametrize(
    "title",
    [
        "BUY AEROPLAN POINTS WITH UP TO 90% BONUS",
        "buy aeroplan points with up to 90% bonus",
        "Buy Aeroplan Points With Up To 90% Bonus",
        "🔥 Buy Aeroplan Points — With Up To 90% Bonus! ✈️",
        "<b>Buy Aeroplan&nbsp;Points</b> With Up To 90&#37; Bonus",
        "Buy Aeroplan® Points with “up to 90% bonus”",
        "Ｂｕｙ Aeroplan points with up to ９０％ bonus",
        "Buy Aeroplan Points &#8211; with up to 90&amp;#37; bonus",
    ],
)
def test_forms_of_one_text_have_the_same_terms(title: str) -> None:
    terms = read_announcement(title, "", PUBLISHED)
    assert (terms.kind, terms.programs, terms.percent, terms.up_to) == (
        PromotionKind.BUY_MILES,
        ("aeroplan",),
        90,
        True,
    )

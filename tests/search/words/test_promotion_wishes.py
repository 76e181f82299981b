"""Wishes about promotions, which make no watch for awards but a sentence with the command for promotions."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.items import PromotionKind
from awardspider.search.words.parsing import parse_wish
from awardspider.search.words.replies import question_back
from awardspider.search.words.wishes import Intent

TODAY = date(2026, 11, 29)


@pytest.mark.parametrize("home", [None, "GRU"])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("alert me about Amex transfer bonuses", "transfer_bonus"),
        ("tell me when there is a transfer bonus to Flying Blue", "transfer_bonus"),
        ("notify me of a 30% transfer bonus from Chase to Virgin Atlantic", "transfer_bonus"),
        ("alert me when Citi has a bonus on transfers to Turkish", "transfer_bonus"),
        ("transfer bonus to Alaska in December", "transfer_bonus"),
        ("Capital One to Qatar transfer bonus", "transfer_bonus"),
        ("let me know when Alaska sells miles with a 60% bonus", "buy_miles"),
        ("buy miles sales below 1.9 cents", "buy_miles"),
        ("when can I buy Flying Blue miles cheaply?", "buy_miles"),
        ("award sales of Delta", "award_sale"),
        ("promo rewards from Flying Blue", "promo_award_list"),
        ("warn me of a devaluation of MileagePlus", "devaluation_news"),
        ("earn bonus miles with Delta", "earn_bonus"),
        ("cheap cash fares from GRU to Lisbon", "cash_fare_deal"),
        ("me avise sobre bônus de transferência da Livelo para Smiles", "transfer_bonus"),
        ("quero saber quando tiver transferência bonificada de pelo menos 80%", "transfer_bonus"),
        ("avisa quando der pra transferir da Esfera com 100% de bônus", "transfer_bonus"),
        ("promoção de compra de milhas Latam Pass", "buy_miles"),
        ("compre pontos com desconto Azul", "buy_miles"),
        ("alerta de desvalorização do Smiles", "devaluation_news"),
        ("passagens baratas em dinheiro de GRU para Lisboa", "cash_fare_deal"),
        ("avísame de bonos de transferencia de Amex a Iberia", "transfer_bonus"),
        ("avísame si hay promoción de transferencia con 30% de bono", "transfer_bonus"),
        ("ofertas para comprar millas de LifeMiles", "buy_miles"),
        ("avísame de una devaluación de Iberia Plus", "devaluation_news"),
        ("pasajes en efectivo de Bogotá a Madrid", "cash_fare_deal"),
    ],
)
def test_a_wish_about_promotions_is_no_watch_for_awards(text: str, kind: str, home: str | None) -> None:
    wish = parse_wish(text, today=TODAY, home_airport=home)
    assert (wish.intent, wish.promotion) == (Intent.ASK_BACK, PromotionKind(kind))
    assert question_back(wish).endswith(f"--promotions --kinds {kind}")


@pytest.mark.parametrize(
    "text",
    [
        "business to Tokyo in March from LAX, I have Amex points with a 30% transfer bonus",
        "to Tokyo in May with my bonus points",
        "business to Tokyo in March under 80k from LAX, only if on sale",
        "I want to buy a ticket with miles from LAX to Tokyo",
        "transfer from LAX to Tokyo in May",
        "quero comprar passagem com milhas de GRU para Lisboa",
        "executiva pra Lisboa em julho em promoção saindo de GRU",
        "quiero comprar un pasaje con millas de Bogotá a Madrid",
        "award sale from Brazil to Europe with Flying Blue",
        "business to Alaska in July from LAX",
    ],
)
def test_a_wish_for_an_award_is_not_about_promotions(text: str) -> None:
    wish = parse_wish(text, today=TODAY)
    assert wish.promotion is None
    assert "--promotions" not in question_back(wish)


def test_the_sentence_is_in_the_language_of_the_wish() -> None:
    replies = [
        question_back(parse_wish(text, today=TODAY))
        for text in (
            "Amex transfer bonus",
            "bônus de transferência da Livelo",
            "avísame de bonos de Amex por transferir",
        )
    ]
    assert [reply.split()[0] for reply in replies] == ["That", "Isso", "Eso"]


@pytest.mark.parametrize("text", ["any new promotions?", "stop", "show my watches", "pause my alerts"])
def test_commands_stay_commands(text: str) -> None:
    wish = parse_wish(text, today=TODAY)
    assert (wish.intent, wish.promotion) == (Intent.COMMAND, None)

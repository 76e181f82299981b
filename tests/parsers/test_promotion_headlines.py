"""Headlines whose kind or terms were once read wrongly, several of each kind."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.items import PromotionKind
from awardspider.parsers._promotions import read_announcement
from awardspider.search.route_places import route_place

PUBLISHED = date(2026, 11, 20)

OTHER, ROUND_UP = PromotionKind.OTHER, PromotionKind.ROUND_UP
SALE, TRANSFER = PromotionKind.AWARD_SALE, PromotionKind.TRANSFER_BONUS

#: Language, title, and kind.
KINDS = [
    # an author's own trip
    ("en", "I'm flying Singapore Suites for 148,500 miles next week", OTHER),
    ("en", "We're staying at the Park Hyatt for 45,000 points: here's why", OTHER),
    ("en", "I am booking Lufthansa First for 87,000 miles", OTHER),
    ("en", "We're going to Fiji on 60,000 points each way, here's how", OTHER),
    ("en", "I'm spending 120,000 Avios on QSuites", OTHER),
    # rewards of a program as a word for awards
    ("en", "Aeroplan: 15% off flight rewards to Europe", SALE),
    ("en", "Save 25% on Qantas flight rewards until Sunday", SALE),
    ("en", "Velocity flight rewards discounted by 30%", SALE),
    ("en", "20% off Asia Miles flight rewards to Japan", SALE),
    ("en", "WestJet: 20% off flight rewards in January", SALE),
    # lists of points for sale
    ("en", "All current points purchases", ROUND_UP),
    ("en", "Best miles purchases of November 2026", ROUND_UP),
    ("en", "Current point purchases: which are worth it", ROUND_UP),
    ("en", "The best points purchases right now", ROUND_UP),
    ("en", "Active miles purchases (December 2026)", ROUND_UP),
    # digests and lists of a week or month
    ("en", "Deals digest: lounges, fares and a sale on miles", ROUND_UP),
    ("en", "The month in miles: sales, bonuses, cuts", ROUND_UP),
    ("en", "This week's bank transfer bonuses", ROUND_UP),
    ("en", "Next month's hotel promotions", ROUND_UP),
    ("en", "Top stories of the week", ROUND_UP),
    ("en", "This week's Amex transfer bonus: 30% to Iberia", TRANSFER),
    # a price in miles in a sale of a program's flights
    ("en", "Kauai for 9K points! The Atmos sale is on", SALE),
    ("en", "Fly from 6,500 points: the new Rapid Rewards sale", SALE),
    ("en", "MileagePlus saver awards on sale: Quito from 17,500 miles", SALE),
    ("en", "Oslo for 15,000 miles in the Flying Blue sale", SALE),
    ("en", "Partner awards on sale at Alaska: Nadi from 30K", SALE),
    # praise of a transfer bonus
    ("en", "Chase's 25% bonus to Aeroplan is the best use of points right now", TRANSFER),
    ("en", "Citi 30% transfer bonus to Qatar: a smart way to QSuites", TRANSFER),
    ("en", "Bilt's 100% bonus on JAL transfers has great uses", TRANSFER),
    ("en", "The best uses of Bilt points", OTHER),
    ("en", "3 new transfer bonuses from Chase: 25% to JetBlue, 40% to Iberia", TRANSFER),
    ("en", "7 new transfer bonuses this month", ROUND_UP),
    # lists of a month
    ("en", "February's credit card transfer bonuses at a glance", ROUND_UP),
    ("en", "December's hotel promotions", ROUND_UP),
    ("en", "Hotel promotions for March", ROUND_UP),
    ("en", "Airline sales for the weekend", ROUND_UP),
    ("en", "6 things: a strike, two lounges, Hyatt", ROUND_UP),
    # sales of reward seats, questions of buyers, fares with extras
    ("en", "Velocity reward sale: 20% off flights to Fiji", SALE),
    ("en", "Air New Zealand reward sales are back: 15% off", SALE),
    ("en", "Buying Hilton points? 100% bonus until March 3", PromotionKind.BUY_MILES),
    ("en", "Buy Wyndham points! Up to 60% bonus", PromotionKind.BUY_MILES),
    ("en", "Prague to Dubai, UAE for €212 roundtrip (lounge access included)", PromotionKind.CASH_FARE_DEAL),
    ("en", "Lounge access from $35 at Gatwick", OTHER),
    ("en", "Lufthansa raises surcharges on cash fares by €25", OTHER),
    ("pt", "GOL passa a vender lanche a bordo por R$ 25", OTHER),
    ("pt", "LATAM lança wi-fi a bordo por R$ 18", OTHER),
    # transfers of money, offers of cards, passes
    ("en", "SoFi: 1% transfer bonus on brokerage accounts", OTHER),
    ("en", "Transfer bonus of $600 at Ally", OTHER),
    ("en", "Move your IRA to Robinhood with a 3% bonus", OTHER),
    ("en", "Delta Platinum Business: 90K miles offer is back", OTHER),
    ("en", "United Quest: 100,000 miles elevated offer", OTHER),
    ("en", "Frontier's annual pass now $349", OTHER),
    ("en", "Alaska Flight Pass from $49 a month", OTHER),
    # a card in the title
    ("pt", "Cartão Azul Itaú Infinite: 3 pontos por dólar", OTHER),
    ("pt", "Novo cartão do Nubank dá 2,2 pontos por dólar", OTHER),
    ("pt", "Conheça o cartão XP Visa Infinite e seus 5 pontos por dólar", OTHER),
    ("pt", "O cartão Smiles Platinum agora dá 3 milhas por dólar", OTHER),
    ("pt", "Cartões Livelo: quantos pontos por real cada um dá", OTHER),
]


@pytest.mark.parametrize(("language", "title", "kind"), KINDS)
def test_kinds(language: str, title: str, kind: PromotionKind) -> None:
    assert read_announcement(title, "", PUBLISHED, language=language).kind == kind


@pytest.mark.parametrize(
    ("title", "summary", "kind"),
    [
        ("Citi and EVA Air: better than ever", "Transfer ThankYou points with a 30% bonus by December 12.", TRANSFER),
        ("Amex <> Qantas", "Membership Rewards points transfer with a 15% bonus.", TRANSFER),
        ("Good news from Bilt for JAL fans", "Transfer with a 100% bonus on December 1.", TRANSFER),
        ("Chase and Southwest strengthen their partnership", "A new card and new lounges will come in 2027.", OTHER),
        ("Why Capital One and Avianca are a good match", "Points transfer at 1:1; bonuses of 15% are rare.", OTHER),
    ],
)
def test_a_bank_and_a_program_in_a_title_are_explained_by_the_summary(
    title: str, summary: str, kind: PromotionKind
) -> None:
    assert read_announcement(title, summary, PUBLISHED).kind == kind


@pytest.mark.parametrize(
    ("summary", "percent", "up_to"),
    [
        ("The bonus is up to 70%. The best one we have seen was 85%.", 70, True),
        ("Get a 40% bonus today! Last spring it was a 60% bonus.", 40, False),
        ("Buy 5,000 miles for a 30% bonus or 20,000 for a 55% bonus. Taxes of 7.5% are added.", 55, True),
        ("A new sale has begun. You get a 90% bonus. Cardholders get 10% back on awards.", 90, False),
    ],
)
def test_a_summary_compares_a_promotion_with_others_in_later_sentences(summary: str, percent: int, up_to: bool) -> None:
    terms = read_announcement("LifeMiles sells miles again at a discount", summary, PUBLISHED)
    assert (terms.kind, terms.percent, terms.up_to) == (PromotionKind.BUY_MILES, percent, up_to)


@pytest.mark.parametrize(
    ("language", "title", "percent", "up_to"),
    [
        ("en", "Chase: 30% transfer bonus to Virgin Atlantic & 20% to Aeroplan", 30, True),
        ("en", "Chase: 20% transfer bonus to Aeroplan, 30% to Virgin Atlantic", 30, True),
        ("en", "Buy LifeMiles with up to a whopping 200% bonus", 200, True),
        ("en", "Buy Hilton points with a massive 100% bonus", 100, False),
        ("en", "Citi to Virgin: up to a generous 35% transfer bonus", 35, True),
        ("es", "Compra LifeMiles con bono del 130% al 150%", 150, True),
        ("es", "Transfiere de Amex a Iberia con bonificación del 20% al 40%", 40, True),
        ("es", "Iberia: vuelos con Avios un 25% más baratos", 25, False),
        ("es", "Compra Avios con un 45% más", 45, False),
        ("pt", "Transfira da Livelo para a Smiles e ganhe de 60% até 90% de bônus", 90, True),
    ],
)
def test_percentages(language: str, title: str, percent: int, up_to: bool) -> None:
    terms = read_announcement(title, "", PUBLISHED, language=language)
    assert (terms.percent, terms.up_to) == (percent, up_to)


@pytest.mark.parametrize(
    ("title", "last"),
    [
        ("Rent Day: up to 150% bonus on Bilt transfers to Accor (December 1)", "2026-12-01"),
        ("Buy Hilton points with a 100% bonus [Nov 25]", "2026-11-25"),
        ("LAST DAY: Buy Alaska points with a 100% bonus", "2026-11-20"),
        ("Last day for a 30% transfer bonus from Chase to Iberia", "2026-11-20"),
        ("Last day is November 25: 30% transfer bonus from Chase to Iberia", "2026-11-25"),
        ("Buy Hilton points with a 100% bonus (new in November 2026)", None),
    ],
)
def test_the_day_in_a_title(title: str, last: str | None) -> None:
    found = read_announcement(title, "", PUBLISHED).book_by
    assert (found and found.isoformat()) == last


@pytest.mark.parametrize(
    ("language", "title", "routes"),
    [
        ("es", "Vuelos a Nueva York desde 289 € ida y vuelta desde Madrid", ("MAD-NYC",)),
        ("es", "Vuelos a Bogotá por 410 € ida y vuelta desde Barcelona", ("BCN-BOG",)),
        ("es", "Vuelos a Cancún desde 350 euros saliendo desde Madrid", ("MAD-CUN",)),
        ("es", "Vuelos baratos a Lima desde 480 € con Iberia", ()),
    ],
)
def test_the_origin_after_the_price(language: str, title: str, routes: tuple[str, ...]) -> None:
    terms = read_announcement(title, "", PUBLISHED, language=language, find_place=route_place)
    assert terms.routes == routes

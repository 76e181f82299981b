"""Sales of fares and of awards, lists by their names, and news that only has words of promotions."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.items import PromotionKind
from awardspider.parsers._promotions import read_announcement
from awardspider.search.route_places import route_place

PUBLISHED = date(2026, 10, 2)

AWARDS, BUY, EARN = PromotionKind.AWARD_SALE, PromotionKind.BUY_MILES, PromotionKind.EARN_BONUS
FARE, LIST, OTHER = PromotionKind.CASH_FARE_DEAL, PromotionKind.ROUND_UP, PromotionKind.OTHER
TRANSFER = PromotionKind.TRANSFER_BONUS

#: Language, title, and kind.
KINDS = [
    ("en", "SALE: Cheap flights from Vienna to beautiful Madeira for €89 roundtrip", FARE),
    ("en", "Summer 2027: Nonstop flights from Manchester to New Orleans from £329", FARE),
    ("en", "€1,290 Oslo-Singapore Business Class (Qatar)", FARE),
    ("en", "LOT Polish Airlines Black Friday Sale: fares from $399", FARE),
    ("en", "Air New Zealand Premium Economy Sale", FARE),
    ("en", "Vietnam Airlines Autumn Sale: Up To 20% Off (Book By October 12)", FARE),
    ("en", "Malaysia Airlines Business Class Sale for travelers from Australia", FARE),
    ("en", "Riyadh Air launch sale", FARE),
    ("en", "Cyber Monday sale: Icelandair 20% off flights", FARE),
    ("en", "Southwest sale: 30% off base fares", FARE),
    ("en", "Amtrak flash sale: fares from $9", OTHER),
    ("en", "Amtrak Black Friday sale: 30% off tickets", OTHER),
    ("en", "Bilt has a 60% Amtrak bonus on November 1", TRANSFER),
    ("en", "Amtrak Guest Rewards: double points on trips this fall", EARN),
    ("en", "Amtrak: buy points with a 30% bonus", BUY),
    ("en", "Frontier all-you-can-fly pass: flash sale", OTHER),
    ("en", "United Club memberships in a Black Friday sale", OTHER),
    ("en", "Southwest Black Friday sale: what to expect", OTHER),
    ("en", "Hyatt winter sale: 20% off stays", OTHER),
    ("en", "Royal Caribbean Black Friday sale", OTHER),
    ("en", "Emirates opens first class lounge in Paris", OTHER),
    ("en", "Delta to sell economy class seats without carry-on bags", OTHER),
    ("en", "Alaska Airlines: first class flight review", OTHER),
    ("en", "Qatar Airways' Business Class: For Sale?", OTHER),
    ("en", "British Airways launches new business class seat on sale now", OTHER),
    ("en", "JetBlue TrueBlue sale: 25% off award flights", AWARDS),
    ("en", "Save up to 40% on Flying Blue awards this December", AWARDS),
    ("en", "Save 20% off select MileagePlus awards through November", AWARDS),
    ("en", "Emirates Skywards: save 15% on reward flights for May and June", AWARDS),
    ("en", "Deals: save on awards, buy miles, and more", LIST),
    ("en", "Best Credit Card Offers (Updated October 2026)", LIST),
    ("en", "Latest Transfer Bonuses (Last Updated: October 2026)", LIST),
    ("en", "Points Weekly, Oct 12: transfer bonuses, new routes, and a $200 mistake", LIST),
    ("en", "Delta changes, a Hilton bonus and more from The Points Guy", LIST),
    ("en", "[Roundtable] Our favorite lounges", OTHER),
    ("en", "Earn 5x at Macy's & more from United MileagePlus X", EARN),
    ("en", "DashPass: $5 off & free delivery", OTHER),
    ("en", "Uber One members: 10% off rides, 20% off Eats", OTHER),
    ("en", "Amex Offers: 20% off Hertz, 10% off Dell", OTHER),
    ("en", "Capital One Savings bonus: earn up to $1,500", OTHER),
    ("en", "Chase checking: $300 bonus", OTHER),
    ("en", "Schwab: $101 for new investors", OTHER),
    ("en", "Aeroplan adds a new partner: Air Mauritius", OTHER),
    ("en", "Turkish Airlines joins Bilt as transfer partner", OTHER),
    ("en", "Wells Fargo Rewards finally gets airline partners", OTHER),
    ("en", "World of Hyatt credits missing points", OTHER),
    ("en", "Points from the Amex offer have posted", OTHER),
    ("en", "10 hotels you can book with a Bilt transfer bonus", OTHER),
    ("en", "US Open tickets for 100,000 Hilton points", OTHER),
    ("en", "Chase Sapphire Reserve improves earning: now 8x points on travel", OTHER),
    ("en", "Buy contact lenses and earn 20 AAdvantage miles per dollar", EARN),
    ("en", "Buy a new Samsung TV, earn up to 12 Avios per £1", EARN),
    ("en", "Citi claws back ThankYou points", OTHER),
    ("en", "Status points reversed after Qantas glitch", OTHER),
    ("en", "Avianca LifeMiles with a 145% bonus", BUY),
    ("en", "Virgin Red: 70% bonus ends today", BUY),
    ("en", "Virgin Red: 70% more readers", OTHER),
    ("en", "Chase: 70% bonus", OTHER),
    ("pt", "Voos de São Paulo para Lisboa por R$ 2.400 ida e volta", FARE),
    ("pt", "Esfera passa a ter Qatar Airways como parceira", OTHER),
    ("pt", "Inter inclui TAP entre os parceiros de transferência", OTHER),
    ("pt", "Livelo encerra parceria de transferência com a Iberia", OTHER),
    ("pt", "Livelo e Iberia: 35% de bônus na transferência para o parceiro", TRANSFER),
    ("pt", "Bônus da transferência para a Smiles já começou a cair nas contas", OTHER),
    ("pt", "Pontos bônus do clube já foram creditados", OTHER),
    ("pt", "Clube Smiles: ganhe até 80.000 milhas bônus", EARN),
    ("pt", "Latam Pass: ingressos para o Rock in Rio por 20.000 pontos", OTHER),
    ("pt", "8 resorts no Nordeste para usar pontos da Livelo", OTHER),
    ("pt", "Sicredi muda pontuação dos cartões Visa", OTHER),
    ("pt", "Santander melhora pontuação do cartão Unique", OTHER),
    ("pt", "Aéreas devem reduzir 10% dos voos", OTHER),
    ("pt", "Compre seu notebook na Casas Bahia e receba 10 pontos Livelo por real", EARN),
    ("pt", "Compre e ganhe: 8 milhas por real na Renner", EARN),
    ("pt", "Compre pontos Esfera com 55% de desconto", BUY),
    ("pt", "Milhas LifeMiles com 150% de bônus", BUY),
    ("pt", "Cartão Smiles sem anuidade: 3 ofertas", OTHER),
    ("pt", "As 5 melhores promoções do dia", LIST),
    ("es", "Bancolombia suma a Avianca como nuevo aliado de transferencia de puntos", OTHER),
    ("es", "Ya abonaron los puntos del bono de Iberia", OTHER),
    ("es", "7 hoteles en Cancún para canjear tus puntos", OTHER),
    ("es", "Boletos para el concierto de Shakira con puntos Aeroméxico", OTHER),
    ("es", "La tarjeta Santander aumenta los puntos por compra", OTHER),
    ("es", "Compra electrónicos y gana 10 millas por dólar con LifeMiles", EARN),
    ("es", "Vuelos de Madrid a Bogotá por 390 euros", FARE),
    ("es", "Transfiere puntos a LifeMiles con 20% de bono", TRANSFER),
    ("es", "LifeMiles retira puntos por error", OTHER),
    ("en", "KrisFlyer Spontaneous Escapes: a complete guide", OTHER),
    ("en", "No Spontaneous Escapes: KrisFlyer's list will not return in May", OTHER),
    ("en", "Flying Blue Promo Rewards for May", PromotionKind.PROMO_AWARD_LIST),
    ("en", "Promo awards versus saver awards: the differences", OTHER),
    ("en", "Understanding award charts and transfer bonuses", OTHER),
    ("en", "Some thoughts on Chase's transfer bonuses", OTHER),
    ("en", "Understand it first: 30% transfer bonus from Chase to Flying Blue", PromotionKind.TRANSFER_BONUS),
    ("pt", "Três formas de usar milhas que ninguém lhe contou", OTHER),
    ("pt", "Smiles tem novas regras de acúmulo: compare", OTHER),
    ("pt", "Smiles: transfira pontos e ganhe 80% de bônus com as novas regras", PromotionKind.TRANSFER_BONUS),
]


@pytest.mark.parametrize(
    ("title", "expired"),
    [
        ("Acabou! 80% de bônus da Livelo para a Smiles", True),
        ("Acabou a promoção: 80% de bônus da Livelo para a Smiles", True),
        ("Acabou a espera: 80% de bônus da Livelo para a Smiles", False),
    ],
)
def test_what_is_over(title: str, expired: bool) -> None:
    assert read_announcement(title, "", PUBLISHED, language="pt").expired is expired


@pytest.mark.parametrize(("language", "title", "kind"), KINDS)
def test_kinds(language: str, title: str, kind: PromotionKind) -> None:
    assert read_announcement(title, "", PUBLISHED, language=language).kind is kind


@pytest.mark.parametrize(
    ("title", "kind", "routes"),
    [
        ("Last call: $1,890 Toronto-Tokyo Business Class", FARE, ("YTO-TYO",)),
        ("Cheap nonstop flights from Munich to Osaka, Japan for €489", FARE, ("MUC-OSA",)),
        ("FIRST CLASS flights from Norway to quiet Greek islands from €940", FARE, ()),
        ("Delta refunds flights from Atlanta to Rome for $400 each", OTHER, ()),
        ("Delta flies from Atlanta to Rome again", OTHER, ()),
    ],
)
def test_fares_between_two_places(title: str, kind: PromotionKind, routes: tuple[str, ...]) -> None:
    terms = read_announcement(title, "", PUBLISHED, find_place=route_place)
    assert (terms.kind, terms.routes) == (kind, routes)


@pytest.mark.parametrize(
    ("title", "programs"),
    [("Buy miles, and more in October", ()), ("Buy Miles & More miles with a 40% bonus", ("lufthansa",))],
)
def test_words_of_two_clauses_are_no_program(title: str, programs: tuple[str, ...]) -> None:
    assert read_announcement(title, "", PUBLISHED).programs == programs

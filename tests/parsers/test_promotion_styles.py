"""Styles of headlines: what is clear in spite of a question or a mark, and what only looks like a promotion."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.items import PromotionKind
from awardspider.parsers._promotions import read_announcement

PUBLISHED = date(2026, 10, 2)

AWARDS, BUY, EARN = PromotionKind.AWARD_SALE, PromotionKind.BUY_MILES, PromotionKind.EARN_BONUS
FARE, HIGHER = PromotionKind.CASH_FARE_DEAL, PromotionKind.DEVALUATION_NEWS
LIST, OTHER, TRANSFER = PromotionKind.ROUND_UP, PromotionKind.OTHER, PromotionKind.TRANSFER_BONUS

#: Language, title, and kind.
KINDS = [
    # a percentage and a bonus are clear, also with a question
    ("en", "Wyndham To Qatar Airways: 25% Transfer Bonus, Worth It?", TRANSFER),
    ("en", "25% bonus when you convert Clubcard vouchers to Virgin points: is it a good deal?", TRANSFER),
    ("en", "Convert Heathrow points into Avios with a 40% bonus – any good?", TRANSFER),
    ("en", "Is Choice to United with a 30% transfer bonus worth it?", TRANSFER),
    ("en", "Radisson Selling Points With A 60% Bonus: When Is It Worth It?", BUY),
    ("en", "JetBlue selling points for 1.2 cents each: worth it?", BUY),
    ("en", "Is a transfer bonus always worth it?", OTHER),
    ("en", "Can you ever justify buying points?", OTHER),
    ("en", "How I used a 30% transfer bonus to fly to Perth", OTHER),
    ("en", "Missed the 25% transfer bonus? What to do", OTHER),
    ("en", "My history with 40% transfer bonuses", OTHER),
    ("en", "Rent Day in November: transfer bonuses to Iberia, and a trivia game and more", TRANSFER),
    ("en", "Rent Day (December 1): hotel status match and more", OTHER),
    ("en", "How a 30% transfer bonus paid for my Fiji trip", OTHER),
    ("en", "A 25% transfer bonus got us to Fiji", OTHER),
    ("en", "3 transfer bonuses we're hoping for", OTHER),
    ("en", "The best time to buy Hyatt points", OTHER),
    ("en", "Good news: no devaluation at Hilton", OTHER),
    ("en", "Cathay cuts award change fees", OTHER),
    ("en", "20,000 Bilt points if you refer a friend", OTHER),
    ("pt", "Entenda o aumento da tabela de resgates da TAP", OTHER),
    ("pt", "Bradesco lança cartão com 4 pontos por dólar", OTHER),
    ("pt", "Esfera + Smiles: 70% de bônus para novos assinantes", TRANSFER),
    ("pt", "Ofertas de pontos que acabam amanhã", LIST),
    ("en", "Transfer bonuses: timing and patterns of the last years", OTHER),
    # lists by their names, guides that end like a list
    ("en", "Best posts last week: 80k Amex, $200 at Ally, a Hyatt sale", LIST),
    ("en", "Top stories last week: IHG, $50 off Lyft, $20 off Uber", LIST),
    ("en", "News and notes: IHG, Delta, Citi", LIST),
    ("en", "Recently expired and expiring soon", LIST),
    ("en", "Guide to Star Alliance lounges: food, showers, and more", OTHER),
    ("en", "Free AAdvantage miles for quiz players & more", EARN),
    # periods of travel are not those of a list
    ("en", "Iberia award flight offers for travel November 3 – December 9, 2026 (Book by October 20)", AWARDS),
    ("en", "Best hotel offers in December 2026", LIST),
    # points at shops, gift cards, auctions
    ("en", "Best Buy: save up to 40% when using Amex points (targeted)", OTHER),
    ("en", "Citi: 10% discount on gift card redemptions", OTHER),
    ("en", "Bid for backstage tickets from 50,000 Hilton points", OTHER),
    ("en", "Marriott auctions: a dinner from 30,000 points", OTHER),
    ("en", "Avis: 30% off rentals with MileagePlus", OTHER),
    # cards with several words in their names
    ("en", "Delta Blue Plus card has 70,000 bonus miles", OTHER),
    ("en", "A bonus of 60,000 miles on the Quest Select card", OTHER),
    ("en", "Card-linked dining: 500 bonus miles from United", EARN),
    ("en", "Avianca Visas: 55k LifeMiles after one purchase", OTHER),
    # questions of readers
    ("en", "Need help with the terms of the Hyatt promotion", OTHER),
    ("en", "Anyone got the Marriott targeted promotion?", OTHER),
    ("en", "5x or redeem? Question of the week", OTHER),
    # bonuses without a verb
    ("en", "WestJet 3 bonus PQFs on flights through December 5, 2026 (Book by November 1)", EARN),
    ("en", "Double tier points on winter flights", EARN),
    ("en", "Hilton 1,500 bonus Honors per stay in Canada", EARN),
    ("en", "GHA Discovery D$20 boost for stays in Asia", EARN),
    ("en", "12X at Macy's today through Capital One Shopping", EARN),
    ("en", "Today only: 18X at Rakuten", EARN),
    ("en", "Free United miles for fans of the Bears", EARN),
    ("en", "IHG double elite nights and fast track", OTHER),
    ("en", "Rakuten: elevated payouts at forty stores", EARN),
    ("en", "Up to 10x points on fuel gift cards at Safeway", OTHER),
    ("en", "Rakuten lets you convert points once a month", OTHER),
    ("en", "oneworld bonus: up to 25,000 AAdvantage miles", EARN),
    ("pt", "Livelo: 3 mil pontos na próxima hospedagem", EARN),
    ("en", "Bilt Rent Day: a status offer from Accor for transferred points", OTHER),
    ("en", "Bilt Rent Day: triple points and a quiz", EARN),
    ("en", "TAP Miles&Go 1,500 miles on Uber rides", EARN),
    ("en", "Delta: targeted 3,000 mile flight bonus", EARN),
    ("pt", "Accor: 3x mais pontos em outubro", EARN),
    # points for sale without a verb
    ("en", "Enrich points 30% bonus sale", BUY),
    ("en", "ShebaMiles miles 40% discount until Friday", BUY),
    ("en", "Share AAdvantage miles with a 50% bonus", BUY),
    ("en", "IHG points 15% off award stays", AWARDS),
    ("en", "IHG points bonus is back: 100% more points when you buy", BUY),
    ("en", "Iberia Avios with a 45% discount", BUY),
    ("en", "Hilton points at 0.41p each again", BUY),
    ("es", "Avios con un 45% de descuento", BUY),
    ("es", "Vuelos con Avios con un 45% de descuento", AWARDS),
    ("en", "Accor points worth 1.8p each", OTHER),
    ("en", "ConnectMiles: 120% bonus on purchase", BUY),
    ("en", "Mystery bonus of up to 80% when you get TrueBlue points", BUY),
    # fewer and more miles
    ("en", "SAS EuroBonus: Oslo to Miami for 30,000 points", AWARDS),
    ("en", "Alaska to adopt dynamic award pricing", HIGHER),
    ("en", "Accor reward prices up in spring", HIGHER),
    ("en", "80,000 miles with the Capital One Venture", OTHER),
    ("en", "Half-price Avios seats to Malaga", AWARDS),
    ("en", "Fiji round-trip for 28,000 miles", AWARDS),
    ("en", "Award space alert: Swiss to Zurich from 45,000 miles", OTHER),
    ("en", "United now charges 250,000 miles to Sydney", HIGHER),
    ("en", "200 more Marriott hotels going up in February", HIGHER),
    ("en", "BA raises fees on Avios flights", HIGHER),
    ("en", "BA raises fees for bags", OTHER),
    ("en", "Hilton suites: awards now 250K", HIGHER),
    ("en", "Radisson reduces the value of points", HIGHER),
    ("en", "EuroBonus level boost: double points in May", EARN),
    ("en", "Finnair's Avios-only flight to Lapland", AWARDS),
    ("en", "A sale on fares booked with TrueBlue points", AWARDS),
    ("en", "Qantas Classic Rewards Sale: 20% Off", AWARDS),
    ("en", "Asia Miles award changes effective May 1", HIGHER),
    ("en", "KrisFlyer: miles required up by max 20%", HIGHER),
    ("en", "Hyatt award prices now exceed 80,000 points", HIGHER),
    # a discount on fares is a deal with days of travel
    ("en", "Finnair 20% to 45% off sale for travel January 10 – March 20, 2027 (Book by October 9)", FARE),
    ("en", "Croatia Airlines: 30% off flights for travel in spring (book by Friday)", FARE),
    ("en", "Island escape: Azores from Berlin for €120", FARE),
    ("en", "Summer break in Bali from £480 with Emirates", FARE),
    ("en", "Finnair vouchers: 20% off fares for students", OTHER),
    ("pt", "Voos para Natal por R$ 640 com bagagem incluída", FARE),
    ("en", "KLM deals: Boston for €310", FARE),
    ("en", "Eurostar: London to Paris from £39", OTHER),
    ("pt", "Black Friday Azul: passagens a R$ 119", FARE),
    ("pt", "Governo vende passagens por R$ 200", OTHER),
    ("pt", "Últimas horas: até 90% de bônus para a Smiles", TRANSFER),
    ("pt", "Taxa de bagagem da Azul sobe para R$ 160", OTHER),
    ("en", "Turo & Delta partnership: earn 4x miles on rentals", EARN),
    ("pt", "GOL Smiles: milhas ou pontos qualificáveis em dobro em novas reservas", EARN),
    ("pt", "50% de bônus ao converter saldo do PicPay em milhas Smiles", TRANSFER),
    ("pt", "Bônus de 40% ou 70%: cartões do banco para a LATAM Pass", TRANSFER),
    ("pt", "Erro de tarifa: o que é e como funciona", OTHER),
    # flights between two places, and sales of fares
    ("en", "PRICE DROP! Cheap nonstop flights from Munich to Osaka, Japan for €489", FARE),
    ("en", "FIRST CLASS flights from Norway to quiet Greek islands from €940", FARE),
    ("en", "Hot: £1420 Dublin-Boston Business Class + hotel deals", FARE),
    ("en", "Last call: $1,890 Toronto-Tokyo Business Class", FARE),
    ("en", "Iberia Business Class Sale to Latin America: up to 20% off", FARE),
    ("en", "Finnair Black Friday Sale for 2026 (Book by November 30)", FARE),
    ("en", "KLM launches winter sale for travelers from Kenya", FARE),
    ("en", "Cathay Pacific Ex-Australia flash sale", FARE),
    ("en", "Oman Air global sale: 25% off (book by October 9)", FARE),
    ("en", "Lufthansa confirms sale of its catering business", OTHER),
    ("en", "Finnair Avios flash sale: 20% off flights", AWARDS),
    ("en", "Emirates Holidays summer sale: villas from $900", OTHER),
    ("en", "Delta refunds flights from Atlanta to Rome for $400 each", OTHER),
    ("en", "Delta flies from Atlanta to Rome again", OTHER),
    # one award deal, and lists by their names
    ("en", "[Award Alert] Wide-open JAL business class seats to Tokyo from 60K miles", AWARDS),
    ("en", "Award seats wide open: Lufthansa to Frankfurt in May", OTHER),
    ("en", "Deal of the week: fly to Lisbon for just 17,000 miles each way", AWARDS),
    ("en", "Deal of the day", LIST),
    ("en", "Deals of the day: luggage, hotels and a fare to Oslo", LIST),
    ("en", "Deal of the day: a suitcase for $99", OTHER),
    ("en", "Flying Blue: save 30% off select awards for January and February 2027", AWARDS),
    ("en", "The Extra Mile, Sept. 3: 60K Miles to Asia, a Look at Alaska & More", LIST),
    ("en", "The Weekly Ticket, Oct. 1: 20% off awards, a new lounge & more", LIST),
    ("en", "A Hyatt bonus ends, Delta drops a route & more from AwardWallet", LIST),
    ("en", "Why Pilots Like Rome [Roundup]", LIST),
    ("en", "Current Premium Economy Deals (updated June 2026)", LIST),
    ("en", "Buy Avios with a 50% bonus (updated October 2026)", BUY),
    # discounts of shops, offers of cards and accounts
    ("en", "Instacart members: 15% off Target, 20% off Petco, Home Depot & more", OTHER),
    ("en", "Big Hawaiian Summit card offer: 90K points, a 20K award, 50% off", OTHER),
    ("en", "Best checking bonuses - earn up to $900", OTHER),
    ("en", "Top investment accounts - a bonus of $1,000", OTHER),
    # new partners, credited points, tickets of events
    ("en", "Bilt adds Etihad to its transfer partners", OTHER),
    ("en", "Citi gains two new airline partners: Finnair and Iberia", OTHER),
    ("en", "Citi gains Finnair as a transfer partner, with a 20% transfer bonus", TRANSFER),
    ("en", "Marriott starts to post bonus points of the fall promotion", OTHER),
    ("en", "Hyatt bonus points are now posting", OTHER),
    ("en", "8 hotels to book with a transfer bonus", OTHER),
    ("en", "Hilton: concert tickets from 20,000 points", OTHER),
    ("en", "Earn 5 miles per dollar on concert tickets with United", EARN),
    ("en", "Chase increases points on dining with the Sapphire card", OTHER),
    # points for purchases
    ("en", "Buy a Pixel phone and earn 12 points per dollar", EARN),
    ("en", "Buy the new iPhone and earn up to 10 AAdvantage miles per dollar", EARN),
    ("en", "Buy AAdvantage miles and get a 40% bonus", BUY),
    # points that are taken back
    ("en", "Update: 10,000 bonus miles clawed back", OTHER),
    ("en", "United revokes 5,000 miles: points taken back after an error", OTHER),
    # a program and its bonus without a verb
    ("en", "LifeMiles: 130% bonus", BUY),
    ("en", "LifeMiles: up to 145% bonus until October 9", BUY),
    ("en", "Hilton Honors: 100% bonus", BUY),
    ("en", "LifeMiles: 30% bonus on hotel stays", EARN),
    ("en", "Citi and LifeMiles: 25% bonus", TRANSFER),
    # partners, credits, tickets, cards and purchases in other languages
    ("pt", "Livelo ganha mais três parceiros para transferência: Finnair, Qatar e Accor", OTHER),
    ("pt", "C6 adiciona a Iberia aos programas parceiros para transferência de pontos", OTHER),
    ("pt", "Esfera ganha novo parceiro de transferência com 40% de bônus na transferência", TRANSFER),
    ("pt", "Smiles começa a creditar os pontos bônus da campanha de setembro", OTHER),
    ("pt", "Smiles: 80% de bônus nas transferências", TRANSFER),
    ("pt", "7 ideias de resorts com até 30% de desconto para usar a transferência bonificada", OTHER),
    ("pt", "7 ideias de voos a partir de 6.500 milhas Smiles", AWARDS),
    ("pt", "Esfera libera ingressos de shows a partir de 900 pontos", OTHER),
    ("pt", "GOL quer mudar preços de 30% de suas passagens com novo sistema", OTHER),
    ("pt", "Azul: 30% de desconto em passagens com pontos", AWARDS),
    ("pt", "Até 3 pontos por dólar! Bradesco aumenta pontuação do cartão Visa Infinite", OTHER),
    ("pt", "Smiles aumenta pontos dos resgates com parceiras", HIGHER),
    ("pt", "Compre o Galaxy e ganhe até 10 pontos Livelo por real gasto", EARN),
    ("pt", "Compre na Amazon e ganhe 8 milhas LATAM Pass por real", EARN),
    ("pt", "Compre milhas Smiles e ganhe 100% de bônus", BUY),
    ("pt", "Cartão Infinite com anuidade grátis: veja 3 ofertas de hoje", OTHER),
    ("pt", "Confira 4 ofertas válidas hoje", LIST),
    ("es", "LifeMiles suma dos nuevos socios para transferencia de puntos", OTHER),
    ("es", "Bancolombia agrega a Iberia como aliado", OTHER),
    ("es", "LifeMiles suma un aliado con 30% de bono en transferencias", TRANSFER),
    ("es", "Iberia ya abona los puntos de la campaña", OTHER),
    ("es", "6 ideas de hoteles para aprovechar el bono de transferencia", OTHER),
    ("es", "6 ideas de vuelos desde 8.000 millas", AWARDS),
    ("es", "Entradas para el concierto desde 900 puntos", OTHER),
    ("es", "Avianca fija precios del 20% de sus boletos con un sistema nuevo", OTHER),
    ("es", "BBVA aumenta los puntos de la tarjeta Platinum", OTHER),
    ("es", "Iberia aumenta los Avios de los canjes", HIGHER),
    ("es", "Compra un iPhone y gana 8 millas LifeMiles por dólar", EARN),
    ("es", "Compra millas LifeMiles con 140% de bono", BUY),
    ("es", "Tarjeta Platinum sin anualidad: mira las 3 ofertas de hoy", OTHER),
    # sales of something else, other names of shops, partners and lists
    ("en", "Singapore Airlines early bird sale from Germany: save up to 25%", FARE),
    ("en", "Alaska Airlines 48-hour flash sale", FARE),
    ("en", "Aer Lingus sale to IAG approved", OTHER),
    ("en", "Spirit Airlines asset sale approved by court", OTHER),
    ("en", "American Airlines puts first class seats from retired 777s up for sale", OTHER),
    ("en", "Can Spirit survive until a sale?", OTHER),
    ("en", "Alaska Airlines wine sale", OTHER),
    ("en", "Virgin Atlantic flash sale: award seats from 6,000 points", AWARDS),
    ("en", "KLM promo: awards 25% off", AWARDS),
    ("en", "Deal alert: Hawaii from just 9,000 miles one-way", AWARDS),
    ("en", "Deal alert: AirPods for $129", OTHER),
    ("en", "The Layover, Nov. 3: A New Lounge, 30% Off Avios, and a Hyatt Bug", LIST),
    ("en", "Target members: 20% off toys, 10% off TVs & more", OTHER),
    ("en", "Hilton and Hyatt: 20% off award nights and 10% off stays", AWARDS),
    ("en", "SoFi - Get $300 for a new account", OTHER),
    ("en", "Robinhood transfer bonus: 3% on IRAs", OTHER),
    ("en", "Amex claws back points from churners", OTHER),
    ("pt", "Nubank adiciona Smiles e LATAM Pass como parceiros de transferência", OTHER),
    ("pt", "Inter Loop tem novo parceiro aéreo para transferir pontos", OTHER),
    ("pt", "Clientes LATAM Pass trocam pontos por ingressos do GP de São Paulo", OTHER),
    ("es", "Aeroméxico Rewards agrega a Marriott como socio de transferencia", OTHER),
    ("es", "Santander mejora los puntos de su tarjeta Unlimited", OTHER),
    ("es", "LifeMiles: hasta 140% de bono", BUY),
]


@pytest.mark.parametrize(("language", "title", "kind"), KINDS)
def test_kinds(language: str, title: str, kind: PromotionKind) -> None:
    assert read_announcement(title, "", PUBLISHED, language=language).kind == kind


@pytest.mark.parametrize(
    ("title", "summary", "kind"),
    [
        ("Etihad Guest: a shortcut to a free flight", "Purchasing 100,000 miles until May 2 earns a 60% bonus.", BUY),
        ("Half a million points in one go", "Marriott is back. Get a 45% bonus when you buy points by May 2.", BUY),
        ("JAL fans, look here", "A 30% transfer bonus from Bilt to JAL has begun.", TRANSFER),
        ("Points: ten words to know", "For example a transfer bonus of 20% gives you 1,200 miles.", OTHER),
        ("SkyMiles: a good week", "A flash sale has awards to Rome from 40,000 miles, book by May 2.", AWARDS),
        ("Qatar for less", "The club takes 20% off award tickets to Asia until May 2.", AWARDS),
        ("Qatar for less", "In history, 20% off award tickets was the best.", OTHER),
        ("Amex and Marriott", "Marriott cards from Amex have new welcome offers of up to 185,000 points.", OTHER),
        ("Our flight with EVA Air", "Transferred with a 20% transfer bonus, this cost 60,000 miles.", OTHER),
        ("Get 60K AAdvantage miles with two offers", "Both cards have new sign-up bonuses.", OTHER),
        ("Get 2,000 AAdvantage miles for a survey", "The survey takes ten minutes.", EARN),
        ("Hotels, seats, and a hack for Hyatt", "Our week in review has nine articles.", LIST),
        ("Hotels, seats, and a hack for Hyatt", "All three make trips better.", OTHER),
        ("The end of Wi-Fi fees at Delta", "Passengers with a card pay nothing.", OTHER),
        ("Finnair flash sale", "Award flights to Asia from 30,000 miles until Friday.", AWARDS),
        ("Finnair winter sale", "Buy Avios with a 40% bonus until Friday.", BUY),
        ("Finnair winter sale", "Fares to Asia from €400; members earn miles.", FARE),
    ],
)
def test_clear_sentences_of_a_summary(title: str, summary: str, kind: PromotionKind) -> None:
    assert read_announcement(title, summary, PUBLISHED).kind == kind


@pytest.mark.parametrize(
    ("language", "title", "summary", "kind"),
    [
        ("pt", "Smiles em festa", "Até sexta, há 80% de bônus nas transferências de pontos.", TRANSFER),
        ("pt", "Uma ideia para a Livelo", "Hoje, compre pontos com 45% de desconto.", BUY),
        ("pt", "A Smiles muda de sede", "O novo escritório tem 80% de luz natural.", OTHER),
        ("pt", "A Smiles muda de sede", "O clube já deu 80% de bônus nas transferências.", OTHER),
        ("es", "LifeMiles celebra", "Hasta el viernes hay 30% de bono en las transferencias.", TRANSFER),
        ("es", "LifeMiles celebra", "Hoy puedes comprar millas con 140% de bono.", BUY),
        ("es", "LifeMiles celebra", "Su oficina nueva abre en mayo.", OTHER),
    ],
)
def test_clear_sentences_of_a_summary_in_other_languages(
    language: str, title: str, summary: str, kind: PromotionKind
) -> None:
    assert read_announcement(title, summary, PUBLISHED, language=language).kind is kind


@pytest.mark.parametrize(
    ("title", "percent", "up_to"),
    [
        ("Citi: 25% transfer bonus to JetBlue, stack with 15% for cardholders", 25, False),
        ("Chase to Southwest: 20% transfer bonus, stackable with a 10% card bonus", 20, False),
        ("Buy Avios: 30% or 50% bonus", 50, True),
        ("15%/15x back at Nike through Capital One Shopping", None, None),
        ("Iberia Business Class Sale to Latin America: up to 20% off", 20, True),
        ("Flying Blue: save 30% off select awards for January and February 2027", 30, False),
        ("Big Hawaiian Summit card offer: 90K points, a 20K award, 50% off", None, None),
        ("Finnair sells 40% of its tickets to Asia in Japan", None, None),
    ],
)
def test_percentages(title: str, percent: int | None, up_to: bool | None) -> None:
    terms = read_announcement(title, "", PUBLISHED)
    assert (terms.percent, terms.up_to) == (percent, up_to)


@pytest.mark.parametrize(
    ("summary", "last"),
    [
        ("The sale runs to 12th November.", "2026-11-12"),
        ("The offer lasts to November 12.", "2026-11-12"),
        ("It goes on to the end of October.", "2026-10-31"),
        ("The points cost 2 cents; the list goes on.", None),
    ],
)
def test_last_days_of_a_summary(summary: str, last: str | None) -> None:
    found = read_announcement("Buy Avios with a 50% bonus", summary, PUBLISHED).book_by
    assert (found and found.isoformat()) == last


@pytest.mark.parametrize(
    ("title", "expired"),
    [
        ("Earn 5,000 miles for a survey [Update: DEAD, nobody gets them now]", True),
        ("Buy Avios with a 50% bonus (Update: expired)", True),
        ("Buy Avios with a 50% bonus [Now over]", True),
        ("(Update: has the partnership ended?) Earn 5x miles with Turo", False),
        ("Buy Avios with a 50% bonus [Update: extended]", False),
    ],
)
def test_updates_that_say_that_a_promotion_is_over(title: str, expired: bool) -> None:
    assert read_announcement(title, "", PUBLISHED).expired is expired


@pytest.mark.parametrize(
    ("title", "book_by", "travel_until"),
    [
        (
            "Iberia: 9,000 bonus Avios on flights to Chile until May 31, 2027 (Book by October 9)",
            "2026-10-09",
            "2027-05-31",
        ),
        ("Finnair double points on flights until May 31, 2027 (Book by October 9)", "2026-10-09", "2027-05-31"),
        ("Finnair double points on flights until November 30", "2026-11-30", None),
        ("Hyatt: double points until May 31, 2027 (Book by October 9)", "2026-10-09", None),
        ("Flying Blue: save 30% off select awards for January and February 2027", None, "2027-02-28"),
        ("Flying Blue: save 30% off awards until February 28", "2027-02-28", None),
        ("Finnair Black Friday Sale for 2026 (Book by November 30)", "2026-11-30", None),
        ("Finnair: fares to Asia in March and April from €400", None, None),
        ("Final hours: buy Avios with a 40% bonus", None, None),
        ("This weekend only: buy Avios with a 40% bonus", None, None),
    ],
)
def test_last_days_of_flights_and_of_booking(title: str, book_by: str | None, travel_until: str | None) -> None:
    terms = read_announcement(title, "", PUBLISHED)
    found = [day and day.isoformat() for day in (terms.book_by, terms.travel_until)]
    assert found == [book_by, travel_until]


@pytest.mark.parametrize(
    ("title", "miles"),
    [
        ("[Award Alert] Wide-open JAL business class seats to Tokyo from 60K miles", 60_000),
        ("Deal of the week: fly to Lisbon for just 17,000 miles each way", 17_000),
        ("The Extra Mile, Sept. 3: 60K Miles to Asia, a Look at Alaska & More", None),
    ],
)
def test_miles_of_one_deal(title: str, miles: int | None) -> None:
    assert read_announcement(title, "", PUBLISHED).miles_price == miles


@pytest.mark.parametrize(
    ("summary", "kind"),
    [
        ("", BUY),
        ("The sale of miles ends soon.", BUY),
        ("Transfer your points from Citi until October 9 and get 30% more.", TRANSFER),
        ("Register and stay at a hotel to get it.", OTHER),
    ],
)
def test_bonus_without_a_verb_is_explained_by_the_summary(summary: str, kind: PromotionKind) -> None:
    assert read_announcement("LifeMiles: 30% bonus", summary, PUBLISHED).kind is kind

"""The days of announcements: the ways to write the end of a promotion and the days of travel, in every language."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.parsers._promotions import read_announcement

PUBLISHED = date(2026, 11, 20)  # a Friday
SALES = {
    "en": "Buy LifeMiles with a 100% bonus",
    "pt": "Compre milhas Smiles com 100% de bônus",
    "es": "Compra LifeMiles con 100% de bonificación",
}
AWARDS = {
    "en": "Award sale: 30% off Iberia award flights",
    "pt": "LATAM Pass: resgates com 30% de desconto",
    "es": "Iberia: 30% de descuento en canjes con Avios",
}

#: Language, summary, and the last day of the sale.
ENDS = [
    ("en", "You have until 11:59 p.m. Eastern time on December 3, 2026.", "2026-12-03"),
    ("en", "The sale runs now through Dec 3.", "2026-12-03"),
    ("en", "Available now to December 3.", "2026-12-03"),
    ("en", "Offer valid November 18, 2026 – December 3, 2026.", "2026-12-03"),
    ("en", "Valid Nov 18-30.", "2026-11-30"),
    ("en", "From 18 to 30 November you can buy more.", "2026-11-30"),
    ("en", "The promotion is open from November 18th until the 30th of November.", "2026-11-30"),
    ("en", "Purchase on or before 12/03/2026.", "2026-12-03"),
    ("en", "Purchase by 3/12/2026.", "2026-12-03"),
    ("en", "This one ends in three days.", None),
    ("en", "The deadline is Thursday, December 3 at midnight.", "2026-12-03"),
    ("en", "It expires at 23:59 GMT on Thursday 3rd December.", "2026-12-03"),
    ("en", "The last day is December 3.", "2026-12-03"),
    ("en", "Buy miles no later than Dec. 3, 2026, 11:59pm ET.", "2026-12-03"),
    ("en", "Last year's sale ended on December 10.", None),
    ("en", "The previous sale was in August 2026 and had a 130% bonus.", None),
    ("en", "Miles bought expire after 12 months. Ends January 4.", "2027-01-04"),
    ("en", "Your miles will post by January 15. Sale ends December 3.", "2026-12-03"),
    ("en", "Bonus miles will be credited by January 31, 2027.", None),
    ("en", "The offer ends tomorrow, November 21.", "2026-11-21"),
    ("en", "Ends tonight!", "2026-11-20"),
    ("en", "You only have until Sunday.", "2026-11-22"),
    ("en", "Only until the end of November.", "2026-11-30"),
    ("en", "Ends 11.30.26", None),
    ("en", "Ends 30.11.26", "2026-11-30"),
    ("en", "Buy by Nov 30 to get the bonus, and read our guide from October 2.", "2026-11-30"),
    ("en", "Originally due to end November 15, it has been extended to November 29.", "2026-11-29"),
    ("en", "The sale was extended through 11/29.", "2026-11-29"),
    ("en", "Runs until Black Friday.", None),
    ("en", "Valid through December 31, 2026. Account must be opened before October 1.", "2026-12-31"),
    ("en", "Update 11/19: now extended until 12/1.", "2026-12-01"),
    ("en", "Our last report was on November 5; the sale closes on November 25.", "2026-11-25"),
    ("en", "One day only: November 27.", "2026-11-27"),
    ("en", "On November 27 only.", "2026-11-27"),
    ("en", "Sale period: 20 Nov 2026 - 3 Dec 2026", "2026-12-03"),
    ("en", "Promotion dates: 11/20/26 to 12/3/26", "2026-12-03"),
    ("en", "Begins December 1 and ends December 3.", "2026-12-03"),
    ("en", "Starts December 1.", None),
    ("en", "The sale goes until mid December.", None),
    ("en", "The offer continues through Wednesday, November 25.", "2026-11-25"),
    ("pt", "Promoção válida até 03/12/2026 às 23h59.", "2026-12-03"),
    ("pt", "A promoção termina em 3 de dezembro.", "2026-12-03"),
    ("pt", "Encerra em 03/12, às 20h.", "2026-12-03"),
    ("pt", "Válida de 20/11 a 03/12.", "2026-12-03"),
    ("pt", "Entre os dias 20 de novembro e 3 de dezembro de 2026.", "2026-12-03"),
    ("pt", "Campanha vai até o dia 3 de dezembro.", "2026-12-03"),
    ("pt", "Vai até quinta-feira (3/12).", "2026-12-03"),
    ("pt", "Das 10h de 20/11 às 23h59 de 03/12/2026.", "2026-12-03"),
    ("pt", "Somente nesta sexta, 27 de novembro.", "2026-11-27"),
    ("pt", "Só até amanhã!", "2026-11-21"),
    ("pt", "As milhas serão creditadas até 15 de janeiro de 2027.", None),
    ("pt", "O prazo termina no dia 1º de dezembro.", "2026-12-01"),
    ("pt", "Promoção prorrogada até 05.12.2026", "2026-12-05"),
    ("es", "Promoción válida hasta el 3 de diciembre de 2026.", "2026-12-03"),
    ("es", "Termina el jueves 3 de diciembre.", "2026-12-03"),
    ("es", "Del 20 de noviembre al 3 de diciembre.", "2026-12-03"),
    ("es", "Desde el 20/11 hasta el 3/12/2026.", "2026-12-03"),
    ("es", "La oferta finaliza el 03-12-2026.", "2026-12-03"),
    ("es", "Solo hoy.", "2026-11-20"),
    ("es", "Únicamente el 27 de noviembre.", "2026-11-27"),
    ("es", "Las millas se abonarán antes del 15 de enero.", None),
]

#: Language, summary, the last day of the sale, the first and the last day of travel.
TRAVEL = [
    (
        "en",
        "Book by December 3 and fly between January 10 and March 20, 2027.",
        "2026-12-03",
        "2027-01-10",
        "2027-03-20",
    ),
    (
        "en",
        "Book between November 20 and November 27 for travel from December 1 through April 30.",
        "2026-11-27",
        "2026-12-01",
        "2027-04-30",
    ),
    (
        "en",
        "Bookings must be ticketed by 11/27. Travel is valid 12/1/26-4/30/27.",
        "2026-11-27",
        "2026-12-01",
        "2027-04-30",
    ),
    ("en", "For travel January 10 - March 20; must be booked by December 3.", "2026-12-03", "2027-01-10", "2027-03-20"),
    ("en", "Travel must be completed by March 20, 2027.", None, None, "2027-03-20"),
    ("en", "Valid for travel until 20 March 2027 when booked by 3 December 2026.", "2026-12-03", None, "2027-03-20"),
    ("en", "Travel: Jan 10 to Mar 20. Blackout dates: Feb 12-22.", None, "2027-01-10", "2027-03-20"),
    ("en", "Not valid for travel from December 18 through January 4. Book by December 3.", "2026-12-03", None, None),
    (
        "en",
        "Excluding December 20 to January 3. Book by December 3, fly until March 31.",
        "2026-12-03",
        None,
        "2027-03-31",
    ),
    (
        "en",
        "Departures from 10 January up to and including 20 March 2027. Book until 3 December.",
        "2026-12-03",
        "2027-01-10",
        "2027-03-20",
    ),
    ("en", "Book through Dec 3 for flights in February and March 2027.", "2026-12-03", "2027-02-01", "2027-03-31"),
    ("en", "Book now through December 3 for travel now through March 20.", "2026-12-03", None, "2027-03-20"),
    ("en", "Reservations by Dec. 3, trips Jan. 10-Mar. 20.", "2026-12-03", "2027-01-10", "2027-03-20"),
    (
        "en",
        "Travel window: 10 Jan - 20 Mar 2027. Booking window: 20 Nov - 3 Dec 2026.",
        "2026-12-03",
        "2027-01-10",
        "2027-03-20",
    ),
    (
        "en",
        "Booking period: 20 Nov - 3 Dec 2026; travel period: 10 Jan - 20 Mar 2027",
        "2026-12-03",
        "2027-01-10",
        "2027-03-20",
    ),
    ("en", "Fly from December 1. Book by November 27.", "2026-11-27", "2026-12-01", None),
    ("en", "Redeem by 30 November 2026 to travel in January 2027.", "2026-11-30", "2027-01-01", "2027-01-31"),
    ("en", "The flights operate until October 2027.", None, None, None),
    ("en", "New routes start May 20. Sale ends December 3.", "2026-12-03", None, None),
    (
        "pt",
        "Emita até 3 de dezembro para voar entre 10 de janeiro e 20 de março de 2027.",
        "2026-12-03",
        "2027-01-10",
        "2027-03-20",
    ),
    (
        "pt",
        "Emissões até 03/12/2026, com embarque de 10/01/2027 a 20/03/2027.",
        "2026-12-03",
        "2027-01-10",
        "2027-03-20",
    ),
    (
        "pt",
        "Período de viagem: de 10/01 a 20/03/2027. Período de emissão: até 03/12.",
        "2026-12-03",
        "2027-01-10",
        "2027-03-20",
    ),
    ("pt", "Voos em fevereiro de 2027.", None, "2027-02-01", "2027-02-28"),
    (
        "es",
        "Reserva hasta el 3 de diciembre y vuela entre el 10 de enero y el 20 de marzo de 2027.",
        "2026-12-03",
        "2027-01-10",
        "2027-03-20",
    ),
    (
        "es",
        "Para viajar del 10 de enero al 20 de marzo, reservando hasta el 3 de diciembre.",
        "2026-12-03",
        "2027-01-10",
        "2027-03-20",
    ),
    ("es", "Vuelos hasta el 20 de marzo de 2027.", None, None, "2027-03-20"),
]


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


@pytest.mark.parametrize(("language", "summary", "last"), ENDS)
def test_the_last_day_of_a_sale(language: str, summary: str, last: str | None) -> None:
    terms = read_announcement(SALES[language], summary, PUBLISHED, language=language)
    assert _iso(terms.book_by) == last
    assert (terms.travel_from, terms.travel_until) == (None, None)


@pytest.mark.parametrize(("language", "summary", "last", "begin", "end"), TRAVEL)
def test_the_days_of_travel(language: str, summary: str, last: str | None, begin: str | None, end: str | None) -> None:
    terms = read_announcement(AWARDS[language], summary, PUBLISHED, language=language)
    assert (_iso(terms.book_by), _iso(terms.travel_from), _iso(terms.travel_until)) == (last, begin, end)


@pytest.mark.parametrize(
    ("title", "begin", "end"),
    [
        ("Flying Blue awards 50% off for January travel", "2027-01-01", "2027-01-31"),
        ("Iberia award sale: 25% off February and March flights", "2027-02-01", "2027-03-31"),
        ("Award sale: 30% off Iberia for May 2027 departures", "2027-05-01", "2027-05-31"),
        ("The December award sale of Iberia: 30% off", None, None),
    ],
)
def test_months_before_the_word_for_travel(title: str, begin: str | None, end: str | None) -> None:
    terms = read_announcement(title, "", PUBLISHED)
    assert (_iso(terms.travel_from), _iso(terms.travel_until)) == (begin, end)


@pytest.mark.parametrize(
    ("published", "last"),
    [
        ("2026-11-20", "2026-12-01"),
        ("2026-12-01", "2026-12-01"),
        ("2026-12-05", None),  # it can be over
        ("2027-02-01", "2027-12-01"),
    ],
)
def test_a_day_without_a_year_is_the_next_one(published: str, last: str | None) -> None:
    terms = read_announcement(SALES["en"], "Ends December 1.", date.fromisoformat(published))
    assert _iso(terms.book_by) == last


def test_a_day_of_an_expired_promotion_is_the_last_one() -> None:
    terms = read_announcement(f"(EXPIRED) {SALES['en']}", "Ends December 1.", date(2026, 12, 5))
    assert _iso(terms.book_by) == "2026-12-01"


@pytest.mark.parametrize(
    "title",
    [
        "New Flying Blue Promo Rewards for December: 25% off",
        "Flying Blue's October Promo Rewards: up to 50% off awards",
    ],
)
def test_the_name_of_a_program_is_not_about_travel(title: str) -> None:
    terms = read_announcement(title, "", PUBLISHED)
    assert (terms.travel_from, terms.travel_until) == (None, None)

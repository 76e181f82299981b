"""Dates of announcements: the days of the promotion and those of the flights."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.items import PromotionTerms
from awardspider.parsers._promotions import read_announcement

#: By day of publication and language: titles, and the first and last day of the promotion, and of the flights.
DATES: dict[tuple[str, str], dict[str, str]] = {
    ("2026-10-02", "en"): {
        "Buy Avios with a 50% bonus until October 31": "..2026-10-31",
        "Buy Avios with a 50% bonus by 31 October 2026": "..2026-10-31",
        "Buy Avios with a 50% bonus until 31st October": "..2026-10-31",
        "Buy Avios with a 50% bonus (ends 10/31/26)": "..2026-10-31",
        "Buy Avios with a 50% bonus (ends 2026-10-31)": "..2026-10-31",
        "Buy Avios with a 50% bonus, ends Saturday, October 31st, 2026 at 11:59 pm": "..2026-10-31",
        "Buy Avios with a 50% bonus from October 7 to November 21": "2026-10-07..2026-11-21",
        "Buy Avios with a 50% bonus: October 1-31, 2026": "2026-10-01..2026-10-31",
        "Buy Avios with a 50% bonus: 1 to 31 October": "2026-10-01..2026-10-31",
        "Buy Avios with a 50% bonus between October 5 and 15": "2026-10-05..2026-10-15",
        "Buy Avios with a 50% bonus starting October 7": "2026-10-07..",
        "Buy Avios with a 50% bonus (today only)": "..2026-10-02",
        "Buy Avios with a 50% bonus: ends tonight!": "..2026-10-02",
        "Buy Avios with a 50% bonus - last day": "..2026-10-02",
        "Buy Avios with a 50% bonus, ends tomorrow": "..2026-10-03",
        "Buy Avios with a 50% bonus until Sunday": "..2026-10-04",
        "Buy Avios with a 50% bonus by the end of the month": "..2026-10-31",
        "Buy Avios with a 50% bonus through the end of October": "..2026-10-31",
        "Buy Avios with a 50% bonus through October": "..2026-10-31",
        "Buy Avios with a 50% bonus through the 15th": "..2026-10-15",
        "72-hour sale: Buy Avios with a 50% bonus": "",
        "Buy Avios with a 50% bonus for 3 days": "",
        "Buy Avios with a 50% bonus (1.40 Cents Each) At 40% Off": "",
        "Award sale: book by October 15 for travel through March 31, 2027": "..2026-10-15 travel ..2027-03-31",
        "Award sale: book by October 15, travel January 10 - March 5": "..2026-10-15 travel 2027-01-10..2027-03-05",
        "Award sale: 20% off awards, fly by December 15": "travel ..2026-12-15",
        "Award sale: travel 1 November to 15 December, book by 20 Oct": "..2026-10-20 travel 2026-11-01..2026-12-15",
        "Award sale: travel January through March 2027": "travel 2027-01-01..2027-03-31",
        "Award sale: 30% off award flights from November 1 through December 15": "2026-11-01..2026-12-15",
        "Hilton: double points on stays through December 31": "..2026-12-31",
        "Hilton: register by October 31 to earn double points on stays through December 31": "..2026-10-31",
        "New York to London for $398 roundtrip, travel in January 2027": "travel 2027-01-01..2027-01-31",
        "Buy Avios with a 50% bonus: offer ended October 1": "..2026-10-01",
        "Buy Avios with a 50% bonus until October 19, November 2": "..2026-10-19",
        "United devalues awards from November 1": "",
        "Delta ends route to Lagos by October 31": "",
        "Buy Avios with a 50% bonus until February 30": "",
    },
    ("2026-12-02", "en"): {
        "Buy Avios with a 50% bonus (through January 5)": "..2027-01-05",
        "Buy Avios with a 50% bonus, Dec 15, 2026 - Jan 10, 2027": "2026-12-15..2027-01-10",
    },
    ("2026-12-20", "en"): {
        "Buy Avios with a 50% bonus, December 15 - January 10": "2026-12-15..2027-01-10",
    },
    ("2026-10-05", "en"): {
        "Buy Avios with a 50% bonus through this Friday": "..2026-10-09",
    },
    ("2026-11-02", "en"): {
        "(EXPIRED) Buy Avios with a 50% bonus until October 31": "..2026-10-31",
    },
    ("2027-10-02", "en"): {
        "Buy Avios with a 50% bonus until February 29": "..2028-02-29",
    },
    ("2026-11-02", "pt"): {
        "Livelo para Smiles com 80% de bônus até 30 de novembro": "..2026-11-30",
        "Livelo para Smiles com 80% de bônus até 05/12": "..2026-12-05",
        "Livelo para Smiles com 80% de bônus até 05/12/2026": "..2026-12-05",
        "Livelo para Smiles com 80% de bônus até o dia 15": "..2026-11-15",
        "Livelo para Smiles com 80% de bônus de 3 a 10 de novembro": "2026-11-03..2026-11-10",
        "Livelo para Smiles com 80% de bônus até amanhã": "..2026-11-03",
        "Livelo para Smiles com 80% de bônus até domingo": "..2026-11-08",
        "Livelo para Smiles com 80% de bônus até sexta-feira": "..2026-11-06",
        "Só hoje: Livelo para Smiles com 80% de bônus": "..2026-11-02",
        "Smiles: trechos por 5.000 milhas para viajar entre fevereiro e abril de 2027": "travel 2027-02-01..2027-04-30",
        "Smiles: trechos por 5.000 milhas, compre até 20/11 e voe até 31 de março": "..2026-11-20 travel ..2027-03-31",
    },
    ("2026-10-02", "es"): {
        "Compra Avios con un 50% de bonificación hasta el 15 de noviembre": "..2026-11-15",
        "Compra Avios con un 50% de bonificación hasta el 5/11": "..2026-11-05",
        "Compra Avios con un 50% de bonificación del 1 al 15 de noviembre de 2026": "2026-11-01..2026-11-15",
        "Compra Avios con un 50% de bonificación hasta mañana": "..2026-10-03",
        "Compra Avios con un 50% de bonificación hasta el viernes": "..2026-10-02",
        "Iberia: 30% menos Avios para volar entre el 10 de enero y el 31 de marzo": "travel 2027-01-10..2027-03-31",
    },
}
CASES = [(*key, title, days) for key, titles in DATES.items() for title, days in titles.items()]


def days_of(terms: PromotionTerms) -> str:
    """Return the days of a promotion as in DATES."""
    book = f"{terms.book_from or ''}..{terms.book_by or ''}"
    travel = f"{terms.travel_from or ''}..{terms.travel_until or ''}"
    return " ".join([*([book] if book != ".." else []), *(["travel", travel] if travel != ".." else [])])


@pytest.mark.parametrize(("published", "language", "title", "days"), CASES)
def test_dates_of_a_title(published: str, language: str, title: str, days: str) -> None:
    assert days_of(read_announcement(title, "", date.fromisoformat(published), language=language)) == days


@pytest.mark.parametrize(
    ("title", "summary", "book_by"),
    [
        ("Buy Avios with a 50% bonus", "The offer ends October 31.", "2026-10-31"),
        ("Buy Avios with a 50% bonus until October 31", "It ended October 1 last year.", "2026-10-31"),
        ("Buy Avios with a 50% bonus", "Until October 31 for new members, until November 15 for others.", None),
        ("Buy Avios with a 50% bonus", "On October 5, members can buy up to 100,000.", "2026-10-05"),
        ("Current transfer bonuses", "Amex to Avios until October 31.", None),
        ("Hilton opens a hotel in Rome", "Book by October 31.", None),
    ],
)
def test_dates_of_a_summary(title: str, summary: str, book_by: str | None) -> None:
    terms = read_announcement(title, summary, date(2026, 10, 2))
    assert (terms.book_by and str(terms.book_by)) == book_by


def test_ended_promotion_has_its_last_day_in_the_past() -> None:
    terms = read_announcement("[EXPIRED] Amex to Avios: 30% transfer bonus", "Ended 11/30.", date(2026, 12, 1))
    assert (terms.expired, terms.book_by) == (True, date(2026, 11, 30))


def test_day_almost_a_year_ahead_is_not_the_end_of_a_promotion() -> None:
    assert read_announcement("Buy Avios with a 50% bonus until October 1", "", date(2026, 10, 2)).book_by is None

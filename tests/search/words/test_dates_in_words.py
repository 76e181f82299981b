"""Dates in wishes: days, months, seasons, holidays and ranges in three languages, on a fixed day."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.search.words.parsing import parse_wish
from awardspider.search.words.wishes import DatesProblem, Topic

TODAY = date(2027, 2, 20)  # a Saturday


def dates_of(text: str, lang: str, today: date = TODAY) -> str:
    """Return the dates of a wish from GRU to LIS: `2027-05-03..2027-05-10, 2027-06-01`."""
    wish = parse_wish(f"GRU-LIS {text}", lang, today=today)
    assert wish.dates_problem is None
    return ", ".join(map(str, wish.dates))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("May 3", "2027-05-03"),
        ("may 3rd, 2028", "2028-05-03"),
        ("3 May", "2027-05-03"),
        ("on the 3rd of May", "2027-05-03"),
        ("the first of May", "2027-05-01"),
        ("Feb 10", "2028-02-10"),
        ("February 29", "2028-02-29"),
        ("May 3-12", "2027-05-03..2027-05-12"),
        ("3 to 12 May", "2027-05-03..2027-05-12"),
        ("between May 3 and 12", "2027-05-03..2027-05-12"),
        ("between the 3rd and the 12th of May", "2027-05-03..2027-05-12"),
        ("between April 28 and May 6", "2027-04-28..2027-05-06"),
        ("April 28-May 6", "2027-04-28..2027-05-06"),
        ("May 3, 5 or 7", "2027-05-03, 2027-05-05, 2027-05-07"),
        ("from Dec 28 to Jan 5", "2027-12-28..2028-01-05"),
        ("4/12", "2027-04-12"),
        ("4/3-4/12", "2027-04-03..2027-04-12"),
        ("13/4", "2027-04-13"),
        ("4/12/28", "2028-04-12"),
        ("2027-04-12", "2027-04-12"),
        ("2027-04", "2027-04-01..2027-04-30"),
        ("04/2027", "2027-04-01..2027-04-30"),
        ("April 3 ± 3", "2027-03-31..2027-04-06"),
        ("April 3 +/- 3 days", "2027-03-31..2027-04-06"),
        ("April 3, give or take two days", "2027-04-01..2027-04-05"),
        ("around April 3", "2027-03-31..2027-04-06"),
        ("in May", "2027-05-01..2027-05-31"),
        ("MAY", "2027-05-01..2027-05-31"),
        ("February", "2027-02-20..2027-02-28"),
        ("January", "2028-01-01..2028-01-31"),
        ("March or May", "2027-03-01..2027-03-31, 2027-05-01..2027-05-31"),
        ("March/April", "2027-03-01..2027-04-30"),
        ("March to May", "2027-03-01..2027-05-31"),
        ("March through May 2028", "2028-03-01..2028-05-31"),
        ("Dec-Feb", "2027-12-01..2028-02-29"),
        ("March to May except April", "2027-03-01..2027-03-31, 2027-05-01..2027-05-31"),
        ("March next year", "2028-03-01..2028-03-31"),
        ("early March", "2027-03-01..2027-03-10"),
        ("mid-March", "2027-03-11..2027-03-20"),
        ("late March", "2027-03-21..2027-03-31"),
        ("early to mid March", "2027-03-01..2027-03-20"),
        ("late March to early April", "2027-03-21..2027-04-10"),
        ("first half of March", "2027-03-01..2027-03-15"),
        ("second half of March", "2027-03-16..2027-03-31"),
        ("first week of May", "2027-05-01..2027-05-07"),
        ("first two weeks of May", "2027-05-01..2027-05-14"),
        ("last week of March", "2027-03-25..2027-03-31"),
        ("first weekend of March", "2027-03-06..2027-03-07"),
        ("week of March 10", "2027-03-08..2027-03-14"),
        ("spring", "2027-03-01..2027-05-31"),
        ("next summer", "2027-06-01..2027-08-31"),
        ("winter", "2027-12-01..2028-02-29"),
        ("this winter", "2027-02-20..2027-02-28"),
        ("Q3", "2027-07-01..2027-09-30"),
        ("Christmas", "2027-12-20..2028-01-02"),
        ("Easter", "2027-03-26..2027-03-29"),
        ("tomorrow", "2027-02-21"),
        ("this weekend", "2027-02-20..2027-02-21"),
        ("next week", "2027-02-22..2027-02-28"),
        ("next month", "2027-03-01..2027-03-31"),
        ("next year", "2028-01-01..2028-12-31"),
        ("in two weeks", "2027-03-06"),
        ("in the next 3 months", "2027-02-20..2027-05-20"),
        ("next Friday", "2027-02-26"),
        ("Tue-Thu, March 1-15", "2027-03-02..2027-03-04, 2027-03-09..2027-03-11"),
        ("on Friday, May 7", "2027-05-07"),
        ("until May 10", "2027-02-20..2027-05-10"),
        ("before June", "2027-02-20..2027-05-31"),
        ("after May 10", "2027-05-11..2028-02-20"),
        ("2028", "2028-01-01..2028-12-31"),
        ("any time", ""),
        ("I may be flexible", ""),
    ],
)  # fmt: skip
def test_english_dates(text: str, expected: str) -> None:
    assert dates_of(text, "en") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dia 3 de maio", "2027-05-03"),
        ("1º de maio", "2027-05-01"),
        ("primeiro de maio", "2027-05-01"),
        ("dia 5", "2027-03-05"),
        ("quinta-feira, 6 de maio", "2027-05-06"),
        ("4/12", "2027-12-04"),
        ("de 3/4 a 12/4", "2027-04-03..2027-04-12"),
        ("de 3 a 12 de abril", "2027-04-03..2027-04-12"),
        ("do dia 3 ao dia 12 de abril", "2027-04-03..2027-04-12"),
        ("entre os dias 3 e 12 de abril", "2027-04-03..2027-04-12"),
        ("3 de maio a 17", "2027-05-03..2027-05-17"),
        ("de 20 de dezembro a 5 de janeiro", "2027-12-20..2028-01-05"),
        ("dias 5, 6 e 8 de maio", "2027-05-05..2027-05-06, 2027-05-08"),
        ("por volta de 10 de maio", "2027-05-07..2027-05-13"),
        ("10 de maio, mais ou menos 2 dias", "2027-05-08..2027-05-12"),
        ("em março do ano que vem", "2028-03-01..2028-03-31"),
        ("jul/27", "2027-07-01..2027-07-31"),
        ("de março a maio", "2027-03-01..2027-05-31"),
        ("entre março e maio, menos abril", "2027-03-01..2027-03-31, 2027-05-01..2027-05-31"),
        ("começo de junho", "2027-06-01..2027-06-10"),
        ("meados de junho", "2027-06-11..2027-06-20"),
        ("final de junho", "2027-06-21..2027-06-30"),
        ("segunda quinzena de junho", "2027-06-16..2027-06-30"),
        ("primeiro semestre de 2028", "2028-01-01..2028-06-30"),
        ("verão", "2027-12-01..2028-02-29"),
        ("inverno", "2027-06-01..2027-08-31"),
        ("verão europeu", "2027-06-01..2027-08-31"),
        ("no natal", "2027-12-20..2028-01-02"),
        ("semana que vem", "2027-02-22..2027-02-28"),
        ("fim de semana que vem", "2027-02-27..2027-02-28"),
        ("mês que vem", "2027-03-01..2027-03-31"),
        ("daqui a duas semanas", "2027-03-06"),
        ("amanhã", "2027-02-21"),
        ("depois de amanhã", "2027-02-22"),
        ("a partir de 10 de maio", "2027-05-10..2028-02-20"),
        ("sextas de maio", "2027-05-07, 2027-05-14, 2027-05-21, 2027-05-28"),
        ("qualquer data", ""),
    ],
)
def test_portuguese_dates(text: str, expected: str) -> None:
    assert dates_of(text, "pt") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("el 3 de mayo", "2027-05-03"),
        ("1ro de mayo", "2027-05-01"),
        ("el lunes 3 de mayo", "2027-05-03"),
        ("4/12", "2027-12-04"),
        ("del 3 al 12 de abril", "2027-04-03..2027-04-12"),
        ("entre el 3 y el 12 de abril", "2027-04-03..2027-04-12"),
        ("del 20 de diciembre al 5 de enero", "2027-12-20..2028-01-05"),
        ("el 3 o el 5 de mayo", "2027-05-03, 2027-05-05"),
        ("alrededor del 10 de mayo", "2027-05-07..2027-05-13"),
        ("sobre el 10 de mayo", "2027-05-07..2027-05-13"),
        ("10 de mayo más o menos 2 días", "2027-05-08..2027-05-12"),
        ("a mediados de mayo", "2027-05-11..2027-05-20"),
        ("a finales de mayo o principios de junio", "2027-05-21..2027-06-10"),
        ("primera quincena de julio", "2027-07-01..2027-07-15"),
        ("marzo o abril de 2028", "2028-03-01..2028-04-30"),
        ("en mayo del año que viene", "2028-05-01..2028-05-31"),
        ("verano", "2027-06-01..2027-08-31"),
        ("invierno", "2027-12-01..2028-02-29"),
        ("semana santa", "2027-03-21..2027-03-28"),
        ("navidad", "2027-12-20..2028-01-02"),
        ("el próximo mes", "2027-03-01..2027-03-31"),
        ("el viernes que viene", "2027-02-26"),
        ("mañana", "2027-02-21"),
        ("pasado mañana", "2027-02-22"),
        ("dentro de 2 semanas", "2027-03-06"),
        ("hasta el 10 de mayo", "2027-02-20..2027-05-10"),
        ("cuando sea", ""),
    ],
)
def test_spanish_dates(text: str, expected: str) -> None:
    assert dates_of(text, "es") == expected


@pytest.mark.parametrize(
    ("text", "lang", "problem"),
    [
        ("last March", "en", DatesProblem.PAST),
        ("yesterday", "en", DatesProblem.PAST),
        ("January 2027", "en", DatesProblem.PAST),
        ("2027-02-19", "en", DatesProblem.PAST),
        ("semana passada", "pt", DatesProblem.PAST),
        ("mayo pasado", "es", DatesProblem.PAST),
        ("February 30", "en", DatesProblem.UNCLEAR),
        ("spring break", "en", DatesProblem.UNCLEAR),
        ("early 2028", "en", DatesProblem.UNCLEAR),
        ("el 30 de febrero", "es", DatesProblem.UNCLEAR),
    ],
)
def test_past_and_unclear_dates_need_a_question(text: str, lang: str, problem: DatesProblem) -> None:
    wish = parse_wish(f"GRU-LIS {text}", lang, today=TODAY)
    assert (wish.ask_about, wish.dates_problem, wish.dates) == (Topic.DATES, problem, ())


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("leaving May 3, returning May 17", "en"),
        ("leave May 3 and back on the 17th", "en"),
        ("ida 3 de maio volta 17 de maio", "pt"),
        ("saindo dia 3 de maio e voltando dia 17", "pt"),
        ("salida el 3 de mayo y regreso el 17 de mayo", "es"),
        ("vuelta el 17 de mayo, ida el 3 de mayo", "es"),
    ],
)
def test_a_date_of_return_becomes_nights(text: str, lang: str) -> None:
    wish = parse_wish(f"GRU-LIS {text}", lang, today=TODAY)
    assert (list(map(str, wish.dates)), wish.nights) == (["2027-05-03"], (14, 14))


def test_a_date_of_return_does_not_fit_a_range_of_departures() -> None:
    assert parse_wish("GRU-LIS in May, back June 20", "en", today=TODAY).ask_about is Topic.DATES


def test_an_ongoing_month_begins_today() -> None:
    assert dates_of("in March", "en", date(2027, 3, 31)) == "2027-03-31"

"""Wishes in many registers: labelled forms, letters, abbreviations, emoji, routes in codes, airlines and taxes."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.search.words.parsing import parse_wish
from awardspider.search.words.replies import describe_wish
from awardspider.search.words.wishes import Intent, Topic, WishCommand, wish_to_definition

TODAY = date(2026, 11, 28)


def summary_of(text: str, lang: str) -> str:
    """Return route, dates and travelers of a watch: `BOS>LIS 2027-07-01..2027-07-31 x2`."""
    wish = parse_wish(text, lang, today=TODAY)
    assert wish.intent is Intent.WATCH, wish.problems
    row = wish.to_row()
    origins, destinations = row["origins"], row["destinations"]
    assert isinstance(origins, list)
    assert isinstance(destinations, list)
    dates = ",".join(str(days) for days in wish.dates) or "any"
    return f"{','.join(origins)}>{','.join(destinations)} {dates} x{wish.travelers}"


JULY, MAY = "2027-07-01..2027-07-31", "2027-05-01..2027-05-31"


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "Month: July. From: BOS. To: Lisbon. Cabin: business. Pax: 2", f"BOS>LIS {JULY} x2"),
        ("en", "Origin - Boston, Destination - Lisbon, Month - July, Cabin - First", f"BOS>LIS {JULY} x1"),
        ("en", "origin=BOS dest=LIS month=july cabin=business pax=2", f"BOS>LIS {JULY} x2"),
        ("en", "Travel month: July; Route: BOS-LIS", f"BOS>LIS {JULY} x1"),
        ("en", "during the month of July, BOS-LIS", f"BOS>LIS {JULY} x1"),
        ("pt", "De: Boston / Para: Lisboa / Mês: julho / Pessoas: 4 / Máx: 35 mil cada", f"BOS>LIS {JULY} x4"),
        ("pt", "no mês de julho, BOS-LIS", f"BOS>LIS {JULY} x1"),
        ("es", "mes: julio, origen: BOS, destino: Lisboa", f"BOS>LIS {JULY} x1"),
        ("es", "en el mes de julio de Boston a Lisboa", f"BOS>LIS {JULY} x1"),
        (
            "en",
            "Dear team, I request two seats from BOS to LIS in July. Kind regards, Paris Jones",
            f"BOS>LIS {JULY} x2",
        ),
        ("es", "deseo viajar de BOS a Lisboa en julio. Quedo atento, Ing. Treviño", f"BOS>LIS {JULY} x1"),
        ("en", "🛫 BOS ➡️ 🇵🇹 Lisbon, 🗓 July, 👨‍👩‍👧 3 people", f"BOS>LIS {JULY} x3"),
        ("en", "Boston✈️Lisbon july", f"BOS>LIS {JULY} x1"),
        ("pt", "qq lugar da europa saindo de BOS em julho", f"BOS>region:europe {JULY} x1"),
        ("pt", "BOS pra qualquer lugar em julho", f"BOS>anywhere {JULY} x1"),
        ("es", "desde BOS a donde sea en el Caribe en julio", f"BOS>region:caribbean {JULY} x1"),
        ("en", "AKL SIN or AKL HKG", "AKL>HKG,SIN any x1"),
        ("en", "SYD-SIN-LHR", "SYD>LHR any x1"),
        ("en", "LAX-NRT-LAX", "LAX>NRT any x1"),
        ("en", "Portland ME to Orlando MCO", "PWM>MCO any x1"),
        ("en", "San Jose SJC to Dallas Fort Worth", "SJC>DFW any x1"),
        ("es", "de Buenos Aires Ezeiza a Schiphol", "EZE>AMS any x1"),
        ("en", "LHR London to New York JFK/EWR", "LHR>EWR,JFK any x1"),
        ("en", "three students in Montreal hoping to get to Oslo", "YUL>OSL,TRF any x1"),
        ("pt", "Natal pra Lisboa em julho", f"NAT>LIS {JULY} x1"),
        ("pt", "sem escala em Miami, GRU-LAX", "GRU>LAX any x1"),
        ("pt", "Teresina pra Fortaleza hoje? eco", "THE>FOR 2026-11-28 x1"),
        ("pt", "CGH-SDU amanhã de manhã", "CGH>SDU 2026-11-29 x1"),
        ("en", "Seattle to Santorini, business, May, 2", f"SEA>JTR {MAY} x2"),
        ("en", "2A 1C LHR-MCO", "LHR>MCO any x3"),
        ("es", "para mi novia y para mí MAD-NRT", "MAD>NRT any x2"),
    ],
)
def test_wishes(lang: str, text: str, expected: str) -> None:
    assert summary_of(text, lang) == expected


@pytest.mark.parametrize(
    ("lang", "text", "dates", "nights"),
    [
        ("en", "4th of July weekend", "2027-07-03..2027-07-04", None),
        ("en", "between Xmas and New Year", "2026-12-25..2027-01-01", None),
        ("en", "in December before Christmas", "2026-12-01..2026-12-19", None),
        ("en", "any date but Christmas", "2026-11-28..2026-12-19,2027-01-03..2027-11-28", None),
        ("en", "10.04.2027 - 20.04.2027", "2027-04-10..2027-04-20", None),
        ("en", "10/4/2027 to 20/4/2027", "2027-04-10..2027-04-20", None),
        ("en", "April 10 give or take a few days", "2027-04-07..2027-04-13", None),
        ("en", "sometime in Q1 next year", "2027-01-01..2027-03-31", None),
        ("en", "no earlier than March 5 and no later than March 20", "2027-03-05..2027-03-20", None),
        ("en", "after March 5 but before March 20", "2027-03-06..2027-03-19", None),
        ("en", "not after December 5", "2026-11-28..2026-12-05", None),
        ("en", "within 10 days", "2026-11-28..2026-12-08", None),
        ("en", "December 5 to 9, no weekends", "2026-12-07..2026-12-09", None),
        ("es", "del 5 al 9 de diciembre menos el 8", "2026-12-05..2026-12-07,2026-12-09", None),
        ("pt", "não depois de 5 de dezembro", "2026-11-28..2026-12-05", None),
        ("en", "sep27", "2027-09-01..2027-09-30", None),
        ("en", "round trip May 3 - May 17", "2027-05-03", (14, 14)),
        ("en", "departure date: May 3, return date: May 17", "2027-05-03", (14, 14)),
        ("en", "leaving May 3rd for 10 days", "2027-05-03", (10, 10)),
        ("en", "two weeks starting May 3", "2027-05-03", (14, 14)),
        ("pt", "entre 1 e 15/5", "2027-05-01..2027-05-15", None),
        ("pt", "dia 20 do mês que vem", "2026-12-20", None),
        ("pt", "fim-de-semana de 1 de maio", "2027-05-01..2027-05-02", None),
        ("pt", "semana q vem", "2026-11-30..2026-12-06", None),
        ("es", "después de reyes", "2027-01-07..2027-11-28", None),
        ("es", "en dos semanas", "2026-12-12", None),
    ],
)
def test_dates(lang: str, text: str, dates: str, nights: tuple[int, int] | None) -> None:
    wish = parse_wish(f"BOS-LIS {text}", lang, today=TODAY)
    assert (",".join(map(str, wish.dates)), wish.nights, wish.ask_about) == (dates, nights, None)


@pytest.mark.parametrize(
    ("lang", "text", "topic"),
    [
        ("en", "BOS-DUB around St Patrick's Day", Topic.DATES),
        ("en", "BOS-DUB the day before Easter", Topic.DATES),
        ("es", "de MEX a Cancún el próximo puente", Topic.DATES),
        ("pt", "minha família GRU-MCO", Topic.TRAVELERS),
        ("pt", "até 5 mil reais GRU-LIS", Topic.MAX_MILES),
        ("en", "I wanna go somewhere in february", Topic.DESTINATION),
    ],
)
def test_what_is_not_clear_needs_a_question(lang: str, text: str, topic: Topic) -> None:
    assert parse_wish(text, lang, today=TODAY).ask_about is topic


@pytest.mark.parametrize(
    ("lang", "text", "programs", "carriers"),
    [
        ("en", "on United", "", "UA"),
        ("en", "with United", "united", ""),
        ("en", "on UA or AA", "", "AA, UA"),
        ("en", "flying ANA with Aeroplan points", "aeroplan", "NH"),
        ("en", "Turkish flights with Aeroplan miles", "aeroplan", "TK"),
        ("en", "star alliance only", "", "star_alliance"),
        ("en", "Delta One", "", ""),
        ("pt", "pela Gol", "", "G3"),
        ("pt", "com a LATAM", "", "LA"),
        ("es", "volando Avianca", "", "AV"),
    ],
)
def test_airlines_and_programs(lang: str, text: str, programs: str, carriers: str) -> None:
    definition = wish_to_definition(parse_wish(f"LAX-NRT {text}", lang, today=TODAY))
    assert (definition.get("programs", ""), definition.get("carriers", "")) == (programs, carriers)


@pytest.mark.parametrize(
    ("lang", "text", "taxes"),
    [
        ("en", "taxes under $1,300", "1300 USD"),
        ("en", "50k + $100", "100 USD"),
        ("pt", "taxas até R$ 500", "500 BRL"),
        ("es", "no más de 300 euros de tasas", "300 EUR"),
        ("es", "tasas hasta 300 pesos", None),
    ],
)
def test_limits_of_taxes(lang: str, text: str, taxes: str | None) -> None:
    assert wish_to_definition(parse_wish(f"LAX-NRT {text}", lang, today=TODAY)).get("max_taxes") == taxes


def test_airlines_and_taxes_are_stated() -> None:
    wish = parse_wish("LAX-NRT on United or star alliance, taxes under $100", "en", today=TODAY)
    assert describe_wish(wish).endswith("1 traveler, taxes up to $100.00, on UA or Star Alliance")


@pytest.mark.parametrize(
    ("text", "lang", "command"),
    [
        ("what am I tracking right now?", "en", WishCommand.MY_WATCHES),
        ("please erase everything you know about me", "en", WishCommand.FORGET_ME),
        ("ok start sending alerts again", "en", WishCommand.RESUME),
        ("quais alertas eu tenho?", "pt", WishCommand.MY_WATCHES),
        ("para de mandarme mensajes", "es", WishCommand.STOP),
    ],
)
def test_commands_in_other_words(text: str, lang: str, command: WishCommand) -> None:
    assert parse_wish(text, lang, today=TODAY).command is command

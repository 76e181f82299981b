"""Titles and pronouns, refusals after an airline, cities narrowed to an airport, and balances of several travelers."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.search.words.parsing import parse_wish
from awardspider.search.words.wishes import Intent, WishCommand

TODAY = date(2026, 11, 28)


def row_of(text: str, lang: str) -> dict[str, object]:
    """Return the fields of a wish."""
    return parse_wish(text, lang, today=TODAY).to_row()


@pytest.mark.parametrize(
    ("lang", "text", "route", "travelers"),
    [
        ("en", "flights for us from BOS to LIS, 2 seats", "BOS>LIS", 2),
        ("en", "get back to us with BOS to LIS", "BOS>LIS", 1),
        ("en", "Surprise us: anywhere at all, from BOS", "BOS>anywhere", 1),
        ("es", "Sorpréndenos: a donde sea, desde MAD", "MAD>anywhere", 1),
        ("pt", "Nos surpreenda: qualquer lugar, saindo de GRU", "GRU>anywhere", 1),
        ("en", "to the us from LHR", "LHR>country:US", 1),
        ("en", "LHR to US in May", "LHR>country:US", 1),
        ("en", "us to lhr", "country:US>LHR", 1),
        ("en", "Mrs Jones needs BOS to LIS in May", "BOS>LIS", 1),
        ("en", "Ms. Houston wants BOS to LIS", "BOS>LIS", 1),
        ("en", "from MRS to LHR in May", "MRS>LHR", 1),
        ("en", "mrs to lhr in may", "MRS>LHR", 1),
        ("en", "Mr. and Mrs. Lee and their 2 kids, LHR to LIS", "LHR>LIS", 4),
        ("en", "Dear Mr. and Mrs. Lee, BOS to LIS", "BOS>LIS", 1),
        ("pt", "Dra. Ana, de GRU pra Lisboa", "GRU>LIS", 1),
        ("pt", "Sr. João e Sra. Ana, GRU-LIS", "GRU>LIS", 2),
        ("pt", "de Campo Grande MS pra Lisboa", "CGR>LIS", 1),
        ("es", "para la Dra. Santiago, de MAD a Lisboa", "MAD>LIS", 1),
    ],
)
def test_pronouns_and_titles_are_no_places(lang: str, text: str, route: str, travelers: int) -> None:
    wish = parse_wish(text, lang, today=TODAY)
    row = wish.to_row()
    assert wish.intent is Intent.WATCH
    assert f"{','.join(row['origins'])}>{','.join(row['destinations'])}" == route  # type: ignore[arg-type]
    assert (row["travelers"], wish.carriers) == (travelers, ())


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "show me everything you're watching for me"),
        ("en", "list what you track"),
        ("pt", "o que você está monitorando pra mim"),
        ("pt", "mostra tudo que você monitora pra gente"),
        ("es", "¿qué estás vigilando?"),
        ("es", "muéstrame todo lo que vigilas"),
    ],
)
def test_what_is_watched_is_a_command(lang: str, text: str) -> None:
    assert parse_wish(text, lang, today=TODAY).command is WishCommand.MY_WATCHES


@pytest.mark.parametrize(
    ("lang", "text", "destinations"),
    [
        ("pt", "GRU pra Buenos Aires, mas só serve Ezeiza", ["EZE"]),
        ("pt", "GRU pra Nova York, mas tem que ser JFK", ["JFK"]),
        ("en", "BOS to London but only Heathrow", ["LHR"]),
        ("en", "BOS to Tokyo, only Haneda works", ["HND"]),
        ("en", "BOS to Milan, only Malpensa or Linate", ["LIN", "MXP"]),
        ("en", "to London from BOS in May, only Heathrow", ["LHR"]),
        ("es", "MAD a Milán pero solo Malpensa", ["MXP"]),
        ("en", "BOS to London, Heathrow no thanks", ["LCY", "LGW", "LTN", "STN"]),
        ("pt", "GIG pra São Paulo, só se for Congonhas", ["CGH"]),
        ("en", "just BOS to London", ["LCY", "LGW", "LHR", "LTN", "STN"]),
    ],
)
def test_a_city_is_narrowed_to_an_airport(lang: str, text: str, destinations: list[str]) -> None:
    row = row_of(text, lang)
    assert (row["intent"], row["destinations"]) == ("watch", destinations)


REFUSALS = [
    ("pt", "GRU pra Istambul. Não quero Turkish nem conexão em ADD", ["TK", "via:ADD"]),
    ("pt", "GRU pra Roma, sem TAP nem escala em LIS nem MAD", ["TP", "via:LIS", "via:MAD"]),
    ("pt", "GRU pra Roma, com a Azul não", ["AD"]),
    ("en", "BOS to Rome, no Lufthansa nor connections in FRA", ["LH", "via:FRA"]),
    ("en", "BOS to Rome, neither BA nor via LHR", ["BA", "via:LHR"]),
    ("en", "BOS to Rome, United – no thanks", ["UA"]),
    ("en", "BOS to Rome, anything but Spirit", ["NK"]),
    ("es", "BOG a Roma, ni Iberia ni escala en MAD", ["IB", "via:MAD"]),
    ("es", "BOG a Roma, con Iberia no", ["IB"]),
    ("en", "BOS to Rome without Lufthansa or a connection in FRA", ["LH", "via:FRA"]),
    ("en", "BOS to Rome, I won't fly Spirit, nothing via LHR", ["NK", "via:LHR"]),
    ("en", "BOS to Rome via LHR? no thanks", ["via:LHR"]),
    ("pt", "GRU pra Roma, Gol e Azul não", ["AD", "G3"]),
    ("pt", "GRU pra Roma, via MAD não", ["via:MAD"]),
    ("es", "BOG a Roma, excepto Iberia o escala en MAD", ["IB", "via:MAD"]),
    ("es", "BOG a Roma con Iberia, no importa la fecha", []),
    ("en", "BOS to Rome with United no stops", []),
]


@pytest.mark.parametrize(("lang", "text", "excluded"), REFUSALS)
def test_refusals_can_be_joined_and_follow_the_airline(lang: str, text: str, excluded: list[str]) -> None:
    row = row_of(text, lang)
    assert (row["intent"], row["exclude"]) == ("watch", excluded)
    assert not excluded or row["programs"] == []


@pytest.mark.parametrize(
    ("lang", "text", "travelers", "miles"),
    [
        (
            "es",
            "MEX a Madrid, tenemos 200 mil puntos Aeromexico Rewards entre los cuatro para la ida",
            4,
            50_000,
        ),
        ("es", "MEX a Madrid, tenemos 200 mil puntos Aeromexico Rewards entre los cuatro", 4, None),
        ("es", "MEX a Madrid, tenemos 200 mil millas Aeromexico entre los cuatro para la ida y la vuelta", 4, None),
        ("en", "BOS to Rome, we have 300k United miles between the two of us, one way", 2, 150_000),
        ("en", "BOS to Rome, I have 300k United miles", 1, None),
        ("pt", "GRU a Roma, temos 240 mil pontos Smiles entre nós três, só ida", 3, 80_000),
    ],
)
def test_a_balance_of_all_travelers_for_one_way_is_a_limit(
    lang: str, text: str, travelers: int, miles: int | None
) -> None:
    row = row_of(text, lang)
    assert (row["intent"], row["travelers"], row["max_miles"]) == ("watch", travelers, miles)


def test_a_balance_shared_by_an_unknown_number_of_travelers_causes_a_question() -> None:
    row = row_of("BOS to Rome, we have 300k United miles in total, one way", "en")
    assert row["ask_about"] == "travelers"

"""Airports and cities as people write them."""

from __future__ import annotations

import pytest

from awardspider.airports import airports
from awardspider.outcomes import InvalidArgument
from awardspider.search.places import parse_airport_codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("LAX", "LAX"),
        ("lax sfo", "LAX SFO"),
        (" SFO , lax;aus ", "SFO LAX AUS"),
        ("LAX,SFO,lax", "LAX SFO"),
        ("TYO", "HND NRT"),
        ("NYC", "EWR JFK LGA"),
        ("WAS", "BWI DCA IAD"),
        ("CHI", "MDW ORD"),
        ("YMQ", "YUL"),
        ("JFK,NYC", "JFK EWR LGA"),
    ],
)
def test_codes_keep_their_order_without_duplicates(text: str, codes: str) -> None:
    assert parse_airport_codes(text) == tuple(codes.split())


@pytest.mark.parametrize("code", ["HOU", "SHA", "DFW", "DXB", "BKK", "JNB"])
def test_a_code_of_an_airport_and_a_city_means_the_airport(code: str) -> None:
    assert parse_airport_codes(code) == (code,)


def test_ank_means_the_citys_airport_and_not_the_air_base() -> None:
    assert parse_airport_codes("ANK") == ("ESB",)


def test_city_codes_expand_to_known_airports() -> None:
    city_codes = "BHZ,BJS,BUE,CHI,EAP,IZM,JKT,LON,MIL,MOW,NYC,OSA,PAR,RIO,ROM,SAO,SEL,SPK,STO,TYO,WAS,YEA,YMQ,YTO"
    for city_code in city_codes.split(","):
        codes = parse_airport_codes(city_code)
        assert codes, city_code
        assert set(codes) <= airports().keys()
        assert city_code not in codes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("LAXX", 'unknown airport code "LAXX" (did you mean LAX?)'),
        ("KLAX", 'unknown airport code "KLAX" (did you mean LAX?)'),
        ("JKF", 'unknown airport code "JKF" (did you mean JFK?)'),
        ("LAX,SFOO", 'unknown airport code "SFOO" (did you mean SFO?)'),
        ("Tokyo", "Tokyo is a city: write HND, NRT or TYO"),
        ("SFO, new york", "New York is a city: write EWR, JFK, LGA or NYC"),
        ("Los Angeles", "Los Angeles is a city: write LAX"),
        ("São Paulo", "São Paulo is a city: write CGH, GRU, VCP or SAO"),
        ("Houston", "Houston is a city: write HOU or IAH"),
        ("Johannesburg", "Johannesburg is a city: write HLA or JNB"),
        ("Portland", "Portland is a city: write PDX or PWM"),
        ("Tokio", 'unknown airport code "TOKIO" (did you mean Tokyo? Write HND, NRT or TYO)'),
        ("Frankfurt", 'unknown airport code "FRANKFURT" (did you mean Frankfurt Am Main? Write FRA)'),
        ("LXQ", 'unknown airport code "LXQ" (write three letters, for example LAX)'),
        ("L4X", 'unknown airport code "L4X" (write three letters, for example LAX)'),
        ("", "no airport code: write for example LAX, or LAX,SFO for several"),
        (" ,, ", "no airport code: write for example LAX, or LAX,SFO for several"),
    ],
)
def test_unknown_codes_get_a_suggestion(text: str, message: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        parse_airport_codes(text)
    assert str(raised.value) == message


def test_the_message_for_a_very_long_word_is_short() -> None:
    with pytest.raises(InvalidArgument) as raised:
        parse_airport_codes("x" * 100_000)
    assert len(str(raised.value)) < 200

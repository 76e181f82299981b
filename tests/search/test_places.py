"""Airports and cities as people write them."""

from __future__ import annotations

import pytest

from awardspider.items import airports
from awardspider.outcomes import InvalidArgument
from awardspider.search.places import airport_codes, describe


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
def test_codes_are_read_in_the_order_written_and_each_once(text: str, codes: str) -> None:
    assert airport_codes(text) == tuple(codes.split())


@pytest.mark.parametrize("code", ["HOU", "SHA", "DFW", "DXB", "BKK", "JNB"])
def test_a_code_that_is_an_airport_and_a_city_means_the_airport(code: str) -> None:
    assert airport_codes(code) == (code,)


def test_a_city_code_whose_airport_has_no_airline_means_the_citys_airport() -> None:
    assert airport_codes("ANK") == ("ESB",)


def test_every_city_code_becomes_airports_that_are_known() -> None:
    city_codes = "BHZ,BJS,BUE,CHI,EAP,IZM,JKT,LON,MIL,MOW,NYC,OSA,PAR,RIO,ROM,SAO,SEL,SPK,STO,TYO,WAS,YEA,YMQ,YTO"
    for city_code in city_codes.split(","):
        codes = airport_codes(city_code)
        assert codes, city_code
        assert set(codes) <= airports().keys()
        assert city_code not in codes


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("LAXX", "LAXX is not an airport code; did you mean LAX?"),
        ("KLAX", "KLAX is not an airport code; did you mean LAX?"),
        ("JKF", "JKF is not an airport code; did you mean JFK?"),
        ("LAX,SFOO", "SFOO is not an airport code; did you mean SFO?"),
        ("Tokyo", "Tokyo is a city: write HND, NRT or TYO"),
        ("SFO, new york", "New York is a city: write EWR, JFK, LGA or NYC"),
        ("Los Angeles", "Los Angeles is a city: write LAX"),
        ("São Paulo", "São Paulo is a city: write CGH, GRU, VCP or SAO"),
        ("Houston", "Houston is a city: write HOU or IAH"),
        ("Johannesburg", "Johannesburg is a city: write HLA or JNB"),
        ("Portland", "Portland is a city: write PDX or PWM"),
        ("Tokio", "TOKIO is not an airport code; did you mean Tokyo, written HND, NRT or TYO?"),
        ("Frankfurt", "FRANKFURT is not an airport code; did you mean Frankfurt Am Main, written FRA?"),
        ("LXQ", "LXQ is not an airport code; write its three letters, for example LAX"),
        ("L4X", "L4X is not an airport code; write its three letters, for example LAX"),
        ("", "an airport code is missing: write for example LAX, or several as LAX,SFO"),
        (" ,, ", "an airport code is missing: write for example LAX, or several as LAX,SFO"),
    ],
)
def test_what_is_no_code_gets_a_sentence_with_what_was_meant(text: str, sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        airport_codes(text)
    assert str(refused.value) == sentence


def test_a_very_long_word_makes_a_short_sentence() -> None:
    with pytest.raises(InvalidArgument) as refused:
        airport_codes("x" * 100_000)
    assert len(str(refused.value)) < 200


def test_an_airport_is_described_by_its_city() -> None:
    assert describe("LAX") == "Los Angeles (LAX)"
    assert describe("NRT") == "Tokyo (NRT)"


def test_an_airport_without_a_city_is_described_by_its_name_and_an_unknown_one_by_its_code() -> None:
    assert describe("MAS") == "Momote Airport (MAS)"
    assert describe("QQQ") == "QQQ"

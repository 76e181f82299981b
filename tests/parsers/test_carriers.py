"""Operating carriers that Alaska and American name in a text."""

from __future__ import annotations

import pytest

from awardspider.parsers._carriers import operating_carrier


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "AS"),
        ("  ", "AS"),
        ("Operated by Alaska", "AS"),
        ("Operated by Alaska.", "AS"),
        ("operated by: ALASKA AIRLINES, INC.", "AS"),
        ("This flight is operated by  Alaska Airlines", "AS"),
        ("Alaska", "AS"),
        ("Operated by Alaska Airlines for American Airlines", "AS"),
        ("Operated by Alaska Airlines as part of oneworld with Qantas", "AS"),
        ("American Airlines codeshare operated by Alaska", "AS"),
        ("Operated by Hawaiian", "HA"),
        ("Operated by Hawaiian Airlines, a subsidiary of Alaska Air Group", "HA"),
        ("Operated by American", "AA"),
        ("Operated by American Airlines", "AA"),
        ("Operated by Horizon Air as Alaska Horizon", "QX"),
        ("Operated by Horizon Air as AlaskaHorizon", "QX"),
        ("Operated by Alaska Horizon", "QX"),
        ("Operated by AlaskaSkyWest", "OO"),
        ("Operated by SkyWest Airlines as Alaska SkyWest", "OO"),
        ("Operated by Skywest Airlines as American Eagle", "OO"),
        ("Operated by SkyWest", "OO"),
        ("Envoy Air As American Eagle", "MQ"),
        ("REPUBLIC AIRWAYS AS AMERICAN EAGLE", "YX"),
        ("Mesa Airlines as American Eagle", "YV"),
        ("PSA AIRLINES AS AMERICAN EAGLE", "OH"),
        ("Operated by British Airways", "BA"),
        ("Operated by Iberia Express for Iberia", "I2"),
        ("Operated by Gol Linhas Aereas", "G3"),
    ],
)
def test_the_operator_is_the_name_that_the_text_begins_with(text: str, code: str) -> None:
    assert operating_carrier(text, "AS") == code


@pytest.mark.parametrize(
    "text",
    [
        "Operated by American Eagle",
        "Operated by Alaska Seaplanes",
        "Operated by Pan American Airways",
        "Enjoy new horizons aboard our Boeing 737 MAX 9",
        "Fly first class with Alaska, partner of Condor and Porter",
        "Operated by Nobody Airways with American Airlines",
        None,
        725,
        ["Operated by Alaska"],
    ],
)
def test_a_text_that_names_no_known_operator_gives_none(text: object) -> None:
    assert operating_carrier(text, "AS") is None

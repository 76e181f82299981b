"""Announcements of promotions in prose: the cases of the grammar, in every language."""

from __future__ import annotations

import time
import tomllib
from datetime import date
from importlib.resources import files

import pytest

from awardspider.items import PromotionKind, PromotionTerms
from awardspider.parsers._promotion_words import languages
from awardspider.parsers._promotions import read_announcement
from awardspider.search.route_places import route_place

PUBLISHED = date(2026, 10, 2)


def read(title: str, summary: str = "", *, language: str = "en", published: date = PUBLISHED) -> PromotionTerms:
    """Return the terms of an announcement that was published on 2 October 2026."""
    return read_announcement(title, summary, published, language=language, find_place=route_place)


#: Headlines in the forms that the fact sheet names: kind, percent, up to, first and last day, expired.
FORMS = [
    ("Buy Hilton points for as low as 0.45 cents each", "buy_miles", None, None, None, None, False),
    (
        "JetBlue Buy Points Up To 110% Bonus Sale Until October 19, 2026",
        "buy_miles",
        110,
        True,
        None,
        "2026-10-19",
        False,
    ),
    ("Buy Wyndham Rewards Points At 35% Off: 0.85 Cents Each, Worth It?", "buy_miles", 35, False, None, None, False),
    ("Iberia Plus’ Autumn Award Sale: Save Up To 50%", "award_sale", 50, True, None, None, False),
    ("(EXPIRED) Buy Hyatt points, get 30% bonus (1.85c per point)", "buy_miles", 30, False, None, None, True),
]


@pytest.mark.parametrize(("title", "kind", "percent", "up_to", "first", "last", "expired"), FORMS)
def test_the_forms_of_headlines(
    title: str, kind: str, percent: int | None, up_to: bool | None, first: str | None, last: str | None, expired: bool
) -> None:
    terms = read(title)
    assert (terms.kind, terms.percent, terms.up_to, terms.expired) == (kind, percent, up_to, expired)
    assert (terms.book_from and str(terms.book_from), terms.book_by and str(terms.book_by)) == (first, last)


@pytest.mark.parametrize(
    ("title", "programs", "banks"),
    [
        ("Transfer Amex points to Flying Blue with 25% bonus", ("flyingblue",), ("amex",)),
        ("60% transfer bonus from Wyndham Rewards to United MileagePlus", ("united",), ("wyndham",)),
        ("Chase to Marriott: 70% transfer bonus", ("marriott",), ("chase",)),
        ("Chase: 30% transfer bonus to Virgin Atlantic and Flying Blue", ("virginatlantic", "flyingblue"), ("chase",)),
        ("MR to Avios: 30% transfer bonus", ("avios",), ("amex",)),
        ("Amex: 30% transfer bonus to Qatar Avios", ("qatar",), ("amex",)),
        ("Buy Avios with a 50% bonus", ("avios",), ()),
        ("Buy British Airways Avios with a 50% bonus", ("britishairways",), ()),
        ("Turkish Miles & Smiles: buy miles with a 50% bonus", ("turkish",), ()),
        ("Smiles: buy miles with a 50% bonus", ("smiles",), ()),
        ("Flying Blue raises award prices on Delta flights", ("flyingblue",), ()),
        ("United Kingdom fares: London to Rome for £20 return", (), ()),
        ("Chase: a 30% transfer bonus", (), ("chase",)),
        ("Compre pontos Livelo com 50% de desconto", (), ("livelo",)),
        ("United opens a lounge", (), ()),
    ],
)
def test_programs_and_banks(title: str, programs: tuple[str, ...], banks: tuple[str, ...]) -> None:
    terms = read(title)
    assert (terms.programs, terms.banks) == (programs, banks)


def test_member_of_a_family_comes_from_the_summary() -> None:
    terms = read("Buy Avios with a 50% bonus", "British Airways offers it until October 31.")
    assert terms.programs == ("britishairways",)


def test_bank_that_the_title_lacks_comes_from_the_summary() -> None:
    terms = read("Flying Blue: 25% transfer bonus", "The bonus is for Citi ThankYou points.")
    assert (terms.programs, terms.banks) == (("flyingblue",), ("citi",))


@pytest.mark.parametrize(
    ("title", "routes"),
    [
        ("Frankfurt to Cancun, Mexico for only €295 roundtrip", ("FRA-CUN",)),
        ("Non-stop from London, UK to Istanbul, Turkey for only £95 roundtrip", ("LON-IST",)),
        ("Phoenix or Las Vegas to Honolulu, Hawaii from only $218 roundtrip", ("PHX-HNL", "LAS-HNL")),
        (
            "New York, Boston or Chicago to Paris, France from $380 roundtrip",
            ("NYC-PAR", "BOS-PAR", "CHI-PAR"),
        ),
        ("San Francisco – Tokyo, Japan. $632 roundtrip", ("SFO-TYO",)),
        ("MAD to JFK for €289 roundtrip", ("MAD-JFK",)),
        ("SEA-TYO award sale from 20,000 miles", ("SEA-TYO",)),
        ("Aeromexico reduces awards by 30% between Mexico City and Madrid", ("MEX-MAD",)),
        ("Passagens de São Paulo para Lisboa por R$ 2.750 ida e volta", ("SAO-LIS",)),
        ("Passagens para Lisboa por R$ 2.750 ida e volta saindo de Recife", ("REC-LIS",)),
        ("Vuelos de Madrid a Nueva York desde 289€ ida y vuelta", ("MAD-NYC",)),
        ("Portland to London for $400 roundtrip", ()),
        ("US cities to Lima, Peru from only $312 roundtrip", ()),
        ("Transfer Amex to Virgin Atlantic with a 30% bonus", ()),
        ("GET THE FLY-NOW sale: fares from $99 one-way", ()),
        ("Icelandair: Washington, D.C. – Oslo, Norway. $402. Roundtrip, including all taxes", ("WAS-OSL",)),
        ("Fares from the U.S. to Oslo for $402 roundtrip", ()),
    ],
)
def test_routes(title: str, routes: tuple[str, ...]) -> None:
    language = "pt" if title.startswith("Passagens") else "es" if title.startswith("Vuelos") else "en"
    assert read(title, language=language).routes == routes


def test_without_a_place_finder_only_codes_are_routes() -> None:
    named = read_announcement("Frankfurt to Cancun, Mexico for only €295 roundtrip", "", PUBLISHED)
    coded = read_announcement("FRA to CUN for only €295 roundtrip", "", PUBLISHED)
    assert (named.routes, coded.routes) == ((), ("FRA-CUN",))


@pytest.mark.parametrize(
    ("title", "expired"),
    [
        ("[Expired] Amex to Avios: 30% transfer bonus", True),
        ("EXPIRED: Amex to Avios 30% transfer bonus", True),
        ("Amex to Avios: 30% transfer bonus (no longer available)", True),
        ("Amex to Avios: the 30% transfer bonus offer has ended", True),
        ("[ENCERRADO] Livelo para Smiles: 80% de bônus na transferência", True),
        ("Livelo para Smiles: 80% de bônus na transferência (finalizado)", True),
        ("[FINALIZADA] Transfiere puntos Amex a Iberia con 30% de bono", True),
        ("How to use expired miles", False),
        ("Avios that expired can be reinstated", False),
        ("Amex to Avios: 30% transfer bonus expires tomorrow", False),
    ],
)
def test_expired(title: str, expired: bool) -> None:
    assert read(title).expired is expired


def test_expired_keeps_the_kind() -> None:
    assert read("(EXPIRED) Chase to Aeroplan: 20% transfer bonus").kind is PromotionKind.TRANSFER_BONUS


@pytest.mark.parametrize(
    ("title", "targeted"),
    [
        ("[Targeted] Amex to Avios: 40% transfer bonus", True),
        ("Amex to Avios: 40% transfer bonus for select members", True),
        ("Amex to Avios: 40% transfer bonus (not targeted)", False),
        ("Amex to Avios: 40% transfer bonus", False),
    ],
)
def test_targeted(title: str, targeted: bool) -> None:
    assert read(title).targeted is targeted


@pytest.mark.parametrize(
    "title", ["Current transfer bonuses: 30% to Virgin until October 31", "Review: 30% more legroom"]
)
def test_lists_and_articles_have_no_terms(title: str) -> None:
    terms = read(title)
    assert (terms.percent, terms.up_to, terms.book_by, terms.programs, terms.banks) == (None, None, None, (), ())


@pytest.mark.parametrize(
    "text",
    [
        "a " * 50_000,
        "1," * 50_000,
        "10% - " * 20_000,
        "October 1 - " * 10_000,
        "<" * 50_000,
        "<a " * 50_000,
        "&amp;" * 50_000,
        "$" * 50_000,
        "New York to " * 10_000,
        "buy transfer earn get bonus award sale points " * 2_000,
        "sale: a, b, c & " * 5_000,
    ],
)
@pytest.mark.parametrize("language", ["en", "pt", "es"])
def test_long_texts_take_bounded_time(text: str, language: str) -> None:
    begin = time.process_time()
    read(text, text, language=language)
    assert time.process_time() - begin < 1.5  # it takes about 0.03 seconds


def test_languages_have_the_same_sections() -> None:
    found = languages()
    assert {"en", "pt", "es"} <= found.keys()
    names = found["en"].patterns.keys()
    assert {language: names ^ words.patterns.keys() for language, words in found.items()} == {
        language: set() for language in found
    }


def test_phrases_are_short() -> None:
    folder = files("awardspider.parsers").joinpath("promotion_words")
    long = [
        phrase
        for language in languages()
        for rule in tomllib.loads(folder.joinpath(f"{language}.toml").read_text(encoding="utf-8"))["rules"]
        for phrase in (*rule["phrases"], *rule.get("unless", ()))
        if len(phrase) > 120
    ]
    assert long == []


def test_each_language_has_rules_for_all_kinds() -> None:
    kinds = set(PromotionKind) - {PromotionKind.PAGE_CHANGE}
    assert {language: {rule.kind for rule in words.rules} for language, words in languages().items()} == dict.fromkeys(
        languages(), kinds
    )

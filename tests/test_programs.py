"""All programs: names, files, catalog entries and requests of each."""

from __future__ import annotations

import inspect
import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from urllib.parse import unquote, urlsplit

import pytest
from scrapy import Request

from awardspider.airports import airports
from awardspider.crawling.declaration import SpiderDeclaration, Transport
from awardspider.items import OFFER_FIELDS, Search
from awardspider.parsers import get_parser
from awardspider.programs import Access, PointsKind, all_programs, points_programs, programs
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.world import World
from tests.support.paths import ROOT
from tests.support.program_requests import LOADER, PROGRAM_SPIDERS, auth_attributes, make_search, spider

EVERY = pytest.mark.parametrize("name", PROGRAM_SPIDERS)
# Kinds that the spider of a source of several programs plans itself.
PLANNED_BY_SPIDER = {"bulk", "routes"}
EVIDENCE = ("terms_forbid", "access", "booking_window_days", "pause_seconds", "requests_per_hour", "requests_per_day")
BUILDERS = [name for name, value in vars(SpiderDeclaration).items() if inspect.isfunction(value)]
ATTRIBUTES = [name for name in SpiderDeclaration.__annotations__ if name != "name"]
# Date formats of the programs.
DATE_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%Y%m%d", "%b %d, %Y", "%B %Y", "%Y%m")


@cache
def hosts(name: str) -> tuple[str, ...]:
    world = World(7, Clock(datetime.now(UTC)))
    return next(site.hosts for site in airline_sites(world) if site.key == name)


def content(request: Request) -> str:
    """Return URL, headers and body of a request."""
    headers = request.headers.to_unicode_dict()
    return unquote(request.url) + str(dict(headers)) + request.body.decode()


def contains_a_day(text: str, search: Search) -> bool:
    days = [search.first + timedelta(days=day) for day in range((search.last - search.first).days + 1)]
    return any(day.strftime(date_format).lower() in text.lower() for day in days for date_format in DATE_FORMATS)


def test_every_program_of_the_catalog_has_a_spider() -> None:
    assert {"united", "american", "delta", "southwest"} <= set(PROGRAM_SPIDERS)
    assert set(PROGRAM_SPIDERS) == set(programs())


def test_every_program_without_a_spider_is_covered_by_another() -> None:
    covered = {key for program in programs().values() for key in program.programs}
    assert set(all_programs()) == covered | set(programs())


@EVERY
def test_file_class_and_name_agree(name: str) -> None:
    spider_class = LOADER.load(name)
    assert spider_class.__module__ == f"awardspider.spiders.{name}"
    assert spider_class.__name__ == f"{name.title().replace('_', '')}Spider"


@EVERY
def test_a_program_has_parser_site_page_and_fixtures(name: str) -> None:
    import_module(f"awardspider.sandbox.airlines.{name}")
    assert (ROOT / "docs" / "sources" / f"{name}.md").exists()
    assert list((ROOT / "tests" / "fixtures" / name).glob("*/response*"))
    spider_class, parser = LOADER.load(name), get_parser(name)
    kinds = set(spider_class.search_kinds) | (PLANNED_BY_SPIDER if "plan" in vars(spider_class) else set())
    assert set(parser.PARSERS) == set(parser.REQUIRED_PATHS) == kinds
    assert all(parser.REQUIRED_PATHS.values())


@EVERY
def test_catalog_entry_is_valid_and_has_evidence(name: str) -> None:
    program = programs()[name]
    assert program.access is not Access.PARTNER
    assert urlsplit(program.site).scheme == "https"
    assert 0 < program.booking_window_days <= 366
    assert program.pause_seconds > 0
    assert 0 < program.requests_per_hour <= program.requests_per_day
    assert set(program.evidence) == {*EVIDENCE, "control_route", *(["serves"] if program.serves else [])}
    assert all(re.fullmatch("[A-Z]{2}", country) for country in program.serves)
    if program.serves:
        assert {airports()[airport]["country"] for airport in program.control_route or ()} <= set(program.serves)
    assert program.requests_per_hour <= 3600 / program.pause_seconds, "the pause allows fewer than the budget"
    assert program.confidence.split()[0] in ("high", "medium", "low")
    assert re.fullmatch(r"20\d\d-\d\d", program.last_known)
    assert program.robots
    assert program.terms
    assert set(program.fields_not_offered) <= OFFER_FIELDS.keys()
    assert program.control_route is not None
    assert all(airport in airports() for airport in program.control_route)
    assert set(program.programs) <= set(all_programs())


@EVERY
def test_requests_contain_the_search(name: str) -> None:
    instance = spider(name)
    for kind in instance.search_kinds:
        search = make_search(name, kind)
        request, link = instance.build_request(search), instance.booking_url(search)
        assert urlsplit(link).scheme == urlsplit(request.url).scheme == "https"
        assert urlsplit(request.url).hostname in hosts(name)
        text = content(request)
        if search.source_id not in text:
            assert "LAX" in text
            assert "AUS" in text
            is_full_window = instance.days_per_request >= instance.program.booking_window_days and kind == "calendar"
            assert is_full_window or request.meta.get("intermediate") or contains_a_day(text, search)
        assert "a token" not in request.url
        assert "User-Agent" not in request.headers, "the settings identify us"
        assert not re.search(r"Mozilla|Chrome/", text)
    assert set(instance.xhr_paths) | set(instance.page_markers) <= set(instance.search_kinds)
    assert set(instance.cabins_per_request) | set(instance.needs_auth) <= set(instance.search_kinds)
    if instance.transport is Transport.BROWSER:
        assert instance.xhr_paths or instance.page_markers


@EVERY
def test_requests_contain_the_number_of_travelers(name: str) -> None:
    instance = spider(name)
    if "seats" not in instance.program.fields_not_offered and instance.program.covers:
        return  # a source that counts seats sends the same rows for any number of travelers
    for kind in instance.search_kinds:
        one, two = make_search(name, kind, 1), make_search(name, kind, 2)
        requests = [content(instance.build_request(search)) for search in (one, two)]
        assert requests[0] != requests[1] or instance.booking_url(one) != instance.booking_url(two)


@EVERY
def test_a_spider_is_a_declaration(name: str) -> None:
    """A spider defines attributes in one order, then builders, and overrides nothing of the engine."""
    spider_class = LOADER.load(name)
    own = [key for key in vars(spider_class) if not key.startswith("__") and key not in auth_attributes(name)]
    assert own == [key for key in ["name", *ATTRIBUTES, *BUILDERS] if key in own]
    assert len(inspect.getsource(spider_class).splitlines()) <= 80


@EVERY
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html></html>", b"null", b'{"data": {}}'])
def test_other_bodies_are_not_detected(name: str, body: bytes) -> None:
    assert get_parser(name).detect(body) is None


# ---- names of points ---------------------------------------------------------------------------------------------


def plain(name: str) -> str:
    """Return a name without case and accents, and without anything but letters and digits."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def test_all_programs_with_miles_have_names_for_promotions() -> None:
    catalog = {key for key, program in all_programs().items() if not program.covers}
    assert catalog < points_programs().keys()
    assert "seatsaero" not in points_programs()
    kinds = Counter(program.kind for program in points_programs().values())
    assert kinds[PointsKind.AIRLINE] >= 60
    assert kinds[PointsKind.HOTEL] >= 15
    assert kinds[PointsKind.BANK] >= 40
    assert {key for key, found in points_programs().items() if found.kind is PointsKind.FAMILY} == {"avios"}
    assert set(points_programs()["avios"].members) <= points_programs().keys()


def test_no_name_belongs_to_two_programs() -> None:
    owners: dict[str, set[str]] = {}
    for key, program in points_programs().items():
        for name in (*program.aliases, *program.ambiguous_names):
            owners.setdefault(plain(name), set()).add(key)
    assert {name: keys for name, keys in owners.items() if len(keys) > 1} == {}


@pytest.mark.parametrize("key", points_programs())
def test_names_of_points_are_usable(key: str) -> None:
    program = points_programs()[key]
    assert program.key == key
    assert program.aliases[0] == program.name
    assert program.short_name in program.aliases
    assert bool(program.currency.brand) + bool(program.currency.name) == (program.kind is not PointsKind.FAMILY)
    every = [*program.aliases, *program.ambiguous_names]
    assert len({name.casefold() for name in every}) == len(every)
    assert all(name == " ".join(name.split()) and len(plain(name)) > 1 for name in every)
    # A short form can be a word, or part of the names of others, so that it needs a context.
    assert [name for name in program.aliases if len(plain(name)) <= 3 and name != program.name] == []


#: Names as real headlines write them, by hand.
HEADLINE_NAMES = {
    "flyingblue": ["Flying Blue", "Air France/KLM Flying Blue", "Air France", "KLM"],
    "american": ["AAdvantage", "American Airlines AAdvantage", "American Airlines", "AA"],
    "alaska": ["Atmos Rewards", "Alaska Airlines Atmos Rewards", "Mileage Plan", "Alaska Airlines", "HawaiianMiles"],
    "united": ["MileagePlus", "Mileage Plus", "United"],
    "delta": ["SkyMiles", "Delta SkyMiles", "Delta"],
    "southwest": ["Rapid Rewards", "Southwest"],
    "virginatlantic": ["Virgin Points", "Flying Club", "Virgin Atlantic", "Virgin Red"],
    "turkish": ["Miles & Smiles", "Miles&Smiles", "Turkish Airlines"],
    "qatar": ["Qatar Avios", "Qatar Airways Avios", "Privilege Club"],
    "britishairways": ["British Airways", "BA Avios", "British Airways Executive Club"],
    "avios": ["Avios"],
    "azul": ["TudoAzul", "Tudo Azul", "Azul Fidelidade"],
    "latam": ["LATAM Pass", "LATAM"],
    "smiles": ["Smiles", "GOL Smiles"],
    "lifemiles": ["LifeMiles", "Avianca LifeMiles"],
    "connectmiles": ["ConnectMiles"],
    "aeromexico": ["Aeroméxico Rewards", "Aeromexico Rewards", "Club Premier"],
    "cathay": ["Asia Miles", "Cathay Pacific"],
    "marriott": ["Marriott Bonvoy", "Bonvoy", "Marriott"],
    "hilton": ["Hilton Honors", "Hilton"],
    "hyatt": ["World of Hyatt", "Hyatt"],
    "ihg": ["IHG One Rewards", "IHG"],
    "wyndham": ["Wyndham Rewards", "Wyndham"],
    "choice": ["Choice Privileges", "Choice Points", "Choice Hotels"],
    "accor": ["Accor", "Accor ALL", "Accor Live Limitless"],
    "leadersclub": ["Leaders Club", "LHW", "Leading Hotels of the World"],
    "amex": ["Amex", "Amex points", "American Express", "Membership Rewards", "MR"],
    "chase": ["Chase", "Ultimate Rewards", "UR", "Chase Ultimate Rewards"],
    "citi": ["Citi", "ThankYou Points", "Citi ThankYou", "TYP"],
    "capital_one": ["Capital One", "Capital One Miles", "Venture"],
    "bilt": ["Bilt", "Bilt Rewards", "Rent Day"],
    "rove": ["Rove", "Rove Miles"],
    "livelo": ["Livelo"],
    "esfera": ["Esfera"],
    "itau": ["Itaú", "pontos Itaú"],
    "c6": ["C6", "C6 Átomos", "Átomos"],
    "inter": ["Inter Loop"],
    "hsbc": ["HSBC"],
    "rbc": ["RBC", "Avion Rewards", "RBC Avion"],
}


@pytest.mark.parametrize("key", HEADLINE_NAMES)
def test_names_in_headlines_belong_to_their_program(key: str) -> None:
    program = points_programs()[key]
    known = {plain(name) for name in (*program.aliases, *program.ambiguous_names)}
    assert [name for name in HEADLINE_NAMES[key] if plain(name) not in known] == []

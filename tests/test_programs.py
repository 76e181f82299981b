"""Every program at once: it loads, its file, class and name agree, it asks, and its room is complete."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from urllib.parse import unquote, urlsplit

import pytest
from scrapy import Request
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from awardspider.crawling.declaration import SpiderDeclaration
from awardspider.crawling.spider import TRANSPORTS, AwardSpider
from awardspider.items import AwardOfferItem, Search, airports
from awardspider.parsers import get_parser
from awardspider.programs import all_programs, programs
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.world import World
from tests.support.paths import ROOT

LOADER = SpiderLoader(Settings({"SPIDER_MODULES": ["awardspider.spiders"]}))
EVERY = pytest.mark.parametrize("name", LOADER.list())
# Kinds of search that a source of many programs plans itself, beyond those that the planner knows.
OF_SOURCES = {"bulk", "routes"}
DAY = (datetime.now(UTC) + timedelta(days=60)).date()
ACCESS = ("open", "sign_in", "key")
TO_PROVE = ("terms_forbid", "access", "booking_window_days", "pause_seconds", "requests_per_hour", "requests_per_day")
BUILDERS = [name for name, value in vars(SpiderDeclaration).items() if inspect.isfunction(value)]
ATTRIBUTES = [name for name in SpiderDeclaration.__annotations__ if name != "name"]
# How programs write a date.
DATES = ("%Y-%m-%d", "%m/%d/%Y", "%Y%m%d", "%b %d, %Y", "%B %Y", "%Y%m")


@cache
def taken(name: str) -> list[str]:
    """The attributes that a spider's `prepared` sets."""
    source = textwrap.dedent(inspect.getsource(LOADER.load(name).parse_auth))
    return [
        target.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
    ]


@cache
def hosts(name: str) -> tuple[str, ...]:
    world = World(7, Clock(datetime.now(UTC)))
    return next(site.hosts for site in airline_sites(world) if site.key == name)


def spider(name: str) -> AwardSpider:
    made = LOADER.load(name)()
    assert isinstance(made, AwardSpider)
    keys = dict.fromkeys(programs(), "a token")
    made.settings = Settings(
        {"AWARD_SANDBOX_URL": "http://127.0.0.1:1", "AWARD_DATA_DIR": "nowhere", "AWARD_KEYS": keys}
    )
    for attribute in taken(name):
        setattr(made, attribute, "a token")
    return made


def a_search(name: str, kind: str, travelers: int = 2) -> Search:
    spider_class = LOADER.load(name)
    last = (
        DAY + timedelta(days=spider_class.days_per_request - 1)
        if spider_class.days_per_request and kind == "calendar"
        else DAY
    )
    groups = spider_class.cabins_per_request.get(kind, ((),))
    return Search(
        program=name,
        kind=kind,
        origin="LAX",
        destination="AUS",
        first=DAY,
        last=last,
        cabins=groups[0],
        travelers=travelers,
        source_id="31EADIKLIVjNnhoWDuoD7zWcxXR",
    )


def said_in(request: Request) -> str:
    """Everything a request says: address, headers, body."""
    headers = request.headers.to_unicode_dict()
    return unquote(request.url) + str(dict(headers)) + request.body.decode()


def says_a_day(said: str, search: Search) -> bool:
    days = [search.first + timedelta(days=day) for day in range((search.last - search.first).days + 1)]
    return any(day.strftime(written).lower() in said.lower() for day in days for written in DATES)


def test_there_are_programs() -> None:
    assert {"united", "american", "delta", "southwest"} <= set(LOADER.list())
    assert set(LOADER.list()) == set(programs())


def test_who_is_told_of_only_is_told_of_by_somebody() -> None:
    told_of = {key for program in programs().values() for key in program.programs}
    assert set(all_programs()) == told_of | set(programs())


@EVERY
def test_file_class_and_name_agree(name: str) -> None:
    spider_class = LOADER.load(name)
    assert spider_class.__module__ == f"awardspider.spiders.{name}"
    assert spider_class.__name__ == f"{name.title().replace('_', '')}Spider"


@EVERY
def test_its_room_is_complete(name: str) -> None:
    import_module(f"awardspider.sandbox.airlines.{name}")
    assert (ROOT / "docs" / "sources" / f"{name}.md").exists()
    assert list((ROOT / "tests" / "fixtures" / name).glob("*/response*"))
    spider_class, reads = LOADER.load(name), get_parser(name)
    beyond = OF_SOURCES if "plan" in vars(spider_class) else set()
    assert set(reads.PARSERS) == set(reads.REQUIRED_PATHS) == set(spider_class.search_kinds) | beyond
    assert all(reads.REQUIRED_PATHS.values())


@EVERY
def test_the_catalogue_is_sound_and_says_why(name: str) -> None:
    program = programs()[name]
    assert program.access in ACCESS
    assert urlsplit(program.site).scheme == "https"
    assert 0 < program.booking_window_days <= 366
    assert program.pause_seconds > 0
    assert 0 < program.requests_per_hour <= program.requests_per_day
    assert set(program.evidence) == {*TO_PROVE, "control_route"}
    assert program.requests_per_hour <= 3600 / program.pause_seconds, "the pause alone keeps it below the budget"
    assert program.confidence.split()[0] in ("high", "medium", "low")
    assert re.fullmatch(r"20\d\d-\d\d", program.last_known)
    assert program.robots
    assert program.terms
    assert set(program.fields_not_offered) <= set(AwardOfferItem.__slots__)
    assert program.control_route is not None
    assert all(airport in airports() for airport in program.control_route)
    assert set(program.programs) <= set(all_programs())


@EVERY
def test_it_asks(name: str) -> None:
    asking = spider(name)
    for kind in asking.search_kinds:
        search = a_search(name, kind)
        request, link = asking.build_request(search), asking.booking_link(search)
        assert urlsplit(link).scheme == urlsplit(request.url).scheme == "https"
        assert urlsplit(request.url).hostname in hosts(name)
        said = said_in(request)
        if search.reference not in said:
            assert "LAX" in said
            assert "AUS" in said
            whole_window = asking.days_per_request >= asking.program.booking_window_days and kind == "calendar"
            assert whole_window or request.meta.get("lookup") or says_a_day(said, search)
        assert "a token" not in request.url
        assert "User-Agent" not in request.headers, "settings say who we are"
        assert not re.search(r"Mozilla|Chrome/", said)
    assert set(asking.xhr_paths) | set(asking.page_markers) <= set(asking.search_kinds)
    assert set(asking.cabins_per_request) | set(asking.needs_auth) <= set(asking.search_kinds)
    assert asking.transport in TRANSPORTS
    if asking.transport == "browser":
        assert asking.xhr_paths or asking.page_markers


@EVERY
def test_two_travelers_are_asked_for(name: str) -> None:
    asking = spider(name)
    if "seats" not in asking.program.fields_not_offered and asking.program.covers:
        return  # rows of a source that counts seats are the same for any party
    for kind in asking.search_kinds:
        one, two = a_search(name, kind, 1), a_search(name, kind, 2)
        requests = [said_in(asking.build_request(search)) for search in (one, two)]
        assert requests[0] != requests[1] or asking.booking_link(one) != asking.booking_link(two)


@EVERY
def test_a_spider_is_a_declaration(name: str) -> None:
    """Attributes in one order, then builders; nothing of the loop is rewritten."""
    spider_class = LOADER.load(name)
    own = [key for key in vars(spider_class) if not key.startswith("__") and key not in taken(name)]
    assert own == [key for key in ["name", *ATTRIBUTES, *BUILDERS] if key in own]
    assert len(inspect.getsource(spider_class).splitlines()) <= 80


@EVERY
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html></html>", b"null", b'{"data": {}}'])
def test_what_is_not_its_answer_is_not_recognized(name: str, body: bytes) -> None:
    assert get_parser(name).detect(body) is None

"""Every program at once: it loads, its file, class and name agree, it asks, and its room is complete."""

from __future__ import annotations

import inspect
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from awardspider.items import Search
from awardspider.programs import programs
from awardspider.readers import reader
from awardspider.spiders.bases import TRANSPORTS, AwardSpider

ROOT = Path(__file__).resolve().parent.parent
LOADER = SpiderLoader(Settings({"SPIDER_MODULES": ["awardspider.spiders"]}))
EVERY = pytest.mark.parametrize("name", LOADER.list())
DAY = (datetime.now(UTC) + timedelta(days=60)).date()
ACCESS = ("open", "sign_in", "key")


def spider(name: str) -> AwardSpider:
    made = LOADER.load(name)()
    assert isinstance(made, AwardSpider)
    made.settings = Settings({"AWARD_SANDBOX_URL": "http://127.0.0.1:1", "AWARD_DATA_DIR": "nowhere"})
    made.token = "a token"
    return made


def a_search(name: str, kind: str) -> Search:
    return Search(program=name, kind=kind, origin="LAX", destination="AUS", first=DAY, last=DAY, travelers=2)


def test_there_are_programs() -> None:
    assert "united" in LOADER.list()
    assert set(LOADER.list()) == set(programs())


@EVERY
def test_file_class_and_name_agree(name: str) -> None:
    spider_class = LOADER.load(name)
    assert spider_class.__module__ == f"awardspider.spiders.{name}"
    assert spider_class.__name__ == f"{name.title().replace('_', '')}Spider"


@EVERY
def test_its_room_is_complete(name: str) -> None:
    import_module(f"awardspider.sandbox.airlines.{name}")
    assert (ROOT / "docs" / "sources" / f"{name}.md").exists()
    assert list((ROOT / "tests" / "fixtures" / name).glob("*/answer*"))
    spider_class = LOADER.load(name)
    assert set(reader(name).READS) == set(spider_class.kinds)


@EVERY
def test_the_catalogue_is_sound_and_says_why(name: str) -> None:
    program = programs()[name]
    assert program.access in ACCESS
    assert urlsplit(program.site).scheme == "https"
    assert 0 < program.booking_window_days <= 366
    assert program.pause_seconds > 0
    assert 0 < program.requests_per_hour <= program.requests_per_day
    named = {field.name for field in fields(program)} - {"key", "name", "carriers", "alliance", "site", "evidence"}
    assert set(program.evidence) == named
    assert program.requests_per_hour <= 3600 / program.pause_seconds, "the pause alone keeps it below the budget"


@EVERY
def test_it_asks(name: str) -> None:
    asking = spider(name)
    host = urlsplit(programs()[name].site).hostname or ""
    for kind in asking.kinds:
        request = asking.ask(a_search(name, kind))
        link = asking.booking_link(a_search(name, kind))
        for address in (request.url, link):
            assert urlsplit(address).scheme == "https"
            assert (urlsplit(address).hostname or "").endswith(host.removeprefix("www."))
        said = request.url.encode() + request.body
        for part in (b"LAX", b"AUS", DAY.isoformat().encode()):
            assert part in said, f"{part!r} is not in the request"
            assert kind != "itinerary" or part in link.encode()
        assert "a token" not in request.url
    if asking.transport == "browser" or asking.answer_paths:
        assert set(asking.answer_paths) == set(asking.kinds)
    assert asking.transport in TRANSPORTS


@EVERY
def test_two_travelers_are_asked_for(name: str) -> None:
    asking = spider(name)
    for kind in asking.kinds:
        one = Search(program=name, kind=kind, origin="LAX", destination="AUS", first=DAY, last=DAY)
        assert asking.booking_link(one) != asking.booking_link(a_search(name, kind))


@EVERY
def test_a_spider_is_a_declaration(name: str) -> None:
    """Attributes in one order, then builders; nothing of the loop is rewritten."""
    spider_class = LOADER.load(name)
    order = ["name", "transport", "kinds", "asks_by_cabin", "sign_in_page", "answer_paths", "signs"]
    builders = ["booking_link", "preparation", "prepared", "ask"]
    own = [key for key in vars(spider_class) if not key.startswith("__") and key != "token"]
    assert own == [key for key in order + builders if key in own]
    assert len(inspect.getsource(spider_class).splitlines()) <= 80


@EVERY
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html></html>", b"null", b'{"data": {}}'])
def test_what_is_not_its_answer_is_not_recognized(name: str, body: bytes) -> None:
    assert reader(name).recognize(body) is None

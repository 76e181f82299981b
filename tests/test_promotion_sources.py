"""The catalog of sources of announcements: complete, with evidence, and requested by a spider that exists."""

from __future__ import annotations

import re

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from awardspider.items import SourceKind
from awardspider.parsers._page_text import check_selector
from awardspider.promotion_sources import (
    SPIDERS_OF_ADDED_SOURCES,
    BuiltInSource,
    built_in_sources,
    forbidding_hosts,
    forbidding_program,
    source_spiders,
    sources_of,
    terms_forbid,
)
from awardspider.search.source_urls import check_source_url
from awardspider.values import publisher

SOURCES = list(built_in_sources().values())
EVERY = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)


@EVERY
def test_every_source_has_a_usable_address_and_evidence(source: BuiltInSource) -> None:
    assert check_source_url(source.url) == source.url
    assert source.url.startswith("https://")
    assert source.name.strip() == source.name
    assert len(source.name) <= 40
    assert re.fullmatch(r"[a-z]{2}", source.language)
    assert source.evidence
    assert source.confidence in ("high", "medium", "low")
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", source.last_known)


def test_names_are_distinct() -> None:
    names = [source.name.casefold() for source in SOURCES]
    assert len(names) == len(set(names))


def test_every_source_has_a_spider() -> None:
    spiders = SpiderLoader(Settings({"SPIDER_MODULES": ["awardspider.spiders"]})).list()
    assert set(source_spiders()) <= set(spiders)
    assert {source.spider for source in SOURCES if source.kind is SourceKind.FEED} == {"dealfeeds"}
    assert SPIDERS_OF_ADDED_SOURCES == {SourceKind.FEED: "dealfeeds", SourceKind.PAGE: "pagewatch"}
    assert set(SPIDERS_OF_ADDED_SOURCES.values()) <= set(source_spiders())


def test_the_table_is_compared_with_two_pages_of_other_publishers() -> None:
    sources = sources_of("transferbonuses")
    assert sorted(source.kind for source in sources) == ["page", "page", "table"]
    assert len({publisher(source.url) for source in sources}) == 3


def test_failures_that_are_expected_and_terms_that_forbid_access() -> None:
    assert {publisher(source.url) for source in SOURCES if source.failure_expected} == {
        "thepointsguy.com",
        "reddit.com",
        "delta.com",
        "united.com",
        "southwest.com",
        "flyingblue.com",
    }
    assert forbidding_hosts() == ("reddit.com",)


@pytest.mark.parametrize(
    ("url", "program", "forbids"),
    [
        ("https://www.united.com/en/us/deals", "united", True),
        ("https://southwest.com/any/page", "southwest", True),
        ("https://www.delta.com/us/en/flight-deals/flash-sale", None, False),
        ("https://www.reddit.com/r/churning/.rss", None, True),
        ("https://blog.example/", None, False),
        ("https://[broken/", None, False),
    ],
)
def test_pages_of_a_program_have_its_terms(url: str, program: str | None, forbids: bool) -> None:
    assert (forbidding_program(url), terms_forbid(url)) == (program, forbids)


def test_pages_that_are_only_offered() -> None:
    offered = [source for source in SOURCES if source.is_offered]
    assert {publisher(source.url) for source in offered} == {
        "jetblue.com",
        "alaskaair.com",
        "flyfrontier.com",
        "passagens.voeazul.com.br",
        "aeromexico.com",
        "smiles.com.br",
    }
    for source in offered:
        assert (source.spider, source.kind) == ("pagewatch", SourceKind.PAGE)
        assert check_selector(source.selector or "") == source.selector
    assert sources_of("pagewatch") == ()
    assert all(source.selector is None for source in SOURCES if source.spider != "pagewatch")


def test_blogs_in_other_languages_than_english() -> None:
    assert {publisher(source.url): source.language for source in SOURCES if source.language != "en"} == {
        "travel-dealz.de": "de",
        "insideflyer.nl": "nl",
        "passageirodeprimeira.com": "pt",
        "passagens.voeazul.com.br": "pt",
        "smiles.com.br": "pt",
        "aeromexico.com": "es",
        "pontospravoar.com": "pt",
    }


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.blog.example/feed/", "blog.example"),
        ("https://Blog.Example:8080/", "blog.example"),
        ("https://[broken/", ""),
        ("", ""),
    ],
)
def test_publishers(url: str, host: str) -> None:
    assert publisher(url) == host

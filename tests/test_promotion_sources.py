"""The catalog of sources of announcements: complete, with evidence, and requested by a spider that exists."""

from __future__ import annotations

import re

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from awardspider.items import SourceKind
from awardspider.promotion_sources import (
    SPIDERS_OF_ADDED_SOURCES,
    BuiltInSource,
    built_in_sources,
    forbidding_hosts,
    source_spiders,
    sources_of,
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
    assert SPIDERS_OF_ADDED_SOURCES[SourceKind.FEED] == "dealfeeds"


def test_the_table_is_compared_with_two_pages_of_other_publishers() -> None:
    sources = sources_of("transferbonuses")
    assert sorted(source.kind for source in sources) == ["page", "page", "table"]
    assert len({publisher(source.url) for source in sources}) == 3


def test_failures_that_are_expected_and_terms_that_forbid_access() -> None:
    assert {publisher(source.url) for source in SOURCES if source.failure_expected} == {
        "thepointsguy.com",
        "reddit.com",
    }
    assert forbidding_hosts() == ("reddit.com",)


def test_blogs_in_other_languages_than_english() -> None:
    assert {publisher(source.url): source.language for source in SOURCES if source.language != "en"} == {
        "travel-dealz.de": "de",
        "insideflyer.nl": "nl",
        "passageirodeprimeira.com": "pt",
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

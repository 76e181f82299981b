"""The sources of announcements that are read unless the operator removes them, loaded from promotion_sources.toml."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib.resources import files

from awardspider.items import SourceKind
from awardspider.programs import all_programs, program_of_site
from awardspider.values import publisher

#: The spider that reads the feeds and pages which the operator adds, by kind of source.
SPIDERS_OF_ADDED_SOURCES = {SourceKind.FEED: "dealfeeds", SourceKind.PAGE: "pagewatch"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltInSource:
    """A source of announcements in promotion_sources.toml.

    `spider` reads it. `language` is an ISO 639 code. `evidence`, `confidence` (high, medium or low) and `last_known`
    (year and month) show how reliable the address is. `terms_forbid` is True if the site's terms forbid automated
    access. `failure_expected` is True if nobody needs to be notified of a failure. `selector` is the CSS selector of
    the part of a page that is compared. A source with `is_offered` is read only after it is added.
    """

    url: str
    kind: SourceKind
    spider: str
    name: str
    language: str
    evidence: str
    confidence: str
    last_known: str
    terms_forbid: bool = False
    failure_expected: bool = False
    selector: str | None = None
    is_offered: bool = False


@functools.cache
def built_in_sources() -> dict[str, BuiltInSource]:
    """Return all sources, keyed by URL, in the order in which they are listed."""
    text = files("awardspider").joinpath("promotion_sources.toml").read_text(encoding="utf-8")
    sources = (BuiltInSource(**entry | {"kind": SourceKind(entry["kind"])}) for entry in tomllib.loads(text)["source"])
    return {source.url: source for source in sources}


def sources_of(spider: str) -> tuple[BuiltInSource, ...]:
    """Return the sources that a spider reads unless somebody removes them."""
    every = built_in_sources().values()
    return tuple(source for source in every if source.spider == spider and not source.is_offered)


def source_spiders() -> tuple[str, ...]:
    """Return the names of the spiders that read sources."""
    built_in = (source.spider for source in built_in_sources().values())
    return tuple(dict.fromkeys((*built_in, *SPIDERS_OF_ADDED_SOURCES.values())))


def forbidding_program(url: str) -> str | None:
    """Return the key of the program on whose site a URL is, if the site's terms forbid automated access."""
    key = program_of_site(url)
    return key if key is not None and all_programs()[key].terms_forbid else None


def terms_forbid(url: str) -> bool:
    """Return whether the terms of a URL's site are known to forbid automated access."""
    return publisher(url) in forbidding_hosts() or forbidding_program(url) is not None


def forbidding_hosts() -> tuple[str, ...]:
    """Return the hosts whose terms forbid automated access, as AWARD_ACCEPT_TERMS names them."""
    hosts = (publisher(source.url) for source in built_in_sources().values() if source.terms_forbid)
    return tuple(dict.fromkeys(hosts))

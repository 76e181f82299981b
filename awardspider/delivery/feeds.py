"""Deals and promotions as feeds for readers: RSS 2.0 and JSON Feed 1.1."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

import orjson
from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]  # it brings no types

from awardspider.delivery.messages.events import promotion_event, stored_offer_event
from awardspider.delivery.messages.language import Language, language_of
from awardspider.delivery.messages.render import Form, render
from awardspider.delivery.messages.text_limits import web_link
from awardspider.outcomes import InvalidArgument
from awardspider.storage.store import Store
from awardspider.storage.telling import known_promotions, wanted_offers

JSON_FEED = "https://jsonfeed.org/version/1.1"

# RSS wants an address of the site that a feed is of, also where nobody serves it.
NOWHERE = "http://localhost/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing told. `id` stays the same while it is the same news; `html` is escaped and has no styles."""

    id: str
    title: str
    html: str
    link: str | None
    published: datetime
    modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed, newest entry first. `name` is that of its files, `language` as in HTML: `pt-BR`."""

    name: str
    title: str
    description: str
    language: str
    entries: tuple[Entry, ...]


def deals_feed(store: Store, *, now: datetime, locale: str, limit: int | None = None) -> Feed:
    """What the active watches want and is not gone. An offer that changes its price is a new entry."""
    entries = []
    for wanted in wanted_offers(store, today=now.date(), limit=limit):
        offer = wanted.offer
        key = f"awardspider:offer:{offer.id}:{'seats' if offer.miles is None else offer.miles}"
        event = stored_offer_event("offer.matched", key, offer, "; ".join(wanted.watches), wanted.since)
        # No `now`: an age would be wrong by the time that somebody reads it.
        rendered = render(event, form=Form.PAGE_PART, locale=locale)
        entries.append(
            Entry(
                id=key,
                title=rendered.title,
                html=rendered.body,
                link=web_link(offer.booking_link),
                published=wanted.since,
                modified=max(offer.last_seen_at, wanted.since),
            )
        )
    return _feed("deals", language_of(locale), entries)


def promotions_feed(store: Store, *, now: datetime, locale: str, limit: int | None = None) -> Feed:
    """Promotions that are not over."""
    entries = []
    for known in known_promotions(store, today=now.date(), limit=limit):
        key = f"awardspider:promotion:{known.id}"
        rendered = render(promotion_event(key, known.item, known.id), form=Form.PAGE_PART, locale=locale)
        published = known.item.published or known.first_seen_at
        entries.append(
            Entry(
                id=key,
                title=rendered.title,
                html=rendered.body,
                link=web_link(known.item.link),
                published=published,
                modified=max(known.item.seen_at, published),
            )
        )
    return _feed("promotions", language_of(locale), entries)


def rss(feed: Feed, site: str | None, now: datetime) -> bytes:
    """The feed as RSS 2.0. `site` is the address of the folder it is served in; `now` is its date where it is empty."""
    document = FeedGenerator()
    document.title(feed.title)
    document.description(feed.description)
    document.language(feed.language)
    document.generator("awardspider")
    if site:
        document.link(href=urljoin(site, f"{feed.name}.rss"), rel="self", type="application/rss+xml")
    document.link(href=site or NOWHERE, rel="alternate")  # the last one is the channel's
    # Not the time of writing: a feed that did not change has the same bytes, so that readers need not load it again.
    document.lastBuildDate(max((entry.modified for entry in feed.entries), default=now))
    for entry in feed.entries:
        item = document.add_entry(order="append")
        item.guid(entry.id, permalink=False)
        item.title(entry.title)
        item.description(entry.html)
        item.pubDate(entry.published.astimezone(UTC))
        if entry.link:
            item.link(href=entry.link)
    written: bytes = document.rss_str(pretty=True)
    return written


def json_feed(feed: Feed, site: str | None) -> bytes:
    """The feed as JSON Feed 1.1."""
    items = []
    for entry in feed.entries:
        item = {
            "id": entry.id,
            "title": entry.title,
            "content_html": entry.html,
            "date_published": _rfc3339(entry.published),
            "date_modified": _rfc3339(entry.modified),
        }
        items.append(item | ({"url": entry.link} if entry.link else {}))
    document = {
        "version": JSON_FEED,
        "title": feed.title,
        "description": feed.description,
        "language": feed.language,
        "items": items,
    }
    if site:
        document |= {"home_page_url": site, "feed_url": urljoin(site, f"{feed.name}.json")}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_feeds(folder: Path, feeds: Sequence[Feed], site: str | None, now: datetime) -> list[Path]:
    """Write NAME.rss and NAME.json of each feed; a reader finds the old file or the new one, never a part.

    Raises BadArgument where the folder cannot be made or written.
    """
    files: dict[Path, bytes] = {}
    for feed in feeds:
        files[folder / f"{feed.name}.rss"] = rss(feed, site, now)
        files[folder / f"{feed.name}.json"] = json_feed(feed, site)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            _replace(path, content)
    except OSError as error:
        raise InvalidArgument(f"the feeds cannot be written to {folder}: {error.strerror or error}") from error
    return list(files)


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _feed(name: str, language: Language, entries: Sequence[Entry]) -> Feed:
    return Feed(
        name=name,
        title=language.say(f"feed.{name}"),
        description=language.say(f"feed_about.{name}"),
        language=language.tag,
        entries=tuple(entries),
    )


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

"""Feeds of deals and promotions: RSS 2.0 and JSON Feed 1.1."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from urllib.parse import urljoin

import orjson
from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]  # has no type hints

from awardspider.delivery.messages.events import offer_event, promotion_event
from awardspider.delivery.messages.language import Language, get_language
from awardspider.delivery.messages.render import Form, render
from awardspider.delivery.messages.text_limits import safe_link
from awardspider.items import EventType
from awardspider.outcomes import InvalidArgument
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.promotion_states import PromotionState, promotion_day
from awardspider.search.promotion_watches import PromotionWatch, match_promotion
from awardspider.storage.matching_offers import MatchingOffer, matching_offers
from awardspider.storage.promotions import PromotionOrder, find_promotions
from awardspider.storage.store import Store

JSON_FEED = "https://jsonfeed.org/version/1.1"

# RSS requires the address of a website, even if the feed is only a local file.
DEFAULT_SITE = "http://localhost/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A feed entry. `id` never changes; `html` is escaped and has no styles."""

    id: str
    title: str
    html: str
    link: str | None
    published: datetime
    modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed, newest entry first. `name` is the file name without suffix; `language` is a tag such as `pt-BR`."""

    name: str
    title: str
    description: str
    language: str
    entries: tuple[Entry, ...]


def deals_feed(
    store: Store,
    *,
    now: datetime,
    max_age: timedelta | None = None,
    rates: ExchangeRates | None = None,
    locale: str,
    limit: int | None = None,
    watch_ids: Collection[str] | None = None,
) -> Feed:
    """Return the feed of offers that match an active watch, or one of these. A price change creates a new entry.

    Offers that are gone, have departed or were last seen more than `max_age` ago are left out; unconfirmed offers are
    labeled. A fare that is available to several parties at one price is one entry, about the smallest party.
    """
    found = matching_offers(store, now=now, max_age=max_age, rates=rates, limit=limit, watch_ids=watch_ids)
    entries = []
    for match in _combine_parties(found):
        offer = match.offer
        key = f"awardspider:offer:{offer.fare_id}:{'seats' if offer.miles is None else offer.miles}"
        event = offer_event(
            EventType.OFFER_MATCHED,
            key,
            offer,
            match.matched_at,
            watches=match.watches,
            watch_ids=match.watch_ids,
            partner=match.partner,
            judgment=offer.judgment,
        )
        # Without `now`, because an age would be out of date by the time someone reads the feed.
        rendered = render(event, form=Form.HTML_FRAGMENT, locale=locale)
        entries.append(
            Entry(
                id=key,
                title=rendered.title,
                html=rendered.body,
                link=safe_link(offer.booking_link),
                published=match.matched_at,
                modified=max(offer.last_seen_at, match.matched_at),
            )
        )
    return _feed("deals", get_language(locale), entries)


def _combine_parties(matches: Sequence[MatchingOffer]) -> list[MatchingOffer]:
    """Return one match for each fare at one price, with the watches of all parties, in the order of the first ones."""
    groups: dict[tuple[str, int | None], list[MatchingOffer]] = {}
    for match in matches:
        groups.setdefault((match.offer.fare_id, match.offer.miles), []).append(match)
    return [
        replace(
            min(group, key=lambda match: match.offer.travelers),
            watches=tuple(sorted({name for match in group for name in match.watches})),
            watch_ids=tuple(dict.fromkeys(watch_id for match in group for watch_id in match.watch_ids)),
            matched_at=min(match.matched_at for match in group),
            partner=next((match.partner for match in group if match.partner), None),
        )
        for group in groups.values()
    ]


def promotions_feed(
    store: Store,
    *,
    now: datetime,
    locale: str,
    limit: int | None = None,
    watch: PromotionWatch | None = None,
) -> Feed:
    """Return the feed of promotions that are still open, or of those among them that match a watch."""
    entries = []
    found = find_promotions(store, PromotionOrder.PUBLISHED, bookable_on=promotion_day(now))
    is_open = (promotion for promotion in found if promotion.state(now) is not PromotionState.ENDED)
    matching = (each for each in is_open if watch is None or not match_promotion(watch, each.item))
    for promotion in islice(matching, limit):
        key = f"awardspider:promotion:{promotion.id}"
        event = promotion_event(key, promotion.item, promotion.id, source_names=promotion.sources)
        rendered = render(event, form=Form.HTML_FRAGMENT, locale=locale)
        published = promotion.item.published or promotion.first_seen_at
        entries.append(
            Entry(
                id=key,
                title=rendered.title,
                html=rendered.body,
                link=safe_link(promotion.item.link),
                published=published,
                modified=max(promotion.item.seen_at, published),
            )
        )
    return _feed("promotions", get_language(locale), entries)


def rss(feed: Feed, site: str | None, now: datetime, *, home: str | None = None) -> bytes:
    """Return the feed as RSS 2.0. `now` dates a feed without entries.

    `site` is the URL of the feed's folder, and `home` that of the page for people, by default the folder.
    """
    document = FeedGenerator()
    document.title(feed.title)
    document.description(feed.description)
    document.language(feed.language)
    document.generator("awardspider")
    if site:
        document.link(href=urljoin(site, f"{feed.name}.rss"), rel="self", type="application/rss+xml")
    document.link(
        href=home or site or DEFAULT_SITE, rel="alternate"
    )  # feedgen uses the last link as the channel's address
    # Not the current time: an unchanged feed must stay byte-identical, so that clients do not download it again.
    document.lastBuildDate(max((entry.modified for entry in feed.entries), default=now))
    for entry in feed.entries:
        item = document.add_entry(order="append")
        item.guid(entry.id, permalink=False)
        item.title(entry.title)
        item.description(entry.html)
        item.pubDate(entry.published.astimezone(UTC))
        if entry.link:
            item.link(href=entry.link)
    content: bytes = document.rss_str(pretty=True)
    return content


def json_feed(feed: Feed, site: str | None, *, home: str | None = None) -> bytes:
    """Return the feed as JSON Feed 1.1, with the addresses that `rss` describes."""
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
        document |= {"home_page_url": home or site, "feed_url": urljoin(site, f"{feed.name}.json")}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_feeds(folder: Path, feeds: Sequence[Feed], site: str | None, now: datetime) -> list[Path]:
    """Write NAME.rss and NAME.json for each feed, each file atomically, and return the paths.

    Raise InvalidArgument if the folder cannot be created or written.
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
        raise InvalidArgument(f"cannot write feeds to {folder}: {error.strerror or error}") from error
    return list(files)


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _feed(name: str, language: Language, entries: Sequence[Entry]) -> Feed:
    return Feed(
        name=name,
        title=language.phrase(f"feed.{name}"),
        description=language.phrase(f"feed_about.{name}"),
        language=language.tag,
        entries=tuple(entries),
    )


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

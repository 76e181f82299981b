"""`scrapy feeds`: manage the feeds that are read for promotions, and publish deals and promotions as feeds."""

from __future__ import annotations

import argparse
import difflib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rich.text import Text

from awardspider.commands._command import ActionCommand
from awardspider.commands._listing import age, print_records, print_table
from awardspider.commands._options import integer
from awardspider.commands._table import Column, FittedTable
from awardspider.delivery.feeds import deals_feed, promotions_feed, write_feeds
from awardspider.delivery.messages.language import LANGUAGES, has_phrases
from awardspider.delivery.messages.text_limits import safe_link
from awardspider.environment import expand_path
from awardspider.items import SourceKind
from awardspider.outcomes import InvalidArgument
from awardspider.parsers._promotion_words import languages
from awardspider.promotion_sources import built_in_sources
from awardspider.search.freshness import max_age
from awardspider.search.source_urls import check_source_url
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.promotion_sources import SANDBOX, StoredSource, add_source, find_sources, remove_source
from awardspider.values import publisher

ENTRIES = 100
MOST_NAME_CHARACTERS = 60

FIELDS = (
    "name", "url", "language", "state", "active", "built_in",
    "last_success", "last_request", "entries", "reason", "note", "paused_until",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed that is or was read. `last` is the result of the last request, None if there was none."""

    url: str
    name: str
    language: str
    is_active: bool
    is_built_in: bool
    last: StoredSource | None = None
    kind: SourceKind = SourceKind.FEED

    @property
    def key(self) -> str:
        """Return the URL without what does not distinguish two feeds: scheme, www. and a slash at the end."""
        return re.sub(r"^https?://(www\.)?|/$", "", self.url.lower())

    @property
    def state(self) -> str:
        """Return what the last request found."""
        if not self.is_active:
            return "removed"
        if self.last is None or self.last.requested_at is None:
            return "never read"
        return f"failed: {self.last.reason}" if self.last.reason else "found"

    @property
    def record(self) -> dict[str, Any]:
        """Return the values of FIELDS."""
        last = self.last
        return {
            "name": self.name,
            "url": self.url,
            "language": self.language,
            "state": self.state,
            "active": self.is_active,
            "built_in": self.is_built_in,
            "last_success": _time(last.succeeded_at if last else None),
            "last_request": _time(last.requested_at if last else None),
            "entries": last.entries if last else None,
            "reason": last.reason if last else None,
            "note": last.note if last else None,
            "paused_until": _time(last.paused_until if last else None),
        }


class Command(ActionCommand):
    """Manage the feeds that are read for promotions, or publish deals and promotions as RSS 2.0 and JSON Feed 1.1."""

    def add_actions(self) -> None:
        """Add the actions."""
        add = self.add_action("add", "Read a feed from now on", self._add).add_argument
        add("url", help="address of an RSS or Atom feed, or of the posts of a WordPress site as JSON")
        add("--name", metavar="NAME", help="name in lists and messages (default: the host)")
        add("--language", metavar="CODE", help="language of the entries, such as en, pt or es (default: en)")
        add = self.add_action("list", "List the feeds that are read", self._list).add_argument
        add("--json", action="store_true", help="print JSON")
        self.add_action("remove", "Stop reading a feed; its promotions are kept", self._remove).add_argument(
            "feed", metavar="URL|NAME"
        )
        add = self.add_action("publish", "Write deals and promotions as feed files", self._publish).add_argument
        add("--out", metavar="DIR", help="folder for the files, created if missing")
        add("--locale", metavar="NAME", help="language: en, pt_BR or es (default: AWARD_LOCALE)")
        add("--limit", metavar="N", help=f"entries in each feed, newest first; 0 for all (default: {ENTRIES})")
        add("--link", metavar="URL", help="public URL of the folder, such as https://example.org/feeds/")

    # ---- feeds that are read ----

    def _feeds(self) -> list[Feed]:
        """Return all feeds: the built-in ones, then those that were added; removed ones too."""
        stored = find_sources(self._store)
        suffix = SANDBOX if self.settings["AWARD_SANDBOX_URL"] else ""
        feeds = {
            url: Feed(url=url, name=source.name, language=source.language, is_active=True, is_built_in=True)
            for url, source in built_in_sources().items()
            if source.kind is SourceKind.FEED
        }
        for url, source in stored.items():
            if source.kind != SourceKind.FEED or url.endswith(SANDBOX):
                continue
            known = feeds.get(url)
            is_active = known is not None if source.active is None else source.active
            if known is None or source.active is not None:  # otherwise, the row has only the result of a request
                feeds[url] = Feed(
                    url=url,
                    name=source.name,
                    language=source.language,
                    is_active=is_active,
                    is_built_in=known is not None,
                )
        return [replace(feed, last=stored.get(feed.url + suffix)) for feed in feeds.values()]

    def _add(self, opts: argparse.Namespace) -> None:
        self._store = self.store()
        url = check_source_url(opts.url, allows_private=bool(self.settings["AWARD_SANDBOX_URL"]))
        name = " ".join(opts.name.split()) if opts.name is not None else ""
        if (opts.name is not None and not name) or len(name) > MOST_NAME_CHARACTERS or not name.isprintable():
            raise InvalidArgument(f"--name: expected 1 to {MOST_NAME_CHARACTERS} characters")
        language = (opts.language or "").lower()
        if opts.language is not None and not re.fullmatch(r"[a-z]{2}", language):
            raise InvalidArgument(f"--language: expected a code of two letters, such as en, got {opts.language!r}")
        new = Feed(url=url, name=name or publisher(url), language=language or "en", is_active=True, is_built_in=False)
        feeds = self._feeds()
        known = next((feed for feed in feeds if feed.key == new.key), None)
        if known and known.is_active:
            raise InvalidArgument(f"{known.url} is already read, as {known.name}")
        if known:
            new = replace(known, name=name or known.name, language=language or known.language)
        if taken := next((feed for feed in feeds if feed is not known and _same(feed.name, new.name)), None):
            raise InvalidArgument(f"{taken.url} has the name {taken.name}; choose another one with --name")
        add_source(self._store, new, now=self.now())
        print(f"{'Added again' if known else 'Added'}: {new.name} ({new.url}). Read it: scrapy crawl dealfeeds")
        if new.language not in languages():
            print(f"No words of the language {new.language!r} are known, so its entries are read as English.")

    def _remove(self, opts: argparse.Namespace) -> None:
        self._store = self.store()
        feed = self._find(opts.feed)
        removed = remove_source(self._store, feed, now=self.now())
        again = f"scrapy feeds add {feed.url}"
        print(f"{feed.name} is {'' if removed else 'already '}removed. Read it again: {again}")

    def _find(self, text: str) -> Feed:
        feeds = self._feeds()
        key = Feed(url=text.strip(), name="", language="", is_active=True, is_built_in=False).key
        for feed in feeds:
            if feed.key == key or _same(feed.name, text):
                return feed
        names = {feed.name.casefold(): feed.name for feed in feeds}
        close = difflib.get_close_matches(text.casefold(), names, n=1, cutoff=0.5)
        hint = f"did you mean {names[close[0]]}?" if close else "scrapy feeds list shows all"
        raise InvalidArgument(f"unknown feed {text!r} ({hint})")

    def _list(self, opts: argparse.Namespace) -> None:
        self._store = self.store()
        feeds = self._feeds()
        if opts.json:
            print_records([feed.record for feed in feeds], FIELDS, "json")
        else:
            print_table(_table(feeds, self.now()))

    # ---- feeds that are published ----

    def _publish(self, opts: argparse.Namespace) -> None:
        if not opts.out:
            raise InvalidArgument("--out is missing; give a folder, such as --out feeds")
        locale = opts.locale or self.settings.get("AWARD_LOCALE") or "en"
        if not has_phrases(locale):
            raise InvalidArgument(f"unknown locale {locale!r} (choose from {', '.join(LANGUAGES.values())})")
        limit = integer("--limit", opts.limit)
        max_entries = ENTRIES if limit is None else limit or None
        site = _site(opts.link)
        now = self.now()
        store = self.store()
        feeds = [
            deals_feed(
                store,
                now=now,
                max_age=max_age(self.settings),
                rates=current_rates(store, self.settings),
                locale=locale,
                limit=max_entries,
            ),
            promotions_feed(store, now=now, locale=locale, limit=max_entries),
        ]
        for path in write_feeds(expand_path(opts.out), feeds, site, now):
            print(path)


def _same(name: str, other: str) -> bool:
    return " ".join(name.split()).casefold() == " ".join(other.split()).casefold()


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _table(feeds: list[Feed], now: datetime) -> FittedTable[Feed]:
    def state(feed: Feed) -> Text:
        styles = {"found": "green", "removed": "dim", "never read": "default"}
        return Text(feed.state, style=styles.get(feed.state, "yellow"))

    def success(feed: Feed) -> datetime | None:
        return feed.last.succeeded_at if feed.last else None

    def entries(feed: Feed) -> str:
        return "" if feed.last is None or feed.last.entries is None else f"{feed.last.entries:,}"

    columns = [
        Column[Feed](title="name", rank=0, text=lambda feed: feed.name, min_width=18),
        Column[Feed](title="lang", rank=4, text=lambda feed: feed.language),
        Column[Feed](
            title="last success",
            rank=3,
            text=lambda feed: f"{found:%Y-%m-%d %H:%M}" if (found := success(feed)) else "never",
        ),
        Column[Feed](
            title="age", rank=2, text=lambda feed: age(found, now) if (found := success(feed)) else "", right=True
        ),
        Column[Feed](title="entries", rank=5, text=entries, right=True),
        Column[Feed](title="state", rank=1, text=state, min_width=19, wraps=True),
        Column[Feed](title="url", rank=6, text=lambda feed: feed.url),
    ]
    active = sum(feed.is_active for feed in feeds)
    notes = [f"{active} of {len(feeds)} feeds are read by scrapy crawl dealfeeds; times are UTC"]
    return FittedTable(feeds, columns, notes)


def _site(link: str | None) -> str | None:
    """Return the folder's URL with a trailing slash, or None if --link is missing."""
    if link is None:
        return None
    site = safe_link(link.strip())
    if site is None or "?" in site or "#" in site:
        raise InvalidArgument(f"--link: expected the URL of a folder, such as https://example.org/feeds/, got {link!r}")
    return site if site.endswith("/") else f"{site}/"

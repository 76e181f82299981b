"""`scrapy feeds`: manage the feeds that are read for promotions, and publish deals and promotions as feeds."""

from __future__ import annotations

import argparse

from awardspider.commands._options import integer
from awardspider.commands._sources import SourceCommand
from awardspider.delivery.feeds import deals_feed, promotions_feed, write_feeds
from awardspider.delivery.messages.language import LANGUAGES, has_phrases
from awardspider.delivery.messages.text_limits import safe_link
from awardspider.environment import expand_path
from awardspider.items import SourceKind
from awardspider.outcomes import InvalidArgument
from awardspider.search.freshness import max_age
from awardspider.storage.exchange_rates import current_rates

ENTRIES = 100


class Command(SourceCommand):
    """Manage the feeds that are read for promotions, or publish deals and promotions as RSS 2.0 and JSON Feed 1.1."""

    kind = SourceKind.FEED
    url_help = "address of an RSS or Atom feed, or of the posts of a WordPress site as JSON"
    add_help = "Read a feed from now on"
    remove_help = "Stop reading a feed; its promotions are kept"
    fields = (
        "name", "url", "language", "state", "active", "built_in",
        "last_success", "last_request", "entries", "reason", "note", "paused_until",
    )  # fmt: skip

    def add_actions(self) -> None:
        """Add the actions."""
        self.add_source_actions()
        add = self.add_action("publish", "Write deals and promotions as feed files", self._publish).add_argument
        add("--out", metavar="DIR", help="folder for the files, created if missing")
        add("--locale", metavar="NAME", help="language: en, pt_BR or es (default: AWARD_LOCALE)")
        add("--limit", metavar="N", help=f"entries in each feed, newest first; 0 for all (default: {ENTRIES})")
        add("--link", metavar="URL", help="public URL of the folder, such as https://example.org/feeds/")

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


def _site(link: str | None) -> str | None:
    """Return the folder's URL with a trailing slash, or None if --link is missing."""
    if link is None:
        return None
    site = safe_link(link.strip())
    if site is None or "?" in site or "#" in site:
        raise InvalidArgument(f"--link: expected the URL of a folder, such as https://example.org/feeds/, got {link!r}")
    return site if site.endswith("/") else f"{site}/"

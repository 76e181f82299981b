"""`scrapy feeds`: deals and promotions as files for feed readers."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from awardspider.commands._command import AwardCommand
from awardspider.commands._options import no_arguments, whole
from awardspider.delivery.feeds import deals_feed, promotions_feed, write_feeds
from awardspider.delivery.messages.language import LANGUAGES, speaks
from awardspider.delivery.messages.text_limits import web_link
from awardspider.outcomes import InvalidArgument

ENTRIES = 100


class Command(AwardCommand):
    """Writes deals and promotions, each as RSS 2.0 and as JSON Feed 1.1."""

    def syntax(self) -> str:
        return "--out DIR [options]"

    def short_desc(self) -> str:
        return "Write deals and promotions as RSS and JSON feeds"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--out", metavar="DIR", help="the folder for the files, made where it is missing")
        add("--locale", metavar="NAME", help="language of the entries: en, pt_BR or es; AWARD_LOCALE when left out")
        add("--limit", metavar="N", help=f"the newest so many of each feed, 0 for all (default {ENTRIES})")
        add("--link", metavar="URL", help="where the folder is served: https://example.org/feeds/")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        no_arguments(args)
        if not opts.out:
            raise InvalidArgument("--out is missing; write the folder for the files, such as --out feeds")
        locale = opts.locale or self.settings.get("AWARD_LOCALE") or "en"
        if not speaks(locale):
            raise InvalidArgument(f"there are no texts in {locale!r}; write {', '.join(LANGUAGES.values())}")
        limit = whole("--limit", opts.limit)
        most = ENTRIES if limit is None else limit or None
        site = _site(opts.link)
        now = datetime.now(UTC)
        store = self.store()
        feeds = [make(store, now=now, locale=locale, limit=most) for make in (deals_feed, promotions_feed)]
        for path in write_feeds(Path(opts.out), feeds, site, now):
            print(path)


def _site(link: str | None) -> str | None:
    """The address of a folder, which ends with a slash; None where none was given."""
    if link is None:
        return None
    site = web_link(link.strip())
    if site is None or "?" in site or "#" in site:
        raise InvalidArgument(f"--link is {link!r}; write the address of a folder, such as https://example.org/feeds/")
    return site if site.endswith("/") else f"{site}/"

"""`scrapy pages`: manage the pages of which every change is read and notified."""

from __future__ import annotations

import argparse
import shlex

from awardspider.commands._sources import ListedSource, SourceCommand
from awardspider.items import SourceKind
from awardspider.outcomes import InvalidArgument
from awardspider.parsers._page_text import check_selector


class Command(SourceCommand):
    """Manage the pages of which every change is read and notified."""

    kind = SourceKind.PAGE
    url_help = "address of an HTML page"
    add_help = "Compare a part of a page from now on"
    remove_help = "Stop reading a page; what was found is kept"
    fields = (
        "name", "url", "language", "selector", "state", "active", "built_in",
        "last_success", "last_request", "reason", "note", "paused_until",
    )  # fmt: skip

    def add_actions(self) -> None:
        """Add the actions."""
        self.add_source_actions().add_argument(
            "--select", metavar="CSS", help="CSS selector of the part to compare, such as main or #offers"
        )

    def read_selector(self, opts: argparse.Namespace, known: ListedSource | None) -> str | None:
        """Return the selector that was given, or the one of a known page. Raise InvalidArgument."""
        if opts.select is not None:
            try:
                return check_selector(opts.select)
            except InvalidArgument as error:
                raise InvalidArgument(f"--select: {error}") from None
        if known and known.selector:
            return known.selector
        raise InvalidArgument(
            "--select is missing; give a CSS selector of the part to compare, such as main or #offers"
        )

    def again(self, source: ListedSource) -> str:
        """Return the command that reads a removed page again."""
        return f"{super().again(source)} --select {shlex.quote(source.selector or 'body')}"

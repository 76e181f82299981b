"""Actions of commands that manage the sources which are read for promotions: `scrapy feeds` and `scrapy pages`."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from rich.text import Text

from awardspider.commands._command import ActionCommand
from awardspider.commands._first_searches import first_reading
from awardspider.commands._listing import age, print_records, print_table
from awardspider.commands._table import Column, FittedTable
from awardspider.items import SourceKind
from awardspider.outcomes import InvalidArgument
from awardspider.parsers._promotion_words import languages
from awardspider.promotion_sources import (
    SPIDERS_OF_ADDED_SOURCES,
    BuiltInSource,
    built_in_sources,
    forbidding_program,
    terms_forbid,
)
from awardspider.search.source_urls import check_source_url
from awardspider.storage.promotion_sources import StoredSource, add_source, find_sources, remove_source
from awardspider.storage.sandbox_states import SANDBOX
from awardspider.storage.store import Store
from awardspider.values import publisher

MOST_NAME_CHARACTERS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSource:
    """A source that is or was read, or that is offered. `last` is the result of the last request, None without one."""

    url: str
    kind: SourceKind
    name: str
    language: str = "en"
    selector: str | None = None
    is_active: bool = True
    is_built_in: bool = False
    is_offered: bool = False
    last: StoredSource | None = None

    @property
    def key(self) -> str:
        """Return the URL without what does not distinguish two sources: scheme, www. and a slash at the end."""
        return source_key(self.url)

    @property
    def state(self) -> str:
        """Return what the last request found."""
        if not self.is_active:
            return "available" if self.is_offered else "removed"
        if self.last is None or self.last.requested_at is None:
            return "never read"
        return f"failed: {self.last.reason}" if self.last.reason else "found"

    @property
    def record(self) -> dict[str, Any]:
        """Return the values that `list --json` prints."""
        last = self.last
        return {
            "name": self.name,
            "url": self.url,
            "language": self.language,
            "selector": self.selector,
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


class SourceCommand(ActionCommand):
    """A command with the actions `add`, `list` and `remove` for one kind of sources."""

    __module__ = "awardspider.commands"

    kind: ClassVar[SourceKind]
    #: Texts of the help.
    url_help: ClassVar[str]
    add_help: ClassVar[str]
    remove_help: ClassVar[str]
    #: Keys of the records that `list --json` prints.
    fields: ClassVar[tuple[str, ...]]

    _store: Store

    def add_source_actions(self) -> argparse.ArgumentParser:
        """Add the actions, and return the parser of `add`."""
        parser = self.add_action("add", self.add_help, self._add)
        parser.add_argument("url", help=self.url_help)
        parser.add_argument("--name", metavar="NAME", help="name in lists and messages (default: the host)")
        parser.add_argument(
            "--language", metavar="CODE", help="language of the texts, such as en, pt or es (default: en)"
        )
        listing = self.add_action("list", f"List the {self.kind}s that are read", self._list)
        listing.add_argument("--json", action="store_true", help="print JSON")
        removing = self.add_action("remove", self.remove_help, self._remove)
        removing.add_argument("source", metavar="URL|NAME")
        return parser

    def read_selector(self, opts: argparse.Namespace, known: ListedSource | None) -> str | None:
        """Return the selector of a source to add; sources of some kinds have none."""
        return None

    @property
    def spider(self) -> str:
        """Return the name of the spider that reads the sources."""
        return SPIDERS_OF_ADDED_SOURCES[self.kind]

    def sources(self) -> list[ListedSource]:
        """Return all sources of the kind: the built-in ones, then those that were added; removed ones, too."""
        stored = find_sources(self._store)
        suffix = SANDBOX if self.settings["AWARD_SANDBOX_URL"] else ""
        found = {
            url: _listed(source)
            for url, source in built_in_sources().items()
            if source.kind is self.kind and source.spider == self.spider
        }
        for url, source in stored.items():
            if source.kind != self.kind or url.endswith(SANDBOX) or self._is_of_another_spider(url):
                continue
            known = found.get(url)
            if known is not None and source.active is None:
                continue  # the row has only the result of a request
            found[url] = ListedSource(
                url=url,
                kind=self.kind,
                name=source.name,
                language=source.language,
                selector=source.selector,
                is_active=bool(source.active),
                is_built_in=known is not None,
            )
        return [replace(source, last=stored.get(source.url + suffix)) for source in found.values()]

    def _is_of_another_spider(self, url: str) -> bool:
        source = built_in_sources().get(url)
        return source is not None and source.spider != self.spider

    # ---- actions ----

    def _add(self, opts: argparse.Namespace) -> None:
        self._store = self.store()
        url = check_source_url(opts.url, allows_private=bool(self.settings["AWARD_SANDBOX_URL"]))
        name = _name(opts.name)
        language = _language(opts.language)
        sources = self.sources()
        known = next((source for source in sources if source.key == source_key(url)), None)
        self._check_is_free(url)
        selector = self.read_selector(opts, known)
        if known and known.is_active and known.selector == selector:
            raise InvalidArgument(f"{known.url} is already read, as {known.name}")
        new = ListedSource(
            url=known.url if known else url,
            kind=self.kind,
            name=name or (known.name if known else publisher(url)),
            language=language or (known.language if known else "en"),
            selector=selector,
        )
        if taken := next((each for each in sources if each is not known and _same(each.name, new.name)), None):
            raise InvalidArgument(f"{taken.url} has the name {taken.name}; choose another one with --name")
        added_at = self.now()
        add_source(self._store, new, selector=selector, now=added_at)
        next_step = first_reading(self._store, self.settings, self.spider, added_at, self.now())
        print(f"{_done(known)}: {new.name} ({new.url}). {next_step}")
        if known and known.is_active:
            print("The next text counts as the first one: it is stored, and nobody is notified.")
        for note in self._notes(new):
            print(note)

    def _check_is_free(self, url: str) -> None:
        """Raise InvalidArgument if another spider reads a URL."""
        for other in built_in_sources().values():
            if source_key(other.url) == source_key(url) and other.spider != self.spider:
                raise InvalidArgument(f"{other.url} is already read by scrapy crawl {other.spider}")
        stored = find_sources(self._store).get(url)
        if stored and stored.active and stored.kind != self.kind:
            raise InvalidArgument(f"{url} is already read as a {stored.kind}, with the name {stored.name}")

    def _notes(self, new: ListedSource) -> Iterator[str]:
        if new.language not in languages():
            yield f"No words of the language {new.language!r} are known, so its texts are read as English."
        if terms_forbid(new.url):
            host = publisher(new.url)
            key = forbidding_program(new.url) or host
            fix = f"add {key} to AWARD_ACCEPT_TERMS if you have permission"
            yield f"The terms of {host} forbid automated access: {fix}."

    def _remove(self, opts: argparse.Namespace) -> None:
        self._store = self.store()
        source = self._find(opts.source)
        removed = remove_source(self._store, source, selector=source.selector, now=self.now())
        print(f"{source.name} is {'' if removed else 'already '}removed. Read it again: {self.again(source)}")

    def again(self, source: ListedSource) -> str:
        """Return the command that reads a removed source again."""
        return f"scrapy {self.kind}s add {source.url}"

    def _find(self, text: str) -> ListedSource:
        sources = self.sources()
        for source in sources:
            if source.key == source_key(text.strip()) or _same(source.name, text):
                return source
        names = {source.name.casefold(): source.name for source in sources}
        close = difflib.get_close_matches(text.casefold(), names, n=1, cutoff=0.5)
        hint = f"did you mean {names[close[0]]}?" if close else f"scrapy {self.kind}s list shows all"
        raise InvalidArgument(f"unknown {self.kind} {text!r} ({hint})")

    def _list(self, opts: argparse.Namespace) -> None:
        self._store = self.store()
        sources = self.sources()
        if opts.json:
            records = [{name: source.record[name] for name in self.fields} for source in sources]
            print_records(records, self.fields, "json")
        else:
            active = sum(source.is_active for source in sources)
            verb = "is" if active == 1 else "are"
            note = f"{active} of {len(sources)} {self.kind}s {verb} read by scrapy crawl {self.spider}; times are UTC"
            print_table(_table(sources, [note], self.now(), has_selectors="selector" in self.fields))


def source_key(url: str) -> str:
    """Return a URL without what does not distinguish two sources."""
    return re.sub(r"^https?://(www\.)?|/$", "", url.lower())


def _listed(source: BuiltInSource) -> ListedSource:
    return ListedSource(
        url=source.url,
        kind=source.kind,
        name=source.name,
        language=source.language,
        selector=source.selector,
        is_active=not source.is_offered,
        is_built_in=True,
        is_offered=source.is_offered,
    )


def _done(known: ListedSource | None) -> str:
    if known is None or (known.is_offered and not known.is_active):
        return "Added"
    return "Changed" if known.is_active else "Added again"


def _name(given: str | None) -> str:
    """Return the name that was given, or an empty text. Raise InvalidArgument."""
    name = " ".join((given or "").split())
    if (given is not None and not name) or len(name) > MOST_NAME_CHARACTERS or not name.isprintable():
        raise InvalidArgument(f"--name: expected 1 to {MOST_NAME_CHARACTERS} characters")
    return name


def _language(given: str | None) -> str:
    """Return the language that was given, or an empty text. Raise InvalidArgument."""
    language = (given or "").lower()
    if given is not None and not re.fullmatch(r"[a-z]{2}", language):
        raise InvalidArgument(f"--language: expected a code of two letters, such as en, got {given!r}")
    return language


def _same(name: str, other: str) -> bool:
    return " ".join(name.split()).casefold() == " ".join(other.split()).casefold()


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _table(
    sources: list[ListedSource], notes: Sequence[str], now: datetime, *, has_selectors: bool
) -> FittedTable[ListedSource]:
    def state(source: ListedSource) -> Text:
        styles = {"found": "green", "removed": "dim", "available": "dim", "never read": "default"}
        return Text(source.state, style=styles.get(source.state, "yellow"))

    def success(source: ListedSource) -> datetime | None:
        return source.last.succeeded_at if source.last else None

    def entries(source: ListedSource) -> str:
        return "" if source.last is None or source.last.entries is None else f"{source.last.entries:,}"

    columns = [
        Column[ListedSource](title="name", rank=0, text=lambda source: source.name, min_width=18),
        Column[ListedSource](title="lang", rank=4, text=lambda source: source.language),
        Column[ListedSource](
            title="last success",
            rank=3,
            text=lambda source: f"{found:%Y-%m-%d %H:%M}" if (found := success(source)) else "never",
        ),
        Column[ListedSource](
            title="age",
            rank=2,
            text=lambda source: age(found, now) if (found := success(source)) else "",
            right=True,
        ),
        Column[ListedSource](title="entries", rank=6, text=entries, right=True),
        Column[ListedSource](title="state", rank=1, text=state, min_width=19, wraps=True),
        Column[ListedSource](title="url", rank=7, text=lambda source: source.url),
    ]
    if has_selectors:
        columns[4] = Column[ListedSource](title="selector", rank=5, text=lambda source: source.selector or "")
    return FittedTable(sources, columns, list(notes))

"""Sources of promotions: which feeds, tables and pages are read, and the state of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, RowMapping, select, update

from awardspider.items import SourceKind, SourceReportItem
from awardspider.outcomes import Outcome, Reason
from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.store import Store

_sources = schema.promotion_sources.c


class DeclaredSource(Protocol):
    """The attributes that a source has before it is read; built-in sources have them, too."""

    @property
    def url(self) -> str:
        """Return the URL."""

    @property
    def kind(self) -> SourceKind:
        """Return the kind."""

    @property
    def name(self) -> str:
        """Return the name that people read."""

    @property
    def language(self) -> str:
        """Return the language of the texts, such as `en`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSource:
    """A source and the result of its last request. `docs/storage.md` describes the fields of the table.

    `added_at` is when it was added last. `entries` is the number of announcements in the last complete response.
    `succeeded_at` is None if the source was never read; `changed_at` is when it last had a new announcement.
    """

    url: str
    kind: SourceKind
    name: str
    language: str
    selector: str | None = None
    active: bool | None = None
    added_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    requested_at: datetime | None = None
    paused_until: datetime | None = None
    succeeded_at: datetime | None = None
    changed_at: datetime | None = None
    entries: int | None = None
    reason: Reason | None = None
    note: str | None = None
    text: str | None = None

    @property
    def is_first(self) -> bool:
        """Return whether the source was never read, so that its announcements notify nobody."""
        return self.succeeded_at is None


def find_sources(store: Store, urls: Sequence[str] | None = None) -> dict[str, StoredSource]:
    """Return the stored sources, keyed by URL; a key that ends with SANDBOX has the state in the sandbox."""
    query = select(schema.promotion_sources).order_by(_sources.url)
    if urls is not None:
        query = query.where(_sources.url.in_(urls))
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return {row["url"]: _stored_source(row) for row in rows}


class AddedSource(NamedTuple):
    """An active source that the operator added, and when this was last done."""

    url: str
    kind: SourceKind
    added_at: datetime


def added_sources(store: Store) -> list[AddedSource]:
    """Return the active sources that the operator added."""
    query = select(_sources.url, _sources.kind, _sources.added_at).where(_sources.active).order_by(_sources.url)
    with store.reading() as connection:
        return [AddedSource(url, SourceKind(kind), at) for url, kind, at in connection.execute(query)]


def _stored_source(row: RowMapping) -> StoredSource:
    reason = Reason(row["reason"]) if row["reason"] else None
    return StoredSource(**{**row, "kind": SourceKind(row["kind"]), "reason": reason})


def add_source(store: Store, source: DeclaredSource, *, selector: str | None = None, now: datetime) -> bool:
    """Add a source, or read a removed one again; return False if it is active and has the same name and selector.

    With another selector, nothing is known of the source yet, as if it was never read.
    """
    values = _declared(source, selector) | {"active": True}
    with store.writing() as connection:
        row = _stored(connection, source.url)
        if row is not None and all(row[name] == value for name, value in values.items()):
            return False
        if row is not None and row["selector"] != selector:
            values |= dict.fromkeys(("etag", "last_modified", "text", "succeeded_at", "entries"))
        is_new = row is not None and (row["active"] is False or row["selector"] != selector)
        changes = values | ({"added_at": now} if is_new else {})
        _upsert(connection, source.url, values, changes, added_at=now)
    return True


def remove_source(store: Store, source: DeclaredSource, *, selector: str | None = None, now: datetime) -> bool:
    """Stop reading a source; return False if it is removed already. Its promotions and its state are kept."""
    with store.writing() as connection:
        row = _stored(connection, source.url)
        if row is not None and row["active"] is False:
            return False
        values = {"active": False}
        _upsert(connection, source.url, _declared(source, selector) | values, values, added_at=now)
    return True


def _stored(connection: Connection, url: str) -> RowMapping | None:
    return connection.execute(select(schema.promotion_sources).where(_sources.url == url)).mappings().first()


def active_sources(
    built_in: Iterable[DeclaredSource], stored: Mapping[str, StoredSource], *, kinds: Iterable[SourceKind] = ()
) -> list[DeclaredSource]:
    """Return the sources to read: the built-in ones that nobody removed, and those of some kinds that were added."""
    found = {source.url: source for source in built_in}
    removed = {url for url, source in stored.items() if source.active is False}
    added = {url: source for url, source in stored.items() if source.active and source.kind in set(kinds)}
    return [source for url, source in (added | found).items() if url not in removed]


def record_source(
    connection: Connection,
    source: DeclaredSource,
    report: SourceReportItem,
    *,
    suffix: str = "",
    selector: str | None = None,
) -> None:
    """Store the result of a request."""
    at = report.requested_at
    values: dict[str, Any] = {
        "requested_at": at,
        "paused_until": report.paused_until,
        "reason": report.reason,
        "note": report.note or None,
    }
    if report.outcome is not Outcome.FAILED:
        given = {"etag": report.etag, "last_modified": report.last_modified, "text": report.text}
        values |= {"succeeded_at": at} | {name: value for name, value in given.items() if value is not None}
        if report.http_status != 304:  # an unchanged response has no entries
            values |= {"entries": report.entries}
    values |= _declared(source, selector)
    _upsert(connection, source.url + suffix, values, values, added_at=at)


def record_new_announcement(connection: Connection, key: str, at: datetime) -> None:
    """Record that a source had a new announcement."""
    connection.execute(update(schema.promotion_sources).where(_sources.url == key).values(changed_at=at))


def _declared(source: DeclaredSource, selector: str | None) -> dict[str, Any]:
    return {"kind": source.kind.value, "name": source.name, "language": source.language, "selector": selector}


def _upsert(
    connection: Connection, url: str, values: Mapping[str, Any], changes: Mapping[str, Any], *, added_at: datetime
) -> None:
    """Insert a row with these values, or set `changes` in the existing one."""
    statement = dialect_insert(connection.dialect, schema.promotion_sources)
    statement = statement.on_conflict_do_update(index_elements=[_sources.url], set_=dict(changes))
    connection.execute(statement.values(url=url, added_at=added_at, **values))

"""The result of one request for a source of promotions, stored in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from awardspider.items import PromotionItem, SourceReportItem
from awardspider.storage.announcements import AnnouncementSource, Change, ComparedAnnouncement, record
from awardspider.storage.outbox import OutboxRow, insert_rows
from awardspider.storage.promotion_sources import DeclaredSource, record_new_announcement, record_source

#: Builds the messages about a promotion, when its identity is known.
RowBuilder = Callable[[ComparedAnnouncement], Iterable[OutboxRow]]


@dataclass(slots=True, kw_only=True)
class Announcement:
    """An announcement to store, and the builders of its messages."""

    item: PromotionItem
    publisher: str
    row_builders: list[RowBuilder] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class SourceResult:
    """The report of a request and the announcements in its response; a failed request has none.

    `suffix` distinguishes the states of the sandbox from those of the live sites. `recorded` is set when the result is
    written.
    """

    source: DeclaredSource
    report: SourceReportItem
    selector: str | None = None
    suffix: str = ""
    announcements: list[Announcement] = field(default_factory=list)
    recorded: list[ComparedAnnouncement] = field(default_factory=list)

    def count(self) -> Counter[Change]:
        """Return the number of announcements by what they changed."""
        return Counter(each.change for each in self.recorded)


def write_source_result(connection: Connection, result: SourceResult, run_id: str | None) -> None:
    """Store a result, its promotions and their messages."""
    key = result.source.url + result.suffix
    record_source(connection, result.source, result.report, suffix=result.suffix, selector=result.selector)
    result.recorded = []
    for announcement in result.announcements:
        source = AnnouncementSource(key=key, kind=result.source.kind, publisher=announcement.publisher)
        compared = record(connection, announcement.item, source)
        result.recorded.append(compared)
        rows = [row for build in announcement.row_builders for row in build(compared)]
        insert_rows(connection, rows, run_id)
    if any(each.change is not Change.SEEN for each in result.recorded):
        record_new_announcement(connection, key, result.report.requested_at)

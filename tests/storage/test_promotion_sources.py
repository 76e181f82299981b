"""Sources of promotions: those that commands add and remove, and the results of requests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from awardspider.items import SourceKind, SourceReportItem
from awardspider.outcomes import Outcome, Reason
from awardspider.storage.promotion_sources import (
    StoredSource,
    active_sources,
    add_source,
    added_sources,
    find_sources,
    record_source,
    remove_source,
)
from awardspider.storage.sandbox_states import SANDBOX
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Declared:
    """A source before it is read."""

    url: str
    kind: SourceKind = SourceKind.FEED
    name: str = "Blog"
    language: str = "en"


BUILT_IN, ADDED = Declared("https://a.example/feed/"), Declared("https://b.example/feed/", language="pt")


def report(at: datetime = NOW, **fields: Any) -> SourceReportItem:
    return SourceReportItem(**{"url": BUILT_IN.url, "outcome": Outcome.FOUND, "requested_at": at} | fields)


def store_report(store: Store, item: SourceReportItem, suffix: str = "") -> StoredSource:
    with store.writing() as connection:
        record_source(connection, BUILT_IN, item, suffix=suffix)
    return find_sources(store)[BUILT_IN.url + suffix]


def test_an_added_source_is_read_until_it_is_removed(store: Store) -> None:
    def urls() -> list[str]:
        return [source.url for source in active_sources([BUILT_IN], find_sources(store), kinds=[SourceKind.FEED])]

    assert urls() == [BUILT_IN.url]
    assert add_source(store, ADDED, now=NOW)
    assert not add_source(store, ADDED, now=NOW)
    assert sorted(urls()) == [BUILT_IN.url, ADDED.url]
    assert remove_source(store, ADDED, now=NOW)
    assert not remove_source(store, ADDED, now=NOW)
    assert urls() == [BUILT_IN.url]
    assert add_source(store, ADDED, now=NOW)
    assert sorted(urls()) == [BUILT_IN.url, ADDED.url]


def test_a_built_in_source_can_be_removed_and_added_again(store: Store) -> None:
    assert remove_source(store, BUILT_IN, now=NOW)
    assert active_sources([BUILT_IN], find_sources(store)) == []
    assert add_source(store, BUILT_IN, now=NOW)
    assert active_sources([BUILT_IN], find_sources(store)) == [BUILT_IN]


def test_a_source_that_is_added_again_after_its_removal_is_new(store: Store) -> None:
    add_source(store, ADDED, now=NOW)
    add_source(store, replace(ADDED, name="Another name"), now=NOW + HOUR)
    assert added_sources(store) == [(ADDED.url, ADDED.kind, NOW)]
    remove_source(store, ADDED, now=NOW)
    assert added_sources(store) == []
    add_source(store, ADDED, now=NOW + HOUR)
    assert added_sources(store) == [(ADDED.url, ADDED.kind, NOW + HOUR)]


def test_sources_of_other_kinds_are_left_to_other_spiders(store: Store) -> None:
    add_source(store, replace(ADDED, kind=SourceKind.PAGE), selector="main", now=NOW)
    assert active_sources([BUILT_IN], find_sources(store), kinds=[SourceKind.FEED]) == [BUILT_IN]
    assert find_sources(store)[ADDED.url].selector == "main"


def test_adding_a_source_again_changes_its_name_and_keeps_its_state(store: Store) -> None:
    store_report(store, report(etag='"1"'))
    assert add_source(store, replace(BUILT_IN, name="The blog"), now=NOW + HOUR)
    source = find_sources(store)[BUILT_IN.url]
    assert (source.name, source.etag, source.active, source.added_at) == ("The blog", '"1"', True, NOW)


def test_a_source_without_a_success_is_first(store: Store) -> None:
    failed = report(outcome=Outcome.FAILED, reason=Reason.BLOCKED, note="HTTP 403", paused_until=NOW + HOUR)
    source = store_report(store, failed)
    assert (source.is_first, source.reason, source.paused_until) == (True, Reason.BLOCKED, NOW + HOUR)
    source = store_report(store, report(NOW + HOUR, entries=10))
    assert (source.is_first, source.reason, source.note, source.paused_until) == (False, None, None, None)


def test_a_failure_keeps_what_the_next_conditional_request_needs(store: Store) -> None:
    store_report(store, report(etag='"1"', last_modified="Sun", text="text", entries=10))
    source = store_report(store, report(NOW + HOUR, outcome=Outcome.FAILED, reason=Reason.UNREACHABLE))
    assert (source.etag, source.last_modified, source.text, source.entries) == ('"1"', "Sun", "text", 10)
    assert (source.requested_at, source.succeeded_at) == (NOW + HOUR, NOW)


def test_the_sandbox_has_a_state_of_its_own(store: Store) -> None:
    store_report(store, report(etag='"simulated"'), SANDBOX)
    assert BUILT_IN.url not in find_sources(store)
    assert store_report(store, report(etag='"live"')).etag == '"live"'
    assert find_sources(store)[BUILT_IN.url + SANDBOX].etag == '"simulated"'
    assert active_sources([BUILT_IN], find_sources(store), kinds=[SourceKind.FEED]) == [BUILT_IN]

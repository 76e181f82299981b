"""The sentence of `scrapy watches add` and `import` about the first searches."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from scrapy.settings import Settings

from awardspider.commands._first_searches import first_reading, first_searches
from awardspider.items import SourceKind
from awardspider.outcomes import Reason
from awardspider.promotion_sources import built_in_sources
from awardspider.storage.programs import record_block
from awardspider.storage.promotion_sources import add_source
from awardspider.storage.schedule import ScheduleEntry, save_schedule_entries, schedule_entries
from awardspider.storage.scheduled_jobs import JobStatus, add_job, end_job, open_jobs, start_job, update_job
from awardspider.storage.services import ServiceName, start_service, stop_service
from awardspider.storage.store import Store
from awardspider.storage.watches import save_watches
from tests.support.memory_scrapyd import START
from tests.support.watch_examples import make_watch

MINUTE = timedelta(minutes=1)
NOW = START + 5 * MINUTE
UNITED = ScheduleEntry(name="united", spider="united", every_seconds=3600, max_seconds=3600)
WATCH = make_watch(name="Texas", programs=("united",))
NO_ENTRY = "No entry of the schedule can search for it: scrapy schedule list says why."


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """Return a database with a running scheduler, an entry that was started five minutes ago, and a new watch."""
    start_service(sqlite_store, ServiceName.SCHEDULER, version="1", now=NOW)
    save_schedule_entries(sqlite_store, [UNITED], now=START)
    (entry,) = schedule_entries(sqlite_store)
    job = start_job(sqlite_store, entry, due_at=START, host="h", job="j", now=START)
    assert job
    update_job(sqlite_store, job, submitted_at=START)
    save_watches(sqlite_store, [WATCH], now=NOW)
    return sqlite_store


def sentence(store: Store, *watches: str, **settings: str) -> str:
    values: dict[str, object] = {
        "AWARD_SANDBOX_URL": "http://127.0.0.1:1",
        "AWARD_DATA_DIR": "data",
        "AWARD_KEYS": {},
        "AWARD_ACCEPT_TERMS": "",
        "AWARD_BUDGET": "",
    }
    named = [replace(WATCH, name=name) for name in watches] or [WATCH]
    return first_searches(store, Settings(values | settings), named, NOW)


def end(store: Store) -> None:
    (job,) = open_jobs(store)
    end_job(store, job, JobStatus.SUCCEEDED, ended_at=NOW)


def test_the_first_searches_start_at_once_or_ten_minutes_after_the_last_start(store: Store) -> None:
    end(store)
    assert sentence(store) == "The schedule starts its first searches in 5 minutes, at 12:10 UTC."
    save_schedule_entries(store, [replace(UNITED, name="days")], now=NOW)
    assert sentence(store) == "The schedule starts its first searches within a minute."
    assert sentence(store, "a", "b") == "The schedule starts their first searches within a minute."


def test_a_crawl_that_was_started_after_the_watch_was_stored_includes_its_searches(store: Store) -> None:
    (job,) = open_jobs(store)
    update_job(store, job, submitted_at=NOW)
    assert sentence(store) == "The current crawl of united includes its first searches."
    assert sentence(store, "a", "b") == "The current crawl of united includes their first searches."


def test_a_crawl_of_one_route_is_for_no_watch(store: Store) -> None:
    end(store)
    one_route = replace(UNITED, name="united", arguments={"origin": "LAX", "destination": "AUS"})
    save_schedule_entries(store, [one_route], now=NOW)
    assert sentence(store) == NO_ENTRY
    save_schedule_entries(store, [replace(UNITED, name="watches"), one_route], now=NOW)
    job = add_job(store, one_route, due_at=NOW, host="h", job="k")
    update_job(store, job, submitted_at=NOW)
    assert sentence(store) == "The schedule starts its first searches after the current crawl of united."


def test_a_current_crawl_and_a_back_off_are_waited_for(store: Store) -> None:
    assert sentence(store) == "The schedule starts its first searches after the current crawl of united."
    end(store)
    until = NOW + 30 * MINUTE
    record_block(store, "united@sandbox", reason=Reason.BLOCKED, until_at_least=until, now=NOW)
    assert sentence(store) == "The schedule starts its first searches in 30 minutes, at 12:35 UTC."


def test_a_schedule_that_cannot_search_for_the_watch_is_named(store: Store) -> None:
    assert sentence(store, AWARD_SANDBOX_URL="") == NO_ENTRY
    save_schedule_entries(store, [replace(UNITED, active=False)], now=NOW)
    assert sentence(store) == NO_ENTRY


def test_without_a_scheduler_the_sentence_says_how_to_search(sqlite_store: Store) -> None:
    assert sentence(sqlite_store) == (
        "No scheduler is running: start it with scrapy up, or search for it once with scrapy crawlall."
    )


def test_a_new_source_is_read_by_the_schedule_or_by_hand(store: Store) -> None:
    by_hand = "Read it: scrapy crawl dealfeeds"
    feeds = ScheduleEntry(name="dealfeeds", spider="dealfeeds", every_seconds=6 * 3600, max_seconds=3600)
    save_schedule_entries(store, [feeds], now=START)
    entry = next(each for each in schedule_entries(store) if each.spider == "dealfeeds")
    job = start_job(store, entry, due_at=START, host="h", job="feeds", now=START)
    assert job
    update_job(store, job, submitted_at=START)
    assert first_reading(store, Settings(), "dealfeeds", NOW, NOW) == by_hand, "nothing is new"
    source = replace(next(iter(built_in_sources().values())), url="https://blog.example/feed", kind=SourceKind.FEED)
    add_source(store, source, now=NOW)
    sentence = "The schedule reads it in 5 minutes, at 12:10 UTC."
    assert first_reading(store, Settings(), "dealfeeds", NOW, NOW) == sentence
    update_job(store, job, submitted_at=NOW)
    assert first_reading(store, Settings(), "dealfeeds", NOW, NOW) == "The current crawl of dealfeeds reads it."
    update_job(store, job, submitted_at=START)
    later = NOW + 5 * MINUTE
    start_service(store, ServiceName.SCHEDULER, version="1", now=later)
    assert first_reading(store, Settings(), "dealfeeds", NOW, later) == "The schedule reads it within a minute."
    stop_service(store, ServiceName.SCHEDULER, later)
    update_job(store, job, submitted_at=NOW)
    assert first_reading(store, Settings(), "dealfeeds", NOW, later) == by_hand

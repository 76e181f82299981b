"""Calls that a program itself allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from awardspider.crawling.context import CrawlContext
from awardspider.outcomes import Reason
from awardspider.spiders.united import UnitedSpider

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def spider() -> UnitedSpider:
    united = UnitedSpider()
    united.now = lambda: NOW  # type: ignore[method-assign]
    return united


def test_requests_that_were_built_before_are_not_sent_after_the_last_call(spider: UnitedSpider) -> None:
    quota = spider.quota
    assert quota.use_call() is None, "without a report, calls are not limited"
    quota.update((2, 3600.0))
    assert [quota.use_call(), quota.use_call()] == [None, None]
    quota.update((7, 3600.0))  # a late response to an earlier request
    error = quota.use_call()
    assert error is not None
    assert (error.reason, "2026-11-22 13:00Z" in error.note) == (Reason.OUT_OF_BUDGET, True)
    spider.now = lambda: NOW + timedelta(hours=1)  # type: ignore[method-assign]
    assert quota.use_call() is None


@pytest.mark.parametrize("seconds", [-1e300, -1.0, 0.0, 1e300])
def test_any_number_of_seconds_is_a_valid_report(spider: UnitedSpider, seconds: float) -> None:
    spider.quota.update((0, seconds))
    assert spider.quota.calls_left is not None
    assert NOW <= spider.quota.calls_left[1] <= NOW + timedelta(days=31)


def test_the_budget_limits_the_searches_that_start_and_not_their_requests(spider: UnitedSpider) -> None:
    spider.context = CrawlContext(budget_left=1)
    assert spider.quota.check_search() is None
    spider.quota.searches_started = 1
    error = spider.quota.check_search()
    assert error is not None
    assert error.reason is Reason.OUT_OF_BUDGET
    assert spider.quota.check_request() is None

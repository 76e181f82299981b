"""Several Scrapyds: their addresses, credentials and states."""

from __future__ import annotations

import pytest

from awardspider.operations.scrapyd import JobState
from awardspider.operations.scrapyd_hosts import find_log, host_states, scrapyd_clients, server_of
from awardspider.outcomes import InvalidSetting, ScrapydError
from tests.support.memory_scrapyd import SCHEDULE_SETTINGS, MemoryScrapyd


def test_further_addresses_follow_that_of_the_schedule() -> None:
    hosts = "http://10.0.0.2:6800/, http://name:secret@10.0.0.3:6800 http://127.0.0.1:1"
    clients = scrapyd_clients(SCHEDULE_SETTINGS | {"AWARD_SCRAPYD_HOSTS": hosts})
    assert [client.url for client in clients] == [
        "http://127.0.0.1:1",
        "http://10.0.0.2:6800",
        "http://10.0.0.3:6800",
    ]


def test_an_invalid_address_is_not_quoted() -> None:
    with pytest.raises(InvalidSetting, match="AWARD_SCRAPYD_HOSTS contains an invalid address") as raised:
        scrapyd_clients(SCHEDULE_SETTINGS | {"AWARD_SCRAPYD_HOSTS": "name:secret@host"})
    assert "secret" not in str(raised.value)


def test_a_host_that_does_not_respond_has_an_error_and_no_jobs() -> None:
    working, stopped = MemoryScrapyd(states={"a": JobState.PENDING}), MemoryScrapyd(url="http://far:6800")
    stopped.stop()
    first, second = host_states([working, stopped])
    assert (first.is_reachable, first.counts[JobState.PENDING], first.version) == (True, 1, "r1")
    assert (second.is_reachable, second.jobs, second.error) == (False, (), "Scrapyd is not reachable")
    assert server_of([working, stopped], "http://far:6800") is stopped
    assert server_of([working, stopped], "http://gone:6800") is None


def test_a_log_is_found_on_any_host() -> None:
    first, second = MemoryScrapyd(), MemoryScrapyd(url="http://far:6800", logs={"job": "text"})
    assert find_log([first, second], "united", "job", 100) == "text"
    assert find_log([first, second], "united", "other", 100) is None
    first.stop()
    assert find_log([first, second], "united", "job", 100) == "text"
    with pytest.raises(ScrapydError):
        find_log([first, second], "united", "other", 100)

"""The pages of the schedule: entries, their form with its preview, and starts by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from awardspider.storage.accounts import Role
from awardspider.storage.schedule import ScheduleEntry, find_schedule_entry, save_schedule_entries, schedule_entries
from awardspider.storage.scheduled_jobs import JobStatus, add_job, end_job
from tests.support.memory_scrapyd import MemoryScrapyd
from tests.support.panel import NOW, Panel
from tests.support.panel_operations import use_scrapyds

UNITED = ScheduleEntry(name="united", spider="united", every_seconds=3600, max_seconds=7200)


@pytest.fixture
def server(panel: Panel) -> MemoryScrapyd:
    """Return the Scrapyd of the panel, whose schedule has one entry."""
    server = MemoryScrapyd()
    use_scrapyds(panel, server)
    save_schedule_entries(panel.store, [UNITED], now=NOW - timedelta(minutes=1))
    return server


@pytest.fixture
def operator(panel: Panel, server: MemoryScrapyd) -> TestClient:
    """Return a client of an operator."""
    return panel.signed_in(Role.OPERATOR)


def test_entries_show_when_they_start_and_how_the_last_start_ended(
    panel: Panel, server: MemoryScrapyd, operator: TestClient
) -> None:
    job = add_job(panel.store, UNITED, due_at=NOW, host=server.url, job="j")
    end_job(panel.store, job, JobStatus.FAILED, ended_at=NOW, note="blocked: 2 failed; 0 offers")
    page = operator.get("/schedule").text
    assert "every 1 hour" in page
    assert "blocked: 2 failed; 0 offers" in page
    assert "No scheduler is running" in page


def test_an_empty_schedule_offers_the_default_one(panel: Panel) -> None:
    use_scrapyds(panel, MemoryScrapyd())
    client = panel.signed_in(Role.OPERATOR)
    assert "Nothing is scheduled" in client.get("/schedule").text
    client.post("/schedule/import")
    assert {"prune", "backup", "american"} <= {entry.name for entry in schedule_entries(panel.store)}


def test_an_entry_is_added(panel: Panel, operator: TestClient) -> None:
    values = {"subject": "spider:delta", "name": "delta-days", "cron": "30 6 * * 1-5", "timezone": "America/New_York"}
    response = operator.post("/schedule/add", data=values | {"arguments": "detail=day\n"})
    assert response.headers["location"] == "/schedule?notice=entry_added"
    entry = find_schedule_entry(panel.store, "delta-days")
    assert entry is not None
    assert (entry.spider, entry.cron, entry.arguments) == ("delta", "30 6 * * 1-5", {"detail": "day"})


@pytest.mark.parametrize(
    ("values", "field", "problem"),
    [
        ({"subject": ""}, "subject", "choose a program or task"),
        ({"subject": "spider:untied"}, "subject", "did you mean united?"),
        ({"every": "often"}, "every", "must be a duration"),
        ({"every": "", "cron": "30 6"}, "cron", "5 fields"),
        ({"every": "6 h", "cron": "30 6 * * *"}, "cron", "remove it"),
        ({"every": "6 h", "timezone": "Europe/Berlin"}, "timezone", "only an entry with cron"),
        ({"every": "6 h", "arguments": "detail"}, "arguments", "one NAME=VALUE a line"),
        ({"every": ""}, "", "“Interval” or “Cron expression” is missing (for example “Interval”: 6 h)"),
        ({"every": "6 h", "name": "united"}, "", "there is an entry"),
    ],
)
def test_an_invalid_field_is_named(
    panel: Panel, operator: TestClient, values: dict[str, str], field: str, problem: str
) -> None:
    response = operator.post("/schedule/add", data={"subject": "spider:delta", "every": "6 h"} | values)
    assert response.status_code == 422
    assert problem in response.text
    assert (f'id="{field}-error"' in response.text) == bool(field)
    assert [entry.name for entry in schedule_entries(panel.store)] == ["united"]


def test_an_entry_is_changed_and_keeps_its_pause(panel: Panel, operator: TestClient) -> None:
    operator.post("/schedule/united/pause")
    page = operator.get("/schedule/united/edit").text
    assert 'value="1 h"' in page
    operator.post("/schedule/united/edit", data={"subject": "spider:united", "every": "6 h"})
    entry = find_schedule_entry(panel.store, "united")
    assert entry is not None
    assert (entry.every_seconds, entry.active) == (6 * 3600, False)
    operator.post("/schedule/united/resume")
    entry = find_schedule_entry(panel.store, "united")
    assert entry is not None
    assert entry.active


def test_an_entry_is_removed(panel: Panel, operator: TestClient) -> None:
    operator.post("/schedule/united/remove")
    assert schedule_entries(panel.store) == []
    assert operator.post("/schedule/united/remove").status_code == 404


def test_the_preview_shows_the_next_starts_in_the_zones(operator: TestClient) -> None:
    query = "subject=spider:delta&cron=30+6+*+*+1-5&timezone=America/New_York"
    page = operator.get(f"/schedule/preview?{query}").text
    assert page.count("<tr>") == 6
    assert "Mon, Nov 25, 2030, 11:30 UTC" in page
    assert "06:30 UTC-5" in page
    assert "5 fields" in operator.get("/schedule/preview?subject=spider:delta&cron=30").text


def test_the_form_shows_the_next_starts_without_a_script(panel: Panel, operator: TestClient) -> None:
    page = operator.post("/schedule/add", data={"subject": "task:prune", "every": "1 d", "preview": "1"}).text
    assert page.partition('id="preview"')[2].count("<tr>") == 6
    assert find_schedule_entry(panel.store, "prune") is None


def test_an_entry_starts_now_once(server: MemoryScrapyd, operator: TestClient) -> None:
    assert operator.post("/schedule/united/run").headers["location"] == "/schedule?notice=entry_started"
    response = operator.post("/schedule/united/run")
    assert response.status_code == 409
    assert "united is submitted already" in response.text
    assert len(server.calls) == 1


def test_members_do_not_see_the_schedule(panel: Panel, server: MemoryScrapyd) -> None:
    client = panel.signed_in(Role.MEMBER)
    assert client.get("/schedule").status_code == 403
    assert client.post("/schedule/united/remove").status_code == 403

"""The pages of runs: our records beside Scrapyd's lists, logs, start and cancel."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from awardspider.logs import masking
from awardspider.operations.scrapyd import JobState
from awardspider.outcomes import Outcome, Reason
from awardspider.storage.accounts import Role
from awardspider.storage.runs import end_run, start_run
from awardspider.storage.schedule import ScheduleEntry
from awardspider.storage.scheduled_jobs import JobStatus, add_job, end_job, recent_jobs
from tests.support.memory_scrapyd import MemoryScrapyd
from tests.support.panel import NOW, Panel
from tests.support.panel_operations import store_reports, store_run, use_scrapyds
from tests.support.storage_examples import make_report, make_search
from tests.support.stored_watches import store_watches

UNITED = ScheduleEntry(name="united", spider="united", every_seconds=3600, max_seconds=3600)


@pytest.fixture
def server(panel: Panel) -> MemoryScrapyd:
    """Return the Scrapyd of the panel."""
    server = MemoryScrapyd()
    use_scrapyds(panel, server, AWARD_SANDBOX_URL="http://127.0.0.1:1")
    return server


@pytest.fixture
def operator(panel: Panel, server: MemoryScrapyd) -> TestClient:
    """Return a client of an operator."""
    return panel.signed_in(Role.OPERATOR)


def test_jobs_and_runs_are_one_row(panel: Panel, server: MemoryScrapyd, operator: TestClient) -> None:
    store_run(panel.store, "united", NOW - timedelta(hours=1), job="job-1", found=3)
    start_run(panel.store, program="delta", spider="delta", job="job-2", arguments={"detail": "day"}, now=NOW)
    server.states |= {"job-1": JobState.FINISHED, "job-2": JobState.RUNNING, "job-3": JobState.PENDING}
    page = operator.get("/runs").text
    now, history = page.split("Ended runs</h2>")
    assert "Delta SkyMiles" in now
    assert "detail=day" in now
    assert "/runs/job-3" in now
    assert "1 pending, 1 running, 1 finished" in now
    assert "United MileagePlus" in history.partition("<tbody>")[2]


def test_an_unreachable_scrapyd_is_not_one_without_jobs(
    panel: Panel, server: MemoryScrapyd, operator: TestClient
) -> None:
    server.stop()
    store_run(panel.store, "united", NOW, found=3)
    page = operator.get("/runs").text
    assert "Its running jobs are unknown." in page
    assert "Running jobs are unknown: a Scrapyd server is not responding." in page
    assert "Nothing is running or waiting" not in page
    assert "United MileagePlus" in page


def test_each_configured_scrapyd_is_listed(panel: Panel) -> None:
    second = MemoryScrapyd(url="http://10.0.0.2:6800", states={"far": JobState.RUNNING})
    use_scrapyds(panel, MemoryScrapyd(), second)
    page = panel.signed_in(Role.OPERATOR).get("/runs").text
    assert "<h2>http://10.0.0.2:6800</h2>" in page
    assert "/runs/far/cancel" in page


def test_jobs_that_recorded_no_run_say_why(panel: Panel, server: MemoryScrapyd, operator: TestClient) -> None:
    job = add_job(panel.store, UNITED, due_at=NOW, host=server.url, job="crashed")
    end_job(panel.store, job, JobStatus.NOT_STARTED, ended_at=NOW, note="AWARD_BUDGET: <unknown> program")
    server.states["by-curl"] = JobState.FINISHED
    page = operator.get("/runs").text
    assert "AWARD_BUDGET: &lt;unknown&gt; program" in page
    assert "/runs/by-curl" in page
    assert "Not started" in operator.get("/runs/crashed").text


@pytest.mark.parametrize(
    ("query", "shown"),
    [("program=delta", {"delta"}), ("result=failed", {"delta"}), ("result=finished", {"united"}), ("host=moon", set())],
)
def test_filters(panel: Panel, operator: TestClient, query: str, shown: set[str]) -> None:
    runs = {
        "united": store_run(panel.store, "united", NOW, found=3),
        "delta": store_run(panel.store, "delta", NOW, reason="blocked", failed=2),
    }
    page = operator.get(f"/runs?{query}").text
    assert {program for program, run in runs.items() if f"/runs/{run}" in page} == shown


def test_a_failed_run_says_why_and_what_to_do(panel: Panel, operator: TestClient) -> None:
    run = store_run(panel.store, "delta", NOW, reason="blocked", failed=1)
    report = make_report(
        "s", search=make_search(program="delta"), outcome=Outcome.FAILED, reason=Reason.BLOCKED, offers=0
    )
    store_reports(panel.store, [report], run)
    page = operator.get(f"/runs/{run}").text
    assert "Why it failed: Blocked by the site" in page
    assert "Wait until the pause ends" in page
    assert f"/searches?run={run}&amp;reason=blocked" in page


def test_fields_that_all_offers_or_none_have_are_closed(
    panel: Panel, server: MemoryScrapyd, operator: TestClient
) -> None:
    run = start_run(panel.store, program="united", spider="united", job=None, arguments={}, now=NOW)
    coverage = {"day/seats": 0.4, "day/miles": 1.0, "day/stops": 0.0, "day/offers": 5.0}
    end_run(panel.store, run, finish_reason="finished", stats={}, now=NOW, field_coverage=coverage)
    shown, _, closed = operator.get(f"/runs/{run}").text.partition("Always filled: 1, never filled: 1")
    assert ("<code>seats" in shown, "<code>miles" in shown) == (True, False)
    assert ("<code>miles" in closed, "<code>stops" in closed) == (True, True)


def test_a_log_is_escaped_and_without_secrets(panel: Panel, server: MemoryScrapyd, operator: TestClient) -> None:
    run = store_run(panel.store, "united", NOW, job="job-1", found=1)
    masking.add_secret("sup3r-secret-value")
    server.logs["job-1"] = "INFO: <script>alert(1)</script> sup3r-secret-value\nhttps://me:passw0rd@example.org"
    server.states["job-1"] = JobState.FINISHED
    for address in (f"/runs/{run}", f"/runs/{run}/log"):
        page = operator.get(address).text
        assert "&lt;script&gt;" in page
        assert "sup3r" not in page
        assert "passw0rd" not in page
        assert "hx-get" not in page.partition('id="log"')[2].partition(">")[0]
    file = operator.get(f"/runs/{run}/log.txt")
    assert file.headers["content-type"].startswith("text/plain")
    assert "attachment" in file.headers["content-disposition"]
    assert "sup3r" not in file.text


def test_the_log_of_a_running_job_is_followed(panel: Panel, server: MemoryScrapyd, operator: TestClient) -> None:
    server.states["job-1"] = JobState.RUNNING
    server.logs["job-1"] = "INFO: begins"
    assert 'hx-trigger="every 3s"' in operator.get("/runs/job-1").text
    server.stop()
    start_run(panel.store, program="united", spider="united", job="job-2", arguments={}, now=NOW)
    assert "Scrapyd is not reachable" in operator.get("/runs/job-2").text


def test_a_start_with_arguments_reaches_scrapyd(panel: Panel, server: MemoryScrapyd, operator: TestClient) -> None:
    values = {"spider": "delta", "origin": "LAX", "destination": "JFK", "dates": "+30..+60", "detail": "day"}
    response = operator.post("/runs/start", data=values)
    ((spider, arguments, job),) = server.calls
    assert response.headers["location"] == f"/runs/{job}?notice=run_started"
    assert (spider, arguments) == ("delta", {key: value for key, value in values.items() if key != "spider"})
    assert "started by hand" in operator.get(f"/runs/{job}").text


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"spider": ""}, "choose a program"),
        ({"spider": "delta", "origin": "LAX"}, "destination"),
        ({"spider": "delta", "origin": "LAX", "destination": "JFK", "dates": "soon"}, "soon"),
        ({"spider": "ecb", "origin": "LAX"}, "ecb has no arguments"),
        ({"spider": "delta", "detail": "some"}, "detail is"),
        ({"spider": "delta"}, "no active watch needs Delta SkyMiles"),
        ({"spider": "smiles", "origin": "LAX", "destination": "GRU", "dates": "2031-03"}, "its key is missing"),
    ],
)
def test_an_invalid_start_is_explained_and_keeps_the_form(
    server: MemoryScrapyd, operator: TestClient, values: dict[str, str], problem: str
) -> None:
    response = operator.post("/runs/start", data=values)
    assert response.status_code == 422
    assert problem in response.text
    assert f'value="{values["spider"]}" selected' in response.text or not values["spider"]
    assert server.calls == []


def test_two_starts_of_a_program_do_not_collide(panel: Panel, server: MemoryScrapyd, operator: TestClient) -> None:
    store_watches(panel.store, "Texas", programs=("united",))
    assert operator.post("/runs/start", data={"spider": "united"}).status_code == 303
    response = operator.post("/runs/start", data={"spider": "united"})
    assert response.status_code == 422
    assert "was started a moment ago" in response.text
    assert len(server.calls) == 1


def test_all_programs_that_watches_need_are_started(panel: Panel, server: MemoryScrapyd, operator: TestClient) -> None:
    store_watches(panel.store, "Texas", programs=("united", "delta"))
    start_run(panel.store, program="delta", spider="delta", job=None, arguments={}, now=NOW)
    page = operator.post("/runs/start-needed").text
    assert [call[0] for call in server.calls] == ["united"]
    assert "1 program was started" in page
    assert "it runs already" in page


def test_without_a_scrapyd_the_form_says_so(server: MemoryScrapyd, operator: TestClient) -> None:
    server.stop()
    page = operator.get("/runs/start").text
    assert "Scrapyd is unavailable: Scrapyd is not reachable." in page
    assert page.count("disabled") == 2


def test_a_running_job_is_canceled_after_a_confirmation(
    panel: Panel, server: MemoryScrapyd, operator: TestClient
) -> None:
    run = start_run(panel.store, program="united", spider="united", job="job-1", arguments={}, now=NOW)
    server.states["job-1"] = JobState.RUNNING
    assert "What it has found is stored" in operator.get(f"/runs/{run}/cancel").text
    assert server.canceled == []
    response = operator.post(f"/runs/{run}/cancel")
    assert response.headers["location"] == f"/runs/{run}?notice=run_canceled"
    assert server.canceled == [("job-1", "TERM")]


def test_a_canceled_job_that_has_not_started_is_not_started_again(
    panel: Panel, server: MemoryScrapyd, operator: TestClient
) -> None:
    add_job(panel.store, UNITED, due_at=NOW, host=server.url, job="waiting")
    server.states["waiting"] = JobState.PENDING
    operator.post("/runs/waiting/cancel")
    (job,) = recent_jobs(panel.store, limit=5)
    assert (job.status, job.note) == (JobStatus.CANCELED, "canceled before it started")


def test_an_ended_run_cannot_be_canceled(panel: Panel, server: MemoryScrapyd, operator: TestClient) -> None:
    run = store_run(panel.store, "united", NOW, job="job-1", found=1)
    server.states["job-1"] = JobState.FINISHED
    assert "cannot be canceled here" in operator.get(f"/runs/{run}/cancel").text
    assert operator.post(f"/runs/{run}/cancel").status_code == 400
    assert server.canceled == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_only_operators_see_runs(panel: Panel, server: MemoryScrapyd, role: Role) -> None:
    client = panel.signed_in(role)
    assert client.get("/runs").status_code == 403
    assert client.post("/runs/start", data={"spider": "united"}).status_code == 403
    assert server.calls == []


def test_an_empty_database_says_what_to_do(operator: TestClient) -> None:
    page = operator.get("/runs").text
    assert "No runs yet" in page
    assert "Nothing is running or waiting" in page

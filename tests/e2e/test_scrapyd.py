"""The project on a real Scrapyd: deployed, scheduled, seen and canceled in its web UI, and all of it recorded.

Scrapyd runs with deploy/scrapyd.conf in its own folder, so it can import the project only from the egg.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from awardspider.crawling.browser import launch_options
from awardspider.operations.deployment import _remove_later_versions, _upload, remove_old_versions
from awardspider.operations.scrapyd import JobState, ScrapydClient
from awardspider.outcomes import InvalidArgument, ScrapydError, ScrapydFailure
from awardspider.programs import programs
from awardspider.promotion_sources import source_spiders
from awardspider.storage.run_listing import RunRow, find_run
from awardspider.storage.store import open_store
from tests.support.paths import ROOT
from tests.support.sandbox_server import sandbox
from tests.support.scrapyd_server import NAME, PASSWORD, SCRIPTS, ScrapydServer, scrapyd_server, small_egg
from tests.support.waiting import wait_until

SPIDERS = sorted([*programs(), *source_spiders(), "ecb"])
ROUTE = {"origin": "LAX", "destination": "AUS", "dates": "+30..+60", "detail": "day"}
#: Thousands of searches, so that a job runs until it is stopped.
MANY_ROUTES = {"origin": "LAX,SFO,JFK,ORD", "destination": "LHR,CDG,NRT,AUS,MIA", "dates": "+1..+300"}
ACCESS = {"SCRAPYD_USERNAME": NAME, "SCRAPYD_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def scrapyd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScrapydServer]:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"  # the job's clock is the real one
    folder = tmp_path_factory.mktemp("scrapyd")
    with sandbox(seed=7, clock=now) as simulated, scrapyd_server(folder, AWARD_SANDBOX_URL=simulated.url) as running:
        yield running


@pytest.fixture(scope="module")
def deployed(scrapyd: ScrapydServer) -> str:
    """Deploy the project with `scrapy deploy`, and return its version on Scrapyd."""
    deployment = json.loads(scrapy(scrapyd, "deploy", "--json").stdout)
    assert deployment["spiders"] == SPIDERS
    assert (deployment["unchanged"], deployment["removed"]) == (False, [])
    return str(deployment["version"])


def scrapy(scrapyd: ScrapydServer, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command of the project; the address ends with a slash, as people write it."""
    environment = {"AWARD_SCRAPYD_URL": f"{scrapyd.url}/", "AWARD_DATA_DIR": str(scrapyd.data), **ACCESS}
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def run_of(scrapyd: ScrapydServer, job: str) -> RunRow | None:
    """Return the run of a job, as `scrapy runs show` finds it."""
    with closing(open_store("", scrapyd.data)) as store:
        return find_run(store, job, datetime.now(UTC))


def stored_searches(scrapyd: ScrapydServer, job: str) -> int:
    """Return the number of searches of a job that are stored."""
    with closing(sqlite3.connect(scrapyd.data / "awardspider.db")) as database:
        query = "SELECT count(*) FROM searches WHERE run_id IN (SELECT id FROM runs WHERE job = ?)"
        count: int = database.execute(query, (job,)).fetchone()[0]
        return count


def start_long_job(scrapyd: ScrapydServer, job: str, **options: Any) -> None:
    """Start a job that runs until it is stopped, and wait until it has stored searches."""
    scrapyd.client.schedule("united", MANY_ROUTES, job=job, **options)
    scrapyd.wait_for(job, JobState.RUNNING)
    wait_until(lambda: (scrapyd.data / "awardspider.db").exists() and stored_searches(scrapyd, job) > 0, 120)


# ---- access ------------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_refused(scrapyd: ScrapydServer) -> None:
    assert scrapyd.client.status().running >= 0
    for username, password in ((NAME, "wrong"), ("", "")):
        with pytest.raises(ScrapydError, match="refused the name or password") as refused:
            ScrapydClient(scrapyd.url, username, password).status()
        assert refused.value.failure is ScrapydFailure.REFUSED


def test_a_server_that_is_not_scrapyd_is_recognized(scrapyd: ScrapydServer) -> None:
    with pytest.raises(ScrapydError, match="not as Scrapyd does"):
        ScrapydClient(f"{scrapyd.url}/logs", NAME, PASSWORD).status()


# ---- versions ----------------------------------------------------------------------------------------------------


def test_the_same_code_is_not_deployed_again(scrapyd: ScrapydServer, deployed: str) -> None:
    shown = scrapy(scrapyd, "deploy").stdout
    assert shown == f"Version {deployed} has been deployed before on {scrapyd.url}, with {len(SPIDERS)} spiders.\n"
    assert scrapyd.client.versions() == [deployed]


def test_an_egg_that_does_not_work_never_stays_the_newest(scrapyd: ScrapydServer, deployed: str) -> None:
    """Scrapyd responds with HTTP 200 and an error, but has stored the egg, which jobs would run from then on."""
    client = scrapyd.client
    bad, version = small_egg("import missing_library\n"), "29991231T000000-bad"
    with pytest.raises(ScrapydError, match="ModuleNotFoundError: No module named 'missing_library'") as failed:
        client.add_version(version, bad)
    assert failed.value.failure is ScrapydFailure.ERROR
    assert client.versions() == [deployed, version]
    with pytest.raises(ScrapydError, match="missing_library"):
        client.schedule("united", ROUTE)
    client.delete_version(version)

    with pytest.raises(ScrapydError, match="missing_library"):
        _upload(client, version, bad)
    assert client.versions() == [deployed]
    assert client.spiders() == SPIDERS


def test_versions_of_other_programs_that_sort_last_are_removed(scrapyd: ScrapydServer, deployed: str) -> None:
    """Scrapyd runs the version that sorts last, which is not the latest one."""
    client = scrapyd.client
    client.add_version("test-1", small_egg())
    assert client.versions() == [deployed, "test-1"]
    assert _remove_later_versions(client, deployed) == ["test-1"]
    assert client.versions() == [deployed]


def test_scrapyd_deploy_and_scrapyd_client_work_with_the_target_in_scrapy_cfg(
    scrapyd: ScrapydServer, deployed: str, tmp_path: Path
) -> None:
    (tmp_path / "small.egg").write_bytes(small_egg())
    text = (ROOT / "scrapy.cfg").read_text()
    assert "http://127.0.0.1:6800" in text
    (tmp_path / "scrapy.cfg").write_text(text.replace("http://127.0.0.1:6800", scrapyd.url))

    def run(program: str, *arguments: str, password: str = PASSWORD, code: int = 0) -> str:
        environment = {"PATH": os.environ["PATH"], **ACCESS, "SCRAPYD_PASSWORD": password}
        command = [SCRIPTS / program, *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "401" in run("scrapyd-deploy", "local", "--egg", "small.egg", password="wrong", code=1)
    assert '"status": "ok"' in run("scrapyd-deploy", "local", "--egg", "small.egg", "--version", "1795999999")
    assert scrapyd.client.versions() == ["1795999999", deployed]
    scrapyd.client.delete_version("1795999999")
    assert run("scrapyd-client", "projects", "-t", "local").split() == ["awardspider"]
    assert run("scrapyd-client", "spiders", "-t", "local", "-p", "awardspider").split() == ["awardspider:", *SPIDERS]
    arguments = ("--arg", "origin=LAX", "--arg", "destination=AUS", "--arg", "dates=2020-01")
    scheduled = run("scrapyd-client", "schedule", "-t", "local", "-p", "awardspider", *arguments, "delta")
    job = scheduled.split()[-1]
    assert scrapyd.job(job)
    scrapyd.client.cancel(job)


def test_no_target_ends_with_a_slash() -> None:
    """scrapyd-client appends a slash of its own."""
    for path in (ROOT / "scrapy.cfg", *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"):
        assert not re.search(r"^url\s*=.*/$", path.read_text(encoding="utf-8"), re.MULTILINE), path


# ---- jobs --------------------------------------------------------------------------------------------------------


def test_a_job_started_with_curl_runs_from_the_egg_and_is_recorded(
    scrapyd: ScrapydServer, deployed: str, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login {NAME} password {PASSWORD}\n")
    arguments = [word for name, value in ROUTE.items() for word in ("--data-urlencode", f"{name}={value}")]
    command = ["curl", "-sS", "--fail", "--netrc-file", netrc, f"{scrapyd.url}/schedule.json", *arguments]
    command += ["-d", "project=awardspider", "-d", "spider=united"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    job = json.loads(done.stdout)["jobid"]
    scrapyd.wait_for(job, JobState.FINISHED)
    log = scrapyd.job_log("united", job)
    assert "Spider closed (finished)" in log, f"{scrapyd.log}\n{log}"
    assert "Traceback" not in log, log
    assert "Messages at the end of the crawl: none were due" in log

    run = run_of(scrapyd, job)
    assert run
    first = next(line for line in log.splitlines() if "[awardspider" in line and "Migrated" not in line)
    assert first.endswith(f"INFO: Run {run.run_id} of united as Scrapyd job {job}, code {deployed}")
    assert (run.finish_reason, run.code_version, run.failed) == ("finished", deployed, 0)
    assert run.found >= 1
    assert run.offers >= 1
    assert run.arguments == ROUTE
    assert stored_searches(scrapyd, job) == run.found + run.empty

    tail = scrapyd.client.log_tail("united", job, size=300)
    assert tail
    assert log.endswith(tail)
    assert 0 < len(tail.encode()) <= 300
    assert scrapyd.client.log_tail("united", job, size=10_000_000) == log
    assert scrapyd.client.log_tail("united", "no-such-job") is None
    (scrapyd.folder / "logs/awardspider/united/empty.log").touch()
    assert scrapyd.client.log_tail("united", "empty") == ""


@pytest.mark.usefixtures("deployed")
def test_a_job_that_crashes_at_its_start_is_listed_as_finished_but_has_no_run(scrapyd: ScrapydServer) -> None:
    job = scrapyd.client.schedule("united", {"origin": "LAX"}, job="crashed-1")
    assert job == "crashed-1"
    assert scrapyd.wait_for(job, JobState.FINISHED).spider == "united"
    assert run_of(scrapyd, job) is None
    reason = "The crawl of united did not start: destination is missing (for example TYO)"
    assert reason in (scrapyd.client.log_tail("united", job) or "")


@pytest.mark.usefixtures("deployed")
def test_errors_in_the_body_are_errors(scrapyd: ScrapydServer) -> None:
    client = scrapyd.client
    with pytest.raises(ScrapydError, match="Scrapyd responded: spider 'nobody' not found"):
        client.schedule("nobody", {})
    with pytest.raises(ScrapydError, match="Scrapyd responded: version 'r0' not found"):
        client.schedule("united", {}, version="r0")
    with pytest.raises(ScrapydError, match="version 'r0' not found"):
        client.delete_version("r0")
    with pytest.raises(InvalidArgument, match="'jobid' is reserved"):
        client.schedule("united", {"jobid": "1"})
    with pytest.raises(InvalidArgument, match="invalid job id"):
        client.schedule("united", {}, job="../1")
    assert client.cancel("no-such-job") is None


@pytest.mark.browser
def test_a_job_is_seen_and_canceled_in_the_web_ui(scrapyd: ScrapydServer, deployed: str, tmp_path: Path) -> None:
    """The versions of running jobs are kept meanwhile."""
    client = scrapyd.client
    start_long_job(scrapyd, "canceled-1", version=deployed)
    for number in range(1, 4):
        client.add_version(f"2999010{number}T000000-small", small_egg())
    assert remove_old_versions(client, keep=1) == ["29990101T000000-small", "29990102T000000-small"]
    assert client.versions() == [deployed, "29990103T000000-small"]
    client.delete_version("29990103T000000-small")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(**launch_options({"AWARD_CHROMIUM": ""})) as chrome,
    ):
        page = chrome.new_page(http_credentials={"username": NAME, "password": PASSWORD})
        page.goto(scrapyd.url)
        page.get_by_role("link", name="Jobs").click()
        row = page.get_by_role("row").filter(has_text="canceled-1")
        assert row.count() == 1
        page.screenshot(path=os.environ.get("SCRAPYD_SCREENSHOT") or tmp_path / "jobs.png", full_page=True)
        page.on("dialog", lambda dialog: dialog.accept())
        row.get_by_role("button", name="Cancel").click()
        page.wait_for_url("**/cancel.json")
        assert json.loads(page.locator("pre").inner_text())["prevstate"] == "running"
    scrapyd.wait_for("canceled-1", JobState.FINISHED)
    run = run_of(scrapyd, "canceled-1")
    assert run
    assert run.finish_reason == "shutdown"
    assert run.offers > 0


@pytest.mark.usefixtures("deployed")
def test_a_job_that_is_canceled_at_its_start_ends_in_order(scrapyd: ScrapydServer) -> None:
    """Its run is recorded before Scrapy can close the spider."""
    scrapyd.client.schedule("united", MANY_ROUTES, job="early-1")
    scrapyd.wait_for("early-1", JobState.RUNNING)
    wait_until(lambda: (scrapyd.data / "awardspider.db").exists() and run_of(scrapyd, "early-1") is not None, 120)
    assert scrapyd.client.cancel("early-1") is JobState.RUNNING
    scrapyd.wait_for("early-1", JobState.FINISHED)
    run = run_of(scrapyd, "early-1")
    assert run
    assert run.finish_reason == "shutdown"

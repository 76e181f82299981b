"""A disk that fills while a crawl runs: one error line, and an end that says what happened."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from tests.support.crawls import TIMEOUT_SECONDS, Workspace
from tests.support.paths import ROOT

LIMIT = 700_000  # bytes of a file; more than the empty database has


@pytest.mark.parametrize("retention", ["off", "1 day, 10 MB"], ids=["database", "database and archive"])
def test_a_disk_that_fills_is_reported_in_one_line(workspace: Workspace, retention: str) -> None:
    workspace.store().close()  # the tables exist
    arguments = ["-a", "origin=LAX,SFO", "-a", "destination=AUS,LHR,NRT", "-a", "dates=+20..+200", "-a", "detail=day"]
    crawled = subprocess.run(
        [sys.executable, "-m", "scrapy", "crawl", "united", *arguments],
        cwd=ROOT,
        env=workspace.environment | {"AWARD_RESPONSE_RETENTION": retention},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
        # A limit on the size of files has the effect of a full disk.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT)),
    )
    assert crawled.returncode == 1
    (error,) = [line for line in crawled.stderr.splitlines() if "ERROR" in line and "log_count" not in line]
    assert "Storage failed, closing the spider: the database" in error
    assert "Traceback" not in crawled.stderr
    assert "Spider closed (storage_failed)" in crawled.stderr
    (run,) = workspace.runs
    assert run["finish_reason"] in (None, "storage_failed")

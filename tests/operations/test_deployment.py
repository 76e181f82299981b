"""Versions of the code, the time that orders them on Scrapyd, and the versions that jobs still need."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scrapyd.eggstorage import sorted_versions

from awardspider.operations.deployment import (
    _next_stamp,
    _versions_since,
    code_version,
    deployed_code,
    remove_old_versions,
)
from awardspider.operations.scrapyd import JobState, ScrapydClient, ScrapydJob

NOW = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the folder of a small project without git."""
    (tmp_path / "awardspider/sandbox").mkdir(parents=True)
    (tmp_path / "awardspider/spider.py").write_text("one = 1\n")
    (tmp_path / "awardspider/sandbox/site.py").write_text("two = 2\n")
    (tmp_path / "setup.py").write_text("from setuptools import setup\n")
    return tmp_path


def git(project: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)


def commit_all(project: Path) -> None:
    git(project, "add", "-A")
    git(project, "commit", "--allow-empty", "-m", "Change")


def test_the_version_counts_the_commits_and_names_the_commit(project: Path) -> None:
    git(project, "init")
    commit_all(project)
    first = code_version(project)
    commit_all(project)
    second = code_version(project)
    assert first.startswith("r1-g")
    assert second.startswith("r2-g")
    assert first[3:] != second[3:]


def test_changes_that_are_not_committed_are_part_of_the_version(project: Path) -> None:
    git(project, "init")
    commit_all(project)
    clean = code_version(project)
    (project / "awardspider/spider.py").write_text("one = 11\n")
    changed = code_version(project)
    (project / "awardspider/new.py").write_text("")
    added = code_version(project)
    assert changed.startswith(f"{clean}-dirty-")
    assert added.startswith(f"{clean}-dirty-")
    assert added != changed
    (project / "awardspider/new.py").unlink()
    (project / "awardspider/spider.py").write_text("one = 1\n")
    assert code_version(project) == clean


def test_changes_of_files_that_are_not_deployed_are_not(project: Path) -> None:
    git(project, "init")
    commit_all(project)
    clean = code_version(project)
    (project / "README.md").write_text("text")
    (project / "awardspider/sandbox/site.py").write_text("three = 3\n")
    assert code_version(project) == clean


def test_without_git_the_version_is_a_hash_of_the_content(project: Path) -> None:
    first = code_version(project)
    assert first.startswith("c-")
    assert code_version(project) == first
    (project / "awardspider/sandbox/site.py").write_text("three = 3\n")
    assert code_version(project) == first
    (project / "awardspider/spider.py").rename(project / "awardspider/other.py")
    assert code_version(project) != first


def test_before_the_first_commit_the_version_is_a_hash_of_the_content(project: Path) -> None:
    version = code_version(project)
    git(project, "init")
    git(project, "add", "-A")
    assert code_version(project) == version


def test_a_repository_around_the_project_is_not_the_projects(project: Path) -> None:
    inner = project / "copies/inner"
    inner.parent.mkdir()
    (project / "awardspider").rename(project / "package")
    git(project, "init")
    commit_all(project)
    inner.mkdir()
    (inner / "setup.py").write_text("from setuptools import setup\n")
    assert code_version(inner).startswith("c-")


def test_a_later_deployment_sorts_last_for_scrapyd() -> None:
    """Also after going back to an older commit, on a clock that was set back, and beside names of scrapyd-deploy."""
    earlier = ["20261130T055959-r1000-g1a2b3c4d", "20261130T060000-r999-g1a2b3c4d-dirty-0123456789ab", "1795999999"]
    for now in (NOW, NOW.replace(year=2020)):
        version = f"{_next_stamp(earlier, now)}-r2-g00000000"
        assert sorted_versions([version, *earlier])[-1] == version
        assert deployed_code(version) == "r2-g00000000"


def test_a_version_that_another_program_deployed_is_its_own_code() -> None:
    assert deployed_code("1795999999") == "1795999999"


@pytest.mark.parametrize(
    ("started_at", "needed"),
    [
        ("2026-11-29 12:00:00", ["20261128T060000-a", "20261129T060000-b", "20261130T060000-c"]),
        ("2026-12-01 12:00:00", ["20261130T060000-c"]),
        ("2026-11-26 12:00:00", ["20261127T060000-z", "20261128T060000-a", "20261129T060000-b", "20261130T060000-c"]),
    ],
)
def test_a_running_job_needs_the_version_that_was_the_newest_at_its_start(started_at: str, needed: list[str]) -> None:
    """Scrapyd's times have no zone, so the version of 14 hours earlier counts, and all later ones."""
    versions = ["20261127T060000-z", "20261128T060000-a", "20261129T060000-b", "20261130T060000-c"]
    start = datetime.fromisoformat(started_at)
    job = ScrapydJob(id="1", spider="united", state=JobState.RUNNING, started_at=start)
    assert list(_versions_since(versions, job)) == needed


class Jobs(ScrapydClient):
    """A client of a Scrapyd with four versions and some jobs, which records what it deletes."""

    def __init__(self, *jobs: ScrapydJob, url: str = "http://127.0.0.1:6800") -> None:
        super().__init__(url)
        self._jobs = list(jobs)
        self.stored = [f"2026112{day}T060000-r{day}" for day in range(1, 5)]

    def jobs(self) -> list[ScrapydJob]:
        return self._jobs

    def versions(self) -> list[str]:
        return self.stored.copy()

    def delete_version(self, version: str) -> None:
        self.stored.remove(version)


def job(state: JobState, **fields: object) -> ScrapydJob:
    return ScrapydJob(id="1", spider="united", state=state, **fields)  # type: ignore[arg-type]


def test_the_newest_versions_are_kept() -> None:
    client = Jobs(job(JobState.FINISHED))
    assert remove_old_versions(client, keep=3) == ["20261121T060000-r1"]
    assert remove_old_versions(client, keep=1) == ["20261122T060000-r2", "20261123T060000-r3"]
    assert remove_old_versions(client, keep=1) == []


def test_versions_of_waiting_jobs_are_kept() -> None:
    """A job that waits without a version will run the newest one."""
    client = Jobs(job(JobState.PENDING, version="20261122T060000-r2"), job(JobState.PENDING))
    assert remove_old_versions(client, keep=1) == ["20261121T060000-r1", "20261123T060000-r3"]


def test_the_version_in_the_command_line_of_a_job_is_kept() -> None:
    code = "input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "-a", "_version=20261121T060000-r1"], stdin=subprocess.PIPE
    ) as process:
        running = job(JobState.RUNNING, pid=process.pid, started_at=datetime(2026, 11, 25))  # noqa: DTZ001
        local, remote = Jobs(running), Jobs(running, url="http://scrapyd:6800")
        assert remove_old_versions(local, keep=1) == ["20261122T060000-r2", "20261123T060000-r3"]
        # Elsewhere, the process with this number is another one.
        assert remove_old_versions(remote, keep=1) == ["20261121T060000-r1", "20261122T060000-r2", "20261123T060000-r3"]
        process.communicate(b"\n")


def test_in_doubt_all_versions_of_the_time_of_a_job_are_kept() -> None:
    client = Jobs(job(JobState.RUNNING, pid=2**22 + 1, started_at=datetime(2026, 11, 23, 8)))  # noqa: DTZ001
    assert remove_old_versions(client, keep=1) == ["20261121T060000-r1"]

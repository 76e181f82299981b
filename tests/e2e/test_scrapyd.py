"""The project as an egg on a real Scrapyd: deployed with scrapyd-deploy and run as a job against the sandbox.

Scrapyd runs with deploy/scrapyd.conf in its own folder, so it can import the project only from the egg.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sysconfig
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from awardspider.programs import programs
from awardspider.promotion_sources import source_spiders
from tests.support.paths import ROOT
from tests.support.sandbox_server import sandbox

SCRIPTS = Path(sysconfig.get_path("scripts"))
NAME, PASSWORD = "awards", "right-horse"
SPIDERS = sorted([*programs(), *source_spiders(), "ecb"])


@dataclass
class Scrapyd:
    """A running Scrapyd and its folder."""

    url: str
    folder: Path
    client: requests.Session

    def get(self, call: str, auth: tuple[str, str] | None = (NAME, PASSWORD), **arguments: str) -> requests.Response:
        return self.client.get(f"{self.url}/{call}.json", params=arguments, auth=auth, timeout=60)

    def post(self, call: str, **arguments: str) -> Any:
        return self.client.post(f"{self.url}/{call}.json", data=arguments, auth=(NAME, PASSWORD), timeout=60).json()

    @property
    def log(self) -> str:
        """Return the log of Scrapyd and the stderr of its jobs, without the lines about our requests."""
        lines = (self.folder / "scrapyd.log").read_text(encoding="utf-8").splitlines()
        return "\n".join(line for line in lines if "HTTP/1.1" not in line)


def wait_until(seconds: float, condition: Callable[[], bool]) -> None:
    """Wait until other processes have made a condition true, up to so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def scrapyd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    folder = tmp_path_factory.mktemp("scrapyd")
    shutil.copy(ROOT / "deploy/scrapyd.conf", folder)
    port = free_port()
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"  # the job's clock is the real one
    with (
        sandbox(seed=7, clock=now) as simulated,
        (folder / "scrapyd.log").open("w") as log,
        requests.Session() as client,
    ):
        client.trust_env = False  # a configured proxy must not handle requests to this machine
        process = subprocess.Popen(
            [SCRIPTS / "scrapyd", "--pidfile="],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "SCRAPYD_HTTP_PORT": str(port),
                "SCRAPYD_USERNAME": NAME,
                "SCRAPYD_PASSWORD": PASSWORD,
                "AWARD_SANDBOX_URL": simulated.url,
                "AWARD_DATA_DIR": str(folder / "data"),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        running = Scrapyd(f"http://127.0.0.1:{port}", folder, client)

        def accepts_connections() -> bool:
            assert process.poll() is None, running.log
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        try:
            wait_until(30, accepts_connections)
            yield running
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def project(scrapyd: Scrapyd, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the files that are deployed, with the Scrapyd of these tests as the target in scrapy.cfg."""
    copy = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "awardspider", copy / "awardspider")
    for name in ("setup.py", "pyproject.toml", "scrapy.cfg", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    config = copy / "scrapy.cfg"
    text = config.read_text()
    assert "http://127.0.0.1:6800" in text
    config.write_text(text.replace("http://127.0.0.1:6800", scrapyd.url))
    return copy


def deploy(project: Path, *arguments: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPTS / "scrapyd-deploy", *arguments],
        cwd=project,
        env={"PATH": os.environ["PATH"], "SCRAPYD_USERNAME": NAME, "SCRAPYD_PASSWORD": password},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def deployed(scrapyd: Scrapyd, project: Path) -> str:
    """Deploy the project and return its version on Scrapyd."""
    done = deploy(project, "local", "--version", "test-1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"spiders": ' in done.stdout, done.stdout
    return "test-1"


def test_a_wrong_password_is_refused(scrapyd: Scrapyd, project: Path) -> None:
    assert scrapyd.get("daemonstatus").status_code == 200
    assert scrapyd.get("daemonstatus", auth=(NAME, "wrong")).status_code == 401
    assert scrapyd.get("daemonstatus", auth=None).status_code == 401
    refused = deploy(project, "local", password="wrong")
    assert refused.returncode == 1
    assert "401" in refused.stderr


def test_the_egg_has_all_files_of_the_package_except_the_sandbox(project: Path) -> None:
    built = deploy(project, "--build-egg", "project.egg")
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(project / "project.egg") as egg:
        inside = {name for name in egg.namelist() if name.startswith("awardspider/") and not name.endswith(".pyc")}
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "awardspider").rglob("*") if path.is_file()}
    assert inside == {
        name for name in ours if not name.endswith(".pyc") and not name.startswith("awardspider/sandbox/")
    }
    assert "awardspider/programs.toml" in inside


@pytest.mark.usefixtures("deployed")
def test_scrapyd_finds_the_spiders(scrapyd: Scrapyd) -> None:
    spiders = scrapyd.get("listspiders", project="awardspider").json()["spiders"]
    assert spiders == SPIDERS


def test_a_job_runs_from_the_egg_and_is_recorded(scrapyd: Scrapyd, deployed: str) -> None:
    scheduled = scrapyd.post(
        "schedule",
        project="awardspider",
        spider="united",
        _version=deployed,
        origin="LAX",
        destination="AUS",
        dates="+30..+60",
        detail="day",
    )
    assert scheduled["status"] == "ok", scheduled
    job = scheduled["jobid"]

    def finished() -> bool:
        jobs = scrapyd.get("listjobs", project="awardspider").json()["finished"]
        return any(each["id"] == job for each in jobs)

    wait_until(120, finished)
    log = (scrapyd.folder / f"logs/awardspider/united/{job}.log").read_text(encoding="utf-8")
    assert "Spider closed (finished)" in log, f"{scrapyd.log}\n{log}"
    assert "Traceback" not in log, log
    assert "Messages at the end of the crawl: none were due" in log

    with closing(sqlite3.connect(scrapyd.folder / "data/awardspider.db")) as database:
        query = "SELECT id, program, finish_reason, found, failed, offers FROM runs WHERE job = ?"
        run, program, reason, found, failed, offers = database.execute(query, (job,)).fetchone()
        assert (program, reason, failed) == ("united", "finished", 0)
        assert found >= 1
        assert offers >= 1
        searches = database.execute(
            "SELECT origin, destination, outcome FROM searches WHERE run_id = ?", (run,)
        ).fetchall()
        assert set(searches) == {("LAX", "AUS", "found")}
        assert len(searches) == found
        stored = database.execute("SELECT count(*) FROM offers WHERE origin = 'LAX' AND destination = 'AUS'")
        assert stored.fetchone()[0] >= 1


@pytest.mark.usefixtures("deployed")
def test_scrapyd_client_works_with_the_target_in_scrapy_cfg(scrapyd: Scrapyd, project: Path) -> None:
    assert client(project, "projects").stdout.split() == ["awardspider"]
    assert client(project, "spiders", "-p", "awardspider").stdout.split() == ["awardspider:", *SPIDERS]
    arguments = ["--arg", "origin=LAX", "--arg", "destination=AUS", "--arg", "dates=2020-01"]
    scheduled = client(project, "schedule", "-p", "awardspider", *arguments, "delta")
    job = scheduled.stdout.split()[-1]

    def finished() -> bool:
        jobs = scrapyd.get("listjobs", project="awardspider").json()["finished"]
        return any(each["id"] == job for each in jobs)

    wait_until(120, finished)


def client(project: Path, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [SCRIPTS / "scrapyd-client", command, "-t", "local", *arguments],
        cwd=project,
        env={"PATH": os.environ["PATH"], "SCRAPYD_USERNAME": NAME, "SCRAPYD_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.parametrize("name", ["SCRAPYD_USERNAME", "SCRAPYD_PASSWORD"])
@pytest.mark.parametrize("value", ["", None])
def test_the_service_refuses_an_empty_name_or_password(name: str, value: str | None) -> None:
    unit = (ROOT / "deploy/awardspider-scrapyd.service").read_text()
    [check] = re.findall(r"^ExecStartPre=/opt/awardspider/(.+)$", unit, re.MULTILINE)
    environment = {"PATH": os.environ["PATH"], "SCRAPYD_USERNAME": NAME, "SCRAPYD_PASSWORD": PASSWORD}
    assert subprocess.run([ROOT / check], env=environment, check=False).returncode == 0
    environment |= {name: value} if value is not None else {}
    if value is None:
        del environment[name]
    refused = subprocess.run([ROOT / check], env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 78
    assert "set SCRAPYD_USERNAME and SCRAPYD_PASSWORD" in refused.stderr
    assert "RestartPreventExitStatus=78" in unit


def test_no_target_ends_with_a_slash() -> None:
    """scrapyd-client appends a slash of its own."""
    for path in (ROOT / "scrapy.cfg", *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"):
        assert not re.search(r"^url\s*=.*/$", path.read_text(encoding="utf-8"), re.MULTILINE), path

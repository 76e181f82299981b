"""Checks of Scrapyd, the other services, the schedule, incidents and backups."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from awardspider.operations.backup.backups import backup
from awardspider.operations.deployment import code_version
from awardspider.operations.doctor import backups, services
from awardspider.operations.doctor.findings import Level
from awardspider.storage.incidents import IncidentKind, Problem, open_incident
from awardspider.storage.schedule import ScheduleEntry, save_schedule_entries
from awardspider.storage.services import ServiceName, start_service, stop_service
from awardspider.storage.store import Store, open_store
from awardspider.storage.watches import save_watches
from tests.support.doctor import NOW, doctor_context, only_result, problems
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.waiting import wait_until
from tests.support.watch_examples import make_watch

START = "Run: make up (with systemd: systemctl start awardspider)"
NAME, PASSWORD = "awards", "right-horse"


@dataclass(frozen=True)
class Scrapyd:
    """A running Scrapyd."""

    url: str
    folder: Path

    def settings(self, **others: Any) -> dict[str, Any]:
        return {
            "AWARD_SCRAPYD_URL": self.url, "SCRAPYD_USERNAME": NAME, "SCRAPYD_PASSWORD": PASSWORD, **others,
        }  # fmt: skip


@contextmanager
def running_scrapyd(folder: Path, *, password: str = PASSWORD) -> Iterator[Scrapyd]:
    shutil.copy(ROOT / "deploy/scrapyd.conf", folder)
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "SCRAPYD_HTTP_PORT": str(port)}
    if password:
        environment |= {"SCRAPYD_USERNAME": NAME, "SCRAPYD_PASSWORD": password}
    command = [Path(sysconfig.get_path("scripts")) / "scrapyd", "--pidfile="]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: accepts_connections(port))
        yield Scrapyd(f"http://127.0.0.1:{port}", folder)
    finally:
        process.terminate()
        process.wait(30)


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def scrapyd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    with running_scrapyd(tmp_path_factory.mktemp("scrapyd")) as running:
        yield running


def deploy_version(scrapyd: Scrapyd, version: str) -> None:
    eggs = scrapyd.folder / "eggs" / "awardspider"
    shutil.rmtree(eggs, ignore_errors=True)
    eggs.mkdir(parents=True)
    (eggs / f"{version}.egg").write_bytes(b"")


# ---- Scrapyd -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_scrapyd_without_code_is_an_error(scrapyd: Scrapyd, tmp_path: Path) -> None:
    shutil.rmtree(scrapyd.folder / "eggs", ignore_errors=True)
    context = doctor_context(tmp_path, **scrapyd.settings())
    assert problems(services.check_scrapyd, context) == [
        (Level.ERROR, "No code is deployed to Scrapyd, so no job can start", "Run: scrapy deploy")
    ]


@pytest.mark.slow
def test_an_old_egg_is_a_warning(scrapyd: Scrapyd, tmp_path: Path) -> None:
    context = doctor_context(tmp_path, **scrapyd.settings())
    deploy_version(scrapyd, "20261101T000000-r1-g00000000")
    assert problems(services.check_scrapyd, context) == [
        (
            Level.WARNING,
            f"Scrapyd runs r1-g00000000, but the code here is {code_version(ROOT)}",
            "Run: scrapy deploy",
        )
    ]
    deploy_version(scrapyd, f"20261101T000000-{code_version(ROOT)}")
    assert problems(services.check_scrapyd, context) == []


@pytest.mark.slow
def test_a_wrong_password_is_an_error_that_does_not_show_it(scrapyd: Scrapyd, tmp_path: Path) -> None:
    context = doctor_context(tmp_path, **scrapyd.settings(SCRAPYD_PASSWORD="wrong-hunter2"))
    (found,) = problems(services.check_scrapyd, context)
    assert found == (
        Level.ERROR,
        f"Scrapyd at {scrapyd.url} refused the name or password",
        "Check SCRAPYD_USERNAME and SCRAPYD_PASSWORD",
    )


@pytest.mark.slow
def test_a_scrapyd_that_accepts_everyone_is_an_error(scrapyd: Scrapyd, tmp_path: Path) -> None:
    assert problems(services.check_password, doctor_context(tmp_path, **scrapyd.settings())) == []
    with running_scrapyd(tmp_path, password="") as public:
        (found,) = problems(services.check_password, doctor_context(tmp_path, **public.settings()))
    assert found[:2] == (
        Level.ERROR,
        f"Scrapyd at {public.url} accepts requests without a password, although one is set",
    )


@pytest.mark.parametrize(
    ("url", "level", "sentence"),
    [
        ("http://127.0.0.1:1", Level.WARNING, "Scrapyd has no password, so every user of this machine can run code"),
        ("http://scrapyd.example.org", Level.ERROR, "Scrapyd has no password, so everyone who can connect can run"),
    ],
)
def test_no_password_is_found(tmp_path: Path, url: str, level: Level, sentence: str) -> None:
    context = doctor_context(tmp_path, AWARD_SCRAPYD_URL=url, SCRAPYD_USERNAME="", SCRAPYD_PASSWORD="")
    (found,) = problems(services.check_password, context)
    assert found[0] is level
    assert found[1].startswith(sentence)
    assert "scrapy setup creates a password" in found[2]


def test_a_password_over_plain_http_to_another_machine_is_a_warning(tmp_path: Path) -> None:
    context = doctor_context(
        tmp_path, AWARD_SCRAPYD_URL="http://192.0.2.1:6800", SCRAPYD_USERNAME="a", SCRAPYD_PASSWORD="b"
    )
    context.uses_network = False
    (found,) = problems(services.check_password, context)
    assert found[:2] == (Level.WARNING, "The password of Scrapyd is sent unencrypted to 192.0.2.1")


def test_a_stopped_scrapyd_is_an_error_if_there_is_a_schedule(sqlite_store: Store, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    context = doctor_context(tmp_path, sqlite_store, AWARD_SCRAPYD_URL=url)
    (found,) = problems(services.check_scrapyd, context)
    assert found == (Level.WARNING, f"Scrapyd at {url} is not reachable (Connection refused)", START)
    save_schedule_entries(sqlite_store, [entry("united")], now=NOW)
    assert problems(services.check_scrapyd, context)[0][0] is Level.ERROR


# ---- services ----------------------------------------------------------------------------------------------------


def entry(spider: str, **values: Any) -> ScheduleEntry:
    return ScheduleEntry(name=spider, spider=spider, every_seconds=3600, max_seconds=600, **values)


def ended_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_service_that_died_is_an_error(sqlite_store: Store, tmp_path: Path) -> None:
    start_service(sqlite_store, ServiceName.DISPATCHER, version="1", now=NOW, pid=ended_pid())
    start_service(sqlite_store, ServiceName.SCHEDULER, version="1", now=NOW)
    (found,) = problems(services.check_services, doctor_context(tmp_path, sqlite_store))
    assert found == (
        Level.ERROR,
        f"On {socket.gethostname()}, ended without being stopped: dispatcher (last heartbeat at 2026-11-30 12:00 UTC)",
        f"See scrapy status and the logs in the data folder. {START}",
    )


def test_services_that_were_stopped_are_a_warning_if_there_is_a_schedule(sqlite_store: Store, tmp_path: Path) -> None:
    context = doctor_context(tmp_path, sqlite_store)
    for name in (ServiceName.SCHEDULER, ServiceName.DISPATCHER):
        start_service(sqlite_store, name, version="1", now=NOW)
        stop_service(sqlite_store, name, NOW)
    assert problems(services.check_services, context) == []
    save_schedule_entries(sqlite_store, [entry("united")], now=NOW)
    assert problems(services.check_services, context) == [
        (Level.WARNING, "Not running: scheduler, dispatcher; the schedule is not followed", START)
    ]


def test_running_services_are_fine(sqlite_store: Store, tmp_path: Path) -> None:
    for name in (ServiceName.SCHEDULER, ServiceName.DISPATCHER):
        start_service(sqlite_store, name, version="1", now=NOW)
    result = only_result(services.check_services, doctor_context(tmp_path, sqlite_store))
    assert (result.level, result.sentence) == (Level.OK, "Running: dispatcher, scheduler")


# ---- schedule, incidents and backups -----------------------------------------------------------------------------


def test_an_empty_and_a_paused_schedule_are_warnings(sqlite_store: Store, tmp_path: Path) -> None:
    context = doctor_context(tmp_path, sqlite_store)
    assert problems(services.check_schedule, context) == [
        (
            Level.WARNING,
            "The schedule is empty, so nothing runs by itself",
            "Run: scrapy schedule import (the default schedule)",
        )
    ]
    save_schedule_entries(sqlite_store, [entry("united", active=False)], now=NOW)
    assert problems(services.check_schedule, context) == [
        (Level.WARNING, "Every entry of the schedule is paused", "See: scrapy schedule list")
    ]


def test_programs_of_watches_that_the_schedule_lacks_are_a_warning(sqlite_store: Store, tmp_path: Path) -> None:
    save_watches(sqlite_store, [make_watch(programs=("alaska", "delta", "seatsaero"))], now=NOW)
    save_schedule_entries(sqlite_store, [entry("alaska")], now=NOW)
    context = doctor_context(tmp_path, sqlite_store)
    (found,) = problems(services.check_schedule, context)
    assert found[:2] == (Level.WARNING, "Watches name programs that the schedule does not crawl: delta")
    save_schedule_entries(sqlite_store, [entry("delta")], now=NOW)
    assert problems(services.check_schedule, context) == []


def test_unresolved_incidents_are_errors(sqlite_store: Store, tmp_path: Path) -> None:
    context = doctor_context(tmp_path, sqlite_store)
    assert problems(services.check_incidents, context) == []
    with sqlite_store.writing() as connection:
        for number in range(12):
            problem = Problem(
                key=f"program:{number}", kind=IncidentKind.NO_SUCCESS, subject=f"P{number}", sentence="no success"
            )
            open_incident(connection, problem, NOW - timedelta(hours=5))
    found = problems(services.check_incidents, context)
    assert len(found) == 11
    assert found[0] == (Level.ERROR, "P0, for 5 hours: no success", "Incident program:0: docs/monitors.md")
    assert found[-1][1] == "2 further incidents unresolved"


def test_missing_and_old_backups_are_warnings(sqlite_store: Store, tmp_path: Path) -> None:
    context = doctor_context(tmp_path, sqlite_store)
    (found,) = problems(backups.check_backups, context)
    assert found[:2] == (Level.WARNING, f"There is no backup in {tmp_path / 'backups'}")
    assert found[2].startswith("Run: scrapy backup")
    file = backup(sqlite_store, tmp_path, {}, NOW - timedelta(days=9)).file
    old = (NOW - timedelta(days=9)).timestamp()
    os.utime(file, (old, old))
    (found,) = problems(backups.check_backups, context)
    assert found[:2] == (Level.WARNING, "The newest backup is 9 days old")
    os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    assert problems(backups.check_backups, context) == []


def test_a_missing_pg_dump_is_a_warning(postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(postgresql_url, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = problems(backups.check_backups, doctor_context(tmp_path, store))
    store.close()
    assert found[0] == (
        Level.WARNING,
        "pg_dump is missing, so scrapy backup cannot work",
        "Run: apt-get install postgresql-client",
    )


# ---- settings that changed -------------------------------------------------------------------------------------------


def test_a_change_of_the_env_file_after_the_start_is_reported(tmp_path: Path, sqlite_store: Store) -> None:
    file = tmp_path / ".env"
    context = doctor_context(tmp_path, sqlite_store)
    for name in (ServiceName.SCHEDULER, ServiceName.DISPATCHER):
        start_service(sqlite_store, name, version="1.0", now=NOW)
    assert problems(services.check_settings_in_use, context) == []
    file.write_text("AWARD_LOCALE=pt\n")
    os.utime(file, (NOW.timestamp() - 60,) * 2)
    assert problems(services.check_settings_in_use, context) == []
    os.utime(file, (NOW.timestamp() + 60,) * 2)
    ((level, sentence, advice),) = problems(services.check_settings_in_use, context)
    assert level is Level.WARNING
    assert sentence == (
        f"{file} was changed at 2026-11-30 12:01 UTC, after these services started, so they may use old settings: "
        "dispatcher, scheduler"
    )
    assert advice == "Run: make down, then make up (with systemd: systemctl restart awardspider)"
    stop_service(sqlite_store, ServiceName.DISPATCHER, NOW)
    stop_service(sqlite_store, ServiceName.SCHEDULER, NOW)
    assert problems(services.check_settings_in_use, context) == []

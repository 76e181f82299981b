"""The definitions of services: environment, Scrapyd's folder and address, ports in use."""

from __future__ import annotations

import os
import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from scrapy.settings import Settings

from awardspider import settings as project_settings
from awardspider.operations.service_addresses import check_addresses
from awardspider.operations.service_definitions import (
    ServiceDefinition,
    define_services,
    prepare_scrapyd_folder,
)
from awardspider.operations.service_log import ServiceLog
from awardspider.outcomes import AwardError, InvalidSetting
from awardspider.storage.services import ServiceName
from awardspider.storage.store import Store
from tests.support.paths import ROOT


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("AWARD_", "SCRAPYD_", "SCRAPY_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def define(store: Store, folder: Path, sandbox_port: int | None = None, **values: Any) -> list[ServiceDefinition]:
    settings = Settings()
    settings.setmodule(project_settings, priority="project")
    settings.setdict({"AWARD_DATABASE_URL": ""} | values, priority="cmdline")
    return define_services(settings, store, folder=folder, project=ROOT, sandbox_port=sandbox_port)


def scrapyd_of(services: list[ServiceDefinition]) -> ServiceDefinition:
    return next(service for service in services if service.name is ServiceName.SCRAPYD)


def test_the_sandbox_starts_first_and_scheduler_and_panel_last(sqlite_store: Store, tmp_path: Path) -> None:
    services = define(sqlite_store, tmp_path, sandbox_port=8899)
    names = ["dispatcher", "scrapyd", "scheduler", "panel"]
    assert [service.name.value for service in services] == ["sandbox", *names]
    assert {service.environment["AWARD_SANDBOX_URL"] for service in services} == {"http://127.0.0.1:8899"}
    assert [service.name.value for service in define(sqlite_store, tmp_path)] == names


@pytest.mark.parametrize("port", ["", "0", "65536", "http"])
def test_an_invalid_port_of_the_panel_is_refused(sqlite_store: Store, tmp_path: Path, port: str) -> None:
    with pytest.raises(InvalidSetting, match="AWARD_PANEL_PORT"):
        define(sqlite_store, tmp_path, AWARD_PANEL_PORT=port)


def test_successful_requests_of_the_state_of_scrapyd_are_not_logged(sqlite_store: Store, tmp_path: Path) -> None:
    scrapyd = scrapyd_of(define(sqlite_store, tmp_path))
    line = (
        '2026-11-30T03:17:49+0000 [twisted.python.log#info] "127.0.0.1" - - [30/Nov/2026:03:17:49 +0000] '
        '"GET /{} HTTP/1.1" {} 1871 "-" "{}"'
    )
    ours = "python-requests/2.34.2"
    kept = [
        line.format("listjobs.json?project=awardspider", 401, ours),
        line.format("listjobs.json?project=awardspider", 200, "curl/8.14.1"),
        line.format("jobs", 200, ours),
        line.format("schedule.json", 200, ours).replace("GET", "POST"),
    ]
    log = ServiceLog(tmp_path, "scrapyd", hidden=scrapyd.hidden_lines, dropped=scrapyd.dropped_lines)
    for each in (
        kept[0],
        line.format("listjobs.json?project=awardspider", 200, ours),
        line.format("daemonstatus.json", 200, ours),
        *kept[1:],
    ):
        log.write(each)
    log.close()
    assert log.file.read_text(encoding="utf-8").splitlines() == kept


def test_relative_paths_become_absolute(sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "awardspider.settings")
    values = {
        "AWARD_VALUATIONS": "points.yaml",
        "AWARD_DATABASE_URL": "sqlite:///a.db?timeout=5",
        "AWARD_CONTACT": "me",
    }
    found = scrapyd_of(define(sqlite_store, tmp_path / "data", **values)).environment
    assert found["AWARD_DATA_DIR"] == str(tmp_path / "data")
    assert found["AWARD_VALUATIONS"] == str(tmp_path / "points.yaml")
    assert found["AWARD_DATABASE_URL"] == f"sqlite:///{tmp_path}/a.db?timeout=5"
    assert found["AWARD_CONTACT"] == "me"
    assert "SCRAPY_SETTINGS_MODULE" not in found


def test_the_secrets_of_the_environment_are_not_shown(sqlite_store: Store, tmp_path: Path) -> None:
    services = define(sqlite_store, tmp_path, SCRAPYD_PASSWORD="right-horse")
    assert scrapyd_of(services).environment["SCRAPYD_PASSWORD"] == "right-horse"
    assert "right-horse" not in repr(services)
    assert not any("right-horse" in argument for service in services for argument in service.command)


def test_a_changed_copy_of_the_configuration_is_kept(tmp_path: Path) -> None:
    project, folder = tmp_path / "project", tmp_path / "scrapyd"
    shipped, copy = project / "deploy" / "scrapyd.conf", folder / "scrapyd.conf"
    shipped.parent.mkdir(parents=True)
    for text in ("[scrapyd]\nmax_proc = 4\n", "[scrapyd]\nmax_proc = 5\n"):
        shipped.write_text(text)
        prepare_scrapyd_folder(folder, project)
        assert copy.read_text() == text
    copy.write_text("[scrapyd]\nmax_proc = 8\n")
    shipped.write_text("[scrapyd]\nmax_proc = 6\n")
    prepare_scrapyd_folder(folder, project)
    assert copy.read_text() == "[scrapyd]\nmax_proc = 8\n"


def test_scrapyd_listens_on_the_port_of_its_address(sqlite_store: Store, tmp_path: Path) -> None:
    scrapyd = scrapyd_of(define(sqlite_store, tmp_path, AWARD_SCRAPYD_URL="http://localhost:6901/"))
    assert scrapyd.address == "http://127.0.0.1:6901"
    assert scrapyd.environment["SCRAPYD_HTTP_PORT"] == "6901"


def test_scrapyd_is_not_reachable_by_others_without_a_password(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRAPYD_BIND_ADDRESS", "0.0.0.0")
    with pytest.raises(InvalidSetting, match=r"reachable at 0\.0\.0\.0 without a password"):
        define(sqlite_store, tmp_path)
    scrapyd = scrapyd_of(define(sqlite_store, tmp_path, SCRAPYD_USERNAME="me", SCRAPYD_PASSWORD="right-horse"))
    assert scrapyd.environment["SCRAPYD_BIND_ADDRESS"] == "0.0.0.0"


def test_scrapyd_of_another_machine_is_refused(sqlite_store: Store, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"AWARD_SCRAPYD_URL is https://jobs.example.org, but"):
        define(sqlite_store, tmp_path, AWARD_SCRAPYD_URL="https://jobs.example.org")


def test_a_port_in_use_is_one_sentence_with_the_process(sqlite_store: Store, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        services = define(sqlite_store, tmp_path, AWARD_SCRAPYD_URL=f"http://127.0.0.1:{port}")
        with pytest.raises(AwardError) as refusal:
            check_addresses(services)
        expected = rf"^scrapyd does not start: port {port} of 127.0.0.1 is in use by \S+ \(process {os.getpid()}\): "
        assert refusal.match(expected + rf"stop that program, or set AWARD_SCRAPYD_URL=http://127.0.0.1:{port + 1}$")
    check_addresses(services)


class _AsScrapyd(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "ok", "node_name": "here", "pending": 0, "running": 0, "finished": 0}')

    def log_message(self, *arguments: object) -> None:
        pass


def test_scrapyd_is_ready_only_if_its_own_process_responds(sqlite_store: Store, tmp_path: Path) -> None:
    """Another Scrapyd that has the port must not get the code."""
    with HTTPServer(("127.0.0.1", 0), _AsScrapyd) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            service = scrapyd_of(define(sqlite_store, tmp_path, AWARD_SCRAPYD_URL=url))
            assert service.is_ready(os.getpid())
            assert not service.is_ready(os.getppid())
        finally:
            server.shutdown()
            thread.join()

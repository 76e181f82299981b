"""The files in deploy/docker/: a valid compose file, a Dockerfile without root, and the health checks."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import sysconfig
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from awardspider import clock
from awardspider.operations.scrapyd import ScrapydClient
from awardspider.outcomes import ScrapydError
from awardspider.storage.services import ServiceName, start_service, stop_service
from awardspider.storage.store import open_store
from deploy.docker import healthcheck
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.waiting import wait_until

FOLDER = ROOT / "deploy/docker"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "awardspider"}
COMMANDS = {path.stem for path in (ROOT / "awardspider/commands").glob("[a-z]*.py")}
NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, with continued lines joined."""
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n\s*", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def test_the_compose_file_follows_the_schema() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema, FOLDER / "compose.yaml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_every_service_of_ours_is_restricted_and_checked() -> None:
    assert sorted(OURS) == ["dispatcher", "panel", "scheduler", "scrapyd"]
    for name, service in OURS.items():
        assert service["restart"] == "unless-stopped"
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["init"], "without it, nobody reaps the processes of Chromium"
        # A service is recorded by its host; a container's own name changes whenever it is created again.
        assert service["hostname"] == name
        assert service["healthcheck"]["test"] == ["CMD", "python", "-m", "deploy.docker.healthcheck", name]


def test_ports_are_published_on_loopback_only() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:6800:6800", "127.0.0.1:8787:8787"]


def test_the_commands_of_containers_exist() -> None:
    commands = [" ".join(service["command"]) for service in OURS.values()]
    used = [name for command in commands for name in re.findall(r"scrapy (\w+)", command)]
    assert sorted(used) == ["deliver", "deploy", "panel", "scheduler"]
    assert set(used) <= COMMANDS
    assert os.access(ROOT / OURS["scrapyd"]["command"][0], os.X_OK)


def test_passwords_come_from_the_environment() -> None:
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    assert re.findall(r"PASSWORD: (.*)", text) == ["${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD in .env}"]
    assert not [rest for name, rest in instructions() if name in ("ENV", "ARG") and "PASSWORD" in rest]


def test_the_image_runs_without_root() -> None:
    names = [name for name, _ in instructions()]
    (user,) = (rest for name, rest in instructions() if name == "USER")
    assert f"--uid {user} " in dict(instructions())["RUN"]
    assert int(user) > 0
    assert names.index("USER") < names.index("CMD")
    assert "USER" not in names[names.index("CMD") :]


def test_pg_dump_is_as_new_as_the_server() -> None:
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    client = re.findall(r"postgresql-client-(\d+)", text)
    assert client == re.findall(r"postgres:(\d+)", COMPOSE["services"]["postgres"]["image"])


def test_the_image_gets_the_files_that_it_needs_and_no_secrets() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    included = {line.removeprefix("!") for line in patterns if line.startswith("!")}
    assert all((ROOT / name).exists() for name in included)
    assert {"awardspider", "deploy", "setup.py", "pyproject.toml", "scrapy.cfg", "requirements.txt"} <= included
    assert "**/.env" in patterns


# ---- health checks -----------------------------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    settings = {"AWARD_DATABASE_URL": "", "AWARD_DATA_DIR": str(tmp_path)}
    monkeypatch.setattr(healthcheck, "get_project_settings", lambda: settings)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return settings


@pytest.mark.usefixtures("settings")
def test_a_service_is_healthy_while_its_heartbeat_is_recent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store("", tmp_path)
    assert healthcheck.problem(ServiceName.SCHEDULER) == "scheduler is not running"
    start_service(store, ServiceName.SCHEDULER, version="1", now=NOW)
    assert healthcheck.problem(ServiceName.SCHEDULER) == ""
    assert healthcheck.problem(ServiceName.DISPATCHER) == "dispatcher is not running"
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=2))
    assert healthcheck.problem(ServiceName.SCHEDULER) == "scheduler has had no heartbeat since 03:00 UTC"
    stop_service(store, ServiceName.SCHEDULER, now=NOW)
    assert healthcheck.problem(ServiceName.SCHEDULER) == "scheduler is not running"
    store.close()


@pytest.mark.usefixtures("settings")
def test_a_service_of_another_container_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store("", tmp_path)
    start_service(store, ServiceName.SCHEDULER, version="1", now=NOW)
    store.close()
    monkeypatch.setattr(socket, "gethostname", lambda: "other")
    assert healthcheck.problem(ServiceName.SCHEDULER) == "scheduler is not running"


def test_the_check_runs_as_in_a_container(tmp_path: Path) -> None:
    """From the project's folder, with the settings in the environment."""
    test = OURS["dispatcher"]["healthcheck"]["test"]
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "AWARD_DATA_DIR": str(tmp_path)}
    done = subprocess.run(test[1:], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "dispatcher is not running\n")


def test_the_check_prints_a_sentence_and_fails(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings |= {"AWARD_SCRAPYD_URL": "http://127.0.0.1:1", "SCRAPYD_USERNAME": "", "SCRAPYD_PASSWORD": ""}
    monkeypatch.setattr(sys, "argv", ["healthcheck.py", "scrapyd"])
    assert healthcheck.main() == 1
    assert "127.0.0.1:1" in capsys.readouterr().out


# ---- deploy/start-scrapyd.sh -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_scrapyd_starts_in_its_folder_and_requires_the_password(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "AWARD_DATA_DIR": str(tmp_path / "data"),
        "SCRAPYD_USERNAME": "awards",
        "SCRAPYD_PASSWORD": "right-horse",
        "AWARD_SCRAPYD_URL": f"http://127.0.0.1:{port}",
    }
    process = subprocess.Popen(
        [ROOT / "deploy/start-scrapyd.sh"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    client = ScrapydClient(f"http://127.0.0.1:{port}", "awards", "right-horse")

    def responds() -> bool:
        assert process.poll() is None, process.stdout and process.stdout.read()
        try:
            return client.status() is not None
        except ScrapydError:
            return False

    try:
        wait_until(responds)
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(f"http://127.0.0.1:{port}/daemonstatus.json", timeout=10).status_code == 401
        assert (tmp_path / "data/scrapyd/scrapyd.conf").is_file()
    finally:
        process.terminate()
        process.communicate(timeout=30)

"""The supervisor with small services of its own, in a process that gets signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from awardspider.operations.supervisor_state import STATE_FILE
from awardspider.storage.services import service_rows
from awardspider.storage.store import Store
from tests.support.paths import ROOT
from tests.support.waiting import is_process_running, wait_until

# Arguments: the data folder, and for each service its name and its code.
SUPERVISOR = """
import logging, os, pathlib, sys
from awardspider.operations.deployment import Deployment
from awardspider.operations.service_definitions import ServiceDefinition
from awardspider.operations.service_log import ServiceLog, ServiceLogHandler
from awardspider.operations import supervisor
from awardspider.outcomes import ScrapydError
from awardspider.storage.services import ServiceName
from awardspider.storage.store import open_store

folder = pathlib.Path(sys.argv[1])
(folder / "logs").mkdir()
logging.getLogger("awardspider").addHandler(ServiceLogHandler(ServiceLog(folder / "logs", "supervisor"), "supervisor"))
logging.getLogger("awardspider").setLevel(logging.INFO)
services = [
    ServiceDefinition(
        name=ServiceName(name), command=(sys.executable, "-c", code), folder=folder, environment=dict(os.environ),
        is_ready=lambda _: True, stage=stage, stop_seconds=30, is_recorded=False,
    )
    for stage, (name, code) in enumerate(zip(sys.argv[2::2], sys.argv[3::2]))
]

results = [
    ScrapydError("The egg was not built: SyntaxError"), OSError(28, "No space left on device"),
    Deployment(version="r2", spiders=["united"], removed=[], unchanged=False),
]

def deploy():
    result = results.pop(0)
    if isinstance(result, Exception):
        raise result
    return result

supervisor.FIRST_DEPLOY_WAIT = float(os.environ.get("FIRST_DEPLOY_WAIT", 60))
supervisor.Supervisor(services, folder=folder, store=open_store("", folder), output=sys.stdout, deploy=deploy).run()
"""
PAUSE = "import signal; signal.pause()"
IGNORE = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ignoring', flush=True); {PAUSE}"


def start(folder: Path, **services: str) -> subprocess.Popen[str]:
    arguments = [each for name, code in services.items() for each in (name, code)]
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(folder), *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def state(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / STATE_FILE).read_text()) if (folder / STATE_FILE).exists() else {}
    return found


def log(folder: Path) -> list[str]:
    lines = (folder / "logs" / "supervisor.log").read_text().splitlines()
    return [line.split(" ", 2)[2] for line in lines]


@pytest.mark.slow
def test_services_start_in_order_and_a_signal_stops_them(sqlite_store: Store, tmp_path: Path) -> None:
    with start(tmp_path, scrapyd=PAUSE, scheduler=PAUSE) as supervisor:
        wait_until(lambda: state(tmp_path).get("ready_at"))
        assert state(tmp_path)["deployment_error"] == "The egg was not built: SyntaxError"
        wait_until(lambda: len(service_rows(sqlite_store)) == 3)
        supervisor.send_signal(signal.SIGINT)  # as Ctrl-C does
        assert supervisor.wait(30) == 0
    assert [line for line in log(tmp_path) if "process" not in line] == [
        "INFO: Deploying the code to Scrapyd",
        "ERROR: The code was not deployed: The egg was not built: SyntaxError",
        "INFO: Stopping",
        "INFO: All services have stopped",
    ]
    assert [row.name.value for row in service_rows(sqlite_store)] == ["scheduler", "scrapyd", "supervisor"]
    assert all(row.stopped_at for row in service_rows(sqlite_store))


@pytest.mark.slow
def test_a_deployment_that_failed_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_DEPLOY_WAIT", "0.1")
    with start(tmp_path, scrapyd=PAUSE) as supervisor:
        wait_until(lambda: state(tmp_path).get("version") == "r2")
        assert state(tmp_path)["deployment_error"] == ""
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(30) == 0
    assert [line for line in log(tmp_path) if " deployed" in line] == [
        "ERROR: The code was not deployed: The egg was not built: SyntaxError",
        "ERROR: The code was not deployed: No space left on device",
        "INFO: Version r2 was deployed (1 spiders)",
    ]


@pytest.mark.slow
def test_a_second_signal_does_not_wait(sqlite_store: Store, tmp_path: Path) -> None:
    with start(tmp_path, dispatcher=IGNORE) as supervisor:
        assert supervisor.stdout
        assert supervisor.stdout.readline() == "dispatcher | ignoring\n"
        services = state(tmp_path)["services"]
        assert isinstance(services, list)
        supervisor.send_signal(signal.SIGINT)
        wait_until(lambda: "INFO: Stopping" in log(tmp_path))
        assert supervisor.poll() is None
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(30) == 0
    assert not is_process_running(services[0]["pid"])


@pytest.mark.slow
def test_services_end_with_a_killed_supervisor(sqlite_store: Store, tmp_path: Path) -> None:
    with start(tmp_path, dispatcher=PAUSE, scheduler=PAUSE) as supervisor:
        wait_until(lambda: state(tmp_path).get("ready_at"))
        services = state(tmp_path)["services"]
        assert isinstance(services, list)
        os.kill(supervisor.pid, signal.SIGKILL)
    pids = [service["pid"] for service in services]
    assert len(pids) == 2
    wait_until(lambda: not any(is_process_running(pid) for pid in pids))

"""`scrapy scheduler`: its start and its end; tests/operations/test_scheduler.py has what it does in between."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Event

import pytest

from awardspider.commands import scheduler
from awardspider.storage.schedule import schedule_entries, set_entry_active
from awardspider.storage.services import ServiceName, service_rows
from awardspider.storage.store import Store
from tests.support.commands import CommandRunner
from tests.support.memory_scrapyd import SCHEDULE_SETTINGS, START


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandRunner:
    """Return the command; a second after its start, it gets SIGTERM."""
    monkeypatch.setattr(scheduler, "configure_service_logs", lambda *_: None)

    def run(self: scheduler.Scheduler, stop: Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(10)
        self.close()

    monkeypatch.setattr(scheduler.Scheduler, "run", run)
    return CommandRunner(scheduler.Command, SCHEDULE_SETTINGS | {"AWARD_DATA_DIR": str(tmp_path)}, capsys)


def test_it_stores_the_default_schedule_once_and_stops_in_order(sqlite_store: Store, command: CommandRunner) -> None:
    printed = command.succeed()
    assert printed == "Starting jobs on http://127.0.0.1:1 as they become due; press Ctrl-C to stop.\n"
    assert len(schedule_entries(sqlite_store)) == 20
    set_entry_active(sqlite_store, "ecb", False, now=START)
    command.succeed()
    assert [entry.name for entry in schedule_entries(sqlite_store) if not entry.active] == ["ecb"]
    (service,) = service_rows(sqlite_store)
    assert service.name is ServiceName.SCHEDULER
    assert service.stopped_at


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("AWARD_SCRAPYD_URL", "6800", "AWARD_SCRAPYD_URL is not a valid address; write http://HOST:PORT"),
        ("AWARD_BUDGET", "delta=x", 'AWARD_BUDGET: invalid limit "x" for delta'),
    ],
)
def test_an_invalid_setting_ends_it_at_once(command: CommandRunner, name: str, value: str, message: str) -> None:
    assert command.fail(**{name: value}).startswith(message)

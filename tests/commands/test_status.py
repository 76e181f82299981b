"""`scrapy status` without services and without a database."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awardspider.commands.status import Command
from awardspider.operations.supervisor_state import (
    ServiceState,
    SupervisedService,
    SupervisorState,
    supervisor_lock,
    write_state,
)
from awardspider.storage.services import ServiceName
from tests.support.commands import CommandRunner

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_services_are_shown_although_the_database_cannot_be_used(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "awardspider.db").write_bytes(b"no database" * 100)
    settings = {"AWARD_DATA_DIR": str(tmp_path), "AWARD_DATABASE_URL": "", "AWARD_SANDBOX_URL": ""}
    run = CommandRunner(Command, settings, capsys)
    service = SupervisedService(name=ServiceName.SCRAPYD, state=ServiceState.RUNNING, pid=os.getpid(), started_at=NOW)
    with supervisor_lock(tmp_path):
        write_state(tmp_path, SupervisorState(pid=os.getpid(), started_at=NOW, ready_at=NOW, services=[service]))
        result = run()
    assert result.code == 1
    assert "scrapyd     running" in result.out
    assert result.err.startswith("error: the database sqlite:///")

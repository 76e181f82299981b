"""The state of all services, from the supervisor's state file and the table of services."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from awardspider.operations.service_status import services_status
from awardspider.operations.supervisor_state import (
    ServiceState,
    SupervisedService,
    SupervisorState,
    supervisor_lock,
    write_state,
)
from awardspider.storage.services import SERVICE_TIMEOUT, ServiceName, service_rows, start_service
from awardspider.storage.store import Store

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DISPATCHER = SupervisedService(name=ServiceName.DISPATCHER, state=ServiceState.RUNNING, pid=os.getpid(), started_at=NOW)


def test_a_service_without_heartbeats_is_unresponsive_although_its_process_runs(
    sqlite_store: Store, tmp_path: Path
) -> None:
    start_service(sqlite_store, ServiceName.DISPATCHER, version="1.0", now=NOW)
    rows = service_rows(sqlite_store)
    late = NOW + SERVICE_TIMEOUT + timedelta(seconds=1)

    def state(service: SupervisedService, now: datetime) -> tuple[ServiceState, bool]:
        write_state(tmp_path, SupervisorState(pid=os.getpid(), started_at=NOW, ready_at=NOW, services=[service]))
        status = services_status(tmp_path, rows, now)
        return status.services[1].state, status.is_healthy

    with supervisor_lock(tmp_path):
        assert state(DISPATCHER, NOW) == (ServiceState.RUNNING, True)
        assert state(DISPATCHER, late) == (ServiceState.UNRESPONSIVE, False)
        assert state(replace(DISPATCHER, pid=1), late) == (ServiceState.RUNNING, True)  # the row is of its predecessor
        starting = replace(DISPATCHER, state=ServiceState.STARTING)
        assert state(starting, late) == (ServiceState.STARTING, False)

"""A long-running process that records its start, heartbeats and stop, and ends in order after SIGTERM or SIGINT."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from awardspider import __version__, clock
from awardspider.outcomes import StorageError
from awardspider.storage.services import (
    ServiceName,
    is_running,
    record_service_heartbeat,
    service_rows,
    start_service,
    stop_service,
)
from awardspider.storage.store import Store

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_at_signals() -> Iterator[Event]:
    """Yield an event that SIGTERM and SIGINT set while the block runs. Call it in the main thread, which gets them."""
    stop = Event()
    handlers = {number: signal.signal(number, lambda *_: stop.set()) for number in STOP_SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def running_service(store: Store, name: ServiceName, *, heartbeat: float = HEARTBEAT_SECONDS) -> Iterator[Event]:
    """Record a service while the block runs; yield the event of `stop_at_signals`.

    A thread records a heartbeat every `heartbeat` seconds. Raise StorageError if the start cannot be recorded; a
    heartbeat or stop that cannot be recorded is only logged.
    """
    ended = Event()
    thread = Thread(target=_record_heartbeats, args=(store, name, heartbeat, ended), name="heartbeat", daemon=True)
    with stop_at_signals() as stop:
        start_service(store, name, version=__version__, now=clock.now())
        thread.start()
        try:
            yield stop
        finally:
            ended.set()
            thread.join()
            try:
                stop_service(store, name, clock.now())
            except StorageError as error:
                logger.warning("The stop of %s was not stored: %s", name.value, error)


def _record_heartbeats(store: Store, name: ServiceName, seconds: float, ended: Event) -> None:
    has_failed = False
    while not ended.wait(seconds):
        try:
            if not record_service_heartbeat(store, name, clock.now()):
                _take_over(store, name)
            has_failed = False
        except StorageError as error:
            if not has_failed:
                logger.warning("The heartbeat of %s was not stored: %s", name.value, error)
            has_failed = True


def _take_over(store: Store, name: ServiceName) -> None:
    """Record this process as the service, unless another process on this host is alive and is recorded as it."""
    now, host = clock.now(), socket.gethostname()
    others = [row for row in service_rows(store) if (row.name, row.host) == (name, host)]
    if not any(is_running(row, now) for row in others):
        start_service(store, name, version=__version__, now=now)

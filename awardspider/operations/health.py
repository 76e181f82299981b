"""Health checks, once a minute: problems of services, jobs, outbox and host, about which the operator is notified."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Any
from weakref import WeakKeyDictionary

from awardspider import clock
from awardspider.delivery.outbox.dispatcher import deliver_due
from awardspider.operations.health_ping import ping
from awardspider.operations.host_checks import clock_problems, disk_problems
from awardspider.operations.incidents import open_incidents, update_incidents
from awardspider.operations.job_checks import (
    job_problems,
    recovered_spiders,
    success_problems,
    task_problems,
    unscheduled_spiders,
)
from awardspider.operations.outbox_checks import outbox_problems
from awardspider.operations.service_checks import scrapyd_problems, service_problems
from awardspider.operations.thresholds import CHECK_SECONDS, monitor_thresholds
from awardspider.outcomes import AwardError
from awardspider.storage.incidents import Problem
from awardspider.storage.outbox import make_future_messages_due
from awardspider.storage.sandbox_states import state_suffix
from awardspider.storage.services import ServiceName, runs_anywhere, service_rows
from awardspider.storage.store import Store

logger = logging.getLogger(__name__)

#: The longest time for messages that are sent because the dispatcher died.
DELIVERY_SECONDS = 10.0

#: Problems that must be seen twice in a row: a restart of Scrapyd takes seconds.
_SEEN_TWICE = frozenset({"scrapyd"})
_seen: WeakKeyDictionary[Store, set[str]] = WeakKeyDictionary()


def run_health_checks(store: Store, settings: Mapping[str, Any], now: datetime) -> list[Problem]:
    """Check everything that can fail between two runs, update the incidents, and return the problems.

    The scheduler and the dispatcher call this once a minute, each for all. If the dispatcher died, due messages are
    sent from here, and if both are alive, AWARD_HEALTH_URL is requested. Raise StorageError or InvalidSetting.
    """
    thresholds = monitor_thresholds(settings)
    suffix = state_suffix(settings["AWARD_SANDBOX_URL"])
    checks: dict[str, Callable[[], list[Problem]]] = {
        "disk": lambda: disk_problems(settings, thresholds),
        "clock": lambda: clock_problems(store, now),
        "outbox": lambda: outbox_problems(store, settings, thresholds, now),
        "service": lambda: service_problems(store, now),
        "scrapyd": lambda: scrapyd_problems(store, settings),
        "task": lambda: task_problems(store),
        "program": lambda: success_problems(store, suffix, thresholds, now),
    }
    if count := make_future_messages_due(store, now):
        logger.warning("Messages that were stored with a clock that was ahead are sent now: %s", count)
    # Jobs first: a program whose job is reported is not reported for having had no success too.
    problems = _check("job", lambda: job_problems(store, suffix, now)) or []
    if problems:
        open_incidents(store, settings, problems, now=now)
    for spider in (*recovered_spiders(store), *unscheduled_spiders(store)):
        update_incidents(store, settings, [], scope=f"run:{spider}", now=now)
    for scope, check in checks.items():
        found = _check(scope, check)
        if found is not None:  # a check that crashed says nothing
            confirmed = _confirmed(store, scope, found)
            update_incidents(store, settings, confirmed, scope=scope, now=now)
            problems += confirmed
    rows = service_rows(store)
    if runs_anywhere(rows, ServiceName.SCHEDULER, now) and runs_anywhere(rows, ServiceName.DISPATCHER, now):
        ping(store, settings, now)
    elif any(problem.key == f"service:{ServiceName.DISPATCHER}" for problem in problems):
        deliver_due(store, settings, DELIVERY_SECONDS)
    return problems


@contextmanager
def checking_health(store: Store, settings: Mapping[str, Any], stop: Event) -> Iterator[None]:
    """Run the health checks once a minute in a thread while the block runs, or until `stop` is set.

    An error is logged, and the checks continue. `stop` is set at the end of the block.
    """
    thread = Thread(target=_check_until, args=(stop, store, settings), name="health")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _check_until(stop: Event, store: Store, settings: Mapping[str, Any]) -> None:
    while not stop.wait(CHECK_SECONDS):
        try:
            run_health_checks(store, settings, clock.now())
        except AwardError as error:
            logger.warning("The health checks failed: %s", error)


def _check(scope: str, find: Callable[[], list[Problem]]) -> list[Problem] | None:
    """Return the problems that a check finds, or None if it crashes: the other checks must not depend on it."""
    try:
        return find()
    except AwardError:
        raise
    except Exception:
        logger.exception("The health check %s crashed", scope)
        return None


def _confirmed(store: Store, scope: str, problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems without those that must be seen a second time first."""
    found = list(problems)
    if scope not in _SEEN_TWICE:
        return found
    before, _seen[store] = _seen.get(store, set()), {problem.key for problem in found}
    return [problem for problem in found if problem.key in before]

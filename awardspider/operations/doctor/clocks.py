"""Checks of the clocks of this machine and of the database."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

from sqlalchemy import func, select

from awardspider.operations.doctor.findings import DoctorContext, Result, error, ok, warning
from awardspider.operations.host_checks import clock_problems
from awardspider.operations.texts import age_text

#: Differences between this machine's clock and that of the database are found if they are larger.
MAX_CLOCK_SECONDS = 30
_SET_CLOCK = "Install a time service on every machine: apt-get install systemd-timesyncd"
_TIME_ERROR = 5  # of adjtimex(2): no time service has set the clock


def check_clock(context: DoctorContext) -> Iterator[Result]:
    """Check that a time service sets the clock."""
    if context.settings.get("AWARD_SIMULATED_TIME"):
        yield ok(f"The time is simulated: {context.now:%Y-%m-%d %H:%M} UTC")
    elif is_clock_unset():
        yield warning(
            f"No time service sets the clock of this machine, which says {context.now:%Y-%m-%d %H:%M} UTC",
            "Run: apt-get install systemd-timesyncd (in a container: on its host)",
        )
    else:
        yield ok(f"The clock says {context.now:%Y-%m-%d %H:%M} UTC")


def check_database_clock(context: DoctorContext) -> Iterator[Result]:
    """Compare this machine's clock with the times in the database, and with the clock of PostgreSQL."""
    store = context.open_store()
    for problem in clock_problems(store, context.now):
        yield error(f"The clock of this machine is wrong: {problem.sentence.partition('; ')[0]}", _SET_CLOCK)
    if store.engine.dialect.name != "postgresql" or context.settings.get("AWARD_SIMULATED_TIME"):
        return
    with store.reading() as connection:
        there = connection.scalar(select(func.clock_timestamp()))
    assert there is not None
    difference = context.now - there
    if abs(difference.total_seconds()) > MAX_CLOCK_SECONDS:
        direction = "ahead of" if difference.total_seconds() > 0 else "behind"
        yield error(
            f"The clock of this machine is {age_text(abs(difference))} {direction} that of the database",
            _SET_CLOCK,
        )
    else:
        yield ok("The clocks of this machine and of the database agree")


def is_clock_unset() -> bool:
    """Return True if Linux says that no time service has set the clock; False if it is set or that is unknown."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return False
    return bool(adjtimex(ctypes.byref((ctypes.c_byte * 512)())) == _TIME_ERROR)  # zeros: change nothing

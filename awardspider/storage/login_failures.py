"""Failed sign-ins to the panel, counted by account and by address, and the pauses that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.store import Store

#: Failures are counted together until there was none for this long.
FAILURES_PERIOD = timedelta(days=1)

#: The first pause; each further failure doubles it.
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)

_failures = schema.login_failures.c


def begin_attempt(store: Store, limits: Mapping[str, int], now: datetime) -> datetime | None:
    """Count an attempt to sign in as failed for each subject, before its password is checked.

    `limits` has, for each subject, the number of failures from which on each causes a pause. Return the time until
    which no password may be checked, or None; attempts during a pause are not counted. So parallel attempts cannot
    exceed the limits. If the password is right, `record_success` takes the failure back.
    """
    with store.writing() as connection:
        for subject in sorted(limits):  # in one order, so that two attempts never wait for each other
            statement = dialect_insert(connection.dialect, schema.login_failures)
            statement = statement.values(subject=subject, failures=0, last_at=now, blocked_until=None)
            connection.execute(statement.on_conflict_do_nothing())
        query = select(schema.login_failures).where(_failures.subject.in_(limits)).order_by(_failures.subject)
        rows = connection.execute(query.with_for_update()).mappings().all()
        ends: list[datetime | None] = [row["blocked_until"] for row in rows]
        pauses = [end for end in ends if end and end > now]
        if pauses:
            return max(pauses)
        for row in rows:
            failures = 1 + (row["failures"] if now - row["last_at"] < FAILURES_PERIOD else 0)
            excess = failures - limits[row["subject"]]
            values = {
                "failures": failures,
                "last_at": now,
                "blocked_until": now + _pause(excess) if excess >= 0 else None,
            }
            connection.execute(update(schema.login_failures).where(_failures.subject == row["subject"]).values(values))
    return None


def record_success(store: Store, *, account: str, address: str) -> None:
    """Forget the failures of an account that was signed in to, and take back the attempt of the address.

    The other failures of the address stay: somebody with an account could forget them otherwise.
    """
    with store.writing() as connection:
        connection.execute(delete(schema.login_failures).where(_failures.subject == address, _failures.failures <= 1))
        connection.execute(delete(schema.login_failures).where(_failures.subject == account))
        connection.execute(
            update(schema.login_failures)
            .where(_failures.subject == address)
            .values(failures=_failures.failures - 1, blocked_until=None)
        )


def forget_failures(store: Store, subject: str) -> None:
    """Forget the failures of a subject."""
    with store.writing() as connection:
        connection.execute(delete(schema.login_failures).where(_failures.subject == subject))


def _pause(doublings: int) -> timedelta:
    return min(FIRST_PAUSE * (1 << min(doublings, 10)), LONGEST_PAUSE)

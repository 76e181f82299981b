"""Expired sessions and tokens of the panel's accounts, and old failures to sign in."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_

from awardspider.operations.prune.deletion import Pruning
from awardspider.operations.retention import earliest
from awardspider.storage import schema
from awardspider.storage.account_sessions import IDLE_PERIOD
from awardspider.storage.login_failures import FAILURES_PERIOD

#: How long the account page shows that a token has expired.
EXPIRED_TOKENS = timedelta(days=30)

_sessions = schema.account_sessions.c


def prune_sessions(pruning: Pruning) -> None:
    """Remove the sessions that have expired or were not used for too long."""
    is_idle = _sessions.used_at < earliest(pruning.now, IDLE_PERIOD)
    pruning.delete_where(schema.account_sessions, or_(_sessions.expires_at < pruning.now, is_idle))


def prune_tokens(pruning: Pruning) -> None:
    """Remove tokens that expired long ago."""
    before = earliest(pruning.now, EXPIRED_TOKENS)
    pruning.delete_where(schema.api_tokens, schema.api_tokens.c.expires_at < before)


def prune_login_failures(pruning: Pruning) -> None:
    """Remove failures to sign in that no longer count."""
    before = earliest(pruning.now, FAILURES_PERIOD)
    pruning.delete_where(schema.login_failures, schema.login_failures.c.last_at < before)

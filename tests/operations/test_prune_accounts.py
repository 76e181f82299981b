"""Expired sessions and tokens, and old failures to sign in, are removed; the others stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from awardspider.operations.prune.accounts import EXPIRED_TOKENS, prune_login_failures, prune_sessions, prune_tokens
from awardspider.operations.prune.deletion import Pruning
from awardspider.operations.retention import RetentionPeriods
from awardspider.storage import schema
from awardspider.storage.account_sessions import IDLE_PERIOD, find_session, start_session
from awardspider.storage.accounts import Role, Scope, add_account
from awardspider.storage.api_tokens import add_token, find_tokens
from awardspider.storage.login_failures import FAILURES_PERIOD, begin_attempt
from awardspider.storage.store import Store

NOW = datetime(2030, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def pruning(store: Store, now: datetime) -> Pruning:
    periods = RetentionPeriods.from_settings({})
    return Pruning(store=store, periods=periods, now=now, sleep=lambda seconds: None)


def add(store: Store) -> str:
    return add_account(store, name="ana", role=Role.MEMBER, owner_id="default", password_hash="!", now=NOW).id


def test_sessions_that_open_nothing_any_more_are_removed(store: Store) -> None:
    account_id = add(store)
    old = start_session(store, account_id, address="", user_agent="", now=NOW - IDLE_PERIOD - MINUTE)
    used = start_session(store, account_id, address="", user_agent="", now=NOW - IDLE_PERIOD + MINUTE)
    assert find_session(store, old, NOW) is None
    prune_sessions(pruning(store, NOW))
    assert find_session(store, used, NOW)
    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.account_sessions)) == 1


def test_tokens_are_removed_some_time_after_they_expired(store: Store) -> None:
    account_id = add(store)
    for name, expires_at in (("short", NOW), ("long", NOW + EXPIRED_TOKENS), ("endless", None)):
        add_token(store, account_id, name=name, scopes=[Scope.READ], expires_at=expires_at, now=NOW)
    prune_tokens(pruning(store, NOW + EXPIRED_TOKENS + MINUTE))
    assert {token.name for token in find_tokens(store, account_id)} == {"long", "endless"}


def test_failures_are_removed_when_they_no_longer_count(store: Store) -> None:
    begin_attempt(store, {"account:old": 5}, NOW - FAILURES_PERIOD - MINUTE)
    begin_attempt(store, {"account:new": 5}, NOW)
    prune_login_failures(pruning(store, NOW))
    with store.reading() as connection:
        assert connection.scalars(select(schema.login_failures.c.subject)).all() == ["account:new"]

"""Accounts, their sessions and tokens, and failures to sign in, on both engines."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from awardspider.outcomes import InvalidArgument
from awardspider.search.owners import build_owner
from awardspider.storage import schema
from awardspider.storage.account_sessions import (
    IDLE_PERIOD,
    LIFETIME,
    end_other_sessions,
    end_session,
    find_session,
    find_sessions,
    hash_of,
    record_use,
    start_session,
)
from awardspider.storage.accounts import (
    Account,
    AccountPreferences,
    Role,
    Scope,
    add_account,
    any_account_has_password,
    change_password,
    find_account,
    find_accounts,
    password_of,
    remove_account,
    replace_hash,
    save_account_preferences,
)
from awardspider.storage.api_tokens import add_token, find_token, find_tokens, record_token_use, revoke_token
from awardspider.storage.login_failures import FAILURES_PERIOD, begin_attempt, forget_failures, record_success
from awardspider.storage.owners import remove_owner, save_owner
from awardspider.storage.store import Store

NOW = datetime(2030, 11, 22, 12, 0, tzinfo=UTC)


def add(store: Store, name: str = "ana", role: Role = Role.MEMBER, password_hash: str | None = "hash") -> Account:
    return add_account(store, name=name, role=role, owner_id="default", password_hash=password_hash, now=NOW)


def start(store: Store, account: Account, now: datetime = NOW) -> str:
    return start_session(store, account.id, address="203.0.113.9", user_agent="Firefox", now=now)


# ---- accounts --------------------------------------------------------------------------------------------------------


def test_an_account_is_found_by_its_name_in_any_case(store: Store) -> None:
    account = add(store, " Ana.Silva ")
    assert account.name == "ana.silva"
    assert find_account(store, "ANA.SILVA") == account
    assert find_accounts(store) == [account]
    assert (account.role, account.owner_id, account.owner_name, account.has_password) == (
        Role.MEMBER,
        "default",
        "default",
        True,
    )


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a/b", "a\nb", "<b>"])
def test_a_name_with_other_characters_is_rejected(store: Store, name: str) -> None:
    with pytest.raises(InvalidArgument, match="invalid account name"):
        add(store, name)


def test_a_name_is_used_once(store: Store) -> None:
    add(store, "ana")
    with pytest.raises(InvalidArgument, match="there is an account ana already"):
        add(store, "Ana")


def test_an_account_needs_an_owner_that_exists(store: Store) -> None:
    with pytest.raises(InvalidArgument, match="unknown owner b0b"):
        add_account(store, name="bob", role=Role.VIEWER, owner_id="b0b", password_hash=None, now=NOW)


def test_an_unknown_account_is_rejected_with_the_command_that_lists_them(store: Store) -> None:
    with pytest.raises(InvalidArgument, match=r"unknown account .*; scrapy panel users lists them"):
        find_account(store, "bob")
    assert password_of(store, "bob") is None


def test_only_an_account_with_a_password_counts_for_signing_in(store: Store) -> None:
    add(store, "zapier", password_hash=None)
    assert not any_account_has_password(store)
    add(store, "ana")
    assert any_account_has_password(store)


def test_a_hash_is_replaced_only_if_the_password_is_still_the_same(store: Store) -> None:
    account = add(store)
    replace_hash(store, account.id, old="other", new="lost update")
    assert password_of(store, "ana") == (account, "hash")
    replace_hash(store, account.id, old="hash", new="stronger")
    assert password_of(store, "ana") == (account, "stronger")


def test_a_new_password_ends_the_other_sessions(store: Store) -> None:
    account, other = add(store), add(store, "bob")
    kept, ended, of_bob = start(store, account), start(store, account), start(store, other)
    assert change_password(store, account.id, "new", kept_session=hash_of(kept)).sessions == 1
    assert find_session(store, kept, NOW)
    assert find_session(store, ended, NOW) is None
    assert find_session(store, of_bob, NOW)


@pytest.mark.parametrize("keeps_tokens", [False, True])
def test_a_new_password_revokes_the_tokens_of_the_account(store: Store, keeps_tokens: bool) -> None:
    account, other = add(store), add(store, "bob")
    (_, own), (_, of_bob) = (
        add_token(store, each.id, name="Zapier", scopes=[Scope.WRITE], expires_at=None, now=NOW)
        for each in (account, other)
    )
    assert change_password(store, account.id, "new", keeps_tokens=keeps_tokens).tokens == (0 if keeps_tokens else 1)
    assert (find_token(store, own, NOW) is not None) is keeps_tokens
    assert find_token(store, of_bob, NOW)


def test_preferences_are_stored_and_can_be_removed_again(store: Store) -> None:
    account = add(store)
    save_account_preferences(
        store, account.id, AccountPreferences(language="pt", theme="dark", timezone="America/Sao_Paulo")
    )
    found = find_account(store, "ana")
    assert (found.language, found.theme, found.timezone) == ("pt", "dark", "America/Sao_Paulo")
    save_account_preferences(store, account.id, AccountPreferences())
    assert find_account(store, "ana") == account


def test_removing_an_account_ends_its_sessions_and_tokens(store: Store) -> None:
    account = add(store)
    session = start(store, account)
    _, token = add_token(store, account.id, name="Zapier", scopes=[Scope.READ], expires_at=None, now=NOW)
    remove_account(store, account.id)
    assert find_accounts(store) == []
    assert find_session(store, session, NOW) is None
    assert find_token(store, token, NOW) is None


def test_an_owner_with_accounts_is_not_removed(store: Store) -> None:
    bob = save_owner(store, build_owner(name="Bob"), now=NOW)
    account = add_account(store, name="bob", role=Role.VIEWER, owner_id=bob.id, password_hash="h", now=NOW)
    with pytest.raises(InvalidArgument, match="the owner has accounts: bob; remove them first"):
        remove_owner(store, bob.id, NOW)
    remove_account(store, account.id)
    remove_owner(store, bob.id, NOW)


# ---- sessions --------------------------------------------------------------------------------------------------------


def test_the_id_of_a_session_is_random_and_not_stored(store: Store) -> None:
    account = add(store)
    first, second = start(store, account), start(store, account)
    assert first != second
    assert len(first) == 43  # 256 bits
    with store.reading() as connection:
        stored = repr(connection.execute(select(schema.account_sessions)).all())
    assert first not in stored
    assert hash_of(first) in stored


def test_a_session_ends_after_its_lifetime_although_it_is_used(store: Store) -> None:
    session_id = start(store, add(store))
    now = NOW
    while now < NOW + LIFETIME - timedelta(days=1):
        found = find_session(store, session_id, now)
        assert found
        record_use(store, found[1], now)
        now += timedelta(days=5)
    assert find_session(store, session_id, NOW + LIFETIME) is None


def test_a_session_that_is_not_used_ends_earlier(store: Store) -> None:
    session_id = start(store, add(store))
    assert find_session(store, session_id, NOW + IDLE_PERIOD - timedelta(seconds=1))
    assert find_session(store, session_id, NOW + IDLE_PERIOD) is None


def test_the_use_of_a_session_is_written_only_every_few_minutes(store: Store) -> None:
    account = add(store)
    session_id = start(store, account)
    for minutes, stored in ((4, NOW), (5, NOW + timedelta(minutes=5)), (9, NOW + timedelta(minutes=5))):
        now = NOW + timedelta(minutes=minutes)
        found = find_session(store, session_id, now)
        assert found
        record_use(store, found[1], now)
        assert find_sessions(store, account.id, now)[0].used_at == stored


def test_only_sessions_of_the_account_can_be_ended(store: Store) -> None:
    ana, bob = add(store), add(store, "bob")
    session = start(store, ana)
    assert not end_session(store, bob.id, hash_of(session))
    assert end_session(store, ana.id, hash_of(session))
    assert find_session(store, session, NOW) is None


def test_all_other_sessions_of_an_account_can_be_ended_at_once(store: Store) -> None:
    ana, bob = add(store), add(store, "bob")
    kept, _, _, of_bob = start(store, ana), start(store, ana), start(store, ana), start(store, bob)
    assert end_other_sessions(store, ana.id, hash_of(kept)) == 2
    assert [each.id_hash for each in find_sessions(store, ana.id, NOW)] == [hash_of(kept)]
    assert find_session(store, of_bob, NOW)


# ---- tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_is_found_by_its_text_which_is_not_stored(store: Store) -> None:
    account = add(store)
    token, text = add_token(store, account.id, name=" Zapier ", scopes=[Scope.WRITE], expires_at=None, now=NOW)
    assert find_token(store, text, NOW) == (account, token)
    assert (token.name, token.scopes, text.startswith(token.prefix)) == ("Zapier", {Scope.READ, Scope.WRITE}, True)
    assert len(text) == len("asp_") + 43
    with store.reading() as connection:
        assert text[12:] not in repr(connection.execute(select(schema.api_tokens)).all())


def test_a_token_expires_and_can_be_revoked(store: Store) -> None:
    ana, bob = add(store), add(store, "bob")
    ends = NOW + timedelta(days=1)
    token, text = add_token(store, ana.id, name="Make", scopes=[Scope.READ], expires_at=ends, now=NOW)
    assert find_token(store, text, ends - timedelta(seconds=1))
    assert find_token(store, text, ends) is None
    assert find_tokens(store, ana.id)[0].has_expired(ends)
    assert not revoke_token(store, bob.id, token.id)
    assert revoke_token(store, ana.id, token.id)
    assert find_tokens(store, ana.id) == []


def test_the_last_use_of_a_token_is_stored(store: Store) -> None:
    account = add(store)
    token, _ = add_token(store, account.id, name="Make", scopes=[Scope.READ], expires_at=None, now=NOW)
    record_token_use(store, token, NOW + timedelta(minutes=1))
    assert find_tokens(store, account.id)[0].used_at == NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("name", "scopes"), [("", [Scope.READ]), ("x" * 101, [Scope.READ]), ("a\nb", [Scope.READ]), ("a", [])]
)
def test_a_token_without_a_name_or_scope_is_rejected(store: Store, name: str, scopes: list[Scope]) -> None:
    account = add(store)
    with pytest.raises(InvalidArgument, match="a token needs a"):
        add_token(store, account.id, name=name, scopes=scopes, expires_at=None, now=NOW)


# ---- failures --------------------------------------------------------------------------------------------------------

LIMITS = {"account:a": 5, "address:203.0.113.9": 20}


def test_pauses_begin_with_the_fifth_failure_and_double(store: Store) -> None:
    now = NOW
    assert [begin_attempt(store, LIMITS, now) for _ in range(5)] == [None] * 5
    for seconds in (30, 60, 120, 240, 480, 900, 900):
        pause_ends = now + timedelta(seconds=seconds)
        assert begin_attempt(store, LIMITS, pause_ends - timedelta(seconds=1)) == pause_ends
        now = pause_ends
        assert begin_attempt(store, LIMITS, now) is None


def test_a_success_forgets_the_failures_of_the_account_only(store: Store) -> None:
    for _ in range(4):
        begin_attempt(store, LIMITS, NOW)
    record_success(store, account="account:a", address="address:203.0.113.9")
    with store.reading() as connection:
        rows = connection.execute(select(schema.login_failures)).all()
    assert [(row.subject, row.failures, row.blocked_until) for row in rows] == [("address:203.0.113.9", 3, None)]


def test_failures_of_the_last_day_count_together(store: Store) -> None:
    for _ in range(5):
        begin_attempt(store, LIMITS, NOW)
    later = NOW + FAILURES_PERIOD
    assert [begin_attempt(store, LIMITS, later) for _ in range(5)] == [None] * 5
    assert begin_attempt(store, LIMITS, later)


def test_the_failures_of_an_account_can_be_forgotten(store: Store) -> None:
    for _ in range(5):
        begin_attempt(store, LIMITS, NOW)
    assert begin_attempt(store, LIMITS, NOW)
    forget_failures(store, "account:a")
    assert begin_attempt(store, LIMITS, NOW) is None


def test_parallel_attempts_do_not_exceed_the_limit(store: Store) -> None:
    results: list[datetime | None] = []
    threads = [threading.Thread(target=lambda: results.append(begin_attempt(store, LIMITS, NOW))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(None) == 5

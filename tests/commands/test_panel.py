"""`scrapy panel`: its accounts and tokens, and the addresses that it listens on."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from awardspider.commands import panel
from awardspider.commands.panel import Command
from awardspider.panel.auth.passwords import is_right_password
from awardspider.panel.auth.throttling import ACCOUNT_FAILURES, subjects_of
from awardspider.storage.account_sessions import find_session, start_session
from awardspider.storage.accounts import Role, Scope, find_account, find_accounts, password_of
from awardspider.storage.api_tokens import find_token
from awardspider.storage.login_failures import begin_attempt
from awardspider.storage.owners import find_owner
from awardspider.storage.store import Store
from tests.support.commands import CommandRunner
from tests.support.panel import NOW, PASSWORD


@pytest.fixture
def panel_command(
    sqlite_store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> CommandRunner:
    """Return the command, with its time set to NOW and a password on its standard input."""
    monkeypatch.setattr(Command, "now", staticmethod(lambda: NOW))
    monkeypatch.setattr(panel, "configure_service_logs", lambda *_: None)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n" * 9))
    return CommandRunner(Command, {"AWARD_DATA_DIR": str(tmp_path), "AWARD_DATABASE_URL": ""}, capsys)


def test_an_account_is_added_with_the_hash_of_its_password(panel_command: CommandRunner, sqlite_store: Store) -> None:
    output = panel_command.succeed("adduser", "Ana", "--role", "operator", "--password-stdin")
    assert output == (
        "Added ana, an operator for the owner default.\n"
        "From now on, everybody signs in to the panel, at this machine too.\n"
    )
    found = password_of(sqlite_store, "ana")
    assert found
    assert found[0].role is Role.OPERATOR
    assert found[1]
    assert found[1].startswith("$argon2id$")
    assert is_right_password(found[1], PASSWORD)
    assert PASSWORD not in panel_command.output


def test_a_member_gets_an_owner_of_its_own_and_others_the_default_one(
    panel_command: CommandRunner, sqlite_store: Store
) -> None:
    panel_command.succeed("adduser", "ana", "--password-stdin")
    panel_command.succeed("adduser", "bob", "--role", "viewer", "--password-stdin")
    panel_command.succeed("adduser", "carla", "--role", "viewer", "--owner", "Ana", "--password-stdin")
    ana, bob, carla = find_accounts(sqlite_store)
    assert (ana.owner_name, bob.owner_id, carla.owner_id) == ("ana", "default", ana.owner_id)
    assert find_owner(sqlite_store, ana.owner_id).name == "ana"


def test_the_first_account_says_that_an_operator_is_missing(panel_command: CommandRunner) -> None:
    assert "No account is an operator yet" in panel_command.succeed("adduser", "ana", "--password-stdin")
    assert "operator" not in panel_command.succeed("adduser", "bob", "--password-stdin")


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short", "the password is too short: use at least 10 characters"),
        ("", "the password is too short: use at least 10 characters"),
        ("Ana.Silva.99", "the password is the account's name: use another one"),
        ("aaaaaaaaaaaa", "the password repeats a few characters: use another one"),
        ("x1" * 501, "the password is too long: use at most 1000 characters"),
    ],
)
def test_an_easy_password_is_refused(
    panel_command: CommandRunner, monkeypatch: pytest.MonkeyPatch, sqlite_store: Store, password: str, message: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    assert panel_command.fail("adduser", "ana.silva.99", "--password-stdin") == message
    assert find_accounts(sqlite_store) == []


def test_a_password_is_never_an_argument(panel_command: CommandRunner) -> None:
    assert "typed at a terminal" in panel_command.fail("adduser", "ana")
    panel_command("adduser", "ana", PASSWORD)
    assert panel_command("adduser", "ana", "--password", PASSWORD).code == 2


def test_a_typed_password_is_repeated(panel_command: CommandRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([PASSWORD, PASSWORD + "x", PASSWORD, PASSWORD])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    assert panel_command.fail("adduser", "ana") == "the two passwords differ"
    assert panel_command.succeed("adduser", "ana").startswith("Added ana")


def test_a_new_password_ends_sessions_and_a_pause_of_signing_in(
    panel_command: CommandRunner, sqlite_store: Store, tmp_path: Path
) -> None:
    panel_command.succeed("adduser", "ana", "--password-stdin")
    account = find_account(sqlite_store, "ana")
    session = start_session(sqlite_store, account.id, address="", user_agent="", now=NOW)
    limits = subjects_of(tmp_path, "Ana", "203.0.113.9").limits
    for _ in range(ACCOUNT_FAILURES):
        begin_attempt(sqlite_store, limits, NOW)
    assert begin_attempt(sqlite_store, limits, NOW)
    assert panel_command.succeed("passwd", "ANA", "--password-stdin") == (
        "Changed the password of ana, ended 1 session and revoked 0 tokens.\n"
    )
    assert find_session(sqlite_store, session, NOW) is None
    assert begin_attempt(sqlite_store, limits, NOW) is None


def test_a_new_password_revokes_the_tokens_unless_they_are_kept(panel_command: CommandRunner) -> None:
    panel_command.succeed("adduser", "ana", "--password-stdin")
    panel_command("addtoken", "ana", "--label", "Zapier")
    kept = panel_command.succeed("passwd", "ana", "--password-stdin", "--keep-tokens")
    assert kept.endswith("revoked 0 tokens.\n1 token can still be used: scrapy panel tokens ana lists them.\n")
    assert "ended 0 sessions and revoked 1 token." in panel_command.succeed("passwd", "ana", "--password-stdin")
    assert json.loads(panel_command.succeed("tokens", "ana", "--format", "json")) == []


def test_accounts_are_listed_without_their_hashes(panel_command: CommandRunner) -> None:
    panel_command.succeed("adduser", "ana", "--password-stdin")
    panel_command.succeed("adduser", "zapier", "--role", "viewer", "--no-password")
    records = json.loads(panel_command.succeed("users", "--format", "json"))
    assert [(each["name"], each["role"], each["password"]) for each in records] == [
        ("ana", "member", True),
        ("zapier", "viewer", False),
    ]
    table = panel_command.succeed("users")
    assert "zapier" in table
    assert "argon2" not in table


def test_removing_the_last_account_says_what_that_means(panel_command: CommandRunner, sqlite_store: Store) -> None:
    panel_command.succeed("adduser", "ana", "--password-stdin")
    output = panel_command.succeed("removeuser", "ana")
    assert "everybody at this machine is the operator" in output
    assert find_accounts(sqlite_store) == []
    assert "unknown account" in panel_command.fail("removeuser", "ana")


def test_a_token_is_printed_once_and_can_be_revoked(panel_command: CommandRunner, sqlite_store: Store) -> None:
    panel_command.succeed("adduser", "ana", "--no-password")
    result = panel_command("addtoken", "ana", "--label", "Zapier", "--scope", "write", "--days", "7")
    token = result.out.strip()
    assert (result.code, "not shown again" in result.err) == (0, True)
    found = find_token(sqlite_store, token, NOW)
    assert found
    assert found[1].scopes == {Scope.READ, Scope.WRITE}
    listed = panel_command.succeed("tokens", "ana")
    assert token not in listed
    assert token[:10] in listed
    assert panel_command.succeed("revoketoken", "ana", found[1].id) == "Revoked the token.\n"
    assert find_token(sqlite_store, token, NOW) is None
    assert "ana has no token" in panel_command.fail("revoketoken", "ana", found[1].id)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "panel.example"])
def test_the_panel_does_not_listen_to_others_without_a_password(panel_command: CommandRunner, host: str) -> None:
    panel_command.succeed("adduser", "zapier", "--no-password")
    message = panel_command.fail("--host", host, "--port", "8787")
    assert "without a password" in message
    assert "scrapy panel adduser NAME --role operator" in message


def test_invalid_proxies_end_the_command(panel_command: CommandRunner) -> None:
    for value in ("proxy.example", "10.0.0.1/8", "0.0.0.0/0", "::/0"):
        message = panel_command.fail("--host", "127.0.0.1", "--port", "18787", AWARD_PANEL_TRUSTED_PROXIES=value)
        assert message.startswith("AWARD_PANEL_TRUSTED_PROXIES has ")

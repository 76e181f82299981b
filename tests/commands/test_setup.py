"""`scrapy setup`."""

from __future__ import annotations

import io
import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from awardspider.commands.setup import Command
from awardspider.items import EventType
from awardspider.operations.env_file import read_env_file
from awardspider.storage.channels import channel_rows
from awardspider.storage.store import open_store
from tests.support.commands import CommandResult, CommandRunner
from tests.support.doctor import project_settings
from tests.support.http_recipient import Recipient, recipient
from tests.support.paths import ROOT

__all__ = ["recipient"]

SETTINGS = {
    "SCRAPYD_USERNAME": "", "SCRAPYD_PASSWORD": "", "AWARD_SECRET_KEY": "", "AWARD_GOOGLE_SHEET": "",
    "AWARD_GOOGLE_CREDENTIALS": "", "AWARD_WEBHOOKS": "", "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1",
}  # fmt: skip
SHEET = "https://docs.google.com/spreadsheets/d/1AbCdEfGhIjKlMnOpQrStUvWxYz/edit"


class Terminal(io.StringIO):
    """Lines that a person types."""

    def isatty(self) -> bool:
        return True


def unwrapped(result: CommandResult) -> str:
    """Return what a command printed, without line breaks."""
    return " ".join(result.out.split())


class Setup(CommandRunner):
    """The command in a folder of its own, whose `.env` it writes."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        settings = dict(project_settings(Path("data"), **SETTINGS))
        super().__init__(Command, settings, capsys)
        self.folder = folder
        self._monkeypatch = monkeypatch

    def typing(self, lines: Sequence[str], *args: str, **settings: Any) -> CommandResult:
        """Run the command while a person types lines."""
        self._monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))
        return self(*args, **settings)

    @property
    def env(self) -> dict[str, str]:
        return read_env_file(self.folder / ".env")

    def channels(self) -> dict[str, Any]:
        store = open_store("", self.folder / "data")
        try:
            return {row.name: row for row in channel_rows(store)}
        finally:
            store.close()


@pytest.fixture
def setup(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Setup:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("AWARD_", "SCRAPYD_"))]:
        monkeypatch.delenv(name)
    return Setup(tmp_path, capsys, monkeypatch)


def test_enter_accepts_every_default(setup: Setup) -> None:
    result = setup.typing([""] * 4)
    assert (result.code, result.err) == (0, "")
    env = setup.env
    assert list(env) == ["AWARD_DATA_DIR", "SCRAPYD_USERNAME", "SCRAPYD_PASSWORD", "AWARD_SECRET_KEY"]
    assert (env["AWARD_DATA_DIR"], env["SCRAPYD_USERNAME"]) == ("data", "awards")
    assert len(env["SCRAPYD_PASSWORD"]) >= 32
    assert stat.S_IMODE((setup.folder / ".env").stat().st_mode) == 0o600
    assert (setup.folder / "data" / "awardspider.db").exists()
    assert stat.S_IMODE((setup.folder / "data").stat().st_mode) == 0o700
    for secret in (env["SCRAPYD_PASSWORD"], env["AWARD_SECRET_KEY"]):
        assert secret not in setup.output
    assert "scrapy doctor" in result.out


def test_invalid_values_are_explained_and_prompted_for_again(setup: Setup) -> None:
    typed = [
        "/proc/nope", "deals",  # data folder
        "me", "me@example.org",  # contact
        "telegram", "tgram://short", "-",  # operator's channel
        "sheet", "-",
    ]  # fmt: skip
    result = setup.typing(typed)
    assert (result.code, result.err) == (0, "")
    assert "/proc/nope cannot be written: No such file or directory; choose another folder" in result.out
    assert "'me' is neither a web address (https://…) nor a mail address (me@example.org)" in result.out
    assert "an address has a scheme, such as https://… for a webhook" in result.out
    assert "'sheet' is not a spreadsheet" in result.out
    assert (setup.env["AWARD_DATA_DIR"], setup.env["AWARD_CONTACT"]) == ("deals", "mailto:me@example.org")
    assert "AWARD_GOOGLE_SHEET" not in setup.env


def test_the_operators_channel_is_added_encrypted_and_tested(setup: Setup, recipient: Recipient) -> None:
    address = recipient.url("json")
    result = setup.typing(["", "", address, "", "y"])
    assert (result.code, result.err) == (0, "")
    assert "Added the channel operator (apprise), which is notified of failures." in result.out
    assert "Test message to operator: sent" in result.out
    assert "test" in recipient.bodies[-1].lower()
    row = setup.channels()["operator"]
    assert {EventType.RUN_FAILED, EventType.CHANNEL_PAUSED} <= set(row.events)
    assert row.address.startswith("encrypted:")
    stored = b"".join(file.read_bytes() for file in setup.folder.glob("data/awardspider.db*"))
    assert b"secret-path" not in stored


def test_a_test_message_that_fails_is_reported(setup: Setup, recipient: Recipient) -> None:
    recipient.responses = [(410, {}, b"gone")]
    result = setup.typing(["", "", recipient.url("json"), "", ""])
    assert result.code == 1
    assert "Test message to operator: not sent" in unwrapped(result)
    assert "Correct the address with scrapy setup, or try again: scrapy channels test operator" in unwrapped(result)
    assert "operator" in setup.channels()


def test_setup_works_again_and_keeps_what_is_there(setup: Setup, recipient: Recipient) -> None:
    setup.typing(["", "me@example.org", recipient.url("json"), "", "n"])
    first, row = setup.env, setup.channels()["operator"]
    with (setup.folder / ".env").open("a") as file:
        file.write("# mine\nAWARD_BUDGET=united=1/day\n")
    again = setup.typing([""] * 4, **first)
    assert (again.code, again.err) == (0, "")
    assert ".env is unchanged" in again.out
    assert "[operator]" in again.out
    assert setup.env == first | {"AWARD_BUDGET": "united=1/day"}
    assert setup.channels()["operator"] == row
    changed = setup.typing(["", "https://example.org/bot", recipient.url("json", "other"), "", "n"], **first)
    assert "Replaced the channel operator" in changed.out
    assert "Wrote .env, which only you can read: AWARD_CONTACT." in changed.out
    text = (setup.folder / ".env").read_text()
    assert text.endswith("# mine\nAWARD_BUDGET=united=1/day\n")
    assert setup.channels()["operator"].address != row.address


def test_options_replace_the_prompts(setup: Setup, recipient: Recipient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATOR", recipient.url("json"))
    output = setup.succeed(
        "--yes", "--data-dir", "d", "--contact", "https://example.org", "--operator", "env:OPERATOR", "--test"
    )
    assert "Test message to operator: sent" in output
    assert (setup.env["AWARD_DATA_DIR"], setup.env["AWARD_CONTACT"]) == ("d", "https://example.org")
    store = open_store("", setup.folder / "d")
    assert [row.address for row in channel_rows(store)] == ["env:OPERATOR"]
    store.close()


def test_an_address_is_read_from_standard_input(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("https://hooks.example.com/T0KEN\n"))
    output = setup.succeed("--yes", "--operator", "-")
    assert "Added the channel operator (webhook)" in output
    assert "T0KEN" not in output


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--data-dir", "/proc/x"), "/proc/x cannot be written"),
        (("--contact", "me"), "'me' is neither a web address"),
        (("--operator", "me"), "an address has a scheme"),
        (("--operator", "env:NOT_SET"), "environment variable NOT_SET is not set"),
        (("--sheet", "x"), "'x' is not a spreadsheet"),
        (("--credentials", "/no/file"), "AWARD_GOOGLE_CREDENTIALS: file /no/file does not exist"),
    ],
)
def test_an_invalid_option_changes_nothing(setup: Setup, args: tuple[str, ...], sentence: str) -> None:
    assert setup.fail("--yes", *args).startswith(sentence)
    assert not (setup.folder / ".env").exists()


def test_a_spreadsheet_needs_its_key_file(setup: Setup) -> None:
    key = setup.folder / "google.json"
    key.write_text(json.dumps({"installed": {}}))
    result = setup.typing(["", "", "", SHEET, str(key), "-"])
    assert (result.code, result.err) == (0, "")
    assert "is an OAuth client, not a service account" in unwrapped(result)
    assert setup.env["AWARD_GOOGLE_SHEET"] == SHEET


def test_without_a_terminal_the_options_are_named(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert setup.fail() == "scrapy setup needs a terminal; in scripts, use --yes and options"


def test_the_end_of_input_leaves_the_file_unchanged(setup: Setup) -> None:
    (setup.folder / ".env").write_text("A=1\n")
    result = setup.typing(["", ""])
    assert (result.code, result.err) == (2, "error: canceled; .env is unchanged\n")
    assert (setup.folder / ".env").read_text() == "A=1\n"


def test_a_variable_that_takes_precedence_is_reported(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWARD_CONTACT", "https://old.example.org")
    output = setup.succeed("--yes", "--contact", "https://new.example.org")
    assert "AWARD_CONTACT is also set in the environment, which takes precedence: remove it there" in output


@pytest.mark.slow
def test_setup_in_a_terminal_prepares_what_the_doctor_finds_missing(tmp_path: Path) -> None:
    """The complete command in a pseudoterminal, then the doctor with the file that it wrote."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY"))}
    environment = outer | {"SCRAPY_SETTINGS_MODULE": "awardspider.settings", "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    command = [sys.executable, "-m", "scrapy"]
    controller, terminal = pty.openpty()
    process = subprocess.Popen([*command, "setup"], cwd=tmp_path, env=environment, stdin=terminal, stdout=terminal)
    os.close(terminal)
    os.write(controller, b"\nme@example.org\n\n\n")
    output = b""
    while True:
        try:
            output += os.read(controller, 1024)
        except OSError:  # the process has closed the terminal
            break
    os.close(controller)
    assert process.wait() == 0
    assert b"Wrote .env, which only you can read" in output
    doctor = subprocess.run(
        [*command, "doctor", "--json", "--offline"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    report = json.loads(doctor.stdout)
    levels = {each["check"]: each["level"] for each in report["findings"]}
    names = ("env file", "setting names", "setting values", "contact", "secret key", "data folder", "database")
    assert {name: levels[name] for name in names} == dict.fromkeys(names, "ok")
    assert doctor.returncode == (1 if report["errors"] else 0)

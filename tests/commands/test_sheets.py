"""`scrapy sheets`, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from awardspider.commands.sheets import Command
from tests.support.commands import CommandRunner
from tests.support.sandbox_server import Sandbox, sandbox

NOT_SHARED = "1pRiv4TeSheEtNotShAredWithAnyb0dyKx2Wm9Zt5Qe"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox() as running:
        yield running


@pytest.fixture
def spreadsheet(server: Sandbox) -> str:
    server.reset()
    created: str = server.client.post(f"{server.url}/_sheets", json={"title": "Deals"}).json()["id"]
    return created


@pytest.fixture
def sheets(server: Sandbox, capsys: pytest.CaptureFixture[str]) -> CommandRunner:
    settings = {"AWARD_SANDBOX_URL": server.url, "AWARD_GOOGLE_SHEET": "", "AWARD_GOOGLE_CREDENTIALS": ""}
    return CommandRunner(Command, settings, capsys)


def test_setup_creates_the_tabs_and_a_second_run_changes_nothing(sheets: CommandRunner, spreadsheet: str) -> None:
    out = sheets.succeed("setup", f"https://docs.google.com/spreadsheets/d/{spreadsheet}/edit")
    created = "; ".join(f"created the tab {name}" for name in ("Best", "Offers", "Promotions", "Health"))
    assert out.splitlines()[1:4] == [
        "spreadsheet  Deals",
        "access       read and write",
        f"tabs         {created}; deleted the empty tab Sheet1",
    ]
    assert "iam.gserviceaccount.com" in out.splitlines()[0]
    assert "tabs         complete, nothing to change" in sheets.succeed("setup", AWARD_GOOGLE_SHEET=spreadsheet)


def test_check_reports_missing_tabs(sheets: CommandRunner, spreadsheet: str) -> None:
    result = sheets("check", spreadsheet)
    assert result.code == 2
    assert result.err == "error: missing tabs: Best, Offers, Promotions, Health; run scrapy sheets setup\n"
    sheets("setup", spreadsheet)
    assert "10,000,000 in use" in sheets.succeed("check", spreadsheet)


def test_a_sheet_that_is_not_shared_names_the_account(sheets: CommandRunner) -> None:
    result = sheets("setup", NOT_SHARED)
    account = result.out.split()[1]
    assert result.code == 2
    assert result.err == f"error: {account} has no access to this spreadsheet; share it with that address as Editor\n"


def test_the_looker_link_contains_spreadsheet_and_tab(sheets: CommandRunner, spreadsheet: str) -> None:
    assert sheets("looker-link", spreadsheet).code == 2
    sheets("setup", spreadsheet)
    out = sheets.succeed("looker-link", spreadsheet)
    assert out.startswith("https://lookerstudio.google.com/reporting/create?")
    assert f"spreadsheetId={spreadsheet}" in out


def test_a_missing_spreadsheet_or_account_is_one_sentence(sheets: CommandRunner) -> None:
    assert "spreadsheet" in sheets.fail("check")
    assert "AWARD_GOOGLE_CREDENTIALS is not set" in sheets.fail("check", NOT_SHARED, AWARD_SANDBOX_URL="")
    assert "invalid choice: 'explode'" in sheets.usage_error("explode")

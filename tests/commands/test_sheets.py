"""`scrapy sheets`, run as a person types it but in this process, against the sandbox."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from awardspider.commands.sheets import Command
from tests.support.sandbox_server import Sandbox, sandbox

NOT_SHARED = "1pRiv4TeSheEtNotShAredWithAnyb0dyKx2Wm9Zt5Qe"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox() as running:
        yield running


@pytest.fixture
def spreadsheet(server: Sandbox) -> str:
    server.reset()
    found: str = server.client.post(f"{server.url}/_sheets", json={"title": "Deals"}).json()["id"]
    return found


class Sheets:
    def __init__(self, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self.capsys = capsys

    def __call__(self, *args: str, **settings: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        command = Command()
        known = {"AWARD_SANDBOX_URL": self.url, "AWARD_GOOGLE_SHEET": "", "AWARD_GOOGLE_CREDENTIALS": ""}
        command.settings = Settings(known | settings)
        command.run(list(args), argparse.Namespace())
        said = self.capsys.readouterr()
        return command.exitcode, said.out, said.err


@pytest.fixture
def sheets(server: Sandbox, capsys: pytest.CaptureFixture[str]) -> Sheets:
    return Sheets(server.url, capsys)


def test_setup_makes_the_tabs_and_a_second_run_does_nothing(sheets: Sheets, spreadsheet: str) -> None:
    code, out, err = sheets("setup", f"https://docs.google.com/spreadsheets/d/{spreadsheet}/edit")
    assert (code, err) == (0, "")
    assert out.splitlines()[1:4] == [
        "spreadsheet  Deals",
        "rights       may be read and written",
        "tabs         made the tab Offers; made the tab Promotions; made the tab Health",
    ]
    assert "iam.gserviceaccount.com" in out.splitlines()[0]
    _, again, _ = sheets("setup", AWARD_GOOGLE_SHEET=spreadsheet)
    assert "tabs         all there, nothing to do" in again


def test_check_says_what_is_missing(sheets: Sheets, spreadsheet: str) -> None:
    code, _, err = sheets("check", spreadsheet)
    assert code == 2
    assert err == "error: there is no tab Offers and no tab Promotions and no tab Health; run scrapy sheets setup\n"
    sheets("setup", spreadsheet)
    code, out, err = sheets("check", spreadsheet)
    assert (code, err) == (0, "")
    assert "cells used" in out


def test_a_sheet_that_is_not_shared_names_the_account(sheets: Sheets) -> None:
    code, out, err = sheets("setup", NOT_SHARED)
    account = out.split()[1]
    assert code == 2
    assert err == (f"error: this spreadsheet is not shared with {account}; share it with that address as Editor\n")


def test_the_looker_link_names_the_sheet_and_its_tab(sheets: Sheets, spreadsheet: str) -> None:
    assert sheets("looker-link", spreadsheet)[0] == 2
    sheets("setup", spreadsheet)
    code, out, _ = sheets("looker-link", spreadsheet)
    assert code == 0
    assert out.startswith("https://lookerstudio.google.com/reporting/create?")
    assert f"spreadsheetId={spreadsheet}" in out


def test_no_spreadsheet_and_no_account_say_what_to_do(sheets: Sheets) -> None:
    assert sheets("check")[2].startswith("error: name a spreadsheet")
    assert "AWARD_GOOGLE_CREDENTIALS is not set" in sheets("check", NOT_SHARED, AWARD_SANDBOX_URL="")[2]
    with pytest.raises(UsageError, match=r"setup\|check\|fill\|looker-link"):
        sheets("explode")

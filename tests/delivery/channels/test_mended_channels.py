"""What a second reader of the channels found wrong, and what holds now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awardspider.delivery.channels.sheets.channel import SheetsChannel
from awardspider.delivery.channels.sheets.layout import TABS, mend, read_layout
from awardspider.delivery.channels.webhook.channel import wait_asked
from awardspider.outcomes import InvalidArgument
from awardspider.storage.store import Store, open_store
from tests.commands.test_channels import Channels, channels
from tests.support.channel_examples import a_config, around
from tests.support.sandbox_server import Sandbox, sandbox
from tests.support.sheet_editors import SharedSheet
from tests.support.storage_examples import an_itinerary

__all__ = ["channels"]

SHEET = "1dEm0AwArdDeaLsXq7Zk2vTn9RbYc4UhJw8LsPf3GxQM"
NOWHERE = "http://127.0.0.1:9"  # no sandbox, where nothing is asked


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    decode = open_store("", tmp_path)
    yield decode
    decode.close()


@pytest.mark.parametrize(
    "said",
    [
        "Fri, 31 Dec 99999999999 23:59:59 GMT",
        "Fri, 31 Dec 2027 99999999999999999999:00:00 GMT",
        "Fri, 31 Dec 2027 23:59:59 +99999999999999",
    ],
)
def test_a_wait_without_sense_is_no_wait(said: str) -> None:
    assert wait_asked(said, datetime(2026, 11, 22, tzinfo=UTC)) is None


@pytest.mark.parametrize("name", TABS)
def test_a_tab_of_which_hardly_a_row_is_left_is_set_up_and_written(server: Sandbox, store: Store, name: str) -> None:
    sheet = SharedSheet(server, store)
    mend(sheet.client)
    tab = read_layout(sheet.client).tabs[name]
    rest = {"sheetId": tab.gid, "dimension": "ROWS", "startIndex": 2, "endIndex": tab.rows}
    server.person(sheet.spreadsheet, {"deleteDimension": {"range": rest}})
    assert mend(sheet.client) == []
    sheet.write(an_itinerary())
    assert mend(sheet.client) == []


def test_a_sheet_has_no_options(store: Store, tmp_path: Path) -> None:
    config = replace(a_config(SHEET, kind="sheets"), options={"locale": "es"})
    with pytest.raises(InvalidArgument, match="a channel of kind sheets has no option 'locale'"):
        SheetsChannel.check(config, around(store, tmp_path, NOWHERE))


def test_only_webhooks_have_secrets(channels: Channels) -> None:
    channels.settings["AWARD_ALLOW_COMMANDS"] = "yes"
    said = channels.refuses("add", "notify", "command", "true", "--secret", "env:NOTIFY")
    assert said == "--secret is what webhooks are signed with; a channel of kind command has none"


def test_a_spreadsheet_has_one_channel(channels: Channels) -> None:
    channels.settings |= {"AWARD_SANDBOX_URL": NOWHERE, "AWARD_GOOGLE_SHEET": SHEET}
    said = channels.refuses("add", "second", "sheets", f"https://docs.google.com/spreadsheets/d/{SHEET}/edit#gid=0")
    assert said == "the channel sheets keeps that spreadsheet already; one channel a spreadsheet"
    channels.does("add", "other", "sheets", "1pRiv4TeSheEtNotShAredWithAnyb0dyKx2Wm9Zt5Qe")
    channels.does("add", "other", "sheets", "1pRiv4TeSheEtNotShAredWithAnyb0dyKx2Wm9Zt5Qe", "--replace")


def test_a_spreadsheet_is_shown_from_its_first_tab_that_holds_something(server: Sandbox, store: Store) -> None:
    sheet = SharedSheet(server, store)
    sheet.write(an_itinerary())
    page = server.client.get(f"{server.url}/sheets/{sheet.spreadsheet}").text
    assert 'aria-current="page">Offers<' in page

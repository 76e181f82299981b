"""What Google, the network and a half-finished setup can do to a flush, and what becomes of its messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from gspread.exceptions import APIError

from awardspider.delivery.channels.base import ChannelConfig, Result, Surroundings, Verdict
from awardspider.delivery.channels.sheets.account import credentials, spreadsheet_id
from awardspider.delivery.channels.sheets.channel import SheetsChannel
from awardspider.delivery.channels.sheets.errors import trouble_of
from awardspider.delivery.channels.sheets.layout import mend
from awardspider.outcomes import InvalidArgument, InvalidSetting
from awardspider.storage.store import Store
from tests.support.sandbox_server import Sandbox
from tests.support.sheet_editors import HOST, SharedSheet, a_message, without_quota
from tests.support.storage_examples import DAY, NOW, an_itinerary, an_offer

TOKENS = "oauth2.googleapis.com"
NOT_SHARED = "1pRiv4TeSheEtNotShAredWithAnyb0dyKx2Wm9Zt5Qe"
ACCOUNT = "bot@project.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with without_quota() as running:
        yield running


@pytest.fixture
def sheet(server: Sandbox, own_store: Store) -> Iterator[SharedSheet]:
    server.reset()
    shared = SharedSheet(server, own_store)
    mend(shared.client)
    shared.write(an_offer(origin="SFO"))
    shared.store_offers(an_offer())
    yield shared
    server.reset()


def one(sheet: SharedSheet) -> Result:
    """What becomes of a new offer's message."""
    [result] = sheet.flush(an_offer())
    return result


# ---- what passes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["rate_limited", "500", "503", "reset"])
def test_a_short_trouble_while_reading_is_waited_out(sheet: SharedSheet, fault: str) -> None:
    sheet.server.fault(HOST, fault, **{"for": 2})
    assert one(sheet).verdict is Verdict.SENT
    assert len(sheet.slept) == 2
    assert len(sheet.by_id()) == 2


def test_the_wait_that_google_asks_for_is_kept(sheet: SharedSheet) -> None:
    sheet.server.fault(HOST, "rate_limited", retry_after=17, **{"for": 1})
    assert one(sheet).verdict is Verdict.SENT
    assert sheet.slept == [17.0]


def test_a_wait_that_is_too_long_is_left_to_the_outbox(sheet: SharedSheet) -> None:
    sheet.server.fault(HOST, "rate_limited", retry_after=600)
    result = one(sheet)
    assert (result.verdict, result.wait_seconds, result.pauses) == (Verdict.LATER, 600.0, False)
    assert sheet.slept == []


@pytest.mark.parametrize("fault", ["500", "reset", "html", "bad_json", "rate_limited"])
def test_a_lasting_trouble_is_later_and_bounded(sheet: SharedSheet, fault: str) -> None:
    sheet.server.fault(HOST, fault)
    result = one(sheet)
    assert (result.verdict, result.pauses) == (Verdict.LATER, False)
    assert result.note
    assert sum(sheet.slept) <= 120
    assert sheet.calls <= 8


@pytest.mark.parametrize("variant", ["read_quota", "write_quota"])
def test_a_used_up_quota_is_later(sheet: SharedSheet, variant: str) -> None:
    sheet.server.fault(HOST, "refused", variant=variant)
    result = one(sheet)
    assert (result.verdict, result.pauses) == (Verdict.LATER, False)
    assert "quota" in result.note
    assert (result.wait_seconds or 0) > 0


# ---- what may have arrived -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after"])
def test_a_row_that_was_added_without_an_answer_is_not_added_twice(sheet: SharedSheet, fault: str) -> None:
    sheet.client.set_timeout((5, 1))
    sheet.server.fault(HOST, fault, path=":batchUpdate", **{"for": 1})
    result = one(sheet)
    assert result.verdict is Verdict.UNKNOWN
    assert len(sheet.server.requests(":batchUpdate")) == 3  # set up, first offer, and this one once only
    sheet.server.reset()
    sheet.client.set_timeout((5, 20))
    assert one(sheet).verdict is Verdict.SENT
    assert sheet.calls == 2  # it was there, as the outbox could not know
    assert len(sheet.by_id()) == 2


def test_a_changed_row_is_sent_again_at_once(sheet: SharedSheet) -> None:
    sheet.write(an_offer())
    sheet.store_offers(an_offer(miles=9_000, seen_at=NOW + timedelta(hours=1)))
    sheet.server.fault(HOST, "reset_after", path=":batchUpdate", **{"for": 1})
    assert one(sheet).verdict is Verdict.SENT
    assert sheet.by_id()[an_offer().offer_id]["miles"] == 9_000


def test_what_was_written_before_the_trouble_is_sent(sheet: SharedSheet) -> None:
    offers = [an_itinerary(departure_date=DAY + timedelta(days=n)) for n in range(60)]
    sheet.store_offers(*offers)
    sheet.flusher._limits = type(sheet.limits)(request_bytes=20_000, rows_at_once=10)
    sheet.server.fault(HOST, "500", path=":batchUpdate", after=1)
    verdicts = {result.verdict for result in sheet.flush(*offers)}
    assert verdicts == {Verdict.SENT, Verdict.UNKNOWN}
    sheet.server.reset()
    assert {result.verdict for result in sheet.flush(*offers)} == {Verdict.SENT}
    assert len(sheet.by_id()) == 61


# ---- what only a person can mend -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "variant", "words"),
    [
        (HOST, "api_disabled", "switch it on at https://console.cloud.google.com/apis/library/sheets.googleapis.com"),
        (HOST, "not_shared", "share it with that address as Editor"),
        (TOKENS, "no_such_account", "make a new JSON key"),
        (TOKENS, "bad_signature", "make a new JSON key"),
    ],
)
def test_a_refusal_pauses_with_words(sheet: SharedSheet, host: str, variant: str, words: str) -> None:
    sheet.server.fault(host, "refused", variant=variant)
    sheet.flusher._client._credentials.token = None  # type: ignore[attr-defined]
    result = one(sheet)
    assert (result.verdict, result.pauses) == (Verdict.LATER, True)
    assert words in result.note
    assert "PRIVATE KEY" not in result.note
    assert sheet.slept == []


def test_an_ended_token_is_renewed(sheet: SharedSheet) -> None:
    sheet.server.fault(HOST, "expired", **{"for": 1})
    assert one(sheet).verdict is Verdict.SENT


def test_a_spreadsheet_that_is_not_there_or_not_ours_pauses(server: Sandbox, own_store: Store, tmp_path: Path) -> None:
    around = Surroundings(store=own_store, now=lambda: NOW, settings={}, data_dir=tmp_path, sandbox_url=server.url)
    for address, words in ((NOT_SHARED, "is not shared with"), ("x" * 44, "knows no spreadsheet")):
        channel = SheetsChannel(ChannelConfig(name="sheets", kind="sheets", address=address), around)
        [result] = channel.deliver([a_message(1, "any")])
        channel.close()
        assert (result.verdict, result.pauses) == (Verdict.LATER, True)
        assert words in result.note


def test_a_sheet_that_may_only_be_read_is_told_from_one_that_is_not_shared() -> None:
    answer = requests.Response()
    answer.status_code = 403
    about = {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED"}
    answer._content = json.dumps({"error": about}).encode()
    error = APIError(answer)
    assert f"{ACCOUNT} may only read this spreadsheet" in str(trouble_of(error, ACCOUNT, writing=True))
    assert f"is not shared with {ACCOUNT}" in str(trouble_of(error, ACCOUNT, writing=False))


def test_an_unreachable_google_is_later(own_store: Store, tmp_path: Path, sheet: SharedSheet) -> None:
    sheet.client._sandbox_url = "http://127.0.0.1:1"
    result = one(sheet)
    assert (result.verdict, result.pauses) == (Verdict.LATER, False)
    assert "cannot be reached" in result.note


# ---- the account and the address -----------------------------------------------------------------------------------

GOOD = {"type": "service_account", "client_email": ACCOUNT, "token_uri": "https://x", "private_key": "broken"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no file"),
        ("hello", "is not a key file in JSON"),
        ('{"installed": {}}', "is an OAuth client"),
        ('{"type": "authorized_user"}', "has no client_email"),
        (json.dumps(GOOD), "the private key in"),
    ],
)
def test_a_key_file_that_is_none_says_what_to_do(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "key.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InvalidSetting, match=words):
        credentials({"AWARD_GOOGLE_CREDENTIALS": str(file)}, "")


def test_without_a_key_file_the_live_sheet_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="AWARD_GOOGLE_CREDENTIALS is not set"):
        credentials({}, "")


@pytest.mark.parametrize(
    "text",
    [
        NOT_SHARED,
        f"https://docs.google.com/spreadsheets/d/{NOT_SHARED}/edit#gid=0",
        f" https://docs.google.com/spreadsheets/u/1/d/{NOT_SHARED} ",
    ],
)
def test_a_spreadsheet_is_known_by_id_or_address(text: str) -> None:
    assert spreadsheet_id(text) == NOT_SHARED


@pytest.mark.parametrize(
    "text", ["", "sheet", "https://example.org/x", "https://docs.google.com/spreadsheets/d/e/2PACX/pub"]
)
def test_anything_else_is_no_spreadsheet(text: str) -> None:
    with pytest.raises(InvalidArgument):
        spreadsheet_id(text)


def test_a_tab_that_goes_away_while_we_write_is_made_again(sheet: SharedSheet) -> None:
    gid = sheet.tab("Health").gid
    read = sheet.flusher._reader.read

    def read_and_then_somebody_deletes():  # type: ignore[no-untyped-def]
        state = read()
        sheet.now += timedelta(minutes=10)  # Health is due
        sheet.do({"deleteSheet": {"sheetId": gid}})
        return state

    sheet.flusher._reader.read = read_and_then_somebody_deletes  # type: ignore[method-assign]
    result = one(sheet)
    sheet.flusher._reader.read = read  # type: ignore[method-assign]
    assert (result.verdict, result.pauses) == (Verdict.LATER, False)
    assert one(sheet).verdict is Verdict.SENT
    assert len(sheet.by_id()) == 2
    assert sheet.rows("Health")

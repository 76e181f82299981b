"""Reports of a flush after faults of Google, of the network and of the configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import requests
from gspread.exceptions import APIError

from awardspider.delivery.channels.base import ChannelConfig, ChannelContext, DeliveryReport
from awardspider.delivery.channels.sheets.account import credentials, spreadsheet_id
from awardspider.delivery.channels.sheets.channel import SheetsChannel
from awardspider.delivery.channels.sheets.errors import sheets_error
from awardspider.delivery.channels.sheets.flush import Flusher
from awardspider.delivery.channels.sheets.layout import repair
from awardspider.outcomes import InvalidArgument, InvalidSetting
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store
from tests.support.sandbox_server import Sandbox
from tests.support.sheet_editors import HOST, SharedSheet, make_message, sandbox_account, without_quota
from tests.support.storage_examples import DAY, NOW, make_itinerary, make_offer

TOKENS = "oauth2.googleapis.com"
NOT_SHARED = "1pRiv4TeSheEtNotShAredWithAnyb0dyKx2Wm9Zt5Qe"
ACCOUNT = "bot@project.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with without_quota() as running:
        yield running


@pytest.fixture
def sheet(server: Sandbox, sqlite_store: Store) -> Iterator[SharedSheet]:
    server.reset()
    shared = SharedSheet(server, sqlite_store)
    repair(shared.client)
    shared.write(make_offer(origin="SFO"))
    shared.store_offers(make_offer())
    yield shared
    server.reset()


def flush_one(sheet: SharedSheet) -> DeliveryReport:
    """Flush the message of a new offer and return its report."""
    [report] = sheet.flush(make_offer())
    return report


# ---- temporary faults ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["rate_limited", "500", "503", "reset"])
def test_short_fault_is_retried_at_once(sheet: SharedSheet, fault: str) -> None:
    sheet.server.fault(HOST, fault, **{"for": 2})
    assert flush_one(sheet).result is DeliveryResult.SENT
    assert len(sheet.slept) == 2
    assert len(sheet.by_id()) == 2


def test_retry_after_is_honored(sheet: SharedSheet) -> None:
    sheet.server.fault(HOST, "rate_limited", retry_after=17, **{"for": 1})
    assert flush_one(sheet).result is DeliveryResult.SENT
    assert sheet.slept == [17.0]


def test_long_retry_after_is_left_to_the_outbox(sheet: SharedSheet) -> None:
    sheet.server.fault(HOST, "rate_limited", retry_after=600)
    report = flush_one(sheet)
    assert (report.result, report.wait_seconds, report.pauses) == (DeliveryResult.RETRY, 600.0, False)
    assert sheet.slept == []


@pytest.mark.parametrize("fault", ["500", "reset", "html", "bad_json", "rate_limited"])
def test_lasting_fault_is_retried_later(sheet: SharedSheet, fault: str) -> None:
    sheet.server.fault(HOST, fault)
    report = flush_one(sheet)
    assert (report.result, report.pauses) == (DeliveryResult.RETRY, False)
    assert report.note
    assert sum(sheet.slept) <= 120
    assert sheet.calls <= 8


@pytest.mark.parametrize("variant", ["read_quota", "write_quota"])
def test_used_up_quota_is_retried_later(sheet: SharedSheet, variant: str) -> None:
    sheet.server.fault(HOST, "refused", variant=variant)
    report = flush_one(sheet)
    assert (report.result, report.pauses) == (DeliveryResult.RETRY, False)
    assert "quota" in report.note
    assert (report.wait_seconds or 0) > 0


# ---- unknown results -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after"])
def test_row_is_not_added_twice_after_a_missing_response(sheet: SharedSheet, fault: str) -> None:
    sheet.client.set_timeout((5, 1))
    sheet.server.fault(HOST, fault, path=":batchUpdate", **{"for": 1})
    report = flush_one(sheet)
    assert report.result is DeliveryResult.UNKNOWN
    assert len(sheet.server.requests(":batchUpdate")) == 3  # setup, the first offer, and this one once
    sheet.server.reset()
    sheet.client.set_timeout((5, 20))
    assert flush_one(sheet).result is DeliveryResult.SENT
    assert sheet.calls == 2  # it was already there
    assert len(sheet.by_id()) == 2


def test_change_is_repeated_at_once(sheet: SharedSheet) -> None:
    sheet.write(make_offer())
    sheet.store_offers(make_offer(miles=9_000, seen_at=NOW + timedelta(hours=1)))
    sheet.server.fault(HOST, "reset_after", path=":batchUpdate", **{"for": 1})
    assert flush_one(sheet).result is DeliveryResult.SENT
    assert sheet.by_id()[make_offer().fare_id]["miles"] == 9_000


def test_pieces_before_a_fault_are_reported_as_sent(sheet: SharedSheet) -> None:
    offers = [make_itinerary(departure_date=DAY + timedelta(days=n)) for n in range(60)]
    sheet.store_offers(*offers)
    sheet.flusher.limits = type(sheet.limits)(request_bytes=20_000, rows_per_piece=10)
    sheet.server.fault(HOST, "500", path=":batchUpdate", after=1)
    results = {report.result for report in sheet.flush(*offers)}
    assert results == {DeliveryResult.SENT, DeliveryResult.UNKNOWN}
    sheet.server.reset()
    assert {report.result for report in sheet.flush(*offers)} == {DeliveryResult.SENT}
    assert len(sheet.by_id()) == 61


# ---- faults that pause the channel ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "variant", "text"),
    [
        (HOST, "api_disabled", "enable it at https://console.cloud.google.com/apis/library/sheets.googleapis.com"),
        (HOST, "not_shared", "share it with that address as Editor"),
        (TOKENS, "no_such_account", "create a new JSON key"),
        (TOKENS, "bad_signature", "create a new JSON key"),
    ],
)
def test_denied_access_pauses_with_instructions(sheet: SharedSheet, host: str, variant: str, text: str) -> None:
    sheet.server.fault(host, "refused", variant=variant)
    sandbox_account(sheet.server.url).token = None
    report = flush_one(sheet)
    assert (report.result, report.pauses) == (DeliveryResult.RETRY, True)
    assert text in report.note
    assert "PRIVATE KEY" not in report.note
    assert sheet.slept == []


def test_expired_token_is_renewed(sheet: SharedSheet) -> None:
    sheet.server.fault(HOST, "expired", **{"for": 1})
    assert flush_one(sheet).result is DeliveryResult.SENT


def test_unknown_and_unshared_spreadsheets_pause(server: Sandbox, sqlite_store: Store, tmp_path: Path) -> None:
    context = ChannelContext(
        store=sqlite_store, now=lambda: NOW, settings={}, data_dir=tmp_path, sandbox_url=server.url
    )
    for address, text in (
        (NOT_SHARED, "has no access to this spreadsheet"),
        ("x" * 44, "has no spreadsheet with this id"),
    ):
        channel = SheetsChannel(ChannelConfig(name="sheets", kind="sheets", address=address), context)
        [report] = channel.deliver([make_message(1, "any")])
        channel.close()
        assert (report.result, report.pauses) == (DeliveryResult.RETRY, True)
        assert text in report.note


def test_read_only_and_unshared_sheets_have_different_errors() -> None:
    response = requests.Response()
    response.status_code = 403
    error = {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED"}
    response.raw = BytesIO(json.dumps({"error": error}).encode())
    api_error = APIError(response)
    assert f"{ACCOUNT} can only read this spreadsheet" in str(sheets_error(api_error, ACCOUNT, writing=True))
    assert f"{ACCOUNT} has no access to this spreadsheet" in str(sheets_error(api_error, ACCOUNT, writing=False))


def test_unreachable_google_is_retried(sheet: SharedSheet) -> None:
    sheet.flusher = Flusher(sheet.another_client("http://127.0.0.1:1"), sheet.store, lambda: NOW)
    report = flush_one(sheet)
    assert (report.result, report.pauses) == (DeliveryResult.RETRY, False)
    assert "is unreachable" in report.note


# ---- the account and the address -----------------------------------------------------------------------------------

KEY = {"type": "service_account", "client_email": ACCOUNT, "token_uri": "https://x", "private_key": "broken"}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "does not exist"),
        ("hello", "is not a JSON key file"),
        ('{"installed": {}}', "is an OAuth client"),
        ('{"type": "authorized_user"}', "has no client_email"),
        (json.dumps(KEY), "the private key in"),
    ],
)
def test_invalid_key_files_have_an_error_message(tmp_path: Path, content: str | None, text: str) -> None:
    file = tmp_path / "key.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InvalidSetting, match=text):
        credentials({"AWARD_GOOGLE_CREDENTIALS": str(file)}, "")


def test_live_sheet_needs_a_key_file() -> None:
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
def test_spreadsheet_is_an_id_or_an_address(text: str) -> None:
    assert spreadsheet_id(text) == NOT_SHARED


@pytest.mark.parametrize(
    "text", ["", "sheet", "https://example.org/x", "https://docs.google.com/spreadsheets/d/e/2PACX/pub"]
)
def test_other_texts_are_not_a_spreadsheet(text: str) -> None:
    with pytest.raises(InvalidArgument):
        spreadsheet_id(text)


def test_tab_deleted_during_an_update_is_created_again(sheet: SharedSheet) -> None:
    gid = sheet.tab("Health").gid
    load = sheet.flusher.loader.load

    def load_then_delete():  # type: ignore[no-untyped-def]
        state = load()
        sheet.now += timedelta(minutes=10)  # Health is due
        sheet.do({"deleteSheet": {"sheetId": gid}})
        return state

    sheet.flusher.loader.load = load_then_delete  # type: ignore[method-assign]
    report = flush_one(sheet)
    sheet.flusher.loader.load = load  # type: ignore[method-assign]
    assert (report.result, report.pauses) == (DeliveryResult.RETRY, False)
    assert flush_one(sheet).result is DeliveryResult.SENT
    assert len(sheet.by_id()) == 2
    assert sheet.rows("Health")

"""What we make of Apprise's words, where no far side of ours can bring it to say them."""

from __future__ import annotations

import pytest

from awardspider.delivery.channels.apprise.responses import Report, result_of
from awardspider.delivery.channels.base import Verdict

POOL = "HTTPSConnectionPool(host='api.telegram.org', port=443): "


@pytest.mark.parametrize(
    ("report", "verdict", "pauses"),
    [
        (Report(status="NOMATCH"), Verdict.LATER, True),
        (Report(status="TIMEOUT"), Verdict.UNKNOWN, False),
        (Report(status="FAILURE"), Verdict.LATER, False),
        # Slack says no with a 200.
        (Report(status="FAILURE", warning="Failed: invalid_auth, error=200.", http_status=200), Verdict.LATER, True),
        (Report(status="FAILURE", warning="Slack: channel_not_found"), Verdict.LATER, True),
        (Report(status="FAILURE", warning="Failed, error=418.", http_status=418), Verdict.LATER, False),
        (Report(status="FAILURE", exception=POOL + "Max retries exceeded (NewConnectionError('…refused'))"),
         Verdict.LATER, False),
        (Report(status="FAILURE", exception=POOL + "Max retries exceeded (ConnectTimeoutError(…))"),
         Verdict.LATER, False),
        (Report(status="FAILURE", exception=POOL + "Max retries exceeded (SSLError(CERTIFICATE_VERIFY_FAILED))"),
         Verdict.LATER, False),
        (Report(status="FAILURE", exception="[Errno -2] Name or service not known"), Verdict.LATER, False),
        (Report(status="FAILURE", exception=POOL + "Read timed out. (read timeout=20.0)"), Verdict.UNKNOWN, False),
        (Report(status="FAILURE", exception="('Connection aborted.', RemoteDisconnected(…))"), Verdict.UNKNOWN, False),
        (Report(status="FAILURE", mail_status=421), Verdict.LATER, False),
        (Report(status="FAILURE", mail_status=534), Verdict.LATER, True),
        (Report(status="FAILURE", mail_status=554), Verdict.NEVER, False),
    ],
)  # fmt: skip
def test_results(report: Report, verdict: Verdict, pauses: bool) -> None:
    result = result_of(report, "Some service", str)
    assert (result.verdict, result.pauses) == (verdict, pauses)
    assert result.note


def test_a_note_is_one_clean_short_line() -> None:
    report = Report(status="FAILURE", warning="to sesame:\r\n" + "x" * 1000 + ", error=500.", http_status=500)
    note = result_of(report, "Telegram", lambda text: text.replace("sesame", "***")).note
    assert note.startswith("Telegram answered 500: to ***: xxx")
    assert "\n" not in note
    assert len(note) < 250

"""Delivery reports for results of Apprise that a local recipient cannot cause."""

from __future__ import annotations

import pytest

from awardspider.delivery.channels.apprise.responses import AppriseOutcome, delivery_report
from awardspider.storage.outbox import DeliveryResult

POOL = "HTTPSConnectionPool(host='api.telegram.org', port=443): "


@pytest.mark.parametrize(
    ("outcome", "result", "pauses"),
    [
        (AppriseOutcome(status="NOMATCH"), DeliveryResult.RETRY, True),
        (AppriseOutcome(status="TIMEOUT"), DeliveryResult.UNKNOWN, False),
        (AppriseOutcome(status="FAILURE"), DeliveryResult.RETRY, False),
        # Slack reports an error with status 200.
        (
            AppriseOutcome(status="FAILURE", warning="Failed: invalid_auth, error=200.", http_status=200),
            DeliveryResult.RETRY,
            True,
        ),
        (AppriseOutcome(status="FAILURE", warning="Slack: channel_not_found"), DeliveryResult.RETRY, True),
        (AppriseOutcome(status="FAILURE", warning="Failed, error=418.", http_status=418), DeliveryResult.RETRY, False),
        (
            AppriseOutcome(status="FAILURE", exception=POOL + "Max retries exceeded (NewConnectionError('…refused'))"),
            DeliveryResult.RETRY,
            False,
        ),
        (
            AppriseOutcome(status="FAILURE", exception=POOL + "Max retries exceeded (ConnectTimeoutError(…))"),
            DeliveryResult.RETRY,
            False,
        ),
        (
            AppriseOutcome(
                status="FAILURE", exception=POOL + "Max retries exceeded (SSLError(CERTIFICATE_VERIFY_FAILED))"
            ),
            DeliveryResult.RETRY,
            False,
        ),
        (
            AppriseOutcome(status="FAILURE", exception="[Errno -2] Name or service not known"),
            DeliveryResult.RETRY,
            False,
        ),
        (
            AppriseOutcome(status="FAILURE", exception=POOL + "Read timed out. (read timeout=20.0)"),
            DeliveryResult.UNKNOWN,
            False,
        ),
        (
            AppriseOutcome(status="FAILURE", exception="('Connection aborted.', RemoteDisconnected(…))"),
            DeliveryResult.UNKNOWN,
            False,
        ),
        (AppriseOutcome(status="FAILURE", mail_status=421), DeliveryResult.RETRY, False),
        (AppriseOutcome(status="FAILURE", mail_status=534), DeliveryResult.RETRY, True),
        (AppriseOutcome(status="FAILURE", mail_status=554), DeliveryResult.REJECTED, False),
    ],
)
def test_outcome_determines_the_report(outcome: AppriseOutcome, result: DeliveryResult, pauses: bool) -> None:
    report = delivery_report(outcome, "A service", str)
    assert (report.result, report.pauses) == (result, pauses)
    assert report.note


def test_note_is_one_short_line_without_secrets() -> None:
    outcome = AppriseOutcome(status="FAILURE", warning="to sesame:\r\n" + "x" * 1000 + ", error=500.", http_status=500)
    note = delivery_report(outcome, "Telegram", lambda text: text.replace("sesame", "***")).note
    assert note.startswith("Telegram responded with 500: to ***: xxx")
    assert "\n" not in note
    assert len(note) < 250

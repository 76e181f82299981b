"""Delivery reports, derived from the result and the log that Apprise returns."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awardspider.delivery.channels.base import DeliveryReport, rejected, retry, sent, unknown

if TYPE_CHECKING:
    from apprise import AppriseResult

#: The lowest log level that is needed: Apprise logs exceptions and response bodies at DEBUG.
LOG_LEVEL = logging.DEBUG

# Statuses after which no message gets through until the operator changes something.
_PAUSE_STATUSES = frozenset({301, 302, 303, 307, 308, 401, 402, 403, 404, 410})
# Statuses for an invalid message.
_REJECT_STATUSES = frozenset({400, 405, 406, 411, 413, 414, 415, 422})

# Error texts that call for a pause although the status is ambiguous: Slack sends 200, Telegram 400.
_PAUSE_ERRORS = re.compile(
    r"invalid_auth|not_authed|token_(?:revoked|expired)|account_inactive|channel_not_found|is_archived|not_in_channel"
    r"|chat not found|bot was (?:blocked|kicked)|user is deactivated",
    re.IGNORECASE,
)

# Exceptions raised before a connection was made, so the recipient cannot have the message.
_NOT_CONNECTED = re.compile(
    r"NewConnectionError|ConnectTimeout|NameResolutionError|refused|resolve|getaddrinfo|name or service not known"
    r"|nodename nor servname|no address associated|unreachable|no route to host|CERTIFICATE_VERIFY_FAILED|SSLError"
    r"|ProxyError",
    re.IGNORECASE,
)

_STATUS = re.compile(r"\berror[=:] ?\(?(\d{3})\b")
_MAIL_STATUS = re.compile(r"\((\d{3}), b['\"]")
_EXCEPTION = re.compile(r"Exception: (.*)", re.DOTALL)
_WAIT = re.compile(r"retry_after\W{1,4}(\d+(?:\.\d+)?)", re.IGNORECASE)

_MAX_NOTE = 200


def silence_logs() -> None:
    """Keep log lines that contain addresses out of our log; the notes of reports contain the relevant parts."""
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.setLevel(LOG_LEVEL)  # Apprise's result contains only what its logger accepts
    for name in ("urllib3", "oauthlib", "requests_oauthlib"):  # these log complete addresses and headers
        logging.getLogger(name).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseOutcome:
    """The facts extracted from Apprise's result for one message. The texts may contain secrets."""

    status: str
    warning: str = ""
    http_status: int | None = None
    mail_status: int | None = None
    exception: str = ""
    wait_seconds: float | None = None

    @classmethod
    def from_result(cls, result: AppriseResult) -> AppriseOutcome:
        """Parse a result, which must not be closed yet."""
        entries = list(result.logs())
        warnings = [entry.message for entry in entries if entry.level in ("WARNING", "ERROR")]
        details = "\n".join(entry.message for entry in entries if entry.level == "DEBUG")
        statuses = [int(found[1]) for warning in warnings if (found := _STATUS.search(warning))]
        exception, mail, wait = _EXCEPTION.search(details), _MAIL_STATUS.search(details), _WAIT.search(details)
        return cls(
            status=result.status.name,
            warning=warnings[-1] if warnings else "",
            http_status=statuses[-1] if statuses else None,
            mail_status=int(mail[1]) if mail else None,
            exception=exception[1] if exception else "",
            wait_seconds=float(wait[1]) if wait else None,
        )


def delivery_report(outcome: AppriseOutcome, service: str, redact: Callable[[str], str]) -> DeliveryReport:
    """Return the report for a message sent to a service; `redact` removes secrets from a text."""
    if outcome.status == "SUCCESS":
        return sent(f"{service} accepted the message")
    if outcome.status == "NOMATCH":
        return retry("Apprise found no service for the address", pauses=True)
    if outcome.status == "TIMEOUT":
        return unknown(f"{service} did not respond in time; it may have the message")
    details = " ".join(redact(outcome.warning).split())[:_MAX_NOTE]
    if outcome.mail_status:
        return _mail_report(outcome.mail_status)
    if outcome.http_status:
        return _http_report(outcome, f"{service} responded with {outcome.http_status}: {details}")
    if _PAUSE_ERRORS.search(outcome.warning):
        return retry(f"{service}: {details}", pauses=True)
    if outcome.exception and _NOT_CONNECTED.search(outcome.exception):
        return retry(f"{service} is unreachable")
    if outcome.exception:
        return unknown(f"the connection to {service} broke; it may have the message")
    return retry(f"{service} did not accept the message: {details}")


def _http_report(outcome: AppriseOutcome, note: str) -> DeliveryReport:
    if outcome.http_status in _PAUSE_STATUSES or _PAUSE_ERRORS.search(outcome.warning):
        return retry(note, pauses=True)
    if outcome.http_status in _REJECT_STATUSES:
        return rejected(note)
    return retry(note, outcome.wait_seconds)


def _mail_report(status: int) -> DeliveryReport:
    note = f"the mail server responded with {status}"
    if status in (530, 534, 535):
        return retry(f"{note}: wrong user name or password", pauses=True)
    return rejected(f"{note}: the message was rejected") if status >= 500 else retry(note)

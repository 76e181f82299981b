"""What Apprise's result and log tell of a message that did not get through, as one of our results."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awardspider.delivery.channels.base import Result, later, never, sent, unknown

if TYPE_CHECKING:
    from apprise import AppriseResult

# Nothing gets through any more until somebody does something about the address.
_DEAD = frozenset({301, 302, 303, 307, 308, 401, 402, 403, 404, 410})
# The message is at fault.
_REFUSED = frozenset({400, 405, 406, 411, 413, 414, 415, 422})

# Said with statuses that mean something else too: Slack answers 200, Telegram 400.
_DEAD_WORDS = re.compile(
    r"invalid_auth|not_authed|token_(?:revoked|expired)|account_inactive|channel_not_found|is_archived|not_in_channel"
    r"|chat not found|bot was (?:blocked|kicked)|user is deactivated",
    re.IGNORECASE,
)

# A connection that never came about, so that the far side has nothing.
_NEVER_THERE = re.compile(
    r"NewConnectionError|ConnectTimeout|NameResolutionError|refused|resolve|getaddrinfo|name or service not known"
    r"|nodename nor servname|no address associated|unreachable|no route to host|CERTIFICATE_VERIFY_FAILED|SSLError"
    r"|ProxyError",
    re.IGNORECASE,
)

_STATUS = re.compile(r"\berror[=:] ?\(?(\d{3})\b")
_MAIL_STATUS = re.compile(r"\((\d{3}), b['\"]")
_EXCEPTION = re.compile(r"Exception: (.*)", re.DOTALL)
_WAIT = re.compile(r"retry_after\W{1,4}(\d+(?:\.\d+)?)", re.IGNORECASE)

_LONGEST_NOTE = 200


def hush_logs() -> None:
    """Keep logs that show addresses to ourselves: what is told of Apprise is told in a result's note."""
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)  # Apprise collects for its result only what its logger lets through
    for name in ("urllib3", "oauthlib", "requests_oauthlib"):  # they show whole addresses and headers
        logging.getLogger(name).setLevel(logging.CRITICAL)


def log_level() -> int:
    """From which level on Apprise's log is needed: exceptions and answers are told at DEBUG."""
    return logging.DEBUG


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What Apprise says of one message. Its texts hold secrets."""

    status: str
    warning: str = ""
    http_status: int | None = None
    mail_status: int | None = None
    exception: str = ""
    wait_seconds: float | None = None

    @classmethod
    def of(cls, outcome: AppriseResult) -> Report:
        """Everything that can be known of a result, before it is closed."""
        entries = list(outcome.logs())
        warnings = [entry.message for entry in entries if entry.level in ("WARNING", "ERROR")]
        rest = "\n".join(entry.message for entry in entries if entry.level == "DEBUG")
        http = [int(found[1]) for each in warnings if (found := _STATUS.search(each))]
        exception, mail, wait = _EXCEPTION.search(rest), _MAIL_STATUS.search(rest), _WAIT.search(rest)
        return cls(
            status=outcome.status.name,
            warning=warnings[-1] if warnings else "",
            http_status=http[-1] if http else None,
            mail_status=int(mail[1]) if mail else None,
            exception=exception[1] if exception else "",
            wait_seconds=float(wait[1]) if wait else None,
        )


def result_of(report: Report, service: str, clean: Callable[[str], str]) -> Result:
    """The result of a message to a service; `clean` takes what is secret out of a text."""
    if report.status == "SUCCESS":
        return sent(f"{service} took it")
    if report.status == "NOMATCH":
        return later("Apprise found no service to write to", pauses=True)
    if report.status == "TIMEOUT":
        return unknown(f"{service} did not answer in time; it may have the message")
    said = " ".join(clean(report.warning).split())[:_LONGEST_NOTE]
    if report.mail_status:
        return _of_mail(report.mail_status, service)
    if report.http_status:
        return _of_http(report.http_status, f"{service} answered {report.http_status}: {said}", report)
    if _DEAD_WORDS.search(report.warning):
        return later(f"{service}: {said}", pauses=True)
    if report.exception and _NEVER_THERE.search(report.exception):
        return later(f"{service} cannot be reached")
    if report.exception:
        return unknown(f"the connection to {service} broke; it may have the message")
    return later(f"{service} did not take it: {said}")


def _of_http(status: int, note: str, report: Report) -> Result:
    if status in _DEAD or _DEAD_WORDS.search(report.warning):
        return later(note, pauses=True)
    if status in _REFUSED:
        return never(note)
    return later(note, report.wait_seconds)


def _of_mail(status: int, service: str) -> Result:
    note = f"the mail server answered {status}"
    if status in (530, 534, 535):
        return later(f"{note}: the user or password is wrong", pauses=True)
    return never(f"{note} and will not take this message") if status >= 500 else later(note)

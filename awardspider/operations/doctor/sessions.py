"""Checks of the sessions that `scrapy login` saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import select

from awardspider.operations.doctor.findings import DoctorContext, Result, error, ok, warning
from awardspider.operations.texts import age_text
from awardspider.outcomes import Reason
from awardspider.programs import programs
from awardspider.storage import schema

_ENDS_SOON = timedelta(days=3)


class _Cookie(msgspec.Struct):
    domain: str
    expires: float = -1.0


class _Session(msgspec.Struct):
    """The parts of Playwright's storage state that say when a session ends."""

    cookies: list[_Cookie]


def check_sessions(context: DoctorContext) -> Iterator[Result]:
    """Check that saved sessions are readable and have not expired, by their cookies and by the last search."""
    for file in sorted((context.data_dir / "sessions").glob("*.json")):
        key, _, world = file.name.removesuffix(".json").partition(".")
        if (world == "sandbox") == context.is_sandbox and key in programs():
            yield _session_result(context, key, file)


def _session_result(context: DoctorContext, key: str, file: Path) -> Result:
    name, again = programs()[key].name, f"Sign in again: scrapy login {key}"
    try:
        cookies = msgspec.json.decode(file.read_bytes(), type=_Session).cookies
        saved_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError as problem:
        return error(
            f"The session of {name} is unreadable ({problem.strerror}): {file}", f"Check its owner: ls -l {file}"
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the error's text may quote a cookie
        return error(f"The session of {name} is damaged: {file}", again)
    if context.store and _was_signed_out(context, key, saved_at):
        return error(f"{name} no longer accepts the session saved on {saved_at:%Y-%m-%d}: sign_in_needed", again)
    expiries = _expiries(cookies, "" if context.is_sandbox else urlsplit(programs()[key].site).hostname or "")
    last = max(expiries, default=None)
    if last is None:
        return ok(f"The session of {name} was saved on {saved_at:%Y-%m-%d}; its cookies have no end")
    if last <= context.now:
        return error(f"The session of {name} expired {age_text(context.now - last)} ago", again)
    if last - context.now < _ENDS_SOON:
        return warning(f"The session of {name} expires in {age_text(last - context.now)}", again)
    return ok(f"The session of {name} has cookies until {last:%Y-%m-%d}")


def _expiries(cookies: Sequence[_Cookie], host: str) -> list[datetime]:
    """Return when the cookies of a host expire, those of all hosts if it is empty, without cookies that have no end."""
    return [
        datetime.fromtimestamp(min(cookie.expires, 4e9), UTC)
        for cookie in cookies
        if cookie.expires > 0 and (not host or f".{host}".endswith(f".{cookie.domain.lstrip('.')}"))
    ]


def _was_signed_out(context: DoctorContext, key: str, saved_at: datetime) -> bool:
    """Return True if the program's last search since the session was saved failed because a sign-in is needed."""
    searches = schema.searches.c
    query = (
        select(searches.reason)
        .where(searches.program == key, searches.requested_at > saved_at)
        .order_by(searches.requested_at.desc())
        .limit(1)
    )
    with context.open_store().reading() as connection:
        return connection.scalar(query) == Reason.SIGN_IN_NEEDED

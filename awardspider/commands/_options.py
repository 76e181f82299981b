"""What stands behind the options of the listing commands: text in, values out, or BadArgument with a sentence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from awardspider.outcomes import InvalidArgument
from awardspider.programs import all_programs
from awardspider.search.dates import read_dates
from awardspider.search.places import airport_codes

_SPANS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def whole(option: str, text: str | None, *, least: int = 0) -> int | None:
    """A whole number, with commas or without; None where the option was not given."""
    if text is None:
        return None
    plain = text.replace(",", "").replace("_", "")
    if not plain.isascii() or not plain.isdecimal() or int(plain) < least or len(plain) > 9:
        raise InvalidArgument(f"{option} is {text!r}; write a whole number of {least} or more")
    return int(plain)


def some_of(option: str, text: str | None, names: Iterable[str]) -> list[str]:
    """One or several of the names, with commas between; none where the option was not given."""
    known = list(names)
    chosen = [part.strip().lower().replace("-", "_") for part in text.split(",")] if text is not None else []
    for name in chosen:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"did you mean {near[0]}?" if near else f"write {_either(known)}."
            raise InvalidArgument(f"{option} is {name!r}; {meant} Several go with commas between")
    return chosen


def one_of(option: str, text: str, names: Iterable[str]) -> str:
    """One of the names."""
    known = list(names)
    if text.lower() not in known:
        raise InvalidArgument(f"{option} is {text!r}; write {_either(known)}")
    return text.lower()


def no_arguments(args: list[str]) -> None:
    """Refuse what is not an option."""
    if args:
        raise InvalidArgument(f"there is no argument {args[0]!r}; this command has options only, which --help lists")


def programs_of(text: str | None) -> list[str]:
    """Programs by their keys."""
    return some_of("--program", text, all_programs())


def airports_of(text: str | None) -> tuple[str, ...]:
    """Airports by their codes, or cities, which mean each of their airports."""
    return () if text is None else airport_codes(text)


def day(option: str, text: str | None, today: date, *, end: bool = False) -> date | None:
    """A day; of a month or a range its first day, or its last with `end`."""
    if text is None:
        return None
    try:
        spans = [span.on(today) for span in read_dates(text)]
    except InvalidArgument as error:
        raise InvalidArgument(f"{option}: {error}") from error
    return max(span.last for span in spans) if end else min(span.first for span in spans)


def moment(option: str, text: str | None, now: datetime) -> datetime | None:
    """A time in the past: how long ago (`90m`, `24h`, `7d`, `2w`), or a day or time in UTC."""
    if text is None:
        return None
    span = re.fullmatch(r"(\d{1,5})([mhdw])", text.strip().lower())
    if span:
        return now - timedelta(**{_SPANS[span[2]]: int(span[1])})
    try:
        given = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidArgument(f"{option} is {text!r}; write 24h, 7d, 2026-11-22 or 2026-11-22T10:00Z") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _either(names: list[str]) -> str:
    *firsts, last = names
    return f"{', '.join(firsts)} or {last}" if firsts else last

"""Parsing of option values from text; invalid text raises InvalidArgument."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from awardspider.outcomes import InvalidArgument
from awardspider.programs import all_programs
from awardspider.search.dates import parse_date_spans
from awardspider.search.judgments import DealClass
from awardspider.search.places import parse_airport_codes


def integer(option: str, text: str | None, *, minimum: int = 0) -> int | None:
    """Parse an integer, with or without commas or underscores; return None if the option is missing."""
    if text is None:
        return None
    digits = text.replace(",", "").replace("_", "")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 9 or int(digits) < minimum:
        raise InvalidArgument(f"{option}: expected an integer of {minimum} or more, got {text!r}")
    return int(digits)


def choices(option: str, text: str | None, names: Iterable[str]) -> list[str]:
    """Parse a comma-separated list of `names`; return an empty list if the option is missing."""
    known = list(names)
    chosen = [part.strip().lower().replace("-", "_") for part in text.split(",")] if text is not None else []
    for name in chosen:
        if name not in known:
            raise InvalidArgument(f"{option}: unknown value {name!r} ({_suggestion(name, known)})")
    return chosen


def choice(option: str, text: str, names: Iterable[str]) -> str:
    """Parse one of `names`, ignoring case."""
    known = list(names)
    if text.lower() not in known:
        raise InvalidArgument(f"{option}: unknown value {text!r} ({_suggestion(text.lower(), known)})")
    return text.lower()


def decimal(option: str, text: str | None) -> Decimal | None:
    """Parse a number that is not negative, with a decimal point; return None if the option is missing."""
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,6}(\.\d{1,4})?", text.strip(), re.ASCII):
        raise InvalidArgument(f"{option}: expected a number such as 1.5, got {text!r}")
    return Decimal(text.strip())


def classes_from(option: str, text: str | None, *, worst: DealClass = DealClass.USUAL) -> list[DealClass]:
    """Parse a deal class, `worst` or better, and return it with all better ones; an empty list if it is missing."""
    if text is None:
        return []
    names = [each.value for each in DealClass if each.rank <= worst.rank]
    chosen = DealClass(choice(option, text.replace("-", "_").replace(" ", "_"), names))
    return [each for each in DealClass if each.rank <= chosen.rank]


def no_arguments(args: list[str]) -> None:
    """Raise InvalidArgument if there are positional arguments."""
    if args:
        raise InvalidArgument(f"unexpected argument {args[0]!r}; this command has only options, see --help")


def program_keys(text: str | None) -> list[str]:
    """Return the program keys given in --program."""
    return choices("--program", text, all_programs())


def airports(text: str | None) -> tuple[str, ...]:
    """Parse airport codes; a city's code expands to all of its airports."""
    return () if text is None else parse_airport_codes(text)


def day(option: str, text: str | None, today: date, *, end: bool = False) -> date | None:
    """Parse a day; for a month or a range, return its first day, or its last day if `end` is True."""
    if text is None:
        return None
    try:
        spans = [span.resolve(today) for span in parse_date_spans(text)]
    except InvalidArgument as error:
        raise InvalidArgument(f"{option}: {error}") from error
    return max(span.last for span in spans) if end else min(span.first for span in spans)


def _suggestion(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"choose from {', '.join(known)}"

"""`scrapy wishes`: parse wishes in plain language, from JSON lines to JSON lines."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from awardspider.commands._command import EXIT_USAGE, AwardCommand
from awardspider.commands._input_lines import input_lines
from awardspider.outcomes import InvalidArgument
from awardspider.search.words.parsing import parse_wish


class Command(AwardCommand):
    """Parse wishes in plain language: read JSON lines from a file or stdin (-), write one JSON line per wish."""

    usage = "<file>|-"

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command. A line that is not a wish gives a row with `error`, and the exit code 2."""
        if len(args) != 1:
            raise InvalidArgument("give one file, or - for stdin: scrapy wishes wishes.jsonl")
        source = "stdin" if args[0] == "-" else Path(args[0]).name
        today = self.now().date()
        for number, line in enumerate(input_lines(args[0]), 1):
            if not line.strip():
                continue
            row, error = wish_row(line, today)
            if error:
                print(f"{source}:{number}: {error}", file=sys.stderr)
                self.exitcode = EXIT_USAGE
            print(json.dumps(row, ensure_ascii=False), flush=args[0] == "-")


def wish_row(line: bytes, today: date) -> tuple[dict[str, object], str]:
    """Return the row for a line, and an error message, empty for a wish. `today` is used if the line has none."""
    number: object = None
    try:
        wish = _decoded(line)
        number = wish.get("id")
        text, lang, home = wish.get("text"), wish.get("lang"), wish.get("home_airport")
        if not isinstance(text, str):
            raise InvalidArgument("text is missing or not a text")
        if not isinstance(lang, str | None):
            raise InvalidArgument('lang must be "en", "pt" or "es", or missing')
        if not isinstance(home, str | None):
            raise InvalidArgument("home_airport must be an airport code, or missing")
        parsed = parse_wish(text, lang, today=_day(wish.get("today"), today), home_airport=home)
    except InvalidArgument as error:
        return {"id": number, "error": str(error)}, str(error)
    return {"id": number, **parsed.to_row()}, ""


def _decoded(line: bytes) -> dict[str, object]:
    try:
        wish = json.loads(line.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise InvalidArgument("the line is not JSON") from None
    if not isinstance(wish, dict):
        raise InvalidArgument('the line is not an object such as {"id": "w1", "text": "to Tokyo in March"}')
    return wish


def _day(value: object, default: date) -> date:
    if value is None:
        return default
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2100:
        raise InvalidArgument(f"today must be a date such as 2026-11-28, not {str(value)[:40]!r}")
    return day

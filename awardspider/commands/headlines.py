"""`scrapy headlines FILE`: read headlines as promotions, from JSON lines to JSON lines."""

from __future__ import annotations

import argparse
import codecs
import sys
from datetime import date
from typing import Any

import msgspec

from awardspider.commands._command import EXIT_USAGE, AwardCommand
from awardspider.commands._input_lines import input_lines
from awardspider.items import PromotionTerms
from awardspider.outcomes import InvalidArgument
from awardspider.parsers._promotions import read_announcement
from awardspider.programs import points_programs
from awardspider.search.route_places import route_place


class Headline(msgspec.Struct):
    """A line of the input."""

    title: str
    published: str
    id: str | int | None = None
    summary: str | None = ""
    lang: str | None = "en"

    def __post_init__(self) -> None:
        """Raise ValueError if the headline has no day of publication."""
        try:
            date.fromisoformat(self.published[:10])
        except ValueError:
            raise ValueError("`published` is not a day such as 2026-10-02") from None

    @property
    def day(self) -> date:
        """Return the day of publication; the field may also have a time."""
        return date.fromisoformat(self.published[:10])


class Command(AwardCommand):
    """Read headlines as promotions.

    FILE contains one JSON object per line with the fields title, published, and optionally id, summary and lang. Use -
    to read them from standard input. The terms of each headline are written to standard output, one object per line.
    """

    usage = "<file>"

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the terms of each headline; report invalid lines on stderr."""
        if len(args) != 1:
            raise InvalidArgument("name one file of headlines, or - for standard input")
        for number, line in enumerate(input_lines(args[0]), 1):
            if not line.strip():
                continue
            try:
                headline = msgspec.json.decode(line.removeprefix(codecs.BOM_UTF8), type=Headline)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                print(f"error: line {number}: the headline is invalid: {_reason(error)}", file=sys.stderr)
                self.exitcode = EXIT_USAGE
                continue
            sys.stdout.write(msgspec.json.encode(read_headline(headline)).decode() + "\n")


def read_headline(headline: Headline) -> dict[str, Any]:
    """Return the terms of a headline as they are written; programs have their brands and banks their names."""
    terms = read_announcement(
        headline.title,
        headline.summary or "",
        headline.day,
        language=headline.lang or "en",
        find_place=route_place,
    )
    return _record(headline, terms)


def _reason(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return str(error)
    return f"it is not a JSON object ({error})"


def _record(headline: Headline, terms: PromotionTerms) -> dict[str, Any]:
    catalog = points_programs()
    return {
        "id": headline.id,
        "kind": terms.kind,
        "programs": [catalog[key].short_name for key in terms.programs],
        "banks": [catalog[key].name for key in terms.banks],
        "percent": terms.percent,
        "up_to": terms.up_to,
        "bonus_or_discount": terms.bonus_or_discount,
        "cents_per_mile": float(terms.cents_per_mile) if terms.cents_per_mile is not None else None,
        "miles_price": terms.miles_price,
        "routes": terms.routes,
        "book_by": terms.book_by,
        "travel_from": terms.travel_from,
        "travel_until": terms.travel_until,
        "targeted": bool(terms.targeted),
        "expired": terms.expired,
    }

"""`scrapy valuations`: list what a mile or point of each program and bank is worth, with the date of the values."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import add_format_options, chosen_format, print_rows
from awardspider.commands._options import no_arguments
from awardspider.commands._table import Column, FittedTable
from awardspider.deals.valuations import Valuation, Valuations, load_valuations, valuation_findings
from awardspider.search.currency_texts import currency_text
from awardspider.search.transfer_partners import banks, holding_currency

FIELDS = (
    "key", "name", "kind", "currency", "low_cents", "high_cents", "assumed", "sources", "edition", "as_of", "age_days",
)  # fmt: skip


class Command(AwardCommand):
    """List what a mile or point of each program and bank is worth in US cents, with the sources and their age."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add_format_options(parser.add_argument)

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        output_format, now = chosen_format(opts), self.now()
        valuations = load_valuations(self.settings)
        findings = valuation_findings(now, self.settings)

        def table(shown: list[Valuation], notes: list[str]) -> RenderableType:
            return FittedTable(shown, COLUMNS, [*notes, _description(valuations, now), *findings])

        rows = iter(valuations.by_key.values())
        print_rows(rows, table, lambda row: _record(row, valuations, now), FIELDS, output_format, None)
        if output_format != "table":
            for finding in findings:
                print(finding, file=sys.stderr)


def _description(valuations: Valuations, now: datetime) -> str:
    edition = f"{valuations.edition}, " if valuations.edition else ""
    sources = "; ".join(f"{key}: {name}" for key, name in valuations.source_names.items())
    days = valuations.age_days(now.date())
    age = "today" if not days else f"{days} day{'s' if days > 1 else ''} old"
    return f"US cents per mile or point, {edition}of {valuations.as_of} ({age})" + (f"; {sources}" if sources else "")


def _record(row: Valuation, valuations: Valuations, now: datetime) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "kind": _kind(row),
        "currency": currency_text(holding_currency(row.key)),
        "low_cents": str(row.low),
        "high_cents": str(row.high),
        "assumed": row.is_assumed,
        "sources": _sources(row),
        "edition": valuations.edition,
        "as_of": valuations.as_of.isoformat(),
        "age_days": valuations.age_days(now.date()),
    }


def _kind(row: Valuation) -> str:
    return "bank" if row.key in banks() else "program"


def _sources(row: Valuation) -> str:
    return ", ".join(f"{source} {cents}" for source, cents in row.sources.items())


def _cents(cents: Decimal) -> str:
    return f"{cents:.2f}"


def _basis(row: Valuation) -> str | Text:
    return Text("assumed", style="yellow") if row.is_assumed else _sources(row)


COLUMNS = (
    Column[Valuation](title="key", text=lambda row: row.key, rank=0),
    Column[Valuation](title="name", text=lambda row: row.name, rank=5, min_width=12),
    Column[Valuation](title="currency", text=lambda row: currency_text(holding_currency(row.key)), rank=4),
    Column[Valuation](title="low", text=lambda row: _cents(row.low), rank=1, right=True),
    Column[Valuation](title="high", text=lambda row: _cents(row.high), rank=2, right=True),
    Column[Valuation](title="sources", text=_basis, rank=3),
)

"""`scrapy export`: export the database to files for Power BI, Looker Studio, Excel, pandas and other tools."""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager, closing
from datetime import datetime
from pathlib import Path

from awardspider.commands._command import AwardCommand
from awardspider.commands._options import choice, choices, no_arguments
from awardspider.environment import data_dir, expand_path
from awardspider.outcomes import InvalidArgument
from awardspider.programs import all_programs
from awardspider.search.freshness import max_age
from awardspider.search.past_times import past_time
from awardspider.storage.export.files import write_files
from awardspider.storage.export.formats import FORMATS, csv_blocks, jsonl_blocks
from awardspider.storage.export.layout import TABLES
from awardspider.storage.export.rows import Export, open_export


class Command(AwardCommand):
    """Write offers, price history, promotions and searches to files for other tools."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--format", metavar="NAME", default="csv", help="csv, jsonl or parquet")
        add("--since", metavar="TIME", help="only rows seen or searched since: 24h, 7d or 2026-11-22")
        add(
            "--table",
            metavar="NAME",
            help=f"one or several of {', '.join(TABLES)}, separated by commas; all if omitted",
        )
        add("--excel", action="store_true", help="also begin standard output with a byte order mark, as CSV files do")
        add("--out", metavar="DIR", help="folder, created if missing; - for standard output, with one table")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        output_format = choice("--format", opts.format, FORMATS)
        chosen = list(dict.fromkeys(choices("--table", opts.table, TABLES))) or list(TABLES)
        since = past_time("--since", opts.since, self.now())
        if opts.excel and output_format != "csv":
            raise InvalidArgument(f"--excel: {output_format} has no byte order mark; use --format csv")
        if opts.out == "-":
            self._print(output_format, chosen, since, excel=opts.excel)
        else:
            self._write(output_format, chosen, since, _folder(opts.out, data_dir(self.settings)))

    def _print(self, output_format: str, chosen: list[str], since: datetime | None, *, excel: bool) -> None:
        if len(chosen) != 1:
            raise InvalidArgument("--out -: needs exactly one table; choose it with --table")
        if output_format == "parquet":
            raise InvalidArgument("--out -: writes csv or jsonl only; give --out a folder for parquet")
        table = chosen[0]
        layout = TABLES[table]
        # If the reader of the output ends early, the rows must be closed before the export.
        with self._open(since) as export, closing(export.rows(table)) as rows:
            blocks = (
                csv_blocks(layout, rows, byte_order_mark=excel)
                if output_format == "csv"
                else jsonl_blocks(layout, rows)
            )
            for block in blocks:
                sys.stdout.buffer.write(block)

    def _open(self, since: datetime | None) -> AbstractContextManager[Export]:
        return open_export(self.store(), all_programs(), since, now=self.now(), max_age=max_age(self.settings))

    def _write(self, output_format: str, chosen: list[str], since: datetime | None, folder: Path) -> None:
        with self._open(since) as export:
            width = max(map(len, chosen))
            for table, count in write_files(export, output_format, chosen, folder):
                print(f"{table:{width}} {count:>12,} {'row' if count == 1 else 'rows'}", flush=True)
        print(f"{len(chosen)} {'file' if len(chosen) == 1 else 'files'} in {folder}")


def _folder(text: str | None, data: Path) -> Path:
    """Return the output folder; raise InvalidArgument if the option is blank or names a file."""
    if text is None:
        return data / "export"
    if not text.strip():
        raise InvalidArgument("--out: expected a folder, or - for standard output")
    folder = expand_path(text)
    if folder.exists() and not folder.is_dir():
        raise InvalidArgument(f"--out: {text!r} is not a folder")
    return folder

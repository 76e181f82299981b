"""`scrapy export`: the database as files for Power BI, Looker Studio, Excel, pandas and their like."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from awardspider.commands._command import AwardCommand
from awardspider.commands._options import moment, no_arguments, one_of, some_of
from awardspider.outcomes import InvalidArgument
from awardspider.programs import all_programs
from awardspider.storage.export.files import write_files
from awardspider.storage.export.formats import FORMS, csv_blocks, jsonl_blocks, require_parquet
from awardspider.storage.export.layout import TABLES
from awardspider.storage.export.rows import export_of


class Command(AwardCommand):
    """Writes the tables of docs/export.md, one file each."""

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Write offers, price history, promotions and looks to files for other tools"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--format", metavar="NAME", default="csv", help="csv, jsonl or parquet (which needs pyarrow)")
        add("--since", metavar="TIME", help="only what was seen or asked since: 24h, 7d or 2026-11-22")
        add("--table", metavar="NAME", help=f"one or several of {', '.join(TABLES)}, with commas; all when left out")
        add("--out", metavar="DIR", help="the folder, made where it is missing; - is standard output, for one table")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        no_arguments(args)
        form = one_of("--format", opts.format, FORMS)
        chosen = list(dict.fromkeys(some_of("--table", opts.table, TABLES))) or list(TABLES)
        since = moment("--since", opts.since, datetime.now(UTC))
        if form == "parquet":
            require_parquet()
        if opts.out == "-":
            self._print(form, chosen, since)
        else:
            self._write(form, chosen, since, _folder(opts.out, Path(self.settings["AWARD_DATA_DIR"])))

    def _print(self, form: str, chosen: list[str], since: datetime | None) -> None:
        if len(chosen) != 1:
            raise InvalidArgument("--out - takes exactly one table; name it with --table")
        if form == "parquet":
            raise InvalidArgument("--out - writes csv or jsonl; Parquet needs a file, so give --out a folder")
        table = chosen[0]
        layout = TABLES[table]
        with export_of(self.store(), all_programs(), since) as export:
            rows = export.rows(table)
            blocks = csv_blocks(layout, rows, for_a_file=False) if form == "csv" else jsonl_blocks(layout, rows)
            for block in blocks:
                sys.stdout.buffer.write(block)

    def _write(self, form: str, chosen: list[str], since: datetime | None, folder: Path) -> None:
        with export_of(self.store(), all_programs(), since) as export:
            width = max(map(len, chosen))
            for table, count in write_files(export, form, chosen, folder):
                print(f"{table:{width}} {count:>12,} {'row' if count == 1 else 'rows'}", flush=True)
        print(f"{len(chosen)} {'file' if len(chosen) == 1 else 'files'} in {folder}")


def _folder(text: str | None, data: Path) -> Path:
    """Where the files go; BadArgument where no folder can be."""
    if text is None:
        return data / "export"
    if not text.strip():
        raise InvalidArgument("--out is empty; write a folder, or - for standard output")
    folder = Path(text).expanduser()
    if folder.exists() and not folder.is_dir():
        raise InvalidArgument(f"--out is {text!r}, which is no folder")
    return folder

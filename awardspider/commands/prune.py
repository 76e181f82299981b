"""`scrapy prune`: remove data that is older than the retention."""

from __future__ import annotations

import argparse

import msgspec

from awardspider.commands._command import AwardCommand
from awardspider.commands._options import no_arguments
from awardspider.environment import data_dir
from awardspider.operations.prune.report import PruneReport, prune
from awardspider.operations.prune.space import vacuum
from awardspider.operations.texts import size_text


class Command(AwardCommand):
    """Remove data that is older than the retention.

    Crawls and the dispatcher may run. The settings AWARD_RETENTION_… say how long data is kept.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--dry-run", action="store_true", help="remove nothing; show how much would be removed")
        add("--vacuum", action="store_true", help="SQLite: then shrink the file; crawls wait meanwhile")
        add("--json", action="store_true", help="print JSON")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        store = self.store()
        settings = self.plain_settings()
        report = prune(store, data_dir(self.settings), settings, self.now(), dry_run=opts.dry_run)
        if opts.vacuum and not opts.dry_run and report.free_bytes is not None:
            vacuum(store)
        if opts.json:
            print(msgspec.json.encode(report).decode())
            return
        for line in _lines(report):
            print(line)


def _lines(report: PruneReport) -> list[str]:
    rows = [(each.table, f"{each.rows:,} rows", each.bytes) for each in report.tables]
    rows += [(each.kind, f"{each.files:,} files", each.bytes) for each in report.files]
    width, amount = max((len(row[0]) for row in rows), default=0), max((len(row[1]) for row in rows), default=0)
    lines = [
        f"{name:<{width}}  {count:>{amount}}" + (f"  {size_text(size):>11}" if size is not None else "")
        for name, count, size in rows
    ]
    size = f"The database has {size_text(report.database_bytes)}"
    if report.free_bytes is not None:
        size += f", {size_text(report.free_bytes)} of it free"
    if report.dry_run:
        return [*(lines or ["Nothing is older than the retention."]), f"Nothing was removed. {size}."]
    if report.returned_bytes:
        size += f"; {size_text(report.returned_bytes)} were returned to the disk"
    return [*(lines or ["Nothing is older than the retention."]), f"{size}."]

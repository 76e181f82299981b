"""`scrapy backup`: copy the database to a file while it is used."""

from __future__ import annotations

import argparse
from pathlib import Path

from awardspider.commands._command import AwardCommand
from awardspider.environment import data_dir, expand_path
from awardspider.operations.backup.backups import backup
from awardspider.operations.texts import size_text
from awardspider.outcomes import InvalidArgument


class Command(AwardCommand):
    """Back up the database.

    The database may be in use, and the copy is checked. Without FILE, it is written to the folder `backups` in the data
    folder, and the oldest backups beyond AWARD_BACKUPS are removed.
    """

    usage = "[options] [FILE]"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--quiet", action="store_true", help="print nothing, except errors")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        if len(args) > 1:
            raise InvalidArgument(f"unexpected argument {args[1]!r}; scrapy backup takes one file")
        target = expand_path(args[0]) if args else None
        settings = self.plain_settings()
        written = backup(self.store(), Path(data_dir(self.settings)), settings, self.now(), target)
        if opts.quiet:
            return
        print(f"{written.file}: {size_text(written.bytes)}, checked")
        for path in written.removed:
            print(f"{path}: removed, because AWARD_BACKUPS keeps the newest {self.settings['AWARD_BACKUPS']}")

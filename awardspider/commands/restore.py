"""`scrapy restore`: replace the database with a backup."""

from __future__ import annotations

import argparse

from awardspider.commands._command import AwardCommand
from awardspider.environment import data_dir, expand_path
from awardspider.operations.backup.restore import restore
from awardspider.outcomes import InvalidArgument


class Command(AwardCommand):
    """Replace the database with a backup.

    The backup is checked first, and the replaced database is kept. Stop the services before: scrapy down.
    """

    usage = "[options] FILE"

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        if len(args) != 1:
            raise InvalidArgument("scrapy restore takes one file: a backup that scrapy backup has written")
        settings = self.plain_settings()
        restored = restore(expand_path(args[0]), data_dir(self.settings), settings, self.now())
        print(f"{restored.file}: restored")
        if restored.kept:
            print(f"The database that it replaced is {restored.kept}; remove it when you no longer need it.")

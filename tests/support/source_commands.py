"""Runs of the commands that manage the sources of promotions."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from types import ModuleType

from scrapy.settings import Settings


def run_source_command(module: ModuleType, folder: Path, *words: str, now: datetime, **settings: str) -> int:
    """Run `scrapy feeds` or `scrapy pages` with a database in a folder, and return its exit code."""
    command = module.Command()
    command.settings = Settings({"AWARD_DATABASE_URL": "", "AWARD_DATA_DIR": str(folder)} | settings)
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    opts, args = parser.parse_known_args(words)
    command.now = lambda: now
    command.run(args, opts)
    exit_code: int = command.exitcode
    return exit_code

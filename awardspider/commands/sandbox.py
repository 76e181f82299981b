"""`scrapy sandbox`: a server that pretends to be the outside: airlines' sites, Google Sheets, receivers of webhooks."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from datetime import UTC, datetime

from scrapy.commands import ScrapyCommand

from awardspider.sandbox.clock import parse_time


class Command(ScrapyCommand):
    """Runs the sandbox until it is interrupted."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Run a server that pretends to be the airlines' sites and the services we write to"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
        parser.add_argument(
            "--port", default="8800", help="port to listen at, 0 for any free one (default: %(default)s)"
        )
        parser.add_argument("--seed", default="7", help="which world: a whole number (default: %(default)s)")
        parser.add_argument(
            "--clock", metavar="TIME", help="the world's time at the start, like 2026-11-22T12:00Z (default: now)"
        )
        parser.add_argument("--speed", default="1.0", help="how fast the world's clock runs (default: %(default)s)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported here: every scrapy command loads this module, and only this one needs the server.
        from awardspider.sandbox.server import run_sandbox

        try:
            port, seed, speed, clock = _numbers(opts)
        except ValueError as error:
            return self._fail(str(error))

        def announce(address: str) -> None:
            about = f"world's clock {clock:%Y-%m-%d %H:%M} UTC, seed {seed}"
            print(f"The sandbox listens at {address} ({about}).", flush=True)

        try:
            run_sandbox(host=opts.host, port=port, seed=seed, clock=clock, speed=speed, announce=announce)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                self._fail(f"Port {port} of {opts.host} is in use: choose another with --port.")
            else:
                self._fail(f"The sandbox cannot listen at {opts.host}:{port}: {os.strerror(error.errno or 0)}.")

    def _fail(self, sentence: str) -> None:
        print(sentence, file=sys.stderr)
        self.exitcode = 2


def _numbers(opts: argparse.Namespace) -> tuple[int, int, float, datetime]:
    """Port, seed, speed and clock. Raises ValueError with a sentence."""
    if not opts.port.isdigit() or not 0 <= int(opts.port) <= 65535:
        raise ValueError(f"--port is {opts.port!r}, but must be a whole number from 0 to 65535.")
    if not opts.seed.lstrip("-").isdigit():
        raise ValueError(f"--seed is {opts.seed!r}, but must be a whole number.")
    try:
        speed = float(opts.speed)
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= 1_000_000:
        raise ValueError(f"--speed is {opts.speed!r}, but must be a number from 0 to 1000000.")
    try:
        clock = parse_time(opts.clock).astimezone(UTC) if opts.clock else datetime.now(UTC)
    except ValueError:
        raise ValueError(f"--clock is {opts.clock!r}, but must look like 2026-11-22T12:00Z.") from None
    return int(opts.port), int(opts.seed), speed, clock

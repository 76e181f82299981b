"""`scrapy sandbox`: run the simulated airline sites and services."""

from __future__ import annotations

import argparse
import errno
import os
from datetime import UTC, datetime
from importlib.util import find_spec

from awardspider import clock
from awardspider.commands._command import AwardCommand
from awardspider.commands._options import no_arguments
from awardspider.outcomes import AwardError, InvalidArgument


class Command(AwardCommand):
    """Run a server that simulates airline sites and the services that messages are sent to."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        add("--port", default="8800", help="port to listen on, 0 for any free one (default: %(default)s)")
        add("--seed", default="7", help="integer that determines the world (default: %(default)s)")
        add("--clock", metavar="TIME", help="the world's time at the start, such as 2026-11-22T12:00Z (default: now)")
        add("--speed", default="1.0", help="speed of the world's clock (default: %(default)s)")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Serve until interrupted."""
        no_arguments(args)
        if not find_spec("awardspider.sandbox"):
            raise AwardError("the sandbox is not part of the egg that is deployed to Scrapyd; run it from a checkout")
        # Imported here because Scrapy imports every command module, and the deployed egg does not contain the sandbox.
        from awardspider.sandbox.server import run_sandbox

        port, seed, speed, start = _parse(opts)

        def announce(address: str) -> None:
            print(f"Sandbox at {address} (world's clock {start:%Y-%m-%d %H:%M} UTC, seed {seed})", flush=True)

        try:
            run_sandbox(host=opts.host, port=port, seed=seed, clock=start, speed=speed, announce=announce)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                message = f"port {port} of {opts.host} is in use; choose another with --port"
            else:
                message = f"cannot listen on {opts.host}:{port}: {os.strerror(error.errno or 0)}"
            raise AwardError(message) from error


def _parse(opts: argparse.Namespace) -> tuple[int, int, float, datetime]:
    """Parse the options into port, seed, speed and time at the start (an aware time in UTC)."""
    from awardspider.sandbox.clock import parse_time

    if not opts.port.isdigit() or not 0 <= int(opts.port) <= 65535:
        raise InvalidArgument(f"--port: expected an integer from 0 to 65535, got {opts.port!r}")
    if not opts.seed.lstrip("-").isdigit():
        raise InvalidArgument(f"--seed: expected an integer, got {opts.seed!r}")
    try:
        speed = float(opts.speed)
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= 1_000_000:
        raise InvalidArgument(f"--speed: expected a number from 0 to 1000000, got {opts.speed!r}")
    try:
        start = parse_time(opts.clock).astimezone(UTC) if opts.clock else clock.now()
    except ValueError:
        raise InvalidArgument(f"--clock: expected a time such as 2026-11-22T12:00Z, got {opts.clock!r}") from None
    return int(opts.port), int(opts.seed), speed, start

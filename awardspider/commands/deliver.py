"""`scrapy deliver`: send due messages, once or continuously."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

from awardspider.commands._command import AwardCommand
from awardspider.commands._options import no_arguments
from awardspider.crawling.sandbox_check import require_sandbox
from awardspider.delivery.channels.configuration import EXEC_ADDRESS, configured_channels
from awardspider.delivery.outbox.channel_run import ChannelRunResult
from awardspider.delivery.outbox.dispatcher import Dispatcher, build_channel_context, describe_results
from awardspider.logs.configuration import (
    LogFormat,
    configure_command_logs,
    configure_service_logs,
    parse_log_format,
    service_line,
)
from awardspider.operations.health import checking_health
from awardspider.operations.service import running_service, stop_at_signals
from awardspider.outcomes import InvalidArgument
from awardspider.storage.channels import ChannelRow, channel_states
from awardspider.storage.services import ServiceName


class Command(AwardCommand):
    """Send the messages that are due."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--watch", action="store_true", help="run until interrupted")
        add("--channel", metavar="NAME", help="one or several, separated by commas; all if omitted")
        add("--exec", metavar="COMMAND", help="program for the messages of command channels with the address 'exec'")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        if opts.watch:
            configure_service_logs(self.settings, "dispatcher")
        else:
            configure_command_logs(self.settings)
        store = self.store()
        settings = self.plain_settings()
        known = {name: each.row for name, each in configured_channels(store, settings).items()}
        only = _names(opts.channel, list(known))
        extra: tuple[ChannelRow, ...] = ()
        if opts.exec is not None:
            scripts = [row for name, row in known.items() if row.kind == "command" and row.address == EXEC_ADDRESS]
            scripts = [row for row in scripts if not only or row.name in only]
            if not scripts:
                raise InvalidArgument(
                    f"no channel uses --exec; add one: scrapy channels add NAME command {EXEC_ADDRESS}"
                )
            settings["AWARD_ALLOW_COMMANDS"] = "yes"  # passing --exec on the command line is the permission
            extra = tuple(replace(row, address=opts.exec) for row in scripts)
            only = frozenset(row.name for row in scripts)
        require_sandbox(self.settings)
        context = build_channel_context(store, settings)
        if opts.watch:
            # With a part of the channels it is not the dispatcher that others rely on.
            is_dispatcher = not only and not extra
            with running_service(store, ServiceName.DISPATCHER) if is_dispatcher else stop_at_signals() as stop:
                log_format = parse_log_format(self.settings)
                _print("Sending messages as they become due; press Ctrl-C to stop.", log_format)
                dispatcher = Dispatcher(context, only=only, extra=extra, stop=stop)
                with checking_health(store, settings, stop) if is_dispatcher else nullcontext():
                    dispatcher.watch(partial(_show, log_format=log_format))
            return
        with stop_at_signals() as stop:
            results = Dispatcher(context, only=only, extra=extra, stop=stop).run()
        _show(results)
        states = channel_states(store)
        for name in sorted(known):
            state = states.get(name)
            if state and state.paused_at and (not only or name in only):
                print(f"{name} has been paused since {state.paused_at:%Y-%m-%d %H:%M} UTC: {state.paused_reason}")
        pending = sum(state.pending for state in states.values())
        if pending:
            print(f"{pending:,} messages are pending; scrapy outbox list --status pending shows them.")
        if not known:
            print("No channels are configured: scrapy channels add, or AWARD_WEBHOOKS and AWARD_GOOGLE_SHEET.")
        elif not pending and not any(result.counts.total() for result in results):
            print("No messages are due.")


def _names(text: str | None, known: list[str]) -> frozenset[str]:
    names = frozenset(part.strip() for part in (text or "").split(",") if part.strip())
    for name in names:
        if name not in known:
            raise InvalidArgument(f"unknown channel {name!r} (choose from {', '.join(known) or 'none: add one first'})")
    return names


def _show(results: list[ChannelRunResult], *, log_format: LogFormat = LogFormat.TEXT) -> None:
    for line in describe_results(results):
        _print(line, log_format)


def _print(line: str, log_format: LogFormat) -> None:
    print(service_line(ServiceName.DISPATCHER, line, log_format), flush=True)

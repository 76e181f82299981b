"""`scrapy deliver`: send what is due, once or for as long as it runs."""

from __future__ import annotations

import argparse
import logging
import signal
from dataclasses import replace
from threading import Event
from typing import Any

from awardspider.commands._command import AwardCommand
from awardspider.commands._options import no_arguments
from awardspider.delivery.channels.configuration import SCRIPT, configured
from awardspider.delivery.outbox.channel_run import Turn
from awardspider.delivery.outbox.dispatcher import Dispatcher, surroundings_of
from awardspider.outcomes import InvalidArgument
from awardspider.storage.channels import ChannelRow, channel_states_of

# What became of rows, in the order of a line.
WORDS = ("sent", "digested", "held", "canceled", "later", "unknown", "never")


class Command(AwardCommand):
    """Gives each channel what is due for it; a line a channel says what came of that."""

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Send what waits in the outbox"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--watch", action="store_true", help="go on until interrupted")
        add("--channel", metavar="NAME", help="one or several, with commas, instead of all")
        add("--exec", metavar="COMMAND", help="give what waits for channels of the kind command and the address 'exec'")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        no_arguments(args)
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
        store = self.store()
        settings: dict[str, Any] = {name: self.settings[name] for name in self.settings}
        known = {name: each.row for name, each in configured(store, settings).items()}
        only = _names(opts.channel, list(known))
        extra: tuple[ChannelRow, ...] = ()
        if opts.exec is not None:
            scripts = [row for name, row in known.items() if row.kind == "command" and row.address == SCRIPT]
            scripts = [row for row in scripts if not only or row.name in only]
            if not scripts:
                raise InvalidArgument(
                    f"no channel waits for --exec; add one: scrapy channels add NAME command {SCRIPT}"
                )
            settings["AWARD_ALLOW_COMMANDS"] = "yes"  # whoever types the command allows it
            extra = tuple(replace(row, address=opts.exec) for row in scripts)
            only = frozenset(row.name for row in scripts)
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        dispatcher = Dispatcher(surroundings_of(store, settings), only=only, extra=extra, stop=stop)
        if opts.watch:
            print("Sending what becomes due; Ctrl-C ends it.", flush=True)
            dispatcher.watch(_show)
            return
        turns = dispatcher.run()
        _show(turns)
        states = channel_states_of(store)
        for name in sorted(known):
            state = states.get(name)
            if state and state.paused_at and (not only or name in only):
                print(f"{name} is paused since {state.paused_at:%Y-%m-%d %H:%M} UTC: {state.paused_reason}")
        waiting = sum(state.waiting for state in states.values())
        if waiting:
            print(f"{waiting:,} wait for later; scrapy outbox list --status waiting shows them.")
        if not known:
            print("There is no channel yet: scrapy channels add, or AWARD_WEBHOOKS and AWARD_GOOGLE_SHEET.")
        elif not waiting and not any(turn.counts.total() for turn in turns):
            print("Nothing is due.")


def _names(text: str | None, known: list[str]) -> frozenset[str]:
    names = frozenset(part.strip() for part in (text or "").split(",") if part.strip())
    for name in names:
        if name not in known:
            have = ", ".join(known) or "there are none"
            raise InvalidArgument(f"there is no channel {name!r}; write {have}")
    return names


def _show(turns: list[Turn]) -> None:
    for turn in turns:
        told = ", ".join(f"{turn.counts[word]:,} {word}" for word in WORDS if turn.counts[word])
        paused = f"paused: {turn.paused}" if turn.paused else ""
        if told or paused:
            print(f"{turn.channel}: {'; '.join(filter(None, (told, paused)))}", flush=True)

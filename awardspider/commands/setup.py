"""`scrapy setup`: write `.env`, create the database and add the operator's channel."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.fernet import Fernet
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from awardspider.commands._command import EXIT_ERROR, AwardCommand
from awardspider.commands._console import print_fitted
from awardspider.commands._options import no_arguments
from awardspider.commands._setup_values import (
    OPERATOR_CHANNEL,
    account_address,
    operator_channel,
    overridden_names,
    parse_contact,
    parse_data_folder,
    parse_key_file,
    parse_spreadsheet,
    shown_path,
)
from awardspider.delivery.channels.channel_check import send_test_message
from awardspider.delivery.channels.configuration import accepts, configured_channels, with_default_events
from awardspider.delivery.outbox.dispatcher import build_channel_context
from awardspider.items import EventType
from awardspider.operations.env_file import change_env_file, read_env_file
from awardspider.outcomes import AwardError, InvalidArgument
from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.store import Store

#: Width of the output unless a terminal says otherwise.
WIDTH = 120

#: What the operator types to empty a setting.
_NONE = "-"
_SCRAPYD_USER = "awards"


class Command(AwardCommand):
    """Set up this installation: data folder, contact, operator's channel, spreadsheet and passwords.

    It writes `.env`, creates the database and can be run again at any time: every value has a default, the current one.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--yes", action="store_true", help="prompt for nothing: use the options, and defaults for all other values")
        add("--data-dir", metavar="FOLDER", help="folder for the database and all other data")
        add("--contact", metavar="ADDRESS", help="web or mail address that the sites see")
        add("--operator", metavar="ADDRESS", help="where failures are reported: env:NAME, file:PATH, or - to read it")
        add("--sheet", metavar="ADDRESS", help="address or id of a Google spreadsheet")
        add("--credentials", metavar="FILE", help="JSON key file of a Google service account")
        add("--test", action="store_true", help="with --yes: send a test message to the operator's channel")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        if not opts.yes and not sys.stdin.isatty():
            raise InvalidArgument("scrapy setup needs a terminal; in scripts, use --yes and options")
        self._is_interactive = not opts.yes
        file = Path.cwd() / ".env"
        before = read_env_file(file)
        try:
            values, row, store = self._collect(opts)
        except (KeyboardInterrupt, EOFError):
            print()
            raise InvalidArgument("canceled; .env is unchanged") from None
        changed = change_env_file(file, {name: text for name, text in values.items() if text or name in before})
        self._report_env_file(file, changed, values, before)
        if row:
            verb = "Replaced" if OPERATOR_CHANNEL in configured_channels(store, self.settings) else "Added"
            save_channel(store, row)
            _print(f"{verb} the channel {OPERATOR_CHANNEL} ({row.kind}), which is notified of failures.")
            self._test(store, row, opts)
        self._print_next_steps(values)

    # ---- values ----

    def _collect(self, opts: argparse.Namespace) -> tuple[dict[str, str], ChannelRow | None, Store]:
        """Return the settings to write, the operator's channel if it is new, and the open store."""
        if self._is_interactive:
            _print("Press Enter to accept the value in brackets, or type - for none.\n")
        values = {
            "AWARD_DATA_DIR": self._value(
                "AWARD_DATA_DIR",
                "Data folder",
                "The database, responses, sessions, logs and backups are stored here.",
                opts.data_dir,
                parse_data_folder,
            )
        }
        self._use(values)
        store = self.store()
        values["AWARD_CONTACT"] = self._value(
            "AWARD_CONTACT",
            "Contact",
            "A web or mail address at which the owner of a site can reach you. It is part of each request.",
            opts.contact,
            parse_contact,
        )
        values |= self._passwords()
        self._use(values)
        row = self._operator(store, opts.operator)
        values["AWARD_GOOGLE_SHEET"] = self._value(
            "AWARD_GOOGLE_SHEET",
            "Google spreadsheet",
            "Its address or id, if deals should be recorded there (docs/google-sheets.md).",
            opts.sheet,
            parse_spreadsheet,
        )
        if values["AWARD_GOOGLE_SHEET"]:
            values["AWARD_GOOGLE_CREDENTIALS"] = self._value(
                "AWARD_GOOGLE_CREDENTIALS",
                "Google key file",
                "The JSON key file of the service account that writes the spreadsheet.",
                opts.credentials,
                parse_key_file,
            )
        elif opts.credentials:
            values["AWARD_GOOGLE_CREDENTIALS"] = parse_key_file(opts.credentials)
        return values, row, store

    def _value(self, name: str, title: str, description: str, given: str | None, parse: Callable[[str], str]) -> str:
        """Return a checked value: that of the option, or what the operator types, or the current one."""
        current = str(self.settings[name] or "")
        if given is not None:
            return parse("" if given == _NONE else given.strip())
        if not self._is_interactive:
            return parse(current)
        return self._prompt(title, description, current, parse)

    def _prompt(self, title: str, description: str, current: str, parse: Callable[[str], str]) -> str:
        """Prompt until the value is valid."""
        _print(Text(title, style="bold"))
        _print(_indented(Text(description, style="dim")))
        while True:
            typed = input(f"  [{current or 'none'}]: ").strip()
            try:
                value = parse("" if typed == _NONE else typed or current)
            except AwardError as error:
                _print(_indented(Text(str(error), style="red")))
            else:
                _print("")
                return value

    def _passwords(self) -> dict[str, str]:
        """Return a password for Scrapyd and a key for secrets, created unless there are some."""
        values = {}
        if not self.settings["SCRAPYD_PASSWORD"]:
            values["SCRAPYD_USERNAME"] = str(self.settings["SCRAPYD_USERNAME"] or _SCRAPYD_USER)
            values["SCRAPYD_PASSWORD"] = secrets.token_urlsafe(24)
        elif not self.settings["SCRAPYD_USERNAME"]:
            values["SCRAPYD_USERNAME"] = _SCRAPYD_USER
        if not self.settings["AWARD_SECRET_KEY"]:
            values["AWARD_SECRET_KEY"] = Fernet.generate_key().decode()
        return values

    def _operator(self, store: Store, given: str | None) -> ChannelRow | None:
        """Return the operator's channel, or None if there is none, or one that stays."""
        now = self.now()
        if given is not None:
            text = sys.stdin.readline().strip() if given == _NONE else given.strip()
            return operator_channel(text, store, self.settings, now)
        known = [
            name
            for name, each in configured_channels(store, self.settings).items()
            if accepts(with_default_events(each.row), EventType.RUN_FAILED)
        ]
        if not self._is_interactive:
            return None
        rows: list[ChannelRow] = []

        def parse(text: str) -> str:
            if text and text not in known:
                rows.append(operator_channel(text, store, self.settings, now))
            return text

        description = (
            "Where failures are reported: https://… for a webhook, tgram://TOKEN/CHAT for Telegram, "
            "mailtos://USER:PASSWORD@HOST for mail, or any other address of Apprise (docs/channels.md)."
        )
        self._prompt("Operator's channel", description, ", ".join(known), parse)
        return rows[-1] if rows else None

    def _use(self, values: Mapping[str, str]) -> None:
        """Use new values in this process."""
        for name, value in values.items():
            self.settings.set(name, value, priority="cmdline")

    # ---- results ----

    def _report_env_file(self, file: Path, changed: list[str], values: dict[str, str], before: dict[str, str]) -> None:
        name = shown_path(file)
        if changed:
            _print(f"Wrote {name}, which only you can read: {', '.join(changed)}.")
        else:
            _print(f"{name} is unchanged; only you can read it.")
        for setting in overridden_names(values, before):
            sentence = f"{setting} is also set in the environment, which takes precedence: remove it there"
            _print(Text(sentence, style="yellow"))

    def _test(self, store: Store, row: ChannelRow, opts: argparse.Namespace) -> None:
        """Send a test message, if the operator agrees."""
        if self._is_interactive:
            if not _is_confirmed("Send a test message to it now? [Y/n]: "):
                return
        elif not opts.test:
            return
        check = send_test_message(build_channel_context(store, self.settings), row)
        _print(f"Test message to {OPERATOR_CHANNEL}: {check.text.rstrip('.')}.")
        if not check.is_sent:
            self.exitcode = EXIT_ERROR
            _print(f"Correct the address with scrapy setup, or try again: scrapy channels test {OPERATOR_CHANNEL}")

    def _print_next_steps(self, values: Mapping[str, str]) -> None:
        steps = []
        if values.get("AWARD_GOOGLE_CREDENTIALS"):
            account = account_address(values["AWARD_GOOGLE_CREDENTIALS"])
            steps.append(("scrapy sheets setup", f"create the tabs, after sharing the spreadsheet with {account}"))
        steps += [
            ("scrapy wishes", 'add a watch in words, such as "business from LAX to Tokyo in March"'),
            ("make up", "start Scrapyd, the scheduler and the dispatcher"),
            ("scrapy doctor", "check everything"),
        ]
        table = Table.grid(padding=(0, 2, 0, 0))
        for command, text in steps:
            table.add_row(Text(f"  {command}", style="bold"), Text(text, style="dim"))
        _print("\nNext:")
        _print(table)


def _print(content: RenderableType) -> None:
    print_fitted(content, width=WIDTH, markup=False)


def _is_confirmed(prompt: str) -> bool:
    """Return whether the operator agrees; Ctrl-C and the end of the input mean no."""
    try:
        return input(prompt).strip().lower() in ("", "y", "yes")
    except (KeyboardInterrupt, EOFError):
        print()
        return False


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 2))

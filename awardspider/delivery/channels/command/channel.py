"""Commands: the operator's program gets each event as JSON on its standard input. No shell is involved.

Commands are off unless AWARD_ALLOW_COMMANDS is yes, because they let anyone who can add a channel run any program.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
from typing import IO, ClassVar

import msgspec

from awardspider.delivery.channels.base import (
    ChannelConfig,
    ChannelContext,
    DeliveryReport,
    Message,
    rejected,
    retry,
    sent,
    unknown,
)
from awardspider.delivery.channels.configuration import EXEC_ADDRESS
from awardspider.delivery.channels.event_channel import EventChannel
from awardspider.delivery.channels.timeouts import MAX_SECONDS, parse_timeout
from awardspider.delivery.messages.events import AnyEvent
from awardspider.delivery.messages.payloads import event_payload
from awardspider.environment import expand_path
from awardspider.outcomes import InvalidArgument
from awardspider.storage.channels import RateLimit

_EX_DATAERR = 65  # from sysexits.h: the input is incorrect
_TIMEOUT = 30.0
_MAX_NOTE = 2048  # characters kept from the end of the output
_LAST_OUTPUT_SECONDS = 1.0  # time to read the remaining output after a program ends

# The variables that programs need to find their files and the operator's language. None is a setting of awardspider.
_ENVIRONMENT = re.compile(r"PATH|HOME|USER|LOGNAME|SHELL|TZ|TMPDIR|LANG|LANGUAGE|LC_[A-Z]+|SYSTEMROOT")


class CommandChannel(EventChannel):
    """A command line that runs once for each message. Exit code 0 means success; 65 rejects the message.

    After any other exit code, the outbox retries. After a timeout or a signal, the result is unknown, so the command is
    not run again for that message. When the program ends, child processes in its process group are killed.
    """

    kind = "command"
    rate_limit = RateLimit(calls=5, seconds=1.0)
    max_call_seconds = 90.0
    address_is_secret = False
    options: ClassVar = {
        "timeout": f"seconds, 1 to {MAX_SECONDS:g}; default {_TIMEOUT:g}",
        **EventChannel.options,
    }

    def __init__(self, config: ChannelConfig, context: ChannelContext) -> None:
        super().__init__(config, context)
        self._arguments = _split(config.address)
        self._timeout = parse_timeout(config, _TIMEOUT)

    @classmethod
    def check(cls, config: ChannelConfig, context: ChannelContext) -> None:
        """Raise InvalidArgument if commands are not allowed, or if the line, its program or an option is invalid.

        EXEC_ADDRESS needs neither the setting nor a program: `scrapy deliver --exec` provides the program.
        """
        cls.check_options(config)
        cls.check_texts(config)
        parse_timeout(config, _TIMEOUT)
        if config.address == EXEC_ADDRESS:
            return
        if str(context.settings.get("AWARD_ALLOW_COMMANDS", "")).strip().lower() != "yes":
            raise InvalidArgument("channels of kind command are not allowed; set AWARD_ALLOW_COMMANDS=yes")
        program = _split(config.address)[0]
        if not shutil.which(program):
            raise InvalidArgument(f"{program} is not an executable program")

    def text(self, event: AnyEvent, message: Message) -> str:
        """Return the JSON that the command receives."""
        body = msgspec.json.encode(
            event_payload(event, locale=self.locale, zone=self.zone(message), share_link=message.share_link)
        )
        return msgspec.json.format(body).decode()

    def send(self, event: AnyEvent, message: Message) -> DeliveryReport:
        """Run the command."""
        # A file, because writing to a pipe fails if the program does not read it.
        with tempfile.TemporaryFile() as standard_input:
            body = event_payload(event, locale=self.locale, zone=self.zone(message), share_link=message.share_link)
            standard_input.write(msgspec.json.encode(body) + b"\n")
            standard_input.seek(0)
            try:
                process = subprocess.Popen(
                    self._arguments,
                    stdin=standard_input,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env={name: value for name, value in os.environ.items() if _ENVIRONMENT.fullmatch(name)},
                    start_new_session=True,
                )
            except OSError as error:
                return retry(f"{self._arguments[0]} cannot be started: {error.strerror}")
        with process:
            output, code = self._finish(process)
        note = self.config.redact(output.decode("utf-8", errors="replace"))[-_MAX_NOTE:]
        if code is None:
            return unknown(f"stopped after {self._timeout:g} seconds; {note}")
        if code < 0:
            return unknown(f"ended by {_signal_name(-code)}; {note}")
        if code == 0:
            return sent(note)
        return (rejected if code == _EX_DATAERR else retry)(f"exit code {code}; {note}")

    def _finish(self, process: subprocess.Popen[bytes]) -> tuple[bytes, int | None]:
        """Wait for a process and kill its group. Return the end of its output and the exit code (None: timeout)."""
        assert process.stdout is not None
        tail = _Tail(process.stdout)
        try:
            code: int | None = process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            code = None
        with contextlib.suppress(ProcessLookupError, PermissionError):  # every process of the group has ended
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return tail.read(), code


class _Tail:
    """The last bytes read from a pipe."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._last = b""
        self._thread = threading.Thread(target=self._follow, name="awardspider command output", daemon=True)
        self._thread.start()

    def read(self) -> bytes:
        """Return the last bytes, waiting only briefly if a process in another group keeps the pipe open."""
        self._thread.join(_LAST_OUTPUT_SECONDS)
        return self._last

    def _follow(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the main thread closed the pipe
            while chunk := os.read(self._pipe.fileno(), 65536):
                self._last = (self._last + chunk)[-2 * _MAX_NOTE :]


def _split(line: str) -> list[str]:
    """Split a command line as a shell does. Raise InvalidArgument for an empty or invalid line."""
    try:
        arguments = shlex.split(line)
    except ValueError as error:
        raise InvalidArgument(f"invalid command line: {str(error).lower()}") from None
    if not arguments:
        raise InvalidArgument("the command line is empty")
    if any("\0" in argument for argument in arguments):
        raise InvalidArgument("the command line contains a null byte")
    return [str(expand_path(arguments[0])) if arguments[0].startswith("~") else arguments[0], *arguments[1:]]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

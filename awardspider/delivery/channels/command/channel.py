"""Commands: a program of the operator's own gets each event as JSON on its standard input.

Off unless AWARD_ALLOW_COMMANDS is yes, because whoever may add a channel could then run anything. There is no shell.
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
from collections.abc import Sequence
from typing import IO, ClassVar

import msgspec

from awardspider.delivery.channels.base import (
    Channel,
    ChannelConfig,
    Message,
    Pace,
    Result,
    Surroundings,
    later,
    never,
    sent,
    unknown,
)
from awardspider.delivery.channels.configuration import SCRIPT
from awardspider.delivery.channels.timeouts import MOST_SECONDS, timeout_of
from awardspider.delivery.messages.events import flat, read_event
from awardspider.outcomes import InvalidArgument

# From sysexits.h: what a program can say with its exit code.
_REFUSED = 65  # EX_DATAERR
_TIMEOUT = 30.0
_NOTED = 2048  # bytes of output
_LAST_OUTPUT_SECONDS = 1.0  # to read what a program that has ended left behind

# What programs need to find their files and to speak the operator's language; no setting of ours is among it.
_ENVIRONMENT = re.compile(r"PATH|HOME|USER|LOGNAME|SHELL|TZ|TMPDIR|LANG|LANGUAGE|LC_[A-Z]+|SYSTEMROOT")


class CommandChannel(Channel):
    """Runs one command line for each message. Exit code 0 is success, 65 a message that it does not want.

    Any other exit code means another try, on the schedule. A time-out, or death by a signal, leaves open how far it
    got: it is not run again with this message. What it started ends with it.
    """

    kind = "command"
    pace = Pace(most=5, seconds=1.0)
    lasts_seconds = 90.0
    address_is_secret = False
    options: ClassVar = {"timeout": f"seconds, 1 to {MOST_SECONDS:g}; {_TIMEOUT:g} when left out"}

    def __init__(self, config: ChannelConfig, surroundings: Surroundings) -> None:
        super().__init__(config, surroundings)
        self._arguments = _arguments(config.address)
        self._timeout = timeout_of(config, _TIMEOUT)

    @classmethod
    def check(cls, config: ChannelConfig, surroundings: Surroundings) -> None:
        """Raise BadArgument where commands are off, or the line, its program or an option cannot be.

        The address SCRIPT names no program: `scrapy deliver --exec` brings one, and nothing runs without it.
        """
        if unknown_options := sorted(set(config.options) - set(cls.options)):
            raise InvalidArgument(f"a command has no option {unknown_options[0]!r}; write timeout")
        timeout_of(config, _TIMEOUT)
        if config.address == SCRIPT:
            return
        if str(surroundings.settings.get("AWARD_ALLOW_COMMANDS", "")).strip().lower() != "yes":
            raise InvalidArgument("channels of kind command are off; AWARD_ALLOW_COMMANDS=yes allows them")
        program = _arguments(config.address)[0]
        if not shutil.which(program):
            raise InvalidArgument(f"there is no program {program} that can be run")

    def deliver(self, messages: Sequence[Message]) -> list[Result]:
        """One run for each message."""
        return [self._deliver(message) for message in messages]

    def _deliver(self, message: Message) -> Result:
        try:
            body = msgspec.json.encode(flat(read_event(message.body)))
        except msgspec.ValidationError as error:
            return never(f"this is no event that we know: {error}")
        # A file, because a pipe would break where the program does not read it.
        with tempfile.TemporaryFile() as given:
            given.write(body + b"\n")
            given.seek(0)
            try:
                process = subprocess.Popen(
                    self._arguments,
                    stdin=given,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env={name: value for name, value in os.environ.items() if _ENVIRONMENT.fullmatch(name)},
                    start_new_session=True,
                )
            except OSError as error:
                return later(f"{self._arguments[0]} cannot be run: {error.strerror}")
        with process:
            output, code = self._finish(process)
        note = self._clean(output)
        if code is None:
            return unknown(f"stopped after {self._timeout:g} seconds; {note}")
        if code < 0:
            return unknown(f"ended by {_signal_name(-code)}; {note}")
        if code == 0:
            return sent(note)
        told = f"exit code {code}; {note}"
        return never(told) if code == _REFUSED else later(told)

    def _finish(self, process: subprocess.Popen[bytes]) -> tuple[bytes, int | None]:
        """Wait for a process and end all that it started; the end of its output, and its exit code unless late."""
        assert process.stdout is not None
        tail = _Tail(process.stdout)
        try:
            code: int | None = process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            code = None
        with contextlib.suppress(ProcessLookupError, PermissionError):  # all of them have ended
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return tail.read(), code

    def _clean(self, output: bytes) -> str:
        text = self.config.clean(output.decode("utf-8", errors="replace"))
        printable = "".join(letter if letter.isprintable() else " " for letter in text)
        return " ".join(printable.split())[-_NOTED:]


class _Tail:
    """The last of what a pipe gives, however much that is."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._last = b""
        self._thread = threading.Thread(target=self._follow, name="awardspider command output", daemon=True)
        self._thread.start()

    def read(self) -> bytes:
        """What came, once the pipe is closed; a stranger that still holds it is waited for a moment only."""
        self._thread.join(_LAST_OUTPUT_SECONDS)
        return self._last

    def _follow(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # closed under our hands
            while piece := os.read(self._pipe.fileno(), 65536):
                self._last = (self._last + piece)[-2 * _NOTED :]


def _arguments(line: str) -> list[str]:
    """The command line as a shell would split it. Raises BadArgument where it is empty or a quote is left open."""
    try:
        arguments = shlex.split(line)
    except ValueError as error:
        raise InvalidArgument(f"the command line cannot be read: {str(error).lower()}") from None
    if not arguments:
        raise InvalidArgument("the command line is empty")
    if any("\0" in argument for argument in arguments):
        raise InvalidArgument("the command line holds a zero byte")
    return arguments


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

"""Commands that a server runs for people: each as a child process, so that none blocks the server or ends with it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock, Thread
from typing import Any

from awardspider.logs.masking import mask
from awardspider.operations.process_output import last_line

logger = logging.getLogger(__name__)

#: A command that runs longer is ended.
MAX_SECONDS = 300.0

_STOP_SECONDS = 15.0
_MAX_OUTPUT = 2_000_000

# Its thread waits for the command, so the parent that the kernel watches lives as long as the command.
_START = """
import runpy, sys
from awardspider.operations.parent_process import end_with_parent
end_with_parent()
sys.argv = ["scrapy", *sys.argv[1:]]
runpy.run_module("scrapy", run_name="__main__")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRun:
    """A command that runs or ran. `exit_code` is None while it runs; `error` is a sentence if it gave no result."""

    group: str
    subject: str
    started_at: datetime
    ended_at: datetime | None = None
    exit_code: int | None = None
    output: str = ""
    error: str = ""

    @property
    def is_running(self) -> bool:
        """Return whether the command has not ended."""
        return self.ended_at is None


class BackgroundCommands:
    """The commands of a server: of each group, one runs at a time, and the last result of each subject is kept.

    `settings` are those of the server; the commands get them through their environment.
    """

    def __init__(self, settings: Mapping[str, Any], now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._lock = Lock()
        self._running: dict[str, CommandRun] = {}
        self._results: dict[tuple[str, str], CommandRun] = {}

    def start(self, group: str, subject: str, arguments: Sequence[str]) -> bool:
        """Start a command unless one of its group runs; return False if one does."""
        with self._lock:
            if group in self._running:
                return False
            run = self._running[group] = CommandRun(group=group, subject=subject, started_at=self._now())
        Thread(target=self._run, args=(run, list(arguments)), name=f"{group} {subject}", daemon=True).start()
        return True

    def running(self, group: str) -> CommandRun | None:
        """Return the command of a group that runs now, or None."""
        with self._lock:
            return self._running.get(group)

    def latest(self, group: str, subject: str) -> CommandRun | None:
        """Return the command of a subject that runs, or else its last result, or None."""
        with self._lock:
            running = self._running.get(group)
            return running if running and running.subject == subject else self._results.get((group, subject))

    def _run(self, run: CommandRun, arguments: list[str]) -> None:
        result = replace(run, exit_code=1, error="it ended with an internal error; the log of the panel says why")
        try:
            result = self._execute(run, arguments)
        except OSError as error:
            result = replace(run, exit_code=1, error=f"it could not be started: {error.strerror}")
        except Exception:
            logger.exception("The command %s crashed", " ".join(arguments))
        finally:
            with self._lock:
                self._results[run.group, run.subject] = replace(result, ended_at=self._now())
                del self._running[run.group]

    def _execute(self, run: CommandRun, arguments: Sequence[str]) -> CommandRun:
        process = subprocess.Popen(
            [sys.executable, "-c", _START, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=command_environment(self._settings),
        )
        try:
            output, errors = process.communicate(timeout=MAX_SECONDS)
        except subprocess.TimeoutExpired:
            _stop(process)
            return replace(run, exit_code=process.returncode, error=f"it took more than {MAX_SECONDS:g} seconds")
        text = output[:_MAX_OUTPUT].decode(errors="replace")
        error = "" if text.strip() else last_line(mask(errors.decode(errors="replace"))).removeprefix("error: ")
        return replace(run, exit_code=process.returncode, output=text, error=error)


def command_environment(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment in which a command has the given settings of ours."""
    own = {
        name: str(value)
        for name, value in settings.items()
        if name.startswith(("AWARD_", "SCRAPYD_")) and isinstance(value, str | int)
    }
    keys = {f"AWARD_{program.upper()}_KEY": str(key) for program, key in (settings.get("AWARD_KEYS") or {}).items()}
    return os.environ | own | keys


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()

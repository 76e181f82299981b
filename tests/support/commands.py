"""Run a command in this process, as Scrapy runs it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

import pytest
from scrapy.settings import Settings

from awardspider.commands._command import AwardCommand


@dataclass(frozen=True)
class CommandResult:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


class CommandRunner:
    """A command with settings; `output` is everything that it has ever printed."""

    def __init__(
        self, command: type[AwardCommand], settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._command = command
        self._capsys = capsys
        self.settings = settings
        self.output = ""

    def __call__(self, *args: str, **settings: Any) -> CommandResult:
        """Run the command; usage errors, which argparse reports, have code 2 as well."""
        command = self._command()
        command.settings = Settings(self.settings | settings)
        parser = argparse.ArgumentParser(prog="scrapy", conflict_handler="resolve")
        try:
            command.add_options(parser)
            opts, rest = parser.parse_known_args(args)
            command.run(rest, opts)
            code = command.exitcode
        except SystemExit as error:
            code = int(str(error.code))
        out, err = self._capsys.readouterr()
        self.output += out + err
        return CommandResult(code, out, err)

    def succeed(self, *args: str, **settings: Any) -> str:
        """Run the command, which must succeed, and return what it printed."""
        result = self(*args, **settings)
        assert (result.code, result.err) == (0, "")
        return result.out

    def fail(self, *args: str, **settings: Any) -> str:
        """Run the command, which must end with one sentence, and return the sentence."""
        result = self(*args, **settings)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("error: ")
        assert result.err.count("\n") == 1
        return result.err.removeprefix("error: ").strip()

    def usage_error(self, *args: str) -> str:
        """Run the command with invalid arguments and return the last line of argparse's message."""
        result = self(*args)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("usage: ")
        return result.err.splitlines()[-1]

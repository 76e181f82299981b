"""`scrapy doctor`: find everything that is wrong with this installation, with what to do."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

import awardspider
from awardspider import clock
from awardspider.commands._command import EXIT_ERROR, AwardCommand
from awardspider.commands._console import print_fitted
from awardspider.commands._crawl_engine import ScrapyEngine
from awardspider.commands._options import no_arguments
from awardspider.environment import data_dir
from awardspider.operations.doctor.findings import DoctorContext, Finding, Level
from awardspider.operations.doctor.run import run_checks, worst_level
from awardspider.outcomes import InvalidSetting

_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "bold red"}
_INDENT = 2
#: Width of the output unless a terminal says otherwise: sentences of 100 characters with their labels.
_WIDTH = 120


class Command(AwardCommand):
    """Find everything that is wrong with this installation, and say what to do.

    The exit code is 1 if there is an error, and with --strict also if there is a warning.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print all findings as JSON")
        parser.add_argument("--problems", action="store_true", help="show only warnings and errors")
        parser.add_argument("--strict", action="store_true", help="exit with 1 for warnings too")
        parser.add_argument("--offline", action="store_true", help="send no request to Google Sheets or other machines")

    def check_settings(self) -> None:
        """Leave invalid settings to the checks."""

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        try:
            clock.simulate_time(self.settings)
        except InvalidSetting:
            os.environ.pop(clock.SETTING, None)
        now = self.now()
        context = DoctorContext(
            settings=self.settings,
            environment=os.environ,
            folder=Path.cwd(),
            project=Path(awardspider.__file__).parents[1],
            data_dir=data_dir(self.settings).absolute(),
            now=now,
            engine=ScrapyEngine(self.settings),
            uses_network=not opts.offline,
        )
        findings = run_checks(context)
        worst = worst_level(findings)
        if worst is Level.ERROR or (worst is Level.WARNING and opts.strict):
            self.exitcode = EXIT_ERROR
        if opts.json:
            _print_json(findings, now.isoformat())
            return
        shown = [each for each in findings if each.level is not Level.OK] if opts.problems else findings
        print_fitted(report(shown, findings), width=_WIDTH)


def report(shown: Sequence[Finding], findings: Sequence[Finding]) -> RenderableType:
    """Return the findings that are shown, by group, and the number of all findings by level."""
    parts: list[RenderableType] = []
    for group, members in groupby(shown, key=lambda finding: finding.group):
        parts += [Text(group.capitalize(), style="bold"), Padding(_table(list(members)), (0, 0, 1, _INDENT))]
    return Group(*parts, _summary(findings))


def _table(findings: Sequence[Finding]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, width=len(Level.WARNING))
    table.add_column(overflow="fold")
    for finding in findings:
        sentence = Text(finding.sentence, style="dim" if finding.level is Level.OK else "")
        table.add_row(Text(finding.level, style=_STYLES[finding.level]), sentence)
        if finding.advice:
            advice = Table.grid()
            advice.add_row(Text("→ ", style="cyan"), Text(finding.advice, style="cyan"))
            table.add_row("", advice)
    return table


def _summary(findings: Sequence[Finding]) -> Text:
    counts = _counts(findings)
    parts = [
        Text(
            f"{counts[level]} {word}{'' if counts[level] == 1 else 's'}",
            style=_STYLES[level] if counts[level] else "dim",
        )
        for level, word in ((Level.ERROR, "error"), (Level.WARNING, "warning"))
    ]
    return Text(", ").join([*parts, Text(f"{counts[Level.OK]} ok", style="dim")])


def _counts(findings: Sequence[Finding]) -> dict[Level, int]:
    return {level: sum(1 for each in findings if each.level is level) for level in Level}


def _print_json(findings: Sequence[Finding], checked_at: str) -> None:
    counts = _counts(findings)
    values: dict[str, Any] = {
        "checked_at": checked_at,
        "errors": counts[Level.ERROR],
        "warnings": counts[Level.WARNING],
        "findings": [
            {name: getattr(each, name) for name in ("group", "check", "level", "sentence", "advice")}
            for each in findings
        ],
    }
    sys.stdout.write(orjson.dumps(values, option=orjson.OPT_INDENT_2).decode() + "\n")

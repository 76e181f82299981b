"""The modules that a command imports: a second of imports is a second of waiting."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from awardspider.settings import _commands_module
from tests.support.paths import ROOT

#: Imported only by the commands that use them.
HEAVY = ("alembic", "apprise", "apscheduler", "dateparser", "jinja2", "matplotlib", "playwright", "spidermon")


@pytest.mark.parametrize(
    ("arguments", "module"),
    [
        (["programs"], "awardspider.commands.programs"),
        (["crawl", "united", "-a", "days=3"], "awardspider.commands.crawl"),
        ([], "awardspider.commands"),
        (["--help"], "awardspider.commands"),
        (["shell", "https://example.com"], "awardspider.commands"),
        (["_table"], "awardspider.commands"),
        (["no.such"], "awardspider.commands"),
    ],
)
def test_only_the_named_command_is_imported(arguments: list[str], module: str) -> None:
    assert _commands_module(["scrapy", *arguments]) == module


def test_a_command_starts_without_the_libraries_of_other_commands() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "scrapy", "programs", "--help"]
    environment = os.environ | {"SCRAPY_SETTINGS_MODULE": "awardspider.settings"}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert "awardspider.commands._command" in imported
    packages = {name.partition(".")[0] for name in imported}
    assert packages & set(HEAVY) == set()
    assert [name for name in imported if name.startswith("awardspider.sandbox")] == []

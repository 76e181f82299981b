"""The commands and paths of the pages about running awardspider exist."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from importlib import import_module

import pytest
from scrapy.settings import Settings

from awardspider.commands._command import AwardCommand
from tests.support.manual import page_text
from tests.support.paths import ROOT

NAMES = ("running", "first-day", "services", "schedule", "scrapyd", "monitors", "doctor", "upkeep")
PAGES = tuple(f"docs/{name}.md" for name in NAMES)
#: Commands of Scrapy itself.
SCRAPYS_OWN = {"list"}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def shell_lines(page: str) -> list[str]:
    """Return the lines of all shell blocks of a page, with continued lines joined."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", page_text(page), re.MULTILINE | re.DOTALL)
    return [line.strip() for line in re.sub(r"[\\|]\n\s*", "| ", "".join(blocks)).splitlines() if line.strip()]


def scrapy_commands(line: str) -> list[list[str]]:
    """Return the arguments of each `scrapy` command in a line of a shell."""
    commands = []
    words = shlex.split(line, comments=True)
    for position, word in enumerate(words):
        if word == "scrapy" or word.endswith("/scrapy"):
            arguments = words[position + 1 :]
            end = next((index for index, each in enumerate(arguments) if each in ("|", "&&", "||")), None)
            commands.append(arguments[:end])
    return commands


def command_named(name: str) -> AwardCommand:
    command: AwardCommand = import_module(f"awardspider.commands.{name}").Command()
    command.settings = Settings()
    return command


def test_the_commands_of_shell_blocks_are_found() -> None:
    assert scrapy_commands("echo KEY | .venv/bin/scrapy setup --yes && scrapy up  # scrapy down") == [
        ["setup", "--yes"],
        ["up"],
    ]
    assert len([command for line in shell_lines("docs/running.md") for command in scrapy_commands(line)]) > 20


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_accepted(page: str) -> None:
    commands = [command for line in shell_lines(page) for command in scrapy_commands(line)]
    for name, *arguments in commands:
        command = command_named(name)
        parser = argparse.ArgumentParser(prog=f"scrapy {name}", conflict_handler="resolve")
        command.add_options(parser)
        _, rest = parser.parse_known_args(arguments)
        assert not [each for each in rest if each.startswith("-") and each != "-"], (name, arguments)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_in_the_text_exists(page: str) -> None:
    names = set(re.findall(r"`scrapy ([a-z]+)", page_text(page)))
    assert names
    assert all(command_named(name) for name in names - SCRAPYS_OWN)


@pytest.mark.parametrize("page", PAGES)
def test_every_target_of_make_exists(page: str) -> None:
    assert set(re.findall(r"^(?:runuser .* )?make ([a-z-]+)", "\n".join(shell_lines(page)), re.MULTILINE)) <= TARGETS


def test_every_path_of_the_checkout_exists() -> None:
    paths = set(re.findall(r"/opt/awardspider/(deploy/[\w./*-]+)", page_text("docs/running.md")))
    paths |= set(re.findall(r"^(deploy/[\w./-]+)", "\n".join(shell_lines("docs/running.md")), re.MULTILINE))
    assert "deploy/install-chromium.sh" in paths
    for path in paths:
        matches = list(ROOT.glob(path))
        assert matches, path
        assert not path.endswith(".sh") or os.access(matches[0], os.X_OK)

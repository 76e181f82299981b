"""The units in deploy/systemd/ are valid, restricted, and run commands that exist."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.support.manual import page_text
from tests.support.paths import ROOT

FOLDER = ROOT / "deploy/systemd"
UNITS = sorted(FOLDER.glob("*.service"))

#: The highest exposure that is accepted, by `systemd-analyze security`, times 10.
MAX_EXPOSURE = 20


def parse_unit(path: Path) -> ConfigParser:
    """Return the sections of a unit; of a repeated option only the last value."""
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


def commands(path: Path) -> list[str]:
    """Return the commands that a unit runs."""
    return re.findall(r"^Exec(?:Start|StartPre|Stop)=(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """The paths of an installation are replaced by those of this checkout, because systemd checks that they exist."""
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/awardspider/.venv/bin", sysconfig.get_path("scripts"))
        (tmp_path / unit.name).write_text(text.replace("/opt/awardspider", str(ROOT)), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())], capture_output=True, text=True
    )
    ours = [line for line in done.stderr.splitlines() if "awardspider" in line]  # not about units of this machine
    assert (done.returncode, ours) == (0, [])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_restricted(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={MAX_EXPOSURE}", "--no-pager", unit],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1]
    service = parse_unit(unit)["Service"]
    assert service["User"] == "awardspider"
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectoryMode"] == "0700"
    assert service["UMask"] == "0077"
    assert service["Restart"] == "always"
    assert "PASSWORD" not in unit.read_text(encoding="utf-8")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_commands_of_a_unit_exist(unit: Path) -> None:
    names = {path.stem for path in (ROOT / "awardspider/commands").glob("[a-z]*.py")}
    for command in commands(unit):
        program, *arguments = command.replace("/opt/awardspider/.venv/bin", sysconfig.get_path("scripts")).split()
        assert os.access(program.replace("/opt/awardspider", str(ROOT)), os.X_OK), command
        if program.endswith("/scrapy"):
            assert arguments[0] in names, command


def test_the_single_unit_and_the_separate_ones_exclude_each_other() -> None:
    separate = sorted(unit.name for unit in UNITS if unit.name != "awardspider.service")
    assert sorted(parse_unit(FOLDER / "awardspider.service")["Unit"]["Conflicts"].split()) == separate
    for name in separate:
        assert parse_unit(FOLDER / name)["Unit"]["Conflicts"] == "awardspider.service"


def test_every_unit_is_in_the_manual() -> None:
    page = page_text("docs/running.md")
    assert [unit.name for unit in UNITS if unit.stem not in page] == []


@pytest.mark.parametrize("name", ["SCRAPYD_USERNAME", "SCRAPYD_PASSWORD", "AWARD_DATA_DIR"])
@pytest.mark.parametrize("value", ["", None])
def test_scrapyd_does_not_start_without_its_settings(name: str, value: str | None) -> None:
    environment = {"PATH": os.environ["PATH"], "SCRAPYD_USERNAME": "awards", "SCRAPYD_PASSWORD": "right-horse"}
    environment |= {"AWARD_DATA_DIR": "/var/lib/awardspider"} | ({name: value} if value is not None else {})
    if value is None:
        del environment[name]
    refused = subprocess.run([ROOT / "deploy/start-scrapyd.sh"], env=environment, capture_output=True, text=True)
    assert refused.returncode == 78
    assert name in refused.stderr
    unit = (FOLDER / "awardspider-scrapyd.service").read_text(encoding="utf-8")
    assert "ExecStart=/opt/awardspider/deploy/start-scrapyd.sh" in unit
    assert "RestartPreventExitStatus=78" in unit

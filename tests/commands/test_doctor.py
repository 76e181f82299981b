"""`scrapy doctor`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from awardspider.commands import doctor as module
from awardspider.commands.doctor import Command
from awardspider.operations.doctor import run
from awardspider.operations.doctor.findings import Check, Group, error, ok, warning
from tests.support.commands import CommandRunner
from tests.support.doctor import project_settings
from tests.support.paths import ROOT

FINE = Check(name="one", group=Group.INSTALLATION, run=lambda context: [ok("Python is installed")])
LATE = Check(
    name="two",
    group=Group.CRAWLS,
    run=lambda context: [warning("The rates are 9 days old", "Run: scrapy crawl ecb")],
)
BROKEN = Check(
    name="three",
    group=Group.DELIVERY,
    run=lambda context: [
        error(
            "The channel family_telegram is paused by its errors since 2026-11-30 12:00 UTC: HTTP 410; 2 messages wait",
            "Correct the cause, then: scrapy channels test family_telegram && scrapy channels resume family_telegram",
        )
    ],
)


@pytest.fixture
def doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandRunner:
    return CommandRunner(Command, dict(project_settings(tmp_path)), capsys)


def use_checks(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> None:
    monkeypatch.setattr(module, "run_checks", lambda context: run.run_checks(context, checks))


def test_exit_codes(doctor: CommandRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    for checks, code, strict_code in (((FINE,), 0, 0), ((FINE, LATE), 0, 1), ((FINE, LATE, BROKEN), 1, 1)):
        use_checks(monkeypatch, *checks)
        assert (doctor().code, doctor("--strict").code) == (code, strict_code)


def test_json_has_every_finding(doctor: CommandRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    use_checks(monkeypatch, FINE, LATE)
    report = json.loads(doctor.succeed("--json"))
    assert (report["errors"], report["warnings"]) == (0, 1)
    assert report["findings"] == [
        {
            "group": "installation",
            "check": "one",
            "level": "ok",
            "sentence": "Python is installed",
            "advice": "",
        },
        {
            "group": "crawls",
            "check": "two",
            "level": "warning",
            "sentence": "The rates are 9 days old",
            "advice": "Run: scrapy crawl ecb",
        },
    ]


REPORTS = {
    "80": """\
Installation
  ok       Python is installed

Crawls
  warning  The rates are 9 days old
           → Run: scrapy crawl ecb

Delivery
  error    The channel family_telegram is paused by its errors since 2026-11-30
           12:00 UTC: HTTP 410; 2 messages wait
           → Correct the cause, then: scrapy channels test family_telegram &&
             scrapy channels resume family_telegram

1 error, 1 warning, 1 ok
""",
    "120": """\
Installation
  ok       Python is installed

Crawls
  warning  The rates are 9 days old
           → Run: scrapy crawl ecb

Delivery
  error    The channel family_telegram is paused by its errors since 2026-11-30 12:00 UTC: HTTP 410; 2 messages wait
           → Correct the cause, then: scrapy channels test family_telegram && scrapy channels resume family_telegram

1 error, 1 warning, 1 ok
""",
}


@pytest.mark.parametrize("width", REPORTS)
def test_findings_fit_the_terminal(doctor: CommandRunner, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    use_checks(monkeypatch, FINE, LATE, BROKEN)
    assert doctor().out == REPORTS[width]


def test_only_problems_are_shown_on_request(doctor: CommandRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    use_checks(monkeypatch, FINE, LATE)
    output = doctor.succeed("--problems")
    assert "Python is installed" not in output
    assert output.endswith("0 errors, 1 warning, 1 ok\n")
    use_checks(monkeypatch, FINE)
    assert doctor.succeed("--problems") == "0 errors, 0 warnings, 1 ok\n"


def test_invalid_settings_are_findings(doctor: CommandRunner) -> None:
    broken = {"ENV_FILE_ERROR": ".env:3: not a setting", "AWARD_SIMULATED_TIME": "soon", "AWARD_BUDGET": "x"}
    report = json.loads(doctor("--json", "--offline", **broken).out)
    sentences = [each["sentence"] for each in report["findings"] if each["level"] == "error"]
    assert ".env:3: not a setting; every other command ends with this error" in sentences
    assert any(sentence.startswith("AWARD_BUDGET") for sentence in sentences)
    assert any(sentence.startswith("AWARD_SIMULATED_TIME is 'soon'") for sentence in sentences)


def test_an_argument_is_refused(doctor: CommandRunner) -> None:
    assert doctor.fail("all").startswith("unexpected argument 'all'")


# ---- the command in a process of its own -------------------------------------------------------------------------

SECRETS = {
    "AWARD_SECRET_KEY": "hunter2-not-a-key",
    "AWARD_WEBHOOKS": "make=https://hooks.example.org/T0KEN-T0KEN",
    "SCRAPYD_USERNAME": "awards",
    "SCRAPYD_PASSWORD": "hunter2-scrapyd",
    "AWARD_SEATSAERO_KEY": "hunter2-seats",
    "AWARD_DATABASE_URL": "postgresql://awards:hunter2-database@127.0.0.1:1/awards",
}


def run_scrapy(folder: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY"))}
    environment = outer | {"SCRAPY_SETTINGS_MODULE": "awardspider.settings", "PYTHONPATH": str(ROOT), **settings}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def findings_of(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return {each["check"]: each for each in json.loads(result.stdout)["findings"] if each["level"] != "ok"}


@pytest.mark.slow
def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    """The data folder is on a tiny disk of its own, in a mount namespace that ends with the process."""
    script = 'mount -t tmpfs -o size=64k tmpfs "$1" && head -c 64k /dev/zero >"$1/full"; shift; exec "$@"'
    (tmp_path / "data").mkdir()
    result = run_scrapy(
        tmp_path, "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(tmp_path / "data"),
        sys.executable, "-m", "scrapy", "doctor", "--json", "--offline",
    )  # fmt: skip
    assert result.returncode == 1, result.stderr
    found = findings_of(result)
    assert found["disk space"]["level"] == "error"
    assert found["disk space"]["sentence"] == f"The disk of {tmp_path / 'data'} is nearly full: 0 KB of 66 KB free"
    assert found["disk space"]["advice"].startswith("Run scrapy prune")
    assert found["data folder"]["sentence"] == f"{tmp_path / 'data'} cannot be written: No space left on device"


@pytest.mark.slow
def test_the_output_never_contains_a_secret(tmp_path: Path) -> None:
    result = run_scrapy(tmp_path, sys.executable, "-m", "scrapy", "doctor", "--json", **SECRETS)
    assert result.returncode == 1
    found = findings_of(result)
    assert {"database", "secret key", "not checked", "scrapyd"} <= found.keys()
    for secret in ("hunter2", "T0KEN"):
        assert secret not in result.stdout + result.stderr
    assert list(tmp_path.iterdir()) == []

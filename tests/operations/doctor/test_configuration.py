"""Checks of settings and of the file `.env`."""

from __future__ import annotations

from pathlib import Path

import pytest

from awardspider.operations.doctor import configuration
from awardspider.operations.doctor.findings import Level
from awardspider.settings import _load_env_file
from tests.support.doctor import doctor_context, only_result, problems


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_an_env_file_that_others_can_read_is_a_warning(tmp_path: Path, mode: int) -> None:
    file = tmp_path / ".env"
    file.write_text("AWARD_CONTACT=x\n")
    file.chmod(mode)
    result = only_result(configuration.check_env_file, doctor_context(tmp_path))
    assert result.level is Level.WARNING
    assert f"{file} may be read by other users of this machine (mode {mode:o})" in result.sentence
    assert result.advice == f"Run: chmod 600 {file}"
    file.chmod(0o600)
    assert problems(configuration.check_env_file, doctor_context(tmp_path)) == []


def test_a_broken_env_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("AWARD_CONTACT=x\nthis is a sentence\n")
    context = doctor_context(tmp_path, ENV_FILE_ERROR=_load_env_file(file))
    result = only_result(configuration.check_env_file, context)
    assert result.level is Level.ERROR
    assert f"{file}:2: not a setting" in result.sentence
    assert result.advice == f"Correct the line: editor {file}"
    assert problems(configuration.check_setting_values, context) == []


def test_secret_files_that_everyone_can_read_are_warnings(tmp_path: Path) -> None:
    key, session = tmp_path / "google.json", tmp_path / "sessions" / "united.json"
    session.parent.mkdir()
    for file in (key, session):
        file.write_text("{}")
        file.chmod(0o644)
    context = doctor_context(tmp_path, AWARD_GOOGLE_CREDENTIALS=str(key))
    assert problems(configuration.check_secret_files, context) == [
        (Level.WARNING, f"{name} {file} may be read by every user (mode 644)", f"Run: chmod 600 {file}")
        for name, file in (("The file of AWARD_GOOGLE_CREDENTIALS,", key), ("The session file", session))
    ]


def test_an_unknown_setting_is_a_warning_with_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AWARD_CONTCAT=mailto:x@example.org\nAWARD_SEATSAERO_KEY=k\n")
    context = doctor_context(tmp_path, environment={"AWARD_SEATSAREO_KEY": "secret", "AWARD_QXZQXZ": "1", "HOME": "/"})
    assert problems(configuration.check_setting_names, context) == [
        (
            Level.WARNING,
            "AWARD_CONTCAT is no setting and has no effect",
            "Did you mean AWARD_CONTACT? Correct or remove it",
        ),
        (
            Level.WARNING,
            "AWARD_QXZQXZ is no setting and has no effect",
            "docs/settings.md lists all settings. Correct or remove it",
        ),
        (
            Level.WARNING,
            "AWARD_SEATSAREO_KEY is no setting and has no effect",
            "Did you mean AWARD_SEATSAERO_KEY? Correct or remove it",
        ),
    ]


def test_known_settings_cause_no_warning(tmp_path: Path) -> None:
    names = {"AWARD_CONTACT": "x", "AWARD_SEATSAERO_KEY": "y", "AWARD_DATA_DIR": "z"}
    result = only_result(configuration.check_setting_names, doctor_context(tmp_path, environment=names))
    assert (result.level, result.sentence) == (Level.OK, "3 settings set; all names are known")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("AWARD_BUDGET", "unitd=1/hour", 'AWARD_BUDGET: unknown program "unitd" (did you mean united?)'),
        ("AWARD_RESPONSE_RETENTION", "forever", "AWARD_RESPONSE_RETENTION"),
        ("AWARD_GOOD_PERCENT", "200", "AWARD_GOOD_PERCENT is '200'"),
        ("AWARD_PRICE_HISTORY_DAYS", "3", "AWARD_PRICE_HISTORY_DAYS"),
        ("AWARD_CASH_FARE_HOURS", "x", "AWARD_CASH_FARE_HOURS"),
        ("AWARD_VALUATIONS", "/no/such/file", "AWARD_VALUATIONS"),
        ("AWARD_WEBHOOKS", "ftp://x", "AWARD_WEBHOOKS is invalid"),
        ("AWARD_DELIVERY_SECONDS", "soon", "AWARD_DELIVERY_SECONDS"),
        ("AWARD_ACCEPT_TERMS", "unitd", "AWARD_ACCEPT_TERMS: unknown program or site 'unitd'"),
        ("AWARD_SANDBOX_URL", "nowhere", "AWARD_SANDBOX_URL is 'nowhere'"),
        ("AWARD_MONITOR_FREE_MB", "much", "AWARD_MONITOR_FREE_MB is 'much'"),
        ("AWARD_RETENTION_RUN_DAYS", "1", "AWARD_RETENTION_RUN_DAYS is '1'"),
        ("AWARD_SCRAPYD_URL", "nowhere", "AWARD_SCRAPYD_URL is not a valid address"),
        ("AWARD_LOG_FORMAT", "xml", "AWARD_LOG_FORMAT=xml is unknown"),
        ("AWARD_SHEET_OFFERS", "none", "AWARD_SHEET_OFFERS is 'none'"),
    ],
)
def test_an_invalid_value_is_an_error(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    result = only_result(configuration.check_setting_values, doctor_context(tmp_path, **{name: value}))
    assert result.level is Level.ERROR
    assert result.sentence.startswith(sentence)
    assert result.advice == "Correct the value in .env or in the environment: docs/settings.md"


def test_a_missing_contact_is_a_warning_for_live_sites_only(tmp_path: Path) -> None:
    result = only_result(configuration.check_contact, doctor_context(tmp_path))
    assert result.level is Level.WARNING
    assert result.sentence.startswith("AWARD_CONTACT is not set")
    assert result.advice.endswith("scrapy setup does")
    for settings in ({"AWARD_SANDBOX_URL": "http://127.0.0.1:1"}, {"AWARD_CONTACT": "mailto:x@example.org"}):
        assert problems(configuration.check_contact, doctor_context(tmp_path, **settings)) == []


def test_an_invalid_key_is_an_error_that_does_not_show_it(tmp_path: Path) -> None:
    result = only_result(configuration.check_secret_key, doctor_context(tmp_path, AWARD_SECRET_KEY="hunter2"))
    assert result.level is Level.ERROR
    assert result.sentence == "AWARD_SECRET_KEY is not a valid key, so no secret in the database can be read"
    assert "hunter2" not in result.sentence + result.advice


def test_a_sandbox_that_does_not_run_is_an_error(tmp_path: Path) -> None:
    context = doctor_context(tmp_path, AWARD_SANDBOX_URL="http://127.0.0.1:1")
    result = only_result(configuration.check_sandbox, context)
    assert result.level is Level.ERROR
    assert result.sentence.startswith("AWARD_SANDBOX_URL is set, but there is no sandbox at http://127.0.0.1:1")
    assert result.advice == "Start it, or remove AWARD_SANDBOX_URL"

"""The page of settings: values without secrets, access, values and rates, services, incidents and findings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient

from awardspider.operations.background_commands import BackgroundCommands, CommandRun
from awardspider.storage import schema
from awardspider.storage.accounts import Role
from awardspider.storage.incidents import IncidentKind, Problem, open_incident
from tests.support.memory_scrapyd import MemoryScrapyd
from tests.support.panel import NOW, Panel
from tests.support.panel_operations import use_scrapyds
from tests.support.waiting import wait_until

SECRETS = {
    "AWARD_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjU",
    "AWARD_WEBHOOKS": "make=https://hook.example.org/abcdefghijklmno",
    "AWARD_SECRET_KEY": "5vJw3mZyKq0Zb1c2d3e4f5g6",
    "AWARD_HEALTH_URL": "https://hc-ping.example.org/0a1b2c3d4e5f6a7b",
    "AWARD_DATABASE_URL": "postgresql://awards:hunter2hunter2@db.example.org/awards",
    "AWARD_SCRAPYD_HOSTS": "http://name:passw0rd@10.0.0.3:6800",
    "AWARD_KEYS": {"seatsaero": "pro_1234567890abcdef"},
}


@pytest.fixture
def operator(panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Return a client of an operator, with secrets in the settings."""
    monkeypatch.chdir(tmp_path)
    use_scrapyds(panel, MemoryScrapyd(), **SECRETS)
    return panel.signed_in(Role.OPERATOR)


def test_no_part_of_a_secret_is_shown(operator: TestClient) -> None:
    page = operator.get("/settings").text
    for part in ("whsec_Mf", "abcdefghijklmno", "5vJw3mZy", "0a1b2c3d", "hunter2", "passw0rd", "pro_1234"):
        assert part not in page
    assert page.count("set, not shown") == 5
    assert "postgresql://awards:***@db.example.org/awards" in page


def test_a_value_says_where_it_comes_from(panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("AWARD_LOCALE=pt_BR\nAWARD_BUDGET=delta=5/hour\n")
    settings = {"AWARD_LOCALE": "pt_BR", "AWARD_CONTACT": "me@example.org", "AWARD_BUDGET": "sas=1/hour"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    use_scrapyds(panel, MemoryScrapyd(), **settings, AWARD_BACKUPS="3")
    page = panel.signed_in(Role.OPERATOR).get("/settings").text
    rows = {row.partition("</code>")[0]: row for row in page.split('class="span"><code>')}
    sources = {"AWARD_LOCALE": ".env", "AWARD_CONTACT": "environment", "AWARD_BACKUPS": "command line"}
    assert all(f">{source}</td>" in rows[name] for name, source in sources.items())
    assert ">default</td>" in rows["AWARD_EXCEL"]
    assert ".env has another value" in rows["AWARD_BUDGET"]
    assert "The maximum number of searches of a program" in rows["AWARD_BUDGET"]


def test_old_values_and_rates_are_named(operator: TestClient) -> None:
    page = operator.get("/settings").text
    assert "set AWARD_VALUATIONS to a newer file" in page
    assert "These rates ship with awardspider" in page


def test_programs_without_access_come_first(operator: TestClient) -> None:
    page = operator.get("/settings").text
    assert page.index("its key is missing (AWARD_SMILES_KEY)") < page.index(">Ready<")


def test_incidents_and_services_are_listed(panel: Panel, operator: TestClient) -> None:
    problem = Problem(key="scrapyd", kind=IncidentKind.SCRAPYD_UNREACHABLE, subject="Scrapyd", sentence="<b>gone</b>")
    with panel.store.writing() as connection:
        open_incident(connection, problem, NOW)
        row = {"host": "far", "pid": 1, "pid_namespace": "x", "version": "r1", "started_at": NOW}
        heartbeat = NOW - timedelta(hours=1)
        connection.execute(insert(schema.services).values(name="scheduler", heartbeat_at=heartbeat, **row))
    page = operator.get("/settings").text
    assert "&lt;b&gt;gone&lt;/b&gt;" in page
    assert "Ended without being stopped" in page


FINDINGS = """{"findings": [
    {"group": "storage", "check": "database", "level": "ok", "sentence": "Fine", "advice": ""},
    {"group": "services", "check": "scrapyd", "level": "error", "sentence": "Down", "advice": "Run: make up"}
]}"""


class _Commands(BackgroundCommands):
    """Commands that end at once with a given output."""

    result = ""

    def _execute(self, run: CommandRun, arguments: object) -> CommandRun:
        return CommandRun(
            group=run.group, subject=run.subject, started_at=run.started_at, exit_code=1, output=self.result
        )


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            FINDINGS,
            ["1 errors, 0 warnings, 1 in order", "Down", "Run: make up"],
        ),
        ("", ["The checks gave no result"]),
    ],
)
def test_findings_of_the_doctor_are_kept(panel: Panel, operator: TestClient, output: str, expected: list[str]) -> None:
    commands = panel.app.state.commands = _Commands({}, lambda: NOW)
    commands.result = output
    assert operator.post("/settings/doctor").headers["location"] == "/settings#doctor"
    wait_until(lambda: commands.running("doctor") is None, every=0.01)
    for address in ("/settings", "/settings/doctor"):
        page = operator.get(address).text
        assert all(text in page for text in expected)


def test_members_do_not_see_settings(panel: Panel) -> None:
    client = panel.signed_in(Role.MEMBER)
    assert client.get("/settings").status_code == 403
    assert client.post("/settings/doctor").status_code == 403

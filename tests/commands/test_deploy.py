"""`scrapy deploy` without Scrapyd; tests/e2e/test_scrapyd.py deploys to a real one."""

from __future__ import annotations

import pytest

from awardspider.commands.deploy import Command
from tests.support.commands import CommandRunner
from tests.support.ports import free_port

SETTINGS = {
    "AWARD_SCRAPYD_URL": "http://127.0.0.1:6800",
    "SCRAPYD_USERNAME": "awards",
    "SCRAPYD_PASSWORD": "right-horse",
}


@pytest.fixture
def deploy(capsys: pytest.CaptureFixture[str]) -> CommandRunner:
    return CommandRunner(Command, SETTINGS, capsys)


def test_a_scrapyd_that_does_not_run_is_reported(deploy: CommandRunner) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = deploy("--url", f"{url}/")
    assert (result.code, result.out) == (1, "")
    expected = f"error: Scrapyd at {url} is not reachable (Connection refused): start it with `scrapy up`\n"
    assert result.err == expected


@pytest.mark.parametrize(
    "url", ["127.0.0.1:6800", "ftp://host", "http://", "http://host:0", "http://host/?a=b", "http://[::1"]
)
def test_an_invalid_address_is_refused(deploy: CommandRunner, url: str) -> None:
    assert deploy.fail("--url", url) == "AWARD_SCRAPYD_URL is not a valid address; write http://HOST:PORT"


def test_a_password_in_an_address_is_not_printed(deploy: CommandRunner) -> None:
    result = deploy("--url", f"http://awards:right-horse@127.0.0.1:{free_port()}")
    assert result.code == 1
    assert "is not reachable" in result.err
    assert "right-horse" not in result.err


def test_at_least_one_version_is_kept(deploy: CommandRunner) -> None:
    assert deploy.fail("--keep", "0").startswith("--keep")

"""The unit file that starts Scrapyd."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.support.paths import ROOT

ACCESS = {"SCRAPYD_USERNAME": "awards", "SCRAPYD_PASSWORD": "right-horse"}


@pytest.mark.parametrize("name", ["SCRAPYD_USERNAME", "SCRAPYD_PASSWORD"])
@pytest.mark.parametrize("value", ["", None])
def test_the_service_refuses_an_empty_name_or_password(name: str, value: str | None) -> None:
    unit = (ROOT / "deploy/awardspider-scrapyd.service").read_text()
    [check] = re.findall(r"^ExecStartPre=/opt/awardspider/(.+)$", unit, re.MULTILINE)
    environment = {"PATH": os.environ["PATH"], **ACCESS}
    assert subprocess.run([ROOT / check], env=environment, check=False).returncode == 0
    environment |= {name: value} if value is not None else {}
    if value is None:
        del environment[name]
    refused = subprocess.run([ROOT / check], env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 78
    assert "set SCRAPYD_USERNAME and SCRAPYD_PASSWORD" in refused.stderr
    assert "RestartPreventExitStatus=78" in unit

"""The commands in the README, run as written in one shell, against a sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.manual import page_sections
from tests.support.paths import ROOT
from tests.support.sandbox_server import Sandbox

# Without the commands that the tests replace: the environment of the tests, and a sandbox of their own.
REPLACED = (". .venv/bin/activate", "scrapy sandbox ")


def script(heading: str, server: Sandbox, folder: Path) -> str:
    blocks = re.findall(r"^```sh\n(.*?)^```", page_sections("README.md")[heading], re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if not line.startswith(REPLACED)]
    assert any("scrapy crawl" in line for line in lines)
    text = "\n".join(lines)
    assert "http://127.0.0.1:8800" in text or heading != "Your first crawl"
    return text.replace("http://127.0.0.1:8800", server.url).replace("data/sandbox", str(folder))


def test_the_commands_of_the_readme_work_as_written(server: Sandbox, tmp_path: Path) -> None:
    server.reset_hooks()
    first, messages = (script(heading, server, tmp_path) for heading in ("Your first crawl", "Send messages"))
    outer = {name: value for name, value in os.environ.items() if not name.startswith("AWARD_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{first}\necho ---- messages\n{messages}"],
        cwd=ROOT,
        env=outer | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shell.returncode == 0, shell.stdout + shell.stderr
    offers, sent = shell.stdout.split("---- messages")
    flights = [line for line in offers.splitlines() if "LAX-AUS" in line and " UA" in line]
    days = [datetime.fromisoformat(day).date() for day in re.findall(r"\b20\d\d-\d\d-\d\d\b", "\n".join(flights))]
    today = datetime.now(UTC).date()
    assert flights, offers
    assert days
    assert all(today + timedelta(days=28) <= day <= today + timedelta(days=122) for day in days)
    assert "transfer bonus" in offers
    assert "make: sent" in sent
    assert server.hook_messages()

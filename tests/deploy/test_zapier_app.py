"""The Zapier app: it conforms to Zapier's schema, and requests only routes that the panel has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import playwright
import pytest

from scripts import zapier_app
from tests.support.node_packages import node_package
from tests.support.panel import Panel
from tests.support.panel_access import panel_routes
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def checked() -> Any:
    """Return what the script tests/node/zapier_app.js prints."""
    node_package("zapier-platform-schema")
    node = shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")
    command = [node, str(ROOT / "tests" / "node" / "zapier_app.js")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_app_conforms_to_the_schema_of_zapier(checked: Any) -> None:
    assert checked["errors"] == []


def test_the_app_requests_routes_of_the_panel_with_its_token(checked: Any, panel: Panel) -> None:
    routes = [(route.method, re.sub(r"\{[^}]+\}", "[^/]+", route.path)) for route in panel_routes(panel.app)]
    assert len(checked["requests"]) >= 12
    for request in checked["requests"]:
        method, path = request.get("method", "GET"), request["url"].removeprefix("https://awards.example")
        assert any(method == each and re.fullmatch(pattern, path) for each, pattern in routes), request
        assert request["headers"] == {"Authorization": "Bearer asp_x"}


def test_empty_fields_of_a_watch_are_not_sent(checked: Any) -> None:
    bodies = [request["body"] for request in checked["requests"] if request["url"].endswith("/watches")]
    assert bodies == [{"name": "Tokyo", "words": "to Tokyo", "travelers": 2}] * 2


def test_samples_and_fields_are_those_of_the_events() -> None:
    assert zapier_app.FILE.read_text(encoding="utf-8") == zapier_app.text(), "run python -m scripts.zapier_app"

"""Tests of the static files and their addresses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from awardspider.panel.static_files import VersionedFiles, static_url
from tests.support.paths import ROOT

STATIC = ROOT / "awardspider" / "panel" / "static"


@pytest.fixture
def client() -> TestClient:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    return TestClient(Starlette(routes=[Mount("/static", VersionedFiles())]))


def test_a_file_with_a_version_is_cached_for_a_year(client: TestClient) -> None:
    response = client.get(static_url("css/base.css"))
    assert response.status_code == 200
    assert "immutable" in response.headers["cache-control"]


def test_a_file_without_a_version_is_checked_each_time(client: TestClient) -> None:
    assert client.get("/static/css/base.css").headers["cache-control"] == "no-cache"


def test_a_file_that_does_not_exist_has_no_address() -> None:
    with pytest.raises(KeyError):
        static_url("css/missing.css")


@pytest.mark.parametrize("sheet", sorted(STATIC.rglob("*.css")), ids=lambda path: path.name)
def test_style_sheets_load_only_files_of_the_panel(sheet: Path) -> None:
    addresses = re.findall(r"url\([\"']?([^\"')]+)", sheet.read_text(encoding="utf-8"))
    missing = [
        address for address in addresses if not address.startswith("data:") and not (sheet.parent / address).is_file()
    ]
    assert missing == []
    assert "@import" not in sheet.read_text(encoding="utf-8")


def test_scripts_of_the_panel_request_nothing_from_other_sites() -> None:
    for script in (STATIC / "js").glob("*.js"):
        assert not re.findall(r"https?://(?!www\.w3\.org)", script.read_text(encoding="utf-8")), script.name


def test_shipped_libraries_have_their_licenses() -> None:
    for name in ("vendor/htmx-LICENSE", "vendor/echarts-LICENSE", "fonts/LICENSE"):
        assert (STATIC / name).stat().st_size > 100

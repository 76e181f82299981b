"""The routes and metrics in docs/api.md are those of the panel."""

from __future__ import annotations

import re

from awardspider.storage.accounts import Role
from tests.support.panel import Panel
from tests.support.panel_access import ACCESS
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ROLES = {"anybody": "public", "all": "viewer"}


def test_the_page_lists_every_route_with_its_role(panel: Panel) -> None:
    listed = dict(re.findall(r"^\| `([A-Z]+ /[^`]*)` \| (\w+) \|", PAGE, re.MULTILINE))
    paths = panel.app.openapi()["paths"]
    assert sorted(listed) == sorted(f"{method.upper()} {path}" for path in paths for method in paths[path])
    assert {key: ROLES.get(role, role) for key, role in listed.items()} == {key: str(ACCESS[key]) for key in listed}


def test_the_page_lists_every_metric(panel: Panel) -> None:
    metrics = panel.client(Role.VIEWER).get("/metrics").text
    listed = set(re.findall(r"^\| `(awardspider_\w+)` \|", PAGE, re.MULTILINE))
    assert {name.removesuffix("_total") for name in listed} == {
        name.removesuffix("_total") for name in re.findall(r"^# TYPE (\w+)", metrics, re.MULTILINE)
    }

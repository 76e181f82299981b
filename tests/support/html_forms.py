"""Forms of pages, filled in and sent as a browser does."""

from __future__ import annotations

from typing import Any

import lxml.html
from httpx import Response
from starlette.testclient import TestClient


def page_form(page: str, *, has: str) -> lxml.html.FormElement:
    """Return the form of a page that has a control with a name."""
    forms = [form for form in lxml.html.fromstring(page).forms if has in form.fields]
    assert len(forms) == 1, f"{len(forms)} forms have {has}"
    return forms[0]


def form_values(form: lxml.html.FormElement) -> dict[str, list[str]]:
    """Return what a browser sends for a form, without its buttons."""
    values: dict[str, list[str]] = {}
    for name, value in form.form_values():
        values.setdefault(name, []).append(value)
    for area in form.xpath(".//textarea[@name]"):
        # A browser drops the first line break of a text area.
        values[area.get("name")] = [(area.text or "").removeprefix("\n").replace("\n", "\r\n")]
    return values


def send_form(client: TestClient, page: str, *, has: str, **changes: Any) -> Response:
    """Send the form of a page with changes; None removes a control. A button is a change too."""
    form = page_form(page, has=has)
    values: dict[str, Any] = form_values(form) | changes
    data = {name: value for name, value in values.items() if value is not None}
    return client.post(form.action, data=data)

"""Texts of airlines and feeds stay texts on every page and in every file, and webhooks lead to public hosts."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet

from awardspider.items import PromotionItem, PromotionKind
from awardspider.storage.accounts import Role
from awardspider.storage.batches import write_batch
from awardspider.storage.channels import channel_rows
from tests.support.panel import NOW, Panel
from tests.support.panel_access import panel_routes
from tests.support.storage_examples import make_batch, make_itinerary, make_report, make_segment
from tests.support.stored_promotions import store_announcements

SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("https://attacker.example","Click")'
LINK = "javascript:alert(1)"


@pytest.fixture
def hostile(panel: Panel) -> Panel:
    """Return the panel with an offer, a search and a promotion that contain script, formulas and links."""
    times = {
        "departs_at": datetime(2031, 3, 10, 8, 5, tzinfo=ZoneInfo("America/Los_Angeles")),
        "arrives_at": datetime(2031, 3, 10, 13, 10, tzinfo=ZoneInfo("America/Chicago")),
    }
    segments = (make_segment(aircraft=SCRIPT, **times),)
    offer = make_itinerary(
        segments=segments, fare_name=SCRIPT, booking_code=SCRIPT, departure_date=date(2031, 3, 10), seen_at=NOW
    )
    formula = replace(offer, fare_name=FORMULA, miles=11_000)
    report = make_report("s1", note=f"{FORMULA} {SCRIPT}", requested_at=NOW)
    write_batch(panel.store, make_batch(offer, formula, reports=[report]))
    store_announcements(
        panel.store,
        PromotionItem(
            kind=PromotionKind.TRANSFER_BONUS,
            title=f"30% bonus {SCRIPT}",
            source="feed",
            entry_id="1",
            link=LINK,
            programs=("united",),
            banks=("amex",),
            percent=30,
            excerpt=f"{SCRIPT}{FORMULA}",
            seen_at=NOW,
        ),
    )
    return panel


def pages(panel: Panel) -> dict[str, str]:
    """Return the text of each page without parameters, and of the pages that they link to."""
    client = panel.anonymous(raise_server_exceptions=False)
    found: dict[str, str] = {}
    waiting = [route.path for route in panel_routes(panel.app) if route.method == "GET" and "{" not in route.path]
    while waiting and len(found) < 200:
        path = waiting.pop()
        response = client.get(path)
        assert response.status_code < 500, path
        is_page = response.headers.get("content-type", "").startswith("text/html")
        if is_page or path.endswith(".csv"):
            found[path] = response.text
        if is_page:
            links = re.findall(r'href="(/(?:offers|promotions|searches|programs)/[^"#?]+)"', response.text)
            waiting += [link for link in links if link not in found and link not in waiting]
    return found


def test_no_page_contains_script_or_links_from_texts(hostile: Panel) -> None:
    found = pages(hostile)
    assert any("&lt;script&gt;alert(1)" in text for text in found.values())
    for path, text in found.items():
        if not path.endswith(".csv"):
            assert SCRIPT not in text, path
            assert not re.search(r'(href|src|action)="\s*javascript:', text), path


def test_no_cell_of_a_csv_file_is_a_formula(hostile: Panel) -> None:
    client = hostile.anonymous()
    paths = [route.path for route in panel_routes(hostile.app) if route.path.endswith(".csv")]
    paths += [f"/export/{table}.csv" for table in ("offers", "price_points", "promotions", "searches")]
    cells = [
        cell
        for path in paths
        for row in csv.reader(io.StringIO(client.get(path).text.removeprefix("\ufeff")))
        for cell in row
    ]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert [cell for cell in cells if re.match(r"[=+@\t\r]|-(?![\d.]+$)", cell)] == []


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/hook",
        "https://localhost/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/hook",
        "https://10.0.0.5/hook",
        "https://0x7f000001/hook",
        "http://hooks.example.com/hook",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_a_webhook_at_a_private_address_is_refused(panel: Panel, address: str) -> None:
    assert isinstance(panel.config.settings, dict)
    panel.config.settings["AWARD_SECRET_KEY"] = Fernet.generate_key().decode()
    client = panel.signed_in(Role.OPERATOR)
    form = {"kind": "webhook", "name": "hook", "address": address, "events": "offer_matched"}
    response = client.post("/channels/new", data=form)
    assert response.status_code == 400, response.headers
    assert 'role="alert"' in response.text
    assert "plain text" not in response.text
    assert channel_rows(panel.store) == []

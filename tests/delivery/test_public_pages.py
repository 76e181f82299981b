"""AWARD_PUBLIC_URL, the pages of messages, and the links to them in messages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awardspider.delivery.messages.payloads import event_payload
from awardspider.delivery.messages.render import Form, render
from awardspider.delivery.public_pages import create_share_links, parse_public_url
from awardspider.items import EventType
from awardspider.outcomes import InvalidSetting
from awardspider.storage.shares import find_share
from awardspider.storage.store import Store
from tests.support.channel_examples import make_message
from tests.support.delivery import DeliveryHarness, make_match_row
from tests.support.render_examples import EVENTS
from tests.support.storage_examples import NOW, make_itinerary

URL = "https://deals.example.org"
LINK = f"{URL}/s/abcdefghijklmnopqrstuv"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", ""),
        ("https://deals.example.org/", URL),
        (" https://deals.example.org ", URL),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("http://localhost:8787", "http://localhost:8787"),
    ],
)
def test_a_public_address_is_read(text: str, url: str) -> None:
    assert parse_public_url({"AWARD_PUBLIC_URL": text}) == url
    assert parse_public_url({}) == ""


@pytest.mark.parametrize(
    "text",
    [
        "deals.example.org",
        "ftp://deals.example.org",
        "http://deals.example.org",
        "https://",
        "https://me:secret@deals.example.org",
        "https://deals.example.org/path",
        "https://deals.example.org?x=1",
        "https://deals.example.org#x",
        "https://deals.example.org:99999999",
        "https://deals example.org",
    ],
)
def test_an_address_that_others_cannot_open_safely_is_invalid(text: str) -> None:
    with pytest.raises(InvalidSetting, match="AWARD_PUBLIC_URL") as error:
        parse_public_url({"AWARD_PUBLIC_URL": text})
    assert "secret" not in str(error.value)


def test_the_sandbox_needs_no_https() -> None:
    settings = {"AWARD_PUBLIC_URL": "http://panel:8787", "AWARD_SANDBOX_URL": "http://sandbox:8000"}
    assert parse_public_url(settings) == "http://panel:8787"


def test_a_page_contains_nothing_of_the_owner(store: Store) -> None:
    message = make_message()
    links = create_share_links(store, URL, [message], locale="es", now=NOW)
    share = find_share(store, links[message.key].removeprefix(f"{URL}/s/"))
    assert share is not None
    assert (share.body["watches"], share.body["watch_ids"], share.body["in_points"]) == ([], [], [])
    assert share.body["watch_max_miles"] is None
    assert share.locale == "es"


def test_other_messages_have_no_page(store: Store) -> None:
    messages = [
        make_message(type=EventType.TEST),
        make_message(type=EventType.OFFER_CHANGED, body={}),
        make_message(body={"type": "offer.matched"}),
    ]
    assert create_share_links(store, URL, messages, locale="en", now=NOW) == {}


@pytest.mark.parametrize("form", [Form.LONG, Form.MARKDOWN, Form.HTML, Form.HTML_FRAGMENT])
def test_the_page_is_the_main_link_and_the_booking_link_follows(form: Form) -> None:
    body = render(EVENTS["record-low"], form=form, locale="en", now=NOW, share_link=LINK).body
    assert 0 < body.index(LINK) < body.index("https://www.united.com")
    assert "Details" in body
    assert "Book" in body


def test_a_digest_links_to_all_its_offers() -> None:
    body = render(EVENTS["digest"], form=Form.LONG, locale="pt_BR", now=NOW, share_link=LINK).body
    assert body.endswith(f"Ver tudo: {LINK}")


def test_a_short_text_has_only_the_link_to_the_page() -> None:
    body = render(EVENTS["record-low"], form=Form.SHORT, locale="en", now=NOW, limit=500, share_link=LINK).body
    assert body.endswith(LINK)
    assert "united.com" not in body


def test_a_webhook_gets_the_link_as_a_field() -> None:
    assert event_payload(EVENTS["record-low"], share_link=LINK)["share_link"] == LINK
    assert "share_link" not in event_payload(EVENTS["record-low"])


def test_each_message_is_sent_with_its_link(store: Store, tmp_path: Path) -> None:
    harness = DeliveryHarness(store, tmp_path)
    harness.context = replace(harness.context, public_url=URL)
    phone, mail = harness.add("phone"), harness.add("mail")
    offer = make_itinerary()
    harness.add_rows(make_match_row(offer, "phone", "Tokyo"), make_match_row(offer, "phone", "Asia"))
    harness.add_rows(make_match_row(offer, "mail", "Tokyo"))
    harness.run()
    links: list[Any] = [message.share_link for message in (*phone.received, *mail.received)]
    assert len(links) == 2
    assert all(link.startswith(f"{URL}/s/") for link in links)
    assert links[0] != links[1], "one page for each message"


def test_without_the_setting_messages_have_no_link(store: Store, tmp_path: Path) -> None:
    harness = DeliveryHarness(store, tmp_path)
    phone = harness.add("phone")
    harness.add_rows(make_match_row(make_itinerary(), "phone", "Tokyo"))
    harness.run()
    assert [message.share_link for message in phone.received] == [""]

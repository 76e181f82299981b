"""Text from outside in messages: escaping, control characters, links and truncation."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

import msgspec
import pytest

from awardspider.delivery.messages.events import AnyEvent, Promotion
from awardspider.delivery.messages.render import Form, render
from awardspider.delivery.messages.text_limits import plain_text, safe_link, sms_capacity, sms_length, to_gsm, truncate
from awardspider.items import Cabin, EventType
from tests.support.promotion_events import BONUS
from tests.support.render_examples import DAY_PRICE, EVENTS, FAILED, NOW, TOKYO, make_offer_event

HOSTILE = '<script>alert("x")</script> [click](https://evil.example) *bold* _it_ `c` @everyone & \r\nBcc: x@example.com'


def make_promotion(**fields: object) -> Promotion:
    return msgspec.structs.replace(BONUS, **fields)


class Tags(HTMLParser):
    """The tags, links and texts of a page; unbalanced tags raise AssertionError."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self.links: list[str | None] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag not in ("meta", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("form", [Form.HTML, Form.HTML_FRAGMENT])
@pytest.mark.parametrize("name", EVENTS)
def test_html_is_well_formed_and_loads_nothing(name: str, form: Form) -> None:
    page = Tags(render(EVENTS[name], form=form, locale="pt_BR", now=NOW).body)
    assert not {"script", "img", "link", "iframe", "object"} & set(page.seen)
    assert all(link and link.startswith("https://") for link in page.links)


@pytest.mark.parametrize("form", [Form.HTML, Form.HTML_FRAGMENT])
def test_html_from_outside_is_escaped(form: Form) -> None:
    offer = dataclasses.replace(TOKYO, fare_name=HOSTILE[:60])
    event = make_offer_event(EventType.OFFER_MATCHED, offer, watches=(HOSTILE,))
    event.destination_city = "<b>Tokyo"
    page = Tags(render(event, form=form, locale="en", now=NOW).body)
    assert "script" not in page.seen
    assert "<script>alert" in "".join(page.texts)
    failed = msgspec.structs.replace(FAILED, note=HOSTILE)
    assert "script" not in Tags(render(failed, form=form, locale="en", now=NOW).body).seen


def test_mail_declares_language_and_color_schemes() -> None:
    body = render(EVENTS["matched"], form=Form.HTML, locale="pt", now=NOW).body
    assert body.startswith("<!DOCTYPE html>")
    assert '<html lang="pt-BR">' in body
    assert 'name="color-scheme" content="light dark"' in body


def test_markdown_from_outside_is_escaped() -> None:
    body = render(make_promotion(headline=HOSTILE), form=Form.MARKDOWN, locale="en", now=NOW).body
    title = body.splitlines()[0]
    assert title == (
        '**Transfer bonus: \\<script\\>alert("x")\\</script\\> \\[click\\](https://evil.example) \\*bold\\* \\_it\\_ '
        "\\`c\\` @\u200beveryone \\& Bcc: x@\u200bexample.com**"
    )


@pytest.mark.parametrize("name", ["run-failed", "promotion"])
def test_text_from_outside_stays_on_one_line(name: str) -> None:
    event: AnyEvent = (
        msgspec.structs.replace(FAILED, note="a\r\nb\u2028c\x00\x1b[31md")
        if name == "run-failed"
        else make_promotion(headline="a\r\nb\u2028c\x00\x1b[31md")
    )
    rendered = render(event, form=Form.LONG, locale="en", now=NOW)
    assert "a b c [31md" in rendered.body
    assert rendered.title.isprintable()


def test_escaped_markdown_keeps_the_limit_and_splits_no_escape() -> None:
    event = make_promotion(headline="_" * 190, link="")
    for limit in range(120, 150, 3):
        body = render(event, form=Form.MARKDOWN, locale="en", now=NOW, limit=limit).body
        assert len(body) <= limit
        assert body.endswith("…")
        assert "\\…" not in body


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/",
        "ftp://example.com/",
        "https://",
        "https://[",
        "https://user:password@example.com/",
        "",
        None,
        "https://example.com/" + "a" * 2000,
    ],
)
def test_unsafe_links_are_not_shown(link: str | None) -> None:
    assert safe_link(link) is None
    event = make_offer_event(EventType.OFFER_MATCHED, dataclasses.replace(TOKYO, booking_link=link))
    for form in (Form.LONG, Form.MARKDOWN, Form.HTML, Form.HTML_FRAGMENT):
        assert "href" not in (body := render(event, form=form, locale="en", now=NOW).body)
        assert "Book:" not in body
        assert "[Book]" not in body


def test_links_are_quoted_for_html_and_markdown() -> None:
    link = 'https://example.com/a b?x="><script>&y=(1)&z=%C3%A3#p'
    event = make_offer_event(EventType.OFFER_MATCHED, dataclasses.replace(TOKYO, booking_link=link))
    safe = "https://example.com/a%20b?x=%22%3E%3Cscript%3E&y=%281%29&z=%C3%A3#p"
    assert f"[Book]({safe})" in render(event, form=Form.MARKDOWN, locale="en").body
    assert safe in Tags(render(event, form=Form.HTML, locale="en").body).links


# ---- text limits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "limit", "truncated"),
    [
        ("short", 5, "short"),
        ("Business to Tokyo", 14, "Business to…"),
        ("Donaudampfschifffahrt", 10, "Donaudamp…"),
        ("cafe\u0301 noir", 5, "cafe\u0301"[:3] + "…"),
        ("👩\u200d👩\u200d👧 family", 4, "…"),
        ("👩\u200d👩\u200d👧 family", 6, "👩\u200d👩\u200d👧…"),
        ("🇧🇷🇵🇹🇪🇸", 4, "🇧🇷…"),
        ("anything", 0, ""),
        ("anything", 1, "…"),
    ],
)
def test_truncation_splits_no_grapheme(text: str, limit: int, truncated: str) -> None:
    assert truncate(text, limit) == truncated
    assert len(truncate(text, limit)) <= limit


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\tb\n\n c", "a b c"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("São  Paulo", "São Paulo"),
        ("x" * 300, "x" * 199 + "…"),
        ("\ud800", ""),
    ],
)
def test_plain_text(text: str, plain: str) -> None:
    assert plain_text(text) == plain


@pytest.mark.parametrize(
    ("text", "gsm", "length", "capacity"),
    [
        ("São Paulo → Łódź", "Sao Paulo - Łodz", 16, 70),
        ("só ida — “ok”…", 'so ida - "ok"...', 16, 160),
        ("5,60 €", "5,60 €", 7, 160),
        ("é ñ ü", "é ñ ü", 5, 160),
        ("東京", "東京", 2, 70),
        ("👍", "👍", 2, 70),
    ],
)
def test_sms_alphabet(text: str, gsm: str, length: int, capacity: int) -> None:
    assert to_gsm(text) == gsm
    assert (sms_length(gsm), sms_capacity(gsm, 160)) == (length, capacity)


def test_every_cabin_renders_in_every_form() -> None:
    for cabin in Cabin:
        event = make_offer_event(EventType.OFFER_MATCHED, dataclasses.replace(DAY_PRICE, cabin=cabin))
        for form in Form:
            assert render(event, form=form, locale="es").body

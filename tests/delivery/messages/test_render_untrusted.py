"""What comes from outside can break no message: escaping, control characters, links, and cuts between letters."""

from __future__ import annotations

from html.parser import HTMLParser

import msgspec
import pytest

from awardspider.delivery.messages.events import AnyEvent, Promotion
from awardspider.delivery.messages.render import render
from awardspider.delivery.messages.text_limits import cut, in_gsm, plain, sms_length, sms_room, web_link
from awardspider.items import Cabin
from tests.support.render_examples import A_BONUS, EVENTS, FAILED, LOWEST, NOW, TOKYO, told

NASTY = '<script>alert("x")</script> [click](https://evil.example) *bold* _it_ `c` @everyone & \r\nBcc: x@example.com'


def a_promotion(**known: object) -> Promotion:
    return msgspec.structs.replace(A_BONUS, **known)


class Tags(HTMLParser):
    """The tags and links of a page; fails on one that is closed and was not open."""

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


@pytest.mark.parametrize("form", ["html", "page_part"])
@pytest.mark.parametrize("name", EVENTS)
def test_html_is_well_formed_and_loads_nothing(name: str, form: str) -> None:
    page = Tags(render(EVENTS[name], form=form, locale="pt_BR", now=NOW).body)
    assert not {"script", "img", "link", "iframe", "object"} & set(page.seen)
    assert all(link and link.startswith("https://") for link in page.links)


@pytest.mark.parametrize("form", ["html", "page_part"])
def test_html_from_outside_is_text(form: str) -> None:
    offer = told("offer.matched", TOKYO)
    offer.fare_name = NASTY[:60]
    offer.watches = NASTY
    offer.destination_city = "<b>Tokyo"
    page = Tags(render(offer, form=form, locale="en", now=NOW).body)
    assert "script" not in page.seen
    assert "<script>alert" in "".join(page.texts)
    failed = msgspec.structs.replace(FAILED, note=NASTY)
    assert "script" not in Tags(render(failed, form=form, locale="en", now=NOW).body).seen


def test_mail_names_its_language_and_both_schemes() -> None:
    body = render(EVENTS["matched"], form="html", locale="pt", now=NOW).body
    assert body.startswith("<!DOCTYPE html>")
    assert '<html lang="pt-BR">' in body
    assert 'name="color-scheme" content="light dark"' in body


def test_markdown_from_outside_is_text() -> None:
    body = render(a_promotion(title=NASTY), form="markdown", locale="en", now=NOW).body
    title = body.splitlines()[0]
    assert title == (
        '**Transfer bonus: \\<script\\>alert("x")\\</script\\> \\[click\\](https://evil.example) \\*bold\\* \\_it\\_ '
        "\\`c\\` @\u200beveryone \\& Bcc: x@\u200bexample.com**"
    )


@pytest.mark.parametrize("name", ["run-failed", "promotion"])
def test_one_line_from_outside_stays_one_line(name: str) -> None:
    event: AnyEvent = (
        msgspec.structs.replace(FAILED, note="a\r\nb\u2028c\x00\x1b[31md")
        if name == "run-failed"
        else a_promotion(title="a\r\nb\u2028c\x00\x1b[31md")
    )
    rendered = render(event, form="long", locale="en", now=NOW)
    assert "a b c [31md" in rendered.body
    assert rendered.title.isprintable()


def test_escaped_markdown_keeps_to_its_limit_and_is_not_cut_in_an_escape() -> None:
    event = a_promotion(title="_" * 190, link="")
    for limit in range(120, 150, 3):
        body = render(event, form="markdown", locale="en", now=NOW, limit=limit).body
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
def test_a_link_that_is_none_is_not_shown(link: str | None) -> None:
    assert web_link(link) is None
    event = told("offer.matched", TOKYO)
    event.booking_link = link
    for form in ("long", "markdown", "html", "page_part"):
        assert "href" not in (body := render(event, form=form, locale="en", now=NOW).body)
        assert "Book:" not in body
        assert "[Book]" not in body


def test_a_link_cannot_end_what_it_stands_in() -> None:
    event = told("offer.matched", TOKYO)
    event.booking_link = 'https://example.com/a b?x="><script>&y=(1)&z=%C3%A3#p'
    safe = "https://example.com/a%20b?x=%22%3E%3Cscript%3E&y=%281%29&z=%C3%A3#p"
    assert f"[Book]({safe})" in render(event, form="markdown", locale="en").body
    assert safe in Tags(render(event, form="html", locale="en").body).links


# ---- fitting -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "most", "kept"),
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
def test_a_cut_falls_between_letters(text: str, most: int, kept: str) -> None:
    assert cut(text, most) == kept
    assert len(cut(text, most)) <= most


@pytest.mark.parametrize(
    ("text", "made"),
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
def test_text_from_outside_is_made_plain(text: str, made: str) -> None:
    assert plain(text) == made


@pytest.mark.parametrize(
    ("text", "made", "length", "room"),
    [
        ("São Paulo → Łódź", "Sao Paulo - Łodz", 16, 70),
        ("só ida — “ok”…", 'so ida - "ok"...', 16, 160),
        ("5,60 €", "5,60 €", 7, 160),
        ("é ñ ü", "é ñ ü", 5, 160),
        ("東京", "東京", 2, 70),
        ("👍", "👍", 2, 70),
    ],
)
def test_the_alphabet_of_sms(text: str, made: str, length: int, room: int) -> None:
    assert in_gsm(text) == made
    assert (sms_length(made), sms_room(made, 160)) == (length, room)


def test_every_cabin_and_a_day_go_through_every_form() -> None:
    for cabin in Cabin:
        offer = told("offer.matched", LOWEST)
        offer.cabin = cabin
        for form in ("short", "long", "markdown", "html", "page_part", "card"):
            assert render(offer, form=form, locale="es").body

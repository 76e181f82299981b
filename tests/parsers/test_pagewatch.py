"""Added pages: their text, and the announcements of their changes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from awardspider.items import PromotionItem, PromotionKind, SourceKind
from awardspider.outcomes import InvalidArgument, UnexpectedResponse
from awardspider.parsers import SourceContext, SourceText, get_announcement_parser
from awardspider.parsers._page_text import MOST_LINES, check_selector
from awardspider.parsers.pagewatch import MOST_EXCERPT, changed_lines, excerpt, parse
from awardspider.search.route_places import route_place

URL = "https://airline.example/deals"
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def page(content: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{content}</body></html>".encode()


def read(
    body: bytes,
    previous: str | None = None,
    selector: str | None = "main",
    content_type: str = "text/html",
    **fields: str,
) -> tuple[PromotionItem | None, str, int]:
    """Return the announcement, if any, the text and the number of entries."""
    context = SourceContext(
        url=URL,
        kind=SourceKind.PAGE,
        seen_at=NOON,
        name="Deals",
        content_type=content_type,
        selector=selector,
        previous_text=previous,
        find_place=route_place,
        **fields,
    )
    found = list(parse(body, context))
    [text] = [item for item in found if isinstance(item, SourceText)]
    items = [item for item in found if isinstance(item, PromotionItem)]
    assert len(found) == 1 + len(items)
    assert found[-1] is text
    return (items[0] if items else None), text.text, text.entries


def changed(before: str, after: str, **fields: str) -> PromotionItem:
    """Return the announcement of a change of the content of main."""
    _, text, _ = read(page(f"<main>{before}</main>"))
    item, _, entries = read(page(f"<main>{after}</main>"), text, **fields)
    assert item
    assert entries == 1
    return item


def text_of(content: str, selector: str | None = "main", head: str = "") -> list[str]:
    return read(page(content, head), selector=selector)[1].split("\n")


# ---- the text of a page --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("<main><h1>Deals</h1><p>From <b>9,000</b> miles</p></main>", ["Deals", "From 9,000 miles"]),
        ("<main>One<br>two<div>three</div>four</main>", ["One", "two", "three", "four"]),
        (
            "<main><table><tr><td>Amex</td><td>25%</td></tr><tr><td>Citi</td><td>30%</td></tr></table></main>",
            ["Amex 25%", "Citi 30%"],
        ),
        ("<main><script>let a = 1</script><style>p {}</style><noscript>x</noscript><p>Text</p></main>", ["Text"]),
        ("<main><!-- build 17 --><p>a<!-- b -->c</p></main>", ["ac"]),
        ("<main><p hidden>x</p><p style='color: red; display: none'>y</p><p>z</p></main>", ["z"]),
        ("<main><p>  a \n\t b\u00a0 c </p></main>", ["a b c"]),
        ("<main><p>Dec 1 \u2013 Dec 9 \u2014 \u201csale\u201d</p></main>", ['Dec 1 - Dec 9 - "sale"']),
        ("<main><p>\uff12\uff15% o\ufb00 \u200bSkyMiles\u2122</p></main>", ["25% off SkyMiles"]),
        ("<main><p>Fish &amp; chips &lt;now&gt;</p></main>", ["Fish & chips <now>"]),
        ("<p>outside</p><main>inside</main>", ["inside"]),
    ],
)
def test_the_text_is_what_a_person_sees(content: str, lines: list[str]) -> None:
    assert text_of(content) == lines


def test_several_elements_and_nested_ones() -> None:
    content = "<div class=a>one <div class=a>two</div></div><p>no</p><p id=b>three</p>"
    assert text_of(content, ".a, #b") == ["one", "two", "three"]
    assert text_of(content, None) == ["one", "two", "no", "three"]


TEXT = "Promoção: até 50 %"


def declared(charset: str) -> str:
    return f'<html><head><meta charset="{charset}"></head><body><main>{TEXT}</main></body></html>'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (declared("").encode("iso-8859-1"), "text/html; charset=ISO-8859-1"),
        (declared("windows-1252").encode("cp1252"), "text/html"),
        (declared("iso-8859-1").encode(), "text/html; charset=iso-8859-1"),
        (declared("iso-8859-1").encode("latin-1"), 'text/html; charset="unknown-8"'),
    ],
)
def test_encodings_by_header_and_by_page(body: bytes, content_type: str) -> None:
    assert read(body, content_type=content_type)[1] == TEXT


@pytest.mark.parametrize(
    ("body", "content_type", "sentence"),
    [
        (page("<p>x</p>"), "text/html", "the selector main finds nothing"),
        (page("<main> <script>1</script></main>"), "text/html", "the selector main finds only elements without text"),
        (b"%PDF-1.7 ...", "text/html", "a PDF document instead of an HTML page"),
        (b"...", "application/pdf", "a PDF document instead of an HTML page"),
        (b'{"deals": []}', "text/html", "JSON instead of an HTML page"),
        (b"<main>x</main>", "application/json; charset=utf-8", "JSON instead of an HTML page"),
        (b'<?xml version="1.0"?><rss><channel/></rss>', "text/xml", "a feed .* page: add it with scrapy feeds add"),
        (b"<main>x</main>", "image/png", "image/png instead of an HTML page"),
        (b"just text", "text/plain", "text/plain instead of an HTML page"),
        (b"just text", "", "not an HTML page"),
        (b"<html><body><main>x</main>", "text/html", "the page is cut off"),
        (page("<main>" + "<p>x</p>" * (MOST_LINES + 1) + "</main>"), "text/html", "select a smaller one"),
        (page(f"<main>{'x' * 100_001}</main>"), "text/html", "select a smaller one"),
        (b"<html>" + b"x" * (5 * 1024 * 1024) + b"</html>", "text/html", "the response is too large"),
    ],
)  # fmt: skip
def test_other_responses_are_failures(body: bytes, content_type: str, sentence: str) -> None:
    with pytest.raises(UnexpectedResponse, match=sentence):
        read(body, previous="main", content_type=content_type)


def test_a_deep_page_is_read() -> None:
    assert text_of(f"<main>{'<div>' * 200}x{'</div>' * 200}</main>") == ["x"]


@pytest.mark.parametrize("selector", ["main[", "", " ", "a::text", "a:nope", "a" * 501, "a,,b", "//main"])
def test_invalid_selectors(selector: str) -> None:
    with pytest.raises(InvalidArgument):
        check_selector(selector)


@pytest.mark.parametrize(
    "selector", [" main ", "#offers > .card", "div.a, div.b", "tr:nth-child(2) td", "p:not(.clock)"]
)
def test_valid_selectors(selector: str) -> None:
    assert check_selector(selector) == selector.strip()


# ---- changes -------------------------------------------------------------------------------------------------------


def test_the_first_text_is_no_announcement() -> None:
    assert read(page("<main><p>a</p></main>")) == (None, "a", 0)


@pytest.mark.parametrize(
    "after",
    [
        "<p>One</p><p>Two</p>",
        "<div class='new'>One</div>\n\n<div>Two </div>",
        "<p>Two</p><p>One</p>",  # only moved
        "<p data-session='8'>One</p><script>2</script><p>Two</p>",
    ],
)
def test_the_same_text_is_no_change(after: str) -> None:
    assert read(page(f"<main>{after}</main>"), "One\nTwo")[::2] == (None, 0)


def test_a_change_in_which_nothing_is_recognized() -> None:
    item = changed("<p>Opening hours</p><p>9 to 5</p>", "<p>Opening hours</p><p>8 to 6</p>")
    assert item == PromotionItem(
        kind=PromotionKind.PAGE_CHANGE,
        title="Deals changed: 8 to 6",
        source="airline.example",
        source_url=URL,
        entry_id=item.entry_id,
        link=URL,
        excerpt="- 9 to 5\n+ 8 to 6",
        seen_at=NOON,
    )


def test_the_terms_of_added_lines() -> None:
    item = changed(
        "<h2>Deals</h2>",
        "<h2>Deals</h2><p>New today</p><p>Delta SkyMiles flash sale: Atlanta to Cancun from 12,000 miles</p>"
        "<p>Book by December 3, 2026.</p>",
    )
    assert (item.kind, item.programs, item.miles_price) == (PromotionKind.AWARD_SALE, ("delta",), 12_000)
    assert (item.routes, item.book_by) == (("ATL-CUN",), date(2026, 12, 3))
    assert item.title == "Deals changed: Delta SkyMiles flash sale: Atlanta to Cancun from 12,000 miles"
    assert item.excerpt.splitlines()[0] == "+ New today"


def test_another_language() -> None:
    item = changed(
        "<p>Oi</p>",
        "<p>Smiles: até 80% de bônus na transferência de pontos Livelo até 5 de dezembro</p>",
        language="pt",
    )
    assert (item.kind, item.percent, item.up_to) == (PromotionKind.TRANSFER_BONUS, 80, True)
    assert item.book_by == date(2026, 12, 5)


def test_a_promotion_without_a_program_is_one_of_the_program_of_the_site() -> None:
    body = page("<main><p>Save 20% on award flights</p></main>")
    for url, programs in (("https://www.alaskaair.com/deals", ("alaska",)), (URL, ())):
        context = SourceContext(url=url, kind=SourceKind.PAGE, seen_at=NOON, selector="main", previous_text="a")
        item = next(iter(parse(body, context)))
        assert isinstance(item, PromotionItem)
        assert (item.kind, item.programs) == (PromotionKind.AWARD_SALE, programs)


def test_a_promotion_that_is_over_is_a_change_of_the_page() -> None:
    for line in (
        "Expired: Delta SkyMiles flash sale from 12,000 miles",
        "Delta SkyMiles flash sale until November 20, 2026",
    ):
        item = changed("<p>a</p>", f"<p>{line}</p>")
        assert (item.kind, item.expired, item.book_by) == (PromotionKind.PAGE_CHANGE, False, None)


def test_lines_that_were_only_removed_are_a_change() -> None:
    item = changed("<p>Sale on now</p><p>b</p><p>c</p>", "<p>b</p><p>c</p>")
    assert (item.kind, item.title) == (PromotionKind.PAGE_CHANGE, "Deals changed, removed: Sale on now")
    assert item.excerpt == "- Sale on now"


def test_each_change_has_an_id_of_its_own() -> None:
    there, again = changed("<p>a</p>", "<p>b</p>"), changed("<p>b</p>", "<p>a</p>")
    assert there.entry_id != again.entry_id
    assert there.entry_id == changed("<p>a</p>", "<p>b</p>").entry_id


def test_moved_lines_are_not_shown() -> None:
    assert changed_lines(["a", "b", "c"], ["c", "a", "b", "d"]) == ["+ d"]
    assert changed_lines(["a", "x", "a"], ["x", "a"]) == ["- a"]


def test_the_excerpt_has_complete_lines_and_the_number_of_the_others() -> None:
    lines = [f"+ {'word ' * 20}{number}" for number in range(50)]
    shown = excerpt(lines).splitlines()
    assert len("\n".join(shown)) <= MOST_EXCERPT + 20
    assert shown[:-1] == lines[: len(shown) - 1]
    assert shown[-1] == f"… {50 - len(shown) + 1} more"
    [long] = excerpt([f"+ {'word ' * 500}"]).splitlines()
    assert long.endswith("…")
    assert len(long) <= 300


def test_the_parser_is_found_by_the_name_of_the_spider() -> None:
    assert get_announcement_parser("pagewatch").parse is parse

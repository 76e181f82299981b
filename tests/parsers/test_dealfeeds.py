"""Feeds: the elements that the fact sheet lists, and everything that real feeds do wrong."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random

import pytest

from awardspider.items import ParseWarning, PromotionItem, PromotionKind, SourceKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import MAX_SOURCE_BYTES, SourceContext, get_announcement_parser
from awardspider.parsers._feed_entries import MOST_ENTRIES
from awardspider.parsers.dealfeeds import parse
from awardspider.values import is_storable

URL = "https://blog.example/feed/"
NOW = datetime(2026, 9, 25, 12, tzinfo=UTC)
RSS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
    "<channel><title>Example Miles Blog</title><link>https://blog.example/</link>"
    "<lastBuildDate>Thu, 24 Sep 2026 15:12:01 +0000</lastBuildDate>\n"
)
BUY = (
    "<item><title>Alaska Airlines Buy Miles Up To 120% Bonus Sale Until October 19, 2026</title>\n"
    "<link>https://blog.example/alaska-buy-miles/?utm_source=rss</link>"
    "<pubDate>Thu, 24 Sep 2026 15:12:01 +0000</pubDate>"
    "<dc:creator><![CDATA[Admin]]></dc:creator><category><![CDATA[Alaska Airlines]]></category>"
    '<guid isPermaLink="false">https://blog.example/?p=401</guid>'
    "<description><![CDATA[<p>Members get up to 120% bonus.</p> The post <a href='x'>Alaska</a> appeared first on "
    "<a href='y'>Example</a>.]]></description>"
    "<content:encoded><![CDATA[<p>Buy by October 19, 2026.</p>]]></content:encoded></item>"
)


def item(title: str = "A review", number: int = 1, **elements: str) -> str:
    """Return an item; an empty element is left out."""
    found = {
        "title": title,
        "link": f"https://blog.example/{number}/",
        "guid": f"https://blog.example/?p={number}",
        "pubDate": "Thu, 24 Sep 2026 15:12:01 +0000",
        "description": "Text.",
    }
    return f"<item>{''.join(f'<{name}>{text}</{name}>' for name, text in (found | elements).items() if text)}</item>"


def rss(*items: str) -> bytes:
    return f"{RSS}{''.join(items)}</channel></rss>".encode()


def read(body: bytes, *, url: str = URL, language: str = "en") -> tuple[list[PromotionItem], list[ParseWarning]]:
    found = list(parse(body, SourceContext(url=url, kind=SourceKind.FEED, seen_at=NOW, language=language)))
    return (
        [entry for entry in found if isinstance(entry, PromotionItem)],
        [entry for entry in found if isinstance(entry, ParseWarning)],
    )


def only(body: bytes, url: str = URL) -> PromotionItem:
    [entry], warnings = read(body, url=url)
    assert warnings == []
    return entry


# ---- what an entry contains ----------------------------------------------------------------------------------------


def test_every_field_of_an_entry() -> None:
    entry = only(rss(BUY))
    assert entry.kind is PromotionKind.BUY_MILES
    assert entry.programs == ("alaska",)
    assert (entry.percent, entry.up_to, entry.book_by) == (120, True, date(2026, 10, 19))
    assert entry.title == "Alaska Airlines Buy Miles Up To 120% Bonus Sale Until October 19, 2026"
    assert (entry.source, entry.source_url) == ("blog.example", URL)
    assert entry.entry_id == "https://blog.example/?p=401"
    assert entry.link == "https://blog.example/alaska-buy-miles/"
    assert entry.published == datetime(2026, 9, 24, 15, 12, 1, tzinfo=UTC)
    assert entry.excerpt == "Members get up to 120% bonus."
    assert (entry.confidence, entry.seen_at) == (None, NOW)


def test_entries_that_are_no_promotions_are_announcements_too() -> None:
    entries, _ = read(rss(BUY, item("Review: a hotel in Paris", 2)))
    assert [entry.kind for entry in entries] == [PromotionKind.BUY_MILES, PromotionKind.OTHER]


@pytest.mark.parametrize("mark", ["[Targeted] {}", "{} (Targeted)", "{} [targeted]"])
def test_the_mark_of_a_targeted_promotion_is_a_field(mark: str) -> None:
    title = "Amex to Avios: 40% transfer bonus"
    entry = only(rss(item(mark.format(title))))
    assert (entry.title, entry.targeted) == (title, True)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("A &#8211; B", "A – B"),
        ("A &amp;#8211; B", "A – B"),
        ("A &amp;amp; B", "A & B"),
        ("A &amp; B", "A & B"),
        ("<![CDATA[A &#8217;s <b>B</b>]]>", "A ’s B"),
        ("<![CDATA[A &amp; B]]>", "A & B"),
        ("A &lt;em&gt;B&lt;/em&gt;", "A B"),
        ("A\n   B&#xA0;C", "A B C"),
        ("5 &lt; 10 miles", "5 < 10 miles"),
        ("B\u00f4nus de 100%", "Bônus de 100%"),
    ],
)
def test_entities_and_markup_in_titles(written: str, title: str) -> None:
    assert only(rss(item(written))).title == title


@pytest.mark.parametrize(
    ("added", "language"),
    [
        ("The post <a href='x'>A post</a> appeared first on <a href='y'>Blog</a>.", "en"),
        ("O post A apareceu primeiro em Blog.", "pt"),
        ("O post A foi publicado primeiro em Blog.", "pt"),
        ("La entrada A se publicó primero en Blog.", "es"),
        ("Der Beitrag A erschien zuerst auf Blog.", "de"),
        ("Het bericht A verscheen eerst op Blog.", "nl"),
        ("Continue reading A post at Blog", "en"),
        ("submitted by /u/somebody [link] [comments]", "en"),
    ],
)
def test_what_software_adds_to_summaries_is_removed(added: str, language: str) -> None:
    [entry], _ = read(rss(item(description=f"<![CDATA[<p>Some text.</p>\n<p>{added}</p>]]>")), language=language)
    assert entry.excerpt == "Some text."


@pytest.mark.parametrize("end", ["[&#8230;]", "[...]", "[…]"])
def test_the_mark_of_a_shortened_summary(end: str) -> None:
    assert only(rss(item(description=f"<![CDATA[Some text {end}]]>"))).excerpt == "Some text…"


def test_long_texts_are_shortened() -> None:
    entry = only(rss(item("word " * 500, description="other " * 5_000)))
    assert (len(entry.title) <= 300, entry.title[-5:]) == (True, "word…")
    assert (len(entry.excerpt) <= 300, entry.excerpt[-6:]) == (True, "other…")


@pytest.mark.parametrize(
    ("link", "clean"),
    [
        ("https://blog.example/a/?utm_source=rss&amp;utm_medium=feed", "https://blog.example/a/"),
        ("https://blog.example/a/?p=1&amp;utm_campaign=x&amp;q=a%20b", "https://blog.example/a/?p=1&q=a+b"),
        ("https://blog.example/a/?q=a%20b#part", "https://blog.example/a/?q=a%20b#part"),
        ("https://blog.example/a/?fbclid=1#utm_source=rss", "https://blog.example/a/"),
        ("/a/", "https://blog.example/a/"),
        (" https://blog.example/a/ ", "https://blog.example/a/"),
    ],
)
def test_links_have_no_tracking_parameters(link: str, clean: str) -> None:
    assert only(rss(item(link=link))).link == clean


@pytest.mark.parametrize("link", ["javascript:alert(1)", "", "https://[broken/", "ftp://blog.example/a"])
def test_an_unusable_link_is_replaced(link: str) -> None:
    assert only(rss(item(link=link))).link == "https://blog.example/?p=1"
    assert only(rss(item(link=link, guid="abc"))).link == URL


@pytest.mark.parametrize(
    ("guid", "entry_id"),
    [
        ("https://blog.example/?p=401", "https://blog.example/?p=401"),
        ("https://blog.example/?p=401&amp;d=20260924", "https://blog.example/?p=401"),
        ("https://blog.example/?p=401?d=20260924", "https://blog.example/?p=401"),
        ("https://blog.example/?d=20260924&amp;p=401", "https://blog.example/?p=401"),
        ("https://blog.example/?d=20260924", "https://blog.example/"),
        ("https://blog.example/a/?utm_source=rss", "https://blog.example/a/"),
        ("tag:blog.example,2026:1", "tag:blog.example,2026:1"),
        ("", "https://blog.example/1/"),
    ],
)
def test_ids_of_entries(guid: str, entry_id: str) -> None:
    assert only(rss(item(guid=guid))).entry_id == entry_id


def test_an_entry_with_a_title_only() -> None:
    first, second = (only(rss(f"<item><title>{title}</title></item>")) for title in ("A", "B"))
    assert first.entry_id != second.entry_id
    assert (first.link, first.published) == (URL, None)


def test_an_entry_without_a_title_has_the_beginning_of_its_text() -> None:
    entry = only(rss(item("", description="Save 40% on awards. " * 20)))
    assert entry.title.startswith("Save 40% on awards. Save")
    assert len(entry.title) <= 100


def test_an_entry_without_any_text_costs_only_itself() -> None:
    entries, warnings = read(rss("<item><guid>1</guid></item>", BUY))
    assert (len(entries), len(warnings)) == (1, 1)
    with pytest.raises(UnexpectedResponse, match="no entry of the feed has a title or a text"):
        read(rss("<item><guid>1</guid></item>"))


@pytest.mark.parametrize("second", ["A", "(expired) a!", "[Encerrada] A"])
def test_of_two_entries_with_one_id_and_title_the_first_counts(second: str) -> None:
    entry = only(rss(item("(EXPIRED) A", 1), item(second, 1)))
    assert (entry.title, entry.expired) == ("(EXPIRED) A", True)


def test_entries_with_one_id_and_other_titles_are_different() -> None:
    entries, warnings = read(rss(item("A", guid="1"), item("B", guid="1")))
    assert ([entry.title for entry in entries], warnings) == (["A", "B"], [])


# ---- dates ---------------------------------------------------------------------------------------------------------

EST = timezone(timedelta(hours=-5))


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("Thu, 24 Sep 2026 15:12:01 +0000", datetime(2026, 9, 24, 15, 12, 1, tzinfo=UTC)),
        ("Thu, 24 Sep 2026 23:30:00 EST", datetime(2026, 9, 24, 23, 30, tzinfo=EST)),
        ("24 Sep 2026 15:12 GMT", datetime(2026, 9, 24, 15, 12, tzinfo=UTC)),
        ("Thu, 24 Sep 2026 15:12:01", datetime(2026, 9, 24, 15, 12, 1, tzinfo=UTC)),
        ("2026-09-24T15:12:01+02:00", datetime(2026, 9, 24, 13, 12, 1, tzinfo=UTC)),
        ("2026-09-24T15:12:01Z", datetime(2026, 9, 24, 15, 12, 1, tzinfo=UTC)),
        ("2026-09-24", datetime(2026, 9, 24, tzinfo=UTC)),
        # The clock of the site may be fast, or its zone wrong.
        ("Fri, 25 Sep 2026 20:00:00 +0000", NOW),
    ],
)
def test_dates(written: str, published: datetime) -> None:
    assert only(rss(item(pubDate=written))).published == published


def test_the_day_of_an_entry_is_that_of_its_own_zone() -> None:
    entry = only(rss(item("Buy miles with a 40% bonus today", pubDate="Thu, 24 Sep 2026 23:30:00 -0500")))
    assert entry.published is not None
    assert entry.published.date() == date(2026, 9, 24)


@pytest.mark.parametrize(
    "written", ["yesterday", "Thu, 24 Sep 2037 15:12:01 +0000", "Thu, 01 Jan 1970 00:00:00 +0000", "9999-12-31"]
)
def test_unusable_dates_are_unknown(written: str) -> None:
    [entry], [warning] = read(rss(item(pubDate=written)))
    assert entry.published is None
    assert (warning.path, warning.value.startswith(written)) == ("entry.date", True)


def test_an_entry_without_a_date_is_read_as_of_the_day_of_the_response() -> None:
    entry = only(rss(item("Buy Alaska miles with 100% bonus until October 19", pubDate="")))
    assert (entry.published, entry.book_by) == (None, date(2026, 10, 19))


# ---- other formats -------------------------------------------------------------------------------------------------

ATOM = """<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>awardtravel</title>
<entry><author><name>/u/somebody</name></author><category term="awardtravel"/>
<content type="html">&lt;!-- SC_OFF --&gt;&lt;div&gt;&lt;p&gt;Until &lt;b&gt;October 31&lt;/b&gt;.&lt;/p&gt;&lt;/div&gt;
&amp;#32; submitted by &amp;#32; &lt;a href="x"&gt; /u/somebody &lt;/a&gt; &lt;span&gt;[link]&lt;/span&gt;</content>
<id>t3_abc</id><link href="https://www.reddit.com/r/awardtravel/comments/abc/"/>
<updated>2026-09-24T16:00:00+00:00</updated><published>2026-09-24T15:00:00+00:00</published>
<title>R&amp;amp;R: 25% transfer bonus from Amex to Flying Blue</title></entry></feed>"""


def test_atom() -> None:
    entry = only(ATOM.encode(), "https://www.reddit.com/r/awardtravel/.rss")
    assert entry.title == "R&R: 25% transfer bonus from Amex to Flying Blue"
    assert (entry.source, entry.entry_id) == ("reddit.com", "t3_abc")
    assert entry.link == "https://www.reddit.com/r/awardtravel/comments/abc/"
    assert entry.published == datetime(2026, 9, 24, 15, tzinfo=UTC)
    assert entry.excerpt == "Until October 31."
    assert (entry.kind, entry.banks, entry.programs) == (PromotionKind.TRANSFER_BONUS, ("amex",), ("flyingblue",))


def test_atom_with_the_time_of_the_last_change_only() -> None:
    entry = only(ATOM.replace("<published>2026-09-24T15:00:00+00:00</published>", "").encode())
    assert entry.published == datetime(2026, 9, 24, 16, tzinfo=UTC)


def test_rdf() -> None:
    body = (
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>A</title></channel>'
        '<item rdf:about="https://blog.example/1"><title>B</title><link>https://blog.example/1</link>'
        "<dc:date>2026-09-24T15:00:00Z</dc:date></item></rdf:RDF>"
    )
    entry = only(body.encode())
    assert (entry.title, entry.published) == ("B", datetime(2026, 9, 24, 15, tzinfo=UTC))


POST = {
    "id": 401,
    "date": "2026-09-24T11:12:01",
    "date_gmt": "2026-09-24T15:12:01",
    "guid": {"rendered": "https://blog.example/?p=401"},
    "link": "https://blog.example/alaska/",
    "title": {"rendered": "Buy Alaska Miles &#8211; 100% Bonus"},
    "excerpt": {"rendered": "<p>Until October 19. [&hellip;]</p>\n", "protected": False},
    "categories": [12],
}


def test_posts_of_a_wordpress_site_as_json() -> None:
    entry = only(json.dumps([POST]).encode(), "https://blog.example/wp-json/wp/v2/posts?per_page=10")
    assert entry.title == "Buy Alaska Miles – 100% Bonus"
    assert (entry.entry_id, entry.link) == ("https://blog.example/?p=401", "https://blog.example/alaska/")
    assert entry.published == datetime(2026, 9, 24, 15, 12, 1, tzinfo=UTC)
    assert (entry.excerpt, entry.book_by) == ("Until October 19.…", date(2026, 10, 19))


def test_the_same_post_has_one_id_in_both_formats() -> None:
    post = only(json.dumps([POST]).encode())
    assert (post.source, post.entry_id) == (only(rss(BUY)).source, only(rss(BUY)).entry_id)


@pytest.mark.parametrize(
    ("body", "note"),
    [
        (b"[]", "the list of posts is empty"),
        (b'{"code": "rest_no_route", "message": "No route", "data": {"status": 404}}', "not a list of posts"),
        (b'[{"id": 1}]', "not a list of posts"),
        (b"[" * 100_000, "not a list of posts"),
        (b'[{"title": {"rendered": "A"', "not a list of posts"),
        (b"[" + b"1," * 300_000 + b"1]", "the response has too many values"),
    ],
)
def test_json_without_posts_is_a_failure(body: bytes, note: str) -> None:
    with pytest.raises(UnexpectedResponse, match=f"^{note}"):
        read(body)


def test_an_aggregators_entry_belongs_to_its_publisher() -> None:
    google = "https://news.google.com/rss/search?q=miles"
    entry = item("Buy miles now - Upgraded Points").replace(
        "</item>", '<source url="https://www.upgradedpoints.com">Upgraded Points</source></item>'
    )
    found = only(rss(entry), google)
    assert (found.title, found.source, found.source_url) == ("Buy miles now", "upgradedpoints.com", google)
    other = only(rss(entry))
    assert other.source == "blog.example"


# ---- encodings and malformed XML -----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16", "UTF-8", "windows-1252"])
def test_encodings(encoding: str) -> None:
    channel = f"<channel>{item('Bônus à vista')}</channel>"
    text = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0">{channel}</rss>'
    assert only(text.encode(encoding)).title == "Bônus à vista"


def test_a_byte_order_mark_and_space_before_the_declaration() -> None:
    assert only(b"\xef\xbb\xbf" + rss(BUY)).percent == 120
    assert read(b"\n\n" + rss(BUY))[0][0].percent == 120


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("A &nbsp; B", "A B"),
        ("A & B", "A & B"),
        ("A &foo; B", "A &foo; B"),
        ("A <b>B", "A B"),
        ("A\x0bB", "A B"),
        ("A &#0; B", None),
        ("A < B", None),
    ],
)
def test_a_malformed_title_does_not_cost_the_other_entries(title: str, shown: str | None) -> None:
    entries, warnings = read(rss(item("First", 1), item(title, 2), item("Third", 3)))
    assert [entry.title for entry in entries if entry.title in ("First", "Third")] == ["First", "Third"]
    assert [warning.path for warning in warnings] == ["feed"]
    assert warnings[0].value.startswith("malformed XML in line ")
    if shown is not None:
        assert entries[1].title == shown


def test_bytes_that_are_not_text_do_not_cost_the_entries() -> None:
    entries, _ = read(rss(item("First", 1), item("Se\u00f1or", 2)).replace("ñ".encode(), b"\xf1"))
    assert len(entries) == 2


HTML = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Wait</body></html>"


@pytest.mark.parametrize(
    ("body", "note"),
    [
        (HTML, "an HTML page instead of a feed"),
        (b"<html></html>", "an HTML page instead of a feed"),
        (b'<?xml version="1.0"?><!-- a --><html xmlns="x"></html>', "an HTML page instead of a feed"),
        (b"<body>error</body>", "an HTML page instead of a feed"),
        (b'<?xml version="1.0"?><sitemapindex/>', "not a feed: the root element is sitemapindex"),
        (b"just text", "not a feed: not XML"),
        (b"/etc/hostname", "not a feed: not XML"),
        (b"http://blog.example/feed/", "not a feed: not XML"),
        (b"", "not a feed: not XML"),
        (b"\x1f\x8b\x08\x00\x00", "not a feed: not XML"),
        (b"\xff\xfe\x00", "not text"),
        (rss(BUY).decode().encode("utf-16"), "not text: in utf-16, but declared as UTF-8"),
        (rss(), "the feed has no entries"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title></feed>', "the feed has no entries"),
        (rss(BUY, item("B", 2))[:-120], "the feed is cut off"),
        (rss(BUY)[: -len(b"</rss>")], "the feed is cut off"),
        (RSS.encode(), "the feed is cut off"),
        (rss(*["<item/>"] * (MOST_ENTRIES + 1)), "the feed has more than 1,000 entries"),
        (b"<rss>" + b"<a>" * 100_000 + b"</rss>", "the feed has more than 50,000 tags"),
        (b" " * (MAX_SOURCE_BYTES + 1), "the response is too large"),
    ],
)
def test_anything_but_a_feed_with_entries_is_a_failure(body: bytes, note: str) -> None:
    with pytest.raises(UnexpectedResponse, match=f"^{note}"):
        read(body)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    '<rss version="2.0"><channel><item><title>&c;</title></item></channel></rss>'
)
EXTERNAL = (
    '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    "<rss><channel><item><title>&x;</title></item></channel></rss>"
)


@pytest.mark.parametrize("body", [BOMB, EXTERNAL, EXTERNAL.replace("rss [", "rss PUBLIC 'a' 'b' [")])
def test_a_feed_that_declares_entities_is_refused(body: str) -> None:
    with pytest.raises(UnexpectedResponse, match=r"^the feed declares entities$"):
        read(body.encode())


def test_a_document_type_without_entities_is_accepted() -> None:
    body = rss(BUY).replace(
        b"<rss ", b'<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://x.example/rss.dtd"><rss '
    )
    assert read(body)[0][0].percent == 120


def test_the_registered_parser() -> None:
    assert get_announcement_parser("dealfeeds").parse is parse


def test_damaged_feeds_are_read_or_refused() -> None:
    """A parser raises nothing but UnexpectedResponse, and yields only entries that can be stored."""
    random = Random(7)
    bodies = [rss(BUY, item("B", 2)), ATOM.encode(), json.dumps([POST]).encode()]
    outcomes = set()
    for number in range(300):
        body = bytearray(bodies[number % 3])
        for _ in range(random.randint(1, 8)):
            start = random.randrange(len(body))
            body[start : start + random.randint(0, 30)] = random.choice(
                [b"<", b">", b"&", b"\0", b"]]>", b"\xff", b"<![CDATA[", b'"', b"", b"<!--"]
            )
        try:
            entries, _ = read(bytes(body))
        except UnexpectedResponse as error:
            outcomes.add(error.note[:20])
        else:
            outcomes.add("read")
            assert all(entry.title and is_storable(entry.title + entry.link + entry.excerpt) for entry in entries)
    assert len(outcomes) > 4

"""Feeds of the simulated blogs in RSS 2.0 and Atom, each as its software writes it.

WordPress: `guid` is `https://HOST/?p=ID`, titles contain numeric entities, the excerpt is in CDATA and ends with "The
post ... appeared first on ...", some blogs have `content:encoded`; `?paged=2` has the next ten posts. Reddit and
OzBargain publish Atom, FlyerTalk the RSS of vBulletin, and Google News links to its own
addresses, with the source in the title.
Assumed: the elements of OzBargain's and FlyerTalk's feeds, which no source shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from xml.sax.saxutils import escape as escape_xml

import orjson

from awardspider.sandbox.places import draw
from awardspider.sandbox.promotions.blogs import Blog, Post, blogs, posts
from awardspider.sandbox.promotions.caching import conditional
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse

ITEMS = 10
RSS_TYPE = "application/rss+xml; charset=UTF-8"
ATOM_TYPE = "application/atom+xml; charset=UTF-8"
JSON_TYPE = "application/json; charset=UTF-8"
JSON_DATE = "%Y-%m-%dT%H:%M:%S"
#: As WordPress writes them in titles.
ENTITIES = {"&": "&#038;", "’": "&#8217;", "–": "&#8211;", "“": "&#8220;", "”": "&#8221;", "<": "&lt;", ">": "&gt;"}
#: The words of WordPress around the link at the end of an excerpt.
FOOTERS = {
    "en": ("The post", "appeared first on"),
    "pt": ("O post", "apareceu primeiro em"),
    "es": ("La entrada", "se publicó primero en"),
}
AUTHORS = ("Admin", "Greg", "Ben", "Stephen", "Carissa", "Nick", "Julian", "Camila")
CATEGORIES = ("News", "Deals", "Points & Miles", "Airlines", "Hotels", "Credit Cards", "Travel")


def feed(seed: int, blog: Blog, request: SandboxRequest) -> SandboxResponse:
    """Return a blog's feed as of the request's time."""
    page = request.query.get("paged", "1")
    page_number = int(page) if page.isdigit() and 0 < int(page) < 10 else 1
    found = posts(seed, blog, request.now, ITEMS * page_number)
    shown = [] if request.empty else found[ITEMS * (page_number - 1) :]
    changed = max((post.changed for post in found), default=request.now)
    body = feed_body(blog, shown, changed, request.path)
    return conditional(request, body, changed, ATOM_TYPE if blog.software == "atom" else RSS_TYPE)


def feed_body(blog: Blog, shown: Sequence[Post], changed: datetime, path: str = "") -> bytes:
    """Write posts as a feed that last changed at a time."""
    if blog.software == "atom":
        return _atom(blog, shown, changed, path or blog.feed).encode()
    link = f"https://{blog.host}{escape_xml(path or blog.feed)}"
    items = "".join(_item(post) for post in _with_repeats(shown))
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"\n'
        '\txmlns:content="http://purl.org/rss/1.0/modules/content/"\n'
        '\txmlns:dc="http://purl.org/dc/elements/1.1/"\n'
        '\txmlns:atom="http://www.w3.org/2005/Atom"\n'
        '\txmlns:sy="http://purl.org/rss/1.0/modules/syndication/"\n\t>\n\n<channel>\n'
        f"\t<title>{_entities(blog.name)}</title>\n"
        f'\t<atom:link href="{link}" rel="self" type="application/rss+xml" />\n'
        f"\t<link>https://{blog.host}/</link>\n\t<description>{_entities(blog.name)}</description>\n"
        f"\t<lastBuildDate>{format_datetime(changed.replace(microsecond=0))}</lastBuildDate>\n"
        f"\t<language>{_language(blog)}</language>\n"
        "\t<sy:updatePeriod>\n\thourly\t</sy:updatePeriod>\n\t<sy:updateFrequency>\n\t1\t</sy:updateFrequency>\n"
        f"{items}</channel>\n</rss>\n"
    )
    return text.encode()


def post_list(seed: int, blog: Blog, request: SandboxRequest) -> SandboxResponse:
    """Return a blog's newest posts as WordPress's REST API does, as of the request's time."""
    found = posts(seed, blog, request.now, ITEMS)
    shown = [] if request.empty else [_post_json(post) for post in found]
    changed = max((post.changed for post in found), default=request.now)
    return conditional(request, orjson.dumps(shown), changed, JSON_TYPE)


def _post_json(post: Post) -> dict[str, object]:
    return {
        "id": post.id,
        "date": post.published.strftime(JSON_DATE),
        "date_gmt": post.published.strftime(JSON_DATE),
        "guid": {"rendered": post.guid},
        "modified_gmt": post.changed.strftime(JSON_DATE),
        "slug": post.link.rstrip("/").rpartition("/")[2],
        "status": "publish",
        "type": "post",
        "link": post.link,
        "title": {"rendered": _entities(post.title)},
        "content": {"rendered": f"<p>{escape(post.summary, quote=False)}</p>\n", "protected": False},
        "excerpt": {"rendered": f"<p>{escape(post.summary, quote=False)}</p>\n", "protected": False},
        "categories": [12],
    }


def _with_repeats(shown: Sequence[Post]) -> list[Post]:
    """Return the posts of a feed; on some blogs a retitled post is there a second time, with its old title."""
    found: list[Post] = []
    for post in shown:
        found.append(post)
        if post.blog.repeats and post.is_expired:
            found.append(post.with_first_title())
    return found


def _item(post: Post) -> str:
    blog = post.blog
    match blog.software:
        case "google_news":
            return _news_item(post)
        case "vbulletin":
            return _thread_item(post)
    title = _entities(post.title)
    if blog.double_escapes:
        title = title.replace("&#", "&amp;#")
    link = f"{post.link}?utm_source=rss&utm_medium=rss&utm_campaign={post.id}" if blog.utm else post.link
    name = f'<a href="https://{blog.host}">{escape(blog.name)}</a>'
    start, end = FOOTERS[blog.language]
    footer = f'<p>{start} <a href="{escape(post.link)}">{escape(post.title)}</a> {end} {name}.</p>'
    summary = escape(post.summary, quote=False).replace("’", "&#8217;")
    # The ellipsis is how WordPress ends an excerpt that it cuts.
    cut = " [&#8230;]" if draw(post.key, "cut") % 3 == 0 else ""
    content = f"\t\t<content:encoded><![CDATA[<p>{summary}</p>\n{footer}]]></content:encoded>\n" if blog.content else ""
    return (
        f"\t<item>\n\t\t<title>{title}</title>\n\t\t<link>{escape_xml(link)}</link>\n"
        f"\t\t<dc:creator><![CDATA[{_choose(post.key, AUTHORS)}]]></dc:creator>\n"
        f"\t\t<pubDate>{_date(post)}</pubDate>\n{_categories(post)}"
        f'\t\t<guid isPermaLink="false">{post.guid}</guid>\n'
        f"\t\t<description><![CDATA[<p>{summary}{cut}</p>\n{footer}]]></description>\n{content}\t</item>\n"
    )


def _thread_item(post: Post) -> str:
    return (
        f"\t<item>\n\t\t<title>{escape_xml(post.title)}</title>\n\t\t<link>{escape_xml(post.link)}</link>\n"
        f"\t\t<pubDate>{_date(post, gmt=True)}</pubDate>\n"
        f"\t\t<description><![CDATA[{post.summary}]]></description>\n"
        f'\t\t<category domain="https://{post.blog.host}/forum/mileage-run-deals-372/">Mileage Run Deals</category>\n'
        f"\t\t<dc:creator>{_choose(post.key, AUTHORS).lower()}{draw(post.key) % 90 + 10}</dc:creator>\n"
        f'\t\t<guid isPermaLink="true">{escape_xml(post.guid)}</guid>\n\t</item>\n'
    )


def _news_item(post: Post) -> str:
    publishers = [blog for blog in blogs().values() if blog.software == "wordpress" and blog.language == "en"]
    publisher = publishers[draw(post.key, "publisher") % len(publishers)]
    source = publisher.name
    title = escape_xml(f"{post.title} - {source}")
    anchor = escape_xml(f'<a href="{post.link}" target="_blank">{post.title}</a>&nbsp;&nbsp;<font>{source}</font>')
    return (
        f"<item><title>{title}</title><link>{escape_xml(post.link)}</link>"
        f'<guid isPermaLink="false">{post.guid}</guid><pubDate>{_date(post, gmt=True)}</pubDate>'
        f'<description>{anchor}</description><source url="https://{publisher.host}">{escape_xml(source)}</source></item>\n'
    )


def _atom(blog: Blog, shown: Sequence[Post], changed: datetime, path: str) -> str:
    entries = "".join(
        f"<entry><author><name>/u/{_choose(post.key, AUTHORS).lower()}{draw(post.key) % 90 + 10}</name></author>"
        f'<category term="awardtravel" label="r/awardtravel"/>'
        f'<content type="html">{escape_xml(f"<!-- SC_OFF --><div><p>{escape(post.summary)}</p></div>")}</content>'
        f'<id>{escape_xml(post.guid)}</id><link href="{escape(post.link)}" />'
        f"<updated>{post.changed.isoformat(timespec='seconds')}</updated>"
        f"<published>{post.published.isoformat(timespec='seconds')}</published>"
        f"<title>{escape_xml(post.title)}</title></entry>"
        for post in shown
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{escape_xml(blog.name)}</title><id>https://{blog.host}{escape_xml(path)}</id>"
        f'<link rel="self" href="https://{blog.host}{escape(path)}" type="application/atom+xml" />'
        f"<updated>{changed.isoformat(timespec='seconds')}</updated>{entries}</feed>"
    )


def _categories(post: Post) -> str:
    names = [_choose(f"{post.key} category", CATEGORIES)]
    if post.promotion and post.promotion.kind == "cash_fare_deal":
        country = "USA" if post.promotion.details["price"].startswith("$") else "Europe"
        names = [f"Depart {country}", "1 Stop" if draw(post.key, "stops") % 2 else "Non-Stop"]
    return "".join(f"\t\t<category><![CDATA[{name}]]></category>\n" for name in names)


def _date(post: Post, *, gmt: bool = False) -> str:
    return format_datetime(post.published.replace(microsecond=0), usegmt=gmt)


def _language(blog: Blog) -> str:
    return {"en": "en-US", "pt": "pt-BR", "es": "es"}[blog.language]


def _entities(text: str) -> str:
    return "".join(ENTITIES.get(letter, letter) for letter in text)


def _choose(key: str, values: Sequence[str]) -> str:
    return values[draw(key, "author") % len(values)]

"""Parser of feeds: each entry is an announcement. Structure and sources: docs/sources/dealfeeds.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import blake2b

from awardspider.items import ParseWarning, PromotionItem
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import AnnouncementItem, SourceContext
from awardspider.parsers._feed_entries import FeedEntry, read_entries
from awardspider.parsers._plain_text import clean_link, plain_text, shortened, without_targeted_mark
from awardspider.parsers._promotions import read_announcement
from awardspider.values import publisher

#: A title is cut off after so many characters, an excerpt and the text that is read too.
MOST_TITLE = 300
MOST_EXCERPT = 300
MOST_SUMMARY = 2_000
MOST_ID = 300

#: A date further in the future is that of a scheduled post or of a wrong clock.
MOST_AHEAD = timedelta(days=1)

#: Its entries name their publishers, and their titles end with the publisher's name.
AGGREGATOR = "news.google.com"

# The end of a summary that WordPress and Reddit add.
_ADDED = re.compile(
    r"\s*(?:"
    r"\bThe (?:post|article)\b.{0,400}?\b(?:appeared first on|first appeared on|is published on)\b.*"
    r"|\b(?:O post|O artigo)\b.{0,400}?\b(?:apareceu|aparece|foi publicado|publicado) primeiro (?:em|no|na)\b.*"
    r"|\b(?:La entrada|El artículo)\b.{0,400}?\b(?:se publicó|apareció|aparece|fue publicada?) primero en\b.*"
    r"|\b(?:Der Beitrag|Der Artikel)\b.{0,400}?\berschien zuerst auf\b.*"
    r"|\b(?:Het bericht|Het artikel)\b.{0,400}?\b(?:verscheen eerst op|is verschenen op)\b.*"
    r"|\b(?:Continue reading|Read (?:the )?(?:more|full (?:article|post|story)))\b.{0,200}"
    r"|\b(?:Continue lendo|Leia mais|Seguir leyendo|Leer más)\b.{0,200}"
    r"|submitted by /u/\S+.*"
    r")$",
    re.IGNORECASE,
)
_EXPIRED = re.compile(r"\b(?:expired|no longer available|expirad[oa]|encerrad[oa]|caducad[oa]|finalizad[oa])\b")
_DAY = re.compile(r"[?&]d=[^?&#]*")
_MORE = re.compile(r"\s*\[\s*(?:…|\.\.\.)\s*\]?\s*$")


def parse(body: bytes, context: SourceContext) -> Iterator[AnnouncementItem]:
    """Yield an announcement for each entry of a feed, and a warning for each value that is unusable.

    An entry without a date is read as of the day of the response, and has no `published`. Of two entries with one id
    and one title, apart from a mark that the promotion has expired, the first one counts. Raise UnexpectedResponse for
    anything except a feed with entries that have a title or a text.
    """
    seen: set[tuple[str, str]] = set()
    for entry in read_entries(body):
        if isinstance(entry, ParseWarning):
            yield entry
            continue
        summary = _without_additions(plain_text(entry.summary))[:MOST_SUMMARY]
        title = _title(entry, summary)
        if not title:
            yield ParseWarning("entry.title", "an entry has neither a title nor a text", drops_offer=True)
            continue
        entry_id = _entry_id(entry.entry_id, clean_link(entry.link, context.url), title)
        if (key := (entry_id, _compared_title(title))) in seen:
            continue
        seen.add(key)
        yield from _announcement(entry, title, summary, entry_id, context)
    if not seen:
        raise UnexpectedResponse("no entry of the feed has a title or a text")


def _announcement(
    entry: FeedEntry, title: str, summary: str, entry_id: str, context: SourceContext
) -> Iterator[PromotionItem | ParseWarning]:
    """Yield a warning if the date of an entry is unusable, and its announcement."""
    published, warning = _published(entry, context.seen_at)
    if warning:
        yield warning
    day = (published or context.seen_at).date()
    terms = read_announcement(title, summary, day, language=context.language, find_place=context.find_place)
    yield PromotionItem(
        **terms.to_fields(),
        title=without_targeted_mark(title) if terms.targeted else title,
        source=_publisher(entry, context.url),
        source_url=context.url,
        entry_id=entry_id,
        link=clean_link(entry.link, context.url) or clean_link(entry.entry_id) or context.url,
        published=published,
        excerpt=shortened(summary, MOST_EXCERPT),
        seen_at=context.seen_at,
    )


def _title(entry: FeedEntry, summary: str) -> str:
    title = plain_text(entry.title)
    name = plain_text(entry.publisher_name)
    if name and title.casefold().endswith(f" - {name}".casefold()):
        title = title[: -len(name) - 3].rstrip()
    return shortened(title or shortened(summary, 100), MOST_TITLE)


def _compared_title(title: str) -> str:
    """Return the letters and digits of a title, without marks such as (EXPIRED)."""
    return re.sub(r"[\W_]+", "", _EXPIRED.sub("", title.casefold()))


def _without_additions(summary: str) -> str:
    return _MORE.sub("…", _ADDED.sub("", summary)).strip()


def _entry_id(given: str, link: str, title: str) -> str:
    """Return the id of an entry: the feed's own without what some sites change, or else the link, or else the title."""
    text = plain_text(given)
    if text.startswith(("http://", "https://")):
        text = _without_day(clean_link(text))
    text = text or link or f"title:{blake2b(title.casefold().encode(), digest_size=10).hexdigest()}"
    return text if len(text) <= MOST_ID else f"id:{blake2b(text.encode(), digest_size=10).hexdigest()}"


def _without_day(url: str) -> str:
    """Return a URL without the parameter `d`, with which some sites add the day of the last change.

    It follows an ampersand (`?p=401&d=20260924`) or, on some sites, a second question mark (`?p=401?d=20260924`).
    """
    shortened_url = _DAY.sub("", url)
    return shortened_url if "?" in shortened_url else shortened_url.replace("&", "?", 1)


def _published(entry: FeedEntry, seen_at: datetime) -> tuple[datetime | None, ParseWarning | None]:
    """Return when an entry was published, not later than `seen_at`; None with a warning if the date is unusable."""
    if entry.published is None:
        return None, ParseWarning("entry.date", entry.date_text[:40]) if entry.date_text else None
    if not 2000 <= entry.published.year < 9999 or entry.published > seen_at + MOST_AHEAD:
        return None, ParseWarning("entry.date", f"{entry.date_text[:40]} is not a past date")
    return min(entry.published, seen_at), None


def _publisher(entry: FeedEntry, url: str) -> str:
    """Return the host of the publisher: for an aggregator's entry, that of the site which it names."""
    host = publisher(url)
    return (publisher(entry.publisher_url) or host) if host == AGGREGATOR else host

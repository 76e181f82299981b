"""Render events as messages: short and long text, Markdown and HTML for mail.

`docs/messages.md` has examples and the wording rules.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from awardspider.delivery.messages.content import LINK_RANK, MessageContent, Part
from awardspider.delivery.messages.digests import digest_content, with_fewer_entries
from awardspider.delivery.messages.events import (
    AnyEvent,
    ChannelPaused,
    Digest,
    IncidentOpened,
    IncidentResolved,
    OfferEvent,
    Promotion,
    RunFailed,
)
from awardspider.delivery.messages.language import Language, get_language
from awardspider.delivery.messages.links import with_share_link
from awardspider.delivery.messages.notices import (
    channel_paused_content,
    channel_test_content,
    incident_content,
    run_failed_content,
)
from awardspider.delivery.messages.offers import offer_content
from awardspider.delivery.messages.promotions import promotion_content
from awardspider.delivery.messages.text_limits import (
    MAX_TITLE_LENGTH,
    SMS_CAPACITY,
    sms_capacity,
    sms_length,
    to_gsm,
    truncate,
)


class Form(StrEnum):
    """The forms of a message. HTML_FRAGMENT is HTML without styles, for feeds."""

    SHORT = "short"
    LONG = "long"
    MARKDOWN = "markdown"
    HTML = "html"
    HTML_FRAGMENT = "html_fragment"


#: The most characters of the ready texts in webhooks. X accepts 280 characters in a post.
MAX_READY_SHORT = 280
MAX_READY_LONG = 3000

_MAX_UNBROKEN = 20  # characters of a piece of a line

_TEMPLATES = {
    Form.LONG: "long.txt",
    Form.MARKDOWN: "message.md",
    Form.HTML: "mail.html",
    Form.HTML_FRAGMENT: "fragment.html",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A rendered message. `title` is one line of plain text."""

    title: str
    body: str


def render(
    event: AnyEvent | OfferEvent,
    *,
    form: Form,
    locale: str,
    now: datetime | None = None,
    zone: tzinfo | None = None,
    limit: int | None = None,
    share_link: str = "",
) -> Rendered:
    """Return the event as a message.

    Ages are relative to `now`; if `now` is None, only times are shown. Times are in `zone` (default UTC), except flight
    times, which are local to the airports. `limit` is the maximum length of the body: the least important content is
    dropped first, then text is truncated. HTML is never truncated and may exceed the limit. A short body fits into one
    SMS, or into `limit` SMS characters. Locales without phrases are rendered in English. `share_link` is the address of
    the message's public page, which becomes its main link.
    """
    language = get_language(locale)
    complete = message_content(event, language, now, zone)
    if share_link:
        complete = with_share_link(complete, share_link, language)
    title = truncate(complete.title, MAX_TITLE_LENGTH)
    if form is Form.SHORT:
        return Rendered(title=title, body=short_text(complete.parts, limit))
    for content in _versions(complete, event, language):
        body = _body(content, form, language)
        if limit is None or len(body) <= limit:
            return Rendered(title=title, body=body)
    if form in (Form.HTML, Form.HTML_FRAGMENT):
        return Rendered(title=title, body=body)
    return Rendered(title=title, body=_minimal_text(content, form, limit or 0))


def short_text(parts: tuple[Part, ...], limit: int | None = None) -> str:
    """Join the parts that fit into one SMS, or into `limit` SMS characters, using the SMS alphabet if possible.

    A link is included completely or not at all.
    """
    limit = SMS_CAPACITY if limit is None else limit
    kept = list(parts)
    while True:
        text = to_gsm(_joined(kept))
        capacity = sms_capacity(text, limit)
        if sms_length(text) <= capacity:
            return text
        least = _least_important(kept)
        if not kept[least].rank:
            break
        del kept[least]
    for length in range(capacity, 0, -1):
        shorter = to_gsm(truncate(text, length))
        if sms_length(shorter) <= capacity:
            return shorter
    return ""


def ready_texts(
    event: AnyEvent | OfferEvent, *, locale: str, zone: tzinfo | None = None, share_link: str = ""
) -> tuple[str, str, str]:
    """Return title, short and long text for programs that publish or forward them.

    The times have no ages, because the texts may be read much later. The short text has no link; the long text ends
    with it.
    """
    long = render(event, form=Form.LONG, locale=locale, zone=zone, limit=MAX_READY_LONG, share_link=share_link)
    short = text_of_parts(message_content(event, get_language(locale), None, zone).parts, MAX_READY_SHORT)
    return long.title, truncate(short, MAX_READY_SHORT), long.body


def text_of_parts(parts: Sequence[Part], limit: int) -> str:
    """Join the parts without a link that fit into `limit` characters. Those of rank 0 stay even if they do not fit."""
    kept = [part for part in parts if part.rank != LINK_RANK]
    while len(text := _joined(kept)) > limit and any(part.rank for part in kept):
        del kept[_least_important(kept)]
    return text


def _joined(parts: Sequence[Part]) -> str:
    return "".join(part.separator + part.text if index else part.text for index, part in enumerate(parts))


def _least_important(parts: Sequence[Part]) -> int:
    """Return the index of the part to drop first."""
    return max(range(len(parts)), key=lambda index: (parts[index].rank, index))


# ---- from an event to content ----------------------------------------------------------------------------------------


def message_content(
    event: AnyEvent | OfferEvent,
    language: Language,
    now: datetime | None,
    zone: tzinfo | None,
) -> MessageContent:
    """Return the content of the message for an event."""
    match event:
        case OfferEvent():
            return offer_content(event, language, now, zone)
        case Digest():
            return digest_content(event, language, now, zone)
        case Promotion():
            return promotion_content(event, language, now, zone)
        case RunFailed():
            return run_failed_content(event, language, zone)
        case IncidentOpened() | IncidentResolved():
            return incident_content(event, language, zone)
        case ChannelPaused():
            return channel_paused_content(event, language)
        case _:
            return channel_test_content(event, language)


def _versions(complete: MessageContent, event: AnyEvent | OfferEvent, language: Language) -> Iterator[MessageContent]:
    """Yield an event's content, then ever shorter versions: first fewer entries of a digest, then fewer facts."""
    content: MessageContent | None = complete
    if isinstance(event, Digest):
        for count in range(len(complete.entries), 1, -1):
            yield with_fewer_entries(complete, event, language, count)
        content = with_fewer_entries(complete, event, language, min(1, len(complete.entries)))
    while content:
        yield content
        content = content.shortened()


# ---- formats -------------------------------------------------------------------------------------------------------


def _body(content: MessageContent, form: Form, language: Language) -> str:
    template = _environment(form).get_template(_TEMPLATES[form])
    text = template.render(content=content, lang=language.tag)
    if form is Form.HTML:  # white space between elements would be an empty line in the plain-text part of a mail
        return re.sub(r">\s+<", "><", text).strip()
    return re.sub(r"\n{3,}", "\n\n", text).strip()


@functools.cache
def _environment(form: Form) -> Environment:
    """Return a form's template environment. For HTML and Markdown, it escapes every value that is not markup."""
    loader = PackageLoader("awardspider", "delivery/messages/templates")
    environment = Environment(
        loader=loader,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=form in (Form.HTML, Form.HTML_FRAGMENT),
        finalize=escape_markdown if form is Form.MARKDOWN else None,
    )
    environment.filters["unescaped"] = Markup
    environment.filters["unbroken"] = _unbroken
    environment.filters["pieces"] = _pieces
    environment.filters["code"] = _markdown_code
    return environment


def _unbroken(price: str) -> str:
    """Return the price with its taxes, such as `US$ 5,60`, in one piece when it is wrapped."""
    miles, plus, taxes = price.partition(" + ")
    return miles + plus + taxes.replace(" ", "\u00a0", 1)


def _pieces(line: str) -> str:
    """Return the line with its short pieces, such as `2 seats`, unbroken when it is wrapped."""
    pieces = line.split(" · ")
    return " · ".join(piece.replace(" ", "\u00a0") if len(piece) <= _MAX_UNBROKEN else piece for piece in pieces)


# Characters with a meaning in any Markdown dialect, and `@`, which could mention everyone in a chat.
_MARKUP = re.compile(r"([\\`*_\[\]<>~|#&])")
_MENTIONS = re.compile(r"@(?=\w)")


def escape_markdown(value: object) -> object:
    """Return the value as Markdown text, or unchanged if it is markup."""
    if isinstance(value, Markup):
        return value
    return _MENTIONS.sub("@\u200b", _MARKUP.sub(r"\\\1", str(value)))


def _markdown_code(line: str) -> Markup:
    """Return the line for a block of code in Markdown, which it cannot end."""
    return Markup(_MENTIONS.sub("@\u200b", line.replace("`", "'")))


def _minimal_text(content: MessageContent, form: Form, limit: int) -> str:
    """Return the essential text, truncated to the limit. The link is added if everything fits."""
    essentials = (
        content.kicker, content.headline, content.lead, content.date_and_cabin, content.price, content.caution,
        content.short_evidence,
    )  # fmt: skip
    words = " · ".join(filter(None, essentials))
    for length in range(limit, 0, -1):
        text = truncate(words, length)
        text = str(escape_markdown(text)) if form is Form.MARKDOWN else text
        if len(text) <= limit:
            with_link = f"{text}\n{content.link.url}" if content.link else text
            return with_link if len(with_link) <= limit and length >= len(words) else text
    return ""

"""Events as messages: short and long text, Markdown, HTML for mail, and the data of a card.

`docs/messages.md` shows what they look like and which rules they keep.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from awardspider.delivery.messages.content import Part, Told, Tone
from awardspider.delivery.messages.events import AnyEvent, ChannelPaused, Digest, OfferEvent, Promotion, RunFailed
from awardspider.delivery.messages.language import Language, language_of
from awardspider.delivery.messages.notices import channel_paused_told, promotion_told, run_failed_told, test_told
from awardspider.delivery.messages.offers import digest_told, offer_told
from awardspider.delivery.messages.text_limits import SMS_ROOM, cut, in_gsm, sms_length, sms_room

_TITLE = 120  # the most characters of a title, which is also the subject of a mail


class Form(StrEnum):
    """What a message can become. PAGE_PART is HTML without styles, for feeds."""

    SHORT = "short"
    LONG = "long"
    MARKDOWN = "markdown"
    HTML = "html"
    PAGE_PART = "page_part"
    CARD = "card"


_TEMPLATES = {Form.LONG: "long.txt", Form.MARKDOWN: "message.md", Form.HTML: "mail.html", Form.PAGE_PART: "part.html"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What an image card shows, in words; what is empty has no place on it. `entries` are lines, of a digest only."""

    tone: Tone
    kicker: str
    headline: str
    route: str = ""
    date: str = ""
    cabin: str = ""
    price: str = ""
    price_note: str = ""
    before: str = ""
    caution: str = ""
    seats: str = ""
    flights: str = ""
    program: str = ""
    seen: str = ""
    entries: tuple[str, ...] = ()
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message. `title` is one line of plain text; `card` comes with the form card, whose body says the same short."""

    title: str
    body: str
    card: Card | None = None


def render(
    event: AnyEvent | OfferEvent,
    *,
    form: Form | str,
    locale: str,
    now: datetime | None = None,
    zone: tzinfo | None = None,
    limit: int | None = None,
) -> Rendered:
    """An event as a message.

    `now` is what its age is told from; without it only the time is told. Times of ours are in `zone`, UTC where none
    is given; those of flights are local to their airports. `limit` is the most characters of the body: what matters
    least goes first, then text is cut; HTML is never cut, only made leaner. A short body fits one SMS, or `limit`
    characters of SMS. A locale without phrases of ours is told in English.
    """
    form, language = Form(form), language_of(locale)
    tellings = list(_tellings(event, language, now, zone)) if limit is not None else [_told(event, language, now, zone)]
    title = cut(tellings[0].title, _TITLE)
    if form in (Form.SHORT, Form.CARD):
        body = short_text(tellings[0].parts, limit)
        return Rendered(title=title, body=body, card=card_of(tellings[0]) if form is Form.CARD else None)
    for told in tellings:
        body = _body(told, form, language)
        if limit is None or len(body) <= limit:
            return Rendered(title=title, body=body)
    if form in (Form.HTML, Form.PAGE_PART):
        return Rendered(title=title, body=body)
    return Rendered(title=title, body=_as_much_as_fits(tellings[-1], form, limit or 0))


def short_text(parts: tuple[Part, ...], limit: int | None = None) -> str:
    """The parts in the alphabet of SMS, as many as one SMS (or `limit` characters of SMS) has room for.

    A link is shown whole or not at all.
    """
    most = SMS_ROOM if limit is None else limit
    kept = list(parts)
    while True:
        text = in_gsm("".join(part.joint + part.text if place else part.text for place, part in enumerate(kept)))
        if sms_length(text) <= sms_room(text, most):
            return text
        least = max(range(len(kept)), key=lambda place: (kept[place].rank, place))
        if not kept[least].rank:
            break
        del kept[least]
    room = sms_room(text, most)
    for characters in range(room, 0, -1):
        shorter = in_gsm(cut(text, characters))
        if sms_length(shorter) <= room:
            return shorter
    return ""


def card_of(told: Told) -> Card:
    """What a card shows of it."""
    return Card(
        tone=told.tone,
        kicker=told.kicker,
        headline=told.headline,
        route=told.route,
        date=told.date,
        cabin=told.cabin,
        price=told.price,
        price_note=told.price_note,
        before=told.before,
        caution=told.caution,
        seats=told.seats,
        flights=told.way,
        program=told.program,
        seen=told.seen,
        entries=tuple(f"{entry.route} · {entry.when} · {entry.price}" for entry in told.entries),
        more=told.more,
    )


# ---- from an event to words ------------------------------------------------------------------------------------------


def _told(
    event: AnyEvent | OfferEvent, language: Language, now: datetime | None, zone: tzinfo | None, most: int | None = None
) -> Told:
    match event:
        case OfferEvent():
            return offer_told(event, language, now, zone)
        case Digest():
            return digest_told(event, language, now, zone, len(event.offers) if most is None else most)
        case Promotion():
            return promotion_told(event, language, now, zone)
        case RunFailed():
            return run_failed_told(event, language, zone)
        case ChannelPaused():
            return channel_paused_told(event, language)
        case _:
            return test_told(event, language)


def _tellings(
    event: AnyEvent | OfferEvent, language: Language, now: datetime | None, zone: tzinfo | None
) -> Iterator[Told]:
    """The event in words, then with less and less: of a digest fewer offers, of all fewer facts."""
    if isinstance(event, Digest):
        for most in range(len(event.offers), 1, -1):
            yield _told(event, language, now, zone, most)
    told: Told | None = _told(event, language, now, zone, 1)
    while told:
        yield told
        told = told.leaner()


# ---- from words to a form --------------------------------------------------------------------------------------------


def _body(told: Told, form: Form, language: Language) -> str:
    template = _environment(form).get_template(_TEMPLATES[form])
    text = template.render(told=told, lang=language.tag)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


@functools.cache
def _environment(form: Form) -> Environment:
    """Templates whose every value is escaped for the form, unless it is markup already."""
    loader = PackageLoader("awardspider", "delivery/messages/templates")
    environment = Environment(
        loader=loader,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=form in (Form.HTML, Form.PAGE_PART),
        finalize=escape_markdown if form is Form.MARKDOWN else None,
    )
    environment.filters["as_is"] = Markup
    return environment


# Everything that means something inside a line in some dialect; `@` could call everybody in a chat.
_MARKS = re.compile(r"([\\`*_\[\]<>~|#&])")
_CALLS = re.compile(r"@(?=\w)")


def escape_markdown(value: object) -> object:
    """A value as text of Markdown, unless it is markup already."""
    if isinstance(value, Markup):
        return value
    return _CALLS.sub("@\u200b", _MARKS.sub(r"\\\1", str(value)))


def _as_much_as_fits(told: Told, form: Form, limit: int) -> str:
    """The bare news, cut, where even the leanest message is too long; the link only where all of it fits."""
    words = " · ".join(filter(None, (told.kicker, told.headline, told.when, told.price, told.caution)))
    for most in range(limit, 0, -1):
        text = cut(words, most)
        text = str(escape_markdown(text)) if form is Form.MARKDOWN else text
        if len(text) <= limit:
            linked = f"{text}\n{told.link.url}" if told.link else text
            return linked if len(linked) <= limit and most >= len(words) else text
    return ""

"""Message content for promotions, failed crawls, paused channels and channel tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from awardspider.delivery.messages.content import LINK_RANK, Fact, Link, MessageContent, Part, Tone
from awardspider.delivery.messages.events import ChannelPaused, ChannelTest, Promotion, RunFailed
from awardspider.delivery.messages.language import Language, time_of_day
from awardspider.delivery.messages.text_limits import plain_text, safe_link, truncate
from awardspider.programs import all_programs

_MAX_NOTE_LENGTH = 500
_MAX_STORED_NOTE = 2000


def promotion_content(
    event: Promotion, language: Language, now: datetime | None, zone: tzinfo | None
) -> MessageContent:
    """Return the content for a promotion."""
    phrase = language.phrase
    kind = phrase(f"promotion.{event.kind}")
    title = plain_text(event.headline)
    percent = "" if event.percent is None else language.percent(event.percent)
    if percent and event.up_to:
        percent = phrase("promotion.up_to", percent=percent)
    cents = event.cents_per_mile
    link = safe_link(event.link)
    book_by = "" if event.book_by is None else language.day(event.book_by)
    published = "" if event.published is None else language.day(event.published.astimezone(zone).date())
    targeted = phrase("promotion.targeted") if event.targeted else ""
    facts = (
        ("programs", _programs(event.programs, language), 1),
        ("banks", _names(event.banks, language), 1),
        ("cost_per_mile", "" if cents is None else language.count("cents_plain", cents), 2),
        ("routes", _names(event.routes, language), 4),
        ("book_by", book_by, 1),
        ("travel", _travel_dates(event, language), 3),
        ("targeted", targeted, 2),
        ("published", published, 5),
        ("source", plain_text(event.source), 5),
    )
    parts = (
        (f"{kind}: {title}", 0),
        (percent, 1),
        (phrase("short.book_by", date=language.day_of_year(event.book_by)) if event.book_by else "", 2),
        (targeted, 3),
    )
    return MessageContent(
        tone=Tone.PROMOTION,
        title=phrase("title.promotion", kind=kind, title=title),
        kicker=kind,
        headline=title,
        price=percent[:1].upper() + percent[1:],
        facts=_facts(facts, language),
        seen=language.seen(event.seen_at, now, zone),
        link=Link(url=link, label=phrase("link.read_more")) if link else None,
        parts=_parts(*parts, separator=", ", link=link),
    )


def run_failed_content(event: RunFailed, language: Language, zone: tzinfo | None) -> MessageContent:
    """Return the content for a failed crawl."""
    phrase = language.phrase
    program = plain_text(event.program_name)
    reason = language.phrase_or(f"reason.{event.reason}", plain_text(event.reason))
    title = phrase("title.run_failed", program=program, reason=reason)
    counts = {"found": event.found, "empty": event.empty, "failed": event.failed}
    searches = phrase("operator.counts", **{name: str(count) for name, count in counts.items()})
    start, end = (moment.astimezone(zone or UTC) for moment in (event.started_at, event.ended_at))
    ended = time_of_day(end) if start.date() == end.date() else language.moment(end, zone)
    times = {"start": language.moment(start, zone), "end": ended}
    facts = (
        ("reason", reason, 1),
        ("note", _note(event.note, language, _MAX_NOTE_LENGTH), 2),
        ("searches", searches, 1),
        ("time", phrase("operator.times", **times), 3),
        ("run", plain_text(event.run_id), 4),
    )
    return MessageContent(
        tone=Tone.ERROR,
        title=title,
        kicker=phrase("event.run_failed"),
        headline=program,
        facts=_facts(facts, language),
        parts=_parts((title, 0), (f"{phrase('label.searches')}: {searches}", 1), (_note(event.note, language), 2)),
    )


def channel_paused_content(event: ChannelPaused, language: Language) -> MessageContent:
    """Return the content for a paused channel."""
    phrase = language.phrase
    channel, reason = (
        f"{plain_text(event.channel)} ({plain_text(event.kind)})",
        _note(event.reason, language, _MAX_NOTE_LENGTH),
    )
    pending = language.count("messages", event.pending)
    title = phrase("title.channel_paused", channel=plain_text(event.channel), reason=reason)
    return MessageContent(
        tone=Tone.ERROR,
        title=title,
        kicker=phrase("event.channel_paused"),
        headline=channel,
        facts=_facts((("reason", reason, 1), ("pending", pending, 2)), language),
        remark=phrase("operator.paused"),
        parts=_parts((title, 0), (f"{phrase('label.pending')}: {pending}", 1)),
    )


def channel_test_content(event: ChannelTest, language: Language) -> MessageContent:
    """Return the content for a channel test. The default note is translated; any other is shown as is."""
    is_default = event.note == ChannelTest.__struct_defaults__[-1]
    note = language.phrase("operator.test") if is_default else plain_text(event.note, _MAX_NOTE_LENGTH)
    return MessageContent(
        tone=Tone.TEST,
        title=language.phrase("title.test"),
        kicker=language.phrase("event.test"),
        headline=plain_text(event.channel),
        remark=note,
        parts=_parts((note, 0)),
    )


def _travel_dates(event: Promotion, language: Language) -> str:
    first, last = event.travel_from, event.travel_until
    if first and last:
        return language.days(first, last)
    if first:
        return language.phrase("promotion.travel_from", first=language.day(first))
    return language.phrase("promotion.travel_until", last=language.day(last)) if last else ""


def _programs(keys: Sequence[str], language: Language) -> str:
    programs = all_programs()
    return language.join([programs[key].name if key in programs else plain_text(key) for key in keys])


def _names(names: Sequence[str], language: Language) -> str:
    return language.join([plain_text(name) for name in names])


def _note(note: str, language: Language, limit: int = 200) -> str:
    """Return a note in the language of the message, translated before it is shortened."""
    return truncate(language.note(plain_text(note, _MAX_STORED_NOTE)), limit)


def _facts(facts: tuple[tuple[str, str, int], ...], language: Language) -> tuple[Fact, ...]:
    return tuple(
        Fact(label=language.phrase(f"label.{name}"), text=text, rank=rank) for name, text, rank in facts if text
    )


def _parts(*parts: tuple[str, int], separator: str = ". ", link: str | None = None) -> tuple[Part, ...]:
    """Return the parts of a short text; if the text is too long, the link is dropped first."""
    words = tuple(Part(text=text, rank=rank, separator=separator) for text, rank in parts if text)
    return (*words, Part(text=link, rank=LINK_RANK, separator=" ")) if link else words

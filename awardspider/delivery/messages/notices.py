"""Message content for failed crawls, paused channels and channel tests."""

from __future__ import annotations

from datetime import UTC, tzinfo

from awardspider.delivery.messages.content import Fact, MessageContent, Part, Tone
from awardspider.delivery.messages.events import ChannelPaused, ChannelTest, RunFailed
from awardspider.delivery.messages.language import Language, time_of_day
from awardspider.delivery.messages.text_limits import plain_text, truncate

_MAX_NOTE_LENGTH = 500
_MAX_STORED_NOTE = 2000


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


def _note(note: str, language: Language, limit: int = 200) -> str:
    """Return a note in the language of the message, translated before it is shortened."""
    return truncate(language.note(plain_text(note, _MAX_STORED_NOTE)), limit)


def _facts(facts: tuple[tuple[str, str, int], ...], language: Language) -> tuple[Fact, ...]:
    return tuple(
        Fact(label=language.phrase(f"label.{name}"), text=text, rank=rank) for name, text, rank in facts if text
    )


def _parts(*parts: tuple[str, int]) -> tuple[Part, ...]:
    """Return the parts of a short text."""
    return tuple(Part(text=text, rank=rank, separator=". ") for text, rank in parts if text)

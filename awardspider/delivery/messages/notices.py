"""Message content for failed crawls, incidents, paused channels and channel tests."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from awardspider.delivery.messages.content import Fact, MessageContent, Part, Tone
from awardspider.delivery.messages.events import (
    ChannelPaused,
    ChannelTest,
    IncidentOpened,
    IncidentResolved,
    RunFailed,
)
from awardspider.delivery.messages.language import Language, time_of_day
from awardspider.delivery.messages.text_limits import plain_text, truncate
from awardspider.storage.incidents import IncidentKind
from awardspider.values import capitalized

_MAX_NOTE_LENGTH = 500
_MAX_SHORT_NOTE = 200
_MAX_STORED_NOTE = 2000


def run_failed_content(event: RunFailed, language: Language, zone: tzinfo | None) -> MessageContent:
    """Return the content for a failed crawl."""
    phrase = language.phrase
    program = plain_text(event.program_name)
    reason = language.phrase_or(f"reason.{event.reason}", plain_text(event.reason))
    title = phrase("title.run_failed", program=program, reason=reason)
    counts = {"found": event.found, "empty": event.empty, "failed": event.failed}
    searches = phrase("operator.counts", **{name: str(count) for name, count in counts.items()})
    facts = (
        ("reason", reason, 1),
        ("note", _note(event.note, language, _MAX_NOTE_LENGTH), 2),
        ("searches", searches, 1),
        ("time", _period(event.started_at, event.ended_at, language, zone), 3),
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


def incident_content(
    event: IncidentOpened | IncidentResolved, language: Language, zone: tzinfo | None
) -> MessageContent:
    """Return the content for an incident that was opened or resolved."""
    phrase = language.phrase
    resolved_at = event.resolved_at if isinstance(event, IncidentResolved) else None
    is_open = resolved_at is None
    name = "incident_opened" if is_open else "incident_resolved"
    subject = language.note(plain_text(event.subject))
    problem = phrase(f"incident.{event.kind}")
    title = phrase(f"title.{name}", subject=subject, problem=problem)
    time = _period(event.opened_at, resolved_at, language, zone)
    # What to do about a problem is no longer of interest when it is resolved.
    note = _incident_note(event.sentence if is_open else event.sentence.partition("; ")[0], language)
    if event.kind is not IncidentKind.RUN_FAILED:  # the note of a failed run can begin with the name of a field
        note = capitalized(note)
    facts = (("problem", problem, 1), ("note", note, 2), ("time", time, 3))
    return MessageContent(
        tone=Tone.ERROR if is_open else Tone.RESOLVED,
        title=title,
        kicker=phrase(f"event.{name}"),
        headline=subject,
        facts=_facts(facts, language),
        parts=_parts((title, 0), (truncate(note, _MAX_SHORT_NOTE) if is_open else capitalized(time), 1)),
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


def _period(start: datetime, end: datetime | None, language: Language, zone: tzinfo | None) -> str:
    """Return a start and its end, if it has one; the end has a date only if it is on another day."""
    if end is None:
        return language.moment(start, zone)
    first, last = (moment.astimezone(zone or UTC) for moment in (start, end))
    ended = time_of_day(last) if first.date() == last.date() else language.moment(end, zone)
    return language.phrase("operator.times", start=language.moment(start, zone), end=ended)


def _incident_note(sentence: str, language: Language) -> str:
    """Return the sentence of an incident, translated part by part; it can also be the reason why a run failed."""
    parts = [language.note(part) for part in plain_text(sentence, _MAX_STORED_NOTE).split("; ")]
    return language.phrase_or(f"reason.{sentence}", truncate("; ".join(parts), _MAX_NOTE_LENGTH))


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

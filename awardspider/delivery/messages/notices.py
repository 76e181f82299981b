"""What the events say that are not about one offer: promotions, runs, channels and tests."""

from __future__ import annotations

from datetime import datetime, tzinfo

from awardspider.delivery.messages.content import Fact, Link, Part, Told, Tone
from awardspider.delivery.messages.events import ChannelPaused, Promotion, RunFailed, Test
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.text_limits import plain, web_link
from awardspider.programs import all_programs

_NOTE = 500  # the most characters of a note


def promotion_told(event: Promotion, language: Language, now: datetime | None, zone: tzinfo | None) -> Told:
    """A promotion."""
    say = language.say
    kind = language.say_or(f"promotion.{event.kind}", say("promotion.other"))
    title = plain(event.title)
    percent = "" if event.percent is None else language.percent(event.percent)
    if percent and event.up_to:
        percent = say("promotion.up_to", percent=percent)
    cents = event.cents_per_mile
    link = web_link(event.link)
    book_by = "" if event.book_by is None else language.day(event.book_by)
    published = "" if event.published is None else language.day(event.published.astimezone(zone).date())
    targeted = say("promotion.targeted") if event.targeted else ""
    facts = (
        ("programs", _programs(event.programs, language), 1),
        ("banks", _names(event.banks, language), 1),
        ("mile", "" if cents is None else language.count("cents_plain", cents), 2),
        ("routes", _names(event.routes, language), 4),
        ("book_by", book_by, 1),
        ("travel", _travel(event, language), 3),
        ("targeted", targeted, 2),
        ("published", published, 5),
        ("source", plain(event.source), 5),
    )
    parts = (
        (f"{kind}: {title}", 0),
        (percent, 1),
        (say("short.book_by", date=language.day_of_year(event.book_by)) if event.book_by else "", 2),
        (targeted, 3),
    )
    return Told(
        tone=Tone.PROMOTION,
        title=say("title.promotion", kind=kind, title=title),
        kicker=kind,
        headline=title,
        price=percent[:1].upper() + percent[1:],
        facts=_facts(facts, language),
        seen=language.seen("seen", event.seen_at, now, zone),
        link=Link(url=link, label=say("link.read")) if link else None,
        parts=_parts(*parts, joint=", ", link=link),
    )


def run_failed_told(event: RunFailed, language: Language, zone: tzinfo | None) -> Told:
    """A crawl that did not end well."""
    say = language.say
    program = plain(event.program_name)
    reason = language.say_or(f"reason.{event.reason}", plain(event.reason))
    title = say("title.run_failed", program=program, reason=reason)
    looks = {"found": event.found, "empty": event.empty, "failed": event.failed}
    counts = say("operator.counts", **{name: str(count) for name, count in looks.items()})
    times = {"start": language.moment(event.started_at, zone), "end": language.moment(event.ended_at, zone)}
    facts = (
        ("reason", reason, 1),
        ("note", plain(event.note, _NOTE), 2),
        ("looks", counts, 1),
        ("time", say("operator.times", **times), 3),
        ("run", plain(event.run_id), 4),
    )
    return Told(
        tone=Tone.TROUBLE,
        title=title,
        kicker=say("event.run_failed"),
        headline=program,
        facts=_facts(facts, language),
        parts=_parts((title, 0), (counts, 1), (plain(event.note), 2)),
    )


def channel_paused_told(event: ChannelPaused, language: Language) -> Told:
    """A channel that waits for somebody."""
    say = language.say
    channel, reason = f"{plain(event.channel)} ({plain(event.kind)})", plain(event.reason, _NOTE)
    waiting = language.count("messages", event.waiting)
    title = say("title.channel_paused", channel=plain(event.channel), reason=reason)
    return Told(
        tone=Tone.TROUBLE,
        title=title,
        kicker=say("event.channel_paused"),
        headline=channel,
        facts=_facts((("reason", reason, 1), ("waiting", waiting, 2)), language),
        remark=say("operator.waits"),
        parts=_parts((title, 0), (f"{say('label.waiting')}: {waiting}", 1)),
    )


def test_told(event: Test, language: Language) -> Told:
    """A test: our own note in the language of the message, any other as it is."""
    is_ours = event.note == Test.__struct_defaults__[-1]
    note = language.say("operator.test") if is_ours else plain(event.note, _NOTE)
    return Told(
        tone=Tone.TEST,
        title=language.say("title.test"),
        kicker=language.say("event.test"),
        headline=plain(event.channel),
        remark=note,
        parts=_parts((note, 0)),
    )


def _travel(event: Promotion, language: Language) -> str:
    first, last = event.travel_from, event.travel_until
    if first and last:
        return language.days(first, last)
    if first:
        return language.say("promotion.travel_from", first=language.day(first))
    return language.say("promotion.travel_until", last=language.day(last)) if last else ""


def _programs(keys: str, language: Language) -> str:
    known = all_programs()
    return language.every([known[key].name if key in known else plain(key) for key in keys.split("; ") if key.strip()])


def _names(names: str, language: Language) -> str:
    return language.every([plain(name) for name in names.split("; ") if name.strip()])


def _facts(facts: tuple[tuple[str, str, int], ...], language: Language) -> tuple[Fact, ...]:
    return tuple(Fact(label=language.say(f"label.{name}"), text=text, rank=rank) for name, text, rank in facts if text)


def _parts(*parts: tuple[str, int], joint: str = ". ", link: str | None = None) -> tuple[Part, ...]:
    """A short text of these; its link is the first to go."""
    words = tuple(Part(text=text, rank=rank, joint=joint) for text, rank in parts if text)
    return (*words, Part(text=link, rank=9, joint=" ")) if link else words

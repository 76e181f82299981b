"""The watch that a program or an assistant describes, in words or by its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from awardspider.delivery.channels.configuration import channel_names
from awardspider.outcomes import InvalidArgument
from awardspider.panel.configuration import PanelConfig
from awardspider.panel.watches.draft import Draft, check_draft
from awardspider.panel.watches.fields import AnyWatch
from awardspider.panel.watches.words import understand, with_words
from awardspider.search.owners import Owner
from awardspider.storage.watches import WatchKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A watch as described: its words and fields, which replace those of the words.

    `argument` is the name of the argument with the words, for errors.
    """

    kind: WatchKind = WatchKind.AWARD
    words: str = ""
    fields: Mapping[str, object]
    argument: str = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The watch that was described, or the question about what is unclear. `sentence` says what the words mean."""

    watch: AnyWatch | None = None
    sentence: str = ""
    question: str = ""


def described_watch(
    config: PanelConfig, description: Description, owner: Owner, now: datetime, *, before: Draft | None = None
) -> Described:
    """Return the watch of a description, for an owner. `before` is the draft that it replaces.

    Raise InvalidArgument for words that describe no trip, and for invalid fields.
    """
    draft, sentence = Draft(kind=description.kind, written={}), ""
    if description.words.strip():
        wish, understood = understand(description.words, owner, now)
        if understood.promotion or not understood.is_wish or description.kind is not WatchKind.AWARD:
            raise InvalidArgument(
                f"{description.argument}: names no trip; say from where, to where and when, or send the fields instead"
            )
        if understood.question:
            return Described(sentence=understood.sentence, question=understood.question)
        draft, sentence = with_words(draft, wish), understood.sentence
    draft = replace(draft, written={**draft.written, **description.fields})
    checked = check_draft(
        draft,
        owner=owner,
        channels=channel_names(config.store, config.settings),
        now=now,
        before=before or Draft(kind=draft.kind, written={}),
    )
    if checked.watch is None:
        raise InvalidArgument("; ".join(f"{field}: {message}" for field, message in checked.errors.items()))
    return Described(watch=checked.watch, sentence=sentence)

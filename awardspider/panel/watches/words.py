"""The words of a wish in the editor of watches: the draft that they make, and what is unclear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from awardspider.panel.watches.draft import Draft
from awardspider.search.owners import Owner
from awardspider.search.words.parsing import parse_wish
from awardspider.search.words.replies import describe_wish, question_back
from awardspider.search.words.wishes import Intent, Wish, wish_to_definition
from awardspider.storage.watches import WatchKind

#: The fields that words give; the others stay as they are.
WORD_FIELDS = (
    "origin", "destination", "dates", "nights", "cabins", "travelers", "max_miles", "max_stops", "programs",
    "carriers", "not_carriers", "max_taxes", "via", "not_via",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """The meaning of words: a sentence in their language, the question about what is unclear, and their subject.

    `promotion` is the kind of promotions that the words are about instead of awards. `is_wish` is False for words that
    say nothing about a trip.
    """

    sentence: str = ""
    question: str = ""
    promotion: str = ""
    is_wish: bool = True


def understand(words: str, owner: Owner, now: datetime) -> tuple[Wish, Understood]:
    """Return the wish of a text, and what it means. Days are those of the owner's time zone."""
    wish = parse_wish(words, today=now.astimezone(owner.zone).date(), home_airport=owner.home_airport)
    is_wish = wish.intent in (Intent.WATCH, Intent.ASK_BACK)
    return wish, Understood(
        sentence=describe_wish(wish),
        question=question_back(wish) if is_wish and not wish.promotion else "",
        promotion=str(wish.promotion or ""),
        is_wish=is_wish,
    )


def with_words(draft: Draft, wish: Wish) -> Draft:
    """Return a draft with the fields that a wish gives; of those that words can give, the others are removed."""
    given = wish_to_definition(wish)
    kept = {name: value for name, value in draft.written.items() if name not in WORD_FIELDS}
    return Draft(kind=WatchKind.AWARD, written={"name": given.pop("name", "")} | kept | given)

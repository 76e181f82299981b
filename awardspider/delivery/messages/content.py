"""What a message says, in words of its language, before it gets the form of a service."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Tone(StrEnum):
    """What kind of news it is; mail and cards have a color for each."""

    FOUND = "found"
    CHEAPER = "cheaper"
    GONE = "gone"
    PROMOTION = "promotion"
    TROUBLE = "trouble"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line with its label. Where there is no room, the facts with the highest `rank` go first."""

    label: str
    text: str
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a short text, with what stands between it and the part before.

    Where there is no room, those with the highest `rank` go first; one of rank 0 stays.
    """

    text: str
    rank: int = 0
    joint: str = ", "


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that is safe to show, and what stands on it."""

    url: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event in words. What is empty is not shown.

    `price_note` says whom the price is for, `caution` what an offer does not say and must not be taken for.
    `way` tells flights, times and stops in one line, `legs` flight by flight. `entries` are the offers of a digest,
    `more` how many it does not show.
    """

    tone: Tone
    title: str
    kicker: str
    headline: str
    parts: tuple[Part, ...]
    route: str = ""
    date: str = ""
    cabin: str = ""
    price: str = ""
    price_note: str = ""
    before: str = ""
    caution: str = ""
    seats: str = ""
    way: str = ""
    legs_title: str = ""
    legs: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    remark: str = ""
    program: str = ""
    seen: str = ""
    link: Link | None = None
    entries: tuple[Told, ...] = ()
    more: str = ""

    @property
    def when(self) -> str:
        """Date and cabin on one line."""
        return " · ".join(filter(None, (self.date, self.cabin)))

    def leaner(self) -> Told | None:
        """The same with a little less, the least important first; None where nothing can go."""
        if self.legs:
            return replace(self, legs=(), legs_title="", remark="")
        if self.facts:
            least = max(range(len(self.facts)), key=lambda place: (self.facts[place].rank, place))
            return replace(self, facts=self.facts[:least] + self.facts[least + 1 :])
        if self.remark:
            return replace(self, remark="")
        return None

"""The content of a message in one language, independent of its format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Tone(StrEnum):
    """The kind of message, which determines the color of an email or card."""

    FOUND = "found"
    CHEAPER = "cheaper"
    GONE = "gone"
    PROMOTION = "promotion"
    ERROR = "error"
    RESOLVED = "resolved"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A labeled line. The facts with the highest `rank` are dropped first if the message is too long."""

    label: str
    text: str
    rank: int


#: The rank of a part that is a link.
LINK_RANK = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a short text. `separator` goes between it and the previous part.

    The parts with the highest `rank` are dropped first if the text is too long; rank 0 is never dropped.
    """

    text: str
    rank: int = 0
    separator: str = ", "


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that is safe to show, with its label."""

    url: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent:
    """The text of an event in one language. Empty fields are not shown.

    `party_total` is the most that several travelers pay together. `trip` is the other direction of a round trip.
    `label` is the class of a deal, `evidence` the reason for it, and `short_evidence` the same for lists and cards.
    `value` is that of a mile, for a list of offers.
    `promotion` made the offer cheaper, and `best_in_points` is the best way to pay with the owner's points.
    `program_and_age` has both for a list of offers, and `watch` names the watches there. `flights` is one line with
    flight numbers, times and stops; `segments` has a line for each flight and connection. `caution` states a caveat
    about the offer, such as unknown flights. `lead` sums up a digest. `entries` contains the offers and promotions that
    a digest shows; `more` states how many others there are. `excerpt` has the changed lines of a page, which begin with
    + and -, for a font of equal widths. `second_link` is the page of the program if `link` is the message's own page.
    """

    tone: Tone
    title: str
    kicker: str
    headline: str
    parts: tuple[Part, ...]
    lead: str = ""
    route: str = ""
    date: str = ""
    cabin: str = ""
    price: str = ""
    price_note: str = ""
    party_total: str = ""
    previous_price: str = ""
    trip: str = ""
    label: str = ""
    evidence: str = ""
    short_evidence: str = ""
    value: str = ""
    promotion: str = ""
    best_in_points: str = ""
    caution: str = ""
    seats: str = ""
    flights: str = ""
    excerpt: tuple[str, ...] = ()
    segments_title: str = ""
    segments: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    remark: str = ""
    program: str = ""
    program_and_age: str = ""
    watch: str = ""
    seen: str = ""
    link: Link | None = None
    second_link: Link | None = None
    entries: tuple[MessageContent, ...] = ()
    more: str = ""

    @property
    def details(self) -> tuple[str, ...]:
        """The lines below the price of an entry in a digest."""
        lines = (
            self.caution, self.short_evidence, self.value, self.party_total, self.promotion, self.best_in_points,
            self.previous_price, self.trip, self.flights, self.program_and_age, self.watch,
        )  # fmt: skip
        return tuple(filter(None, lines))

    @property
    def date_cabin_and_seats(self) -> str:
        """The date, cabin and seats of an entry in a digest on one line."""
        return " · ".join(filter(None, (self.date, self.cabin, self.seats)))

    @property
    def date_and_cabin(self) -> str:
        """The date and cabin on one line."""
        return " · ".join(filter(None, (self.date, self.cabin)))

    def shortened(self) -> MessageContent | None:
        """Return the content without its least important element, or None if nothing can be dropped."""
        if self.excerpt:
            return replace(self, excerpt=())
        if self.segments:
            return replace(self, segments=(), segments_title="", remark="")
        if self.facts:
            least = max(range(len(self.facts)), key=lambda index: (self.facts[index].rank, index))
            return replace(self, facts=self.facts[:least] + self.facts[least + 1 :])
        if self.remark:
            return replace(self, remark="")
        return None

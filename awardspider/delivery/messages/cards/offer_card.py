"""The card of an offer."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from awardspider.delivery.messages.cards.blocks import Badge, Cell, Row, Stack, Text
from awardspider.delivery.messages.cards.calendar_strip import CalendarStrip
from awardspider.delivery.messages.cards.canvas import Canvas
from awardspider.delivery.messages.cards.design import HERO, LARGE, NORMAL, SMALL, TITLE, Design
from awardspider.delivery.messages.cards.fonts import Weight
from awardspider.delivery.messages.cards.layout import Block, Section, draw_column
from awardspider.delivery.messages.cards.places import Place, Places
from awardspider.delivery.messages.cards.route_art import RouteArt
from awardspider.delivery.messages.cards.sizes import CardSize
from awardspider.delivery.messages.cards.text_layout import unbroken
from awardspider.delivery.messages.content import MessageContent, Tone
from awardspider.delivery.messages.events import OfferEvent
from awardspider.delivery.messages.flights import stops_text, times_text
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.text_limits import MAX_NAME_LENGTH, plain_text
from awardspider.delivery.messages.trips import trip_total
from awardspider.programs import program_currency
from awardspider.values import capitalized

_STORY_CELLS, _OTHER_CELLS = 9, 7

# The end of a clause, which is not within parentheses.
_CLAUSES = re.compile(r"; (?![^()]*\))")


def draw_offer_card(
    canvas: Canvas,
    size: CardSize,
    event: OfferEvent,
    content: MessageContent,
    language: Language,
    link: str | None,
) -> None:
    """Draw the card of an offer."""
    frame = canvas.frame

    parts = _OfferParts(Design(frame, canvas.colors), size, event, content, language, link)
    left, top, width, height = frame.margin, frame.top, frame.content_width, frame.content_height
    if size is CardSize.LINK:
        wide = (width - frame.margin) * 57 // 100
        narrow = width - frame.margin - wide
        draw_column(canvas, parts.link_left, (left, top, wide, height))
        draw_column(canvas, parts.link_right, (left + width - narrow, top, narrow, height))
    else:
        draw_column(canvas, parts.story if size is CardSize.STORY else parts.feed, (left, top, width, height))


@dataclass(frozen=True, slots=True)
class _OfferParts:
    """The parts of the card of one offer in one scale."""

    design: Design
    size: CardSize
    event: OfferEvent
    content: MessageContent
    language: Language
    link: str | None

    # ---- the order of the parts ----------------------------------------------------------------------------------

    def story(self, scale: float) -> list[Section]:
        """Return the parts of a story from top to bottom."""
        parts = self._at(scale)
        return [
            Section(parts._kicker()),
            Section(parts._places(170, TITLE)),
            Section(parts._price(HERO)),
            *parts._facts(0),
            Section(parts._calendar(_STORY_CELLS, SMALL + 2)),
            *parts._cautions(),
            *parts._evidence(),
            *parts._details(),
            self._footer(),
        ]

    def feed(self, scale: float) -> list[Section]:
        """Return the parts of a square post from top to bottom."""
        parts = self._at(scale)
        gap = parts.design.px(24)
        price = Stack(blocks=(parts._price(HERO * 0.72), *(each.block for each in parts._facts(0))), gap=gap)
        cautions, details = parts._cautions(), parts._details()
        beside = parts._evidence() or cautions or details[:1]
        reasons = Stack(
            blocks=(parts._calendar(_OTHER_CELLS, SMALL - 4), *(section.block for section in beside)), gap=gap
        )
        cells = (Cell(block=price), Cell(block=reasons))
        return [
            Section(parts._kicker()),
            Section(parts._places(116, TITLE * 0.9)),
            Section(Row(cells=cells, gap=parts.design.px(40))),
            *(section for section in (*cautions, *details) if section not in beside),
            self._footer(),
        ]

    def link_left(self, scale: float) -> list[Section]:
        """Return the parts of the left column of a link preview."""
        parts = self._at(scale)
        return [
            Section(parts._kicker()),
            Section(parts._places(100, TITLE * 0.86)),
            Section(parts._price(HERO * 0.86)),
            *parts._facts(0),
        ]

    def link_right(self, scale: float) -> list[Section]:
        """Return the parts of the right column of a link preview above the source."""
        parts = self._at(scale)
        return [
            Section(parts._calendar(_OTHER_CELLS, SMALL - 4)),
            *parts._cautions(),
            *parts._evidence(),
            *parts._details(),
            self._footer(),
        ]

    def _at(self, scale: float) -> _OfferParts:
        return replace(self, design=replace(self.design, scale=scale))

    # ---- the parts -----------------------------------------------------------------------------------------------

    def _footer(self) -> Section:
        """Return the program, the age and the link."""
        return Section(self.design.footer(self.content.program, self.content.seen, self.link))

    def _kicker(self) -> Block:
        return self.design.badges([self._badge(text) for text in self.content.kicker.split(" · ")])

    def _badge(self, text: str) -> Badge:
        """Return the badge for a part of the kicker, in the color of its meaning."""
        design, phrase = self.design, self.language.phrase
        if text == self.content.label or text == phrase("event.dropped"):
            return design.deal_badge(text)
        if self.content.tone is Tone.GONE or text == phrase("event.unconfirmed"):
            return design.warning_badge(text)
        return design.accent_badge(text)

    def _places(self, tall: float, size: float) -> Block:
        offer, design = self.event.offer, self.design
        stops = tuple(segment.destination for segment in offer.segments[:-1])
        art = RouteArt(stops=stops, style=design.style(Weight.SEMIBOLD, SMALL - 4), tall=design.px(tall))
        return Places(
            origin=self._place(offer.origin, self.event.origin_city),
            destination=self._place(offer.destination, self.event.destination_city),
            caption=capitalized(stops_text(offer, self.language)),
            art=art,
            style=design.style(Weight.DISPLAY, size, 1.1),
            note_style=design.style(Weight.SEMIBOLD, SMALL + 2),
            smallest=max(design.px(size * 0.55), design.frame.least_text),
            color=design.colors.text,
            gap=design.px(32),
        )

    def _place(self, code: str, city: str | None) -> Place:
        return Place(plain_text(self.language.city(code, city), MAX_NAME_LENGTH), code) if city else Place(code)

    def _price(self, size: float) -> Block:
        """Return the miles in large digits, then the currency of the program, the taxes and the conditions."""
        offer, content, design = self.event.offer, self.content, self.design
        if offer.miles is None:
            heading = design.heading(content.price, size * 0.45, 2)
            chart = [
                f"{fact.label}: {fact.text}"
                for fact in content.facts
                if fact.label == self.language.phrase("label.chart")
            ]
            return Stack(blocks=(heading, *map(design.muted, chart)), gap=design.px(6))
        digits = self.language.number(offer.miles)
        currency = self.language.price(offer.miles, program_currency(offer.program)).replace(digits, "", 1).strip()
        style = design.style(Weight.DISPLAY, size, 1.06)
        number = Text(text=digits, style=style, color=design.colors.text, smallest=style.size // 2)
        unit = design.text(unbroken(currency, self._taxes()), LARGE * 0.9, Weight.SEMIBOLD)
        notes = filter(None, (self._unknown_taxes(), content.price_note))
        blocks: list[Block] = [number, unit, design.muted(" · ".join(notes))]
        if content.previous_price:
            blocks.append(design.muted(content.previous_price))
        if content.party_total:
            blocks.append(design.muted(content.party_total))
        return Stack(blocks=tuple(blocks), gap=design.px(4))

    def _taxes(self) -> str:
        taxes = self.event.offer.taxes
        if taxes is None:
            return ""
        money = self.language.money(taxes.amount, taxes.currency).replace(" ", "\u00a0")
        return self.language.phrase("card.taxes", money=money)

    def _unknown_taxes(self) -> str:
        return "" if self.event.offer.taxes else self.language.phrase("card.taxes_unknown")

    def _facts(self, rank: int) -> list[Section]:
        """Return the cabin and the seats."""
        texts = [text for text in (self.content.cabin, self.content.seats) if text]
        badges = [self.design.plain_badge(text) for text in texts]
        return [Section(self.design.badges(badges, NORMAL), rank)]

    def _calendar(self, cells: int, size: float) -> Block:
        event = self.event
        return CalendarStrip(
            days=tuple(event.dates or [event.offer.departure_date]),
            returns=event.trip.other_date if event.trip else None,
            language=self.language,
            cells=cells,
            size=self.design.letters(size),
        )

    def _cautions(self) -> list[Section]:
        """Return the caveats."""
        caution, design = self.content.caution, self.design
        return [Section(design.panel("", [caution], design.colors.warning))] if caution else []

    def _evidence(self) -> list[Section]:
        """Return the evidence that the price is a deal, which is always shown, if necessary in few words."""
        content, short = self.content, self.content.short_evidence
        evidence = content.evidence if self.size is CardSize.STORY else short
        if not evidence:
            return []
        shorter = self.design.text(short, SMALL, Weight.SEMIBOLD) if short else None
        return [Section(self._evidence_panel(evidence), 2, shorter)]

    def _evidence_panel(self, evidence: str) -> Block:
        design, label = self.design, self.content.label
        heading, text = split_evidence(evidence, label)
        return design.panel(heading, [text] if text else [], design.colors.deal if label else design.colors.line)

    def _details(self) -> list[Section]:
        """Return the round trip, the promotion, the points, the value of a mile and the flights, as far as they fit."""
        design, content, offer = self.design, self.content, self.event.offer
        flights = " · ".join(
            filter(None, (plain_text(offer.flights, MAX_NAME_LENGTH), times_text(offer, self.language)))
        )
        found = []
        if content.trip:
            heading = self.language.phrase("label.trip")
            panel = design.panel(heading, [self._trip()], design.colors.accent)
            shorter = design.text(f"{heading}: {self._short_trip()}", SMALL, Weight.SEMIBOLD)
            found.append(Section(panel, 3, shorter))
        texts = ((content.promotion, 4), (content.best_in_points, 5), (content.value, 6), (flights, 7))
        return found + [Section(design.muted(text), rank) for text, rank in texts if text]

    def _trip(self) -> str:
        """Return the round trip; on a link preview, only the nights and the price of both directions."""
        return self._short_trip() if self.size is CardSize.LINK else self.content.trip

    def _short_trip(self) -> str:
        """Return the nights and, if it is known, the price of both directions."""
        trip, language = self.event.trip, self.language
        if trip is None:
            return ""
        total = trip_total(self.event.offer, trip, language)
        both = language.phrase("trip.both", price=total) if total else ""
        return "; ".join(filter(None, (language.count("nights", trip.nights), both)))


def split_evidence(evidence: str, label: str) -> tuple[str, str]:
    """Return the heading and the rest of the evidence for a price: its class, or a first clause that begins with it."""
    if not label:
        return "", evidence
    if evidence.startswith(f"{label}: "):
        return label, capitalized(evidence.removeprefix(f"{label}: "))
    heading, *rest = _CLAUSES.split(evidence, maxsplit=1)
    text = rest[0] if rest else ""
    return (heading, capitalized(text)) if heading.startswith(label) else (label, evidence)

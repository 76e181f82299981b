"""The card of an offer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from awardspider.delivery.messages.cards.blocks import Align, Badge, Cell, Row, Stack, Text
from awardspider.delivery.messages.cards.calendar_strip import CalendarStrip
from awardspider.delivery.messages.cards.canvas import Canvas
from awardspider.delivery.messages.cards.design import HERO, LARGE, NORMAL, SMALL, TITLE, Design
from awardspider.delivery.messages.cards.fonts import Weight
from awardspider.delivery.messages.cards.layout import Block, Section, arrange, draw_arranged
from awardspider.delivery.messages.cards.places import Place, Places
from awardspider.delivery.messages.cards.route_art import RouteArt
from awardspider.delivery.messages.cards.sizes import CardSize
from awardspider.delivery.messages.content import MessageContent, Tone
from awardspider.delivery.messages.events import OfferEvent
from awardspider.delivery.messages.flights import stops_text, times_text
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.text_limits import MAX_NAME_LENGTH, plain_text
from awardspider.programs import program_currency
from awardspider.values import capitalized

_STORY_CELLS, _OTHER_CELLS = 9, 7
_GAP = 30


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

    def parts(scale: float) -> _OfferParts:
        return _OfferParts(Design(frame, canvas.colors, scale), size, event, content, language)

    footer = parts(1.0).footer(link)
    gap = parts(1.0).design.px(_GAP)
    left, top, width, height = frame.margin, frame.top, frame.content_width, frame.content_height
    if size is CardSize.LINK:
        column_gap = frame.margin
        narrow = (width - column_gap) * 43 // 100
        wide = width - column_gap - narrow
        box = (left, top, wide, height)
        draw_arranged(canvas, arrange(lambda scale: parts(scale).link_left(), gap, wide, height), box)
        left, width = left + wide + column_gap, narrow
        build = lambda scale: parts(scale).link_right()
    else:
        build = lambda scale: parts(scale).story() if size is CardSize.STORY else parts(scale).feed()
    footer_height = footer.height(width)
    main = height - footer_height - gap
    draw_arranged(canvas, arrange(build, gap, width, main), (left, top, width, main))
    footer.draw(canvas, left, top + height - footer_height, width)


@dataclass(frozen=True, slots=True)
class _OfferParts:
    """The parts of the card of one offer in one scale."""

    design: Design
    size: CardSize
    event: OfferEvent
    content: MessageContent
    language: Language

    # ---- the order of the parts ----------------------------------------------------------------------------------

    def story(self) -> list[Section]:
        """Return the parts of a story from top to bottom."""
        return [
            Section(self._kicker()),
            Section(self._places(170, TITLE)),
            Section(self._price(HERO)),
            *self._facts(0),
            Section(self._calendar(_STORY_CELLS, SMALL + 2)),
            *self._cautions(),
            *self._evidence(),
            *self._details(),
        ]

    def feed(self) -> list[Section]:
        """Return the parts of a square post from top to bottom."""
        gap = self.design.px(24)
        price = Stack(blocks=(self._price(HERO * 0.72), *(each.block for each in self._facts(0))), gap=gap)
        evidence = [section.block for section in self._evidence()]
        reasons = Stack(blocks=(self._calendar(_OTHER_CELLS, SMALL - 4), *evidence), gap=gap)
        cells = (Cell(block=price), Cell(block=reasons))
        return [
            Section(self._kicker()),
            Section(self._places(116, TITLE * 0.9)),
            Section(Row(cells=cells, gap=self.design.px(40))),
            *self._cautions(),
            *self._details(),
        ]

    def link_left(self) -> list[Section]:
        """Return the parts of the left column of a link preview."""
        return [
            Section(self._kicker()),
            Section(self._places(100, TITLE * 0.86)),
            Section(self._price(HERO * 0.86)),
            *self._facts(0),
        ]

    def link_right(self) -> list[Section]:
        """Return the parts of the right column of a link preview above the source."""
        return [Section(self._calendar(_OTHER_CELLS, 26)), *self._cautions(),
            *self._evidence(), *self._details()]

    # ---- the parts -----------------------------------------------------------------------------------------------

    def footer(self, link: str | None) -> Block:
        """Return the program, the age and the link."""
        content = self.content
        return self.design.footer(content.program, content.seen, link)

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
        caption = capitalized(stops_text(offer, self.language))
        art = RouteArt(stops=stops, caption=caption, style=design.style(Weight.REGULAR, SMALL - 2), tall=design.px(tall))
        return Places(
            origin=self._place(offer.origin, self.event.origin_city),
            destination=self._place(offer.destination, self.event.destination_city),
            art=art,
            style=design.style(Weight.DISPLAY, size, 1.1),
            note_style=design.style(Weight.SEMIBOLD, NORMAL),
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
            chart = [design.text(fact.text, NORMAL, Weight.SEMIBOLD) for fact in self._chart()]
            return Stack(blocks=(heading, *chart), gap=design.px(6))
        digits = self.language.number(offer.miles)
        currency = self.language.price(offer.miles, program_currency(offer.program)).replace(digits, "", 1).strip()
        style = design.style(Weight.DISPLAY, size, 1.0)
        number = Text(text=digits, style=style, color=design.colors.text, smallest=style.size // 2)
        unit = design.text(f"{currency} {self._taxes()}".strip(), LARGE * 0.9, Weight.SEMIBOLD)
        notes = filter(None, (self._unknown_taxes(), content.price_note))
        blocks: list[Block] = [number, unit, design.muted(" · ".join(notes))]
        if content.previous_price:
            blocks.append(design.muted(content.previous_price))
        if content.party_total:
            blocks.append(design.muted(content.party_total))
        return Stack(blocks=tuple(blocks), gap=design.px(4))

    def _chart(self) -> Sequence[object]:
        return []

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
        """Return the evidence that the price is a deal."""
        design, content = self.design, self.content
        evidence = content.evidence if self.size is CardSize.STORY else content.short_evidence
        if not evidence:
            return []
        heading, text = split_evidence(evidence, content.label)
        bar = design.colors.deal if content.label else design.colors.line
        return [Section(design.panel(heading, [text] if text else [], bar), 1)]

    def _details(self) -> list[Section]:
        """Return the round trip, the promotion, the costs in points and the flights, as far as there is space."""
        design, content, offer = self.design, self.content, self.event.offer
        flights = " · ".join(filter(None, (plain_text(offer.flights, MAX_NAME_LENGTH), times_text(offer, self.language))))
        texts = ((content.trip, 2), (content.promotion, 3), (content.best_in_points, 4), (flights, 5))
        return [Section(design.muted(text), rank) for text, rank in texts if text]


def split_evidence(evidence: str, label: str) -> tuple[str, str]:
    """Return the heading and the rest of the evidence for a price: its class, or a first clause that begins with it."""
    if not label:
        return "", evidence
    if evidence.startswith(f"{label}: "):
        return label, capitalized(evidence.removeprefix(f"{label}: "))
    heading, _, text = evidence.partition("; ")
    return (heading, capitalized(text)) if heading.startswith(label) else (label, evidence)

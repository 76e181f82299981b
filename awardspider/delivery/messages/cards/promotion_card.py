"""The card of a promotion."""

from __future__ import annotations

from dataclasses import dataclass, replace

from awardspider.delivery.messages.cards.blocks import Align, Badge, Cell, Row, Stack, Text
from awardspider.delivery.messages.cards.canvas import Canvas
from awardspider.delivery.messages.cards.design import HERO, LARGE, NORMAL, SMALL, TITLE, Design
from awardspider.delivery.messages.cards.fonts import Weight, drawable
from awardspider.delivery.messages.cards.layout import Block, Section, draw_column
from awardspider.delivery.messages.cards.places import Place, Places
from awardspider.delivery.messages.cards.route_art import RouteArt
from awardspider.delivery.messages.cards.sizes import CardSize
from awardspider.delivery.messages.content import MessageContent
from awardspider.delivery.messages.events import Promotion
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.text_limits import MAX_NAME_LENGTH, plain_text

# The facts that are not shown: the watch is private, and the footer names the sources.
_HIDDEN_FACTS = ("label.watch", "label.confidence", "label.published")
_MOST_SOURCES = 40  # letters of the sources on a link preview; longer ones are only counted


def draw_promotion_card(
    canvas: Canvas,
    size: CardSize,
    event: Promotion,
    content: MessageContent,
    language: Language,
    link: str | None,
) -> None:
    """Draw the card of a promotion."""
    frame = canvas.frame
    parts = _PromotionParts(Design(frame, canvas.colors), size, event, content, language, link)
    left, top, width, height = frame.margin, frame.top, frame.content_width, frame.content_height
    if size is CardSize.LINK:
        wide = (width - frame.margin) * 57 // 100
        narrow = width - frame.margin - wide
        draw_column(canvas, parts.link_left, (left, top, wide, height))
        draw_column(canvas, parts.link_right, (left + width - narrow, top, narrow, height))
    else:
        draw_column(canvas, parts.page, (left, top, width, height))


@dataclass(frozen=True, slots=True)
class _PromotionParts:
    """The parts of the card of one promotion in one scale."""

    design: Design
    size: CardSize
    event: Promotion
    content: MessageContent
    language: Language
    link: str | None

    # ---- the order of the parts ----------------------------------------------------------------------------------

    def page(self, scale: float) -> list[Section]:
        """Return all parts of a story or a square post."""
        parts = self._at(scale)
        terms = parts._terms(HERO if self.size is CardSize.STORY else HERO * 0.7)
        partners = parts._partners(150 if self.size is CardSize.STORY else 90)
        if self.size is CardSize.FEED and terms and partners:
            cells = (Cell(block=terms[0].block, share=0.8), Cell(block=partners[0].block, share=1.2))
            row = Row(cells=cells, gap=parts.design.px(40), align=Align.CENTER)
            terms, partners = [Section(row)], []
        return [
            *parts._title(),
            *terms,
            *partners,
            *parts._days(),
            *parts._meaning(),
            *parts._facts(),
            self._footer(),
        ]

    def link_left(self, scale: float) -> list[Section]:
        """Return the left column of a link preview."""
        parts = self._at(scale)
        return [*parts._title(), *parts._terms(HERO * 0.8), *parts._days()]

    def link_right(self, scale: float) -> list[Section]:
        """Return the right column of a link preview."""
        parts = self._at(scale)
        return [*parts._partners(80), *parts._meaning(), *parts._facts(), self._footer()]

    def _at(self, scale: float) -> _PromotionParts:
        return replace(self, design=replace(self.design, scale=scale))

    # ---- the parts -----------------------------------------------------------------------------------------------

    def _title(self) -> list[Section]:
        """Return the kind and the title. The title is left out if the fonts have none of its letters."""
        design, content = self.design, self.content
        badges: list[Badge] = [design.accent_badge(content.kicker)]
        if content.caution:
            badges.append(design.warning_badge(content.caution))
        sections = [Section(design.badges(badges))]
        if any(char.isalnum() for char in drawable(content.headline)):
            sections.append(Section(design.heading(content.headline, TITLE, 4)))
        return sections

    def _terms(self, size: float) -> list[Section]:
        """Return the percentage or the price in large digits, and what it is."""
        design, terms = self.design, self.content.price
        if not terms:
            return []
        percent = self.language.percent(self.event.percent) if self.event.percent is not None else ""
        if percent not in terms or not percent:
            return [Section(design.heading(terms, size * 0.42, 2))]
        before, _, after = terms.partition(percent)
        digits = replace(design.heading(percent, size, 1), smallest=design.px(size * 0.5))
        lines: list[Block] = [design.text(before.strip(), LARGE * 0.9, Weight.SEMIBOLD)] if before.strip() else []
        lines.append(digits)
        if after.strip(" ·"):
            lines.append(design.text(after.strip(" ·"), LARGE * 0.9, Weight.SEMIBOLD))
        return [Section(Stack(blocks=tuple(lines), gap=design.px(2)))]

    @property
    def _has_partners(self) -> bool:
        return len(self.event.bank_names) == 1 and len(self.event.program_names) == 1

    def _partners(self, tall: float) -> list[Section]:
        """Return the bank and the program of a transfer bonus as a route, if there is one of each."""
        if not self._has_partners:
            return []
        design, event = self.design, self.event
        smallest = max(design.px(TITLE * 0.4), design.frame.least_text)
        return [
            Section(
                Places(
                    origin=Place(plain_text(event.bank_names[0], MAX_NAME_LENGTH)),
                    destination=Place(plain_text(event.program_names[0], MAX_NAME_LENGTH)),
                    caption="",
                    art=RouteArt(stops=(), style=design.style(Weight.SEMIBOLD, SMALL), tall=design.px(tall)),
                    style=design.style(Weight.DISPLAY, TITLE * 0.7, 1.15),
                    note_style=design.style(Weight.SEMIBOLD, NORMAL),
                    smallest=smallest,
                    color=design.colors.text,
                    gap=design.px(40),
                ),
                2,
            )
        ]

    def _days(self) -> list[Section]:
        design = self.design
        return [Section(design.text(self.content.date, NORMAL + 2, Weight.SEMIBOLD))] if self.content.date else []

    def _meaning(self) -> list[Section]:
        """Return what the percentage means."""
        design, meaning = self.design, self.content.short_evidence
        return [Section(design.panel("", meaning.split("; "), design.colors.deal), 1)] if meaning else []

    def _facts(self) -> list[Section]:
        """Return the banks, programs, routes and days of travel."""
        phrase = self.language.phrase
        hidden = {phrase(key) for key in _HIDDEN_FACTS}
        if self._has_partners:
            hidden |= {phrase("label.banks"), phrase("label.programs")}
        return [
            Section(self._fact(fact.label, fact.text), 2 + fact.rank)
            for fact in self.content.facts
            if fact.label not in hidden
        ]

    def _fact(self, label: str, text: str) -> Block:
        design = self.design
        words: Text = design.text(text, SMALL + 2)
        return Stack(blocks=(design.muted(label, SMALL - 2), words), gap=design.px(2))

    def _footer(self) -> Section:
        sources = next(
            (fact.text for fact in self.content.facts if fact.label == self.language.phrase("label.confidence")), ""
        )
        if self.size is CardSize.LINK and len(sources) > _MOST_SOURCES:
            sources = sources.partition(":")[0]
        return Section(self.design.footer(sources, self.content.seen, self.link))

"""The card of a digest: its first offers and promotions, and the number of the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from awardspider.delivery.messages.cards.blocks import Align, Cell, Dotted, Row, Ruled, Stack, Text
from awardspider.delivery.messages.cards.canvas import Canvas
from awardspider.delivery.messages.cards.design import NORMAL, SMALL, TITLE, Design
from awardspider.delivery.messages.cards.fonts import Weight
from awardspider.delivery.messages.cards.layout import Block, Builder, Section, draw_column, draw_first_fit
from awardspider.delivery.messages.cards.sizes import CardSize
from awardspider.delivery.messages.cards.text_layout import unbroken
from awardspider.delivery.messages.content import MessageContent
from awardspider.delivery.messages.digests import with_fewer_entries
from awardspider.delivery.messages.events import Digest, OfferEvent, Promotion
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.text_limits import truncate
from awardspider.items import AwardOfferItem, Detail
from awardspider.programs import program_currency
from awardspider.values import capitalized

_MOST_TITLE = 80  # letters of the title of a promotion in a list


def draw_digest_card(
    canvas: Canvas,
    size: CardSize,
    digest: Digest,
    content: MessageContent,
    language: Language,
    link: str | None,
    now: datetime,
    zone: tzinfo | None,
) -> None:
    """Draw the card of a digest."""
    frame = canvas.frame
    seen = language.seen(_oldest(digest), now, zone)
    parts = _DigestParts(Design(frame, canvas.colors), digest, content, language, link, seen)
    left, top, width, height = frame.margin, frame.top, frame.content_width, frame.content_height
    count = digest.entry_count
    if size is CardSize.LINK:
        narrow = (width - frame.margin) * 40 // 100
        draw_column(canvas, parts.summary, (left, top, narrow, height))
        left, width = left + narrow + frame.margin, width - narrow - frame.margin
        builders = [parts.list_of(shown, details=details) for shown, details in _versions(count)]
    else:
        builders = [parts.page_with(shown, details=details) for shown, details in _versions(count)]
    draw_first_fit(canvas, builders, (left, top, width, height))


def _versions(count: int) -> list[tuple[int, bool]]:
    """Return the number of entries, and whether they have details: all with details, all without, then ever fewer."""
    return [(count, True), *((shown, False) for shown in range(count, 0, -1))]


def _oldest(digest: Digest) -> datetime:
    """Return when the offer or promotion was seen that has not been seen for the longest time."""
    offers = [event.offer.seen_at for event in digest.offers]
    return min([*offers, *(event.seen_at for event in digest.promotions)], default=digest.created_at)


@dataclass(frozen=True, slots=True)
class _DigestParts:
    """The parts of the card of one digest in one scale."""

    design: Design
    digest: Digest
    content: MessageContent
    language: Language
    link: str | None
    seen: str

    # ---- the order of the parts ----------------------------------------------------------------------------------

    def summary(self, scale: float) -> list[Section]:
        """Return the left column of a link preview."""
        return [*self._at(scale)._header(), self._footer()]

    def list_of(self, count: int, *, details: bool) -> Builder:
        """Return the right column of a link preview with the first entries."""
        return lambda scale: [Section(self._at(scale)._entries(count, details=details))]

    def page_with(self, count: int, *, details: bool) -> Builder:
        """Return all parts with the first entries."""

        def build(scale: float) -> list[Section]:
            parts = self._at(scale)
            return [*parts._header(), Section(parts._entries(count, details=details)), self._footer()]

        return build

    def _at(self, scale: float) -> _DigestParts:
        return replace(self, design=replace(self.design, scale=scale))

    # ---- the parts -----------------------------------------------------------------------------------------------

    def _header(self) -> list[Section]:
        design, content = self.design, self.content
        sections = [
            Section(design.badges([design.accent_badge(content.kicker)])),
            Section(design.heading(content.headline, TITLE, 3)),
        ]
        note = unbroken(content.lead, content.remark.rstrip("."), separator=" · ")
        return [*sections, Section(design.muted(note))] if note else sections

    def _footer(self) -> Section:
        return Section(self.design.footer("", self.seen, self.link))

    def _entries(self, count: int, *, details: bool) -> Block:
        """Return the first entries with lines between them, and the number of the others."""
        design = self.design
        events = [*self.digest.offers, *self.digest.promotions]
        shown = with_fewer_entries(self.content, self.digest, self.language, count)
        blocks: list[Block] = [
            self._entry(event, entry, details=details) for event, entry in zip(events, shown.entries, strict=False)
        ]
        if shown.more:
            blocks.append(design.text(shown.more, SMALL + 2, Weight.SEMIBOLD))
        return Ruled(blocks=tuple(blocks), gap=design.px(28 if details else 22))

    def _entry(self, event: OfferEvent | Promotion, entry: MessageContent, *, details: bool) -> Block:
        design = self.design
        heading = Text(
            text=self._name(event, entry),
            style=design.style(Weight.BOLD, NORMAL, 1.2),
            color=design.colors.text,
            smallest=design.letters(SMALL),
            most_lines=1,
        )
        below: list[Block] = [self._facts(event, entry, details=details)]
        notes = (entry.caution, self._reason(entry), entry.best_in_points) if details else ()
        below += [design.muted(text, SMALL - 2) for text in notes if text]
        left = Stack(blocks=(heading, *below), gap=design.px(4))
        cells = (Cell(block=left, share=1.0), Cell(block=self._price(event, entry), share=0.52))
        return Row(cells=cells, gap=design.px(24))

    def _name(self, event: OfferEvent | Promotion, entry: MessageContent) -> str:
        """Return the cities of an offer, or the title of a promotion."""
        if isinstance(event, Promotion):
            return truncate(entry.headline, _MOST_TITLE)
        cities = ((event.offer.origin, event.origin_city), (event.offer.destination, event.destination_city))
        return " → ".join(self.language.city(code, city) if city else code for code, city in cities)

    def _facts(self, event: OfferEvent | Promotion, entry: MessageContent, *, details: bool) -> Block:
        """Return the caveat or the class of an entry with a dot in its color, then date, cabin and seats."""
        design, colors = self.design, self.design.colors
        caveat = self._caveat(event.offer, event.is_confirmed, details=details) if isinstance(event, OfferEvent) else ""
        text = unbroken(caveat or entry.label, *entry.date_cabin_and_seats.split(" · "), separator=" · ")
        dot = colors.warning if caveat else colors.deal if entry.label else None
        return Dotted(text=design.muted(text, SMALL - 2), dot=dot)

    def _caveat(self, offer: AwardOfferItem, is_confirmed: bool, *, details: bool) -> str:
        """Return the most important caveat in few words. The details have all of them."""
        phrase = self.language.phrase
        if not is_confirmed:
            return phrase("event.unconfirmed")
        if details:
            return ""
        if offer.detail is Detail.DAY and offer.miles is not None:
            return capitalized(phrase("short.day"))
        return capitalized(phrase("short.mixed")) if offer.mixed_cabin else ""

    def _reason(self, entry: MessageContent) -> str:
        """Return the evidence without the class, which is on the line above."""
        return entry.short_evidence.removeprefix(f"{entry.label}: ")

    def _price(self, event: OfferEvent | Promotion, entry: MessageContent) -> Block:
        """Return the miles, and the currency with the taxes below them; or the terms of a promotion."""
        design, miles = self.design, None if isinstance(event, Promotion) else event.offer.miles
        if isinstance(event, Promotion) or miles is None:
            return replace(design.text(entry.price, SMALL + 2, Weight.BOLD), align=Align.END)
        digits = self.language.number(miles)
        price = self.language.price(miles, program_currency(event.offer.program)).replace(digits, "", 1).strip()
        taxes = event.offer.taxes
        money = f"+ {self.language.money(taxes.amount, taxes.currency)}" if taxes else ""
        number = Text(
            text=digits,
            style=design.style(Weight.DISPLAY, NORMAL + 8, 1.1),
            color=design.colors.text,
            align=Align.END,
            smallest=design.letters(SMALL),
        )
        return Stack(blocks=(number, design.muted(unbroken(price, money), SMALL - 4, Align.END)), gap=design.px(2))

"""The type scale and the recurring parts of all cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from awardspider.delivery.messages.cards.blocks import Align, Badge, Badges, Cell, Panel, Row, Stack, Text
from awardspider.delivery.messages.cards.canvas import Canvas
from awardspider.delivery.messages.cards.fonts import Weight
from awardspider.delivery.messages.cards.layout import Block
from awardspider.delivery.messages.cards.palettes import Colors
from awardspider.delivery.messages.cards.qr_code import qr_code
from awardspider.delivery.messages.cards.sizes import Frame
from awardspider.delivery.messages.cards.text_layout import Lines, Style, fit

# Sizes of the type scale, in pixels of a story. Other cards scale them.
HERO, TITLE, LARGE, NORMAL, SMALL = 200, 68, 46, 36, 30

_MOST_LINK_LETTERS = 48


@dataclass(frozen=True, slots=True)
class Design:
    """The sizes and colors of one card. `scale` makes everything smaller so that the card fits."""

    frame: Frame
    colors: Colors
    scale: float = 1.0

    def px(self, size: float) -> int:
        """Return a size of the design in pixels of this card."""
        return max(round(size * self.frame.scale * self.scale), 1)

    def letters(self, size: float) -> int:
        """Return a size of text, which does not get too small to read."""
        return max(self.px(size), self.frame.least_text)

    def style(self, weight: Weight, size: float, leading: float = 1.25) -> Style:
        """Return a text style."""
        return Style(weight, self.letters(size), leading)

    def text(self, text: str, size: float = NORMAL, weight: Weight = Weight.REGULAR) -> Text:
        """Return text in the color of text, which wraps."""
        return Text(text=text, style=self.style(weight, size), color=self.colors.text)

    def muted(self, text: str, size: float = SMALL, align: Align = Align.START) -> Text:
        """Return text in the color of less important text, which wraps."""
        return Text(text=text, style=self.style(Weight.REGULAR, size), color=self.colors.muted, align=align)

    def heading(self, text: str, size: float, most_lines: int) -> Text:
        """Return a heading that gets smaller, down to 60%, to fit into some lines."""
        style = self.style(Weight.DISPLAY, size, 1.12)
        smallest = max(round(style.size * 0.6), self.frame.least_text)
        return Text(text=text, style=style, color=self.colors.text, smallest=smallest, most_lines=most_lines)

    def badges(self, badges: Sequence[Badge], size: float = SMALL) -> Badges:
        """Return badges beside each other."""
        return Badges(badges=tuple(badges), style=self.style(Weight.BOLD, size, 1.2))

    def plain_badge(self, text: str) -> Badge:
        """Return a badge for a fact without a meaning of its own."""
        return Badge(text=text, color=self.colors.text, fill=self.colors.surface, border=self.colors.line)

    def deal_badge(self, text: str) -> Badge:
        """Return a badge for a deal."""
        return Badge(text=text, color=self.colors.on_deal, fill=self.colors.deal)

    def warning_badge(self, text: str) -> Badge:
        """Return a badge for a caveat."""
        return Badge(text=text, color=self.colors.on_warning, fill=self.colors.warning)

    def accent_badge(self, text: str) -> Badge:
        """Return a badge for the kind of a message."""
        return Badge(text=text, color=self.colors.on_accent, fill=self.colors.accent)

    def panel(self, heading: str, lines: Sequence[str], bar: str) -> Panel:
        """Return a panel with a heading, if any, and lines of text."""
        blocks: list[Block] = [self.text(heading, NORMAL, Weight.BOLD)] if heading else []
        blocks += [self.text(line, SMALL + 2) for line in lines]
        return Panel(
            block=Stack(blocks=tuple(blocks), gap=self.px(6)), padding=self.px(26), radius=self.px(20), bar=bar
        )

    def footer(self, name: str, seen: str, link: str | None) -> Block:
        """Return the source, the age, and the link as text and QR code."""
        blocks: list[Block] = []
        if name:
            style = self.style(Weight.BOLD, NORMAL)
            smallest = self.frame.least_text
            blocks.append(Text(text=name, style=style, color=self.colors.text, smallest=smallest, most_lines=2))
        blocks.append(self.muted(seen))
        if link:
            style = self.style(Weight.SEMIBOLD, SMALL)
            blocks.append(LinkText(link=link, style=style, smallest=self.frame.least_text * 4 // 5))
        words = Stack(blocks=tuple(blocks), gap=self.px(8))
        code = qr_code(link, max(self.px(240), 192))
        if code is None:
            return words
        return Row(cells=(Cell(block=words), Cell(block=code, width=code.side)), gap=self.px(32), align=Align.END)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkText:
    """A link in one line, or its host and its path in two."""

    link: str
    style: Style
    smallest: int

    def height(self, width: int) -> int:
        """Return the height of the lines."""
        return sum(lines.height for lines in self._lines(width))

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the lines."""
        for lines in self._lines(width):
            for text in lines.texts:
                canvas.text(x, y, text, lines.style, canvas.colors.accent)
                y += lines.style.line_height

    def _lines(self, width: int) -> list[Lines]:
        text = link_text(self.link)
        line = fit(text, self.style, width, smallest=self.smallest)
        host, slash, path = text.partition("/")
        if len(line.texts) < 2 or not path:
            return [line]
        return [fit(part, self.style, width, smallest=self.smallest) for part in (host, slash + path)]


def link_text(link: str) -> str:
    """Return a link without its scheme, or only its host if it is long."""
    text = link.partition("://")[2].removeprefix("www.").rstrip("/")
    return text if len(text) <= _MOST_LINK_LETTERS else text.partition("/")[0]

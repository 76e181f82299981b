"""The general blocks of cards: text, badges, panels, and blocks beside and above each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from awardspider.delivery.messages.cards.canvas import Canvas
from awardspider.delivery.messages.cards.fonts import drawable, text_width
from awardspider.delivery.messages.cards.layout import Block, stack_height
from awardspider.delivery.messages.cards.text_layout import Lines, Style, fit

_SEPARATORS = " ·\u00a0"  # not shown at the end of a line


class Align(Enum):
    """The horizontal or vertical place of a block in the space that it has, as the part of the space before it."""

    START = 0.0
    CENTER = 0.5
    END = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Text in as many lines as it needs, or in the largest size at which it fits into `most_lines`."""

    text: str
    style: Style
    color: str
    align: Align = Align.START
    smallest: int | None = None
    most_lines: int = 1

    def height(self, width: int) -> int:
        """Return the height of all lines."""
        return self.lines(width).height

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the lines."""
        lines = self.lines(width)
        for number, text in enumerate(lines.texts):
            line = text.rstrip(_SEPARATORS)
            spare = width - text_width(line, lines.style.weight, lines.style.size)
            canvas.text(
                x + spare * self.align.value, y + number * lines.style.line_height, line, lines.style, self.color
            )

    def lines(self, width: int) -> Lines:
        """Return the lines for a width."""
        smallest = self.style.size if self.smallest is None else min(self.smallest, self.style.size)
        return fit(self.text, self.style, width, smallest=smallest, most_lines=self.most_lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A short text on a filled shape, or with a border if `border` is a color."""

    text: str
    color: str
    fill: str
    border: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Badges:
    """Badges beside each other, in several lines if necessary."""

    badges: tuple[Badge, ...]
    style: Style

    def height(self, width: int) -> int:
        """Return the height of all lines."""
        lines = len(self._lines(width))
        return lines * self._badge_height + max(lines - 1, 0) * self._gap

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the badges."""
        for line in self._lines(width):
            left = x
            for badge, badge_width in line:
                radius = self._badge_height // 2
                canvas.panel(left, y, badge_width, self._badge_height, radius, badge.fill, badge.border)
                text = Text(
                    text=badge.text,
                    style=self.style,
                    color=badge.color,
                    align=Align.CENTER,
                    smallest=self.style.size // 2,
                )
                inner = badge_width - 2 * self._padding
                space = self._badge_height - text.height(inner + 2)
                text.draw(canvas, left + self._padding - 1, y + space // 2, inner + 2)
                left += badge_width + self._gap
            y += self._badge_height + self._gap

    @property
    def _badge_height(self) -> int:
        return round(self.style.size * 1.75)

    @property
    def _padding(self) -> int:
        return round(self.style.size * 0.7)

    @property
    def _gap(self) -> int:
        return round(self.style.size * 0.45)

    def _lines(self, width: int) -> list[list[tuple[Badge, int]]]:
        lines: list[list[tuple[Badge, int]]] = []
        left = width + 1
        for badge in self.badges:
            letters = text_width(drawable(badge.text), self.style.weight, self.style.size)
            badge_width = min(round(letters) + 2 * self._padding, width)
            if left + badge_width > width:
                lines.append([])
                left = 0
            lines[-1].append((badge, badge_width))
            left += badge_width + self._gap
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Blocks above each other."""

    blocks: tuple[Block, ...]
    gap: int = 0

    def height(self, width: int) -> int:
        """Return the height of the blocks with the gaps between them."""
        return stack_height(self.blocks, self.gap, width)

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the blocks."""
        for block in self.blocks:
            block.draw(canvas, x, y, width)
            y += block.height(width) + self.gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A block of a row. Its width is fixed, or a share of what the fixed widths leave."""

    block: Block
    width: int | None = None
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Blocks beside each other."""

    cells: tuple[Cell, ...]
    gap: int = 0
    align: Align = Align.START

    def height(self, width: int) -> int:
        """Return the height of the tallest block."""
        return max(cell.block.height(part) for cell, part in zip(self.cells, self._widths(width), strict=True))

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the blocks."""
        height = self.height(width)
        for cell, part in zip(self.cells, self._widths(width), strict=True):
            spare = height - cell.block.height(part)
            cell.block.draw(canvas, x, y + round(spare * self.align.value), part)
            x += part + self.gap

    def _widths(self, width: int) -> list[int]:
        fixed = sum(cell.width for cell in self.cells if cell.width is not None)
        left = width - fixed - self.gap * (len(self.cells) - 1)
        shares = sum(cell.share for cell in self.cells if cell.width is None)
        return [int(left * cell.share / shares) if cell.width is None else cell.width for cell in self.cells]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A block on a surface of its own, with a bar in a color on its left side if it has one."""

    block: Block
    padding: int
    radius: int
    bar: str | None = None

    def height(self, width: int) -> int:
        """Return the height of the block with the padding."""
        return self.block.height(width - 2 * self.padding - self._bar_width) + 2 * self.padding

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the surface and the block."""
        height, colors = self.height(width), canvas.colors
        canvas.panel(x, y, width, height, self.radius, colors.surface, colors.line)
        bar = self._bar_width
        if self.bar:
            canvas.panel(x + self.padding, y + self.padding, bar // 3, height - 2 * self.padding, bar // 6, self.bar)
        self.block.draw(canvas, x + self.padding + bar, y + self.padding, width - 2 * self.padding - bar)

    @property
    def _bar_width(self) -> int:
        return self.padding * 3 // 4 if self.bar else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """Blocks above each other with a thin line between them, in the middle of the gap."""

    blocks: tuple[Block, ...]
    gap: int

    def height(self, width: int) -> int:
        """Return the height of the blocks with the gaps between them."""
        return stack_height(self.blocks, self.gap, width)

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the blocks and the lines."""
        for number, block in enumerate(self.blocks):
            if number:
                canvas.rectangle(x, y - self.gap // 2 - 1, width, 2, canvas.colors.line)
            block.draw(canvas, x, y, width)
            y += block.height(width) + self.gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Dotted:
    """Text with a dot before it, if the dot has a color."""

    text: Text
    dot: str | None

    def height(self, width: int) -> int:
        """Return the height of the text."""
        return self.text.height(width - self._indent)

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the dot in the middle of the first line, and the text."""
        self.text.draw(canvas, x + self._indent, y, width - self._indent)
        if self.dot:
            radius = self.text.style.size * 0.24
            canvas.circle((x + radius, y + self.text.style.line_height / 2), radius, self.dot)

    @property
    def _indent(self) -> int:
        return round(self.text.style.size * 0.75) if self.dot else 0

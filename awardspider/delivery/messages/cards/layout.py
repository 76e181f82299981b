"""A small layout engine: blocks that are stacked, put side by side, and made to fit a card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from awardspider.delivery.messages.cards.canvas import Canvas

# Scales that are tried before a section is dropped, and those for the sections that always stay.
_SCALES = (1.0, 0.95, 0.9, 0.86)
_LAST_SCALES = (0.8, 0.74, 0.68, 0.62, 0.56, 0.5)
# A gap may grow to this multiple of its height if there is space.
_MOST_GROWTH = 2.2


class Block(Protocol):
    """A part of a card. Its height follows from the width that it gets."""

    def height(self, width: int) -> int:
        """Return the height in pixels."""

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the block with its top left corner at (x, y)."""


@dataclass(frozen=True, slots=True)
class Section:
    """A block of a card. The sections with the highest `rank` are dropped first if not all fit; 0 always stays."""

    block: Block
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The sections that fit, and the height of the gap between them, which may be below its usual height."""

    sections: tuple[Section, ...]
    gap: int

    def height(self, width: int) -> int:
        """Return the height of the sections with the gaps between them."""
        return stack_height([section.block for section in self.sections], self.gap, width)


def arrange(build: Callable[[float], Sequence[Section]], gap: int, width: int, height: int) -> Arrangement:
    """Return the sections that fit into the height, in the largest scale.

    `build` returns the sections in a scale. The text is made a little smaller first; then sections are dropped.
    """
    most = max((section.rank for section in build(1.0)), default=0)
    for rank in range(most, -1, -1):
        for scale in _SCALES if rank else (*_SCALES, *_LAST_SCALES):
            sections = tuple(section for section in build(scale) if section.rank <= rank)
            found = Arrangement(sections, round(gap * scale))
            if found.height(width) <= height:
                return found
    return found


def draw_arranged(canvas: Canvas, arranged: Arrangement, box: tuple[int, int, int, int]) -> None:
    """Draw the sections into a box (left, top, width and height); the gaps grow, and what is left goes below."""
    left, top, width, height = box
    gaps = len(arranged.sections) - 1
    spare = height - arranged.height(width)
    gap = arranged.gap + min(spare / gaps, arranged.gap * (_MOST_GROWTH - 1)) if gaps else 0
    y = float(top)
    for section in arranged.sections:
        section.block.draw(canvas, left, round(y), width)
        y += section.block.height(width) + gap


def stack_height(blocks: Sequence[Block], gap: int, width: int) -> int:
    """Return the height of blocks above each other."""
    return sum(block.height(width) for block in blocks) + gap * max(len(blocks) - 1, 0)

"""A small layout engine: blocks that are stacked, put side by side, and made to fit a card."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from awardspider.delivery.messages.cards.canvas import Canvas

# Scales for all sections, those that are tried before a section is dropped, and those for what always stays.
_LARGE_SCALES = (1.24, 1.16, 1.08)
_SCALES = (1.0, 0.95, 0.9, 0.86)
_LAST_SCALES = (0.8, 0.74, 0.68, 0.62, 0.56, 0.5)
_GAP = 30  # between sections, in pixels of a story
# A gap may grow to this multiple of its height if there is space.
_MOST_GROWTH = 3.0


class Block(Protocol):
    """A part of a card. Its height follows from the width that it gets."""

    def height(self, width: int) -> int:
        """Return the height in pixels."""

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the block with its top left corner at (x, y)."""


@dataclass(frozen=True, slots=True)
class Section:
    """A block of a card. The sections with the highest `rank` are dropped first if not all fit; 0 always stays.

    A section with a `shorter` block is replaced by it instead.
    """

    block: Block
    rank: int = 0
    shorter: Block | None = None

    def at_rank(self, rank: int) -> Section | None:
        """Return the section in a version without the sections of higher ranks."""
        if self.rank <= rank:
            return self
        return Section(self.shorter) if self.shorter else None


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The sections that fit, and the height of the gap between them, which may be below its usual height."""

    sections: tuple[Section, ...]
    gap: int

    def height(self, width: int) -> int:
        """Return the height of the sections with the gaps between them."""
        return stack_height([section.block for section in self.sections], self.gap, width)


Box = tuple[int, int, int, int]


#: Returns the sections of a column in a scale.
Builder = Callable[[float], Sequence[Section]]


def draw_column(canvas: Canvas, build: Builder, box: Box) -> None:
    """Draw as many sections as fit into a box: left, top, width and height."""
    draw_arranged(canvas, arrange(ranked(build), round(_GAP * canvas.frame.scale), box[2], box[3]), box)


def draw_first_fit(canvas: Canvas, builders: Sequence[Builder], box: Box) -> None:
    """Draw the first version that fits into a box, or the last one in a scale at which it fits."""
    draw_arranged(canvas, arrange(builders, round(_GAP * canvas.frame.scale), box[2], box[3]), box)


def ranked(build: Builder) -> list[Builder]:
    """Return the versions of a column: all sections, then without those of the highest rank, and so on."""
    ranks = sorted({section.rank for section in build(1.0)} | {0}, reverse=True)

    def version(rank: int) -> Builder:
        return lambda scale: [kept for section in build(scale) if (kept := section.at_rank(rank))]

    return [version(rank) for rank in ranks]


def arrange(builders: Sequence[Builder], gap: int, width: int, height: int) -> Arrangement:
    """Return the first version that fits into the height, in the largest scale.

    All text of the first version gets larger if there is space. It is made a little smaller before the next version is
    tried; that of the last one gets as small as necessary.
    """
    for scale in _LARGE_SCALES:
        if found := _fitting(builders[0], scale, gap, width, height):
            return found
    # A version with fewer sections is never taller, so the first one that fits in the smallest scale is searched for.
    first = bisect_left(
        builders[:-1], True, key=lambda build: _fitting(build, _SCALES[-1], gap, width, height) is not None
    )
    build = builders[first]
    for scale in (*_SCALES, *_LAST_SCALES):
        if found := _fitting(build, scale, gap, width, height):
            return found
    return Arrangement(tuple(build(_LAST_SCALES[-1])), round(gap * _LAST_SCALES[-1]))


def _fitting(build: Builder, scale: float, gap: int, width: int, height: int) -> Arrangement | None:
    """Return a version in a scale, or None if it does not fit."""
    found = Arrangement(tuple(build(scale)), round(gap * scale))
    return found if found.height(width) <= height else None


def draw_arranged(canvas: Canvas, arranged: Arrangement, box: Box) -> None:
    """Draw the sections into a box. The gaps grow; what is left goes above the last section, which is at the bottom."""
    left, top, width, height = box
    gaps = len(arranged.sections) - 1
    spare = height - arranged.height(width)
    gap = arranged.gap + min(spare / gaps, arranged.gap * (_MOST_GROWTH - 1)) if gaps else 0
    y = float(top)
    for section in arranged.sections[:-1]:
        section.block.draw(canvas, left, round(y), width)
        y += section.block.height(width) + gap
    last = arranged.sections[-1].block
    last.draw(canvas, left, top + height - last.height(width), width)


def stack_height(blocks: Sequence[Block], gap: int, width: int) -> int:
    """Return the height of blocks above each other."""
    return sum(block.height(width) for block in blocks) + gap * max(len(blocks) - 1, 0)

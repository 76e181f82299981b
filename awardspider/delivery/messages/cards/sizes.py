"""The sizes of cards and the areas in which their text may be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CardSize(StrEnum):
    """The sizes of a card, named for where it is shown."""

    STORY = "story"
    LINK = "link"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The pixels of a card. The content stays within the margins.

    `scale` multiplies all sizes of the design, and `least_text` is the smallest height of letters in pixels.
    """

    width: int
    height: int
    margin: int
    top: int
    bottom: int
    scale: float
    least_text: int

    @property
    def content_width(self) -> int:
        """The width between the margins."""
        return self.width - 2 * self.margin

    @property
    def content_height(self) -> int:
        """The height between the margins."""
        return self.height - self.top - self.bottom


# Snapchat and Instagram show their own controls on the top and the bottom 250 pixels of a story.
_FRAMES = {
    CardSize.STORY: Frame(width=1080, height=1920, margin=72, top=256, bottom=256, scale=1.0, least_text=26),
    CardSize.FEED: Frame(width=1080, height=1080, margin=64, top=60, bottom=60, scale=0.94, least_text=24),
    CardSize.LINK: Frame(width=1200, height=630, margin=56, top=48, bottom=48, scale=0.8, least_text=20),
}


def frame_of(size: CardSize) -> Frame:
    """Return the pixels of a size."""
    return _FRAMES[size]

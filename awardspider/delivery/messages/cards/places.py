"""The two places of a route, in the same type size, with the drawing of the route above them."""

from __future__ import annotations

from dataclasses import dataclass

from awardspider.delivery.messages.cards.blocks import Align, Text
from awardspider.delivery.messages.cards.canvas import Canvas
from awardspider.delivery.messages.cards.fonts import drawable, text_width
from awardspider.delivery.messages.cards.route_art import RouteArt
from awardspider.delivery.messages.cards.text_layout import Style, fit

_MOST_LINES = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A place with a short line below its name, such as the code of an airport."""

    name: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The place on the left and the place on the right below the drawing of the route.

    `caption` is between the notes of the places.
    """

    origin: Place
    destination: Place
    caption: str
    art: RouteArt
    style: Style
    note_style: Style
    color: str
    smallest: int
    gap: int

    def height(self, width: int) -> int:
        """Return the height of the drawing and of the longer name."""
        origin, destination = self._names(width)
        widths = self._widths(width)
        names = max(origin.height(widths[0]), destination.height(widths[1]))
        return self.art.tall + self.gap // 2 + names + self._note_height()

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the route and the names."""
        self.art.draw(canvas, x, y, width)
        below = y + self.height(width) - self._note_height()
        y += self.art.tall + self.gap // 2
        for place, name, part in zip(self._both, self._names(width), self._widths(width), strict=True):
            left = x if name.align is Align.START else x + width - part
            name.draw(canvas, left, y, part)
            self._note(place.note, name.align, canvas).draw(canvas, x, below, width)
        inner = width * 2 // 3
        self._note(self.caption, Align.CENTER, canvas).draw(canvas, x + (width - inner) // 2, below, inner)

    def _names(self, width: int) -> tuple[Text, Text]:
        """Return both names in the larger size at which both fit."""
        parts = zip(self._both, self._widths(width), strict=True)
        size = min(
            fit(place.name, self.style, part, smallest=self.smallest, most_lines=_MOST_LINES).style.size
            for place, part in parts
        )
        style = Style(self.style.weight, size, self.style.leading)
        return (
            Text(text=self.origin.name, style=style, color=self.color),
            Text(text=self.destination.name, style=style, color=self.color, align=Align.END),
        )

    @property
    def _both(self) -> tuple[Place, Place]:
        return self.origin, self.destination

    def _note_height(self) -> int:
        return self.note_style.line_height if any((self.caption, *(place.note for place in self._both))) else 0

    def _note(self, text: str, align: Align, canvas: Canvas) -> Text:
        smallest = self.note_style.size // 2
        return Text(text=text, style=self.note_style, color=canvas.colors.muted, align=align, smallest=smallest)

    def _widths(self, width: int) -> tuple[int, int]:
        """Divide the width: half for each name, or less for one that needs less."""
        half = (width - self.gap) // 2
        needed = [
            round(text_width(drawable(place.name), self.style.weight, self.style.size)) + 2 for place in self._both
        ]
        if needed[0] <= half:
            return max(needed[0], half * 2 // 3), width - self.gap - max(needed[0], half * 2 // 3)
        if needed[1] <= half:
            return width - self.gap - max(needed[1], half * 2 // 3), max(needed[1], half * 2 // 3)
        return half, half

"""The drawing of a route: an arc from one place to the other with an airplane and the stops."""

from __future__ import annotations

import math
from dataclasses import dataclass

from awardspider.delivery.messages.cards.canvas import Canvas, Point
from awardspider.delivery.messages.cards.fonts import text_width
from awardspider.delivery.messages.cards.text_layout import Style

# The outline of the upper half of an airplane that flies to the right, from nose to tail, as parts of half its length.
_OUTLINE = (
    (1.0, 0.0), (0.93, 0.08), (0.78, 0.115), (0.3, 0.12), (-0.22, 0.86), (-0.42, 0.86), (-0.16, 0.12), (-0.62, 0.1),
    (-0.84, 0.36), (-1.0, 0.36), (-0.88, 0.0),
)  # fmt: skip
_STEPS = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteArt:
    """An arc between two dots. `stops` are the codes of connecting airports."""

    stops: tuple[str, ...]
    style: Style
    tall: int

    def height(self, width: int) -> int:
        """Return the height of the arc."""
        return self.tall

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the arc, the dots at its ends, the stops and the airplane."""
        colors = canvas.colors
        dot, thickness = max(self.tall // 16, 7), max(self.tall // 36, 3)
        plane = max(self.tall // 6, 18)
        arc = _Arc(x + dot, x + width - dot, y + self.tall - dot, y + plane)
        at = self._plane_place()
        gap = 1.35 * plane / (width - 2 * dot)
        lines = [arc.points(0.0, at - gap), arc.points(at + gap, 1.0)]
        box = (x, y, width, self.tall)
        canvas.shapes(box, colors.line, lines=lines, thickness=thickness)
        canvas.shapes(box, colors.accent, polygons=[arc.plane(at, plane)])
        for number, code in enumerate(self.stops, 1):
            center = arc.at(number / (len(self.stops) + 1))
            canvas.circle(center, dot * 0.85, colors.accent)
            canvas.circle(center, dot * 0.45, colors.background)
            letters = text_width(code, self.style.weight, self.style.size)
            canvas.text(center[0] - letters / 2, center[1] + dot, code, self.style, colors.muted)
        for center in (arc.at(0.0), arc.at(1.0)):
            canvas.circle(center, dot, colors.accent)

    def _plane_place(self) -> float:
        """Return the place of the airplane, from 0 to 1: in the middle of the arc, or of the leg before it."""
        count = len(self.stops)
        return 0.5 if count % 2 == 0 else 0.5 - 0.5 / (count + 1)


@dataclass(frozen=True, slots=True)
class _Arc:
    """A parabola between two points of one height."""

    left: float
    right: float
    base: float
    apex: float

    def at(self, place: float) -> Point:
        rise = (self.base - self.apex) * 4 * place * (1 - place)
        return self.left + (self.right - self.left) * place, self.base - rise

    def points(self, first: float, last: float) -> list[Point]:
        return [self.at(first + (last - first) * step / _STEPS) for step in range(_STEPS + 1)]

    def plane(self, place: float, half: float) -> list[Point]:
        """Return the outline of an airplane on the arc, turned in the direction of the flight."""
        center_x, center_y = self.at(place)
        slope = -(self.base - self.apex) * 4 * (1 - 2 * place) / (self.right - self.left)
        turn = math.atan(slope)
        outline = [*_OUTLINE, *((across, -up) for across, up in reversed(_OUTLINE[1:-1]))]
        return [
            (
                center_x + half * (across * math.cos(turn) - up * math.sin(turn)),
                center_y + half * (across * math.sin(turn) + up * math.cos(turn)),
            )
            for across, up in outline
        ]

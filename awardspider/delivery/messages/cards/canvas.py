"""The image of a card, with smooth shapes and text."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from enum import StrEnum

from PIL import Image, ImageDraw

from awardspider.delivery.messages.cards.fonts import font
from awardspider.delivery.messages.cards.palettes import Colors
from awardspider.delivery.messages.cards.sizes import Frame
from awardspider.delivery.messages.cards.text_layout import Style

Point = tuple[float, float]

_SMOOTH = 4  # shapes are drawn this much larger, then reduced
# Distances from the baseline of Inter, as parts of the em.
_ASCENT, _DESCENT = 0.96875, 0.2412
_JPEG_QUALITY = 92


class ImageFormat(StrEnum):
    """The file formats of cards."""

    PNG = "png"
    JPEG = "jpeg"


class Canvas:
    """An image that blocks draw on. Coordinates are pixels from the top left corner."""

    def __init__(self, frame: Frame, colors: Colors) -> None:
        self.frame = frame
        self.colors = colors
        self._image = _background(frame.width, frame.height, colors).copy()
        self._draw = ImageDraw.Draw(self._image)

    def text(self, x: float, y: float, text: str, style: Style, color: str) -> None:
        """Draw one line of text in a line box whose top left corner is (x, y)."""
        space = style.line_height - (_ASCENT + _DESCENT) * style.size
        baseline = y + space / 2 + _ASCENT * style.size
        self._draw.text((round(x), round(baseline)), text, fill=color, font=font(style.weight, style.size), anchor="ls")

    def rectangle(self, x: int, y: int, width: int, height: int, color: str) -> None:
        """Fill a rectangle."""
        self._draw.rectangle((x, y, x + width - 1, y + height - 1), fill=color)

    def panel(
        self, x: int, y: int, width: int, height: int, radius: int, color: str, border: str | None = None
    ) -> None:
        """Fill a rectangle with round corners, with a border of two pixels if it has a color."""
        if border:
            self.panel(x, y, width, height, radius, border)
            self.panel(x + 2, y + 2, width - 4, height - 4, max(radius - 2, 0), color)
            return
        self._image.paste(color, (x, y, x + width, y + height), _panel_mask(width, height, radius))

    def circle(self, center: Point, radius: float, color: str) -> None:
        """Fill a circle."""
        side = round(radius * 2)
        x, y = round(center[0] - radius), round(center[1] - radius)
        self.panel(x, y, side, side, side // 2, color)

    def shapes(
        self,
        box: tuple[int, int, int, int],
        color: str,
        *,
        polygons: Sequence[Sequence[Point]] = (),
        lines: Sequence[Sequence[Point]] = (),
        thickness: float = 0,
    ) -> None:
        """Draw polygons and lines with smooth edges. All points are within `box`: left, top, width and height."""
        left, top, width, height = box
        mask = Image.new("L", (width * _SMOOTH, height * _SMOOTH))
        draw = ImageDraw.Draw(mask)
        for points in polygons:
            draw.polygon(_scaled(points, left, top), fill=255)
        for points in lines:
            draw.line(_scaled(points, left, top), fill=255, width=round(thickness * _SMOOTH), joint="curve")
        smooth = mask.reduce(_SMOOTH)
        self._image.paste(color, (left, top, left + width, top + height), smooth)

    def encode(self, image_format: ImageFormat) -> bytes:
        """Return the image as a file."""
        buffer = io.BytesIO()
        if image_format is ImageFormat.JPEG:
            self._image.save(buffer, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
        else:
            self._image.save(buffer, "PNG", compress_level=6)
        return buffer.getvalue()


def _scaled(points: Sequence[Point], left: int, top: int) -> list[Point]:
    return [((x - left) * _SMOOTH, (y - top) * _SMOOTH) for x, y in points]


@functools.lru_cache(maxsize=256)
def _panel_mask(width: int, height: int, radius: int) -> Image.Image:
    """Return the mask of a rectangle with round corners. Only the corners are drawn large and reduced."""
    mask = Image.new("L", (width, height), 255)
    radius = min(radius, width // 2, height // 2)
    if radius <= 0:
        return mask
    side = radius * 2
    large = Image.new("L", (side * _SMOOTH, side * _SMOOTH))
    ImageDraw.Draw(large).ellipse((0, 0, side * _SMOOTH - 1, side * _SMOOTH - 1), fill=255)
    circle = large.reduce(_SMOOTH)
    right, bottom = width - radius, height - radius
    for x, y, left, top in (
        (0, 0, 0, 0),
        (right, 0, radius, 0),
        (0, bottom, 0, radius),
        (right, bottom, radius, radius),
    ):
        mask.paste(circle.crop((left, top, left + radius, top + radius)), (x, y))
    return mask


@functools.lru_cache(maxsize=16)
def _background(width: int, height: int, colors: Colors) -> Image.Image:
    """Return the background: a gradient, and circles in the top right corner."""
    gradient = Image.linear_gradient("L").resize((width, height))
    image = Image.composite(
        Image.new("RGB", (width, height), colors.background_end),
        Image.new("RGB", (width, height), colors.background),
        gradient,
    )
    side = min(width, height)
    for radius, opacity in ((side * 46 // 100, 120), (side * 30 // 100, 255)):
        mask = Image.new("L", (radius * 2, radius * 2))
        ImageDraw.Draw(mask).ellipse((0, 0, radius * 2 - 1, radius * 2 - 1), fill=opacity)
        image.paste(colors.glow, (width - radius - side // 12, -radius + side // 12), mask)
    return image

"""The QR code of a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import segno

from awardspider.delivery.messages.cards.canvas import Canvas

_QUIET_ZONE = 4  # modules around the code that must be empty
_DARK, _LIGHT = "#000000", "#ffffff"
# A camera at arm's length needs modules of this many pixels on a screen.
_LEAST_MODULE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class QrCode:
    """The QR code of a link in black on a white square, whatever the palette, because some cameras need that."""

    modules: tuple[tuple[bool, ...], ...]
    side: int

    def height(self, width: int) -> int:
        """Return the side of the square."""
        return self.side

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the square and the modules."""
        count = len(self.modules)
        module = self.side // (count + 2 * _QUIET_ZONE)
        offset = (self.side - module * count) // 2
        canvas.panel(x, y, self.side, self.side, module * 2, _LIGHT)
        for row, line in enumerate(self.modules):
            for column, is_dark in enumerate(line):
                if is_dark:
                    canvas.rectangle(x + offset + column * module, y + offset + row * module, module, module, _DARK)


def qr_code(link: str | None, side: int) -> QrCode | None:
    """Return the code of a link, or None without a link and for one that is too long to be read from the square."""
    if not link:
        return None
    try:
        code: Any = segno.make_qr(link, error="l", boost_error=True)
    except segno.DataOverflowError:
        return None
    modules = tuple(tuple(bool(module) for module in row) for row in code.matrix)
    if side // (len(modules) + 2 * _QUIET_ZONE) < _LEAST_MODULE:
        return None
    return QrCode(modules=modules, side=side)

"""The QR code of a link."""

from __future__ import annotations

import functools
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
    module: int

    @property
    def side(self) -> int:
        """The side of the square in pixels."""
        return self.module * (len(self.modules) + 2 * _QUIET_ZONE)

    def height(self, width: int) -> int:
        """Return the side of the square."""
        return self.side

    def draw(self, canvas: Canvas, x: int, y: int, width: int) -> None:
        """Draw the square and the modules."""
        module, offset = self.module, self.module * _QUIET_ZONE
        canvas.panel(x, y, self.side, self.side, module * 2, _LIGHT)
        for row, line in enumerate(self.modules):
            for column, is_dark in enumerate(line):
                if is_dark:
                    canvas.rectangle(x + offset + column * module, y + offset + row * module, module, module, _DARK)


def qr_code(link: str | None, most: int) -> QrCode | None:
    """Return the code of a link in a square of at most `most` pixels.

    Return None without a link, and for a link that is too long to be read from such a square.
    """
    modules = _modules(link) if link else ()
    module = most // (len(modules) + 2 * _QUIET_ZONE)
    return QrCode(modules=modules, module=module) if modules and module >= _LEAST_MODULE else None


@functools.lru_cache(maxsize=64)
def _modules(link: str) -> tuple[tuple[bool, ...], ...]:
    """Return the modules of the code, row by row; none if the link is longer than any code."""
    try:
        code: Any = segno.make_qr(link, error="l", boost_error=True)
    except segno.DataOverflowError:
        return ()
    return tuple(tuple(bool(module) for module in row) for row in code.matrix)

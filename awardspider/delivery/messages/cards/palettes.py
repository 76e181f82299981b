"""The three color palettes of cards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# sRGB, see https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
_LINEAR_BELOW = 0.04045
_WEIGHTS = (0.2126, 0.7152, 0.0722)


class Palette(StrEnum):
    """The palettes: dark text on white, light text on dark gray-blue, and white text on blue."""

    LIGHT = "light"
    DARK = "dark"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Colors:
    """The colors of a palette as `#rrggbb`.

    The background runs from `background` at the top to `background_end`. `surface` is the color of panels and
    `line` that of their borders, which has no text. The fills of badges carry text in the color with the prefix `on_`:
    `accent` is neutral, `deal` stands for a deal, and `warning` for a caveat.
    """

    background: str
    background_end: str
    glow: str
    surface: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    deal: str
    on_deal: str
    warning: str
    on_warning: str

    @property
    def text_pairs(self) -> tuple[tuple[str, str], ...]:
        """Each color of text with each color that may be behind it."""
        behind = (self.background, self.background_end, self.glow, self.surface)
        return (
            *((color, below) for color in (self.text, self.muted, self.accent) for below in behind),
            (self.on_accent, self.accent),
            (self.on_deal, self.deal),
            (self.on_warning, self.warning),
        )


_COLORS = {
    Palette.LIGHT: Colors(
        background="#f6f8fb",
        background_end="#e9eef6",
        glow="#dfe8f6",
        surface="#ffffff",
        line="#c9d3e2",
        text="#10192b",
        muted="#48556b",
        accent="#1456c8",
        on_accent="#ffffff",
        deal="#0b6b43",
        on_deal="#ffffff",
        warning="#8a4b00",
        on_warning="#ffffff",
    ),
    Palette.DARK: Colors(
        background="#0f1726",
        background_end="#0a101c",
        glow="#1a2740",
        surface="#1b2538",
        line="#3a4862",
        text="#f4f7fc",
        muted="#b3c0d6",
        accent="#7fb2ff",
        on_accent="#0a1424",
        deal="#57d9a0",
        on_deal="#062317",
        warning="#ffc46b",
        on_warning="#2b1a00",
    ),
    Palette.BLUE: Colors(
        background="#0f3d91",
        background_end="#0a2a68",
        glow="#164aa8",
        surface="#0c3380",
        line="#4a76c4",
        text="#ffffff",
        muted="#d3e1fb",
        accent="#ffd166",
        on_accent="#1d1500",
        deal="#8df0bd",
        on_deal="#052b18",
        warning="#ffb86b",
        on_warning="#2b1500",
    ),
}


def colors_of(palette: Palette) -> Colors:
    """Return the colors of a palette."""
    return _COLORS[palette]


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colors by WCAG 2.2, from 1 to 21."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    channels = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = (
        channel / 12.92 if channel <= _LINEAR_BELOW else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels
    )
    return sum(weight * channel for weight, channel in zip(_WEIGHTS, linear, strict=True))

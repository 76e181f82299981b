"""Output to stdout with rich: fitted to the terminal, without spaces at the ends of lines."""

from __future__ import annotations

import os

from rich.console import Console, RenderableType


def print_fitted(content: RenderableType, *, width: int, markup: bool = True) -> None:
    """Print content; `width` applies if stdout is no terminal and COLUMNS is not set. `markup` is that of rich."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = width
    with console.capture() as captured:
        console.print(content, markup=markup)
    for line in captured.get().splitlines():
        print(line.rstrip())

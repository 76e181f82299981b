"""The static files: style sheets, scripts and fonts, with addresses that change with their contents."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_CACHED = "public, max-age=31536000, immutable"
_CHECKED = "no-cache"


class VersionedFiles(StaticFiles):
    """The folder `static`. A file whose address has a version is cached for a year, others are checked each time."""

    def __init__(self) -> None:
        super().__init__(packages=[("awardspider.panel", "static")])

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the response for a file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = _CACHED if scope["query_string"].startswith(b"v=") else _CHECKED
        return response


def static_url(path: str) -> str:
    """Return the address of a static file such as `css/base.css`. Raise KeyError if there is none."""
    return f"/static/{path}?v={_versions()[path]}"


@cache
def _versions() -> Mapping[str, str]:
    return dict(_hashes(files("awardspider.panel").joinpath("static"), ""))


def _hashes(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    hashes: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            hashes += _hashes(entry, f"{prefix}{entry.name}/")
        else:
            hashes.append((f"{prefix}{entry.name}", hashlib.sha256(entry.read_bytes()).hexdigest()[:12]))
    return hashes

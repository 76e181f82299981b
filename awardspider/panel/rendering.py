"""Pages from templates: the Jinja2 environment, and what every template can use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from awardspider import __version__
from awardspider.panel.access import Visitor
from awardspider.panel.auth.csrf import FORM_FIELD, FormToken
from awardspider.panel.configuration import config_of
from awardspider.panel.formats import Formats
from awardspider.panel.htmx import is_htmx_request
from awardspider.panel.navigation import navigation
from awardspider.panel.preferences import preferences_of
from awardspider.panel.static_files import static_url
from awardspider.panel.texts import Texts


@cache
def template_environment() -> Environment:
    """Return the environment of all templates."""
    environment = Environment(
        loader=PackageLoader("awardspider.panel"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {"static": static_url, "version": __version__, "query_string": query_string}
    return environment


def render(request: Request, visitor: Visitor, template: str, /, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Return the response with a page. Templates get `t` (texts), `fmt` (formats), `visitor`, `navigation` and more."""
    config = config_of(request)
    preferences = preferences_of(request, config.settings)
    fmt, texts = formats_and_texts(request)
    token = FormToken(request)
    values = {
        "t": texts,
        "fmt": fmt,
        "language": preferences.language,
        "theme": preferences.theme,
        "visitor": visitor,
        "navigation": navigation(request.url.path, visitor),
        "path": request.url.path,
        "notice": request.query_params.get("notice", ""),
        "is_sandbox": bool(config.sandbox_url),
        "csrf": token,
        "csrf_field": lambda: Markup('<input type="hidden" name="{}" value="{}">').format(FORM_FIELD, str(token)),
        "is_fragment": is_htmx_request(request),
    }
    return HTMLResponse(template_environment().get_template(template).render(values | context), status_code=status)


def formats_and_texts(request: Request) -> tuple[Formats, Texts]:
    """Return the formats and texts of a page in the language and time zone of the visitor."""
    config = config_of(request)
    preferences = preferences_of(request, config.settings)
    return Formats(preferences.language, config.now(), preferences.zone), Texts(preferences.language)


def query_string(values: Mapping[str, Any], **changes: Any) -> str:
    """Return a query string of the values with changes, beginning with `?`; None and empty values are left out."""
    pairs: list[tuple[str, str]] = []
    for key, value in {**values, **changes}.items():
        values_of_key = value if isinstance(value, list | tuple) else [value]
        pairs += [(key, str(each)) for each in values_of_key if each not in (None, "")]
    return f"?{urlencode(pairs)}" if pairs else "?"

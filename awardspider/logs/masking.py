"""Secrets that no log may contain, and the replacement of their occurrences in a text."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit
from urllib.request import getproxies_environment

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

#: The text that replaces a secret.
MASK = "***"

#: Shorter texts are not masked: they would also occur in ordinary words.
MIN_LENGTH = 6

#: Parts of an address, such as the token in its path, are masked from this length.
MIN_PART_LENGTH = 12

#: Settings and variables whose value is a secret, an address with a secret, or several of them separated by spaces.
_SECRET_NAMES = re.compile(
    r"AWARD_\w*(_KEY|_SECRET|_TOKEN|_PASSWORD|HEALTH_URL)|AWARD_WEBHOOKS|SCRAPYD_PASSWORD|PGPASSWORD"
)

#: Secrets that are recognized by their place: the password of a URL, and the credentials of a header.
_PLACES = re.compile(
    r"(?P<url>\b[a-z][a-z0-9+.-]*://[^\s/:@'\"]*:)[^\s/@'\"]+(?=@)"
    r"|(?P<header>\b(?:Bearer|Basic|Token)\s+)(?=\S*\d)[A-Za-z0-9._~+/=-]{12,}",
    re.IGNORECASE,
)

_ESCAPE = re.compile("%[0-9A-F]{2}")

_lock = Lock()
_secrets: set[str] = set()
_pattern: re.Pattern[str] | None = None


def add_secret(text: str) -> None:
    """Mask a secret in all later log records. Of an address, the parts that can be secret are masked too."""
    global _pattern
    found = {form for part in _parts(text.strip()) for form in _forms(part)}
    with _lock:
        if not found <= _secrets:
            _secrets.update(found)
            longest_first = sorted(_secrets, key=lambda secret: (-len(secret), secret))
            _pattern = re.compile("|".join(map(re.escape, longest_first)))


def add_configured_secrets(settings: Mapping[str, Any] | BaseSettings) -> None:
    """Mask the secrets in the settings and in the environment: keys, passwords, addresses of webhooks, proxies."""
    for text in _configured(settings):
        add_secret(text)


def is_secret_name(name: str) -> bool:
    """Return whether the value of a setting or variable is a secret, or contains one in a place of its own."""
    return _SECRET_NAMES.fullmatch(name) is not None


def mask(text: str) -> str:
    """Return a text in which each known secret, the password of a URL and the credentials of a header are `***`."""
    if _pattern is not None:
        text = _pattern.sub(MASK, text)
    if "://" in text or " " in text:
        text = _PLACES.sub(lambda match: (match["url"] or match["header"]) + MASK, text)
    return text


def _configured(settings: Mapping[str, Any] | BaseSettings) -> Iterator[str]:
    named = {name: value for name, value in os.environ.items() if _SECRET_NAMES.fullmatch(name)}
    named |= {name: settings[name] for name in settings if _SECRET_NAMES.fullmatch(name) and settings[name]}
    for value in named.values():
        for word in str(value).split():
            yield word
            name, equals, address = word.partition("=")
            if equals and name.isidentifier():  # AWARD_WEBHOOKS
                yield address
    yield from (settings.get("AWARD_KEYS") or {}).values()
    scrapyds = re.split(
        r"[\s,]+", f"{settings.get('AWARD_SCRAPYD_URL') or ''},{settings.get('AWARD_SCRAPYD_HOSTS') or ''}"
    )
    for url in (settings.get("AWARD_DATABASE_URL"), *getproxies_environment().values(), *scrapyds):
        if url and (password := _password(str(url))):
            yield password
    user, password = os.environ.get("SCRAPYD_USERNAME", ""), os.environ.get("SCRAPYD_PASSWORD", "")
    if password:
        yield base64.b64encode(f"{user}:{password}".encode()).decode()


def _password(url: str) -> str:
    try:
        return urlsplit(url if "://" in url else f"http://{url}").password or ""
    except ValueError:
        return ""


def _parts(text: str) -> Iterable[str]:
    """Return a secret and, if it is an address, the parts of it that can be secret."""
    if len(text) < MIN_LENGTH:
        return []
    parts = [text]
    if "://" in text:
        try:
            url = urlsplit(text)
        except ValueError:
            return parts
        values = [value for _, value in parse_qsl(url.query)]
        long_parts = [*url.path.split("/"), *values, *url.netloc.rpartition("@")[0].split(":"), url.fragment]
        if url.scheme not in ("http", "https"):  # a host is part of the secret in some addresses of Apprise
            long_parts.append(url.netloc)
        parts += [part for part in long_parts if len(part) >= MIN_PART_LENGTH]
        if url.password and len(url.password) >= MIN_LENGTH:
            parts.append(url.password)
    return parts


def _forms(secret: str) -> set[str]:
    """Return the forms in which a secret occurs in texts: as it is, in URLs, in JSON, and in the notation of Python."""
    forms = set()
    for text in (secret, unquote(secret)):
        quoted = {quote(text, safe=""), quote(text), quote_plus(text)}
        in_json = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], text.replace("/", "\\/")}
        forms |= {text, *quoted, *map(_with_lower_escapes, quoted), *in_json, json.dumps(json.dumps(text))[3:-3]}
        forms |= {repr(text)[1:-1], repr(text.encode(errors="replace"))[2:-1]}
    return {form for form in forms if len(form) >= MIN_LENGTH}


def _with_lower_escapes(text: str) -> str:
    return _ESCAPE.sub(lambda match: match[0].lower(), text)

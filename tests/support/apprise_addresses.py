"""Addresses of every Apprise service that connects to a host of the operator, built from the service's templates."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from apprise import Apprise
    from apprise.manager_plugins import NotificationManager

# Values for the tokens of a template, tried in this order.
_SAMPLES = (
    "abcdef1234567890abcdef",
    *("a" * length for length in (1, 8, 16, 20, 22, 32, 36, 40, 64)),
    *("1" * length for length in (1, 6, 10, 11, 16, 18)),
    "AAHdqTcvCH1vGWJxfSeofSAs",
    "+15551234567",
    "me@example.com",
    "8d9d1f5a-1111-4222-8333-444455556666",
)
_FIXED = {"port": "8080", "path": "/", "fullpath": "/", "from_phone": "15551234567", "target_phone": "15551234568"}
# Options that name a second host: the service, the option and the rest of the address.
_OPTIONS = (
    ("mailto", "user:password@example.com/?smtp={host}"),
    ("mailtos", "user:password@example.com/?smtp={host}"),
    ("mailtos", "user:password@gmail.com/?smtp={host}"),
)


def addresses_with_host(host: str) -> Iterator[tuple[str, str]]:
    """Yield a service and an address that connects to `host`, for each service that has one and accepts the address."""
    services = NotificationManager()
    services.load_modules()
    for service in services.plugins():
        for template in service.templates if service.enabled else ():
            address = _fill(service, template, host)
            if "{host}" in template and Apprise.instantiate(address, suppress_exceptions=True) is not None:
                yield service.__name__, address
    for scheme, rest in _OPTIONS:
        yield scheme, f"{scheme}://{rest.format(host=host)}"


def _fill(service: Any, template: str, host: str) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name == "schema":
            schemes = service.protocol or service.secure_protocol
            return schemes if isinstance(schemes, str) else str(next(iter(schemes)))
        return host if name == "host" else _sample(service.template_tokens, name)

    return re.sub(r"\{(\w+)\}", value, template)


def _sample(tokens: Any, name: str) -> str:
    token = tokens.get(name, {})
    kind = str(token.get("type", "string"))
    if kind.startswith("list"):
        group = [other for other in token.get("group", ()) if other in tokens]
        return _sample(tokens, group[0]) if group else "abc"
    if kind.startswith("choice"):
        return str(next(iter(token["values"])))
    if name in _FIXED:
        return _FIXED[name]
    pattern, *flags = token.get("regex") or (".*",)
    matching = re.compile(pattern, re.IGNORECASE if "i" in flags else 0)
    return str(token.get("prefix") or "") + next((text for text in _SAMPLES if matching.match(text)), "abc")

"""Webhooks: each event as one JSON object, signed as in Standard Webhooks, for Make, Zapier and other programs.

Statuses are interpreted as described in sinks.md, sections 3.1, 3.3, 3.5 and 7. Only 2xx is success. Any other status,
including 4xx, is retried on the schedule: Make returns 400 if its queue is full, and Zapier expects a retry after every
status but 200. After 401 or 403 (wrong key) or 410 (removed endpoint), the channel is also paused, so that messages do
not use up their attempts before the operator acts.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import ClassVar
from urllib.parse import urlsplit

import msgspec

from awardspider.delivery.channels.addresses import Address, check_public, parse_allowed_hosts, parse_webhook_url
from awardspider.delivery.channels.base import (
    ChannelConfig,
    ChannelContext,
    DeliveryReport,
    Message,
    retry,
    sent,
    unknown,
)
from awardspider.delivery.channels.event_channel import EventChannel
from awardspider.delivery.channels.timeouts import MAX_SECONDS, parse_timeout
from awardspider.delivery.channels.webhook.http_post import NoResponse, Response, post
from awardspider.delivery.channels.webhook.signing import parse_secret, safe_id, signed_headers
from awardspider.delivery.messages.events import AnyEvent, Digest
from awardspider.delivery.messages.payloads import event_payload
from awardspider.outcomes import InvalidArgument
from awardspider.storage.channels import RateLimit

#: The largest payload that Standard Webhooks recommends.
MAX_BYTES = 20_000
# The fields of a digest with its entries.
_ENTRIES = ("offers", "promotions")
#: The field that names the shortened fields.
SHORTENED = "shortened"

_HEADER = "header."
_RESERVED_HEADERS = re.compile(
    r"webhook-.*|host|connection|content-.*|transfer-encoding|accept-encoding|user-agent|expect|te|trailer|upgrade"
)
_TIMEOUT = 20.0  # Standard Webhooks: 15 to 30
_SHORT_TEXT = 120  # characters; an event fits if none of its texts is longer
_MAX_RETRY_AFTER = 3600.0  # seconds
_MAX_NOTE = 2048  # characters
_MIN_TOKEN = 8  # characters: a shorter part of the address is not a token

_HINTS = {
    401: "the recipient requires a valid key; see the options header.NAME",
    403: "the recipient refuses access; see the options header.NAME",
    410: "the endpoint was removed; give the channel a new address",
}


class WebhookChannel(EventChannel):
    """A channel to one HTTP address. The `webhook-id` header is the message's key, so the recipient can deduplicate."""

    kind = "webhook"
    idempotent = True
    rate_limit = RateLimit(calls=30, seconds=1.0)  # Make accepts 300 in 10 seconds, Zapier about 30 a second
    max_call_seconds = 90.0
    options: ClassVar = {
        "header.NAME": "an extra header, such as header.x-make-apikey; its value may be a secret",
        "timeout": f"seconds for the request and its response, 1 to {MAX_SECONDS:g}; default {_TIMEOUT:g}",
        **EventChannel.options,
    }

    def __init__(self, config: ChannelConfig, context: ChannelContext) -> None:
        super().__init__(config, context)
        self._signers = [parse_secret(secret) for secret in config.secrets]
        self._timeout = parse_timeout(config, _TIMEOUT)
        self._target = _target(config, context)
        # A contact name with non-ASCII characters must not break the request.
        user_agent = context.user_agent.encode("ascii", "replace").decode()
        self._headers = _extra_headers(config) | {
            "Content-Type": "application/json",
            "User-Agent": " ".join(user_agent.split()),
            "Accept": "*/*",
            "Accept-Encoding": "identity",  # the note quotes the body without decompressing it
            "Connection": "close",
        }

    @classmethod
    def check(cls, config: ChannelConfig, context: ChannelContext) -> None:
        """Raise InvalidArgument for an invalid or private address, an invalid secret or an invalid option."""
        for secret in config.secrets:
            parse_secret(secret)
        cls.check_texts(config)
        parse_timeout(config, _TIMEOUT)
        _extra_headers(config)
        address = _address(config, context)
        if not context.sandbox_url:
            check_public(address)

    def text(self, event: AnyEvent, message: Message) -> str:
        """Return the JSON of the request."""
        return msgspec.json.format(payload(event, self.locale, self.zone(message), message.share_link)).decode()

    def send(self, event: AnyEvent, message: Message) -> DeliveryReport:
        """Send one POST."""
        body = payload(event, self.locale, self.zone(message), message.share_link)
        now = self.context.now()
        headers = self._headers | signed_headers(self._signers, safe_id(message.key), now, body)
        response = post(self._target, body, headers, seconds=self._timeout)
        if isinstance(response, NoResponse):
            return (unknown if response.sent else retry)(self._redact(response.reason))
        return self._report(response, now)

    def _report(self, response: Response, now: datetime) -> DeliveryReport:
        note = self._redact(f"{response.status} {response.reason} {response.text}")
        if 200 <= response.status < 300:
            return sent(note, self._provider_id(response.text))
        if 300 <= response.status < 400:
            note = f"redirects are not followed; give the channel the final address: {note}"
        elif hint := _HINTS.get(response.status):
            return retry(f"{hint}: {note}", pauses=True)
        return retry(note, parse_retry_after(response.retry_after, now))

    def _provider_id(self, text: str) -> str | None:
        """Return the id in a response: Zapier's `request_id`, or `id`."""
        try:
            decoded = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return None
        for name in ("request_id", "id"):
            found = decoded.get(name) if isinstance(decoded, dict) else None
            if isinstance(found, str | int) and not isinstance(found, bool):
                return self._redact(str(found))[:200] or None
        return None

    def _redact(self, text: str) -> str:
        """Return the text as a note: at most _MAX_NOTE characters, with secrets and long address parts masked."""
        text = self.config.redact(text)
        url = urlsplit(self.config.address)
        tokens = [part for part in re.split(r"[/?&=#]", f"{url.path}?{url.query}") if len(part) >= _MIN_TOKEN]
        for token in sorted(tokens, key=len, reverse=True):
            text = text.replace(token, "***")
        return text[:_MAX_NOTE]


def payload(event: AnyEvent, locale: str = "en", zone: tzinfo | None = None, share_link: str = "") -> bytes:
    """Return the event as JSON of at most MAX_BYTES.

    If a digest is too long, its last entries are dropped and counted in `more` and `more_promotions`. If that is not
    enough, or for any other event, long texts and lists are shortened, longest first, and long links are removed;
    `shortened` lists the affected fields.
    """
    body = event_payload(event, locale=locale, zone=zone, share_link=share_link)
    encoded = msgspec.json.encode(body)
    while isinstance(event, Digest) and len(encoded) > MAX_BYTES and event.entry_count > 1:
        kept = max(1, min(event.entry_count - 1, event.entry_count * MAX_BYTES // len(encoded)))
        event = event.first(kept)
        body = event_payload(event, locale=locale, zone=zone, share_link=share_link)
        encoded = msgspec.json.encode(body)
    parts = [body, *(entry for name in _ENTRIES for entry in body.get(name, ()))]
    while len(encoded) > MAX_BYTES:
        sizes = [
            (len("".join(value)), name, part)
            for part in parts
            for name, value in part.items()
            if name not in (*_ENTRIES, SHORTENED, "share_link") and isinstance(value, str | list)
        ]
        length, name, part = max(sizes, key=lambda size: size[0])
        if length <= _SHORT_TEXT:
            break
        part[name] = _shorten(part[name], name)
        part[SHORTENED] = list(dict.fromkeys([*part.get(SHORTENED, ()), name]))
        encoded = msgspec.json.encode(body)
    return encoded


def _shorten(value: str | list[str], name: str) -> str | list[str] | None:
    """Return a field's shortened text or list. A link is removed, because half a link is useless."""
    if isinstance(value, list):
        return value[: len(value) // 2] if len(value) > 1 else [f"{value[0][: _SHORT_TEXT - 1]}…"]
    if name == "booking_link":
        return None
    return "" if name == "link" else f"{value[: _SHORT_TEXT - 1]}…"


def parse_retry_after(text: str, now: datetime) -> float | None:
    """Parse a Retry-After header (a number or a date): return seconds, at most an hour, or None if it is invalid."""
    text = text.strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return min(float(text), _MAX_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # OverflowError: a year with eleven digits
        return None
    if until.tzinfo is None:  # the zone is "-0000", which means UTC
        until = until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), _MAX_RETRY_AFTER)


def _address(config: ChannelConfig, context: ChannelContext) -> Address:
    return parse_webhook_url(config.address, parse_allowed_hosts(context.settings.get("AWARD_ALLOW_PRIVATE_HOSTS", "")))


def _target(config: ChannelConfig, context: ChannelContext) -> Address:
    """Return the address to post to: the channel's, or the sandbox's with the channel's host as first path segment."""
    address = _address(config, context)
    if not context.sandbox_url:
        return address
    url = urlsplit(address.url)
    query = f"?{url.query}" if url.query else ""
    target = f"{context.sandbox_url.rstrip('/')}/{address.host}{url.path or '/'}{query}"
    sandbox = urlsplit(target)
    port = sandbox.port or (443 if sandbox.scheme == "https" else 80)
    return replace(address, url=target, host=sandbox.hostname or "", port=port, private_allowed=True)


def _extra_headers(config: ChannelConfig) -> dict[str, str]:
    """Return the headers set by options. Raise InvalidArgument for an invalid header; the message omits its value."""
    headers: dict[str, str] = {}
    for option, value in config.options.items():
        if option == "timeout" or option in EventChannel.options:
            continue
        name = option.removeprefix(_HEADER).lower()
        if name == option.lower():
            raise InvalidArgument(f"unknown option {option!r} of kind webhook; use {', '.join(WebhookChannel.options)}")
        if not re.fullmatch(r"[a-z0-9!#$%&'*+.^_`|~-]+", name) or _RESERVED_HEADERS.fullmatch(name):
            raise InvalidArgument(f"option {option!r}: this header cannot be set")
        if not re.fullmatch(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?", value):
            raise InvalidArgument(
                f"option {option}: the value must be printable ASCII in one line, without leading or trailing spaces"
            )
        headers[name] = value
    return headers

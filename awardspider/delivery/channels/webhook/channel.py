"""Webhooks: each event as one JSON object, signed after Standard Webhooks, for Make, Zapier and anything else.

What an answer means is from sinks.md sections 3.1, 3.3, 3.5 and 7. Only 2xx is success. Everything else is tried again
on the schedule, 4xx too: Make says 400 for a full queue, and Zapier asks for another try after anything but 200. Where
trying again cannot help until somebody does something (401 and 403: the key is wrong; 410: the endpoint is gone) the
channel pauses as well, so that nothing runs out of tries meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec

from awardspider.delivery.channels.addresses import Address, allowed_hosts, check_public, read_address
from awardspider.delivery.channels.base import (
    Channel,
    ChannelConfig,
    Message,
    Pace,
    Result,
    Surroundings,
    later,
    never,
    sent,
    unknown,
)
from awardspider.delivery.channels.timeouts import MOST_SECONDS, timeout_of
from awardspider.delivery.channels.webhook.http_post import Answer, NoAnswer, post
from awardspider.delivery.channels.webhook.signing import read_secret, safe_id, signed_headers
from awardspider.delivery.messages.events import Event, flat, read_event
from awardspider.outcomes import InvalidArgument

MOST_BYTES = 20_000  # what Standard Webhooks suggests as the most
SHORTENED = "shortened"  # the field that names what had to be shortened

_HEADER = "header."
_OURS = re.compile(
    r"webhook-.*|host|connection|content-.*|transfer-encoding|accept-encoding|user-agent|expect|te|trailer|upgrade"
)
_TIMEOUT = 20.0  # Standard Webhooks: 15 to 30
_LONG_TEXT = 120  # characters: so short that all texts of an event together fit
_LONGEST_WAIT = 3600.0  # of a Retry-After
_NOTED = 2048  # characters of an answer
_SECRET_PART = 8  # characters from which on a part of the address's path may be its token

_HINTS = {
    401: "the far side wants a key, or another one; see the options header.NAME",
    403: "the far side refuses us; see the options header.NAME",
    410: "the endpoint is gone for good; give the channel a new address",
}


class WebhookChannel(Channel):
    """Posts to one address. `webhook-id` is the message's key, by which the far side can drop what it had already."""

    kind = "webhook"
    keeps_keys = True
    pace = Pace(most=30, seconds=1.0)  # Make takes 300 in 10 seconds, Zapier about 30 a second
    lasts_seconds = 90.0
    options: ClassVar = {
        "header.NAME": "an extra header, such as header.x-make-apikey; its value may be a secret",
        "timeout": f"seconds for the whole exchange, 1 to {MOST_SECONDS:g}; {_TIMEOUT:g} when left out",
    }

    def __init__(self, config: ChannelConfig, surroundings: Surroundings) -> None:
        super().__init__(config, surroundings)
        self._keys = [read_secret(secret) for secret in config.secrets]
        self._timeout = timeout_of(config, _TIMEOUT)
        self._target = _target(config, surroundings)
        # Not even the contact in the user agent may break a request.
        agent = surroundings.user_agent.encode("ascii", "replace").decode()
        self._headers = _extra_headers(config) | {
            "Content-Type": "application/json",
            "User-Agent": " ".join(agent.split()),
            "Accept": "*/*",
            "Accept-Encoding": "identity",  # the answer is noted as it comes
            "Connection": "close",
        }

    @classmethod
    def check(cls, config: ChannelConfig, surroundings: Surroundings) -> None:
        """Raise BadArgument for an address, a secret or an option that cannot be, and for private networks."""
        for secret in config.secrets:
            read_secret(secret)
        timeout_of(config, _TIMEOUT)
        _extra_headers(config)
        address = _address(config, surroundings)
        if not surroundings.sandbox_url:
            check_public(address)

    def deliver(self, messages: Sequence[Message]) -> list[Result]:
        """One POST for each message."""
        return [self._deliver(message) for message in messages]

    def _deliver(self, message: Message) -> Result:
        try:
            body = payload(read_event(message.body))
        except msgspec.ValidationError as error:
            return never(f"this is no event that we know: {error}")
        now = self.surroundings.now()
        headers = signed_headers(self._keys, safe_id(message.key), int(now.timestamp()), body)
        answer = post(self._target, body, self._headers | headers, seconds=self._timeout)
        if isinstance(answer, NoAnswer):
            return unknown(self._clean(answer.why)) if answer.sent else later(self._clean(answer.why))
        return self._result(answer, now)

    def _result(self, answer: Answer, now: datetime) -> Result:
        note = self._clean(f"{answer.status} {answer.reason} {answer.text}")
        if 200 <= answer.status < 300:
            return sent(note, self._far_id(answer.text))
        if 300 <= answer.status < 400:
            note = f"redirects are not followed; give the address that it leads to: {note}"
        elif hint := _HINTS.get(answer.status):
            return later(f"{hint}: {note}", pauses=True)
        return later(note, wait_asked(answer.headers.get("Retry-After", ""), now))

    def _far_id(self, text: str) -> str | None:
        """The id in an answer: Zapier's `request_id`, or a plain `id`."""
        try:
            answer = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return None
        for name in ("request_id", "id"):
            found = answer.get(name) if isinstance(answer, dict) else None
            if isinstance(found, str | int) and not isinstance(found, bool):
                return self._clean(str(found))[:200] or None
        return None

    def _clean(self, text: str) -> str:
        """A text for a note: one line without secrets, parts of the address's path included, and not too long."""
        text = self.config.clean(text)
        parts = urlsplit(self.config.address)
        tokens = [part for part in re.split(r"[/?&=#]", f"{parts.path}?{parts.query}") if len(part) >= _SECRET_PART]
        for token in sorted(tokens, key=len, reverse=True):
            text = text.replace(token, "***")
        printable = "".join(letter if letter.isprintable() else " " for letter in text)
        return " ".join(printable.split())[:_NOTED]


def payload(event: Event) -> bytes:
    """The event as JSON of at most MOST_BYTES.

    A digest that is longer loses its last offers, which then count as `more`. Where that is not enough, and in an event
    of another kind, long texts are cut, the longest first, links left out, and `shortened` names those fields.
    """
    body = flat(event)
    encoded = msgspec.json.encode(body)
    offers = body.get("offers", [])
    while len(encoded) > MOST_BYTES and len(offers) > 1:
        offers.pop()
        body["more"] += 1
        encoded = msgspec.json.encode(body)
    parts = [body, *offers]
    while len(encoded) > MOST_BYTES:
        texts = [(len(text), name, part) for part in parts for name, text in part.items() if isinstance(text, str)]
        length, name, part = max(texts, key=lambda text: text[0])
        if length <= _LONG_TEXT:
            break
        part[name] = _cut(part, name)
        part[SHORTENED] = "; ".join(filter(None, (part.get(SHORTENED), name)))
        encoded = msgspec.json.encode(body)
    return encoded


def _cut(part: dict[str, Any], name: str) -> str | None:
    """A text of an event in short. Half a link leads nowhere, so of a link nothing is left."""
    if name == "booking_link":
        return None
    return "" if name == "link" else f"{part[name][: _LONG_TEXT - 1]}…"


def wait_asked(retry_after: str, now: datetime) -> float | None:
    """Seconds that a Retry-After (seconds, or a date) asks for, at most an hour; None where it says nothing."""
    text = retry_after.strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return min(float(text), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a year of eleven digits is the latter
        return None
    if until.tzinfo is None:  # "-0000": UTC, from where it is not said
        until = until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), _LONGEST_WAIT)


def _address(config: ChannelConfig, surroundings: Surroundings) -> Address:
    return read_address(config.address, allowed_hosts(surroundings.settings.get("AWARD_ALLOW_PRIVATE_HOSTS", "")))


def _target(config: ChannelConfig, surroundings: Surroundings) -> Address:
    """Where to post: the channel's address, or the sandbox with the host as the first part of the path."""
    address = _address(config, surroundings)
    if not surroundings.sandbox_url:
        return address
    parts = urlsplit(address.url)
    query = f"?{parts.query}" if parts.query else ""
    url = f"{surroundings.sandbox_url.rstrip('/')}/{address.host}{parts.path or '/'}{query}"
    return replace(address, url=url, private_allowed=True)


def _extra_headers(config: ChannelConfig) -> dict[str, str]:
    """The headers among the options. Raises BadArgument, without any value, for what cannot be one."""
    headers: dict[str, str] = {}
    for option, value in config.options.items():
        if option == "timeout":
            continue
        name = option.removeprefix(_HEADER).lower()
        if name == option.lower():
            raise InvalidArgument(f"a webhook has no option {option!r}; write header.NAME or timeout")
        if not re.fullmatch(r"[a-z0-9!#$%&'*+.^_`|~-]+", name) or _OURS.fullmatch(name):
            raise InvalidArgument(f"{option!r}: this header cannot be set")
        if not re.fullmatch(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?", value):
            raise InvalidArgument(
                f"the value of {option} must be printable ASCII in one line, without blanks around it"
            )
        headers[name] = value
    return headers

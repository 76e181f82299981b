"""Catches webhooks: keeps what came, counts keys, and answers as the receiver that was meant."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from awardspider.sandbox.services.hooks.behavior import STORING, Behavior
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse, json_response

MAKE_HOSTS = ("hook.eu1.make.com", "hook.eu2.make.com", "hook.us1.make.com", "hook.us2.make.com")
ZAPIER_HOST = "hooks.zapier.com"
OTHER_HOST = "hooks.example.com"
KEY_HEADER = "webhook-id"
MAKE_KEY_HEADER = "x-make-apikey"
MOST_KEPT = 20_000
MOST_BYTES = 256 * 1024 * 1024
PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it came. `times` says the how-maniest of its key it is at its address; 1 where it has none."""

    number: int
    time: datetime
    host: str
    path: str
    query: str
    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    key: str
    times: int

    @property
    def address(self) -> str:
        return f"{self.host}{self.path}"

    def shown(self) -> dict[str, Any]:
        """As `GET /_hooks` shows it."""
        names = ("number", "host", "path", "query", "method", "key", "times")
        about = {name: getattr(self, name) for name in names}
        text = self.body.decode(errors="replace")
        return {**about, "time": self.time.isoformat(), "headers": dict(self.headers), "body": text}


@dataclass(slots=True)
class Catcher:
    """What was caught, the latest `most` of it, and how often each key came to each address."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    most: int = MOST_KEPT
    messages: deque[Message] = field(default_factory=deque)
    keys: dict[str, Counter[str]] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    stored: int = 0
    conducts: list[Behavior] = field(default_factory=list)
    _bytes: int = 0

    def caught(self, request: SandboxRequest) -> SandboxResponse:
        """Any POST or PUT."""
        address = f"{request.host}{request.path}"
        behavior = next((one for one in reversed(self.conducts) if one.path in address), Behavior())
        if behavior.api_key is not None and request.headers.get(MAKE_KEY_HEADER) != behavior.api_key:
            self.outcomes["wrong_key"] += 1
            return SandboxResponse(body=b"Unauthorized", status=behavior.api_key_status, content_type=PLAIN)
        way = behavior.drawn()
        self.outcomes[way or "ok"] += 1
        if not way or way in STORING:
            self._store(request, behavior)
        return _answer(request.host, way, behavior)

    def _store(self, request: SandboxRequest, behavior: Behavior) -> None:
        """Keeps a message, unless the receiver keeps keys and knows this one's."""
        key = request.headers.get(KEY_HEADER, "")
        times = 1
        if key:
            counts = self.keys.setdefault(f"{request.host}{request.path}", Counter())
            counts[key] += 1
            times = counts[key]
        keeps = request.host == OTHER_HOST if behavior.keeps_keys is None else behavior.keeps_keys
        if keeps and times > 1:
            return
        self.stored += 1
        self.messages.append(
            Message(
                number=self.stored,
                time=self.now(),
                host=request.host,
                path=request.path,
                query=request.query_string,
                method=request.method,
                headers=tuple((str(name), value) for name, value in request.headers.items()),
                body=request.body,
                key=key,
                times=times,
            )
        )
        self._bytes += len(request.body)
        while len(self.messages) > self.most or self._bytes > MOST_BYTES:
            self._bytes -= len(self.messages.popleft().body)

    def forget(self) -> None:
        self.messages.clear()
        self.keys.clear()
        self.outcomes.clear()
        self.conducts.clear()
        self.stored = self._bytes = 0


def _answer(host: str, way: str, behavior: Behavior) -> SandboxResponse:
    """What the receiver says, and how it says it."""
    match way:
        case "":
            return _accepted(host)
        case "slow_bytes":
            return replace(_accepted(host), drip=behavior.seconds)
        case "timeout_before" | "timeout_after":
            return SandboxResponse(seconds=behavior.seconds, broken=True)
        case "reset_before" | "reset_after":
            return SandboxResponse(broken=True)
        case "429_retry_after":
            headers = (("Retry-After", f"{behavior.retry_after:g}"),)
            return SandboxResponse(body=b"Too Many Requests", status=429, content_type=PLAIN, headers=headers)
    status = int(way.partition("_")[0])
    texts = {
        400: b"Queue is full",
        410: b"There is no scenario listening for this webhook.",
        429: b"Too Many Requests",
        500: b"Internal Server Error",
        502: b"Bad Gateway",
        503: b"Service Unavailable",
    }
    return SandboxResponse(body=texts[status], status=status, content_type=PLAIN)


def _accepted(host: str) -> SandboxResponse:
    if host in MAKE_HOSTS:
        return SandboxResponse(body=b"Accepted", content_type=PLAIN)
    if host == ZAPIER_HOST:
        number = str(uuid4())
        return json_response({"attempt": number, "id": number, "request_id": number, "status": "success"})
    return SandboxResponse(status=204)

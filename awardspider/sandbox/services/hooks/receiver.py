"""The webhook receiver: keeps messages, counts their keys, and responds like Make, Zapier or a generic service."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from awardspider.sandbox.services.hooks.behavior import FAILURES_AFTER_STORING, Behavior
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse, json_response

MAKE_HOSTS = ("hook.eu1.make.com", "hook.eu2.make.com", "hook.us1.make.com", "hook.us2.make.com")
ZAPIER_HOST = "hooks.zapier.com"
OTHER_HOST = "hooks.example.com"
KEY_HEADER = "webhook-id"
MAKE_KEY_HEADER = "x-make-apikey"
MAX_MESSAGES = 20_000
MAX_BYTES = 256 * 1024 * 1024
PLAIN = "text/plain; charset=utf-8"
ERROR_TEXTS = {
    400: b"Queue is full",
    410: b"There is no scenario listening for this webhook.",
    429: b"Too Many Requests",
    500: b"Internal Server Error",
    502: b"Bad Gateway",
    503: b"Service Unavailable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as received. `attempt` numbers the messages with the same key and address; without a key it is 1."""

    number: int
    time: datetime
    host: str
    path: str
    query: str
    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    key: str
    attempt: int

    @property
    def address(self) -> str:
        """Host and path."""
        return f"{self.host}{self.path}"

    def to_json(self) -> dict[str, Any]:
        """Return the message as `GET /_hooks` shows it."""
        names = ("number", "host", "path", "query", "method", "key", "attempt")
        fields = {name: getattr(self, name) for name in names}
        text = self.body.decode(errors="replace")
        return {**fields, "time": self.time.isoformat(), "headers": dict(self.headers), "body": text}


@dataclass(slots=True)
class Receiver:
    """The latest messages, and the number of messages for each address and key."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    max_messages: int = MAX_MESSAGES
    messages: deque[Message] = field(default_factory=deque)
    keys: dict[str, Counter[str]] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    stored: int = 0
    behaviors: list[Behavior] = field(default_factory=list)
    _bytes: int = 0

    def receive(self, request: SandboxRequest) -> SandboxResponse:
        """Handle a POST or PUT to any path."""
        address = f"{request.host}{request.path}"
        behavior = next((b for b in reversed(self.behaviors) if b.path in address), Behavior())
        if behavior.api_key is not None and request.headers.get(MAKE_KEY_HEADER) != behavior.api_key:
            self.outcomes["wrong_key"] += 1
            return SandboxResponse(body=b"Unauthorized", status=behavior.api_key_status, content_type=PLAIN)
        failure = behavior.draw_failure()
        self.outcomes[failure or "ok"] += 1
        if not failure or failure in FAILURES_AFTER_STORING:
            self._store(request, behavior)
        return _response(request.host, failure, behavior)

    def _store(self, request: SandboxRequest, behavior: Behavior) -> None:
        """Keep a message, unless the receiver is idempotent and has received its key before."""
        key = request.headers.get(KEY_HEADER, "")
        attempt = 1
        if key:
            counts = self.keys.setdefault(f"{request.host}{request.path}", Counter())
            counts[key] += 1
            attempt = counts[key]
        idempotent = request.host == OTHER_HOST if behavior.idempotent is None else behavior.idempotent
        if idempotent and attempt > 1:
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
                attempt=attempt,
            )
        )
        self._bytes += len(request.body)
        while len(self.messages) > self.max_messages or self._bytes > MAX_BYTES:
            self._bytes -= len(self.messages.popleft().body)

    def clear(self) -> None:
        """Delete messages, keys, outcomes and behaviors."""
        for collection in (self.messages, self.keys, self.outcomes, self.behaviors):
            collection.clear()
        self.stored = self._bytes = 0


def _response(host: str, failure: str, behavior: Behavior) -> SandboxResponse:
    match failure:
        case "":
            return _success(host)
        case "slow_bytes":
            return replace(_success(host), transfer=behavior.seconds)
        case "timeout_before" | "timeout_after":
            return SandboxResponse(delay=behavior.seconds, reset=True)
        case "reset_before" | "reset_after":
            return SandboxResponse(reset=True)
    status = int(failure.partition("_")[0])
    headers = (("Retry-After", f"{behavior.retry_after:g}"),) if failure == "429_retry_after" else ()
    return SandboxResponse(body=ERROR_TEXTS[status], status=status, content_type=PLAIN, headers=headers)


def _success(host: str) -> SandboxResponse:
    if host in MAKE_HOSTS:
        return SandboxResponse(body=b"Accepted", content_type=PLAIN)
    if host == ZAPIER_HOST:
        number = str(uuid4())
        return json_response({"attempt": number, "id": number, "request_id": number, "status": "success"})
    return SandboxResponse(status=204)

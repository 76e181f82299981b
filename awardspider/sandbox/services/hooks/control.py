"""The endpoint `/_hooks`: the received messages as JSON, and the behavior of the receivers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from awardspider.sandbox.controls import parse_options
from awardspider.sandbox.services.hooks.behavior import OPTIONS, parse_behavior
from awardspider.sandbox.services.hooks.receiver import Receiver
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse, json_response


class Control:
    """The handler of `/_hooks`: GET returns messages, POST adds a behavior, DELETE clears everything."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Handle a request. Raise ControlError if it is invalid."""
        match request.method:
            case "POST":
                self._receiver.behaviors.append(parse_behavior(parse_options(request.body, OPTIONS)))
                return json_response({"behaviors": [behavior.to_json() for behavior in self._receiver.behaviors]})
            case "DELETE":
                self._receiver.clear()
                return json_response({})
        return json_response(self._messages(request))

    def _messages(self, request: SandboxRequest) -> dict[str, Any]:
        """Return messages, filtered by `host` and path prefix `path`; with `keys=1`, return counts by key."""
        host, path = request.query.get("host", ""), request.query.get("path", "")
        receiver = self._receiver

        def matches(message_host: str, message_path: str) -> bool:
            return (not host or message_host == host) and message_path.startswith(path)

        if request.query.get("keys"):
            total: Counter[str] = Counter()
            for address, counts in receiver.keys.items():
                address_host, slash, rest = address.partition("/")
                if matches(address_host, slash + rest):
                    total.update(counts)
            return dict(total)
        messages = [message.to_json() for message in receiver.messages if matches(message.host, message.path)]
        return {"stored": receiver.stored, "outcomes": dict(receiver.outcomes), "messages": messages}

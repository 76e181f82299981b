"""`/_hooks`: what was caught, as JSON, and how the receivers are to behave."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from awardspider.sandbox.services.hooks.behavior import InvalidBehavior, parse_behavior
from awardspider.sandbox.services.hooks.catcher import Catcher
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse, json_response


class Control:
    def __init__(self, catcher: Catcher) -> None:
        self._catcher = catcher

    def answer(self, request: SandboxRequest) -> SandboxResponse:
        """GET shows, POST orders, DELETE forgets everything."""
        match request.method:
            case "POST":
                return self._ordered(request.body)
            case "DELETE":
                self._catcher.forget()
                return json_response({})
        return json_response(self._shown(request))

    def _ordered(self, body: bytes) -> SandboxResponse:
        try:
            order = orjson.loads(body)
            if not isinstance(order, dict):
                raise InvalidBehavior("The body must be a JSON object.")
            self._catcher.conducts.append(parse_behavior(order))
        except orjson.JSONDecodeError:
            return json_response({"error": "The body must be a JSON object."}, 400)
        except InvalidBehavior as error:
            return json_response({"error": str(error)}, 400)
        return json_response({"conducts": [behavior.shown() for behavior in self._catcher.conducts]})

    def _shown(self, request: SandboxRequest) -> Any:
        """Everything, or what came to one `host` and to paths that begin with `path`; `keys=1` for keys and counts."""
        host, path = request.query.get("host", ""), request.query.get("path", "")

        def meant(one_host: str, one_path: str) -> bool:
            return (not host or one_host == host) and one_path.startswith(path)

        if request.query.get("keys"):
            total: Counter[str] = Counter()
            for address, counts in self._catcher.keys.items():
                one_host, slash, rest = address.partition("/")
                if meant(one_host, slash + rest):
                    total.update(counts)
            return dict(total)
        messages = [one.shown() for one in self._catcher.messages if meant(one.host, one.path)]
        return {"stored": self._catcher.stored, "outcomes": dict(self._catcher.outcomes), "messages": messages}

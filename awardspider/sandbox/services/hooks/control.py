"""`/_hooks`: what was caught, as JSON, and how the receivers are to behave."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from awardspider.sandbox.services.hooks.catcher import Catcher
from awardspider.sandbox.services.hooks.conduct import BadConduct, conduct_of
from awardspider.sandbox.sites import Answer, Question, json_answer


class Control:
    def __init__(self, catcher: Catcher) -> None:
        self._catcher = catcher

    def answer(self, question: Question) -> Answer:
        """GET shows, POST orders, DELETE forgets everything."""
        match question.method:
            case "POST":
                return self._ordered(question.body)
            case "DELETE":
                self._catcher.forget()
                return json_answer({})
        return json_answer(self._shown(question))

    def _ordered(self, body: bytes) -> Answer:
        try:
            order = orjson.loads(body)
            if not isinstance(order, dict):
                raise BadConduct("The body must be a JSON object.")
            self._catcher.conducts.append(conduct_of(order))
        except orjson.JSONDecodeError:
            return json_answer({"error": "The body must be a JSON object."}, 400)
        except BadConduct as error:
            return json_answer({"error": str(error)}, 400)
        return json_answer({"conducts": [conduct.shown() for conduct in self._catcher.conducts]})

    def _shown(self, question: Question) -> Any:
        """Everything, or what came to one `host` and to paths that begin with `path`; `keys=1` for keys and counts."""
        host, path = question.query.get("host", ""), question.query.get("path", "")

        def meant(one_host: str, one_path: str) -> bool:
            return (not host or one_host == host) and one_path.startswith(path)

        if question.query.get("keys"):
            total: Counter[str] = Counter()
            for address, counts in self._catcher.keys.items():
                one_host, slash, rest = address.partition("/")
                if meant(one_host, slash + rest):
                    total.update(counts)
            return dict(total)
        messages = [one.shown() for one in self._catcher.messages if meant(one.host, one.path)]
        return {"stored": self._catcher.stored, "outcomes": dict(self._catcher.outcomes), "messages": messages}

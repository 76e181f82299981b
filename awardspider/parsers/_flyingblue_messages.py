"""The warnings and errors in Flying Blue's responses, and what their texts mean.

Facts and sources: docs/sources/flyingblue.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers._wire import NotObject, Wire

NO_AWARD = re.compile(
    r"no fare found|no (availability|outbound scheduled flight combination) found for|no flights found for O&D"
    r"|no itineraries have been returned",
    re.IGNORECASE,
)
ERROR_TEXTS = (
    (re.compile(r"not permitted|forbidden$|INVALID_CITY|must be different", re.IGNORECASE), Reason.BAD_REQUEST),
    (re.compile(r"date out of range|must not be in the past|not supported for O&D", re.IGNORECASE), Reason.BAD_REQUEST),
    (re.compile(r"unauthori[sz]ed|not logged in|log ?in required|authenticat", re.IGNORECASE), Reason.SIGN_IN_NEEDED),
)


class Message(Wire):
    """A warning or an error."""

    code: Any = None
    message: Any = None
    description: Any = None


# A message may be a plain string, and a single message may come without a list.
AnyMessage = Message | NotObject
Messages = list[AnyMessage] | str | None


def message_list(messages: Messages) -> list[AnyMessage]:
    """Return the messages as a list."""
    return list(messages) if isinstance(messages, list) else [messages] if messages else []


def message_text(message: AnyMessage) -> str:
    """Return the code and texts of a message, joined."""
    if not isinstance(message, Message):
        return str(message)[:200]
    parts = (message.code, message.message, message.description)
    return ": ".join(str(part) for part in parts if part is not None)[:200]


def check_empty(messages: Iterable[AnyMessage]) -> None:
    """Raise SearchFailed unless an empty response has messages, and all of them mean that there is no award."""
    texts = [message_text(message) for message in messages if message is not None]
    if not texts:
        raise UnexpectedResponse("an empty list without a warning that there is no award")
    for text in texts:
        if not NO_AWARD.search(text):
            reason = next((reason for pattern, reason in ERROR_TEXTS if pattern.search(text)), None)
            raise SearchFailed(reason, text) if reason else UnexpectedResponse(f"error {text}")

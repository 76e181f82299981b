"""Errors of the server: what they say about addresses, files and settings is for an operator, and for the log."""

from __future__ import annotations

import logging

from awardspider.outcomes import AwardError, InvalidSetting, ScrapydError, StorageError
from awardspider.panel.access import Visitor

logger = logging.getLogger(__name__)

_SENTENCES: dict[type[AwardError], str] = {
    StorageError: "the database cannot be used; the log of the panel says why",
    InvalidSetting: "a setting of the server is invalid; the log of the panel says which",
    ScrapydError: "Scrapyd cannot be used; the log of the panel says why",
}

#: The sentences that replace those of errors of the server.
NEUTRAL_SENTENCES = frozenset(_SENTENCES.values())


def visible_sentence(error: AwardError, visitor: Visitor | None) -> str:
    """Return what a visitor may read about an error, and log an error of the server.

    Without a visitor, the database could not be read to recognize who sent the request.
    """
    neutral = next((sentence for kind, sentence in _SENTENCES.items() if isinstance(error, kind)), None)
    if neutral is None:
        return str(error)
    logger.error("A request to the panel failed: %s", error)
    return str(error) if visitor is not None and visitor.is_operator else neutral

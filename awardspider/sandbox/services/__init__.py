"""The simulated services that messages are sent to: Google Sheets and webhook receivers, one folder each."""

from __future__ import annotations

from awardspider.sandbox.services.hooks import hook_service
from awardspider.sandbox.services.service import Service
from awardspider.sandbox.services.sheets import sheet_service


def services() -> list[Service]:
    """Return a new object for each service."""
    return [sheet_service(), hook_service()]

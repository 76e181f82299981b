"""Simulated services that receive messages: Google Sheets and webhook receivers, one folder each."""

from __future__ import annotations

from awardspider.sandbox.services.hooks import hook_service
from awardspider.sandbox.services.service import Service
from awardspider.sandbox.services.sheets import sheet_service


def services() -> list[Service]:
    """Build each service."""
    return [sheet_service(), hook_service()]

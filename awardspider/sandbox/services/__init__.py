"""Simulated services that are not airlines' sites, one folder each.

Google Sheets and webhook receivers receive messages; the European Central Bank publishes exchange rates.
"""

from __future__ import annotations

from awardspider.sandbox.services.ecb import ecb_service
from awardspider.sandbox.services.hooks import hook_service
from awardspider.sandbox.services.service import Service
from awardspider.sandbox.services.sheets import sheet_service


def services() -> list[Service]:
    """Build each service."""
    return [sheet_service(), hook_service(), ecb_service()]

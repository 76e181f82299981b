"""The services we write to (sheets, webhook receivers), pretended: one folder each."""

from __future__ import annotations

from awardspider.sandbox.services.hooks import hook_service
from awardspider.sandbox.services.service import Service
from awardspider.sandbox.services.sheets import sheet_service


def services() -> list[Service]:
    """A fresh one of each."""
    return [sheet_service(), hook_service()]

"""Fixtures of the outbox tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from awardspider.storage.store import Store
from tests.support.delivery import DeliveryHarness


@pytest.fixture
def harness(store: Store, tmp_path: Path) -> DeliveryHarness:
    return DeliveryHarness(store, tmp_path)

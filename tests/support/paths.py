"""Folders that tests read."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
SNAPSHOTS = ROOT / "tests" / "snapshots"

#: Real responses, outside the repository. Tests that need them are skipped if the folder is missing.
RECORDED = Path(os.environ.get("AWARD_RECORDED_DIR", ROOT / ".." / "shared" / "recorded"))

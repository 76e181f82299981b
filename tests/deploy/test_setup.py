"""The script that creates .venv."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.support.paths import ROOT


def test_an_environment_of_another_folder_is_not_cleared(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    (shared / "bin").mkdir(parents=True)
    (shared / "bin/python").touch()
    checkout = tmp_path / "checkout"
    (checkout / "deploy").mkdir(parents=True)
    for name in ("deploy/setup.sh", "deploy/apt.sh", "requirements.txt"):
        shutil.copy(ROOT / name, checkout / name)
    (checkout / ".venv").symlink_to(shared)
    result = subprocess.run(
        [checkout / "deploy/setup.sh", "requirements.txt"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr == f"{checkout}/.venv is a link to {shared}: remove the link, then run this again\n"
    assert (shared / "bin/python").exists()

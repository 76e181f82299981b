"""The Node packages that tests use, installed when the first test needs them."""

from __future__ import annotations

import fcntl
import subprocess
import tempfile
from pathlib import Path

from tests.support.paths import ROOT

_INSTALL_SECONDS = 300


def node_package(name: str) -> Path:
    """Return the folder of a package of tests/node/package.json; install the packages if it is missing."""
    folder = ROOT / "tests" / "node" / "node_modules" / name
    with (Path(tempfile.gettempdir()) / "awardspider-node-packages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            subprocess.run([ROOT / "deploy" / "install-node-packages.sh"], check=True, timeout=_INSTALL_SECONDS)
    return folder

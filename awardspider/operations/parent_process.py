"""Child processes that end with their parent, even if it is killed: the kernel sends them SIGTERM (Linux only)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

# <linux/prctl.h>
_PR_SET_PDEATHSIG = 1

# Loaded with this module, because `end_with_parent` also runs between fork and exec, where nothing should be imported.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with_parent(parent: int | None = None, *, command: str = "") -> None:
    """Let the kernel send SIGTERM to this process as soon as its parent ends. Do nothing on systems other than Linux.

    If the parent has ended before, send it at once. `parent` is the parent's process id, if the caller knows it, and
    `command` a text in the command line of the right parent: a process whose parent has ended gets another one. The
    parent is the thread that started this process, so start children in the main thread. The setting survives `exec`.
    """
    if _libc is None:
        return
    expected = os.getppid() if parent is None else parent
    if _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0) != 0:
        return
    if os.getppid() != expected or (command and command not in _command_line(expected, default=command)):
        os.kill(os.getpid(), signal.SIGTERM)


def _command_line(pid: int, *, default: str) -> str:
    """Return the command line of a process, or `default` if it may not be read."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except FileNotFoundError:
        return ""
    except OSError:
        return default

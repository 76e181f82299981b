"""Child processes that end with their parent, even if it is killed: the kernel sends them SIGTERM (Linux only).

Run as a program, it becomes another program that ends with its parent: `parent_process.py PARENT PROGRAM ARGUMENTS`.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def end_with_parent(parent: int | None = None, *, command: str = "") -> None:
    """Let the kernel send SIGTERM to this process as soon as its parent ends. Do nothing on systems other than Linux.

    If the parent has ended before, send it at once. `parent` is the parent's process id, if the caller knows it, and
    `command` a text in the command line of the right parent: a process whose parent has ended gets another one. The
    parent is the thread that started this process, so start children in the main thread. The setting survives `exec`.
    """
    if not sys.platform.startswith("linux"):
        return
    expected = os.getppid() if parent is None else parent
    if ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0) != 0:
        return
    if os.getppid() != expected or (command and command not in _command_line(expected, default=command)):
        os.kill(os.getpid(), signal.SIGTERM)


def command_with_parent(command: list[str]) -> list[str]:
    """Return the command line that runs a command as a child of this process that ends with it.

    `preexec_fn` of subprocess would do the same, but is not safe in a process with threads.
    """
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def _command_line(pid: int, *, default: str) -> str:
    """Return the command line of a process, or `default` if it may not be read."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except FileNotFoundError:
        return ""
    except OSError:
        return default


if __name__ == "__main__":
    end_with_parent(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])

"""Children that end with their parent, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from awardspider.operations.parent_process import end_with_parent
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has prctl")

# Prints the child's process id, then waits for its stdin to end.
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE)
print(child.pid, flush=True)
child.wait()
"""
CHILD = """
import signal, sys
from awardspider.operations.parent_process import end_with_parent
end_with_parent({arguments})
print("ready", flush=True)
signal.pause()
"""


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
        return file.read().rpartition(")")[2].split()[0] == "Z"


def test_a_child_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD.format(arguments="")], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert parent.stdout.readline() == b"ready\n"
        assert not has_ended(pid)
        parent.kill()
        wait_until(lambda: has_ended(pid))


@pytest.mark.parametrize("arguments", ["1", "command='scrapyd'"])
def test_a_child_whose_parent_has_ended_before_ends_at_once(arguments: str) -> None:
    code = CHILD.format(arguments=arguments)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, b"")


def test_the_parent_may_be_named_by_its_id_and_its_command_line() -> None:
    code = CHILD.format(arguments=f"{os.getpid()}, command='python'").replace("signal.pause()", "")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (0, b"ready\n")


def test_on_other_systems_nothing_is_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    end_with_parent(1, command="no such command")

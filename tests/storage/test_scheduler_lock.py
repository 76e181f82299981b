"""The lock of the scheduler, on both engines and between processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from awardspider.storage.scheduler_lock import SchedulerLock
from awardspider.storage.store import Store, open_store

HOLD = """
import sys
from pathlib import Path
from awardspider.storage.scheduler_lock import SchedulerLock
from awardspider.storage.store import open_store

lock = SchedulerLock(open_store(sys.argv[1], Path()))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def test_only_one_has_the_lock(store: Store) -> None:
    first, second = SchedulerLock(store), SchedulerLock(store)
    assert [first.acquire(), second.acquire(), first.acquire()] == [True, False, True]
    first.release()
    assert [second.acquire(), first.acquire()] == [True, False]
    second.release()
    second.release()


def test_a_killed_process_has_no_lock(database_url: str, tmp_path: Path) -> None:
    store = open_store(database_url, tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    lock = SchedulerLock(store)
    try:
        assert process.stdout
        assert process.stdout.readline().strip() == "True"
        assert not lock.acquire()
        process.kill()
        process.communicate()
        while not lock.acquire():  # PostgreSQL sees the end of the connection a moment later
            pass
    finally:
        process.kill()
        process.communicate()
        lock.release()
        store.close()

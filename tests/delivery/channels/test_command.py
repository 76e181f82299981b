"""The command channel: what a program gets, what its end means, and that nothing of it stays behind."""

from __future__ import annotations

import json
import os
import select
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import ChannelConfig, Message, Result, Verdict
from awardspider.delivery.channels.command.channel import CommandChannel
from awardspider.delivery.channels.configuration import SCRIPT
from awardspider.delivery.messages.events import flat, read_event
from awardspider.outcomes import InvalidArgument
from awardspider.storage.store import Store, open_store
from tests.support.channel_examples import a_message, around


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    decode = open_store("", tmp_path_factory.mktemp("store"))
    yield decode
    decode.close()


def a_channel(line: str, store: Store, folder: Path, allowed: str = "yes", **options: str) -> CommandChannel:
    config = ChannelConfig(name="script", kind="command", address=line, options=options)
    channel = open_channel(config, around(store, folder, AWARD_ALLOW_COMMANDS=allowed))
    assert isinstance(channel, CommandChannel)
    return channel


def run(code: str, store: Store, folder: Path, message: Message | None = None, **options: str) -> Result:
    """The result of one message to a few lines of Python."""
    line = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} {shlex.quote(str(folder))}"
    (result,) = a_channel(line, store, folder, **options).deliver([message or a_message()])
    return result


def test_the_event_comes_on_standard_input(store: Store, tmp_path: Path) -> None:
    code = "import sys, pathlib; pathlib.Path(sys.argv[1], 'got').write_bytes(sys.stdin.buffer.read()); print('thanks')"
    assert run(code, store, tmp_path) == Result(verdict=Verdict.SENT, note="thanks")
    got = (tmp_path / "got").read_bytes()
    assert got.endswith(b"}\n")
    assert json.loads(got) == flat(read_event(a_message().body))


def test_a_program_need_not_read(store: Store, tmp_path: Path) -> None:
    big = a_message()
    big.body["watches"] = "w" * 1_000_000
    assert run("pass", store, tmp_path, big).verdict is Verdict.SENT


@pytest.mark.parametrize(
    ("end", "verdict", "note"),
    [
        ("sys.exit(0)", Verdict.SENT, ""),
        ("sys.exit(75)", Verdict.LATER, "exit code 75"),
        ("sys.exit(1)", Verdict.LATER, "exit code 1"),
        ("sys.exit(65)", Verdict.NEVER, "exit code 65"),
        ("os.kill(os.getpid(), 15)", Verdict.UNKNOWN, "ended by SIGTERM"),
    ],
)
def test_what_an_end_means(store: Store, tmp_path: Path, end: str, verdict: Verdict, note: str) -> None:
    result = run(f"import os, sys; print('so be it', file=sys.stderr, flush=True); {end}", store, tmp_path)
    assert result.verdict is verdict
    assert result.note == "; ".join(filter(None, (note, "so be it")))
    assert not CommandChannel.keeps_keys  # what is unknown is not run a second time


def test_a_time_out_ends_the_program_and_all_that_it_started(store: Store, tmp_path: Path) -> None:
    code = """
import os, pathlib, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
pathlib.Path(sys.argv[1], "pids").write_text(f"{os.getpid()} {child.pid}")
print("started", flush=True)
child.wait()
"""
    began = time.monotonic()
    result = run(code, store, tmp_path, timeout="1")
    assert time.monotonic() - began < 10
    assert (result.verdict, result.note) == (Verdict.UNKNOWN, "stopped after 1 seconds; started")
    assert all(is_gone(int(pid)) for pid in (tmp_path / "pids").read_text().split())


def test_what_runs_on_in_the_background_ends_too(store: Store, tmp_path: Path) -> None:
    code = """
import pathlib, subprocess, sys
child = subprocess.Popen(["sleep", "600"])
pathlib.Path(sys.argv[1], "pid").write_text(str(child.pid))
"""
    began = time.monotonic()
    assert run(code, store, tmp_path).verdict is Verdict.SENT
    assert time.monotonic() - began < 10
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_a_program_that_leaves_its_group_is_not_waited_for(store: Store, tmp_path: Path) -> None:
    code = """
import pathlib, subprocess, sys
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
pathlib.Path(sys.argv[1], "pid").write_text(str(child.pid))
print("off it goes", flush=True)
"""
    began = time.monotonic()
    result = run(code, store, tmp_path)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert (result.verdict, result.note) == (Verdict.SENT, "off it goes")
    assert time.monotonic() - began < 10


def is_gone(pid: int) -> bool:
    """Whether a process ends at once; a killed one takes a moment, and stays as a zombie until init takes note."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([process], [], [], 10)
    os.close(process)
    return bool(ended)


def test_the_last_of_a_long_output_is_noted(store: Store, tmp_path: Path) -> None:
    result = run("import sys; sys.stdout.write('x' * 3_000_000 + 'the end')", store, tmp_path)
    assert result.note.endswith("xxthe end")
    assert len(result.note) == 2048


def test_a_note_is_one_line_that_any_database_takes(store: Store, tmp_path: Path) -> None:
    result = run(r"import sys; sys.stdout.buffer.write(b'a\x00b\n\xff\tc')", store, tmp_path)
    assert result.note == "a b � c"


def test_the_environment_holds_nothing_of_ours(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWARD_SECRET_KEY", "AWARD_WEBHOOKS", "AWS_SECRET_ACCESS_KEY", "SMTP_PASSWORD"):
        monkeypatch.setenv(name, "sesame")
    monkeypatch.setenv("LC_TIME", "pt_BR.UTF-8")
    result = run("import os; print(' '.join(sorted(os.environ)))", store, tmp_path)
    names = result.note.split()
    assert {"PATH", "LC_TIME"} <= set(names)
    assert not [name for name in names if name.startswith(("AWARD_", "AWS_", "SMTP_"))]


def test_there_is_no_shell(store: Store, tmp_path: Path) -> None:
    (result,) = a_channel(f"echo '$HOME' ; touch {tmp_path}/made", store, tmp_path).deliver([a_message()])
    assert result.note == f"$HOME ; touch {tmp_path}/made"
    assert not (tmp_path / "made").exists()


def test_a_program_that_went_away_meanwhile(store: Store, tmp_path: Path) -> None:
    script = tmp_path / "notify.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    channel = a_channel(str(script), store, tmp_path)
    script.unlink()
    (result,) = channel.deliver([a_message()])
    assert (result.verdict, result.note) == (Verdict.LATER, f"{script} cannot be run: No such file or directory")


def test_what_is_no_event_is_never_sent(store: Store, tmp_path: Path) -> None:
    assert run("pass", store, tmp_path, a_message(body={})).verdict is Verdict.NEVER


@pytest.mark.parametrize("allowed", ["", "no", "maybe"])
def test_commands_are_off_unless_allowed(store: Store, tmp_path: Path, allowed: str) -> None:
    with pytest.raises(InvalidArgument, match="AWARD_ALLOW_COMMANDS=yes"):
        a_channel("true", store, tmp_path, allowed)


def test_a_channel_may_wait_for_a_command_that_is_typed(store: Store, tmp_path: Path) -> None:
    assert a_channel("exec", store, tmp_path, allowed="").config.address == SCRIPT


@pytest.mark.parametrize(
    ("line", "options", "why"),
    [
        ("", {}, "is empty"),
        ("echo 'a", {}, "cannot be read: no closing quotation"),
        ("echo a\0b", {}, "zero byte"),
        ("/no/such/program --fast", {}, "no program /no/such/program that can be run"),
        ("true", {"shell": "yes"}, "no option 'shell'"),
        ("true", {"timeout": "0"}, "seconds from 1 to 60"),
    ],
)
def test_what_cannot_be_a_channel_gets_a_sentence(
    store: Store, tmp_path: Path, line: str, options: dict[str, str], why: str
) -> None:
    with pytest.raises(InvalidArgument, match=why):
        a_channel(line, store, tmp_path, **options)

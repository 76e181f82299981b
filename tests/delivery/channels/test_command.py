"""The command channel: its input, its reports, and the end of everything that a program started."""

from __future__ import annotations

import json
import os
import select
import shlex
import signal
import sys
import time
from pathlib import Path

import pytest

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import ChannelConfig, DeliveryReport, Message
from awardspider.delivery.channels.command.channel import CommandChannel
from awardspider.delivery.channels.configuration import EXEC_ADDRESS
from awardspider.delivery.messages.events import parse_event
from awardspider.delivery.messages.payloads import event_payload
from awardspider.outcomes import InvalidArgument
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store
from tests.support.channel_examples import make_context, make_message


def make_channel(line: str, idle_store: Store, folder: Path, allowed: str = "yes", **options: str) -> CommandChannel:
    config = ChannelConfig(name="script", kind="command", address=line, options=options)
    channel = open_channel(config, make_context(idle_store, folder, AWARD_ALLOW_COMMANDS=allowed))
    assert isinstance(channel, CommandChannel)
    return channel


def run(code: str, idle_store: Store, folder: Path, message: Message | None = None, **options: str) -> DeliveryReport:
    """Send one message to a few lines of Python and return the report."""
    line = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} {shlex.quote(str(folder))}"
    (report,) = make_channel(line, idle_store, folder, **options).deliver([message or make_message()])
    return report


def test_program_gets_the_event_on_standard_input(idle_store: Store, tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; pathlib.Path(sys.argv[1], 'input').write_bytes(sys.stdin.buffer.read()); print('thanks')"
    )
    assert run(code, idle_store, tmp_path) == DeliveryReport(result=DeliveryResult.SENT, note="thanks")
    data = (tmp_path / "input").read_bytes()
    assert data.endswith(b"}\n")
    assert json.loads(data) == event_payload(parse_event(make_message().body))


def test_program_may_ignore_its_input(idle_store: Store, tmp_path: Path) -> None:
    big = make_message()
    big.body["watches"] = ["w" * 1_000_000]
    assert run("pass", idle_store, tmp_path, big).result is DeliveryResult.SENT


@pytest.mark.parametrize(
    ("end", "result", "note"),
    [
        ("sys.exit(0)", DeliveryResult.SENT, ""),
        ("sys.exit(75)", DeliveryResult.RETRY, "exit code 75"),
        ("sys.exit(1)", DeliveryResult.RETRY, "exit code 1"),
        ("sys.exit(65)", DeliveryResult.REJECTED, "exit code 65"),
        ("os.kill(os.getpid(), 15)", DeliveryResult.UNKNOWN, "ended by SIGTERM"),
    ],
)
def test_exit_code_determines_the_report(
    idle_store: Store, tmp_path: Path, end: str, result: DeliveryResult, note: str
) -> None:
    report = run(f"import os, sys; print('bye', file=sys.stderr, flush=True); {end}", idle_store, tmp_path)
    assert report.result is result
    assert report.note == "; ".join(filter(None, (note, "bye")))
    assert not CommandChannel.idempotent  # an unknown result is not tried again


def test_timeout_ends_the_program_and_its_children(idle_store: Store, tmp_path: Path) -> None:
    code = """
import os, pathlib, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
pathlib.Path(sys.argv[1], "pids").write_text(f"{os.getpid()} {child.pid}")
print("started", flush=True)
child.wait()
"""
    began = time.monotonic()
    report = run(code, idle_store, tmp_path, timeout="1")
    assert time.monotonic() - began < 10
    assert (report.result, report.note) == (DeliveryResult.UNKNOWN, "stopped after 1 seconds; started")
    assert all(is_gone(int(pid)) for pid in (tmp_path / "pids").read_text().split())


def test_background_children_end_with_the_program(idle_store: Store, tmp_path: Path) -> None:
    code = """
import pathlib, subprocess, sys
child = subprocess.Popen(["sleep", "600"])
pathlib.Path(sys.argv[1], "pid").write_text(str(child.pid))
"""
    began = time.monotonic()
    assert run(code, idle_store, tmp_path).result is DeliveryResult.SENT
    assert time.monotonic() - began < 10
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_children_in_another_group_do_not_block(idle_store: Store, tmp_path: Path) -> None:
    code = """
import pathlib, subprocess, sys
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
pathlib.Path(sys.argv[1], "pid").write_text(str(child.pid))
print("off it goes", flush=True)
"""
    began = time.monotonic()
    report = run(code, idle_store, tmp_path)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert (report.result, report.note) == (DeliveryResult.SENT, "off it goes")
    assert time.monotonic() - began < 10


def is_gone(pid: int) -> bool:
    """Return True if a process ends within ten seconds; init needs a moment to reap a killed process."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([process], [], [], 10)
    os.close(process)
    return bool(ended)


def test_note_is_the_end_of_the_output(idle_store: Store, tmp_path: Path) -> None:
    report = run("import sys; sys.stdout.write('x' * 3_000_000 + 'the end')", idle_store, tmp_path)
    assert report.note.endswith("xxthe end")
    assert len(report.note) == 2048


def test_note_is_one_printable_line(idle_store: Store, tmp_path: Path) -> None:
    report = run(r"import sys; sys.stdout.buffer.write(b'a\x00b\n\xff\tc')", idle_store, tmp_path)
    assert report.note == "a b � c"


def test_environment_contains_no_secrets(idle_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWARD_SECRET_KEY", "AWARD_WEBHOOKS", "AWS_SECRET_ACCESS_KEY", "SMTP_PASSWORD"):
        monkeypatch.setenv(name, "sesame")
    monkeypatch.setenv("LC_TIME", "pt_BR.UTF-8")
    report = run("import os; print(' '.join(sorted(os.environ)))", idle_store, tmp_path)
    names = report.note.split()
    assert {"PATH", "LC_TIME"} <= set(names)
    assert not [name for name in names if name.startswith(("AWARD_", "AWS_", "SMTP_"))]


def test_command_runs_without_a_shell(idle_store: Store, tmp_path: Path) -> None:
    (report,) = make_channel(f"echo '$HOME' ; touch {tmp_path}/created", idle_store, tmp_path).deliver([make_message()])
    assert report.note == f"$HOME ; touch {tmp_path}/created"
    assert not (tmp_path / "created").exists()


def test_missing_program_is_retried(idle_store: Store, tmp_path: Path) -> None:
    script = tmp_path / "notify.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    channel = make_channel(str(script), idle_store, tmp_path)
    script.unlink()
    (report,) = channel.deliver([make_message()])
    assert (report.result, report.note) == (
        DeliveryResult.RETRY,
        f"{script} cannot be started: No such file or directory",
    )


def test_invalid_event_is_rejected(idle_store: Store, tmp_path: Path) -> None:
    assert run("pass", idle_store, tmp_path, make_message(body={})).result is DeliveryResult.REJECTED


@pytest.mark.parametrize("allowed", ["", "no", "maybe"])
def test_commands_must_be_allowed(idle_store: Store, tmp_path: Path, allowed: str) -> None:
    with pytest.raises(InvalidArgument, match="AWARD_ALLOW_COMMANDS=yes"):
        make_channel("true", idle_store, tmp_path, allowed)


def test_exec_channel_needs_no_permission(idle_store: Store, tmp_path: Path) -> None:
    assert make_channel("exec", idle_store, tmp_path, allowed="").config.address == EXEC_ADDRESS


@pytest.mark.parametrize(
    ("line", "options", "reason"),
    [
        ("", {}, "is empty"),
        ("echo 'a", {}, "no closing quotation"),
        ("echo a\0b", {}, "null byte"),
        ("/no/such/program --fast", {}, "/no/such/program is not an executable program"),
        ("true", {"shell": "yes"}, "unknown option 'shell'"),
        ("true", {"timeout": "0"}, "seconds from 1 to 60"),
    ],
)
def test_invalid_configurations_have_an_error_message(
    idle_store: Store, tmp_path: Path, line: str, options: dict[str, str], reason: str
) -> None:
    with pytest.raises(InvalidArgument, match=reason):
        make_channel(line, idle_store, tmp_path, **options)

"""`scrapy sandbox`: the address it prints, its end, and its errors."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys

import pytest
import requests

from awardspider.commands.sandbox import Command
from tests.support.commands import CommandRunner
from tests.support.paths import ROOT


def test_command_prints_its_address_and_ends_on_an_interrupt() -> None:
    options = ["--port", "0", "--seed", "8", "--clock", "2026-11-22T12:00Z"]
    command = [sys.executable, "-m", "scrapy", "sandbox", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        address = re.fullmatch(r"Sandbox at (\S+) \(world's clock 2026-11-22 12:00 UTC, seed 8\)\n", line)
        assert address is not None, line + process.stderr.read()
        health = requests.get(f"{address[1]}/_health", timeout=10).json()
        assert (health["status"], health["seed"]) == ("ok", 8)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--clock", "tomorrow"], "--clock: expected a time such as 2026-11-22T12:00Z, got 'tomorrow'"),
        (["--port", "eighty"], "--port: expected an integer from 0 to 65535, got 'eighty'"),
        (["--seed", "1.5"], "--seed: expected an integer, got '1.5'"),
        (["--speed=-1"], "--speed: expected a number from 0 to 1000000, got '-1'"),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1:8800: Cannot assign requested address"),
    ],
)
def test_invalid_options_are_rejected(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in CommandRunner(Command, {}, capsys).fail(*options)


def test_port_in_use_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        message = CommandRunner(Command, {}, capsys).fail("--port", str(port))
    assert f"port {port} of 127.0.0.1 is in use; choose another with --port" in message

"""What a mail server answers, as Apprise tells it and as we read it: a server of our own, on this machine."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import ChannelConfig, Message, Result, Surroundings, Verdict
from awardspider.delivery.messages.events import body_of
from awardspider.storage.store import Store, open_store
from tests.support.render_examples import EVENTS, NOW


class MailServer:
    """Speaks as much SMTP as a client needs; `answers` replaces the answer to a verb."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.mails: list[str] = []
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.say("220 ready")
                while line := self.rfile.readline().decode().strip():
                    verb = line.split()[0].upper()
                    usual = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "235 ok", "DATA": "354 go on", "QUIT": "221"}
                    answer = server.answers.get(verb) or usual.get(verb, "250 ok")
                    if answer == "hang up":
                        return
                    self.say(answer)
                    if verb == "QUIT":
                        return
                    if verb == "DATA" and answer.startswith("354"):
                        text = ""
                        while (part := self.rfile.readline().decode()) != ".\r\n":
                            text += part
                        server.mails.append(text)
                        if server.answers.get("END") == "hang up":
                            return
                        self.say(server.answers.get("END", "250 taken"))

            def say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store, which these channels do not look into."""
    store = open_store("", tmp_path_factory.mktemp("store"))
    yield store
    store.close()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


def mail(server: MailServer, store: Store, which: str = "matched") -> Result:
    address = f"mailto://me:sesame42@127.0.0.1:{server.port}?to=you@example.com&from=me@example.com&mode=insecure"
    around = Surroundings(
        store=store, now=lambda: NOW, settings={"AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}, data_dir=Path()
    )
    channel = open_channel(ChannelConfig(name="mail", kind="apprise", address=address), around)
    event = body_of(EVENTS[which])
    (result,) = channel.deliver(
        [Message(number=1, key="k", type="offer.matched", subject="s", body=event, created_at=NOW)]
    )
    return result


def test_a_mail_has_a_subject_and_html_that_is_not_cut(mail_server: MailServer, store: Store) -> None:
    result = mail(mail_server, store, "digest")
    assert (result.verdict, result.note) == (Verdict.SENT, "E-Mail took it")
    told = cast(EmailMessage, message_from_string(mail_server.mails[0], policy=policy.default))
    assert told["To"] == "you@example.com"
    assert told["Subject"]
    page = told.get_body(("html",))
    assert page is not None
    assert page.get_content().rstrip().endswith("</html>")
    assert "75,000" in page.get_content()


@pytest.mark.parametrize(
    ("verb", "answer", "verdict", "pauses"),
    [
        ("AUTH", "535 5.7.8 no such user", Verdict.LATER, True),
        ("MAIL", "451 4.3.0 try again", Verdict.LATER, False),
        ("RCPT", "550 5.1.1 no such mailbox", Verdict.NEVER, False),
        ("RCPT", "450 4.2.0 greylisted", Verdict.LATER, False),
        ("END", "552 5.3.4 too big", Verdict.NEVER, False),
        ("END", "hang up", Verdict.UNKNOWN, False),
    ],
)
def test_what_a_mail_server_answers(
    mail_server: MailServer, store: Store, verb: str, answer: str, verdict: Verdict, pauses: bool
) -> None:
    mail_server.answers = {verb: answer}
    result = mail(mail_server, store)
    assert (result.verdict, result.pauses) == (verdict, pauses), result.note
    assert "sesame42" not in result.note
    if answer[0].isdigit():
        assert f"the mail server answered {answer[:3]}" in result.note


def test_no_mail_server(mail_server: MailServer, store: Store) -> None:
    mail_server.close()
    result = mail(mail_server, store)
    assert (result.verdict, result.note) == (Verdict.LATER, "E-Mail cannot be reached")

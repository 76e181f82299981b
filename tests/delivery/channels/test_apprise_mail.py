"""E-mail through Apprise: the reports for the replies of a local mail server."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator, Mapping
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import ChannelConfig, ChannelContext, DeliveryReport, Message
from awardspider.delivery.messages.events import event_body
from awardspider.delivery.messages.render import Form, render
from awardspider.items import EventType
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store
from tests.support.render_examples import EVENTS, NOW


class MailServer:
    """The part of SMTP that a client needs; `replies` overrides the reply to a command."""

    def __init__(self) -> None:
        self.replies: dict[str, str] = {}
        self.mails: list[str] = []
        server = self
        defaults = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "235 ok", "DATA": "354 go on", "QUIT": "221"}

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.reply("220 ready")
                while line := self.rfile.readline().decode().strip():
                    command = line.split()[0].upper()
                    reply = server.replies.get(command) or defaults.get(command, "250 ok")
                    if reply == "hang up":
                        return
                    self.reply(reply)
                    if command == "QUIT":
                        return
                    if command == "DATA" and reply.startswith("354"):
                        text = ""
                        while (part := self.rfile.readline().decode()) != ".\r\n":
                            text += part
                        server.mails.append(text)
                        if server.replies.get("END") == "hang up":
                            return
                        self.reply(server.replies.get("END", "250 taken"))

            def reply(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


def send_mail(
    server: MailServer,
    store: Store,
    name: str = "matched",
    of_watch: str = "",
    options: Mapping[str, str] | None = None,
) -> DeliveryReport:
    address = f"mailto://me:sesame42@127.0.0.1:{server.port}?to=you@example.com&from=me@example.com&mode=insecure"
    context = ChannelContext(
        store=store, now=lambda: NOW, settings={"AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}, data_dir=Path()
    )
    channel = open_channel(ChannelConfig(name="mail", kind="apprise", address=address, options=options or {}), context)
    event = event_body(EVENTS[name])
    values = {"id": 1, "key": "k", "subject": "s", "created_at": NOW, "timezone": of_watch}
    (report,) = channel.deliver([Message(type=EventType.OFFER_MATCHED, body=event, **values)])
    return report


def test_mail_has_a_subject_and_complete_html(mail_server: MailServer, idle_store: Store) -> None:
    report = send_mail(mail_server, idle_store, "digest")
    assert (report.result, report.note) == (DeliveryResult.SENT, "E-Mail accepted the message")
    mail = cast(EmailMessage, message_from_string(mail_server.mails[0], policy=policy.default))
    assert mail["To"] == "you@example.com"
    assert mail["Subject"]
    page = mail.get_body(("html",))
    assert page is not None
    assert page.get_content().rstrip().endswith("</html>")
    assert "75,000" in page.get_content()


def test_mail_has_the_card_as_an_attachment(mail_server: MailServer, idle_store: Store) -> None:
    assert send_mail(mail_server, idle_store).result is DeliveryResult.SENT
    mail = cast(EmailMessage, message_from_string(mail_server.mails[0], policy=policy.default))
    (card,) = mail.iter_attachments()
    assert (card.get_content_type(), card.get_filename()) == ("image/png", "offer.matched.png")
    assert card.get_content().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("command", "reply", "result", "pauses"),
    [
        ("AUTH", "535 5.7.8 no such user", DeliveryResult.RETRY, True),
        ("MAIL", "451 4.3.0 try again", DeliveryResult.RETRY, False),
        ("RCPT", "550 5.1.1 no such mailbox", DeliveryResult.REJECTED, False),
        ("RCPT", "450 4.2.0 greylisted", DeliveryResult.RETRY, False),
        ("END", "552 5.3.4 too big", DeliveryResult.REJECTED, False),
        ("END", "hang up", DeliveryResult.UNKNOWN, False),
    ],
)
def test_mail_server_reply_determines_the_report(
    mail_server: MailServer, idle_store: Store, command: str, reply: str, result: DeliveryResult, pauses: bool
) -> None:
    mail_server.replies = {command: reply}
    report = send_mail(mail_server, idle_store)
    assert (report.result, report.pauses) == (result, pauses), report.note
    assert "sesame42" not in report.note
    if reply[0].isdigit():
        assert f"the mail server responded with {reply[:3]}" in report.note


def test_unreachable_mail_server_is_retried(mail_server: MailServer, idle_store: Store) -> None:
    mail_server.close()
    report = send_mail(mail_server, idle_store)
    assert (report.result, report.note) == (DeliveryResult.RETRY, "E-Mail is unreachable")


def test_plain_text_part_is_readable_and_has_the_links(mail_server: MailServer, idle_store: Store) -> None:
    for name, links in (("matched", 1), ("digest", 1), ("promotion", 1), ("run-failed", 0)):
        send_mail(mail_server, idle_store, name)
        mail = cast(EmailMessage, message_from_string(mail_server.mails[-1], policy=policy.default))
        part = mail.get_body(("plain",))
        assert part is not None
        lines = part.get_content().replace("\r\n", "\n").strip().splitlines()
        assert sum("https://" in line for line in lines) == links
        assert "\n\n\n" not in "\n".join(lines)
        long = render(EVENTS[name], form=Form.LONG, locale="en", now=NOW).body
        # The same lines as in a text message, except that the price and what it is for are two lines.
        words = {line.strip() for line in re.sub(r"^\d\. ", "", long, flags=re.MULTILINE).splitlines()}
        assert {line for line in lines if line not in words} <= {
            "75,000 MileagePlus miles + $5.60",
            "per traveler, one way",
        }


def test_mail_is_in_the_time_zone_of_the_watch_or_else_of_the_channel(
    mail_server: MailServer, idle_store: Store
) -> None:
    for of_watch, option, clock in (
        ("America/Sao_Paulo", "Asia/Tokyo", "11:05 UTC-3"),
        ("UTC", "Asia/Tokyo", "23:05 UTC+9"),
        ("", "", "14:05 UTC"),
    ):
        send_mail(mail_server, idle_store, of_watch=of_watch, options={"timezone": option} if option else {})
        mail = cast(EmailMessage, message_from_string(mail_server.mails[-1], policy=policy.default))
        page = mail.get_body(("html",))
        assert page is not None
        assert f"Seen 12 minutes ago at {clock}<" in page.get_content()

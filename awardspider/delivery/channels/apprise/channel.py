"""Messages through Apprise: Telegram, Discord, Slack, WhatsApp, Signal, e-mail, ntfy, Pushover and more.

The address is an Apprise URL for one service and one recipient, so a retry does not reach other recipients, who may
already have the message. The entire address is secret. Apprise's result has no details of a failure, so the HTTP status
and the exception are taken from its log.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar, NamedTuple
from urllib.parse import unquote, urlsplit

from awardspider.delivery.channels.addresses import parse_allowed_hosts
from awardspider.delivery.channels.apprise.cards import (
    CARD_OPTION,
    NO_CARD,
    attach_card,
    card_follows,
    card_size,
    check_card,
)
from awardspider.delivery.channels.apprise.hosts import check_hosts
from awardspider.delivery.channels.apprise.responses import LOG_LEVEL, AppriseOutcome, delivery_report, silence_logs
from awardspider.delivery.channels.apprise.services import (
    SANDBOX_SERVICES,
    address_options,
    address_scheme,
    create_service,
    sandbox_address,
)
from awardspider.delivery.channels.base import (
    ChannelConfig,
    ChannelContext,
    DeliveryReport,
    Message,
    rejected,
    retry,
    unknown,
)
from awardspider.delivery.channels.connection_guard import ConnectionGuard
from awardspider.delivery.channels.event_channel import EventChannel
from awardspider.delivery.messages.cards.sizes import CardSize
from awardspider.delivery.messages.events import (
    AnyEvent,
    ChannelPaused,
    Digest,
    IncidentOpened,
    IncidentResolved,
    OfferEvent,
    Promotion,
    RunFailed,
)
from awardspider.delivery.messages.render import Form, render
from awardspider.delivery.messages.text_limits import truncate
from awardspider.environment import bypass_proxies, proxy_hosts
from awardspider.outcomes import InvalidArgument
from awardspider.storage.channels import RateLimit
from awardspider.storage.outbox import DeliveryResult

silence_logs()

with warnings.catch_warnings():  # Apprise imports a module that Python 3.13 removed, but works without it
    warnings.simplefilter("ignore", DeprecationWarning)
    from apprise import Apprise, AppriseAttachment, NotifyBase, NotifyFormat, NotifyType
    from apprise.conversion import convert_between

_FORMS = {NotifyFormat.TEXT: Form.LONG, NotifyFormat.MARKDOWN: Form.MARKDOWN, NotifyFormat.HTML: Form.HTML}
_MIN_LONG = 400  # characters; a service with a lower limit gets the short form, as for an SMS

_TOTAL_SECONDS = 45.0  # some services need several requests, and some respond slowly
_CARD_SECONDS = 20.0  # for a second message
_RATE_WITH_CARDS = RateLimit(calls=10, seconds=60.0)  # of two messages each


class _Text(NamedTuple):
    """A rendered message."""

    title: str
    body: str
    format: NotifyFormat


class AppriseChannel(EventChannel):
    """A channel that sends text to one recipient, in the format and within the limits of the service."""

    kind = "apprise"
    options: ClassVar[Mapping[str, str]] = {
        **EventChannel.options,
        CARD_OPTION: f"the size of the image of offers and promotions: {', '.join(CardSize)}, or {NO_CARD}; "
        "the default depends on the service",
    }
    # A Telegram bot may send 20 messages a minute to a group; a Discord webhook accepts 30.
    rate_limit = RateLimit(calls=20, seconds=60.0)
    max_call_seconds = _TOTAL_SECONDS + _CARD_SECONDS + 15.0

    def __init__(self, config: ChannelConfig, context: ChannelContext) -> None:
        super().__init__(config, context)
        with suppress(InvalidArgument):
            service = create_service(config.address)
            if card_size(service, config.options) and card_follows(service):
                self.rate_limit = _RATE_WITH_CARDS
        self._pending_call: threading.Thread | None = None

    @classmethod
    def check(cls, config: ChannelConfig, context: ChannelContext) -> None:
        """Raise InvalidArgument for an invalid address, a private host or an invalid option."""
        cls.check_options(config)
        cls.check_texts(config)
        service = create_service(config.address)
        check_card(service, config.options)
        check_hosts(service, _allowed_hosts(context))

    def send(self, event: AnyEvent, message: Message) -> DeliveryReport:
        """Send one message, unless an earlier one is still being sent."""
        if self._pending_call and self._pending_call.is_alive():
            return retry("the service is slow: an earlier message is still being sent")
        sandbox_url = self.context.sandbox_url
        try:
            service = create_service(sandbox_address(self.config.address, sandbox_url))
            if not sandbox_url:
                check_hosts(service, _allowed_hosts(self.context))
        except InvalidArgument as error:
            return retry(str(error), pauses=True)
        name = str(service.service_name)
        if sandbox_url and address_scheme(self.config.address) not in SANDBOX_SERVICES:
            return rejected(f"the sandbox does not simulate {name}; the message was not sent")
        text = self._render(event, message, service)
        card, problem = self._card(event, message, service)
        if card is None:
            report = self._notify(service, event, text)
        elif card_follows(service):
            report, problem = self._send_then_card(service, event, text, card)
        else:
            report, problem = self._send_with_card(service, event, text, card)
        is_sent = report.result is DeliveryResult.SENT
        return replace(report, note=f"{report.note}, but not its card: {problem}") if is_sent and problem else report

    def _card(self, event: AnyEvent, message: Message, service: NotifyBase) -> tuple[AppriseAttachment | None, str]:
        """Return the card of the message, if it gets one, or else the reason why it could not be drawn."""
        size = card_size(service, self.config.options)
        if size is None or not isinstance(event, OfferEvent | Digest | Promotion):
            return None, ""
        link, now, zone = message.share_link or None, self.context.now(), self.zone(message)
        try:
            return attach_card(event, size, locale=self.locale, link=link, now=now, zone=zone), ""
        except Exception as error:  # whatever is wrong with the image, the text is sent
            return None, f"it could not be drawn ({type(error).__name__}: {error})"

    def _send_then_card(
        self, service: NotifyBase, event: AnyEvent, text: _Text, card: AppriseAttachment
    ) -> tuple[DeliveryReport, str]:
        """Send the text, then the card as a message of its own. Return the report and the problem with the card."""
        report = self._notify(service, event, text)
        if report.result is not DeliveryResult.SENT:
            return report, ""
        after = self._notify(service, event, _Text("", "", text.format), card, seconds=_CARD_SECONDS)
        return report, "" if after.result is DeliveryResult.SENT else after.note

    def _send_with_card(
        self, service: NotifyBase, event: AnyEvent, text: _Text, card: AppriseAttachment
    ) -> tuple[DeliveryReport, str]:
        """Send text and card in one request, or only the text if that is rejected."""
        report = self._notify(service, event, text, card)
        if report.result is not DeliveryResult.REJECTED:
            return report, ""
        return self._notify(service, event, text, seconds=_CARD_SECONDS), report.note

    def _notify(
        self,
        service: NotifyBase,
        event: AnyEvent,
        text: _Text,
        card: AppriseAttachment | None = None,
        seconds: float | None = None,
    ) -> DeliveryReport:
        """Send one request to the service."""
        name, seconds = str(service.service_name), seconds or _TOTAL_SECONDS
        sender = Apprise(asset=service.asset)
        sender.add(service)

        def notify() -> AppriseOutcome:
            with sender.notify(
                text.body,
                text.title,
                body_format=text.format,
                notify_type=_notify_type(event),
                attach=card,
                log_level=LOG_LEVEL,
            ) as result:
                return AppriseOutcome.from_result(result)

        guard = self._create_guard()
        thread, outcomes = _start(notify, guard)
        thread.join(seconds)
        if thread.is_alive():
            self._pending_call = thread
            return unknown(f"{name} did not respond within {seconds:.0f} seconds; it may have the message")
        if guard.refusal:
            return retry(f"{name}: {self._redact(guard.refusal)}", pauses=True)
        if not outcomes:
            return unknown(f"Apprise failed while sending to {name}; it may have the message")
        return delivery_report(outcomes[0], name, self._redact)

    def text(self, event: AnyEvent, message: Message) -> str:
        """Return title and text of the message; an HTML mail is shown as its plain-text part."""
        service = create_service(self.config.address)
        title, body, body_format = self._render(event, message, service)
        if body_format is NotifyFormat.HTML:
            body = convert_between(NotifyFormat.HTML, NotifyFormat.TEXT, body)  # type: ignore[no-untyped-call]
        return "\n\n".join(filter(None, (title, body)))

    def _create_guard(self) -> ConnectionGuard:
        """Return a guard that allows the private hosts of the operator, or only the sandbox, and the proxies.

        Like webhooks, the sandbox and the allowed hosts are contacted without a proxy.
        """
        sandbox_url = self.context.sandbox_url
        sandbox_host = urlsplit(sandbox_url).hostname
        direct = frozenset({sandbox_host}) if sandbox_host else _allowed_hosts(self.context)
        bypass_proxies(direct)
        return ConnectionGuard(direct if sandbox_host else direct | proxy_hosts())

    def _render(self, event: AnyEvent, message: Message, service: NotifyBase) -> _Text:
        """Return title, body and format, within the limits of the service, which would cut or reject longer text.

        The title is empty if the service has none; the body names the subject anyway.
        """
        body_format = _body_format(service, self.config.address)
        form = _FORMS[body_format] if service.body_maxlen >= _MIN_LONG else Form.SHORT
        has_title = service.title_maxlen > 0 and str(service.service_name) != "Discord" and form is not Form.SHORT
        limit = service.body_maxlen
        if has_title and service.overflow_amalgamate_title:  # the title counts as part of the body
            limit -= service.title_maxlen
        rendered = render(
            event,
            form=form,
            locale=self.locale,
            now=self.context.now(),
            zone=self.zone(message),
            limit=limit,
            share_link=message.share_link,
        )
        body = rendered.body.rstrip()
        lines = body.splitlines()
        if 0 < service.body_max_line_count < len(lines):  # Apprise would silently drop the excess lines
            body = "\n".join(lines[: service.body_max_line_count]) + "…"
        title = truncate(rendered.title, service.title_maxlen) if has_title else ""
        return _Text(title, truncate(body, limit) if form is not Form.HTML else body, body_format)

    def _redact(self, text: str) -> str:
        """Mask every part of the address that is longer than four characters: most of an Apprise URL is a token."""
        text = self.config.redact(text)
        parts = set(re.split(r"[^\w.+-]+", unquote(self.config.address)))
        for part in sorted(parts, key=len, reverse=True):
            if len(part) > 4:
                text = text.replace(part, "***")
        return text


def _body_format(service: NotifyBase, address: str) -> NotifyFormat:
    """Return the format that the address requests, if the service has it; otherwise choose one.

    A service that defaults to text gets text, except for Discord; any other gets Markdown, or its default format.
    """
    default = service.resolve_format()
    requested = address_options(address).get("format", "").lower()
    if default == requested or (default == NotifyFormat.TEXT and str(service.service_name) != "Discord"):
        return default
    return service.resolve_format(NotifyFormat.MARKDOWN)  # Discord renders text as Markdown


def _notify_type(event: AnyEvent) -> NotifyType:
    """Return the type of a message, which some services show as a color or icon."""
    if isinstance(event, RunFailed | IncidentOpened | ChannelPaused):
        return NotifyType.WARNING
    return NotifyType.SUCCESS if isinstance(event, IncidentResolved) else NotifyType.INFO


def _allowed_hosts(context: ChannelContext) -> frozenset[str]:
    return parse_allowed_hosts(str(context.settings.get("AWARD_ALLOW_PRIVATE_HOSTS") or ""))


def _start(
    notify: Callable[[], AppriseOutcome], guard: ConnectionGuard
) -> tuple[threading.Thread, list[AppriseOutcome]]:
    """Call `notify` in a new thread with a guard. Return the thread and a list for the outcome.

    The list stays empty if Apprise raises. The thread is a daemon, so that the program can exit without waiting for a
    request that cannot be stopped.
    """
    outcomes: list[AppriseOutcome] = []

    def run() -> None:
        try:
            outcomes.append(notify())
        except Exception:  # not logged, because the text may contain the address
            return

    thread = threading.Thread(target=run, name="awardspider apprise", daemon=True)
    guard.cover(thread)
    thread.start()
    return thread, outcomes

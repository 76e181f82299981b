"""Everything Apprise can reach: Telegram, Discord, Slack, WhatsApp, Signal, e-mail, ntfy, Pushover and the rest.

The address is an Apprise URL of one service and one recipient, so that a second try can only repeat what failed. All
of it is a secret. Apprise tells little of what went wrong: its log is read for the HTTP status and the exception.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from awardspider.delivery.channels.addresses import Address, allowed_hosts, check_public
from awardspider.delivery.channels.apprise.responses import Report, hush_logs, log_level, result_of
from awardspider.delivery.channels.base import (
    Channel,
    ChannelConfig,
    Message,
    Pace,
    Result,
    Surroundings,
    later,
    never,
    unknown,
)
from awardspider.delivery.messages.events import AnyEvent, ChannelPaused, RunFailed, read_event
from awardspider.delivery.messages.language import speaks
from awardspider.delivery.messages.render import Form, render
from awardspider.delivery.messages.text_limits import cut
from awardspider.outcomes import InvalidArgument

hush_logs()

with warnings.catch_warnings():  # a module that Python 3.13 has no more is asked for, and done without there
    warnings.simplefilter("ignore", DeprecationWarning)
    from apprise import Apprise, AppriseAsset, AppriseAttachment, NotifyBase, NotifyFormat, NotifyType, OverflowMode
    from apprise.manager_plugins import NotificationManager
    from apprise.plugins.telegram import NotifyTelegram, TelegramMarkdownVersion
    from apprise.utils.parse import parse_urls

    _SERVICES = NotificationManager()  # type: ignore[no-untyped-call]  # as much of Apprise is
    _SERVICES.load_modules()  # type: ignore[no-untyped-call]

# These show something on this machine, or write to its log: nobody far away would be told.
_LOCAL = frozenset({"blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"})

# These read files as soon as they are made; what others would read shows in the service itself.
_READS_FILES = frozenset({"vapid"})
_FILE_OPTIONS = frozenset({"keyfile", "subfile", "pgp", "pgpprv", "pgppub"})

# What the sandbox's catcher understands; of all others it has no copy.
_PLAIN_POSTS = frozenset({"json", "jsons", "form", "forms", "xml", "xmls"})

# How each format is written, and from how many characters on there is room for more than an SMS.
_FORMS = {NotifyFormat.TEXT: Form.LONG, NotifyFormat.MARKDOWN: Form.MARKDOWN, NotifyFormat.HTML: Form.HTML}
_ROOM_FOR_LONG = 400

_CONNECT_SECONDS, _READ_SECONDS = 10.0, 20.0
_ALL_SECONDS = 45.0  # some services take several requests, and a far side may answer a byte at a time


class AppriseChannel(Channel):
    """Text to one recipient of one service, in its own format and within its limits."""

    kind = "apprise"
    # Bots of Telegram may write 20 messages a minute to a group, Discord's webhooks take 30.
    pace = Pace(most=20, seconds=60.0)
    lasts_seconds = _ALL_SECONDS + 15.0
    options: ClassVar[Mapping[str, str]] = {
        "locale": "the language of its texts: en, pt_BR or es; AWARD_LOCALE when left out"
    }

    def __init__(self, config: ChannelConfig, surroundings: Surroundings) -> None:
        super().__init__(config, surroundings)
        self._hanging: threading.Thread | None = None

    @classmethod
    def check(cls, config: ChannelConfig, surroundings: Surroundings) -> None:
        unknown_options = sorted(set(config.options) - set(cls.options))
        if unknown_options:
            raise InvalidArgument(f"a channel of kind apprise has no option {unknown_options[0]}; it has locale")
        if (locale := config.options.get("locale", "en")) and not speaks(locale):
            raise InvalidArgument(f"there are no texts in {locale}; write en, pt_BR or es")
        service = _service_of(config.address)
        _check_host(service, surroundings)

    def deliver(self, messages: Sequence[Message]) -> Sequence[Result]:
        return [self._give(message) for message in messages]

    def _give(self, message: Message) -> Result:
        if self._hanging and self._hanging.is_alive():
            return later("an earlier message is still on its way; the service answers too slowly")
        try:
            event = read_event(message.body)
        except msgspec.ValidationError:
            return never("this message is not one that can be told")
        try:
            service = _service_of(_address_in(self.config.address, self.surroundings.sandbox_url))
            if not self.surroundings.sandbox_url:
                _check_host(service, self.surroundings)
        except InvalidArgument as error:
            return later(str(error), pauses=True)
        name = str(service.service_name)
        if self.surroundings.sandbox_url and _scheme_of(self.config.address) not in _PLAIN_POSTS:
            return never(f"the sandbox has no {name}; nothing was sent")
        title, body, form = self._text(event, service)
        sender = Apprise(asset=service.asset)
        sender.add(service)
        attached = _image_of(message, service, self.surroundings.data_dir)

        def send() -> Report:
            with sender.notify(
                body,
                title,
                body_format=form,
                notify_type=NotifyType.WARNING if isinstance(event, RunFailed | ChannelPaused) else NotifyType.INFO,
                attach=attached,
                log_level=log_level(),
            ) as outcome:
                return Report.of(outcome)

        thread, answers = _started(send)
        thread.join(_ALL_SECONDS)
        if thread.is_alive():
            self._hanging = thread
            return unknown(f"{name} did not answer within {_ALL_SECONDS:.0f} seconds; it may have the message")
        if not answers:
            return unknown(f"Apprise failed while it wrote to {name}; it may have the message")
        return result_of(answers[0], name, self._clean)

    def _text(self, event: AnyEvent, service: NotifyBase) -> tuple[str, str, NotifyFormat]:
        """Title, body and format for a service: within its limits, because it would cut or refuse what is longer.

        A title only where it has a place of its own: the body says what it is about.
        """
        format_ = _format_of(service, self.config.address)
        form = _FORMS[format_] if service.body_maxlen >= _ROOM_FOR_LONG else Form.SHORT
        locale = self.config.options.get("locale") or str(self.surroundings.settings.get("AWARD_LOCALE") or "en")
        with_title = service.title_maxlen > 0 and str(service.service_name) != "Discord" and form is not Form.SHORT
        most = service.body_maxlen
        if with_title and service.overflow_amalgamate_title:  # the title counts as part of the body
            most -= service.title_maxlen
        rendered = render(event, form=form, locale=locale, now=self.surroundings.now(), limit=most)
        body = rendered.body.rstrip()
        lines = body.splitlines()
        if 0 < service.body_max_line_count < len(lines):  # Apprise would drop the rest without a word
            body = "\n".join(lines[: service.body_max_line_count]) + "…"
        title = cut(rendered.title, service.title_maxlen) if with_title else ""
        return title, cut(body, most) if form is not Form.HTML else body, format_

    def _clean(self, text: str) -> str:
        """A text of the service without anything of the address: most of an Apprise URL is token."""
        text = self.config.clean(text)
        pieces = set(re.split(r"[^\w.+-]+", unquote(self.config.address)))
        for piece in sorted(pieces, key=len, reverse=True):
            if len(piece) > 4:
                text = text.replace(piece, "***")
        return text


def _service_of(address: str) -> NotifyBase:
    """The service of an address, set up to send once, without following anybody elsewhere.

    Raises BadArgument, with the scheme but nothing else of the address in its sentence, where it cannot be.
    """
    address = address.strip()
    scheme = _scheme_of(address)
    several = "one channel writes to one recipient of one service; add a channel for each"
    if len(parse_urls(address)) > 1:  # type: ignore[no-untyped-call]
        raise InvalidArgument(several)
    if scheme in _LOCAL:
        raise InvalidArgument(f"{scheme}:// shows something on this machine only; a channel tells somebody elsewhere")
    named = _query(address)
    reads_files = f"this {scheme}:// address makes Apprise read files, which a channel may not"
    if scheme in _READS_FILES or _FILE_OPTIONS & named.keys():
        raise InvalidArgument(reads_files)
    asset = AppriseAsset(
        app_id="awardspider",
        app_desc="Award fares and promotions with miles",
        app_url="",
        image_url_mask="",  # no pictures of Apprise's own
        image_url_logo="",
        storage_mode="memory",
        async_mode=False,
        service_timeout=0,  # the time-out is ours, because Apprise's leaves its threads behind
        http_redirects=False,
        interpret_emojis=False,  # `:sa:` in a name is no picture
        allow_templates=False,
        secure_logging=True,
    )
    service = Apprise.instantiate(address, asset=asset)
    if service is None:
        raise InvalidArgument(_why_not(scheme))
    if any(isinstance(value, AppriseAttachment) and len(value) for value in vars(service).values()):
        raise InvalidArgument(reads_files)
    # An address cannot ask for these: the outbox tries again, a failure is one, and nobody leads us elsewhere.
    service.retry, service.optional, service.redirects = 0, False, False
    if len(service) > 1:
        raise InvalidArgument(several)
    if isinstance(service, NotifyTelegram) and "mdv" not in named:
        service.markdown_ver = TelegramMarkdownVersion.TWO  # the first has no way to write * and _ within bold text
    service.overflow_mode = OverflowMode.UPSTREAM
    service.socket_connect_timeout, service.socket_read_timeout = _CONNECT_SECONDS, _READ_SECONDS
    return service


def _why_not(scheme: str) -> str:
    if scheme in ("http", "https"):
        return "Apprise knows no service at this web address; kind webhook is for addresses that take JSON"
    if scheme not in _SERVICES:
        return f"Apprise knows no {scheme}://; docs/channels.md has examples of addresses"
    service = _SERVICES[scheme]
    if not service.enabled:
        needed = service.requirements.get("packages_required") or "something that this system does not have"
        return f"{scheme}:// needs {needed if isinstance(needed, str) else ', '.join(needed)}"
    forms = " or ".join(form.replace("{schema}", scheme) for form in service.templates[:2])
    return f"this {scheme}:// address lacks a part or has a wrong one; write {forms}"


def _scheme_of(address: str) -> str:
    scheme, _, rest = address.strip().partition("://")
    if not rest or not re.fullmatch(r"[a-z][a-z0-9+.-]{0,20}", scheme.lower()):
        raise InvalidArgument("an address of kind apprise begins with its service, as in tgram:// or mailtos://")
    return scheme.lower()


def _query(address: str) -> dict[str, str]:
    """What follows the question mark; `#` is no fragment to Apprise but part of a room's name."""
    return {name.lower(): value for name, value in parse_qsl(address.partition("?")[2], keep_blank_values=True)}


def _check_host(service: NotifyBase, surroundings: Surroundings) -> None:
    """Raise BadArgument where a service that one runs oneself is in a private network and nobody allowed its host.

    Elsewhere what stands at the host's place is a token, which must not be looked up as a name.
    """
    host = service.host if "host" in service.template_tokens else None
    host = getattr(service, "smtp_host", host)
    if not host or getattr(service, "mode", None) == "cloud":  # ntfy's own server: the host is a topic
        return
    host = str(host).lower().strip("[]").rstrip(".")
    allowed = allowed_hosts(str(surroundings.settings.get("AWARD_ALLOW_PRIVATE_HOSTS") or ""))
    check_public(Address(url="", host=host, port=443, private_allowed=host in allowed))


def _address_in(address: str, sandbox_url: str) -> str:
    """The address to use: in the sandbox, its own host with the real one first in the path."""
    if not sandbox_url or _scheme_of(address) not in _PLAIN_POSTS:
        return address
    parts, sandbox = urlsplit(address.strip()), urlsplit(sandbox_url)
    scheme = parts.scheme.lower().removesuffix("s") + ("s" if sandbox.scheme == "https" else "")
    user, at, _ = parts.netloc.rpartition("@")
    path = f"{sandbox.path.rstrip('/')}/{parts.hostname}{parts.path}"
    return parts._replace(scheme=scheme, netloc=f"{user}{at}{sandbox.netloc}", path=path).geturl()


def _format_of(service: NotifyBase, address: str) -> NotifyFormat:
    """What to write for a service: the address' own wish, else Markdown where it is shown as such, HTML for mail."""
    formats = service._formats()
    wished = _query(address).get("format", "").lower()
    for each in formats:
        if each.value == wished:
            return each
    if formats[0] == NotifyFormat.TEXT and str(service.service_name) != "Discord":  # Discord shows text as Markdown
        return NotifyFormat.TEXT
    return NotifyFormat.MARKDOWN if NotifyFormat.MARKDOWN in formats else formats[0]


def _image_of(message: Message, service: NotifyBase, data_dir: Path) -> str | None:
    """The picture that a message names by its path under the data folder, where the service takes one."""
    name = message.body.get("image")
    if not isinstance(name, str) or not service.attachment_support:
        return None
    path = (data_dir / name).resolve()
    return str(path) if path.is_relative_to(data_dir.resolve()) and path.is_file() else None


def _started(send: Callable[[], Report]) -> tuple[threading.Thread, list[Report]]:
    """A thread that sends, and where its answer appears; nothing appears where Apprise itself fails.

    A thread of our own, that the program's end does not wait for, because a request cannot be stopped.
    """
    answers: list[Report] = []

    def run() -> None:
        try:
            answers.append(send())
        except Exception:  # whatever it is: its text may hold the address, so it is not told
            return

    thread = threading.Thread(target=run, name="awardspider apprise", daemon=True)
    thread.start()
    return thread, answers

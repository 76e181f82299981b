"""The page `/hooks`, which shows the received messages, latest first."""

from __future__ import annotations

from html import escape
from itertools import islice
from urllib.parse import urlencode

import orjson

from awardspider.sandbox.services.hooks.receiver import Message, Receiver
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse, html_response, page

MAX_SHOWN = 50
MAIN_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature", "x-make-apikey", "content-type", "user-agent")


def hooks_page(receiver: Receiver, request: SandboxRequest) -> SandboxResponse:
    """Return the page with the latest messages, only those sent to `host` if the query contains it."""
    host = request.query.get("host", "")
    matching = (message for message in reversed(receiver.messages) if not host or message.host == host)
    shown = list(islice(matching, MAX_SHOWN))
    hosts = sorted({message.host for message in receiver.messages})
    text = page(
        "services",
        "hooks.html",
        style=page("sandbox.css"),
        about=f"{receiver.stored:,} received{f', the latest {MAX_SHOWN} shown' if len(shown) == MAX_SHOWN else ''}",
        outcomes=_outcomes(receiver),
        filters="".join(_filter_link(link, link == host) for link in ("", *hosts)) if hosts else "",
        messages="".join(map(_card, shown)) or "<p>No messages yet. Send a POST to any path of a receiver's host.</p>",
    )
    return html_response(text)


def _outcomes(receiver: Receiver) -> str:
    succeeded = receiver.outcomes.get("ok", 0)
    if not receiver.outcomes.total() - succeeded:
        return ""
    failures = [f"{count:,} × {escape(name)}" for name, count in receiver.outcomes.most_common() if name != "ok"]
    return f"<p>{succeeded:,} succeeded; failed: {', '.join(failures)}</p>"


def _filter_link(host: str, current: bool) -> str:
    mark = ' aria-current="page"' if current else ""
    query = f"?{urlencode({'host': host})}" if host else "?"
    return f'<a href="{query}"{mark}>{escape(host or "All")}</a>'


def _card(message: Message) -> str:
    repeated = f' <span class="repeated">attempt {message.attempt}</span>' if message.attempt > 1 else ""
    values = {name.lower(): value for name, value in message.headers}
    main = "".join(f"<dt>{name}</dt><dd>{escape(values[name])}</dd>" for name in MAIN_HEADERS if name in values)
    others = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
        for name, value in message.headers
        if name.lower() not in MAIN_HEADERS
    )
    query = f"?{message.query}" if message.query else ""
    received = f"<time>{message.time:%Y-%m-%d %H:%M:%S} UTC</time>"
    return (
        f"<article><h2><span>{escape(message.method)}</span> {escape(message.address + query)}{repeated}</h2>"
        f"<p>No. {message.number:,} · {received} · {len(message.body):,} bytes</p>"
        f"<dl>{main}</dl><pre>{escape(_pretty(message.body))}</pre>"
        f"<details><summary>Other headers</summary><dl>{others}</dl></details></article>"
    )


def _pretty(body: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")

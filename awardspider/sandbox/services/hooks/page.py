"""What was caught, as a page for a person: latest first."""

from __future__ import annotations

from html import escape
from itertools import islice
from urllib.parse import urlencode

import orjson

from awardspider.sandbox.services.hooks.catcher import Catcher, Message
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse, html_response, page

SHOWN = 50
TELLING = ("webhook-id", "webhook-timestamp", "webhook-signature", "x-make-apikey", "content-type", "user-agent")


def hooks_page(catcher: Catcher, request: SandboxRequest) -> SandboxResponse:
    """The latest messages, of one `host` where that is given."""
    host = request.query.get("host", "")
    wanted = (one for one in reversed(catcher.messages) if not host or one.host == host)
    shown = list(islice(wanted, SHOWN))
    hosts = sorted({one.host for one in catcher.messages})
    links = "".join(_filter_link(one, one == host) for one in ("", *hosts)) if hosts else ""
    cards = "".join(map(_card, shown))
    empty = "<p>Nothing has come yet. Send a POST to any path of a receiver's host.</p>"
    values = {
        "{about}": f"{catcher.stored:,} kept so far{f', the latest {SHOWN} shown' if len(shown) == SHOWN else ''}",
        "{outcomes}": _outcomes(catcher),
        "{filters}": links,
        "{messages}": cards or empty,
    }
    text = page("services", "hooks.html")
    for name, value in values.items():
        text = text.replace(name, value)
    return html_response(text)


def _outcomes(catcher: Catcher) -> str:
    good = catcher.outcomes.get("ok", 0)
    if not catcher.outcomes.total() - good:
        return ""
    others = [f"{escape(way)} {count:,}" for way, count in catcher.outcomes.most_common() if way != "ok"]
    return f"<p>Answered well {good:,} times; otherwise: {', '.join(others)}</p>"


def _filter_link(host: str, here: bool) -> str:
    mark = ' aria-current="page"' if here else ""
    query = f"?{urlencode({'host': host})}" if host else "?"
    return f'<a href="{query}"{mark}>{escape(host or "All")}</a>'


def _card(message: Message) -> str:
    again = f' <span class="again">came {message.times} times</span>' if message.times > 1 else ""
    given = {name.lower(): value for name, value in message.headers}
    headers = "".join(f"<dt>{name}</dt><dd>{escape(given[name])}</dd>" for name in TELLING if name in given)
    others = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
        for name, value in message.headers
        if name.lower() not in TELLING
    )
    query = f"?{message.query}" if message.query else ""
    came = f"<time>{message.time:%Y-%m-%d %H:%M:%S} UTC</time>"
    return (
        f"<article><h2><span>{escape(message.method)}</span> {escape(message.address + query)}{again}</h2>"
        f"<p>No. {message.number:,} · {came} · {len(message.body):,} bytes</p>"
        f"<dl>{headers}</dl><pre>{escape(_pretty(message.body))}</pre>"
        f"<details><summary>Other headers</summary><dl>{others}</dl></details></article>"
    )


def _pretty(body: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")

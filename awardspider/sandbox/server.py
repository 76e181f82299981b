"""The server: one process that answers for every pretended site, on one port.

Which site a request means is told by the Host header, or by a first path segment that is a host
(`/www.united.com/api/...`), or else by the path itself: the first site that has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import struct
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.faults import BadFault, Effect, Faults, apply
from awardspider.sandbox.home import home_page
from awardspider.sandbox.services import services
from awardspider.sandbox.services.service import Service
from awardspider.sandbox.sites import Routes, SandboxRequest, SandboxResponse, Site, html_response, json_response
from awardspider.sandbox.truth import BadQuestion, truth
from awardspider.sandbox.world import World

REMEMBERED = 500
BIGGEST_BODY = 256 * 1024 * 1024
DRIPS = 20
NOTED_HEADERS = ["User-Agent", "Accept", "Accept-Language", "Content-Type", "Referer", "Origin", "From"]


class Sandbox:
    """Answers requests; knows the world, its sites, their faults, and what was asked of them."""

    def __init__(self, world: World, airlines: list[Site], services: list[Service]) -> None:
        self.world = world
        self.airlines = airlines
        self.services = services
        self.sites = [*airlines, *(site for service in services for site in service.sites)]
        self.faults = Faults(self.sites)
        self._by_host = {host: site for site in self.sites for host in site.hosts}
        self._own_routes = Routes(route for service in services for route in service.own)
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._arrived = asyncio.Event()
        self._latest: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request, whatever it asks for."""
        site, host, path = self._addressed(request.headers.get("Host", ""), request.path)
        if site is None:
            return _response(await self._own(request))
        route = site.route(request.method, path)
        if route is None:
            return _response(_not_found(405 if site.knows(path) else 404))
        site_request = await self._site_request(request, path, host)
        host = site.hosts[0]
        fault = self.faults.strike(host, route, path)
        effect = apply(fault, site, route, site_request) if fault else Effect(route.handler(site_request))
        self._note(host, request, path, effect)
        answer = effect.answer
        if seconds := effect.seconds + (answer.seconds if answer else 0.0):
            await asyncio.sleep(seconds)
        if answer is None or answer.broken:
            return _reset(request)
        return await _dripped(request, answer) if answer.drip else _response(answer)

    def _addressed(self, host: str, path: str) -> tuple[Site | None, str, str]:
        """The site that a request means, its host and the path there; no site for the sandbox's own pages."""
        host = host.partition(":")[0].lower()
        if site := self._by_host.get(host):
            return site, host, path
        first, _, rest = path[1:].partition("/")
        if site := self._by_host.get(first.lower()):
            return site, first.lower(), f"/{rest}"
        if path == "/" or path.startswith("/_") or self._own_routes.knows(path):
            return None, "", path
        found = next((site for site in self.sites if not site.by_host_only and site.knows(path)), None)
        return found, found.hosts[0] if found else "", path

    async def _site_request(self, request: web.BaseRequest, path: str, host: str) -> SandboxRequest:
        clock = self.world.clock
        return SandboxRequest(
            method=request.method,
            path=path,
            query=request.query,
            headers=request.headers,
            cookies=request.cookies,
            body=await request.read(),
            now=clock.now(),
            step=clock.step,
            query_string=request.query_string,
            host=host,
        )

    def _note(self, host: str, request: web.BaseRequest, path: str, effect: Effect) -> None:
        self._counts[host][path] += 1
        self._arrived.set()
        noted = {name: request.headers[name] for name in NOTED_HEADERS if name in request.headers}
        self._latest.append(
            {
                "method": request.method,
                "host": host,
                "path": path,
                "query": request.query_string,
                "headers": noted,
                "cookies": sorted(request.cookies),  # names only: a real session may have come along
                "status": effect.answer.status if effect.answer and not effect.answer.broken else None,
            }
        )

    # ---- the sandbox's own pages ----

    async def _own(self, request: web.BaseRequest) -> SandboxResponse:
        match request.method, request.path:
            case (("GET" | "HEAD"), "/"):
                return html_response(home_page(self.world, self.airlines, self.services, self.faults))
            case (("GET" | "HEAD"), "/_health"):
                return json_response({"status": "ok", **self._state()})
            case "GET", "/_control":
                counts = {host: {"total": paths.total(), "paths": dict(paths)} for host, paths in self._counts.items()}
                return json_response({**self._state(), "faults": self.faults.shown(), "requests": counts})
            case "POST", "/_control":
                return self._order(await request.read())
            case "DELETE", "/_control":
                self.faults.reset()
                self._counts.clear()
                self._latest.clear()
                return json_response({"faults": {}})
            case "GET", "/_requests":
                await self._wait_for(request.query)
                return json_response(list(self._latest))
            case "GET", "/_truth":
                return self._truth(request.query)
        if route := self._own_routes.find(request.method, request.path):
            return route.handler(await self._site_request(request, request.path, ""))
        return _not_found()

    async def _wait_for(self, query: Mapping[str, str]) -> None:
        """With `at_least=8` an answer waits until so many requests have come, or for `seconds` (30)."""
        count, seconds = query.get("at_least", "0"), query.get("seconds", "30")
        if not count.isdigit() or not seconds.replace(".", "", 1).isdigit():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(float(seconds)):
                while sum(paths.total() for paths in self._counts.values()) < int(count):
                    self._arrived.clear()
                    await self._arrived.wait()

    def _state(self) -> dict[str, Any]:
        clock = self.world.clock
        return {"seed": self.world.seed, "clock": clock.now().isoformat(), "speed": clock.speed, "step": clock.step}

    def _order(self, body: bytes) -> SandboxResponse:
        try:
            order = orjson.loads(body)
            if not isinstance(order, dict):
                raise BadFault("The body must be a JSON object with host and fault.")
            self.faults.set(order)
        except json.JSONDecodeError:
            return json_response({"error": "The body must be a JSON object with host and fault."}, 400)
        except BadFault as error:
            return json_response({"error": str(error)}, 400)
        return json_response({"faults": self.faults.shown()})

    def _truth(self, query: Mapping[str, str]) -> SandboxResponse:
        try:
            return json_response(truth(self.world, self.sites, query))
        except BadQuestion as error:
            return json_response({"error": str(error)}, 400)


def _not_found(status: int = 404) -> SandboxResponse:
    return SandboxResponse(body=b"Not Found", status=status, content_type="text/plain")


def _response(answer: SandboxResponse) -> web.Response:
    headers = {"Content-Type": answer.content_type, **dict(answer.headers)}
    return web.Response(body=answer.body, status=answer.status, headers=headers)


def _reset(request: web.BaseRequest) -> web.Response:
    """Breaks the connection so that the client sees a reset, not an end."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


async def _dripped(request: web.BaseRequest, answer: SandboxResponse) -> web.StreamResponse:
    """Sends an answer a few bytes at a time, its first line too, then ends the connection."""
    head = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", "Connection: close"]
    if answer.status != HTTPStatus.NO_CONTENT:
        head += [f"Content-Type: {answer.content_type}", f"Content-Length: {len(answer.body)}"]
    data = "\r\n".join([*head, "", ""]).encode() + answer.body
    size = max(1, len(data) // DRIPS)
    for start in range(0, len(data), size):
        if request.transport is None or request.transport.is_closing():
            break
        request.transport.write(data[start : start + size])
        await asyncio.sleep(answer.drip * size / len(data))
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def _request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: RequestHandler,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    """A request with room for the biggest body; aiohttp's own limit is one megabyte."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=BIGGEST_BODY)


async def serve(world: World, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serves until SIGINT or SIGTERM; tells `announce` the address once it listens. Raises OSError if it cannot."""
    sandbox = Sandbox(world, airline_sites(world), services())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    runner = web.ServerRunner(
        web.Server(sandbox.handle, access_log=None, request_factory=_request), shutdown_timeout=1.0
    )
    await runner.setup()
    try:
        tcp = web.TCPSite(runner, host, port)
        await tcp.start()
        bound = runner.addresses[0]
        announce(f"http://{host if ':' not in host else f'[{host}]'}:{bound[1]}")
        await stop.wait()
    finally:
        await runner.cleanup()


def run_sandbox(
    *,
    host: str = "127.0.0.1",
    port: int = 8800,
    seed: int = 7,
    clock: datetime | None = None,
    speed: float = 1.0,
    announce: Callable[[str], None] = print,
) -> None:
    """Runs the sandbox in this process until it is told to stop. Without `clock` the world's time is now.

    Port 0 takes any free one. Raises OSError where the address cannot be had.
    """
    world = World(seed, Clock(clock or datetime.now(UTC), speed))
    asyncio.run(serve(world, host, port, announce))

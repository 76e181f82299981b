"""The sandbox server: one process that serves all simulated sites on one port.

The Host header selects the site. If the header names no simulated host, the first path segment can
(`/www.united.com/api/...`); otherwise the first site with a matching path responds.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import struct
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from aiohttp import web

from awardspider import __version__
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock, parse_time
from awardspider.sandbox.controls import ControlError, parse_options
from awardspider.sandbox.faults import OPTIONS, Effect, Faults, apply
from awardspider.sandbox.home import home_page
from awardspider.sandbox.promotions import promotion_service
from awardspider.sandbox.services import services
from awardspider.sandbox.services.service import Service
from awardspider.sandbox.sites import Routes, SandboxRequest, SandboxResponse, Site, html_response, json_response
from awardspider.sandbox.truth import truth
from awardspider.sandbox.world import World

MAX_RECORDED_REQUESTS = 500
MAX_BODY_BYTES = 256 * 1024 * 1024
SLOW_PIECES = 20
CLOCK = "clock"  # the option of POST /_control that sets the world's time
RECORDED_HEADERS = ["User-Agent", "Accept", "Accept-Language", "Content-Type", "Referer", "Origin", "From"]


class Sandbox:
    """Handles requests to a world's sites and control endpoints, and keeps the faults and a record of requests."""

    def __init__(self, world: World, airlines: list[Site], services: list[Service]) -> None:
        self.world = world
        self.airlines = airlines
        self.services = services
        self.sites = [*airlines, *(site for service in services for site in service.sites)]
        self.faults = Faults(self.sites)
        self._by_host = {host: site for site in self.sites for host in site.hosts}
        self._own_routes = Routes(route for service in services for route in service.own_routes)
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._request_received = asyncio.Event()
        self._latest: deque[dict[str, Any]] = deque(maxlen=MAX_RECORDED_REQUESTS)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Handle one request."""
        site, host, path = self._find_site(request.headers.get("Host", ""), request.path)
        if site is None:
            return _to_aiohttp(await self._own_response(request))
        route = site.route(request.method, path)
        if route is None:
            return _to_aiohttp(_not_found(405 if site.has_path(path) else 404))
        site_request = await self._site_request(request, path, host)
        fault = self.faults.find(site.hosts[0], route, path)
        effect = apply(fault, site, route, site_request) if fault else Effect(route.handler(site_request))
        self._record(site.hosts[0], request, path, effect)
        response = effect.response
        if delay := effect.delay + (response.delay if response else 0.0):
            await asyncio.sleep(delay)
        if response is None or response.reset:
            return _reset(request)
        if effect.endless_headers:
            return await _send_endless_headers(request)
        return await _send_slowly(request, response) if response.transfer else _to_aiohttp(response)

    def _find_site(self, host: str, path: str) -> tuple[Site | None, str, str]:
        """Return a request's site, host and path on that site. The site is None for the sandbox's pages."""
        host = host.partition(":")[0].lower()
        if site := self._by_host.get(host):
            return site, host, path
        first, _, rest = path[1:].partition("/")
        if site := self._by_host.get(first.lower()):
            return site, first.lower(), f"/{rest}"
        if path == "/" or path.startswith("/_") or self._own_routes.has_path(path):
            return None, "", path
        found = next((site for site in self.sites if not site.by_host_only and site.has_path(path)), None)
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

    def _record(self, host: str, request: web.BaseRequest, path: str, effect: Effect) -> None:
        self._counts[host][path] += 1
        self._request_received.set()
        response = effect.response
        self._latest.append(
            {
                "method": request.method,
                "host": host,
                "path": path,
                "query": request.query_string,
                "headers": {name: request.headers[name] for name in RECORDED_HEADERS if name in request.headers},
                "cookies": sorted(request.cookies),  # names only, because the values may belong to a real session
                "status": response.status if response and not response.reset else None,
            }
        )

    # ---- the sandbox's own pages and control endpoints ----

    async def _own_response(self, request: web.BaseRequest) -> SandboxResponse:
        try:
            return await self._control(request)
        except ControlError as error:
            return json_response({"error": str(error)}, 400)

    async def _control(self, request: web.BaseRequest) -> SandboxResponse:
        match request.method, request.path:
            case (("GET" | "HEAD"), "/"):
                return html_response(home_page(self.world, self.airlines, self.services, self.faults))
            case (("GET" | "HEAD"), "/_health"):
                return json_response({"status": "ok", "version": __version__, **self._state()})
            case "GET", "/_control":
                counts = {host: {"total": paths.total(), "paths": dict(paths)} for host, paths in self._counts.items()}
                return json_response({**self._state(), "faults": self.faults.to_json(), "requests": counts})
            case "POST", "/_control":
                self._set_control(parse_options(await request.read(), OPTIONS | {CLOCK}))
                return json_response({**self._state(), "faults": self.faults.to_json()})
            case "DELETE", "/_control":
                self.faults.reset()
                self._counts.clear()
                self._latest.clear()
                return json_response({"faults": {}})
            case "GET", "/_requests":
                await self._wait_for_requests(request.query)
                return json_response(list(self._latest))
            case "GET", "/_truth":
                return json_response(truth(self.world, self.sites, request.query))
        if route := self._own_routes.find(request.method, request.path):
            return route.handler(await self._site_request(request, request.path, ""))
        return _not_found()

    def _set_control(self, options: dict[str, Any]) -> None:
        """Set a fault, or the world's time."""
        if CLOCK not in options:
            self.faults.set(options)
            return
        if len(options) > 1:
            raise ControlError(f"{CLOCK}: cannot be set together with a fault")
        try:
            self.world.clock.set(parse_time(str(options[CLOCK])))
        except (ValueError, OverflowError):
            raise ControlError(f"{CLOCK}: expected a time such as 2026-10-01T12:00Z") from None

    async def _wait_for_requests(self, query: Mapping[str, str]) -> None:
        """Wait until `at_least` requests have been received, but at most `seconds` (default 30)."""
        count, seconds = query.get("at_least", "0"), query.get("seconds", "30")
        if not count.isdigit() or not seconds.replace(".", "", 1).isdigit():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(float(seconds)):
                while sum(paths.total() for paths in self._counts.values()) < int(count):
                    self._request_received.clear()
                    await self._request_received.wait()

    def _state(self) -> dict[str, Any]:
        clock = self.world.clock
        return {"seed": self.world.seed, "clock": clock.now().isoformat(), "speed": clock.speed, "step": clock.step}


def _not_found(status: int = 404) -> SandboxResponse:
    return SandboxResponse(body=b"Not Found", status=status, content_type="text/plain")


def _to_aiohttp(response: SandboxResponse) -> web.Response:
    headers = {"Content-Type": response.content_type, **dict(response.headers)}
    return web.Response(body=response.body, status=response.status, headers=headers)


def _reset(request: web.BaseRequest) -> web.Response:
    """Close the connection so that the client sees a reset rather than end of file."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


async def _send_endless_headers(request: web.BaseRequest) -> web.StreamResponse:
    """Send a status line and headers, in blocks of 64 KB, until the client closes the connection."""
    transport = request.transport
    if transport is not None:
        transport.write(b"HTTP/1.1 200 OK\r\n")
    block = (b"X-Padding: " + b"x" * 1011 + b"\r\n") * 64
    while transport is not None and not transport.is_closing():
        if transport.get_write_buffer_size() < len(block):
            transport.write(block)
        await asyncio.sleep(0)
    return web.Response()


async def _send_slowly(request: web.BaseRequest, response: SandboxResponse) -> web.StreamResponse:
    """Send a response, including its status line, in small pieces, then close the connection."""
    head = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}", "Connection: close"]
    if response.status != HTTPStatus.NO_CONTENT:
        head += [f"Content-Type: {response.content_type}", f"Content-Length: {len(response.body)}"]
    data = "\r\n".join([*head, "", ""]).encode() + response.body
    size = max(1, len(data) // SLOW_PIECES)
    for start in range(0, len(data), size):
        if request.transport is None or request.transport.is_closing():
            break
        request.transport.write(data[start : start + size])
        await asyncio.sleep(response.transfer * size / len(data))
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def serve(world: World, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, and call `announce` with the address once the server is listening.

    Raise OSError if the server cannot listen.
    """
    sandbox = Sandbox(world, airline_sites(world), [promotion_service(world), *services()])
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    # aiohttp limits a body to one megabyte by default.
    request_factory = partial(web.BaseRequest, loop=loop, client_max_size=MAX_BODY_BYTES)
    server = web.Server(sandbox.handle, access_log=None, request_factory=request_factory)
    runner = web.ServerRunner(server, shutdown_timeout=1.0)
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
    """Run the sandbox in this process until SIGINT or SIGTERM.

    The world's time starts at `clock`, by default now. Port 0 picks any free port. Raise OSError if the server
    cannot listen.
    """
    world = World(seed, Clock(clock or datetime.now(UTC), speed))
    asyncio.run(serve(world, host, port, announce))

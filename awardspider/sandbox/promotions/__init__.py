"""Promotions: blogs with feeds, a table of transfer bonuses with cross-check pages, and their ground truth.

Hosts and addresses are those of real blogs; posts and promotions are simulated. Blogs of which only the address is
known share the format of WordPress. The Points Guy's feed is a page without entries, because the real one is often
blocked or empty.
"""

from __future__ import annotations

from functools import partial

from awardspider.outcomes import Reason
from awardspider.sandbox.block_pages import challenge, cloudflare
from awardspider.sandbox.promotions.access import members_only, reject_libraries, sign_in_page
from awardspider.sandbox.promotions.blogs import TABLE_BLOG, Blog, blogs, posts
from awardspider.sandbox.promotions.feeds import RSS_TYPE, feed, feed_body, post_list
from awardspider.sandbox.promotions.tables import (
    CROSS_CHECKS,
    TABLE_PATH,
    archive,
    cross_check_page,
    current,
    table_body,
    table_page,
)
from awardspider.sandbox.promotions.truth import promotions_truth
from awardspider.sandbox.services.service import Service
from awardspider.sandbox.sites import (
    Handler,
    Kind,
    Refusal,
    Route,
    SandboxRequest,
    SandboxResponse,
    Site,
    html_response,
    json_response,
    page,
)
from awardspider.sandbox.world import World

SIGN_IN = "/wp-login.php"
PROMO_REWARDS = "/en/spend/flights/promo-rewards"
ROBOTS = f"User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\nDisallow: {SIGN_IN}\n"
SHELL = '<!DOCTYPE html><html><head><title>The Points Guy</title></head><body><div id="__next"></div></body></html>'


def promotion_service(world: World) -> Service:
    """Build the service."""
    sites = (
        *(_site(world.seed, blog) for blog in blogs().values()),
        _shell_site("thepointsguy.com", "The Points Guy", "/feed/", SHELL),
        _shell_site("www.flyingblue.com", "Flying Blue", PROMO_REWARDS, page("promotions", "promo-rewards.html")),
    )
    links = (
        ("Frequent Miler’s feed", f"/{TABLE_BLOG}/feed/"),
        ("The table of transfer bonuses", f"/{TABLE_BLOG}{TABLE_PATH}"),
        ("A cross-check page", f"/awardwallet.com{CROSS_CHECKS['awardwallet.com'][0]}"),
        ("A feed in Portuguese", "/passageirodeprimeira.com/feed"),
        ("An Atom feed", "/www.reddit.com/r/awardtravel/.rss"),
        ("Delta's deals", "/www.delta.com/us/en/flight-deals/all-flight-deals"),
        ("Ground truth of promotions", "/_truth/promotions"),
    )
    return Service(
        name="Promotions",
        about="Blogs that announce simulated promotions in feeds, and a table of transfer bonuses.",
        sites=sites,
        own_routes=(Route("GET", "/_truth/promotions", Kind.OTHER, partial(_truth, world.seed)),),
        links=links,
    )


def _truth(seed: int, request: SandboxRequest) -> SandboxResponse:
    return json_response(promotions_truth(seed, request.now, request.query))


def _site(seed: int, blog: Blog) -> Site:
    """Build the site of a blog, with its feeds and pages."""
    read_feed = partial(feed, seed, blog)
    handlers: dict[str, Handler] = dict.fromkeys((blog.feed, *blog.paths), read_feed)
    if blog.json:
        handlers[blog.json] = partial(post_list, seed, blog)
    renamed: tuple[str, ...] = ("item", "entry", "title")
    refusals = _feed_refusals(seed, blog)
    if blog.host == TABLE_BLOG:
        handlers[TABLE_PATH] = partial(table_page, seed)
        renamed += ("Transfer From", "Transfer Bonus Details")
        refusals += _table_refusals(seed, read_feed)
    elif blog.host in CROSS_CHECKS:
        path = CROSS_CHECKS[blog.host][0]
        handlers[path] = partial(cross_check_page, seed, blog.host)
        renamed += ("a", "Transfer Partner")
    routes = []
    for path, handler in handlers.items():
        if blog.rejects_libraries:
            handler = partial(reject_libraries, handler)
        guarded = partial(members_only, handler, blog.name)
        # WordPress redirects between a path with and without a final slash; here both respond.
        routes += [Route("GET", variant, Kind.DATA, guarded) for variant in _with_and_without_slash(path)]
    other = blog.host.removeprefix("www.") if blog.host.startswith("www.") else f"www.{blog.host}"
    return Site(
        key=blog.host,
        name=blog.name,
        hosts=(blog.host, other),
        routes=(*routes, Route("GET", SIGN_IN, Kind.SIGN_IN, partial(_sign_in, blog.name))),
        sign_in=SIGN_IN,
        robots=ROBOTS,
        search_paths=tuple(handlers),
        renamed_keys=renamed,
        refusals=refusals,
        by_host_only=True,
    )


def _with_and_without_slash(path: str) -> tuple[str, ...]:
    return (path,) if "." in path else (path.rstrip("/"), f"{path.rstrip('/')}/")


def _shell_site(host: str, name: str, path: str, text: str) -> Site:
    """Build a site whose only page has no data, because a script would load it."""
    other = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
    return Site(
        key=host,
        name=name,
        hosts=(host, other),
        routes=(
            Route("GET", path, Kind.DATA, partial(members_only, lambda _: html_response(text), name)),
            Route("GET", SIGN_IN, Kind.SIGN_IN, partial(_sign_in, name)),
        ),
        sign_in=SIGN_IN,
        robots=ROBOTS,
        search_paths=(path,),
        by_host_only=True,
    )


def _sign_in(name: str, _: SandboxRequest) -> SandboxResponse:
    return sign_in_page(name)


def _feed_refusals(seed: int, blog: Blog) -> tuple[Refusal, ...]:
    """Return what a blog's sites send instead of a feed, whatever the path."""

    def entries(request: SandboxRequest) -> bytes:
        return feed_body(blog, posts(seed, blog, request.now), request.now)

    def blocked(request: SandboxRequest) -> SandboxResponse:
        return cloudflare(request.path, request.now)

    def empty(request: SandboxRequest) -> SandboxResponse:
        return _xml(feed_body(blog, [], request.now))

    def malformed(request: SandboxRequest) -> SandboxResponse:
        return _xml(entries(request).replace(b"<title>", b"<title>R&D &bogus; <b>", 2))

    unexpected = Reason.UNEXPECTED_RESPONSE
    return (
        Refusal(name="empty_channel", reason=unexpected, handler=empty),
        Refusal(name="challenge_403", reason=Reason.BLOCKED, handler=blocked),
        Refusal(name="challenge_200", reason=Reason.BLOCKED, handler=lambda _: challenge()),
        Refusal(name="html_for_xml", reason=unexpected, handler=lambda _: html_response(SHELL)),
        Refusal(name="malformed_entity", reason=unexpected, handler=malformed),
    )


def _table_refusals(seed: int, read_feed: Handler) -> tuple[Refusal, ...]:
    """Return what the table's page can lack. The blog's feed is not affected."""

    def table(number: int, request: SandboxRequest) -> SandboxResponse:
        if request.path.rstrip("/") != TABLE_PATH.rstrip("/"):
            return read_feed(request)
        rows, old = current(seed, request.now), archive(seed, request.now)
        body = (
            table_body(seed, [], [], with_tables=False),
            table_body(seed, [], []),
            table_body(seed, rows[: len(rows) // 5], old[: len(old) // 5]),
        )[number]
        return html_response(body.decode())

    return tuple(
        Refusal(name=name, reason=Reason.UNEXPECTED_RESPONSE, handler=partial(table, number))
        for number, name in enumerate(("table_missing", "zero_rows", "few_rows"))
    )


def _xml(body: bytes) -> SandboxResponse:
    return SandboxResponse(body=body, content_type=RSS_TYPE)

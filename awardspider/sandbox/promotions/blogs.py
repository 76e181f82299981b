"""The blogs of the simulated world and their posts: announcements of promotions between reviews, news and other posts.

A promotion is announced by up to five blogs, hours or days after each other. Some blogs put "(EXPIRED)" before a title
when the promotion is over.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import msgspec

from awardspider.items import PromotionKind
from awardspider.sandbox.places import draw
from awardspider.sandbox.promotions.calendar import LONGEST_DAYS, Promotion, midnight, read_data, starting
from awardspider.sandbox.promotions.wording import EXPIRED, Style, announcement_words, post_words

MOST_BLOGS = 5
#: An announcement follows the first within this number of days, and the first comes at most two days before the start.
SPREAD_DAYS = 9
EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
#: The blog whose table of transfer bonuses links to its posts, so it writes about each.
TABLE_BLOG = "frequentmiler.com"
NOT_ANNOUNCED = (PromotionKind.PAGE_CHANGE, PromotionKind.OTHER, PromotionKind.ROUND_UP)
ALL_BUT_FARES = tuple(
    kind.value for kind in PromotionKind if kind not in (PromotionKind.CASH_FARE_DEAL, *NOT_ANNOUNCED)
)
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blog:
    """A blog or news feed; `data/promotions/blogs.toml` describes the fields.

    `feed` and `paths` are the paths of its feeds, `json` that of the same posts as JSON. With `utm`, links have
    parameters that name the feed. With `double_escapes`, the entities of titles are escaped twice. With `repeats`, a
    retitled post is in the feed twice. With `rejects_libraries`, clients that send the default User-Agent of a library
    get a challenge.
    """

    host: str
    name: str
    voice: str
    dates: str
    per_day: float
    share: int
    language: str = "en"
    kinds: tuple[str, ...] = ALL_BUT_FARES
    feed: str = "/feed/"
    paths: tuple[str, ...] = ()
    json: str = ""
    software: str = "wordpress"
    content: bool = False
    retitles: bool = False
    repeats: bool = False
    utm: bool = False
    double_escapes: bool = False
    rejects_libraries: bool = False

    @property
    def style(self) -> Style:
        """Return the style of its texts."""
        return Style(self.language, self.voice, self.dates)

    def covers(self, promotion: Promotion) -> bool:
        """Return whether it writes about a promotion."""
        if promotion.kind not in self.kinds or (promotion.region == "br" and self.language != "pt"):
            return False
        # The terms of earn bonuses are not translated.
        return promotion.kind is not PromotionKind.EARN_BONUS or self.language == ("pt" if promotion.region else "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post as of a time. `says` are the names of the promotion's terms that its title and excerpt contain."""

    blog: Blog
    kind: PromotionKind
    published: datetime
    changed: datetime
    title: str
    summary: str
    key: str
    promotion: Promotion | None = None
    says: frozenset[str] = frozenset()
    is_expired: bool = False

    @property
    def id(self) -> int:
        """Return the number of the post, which rises with time: even without a promotion, odd with one."""
        return int((self.published - EPOCH).total_seconds()) // 20 * 2 + (self.promotion is not None)

    @property
    def guid(self) -> str:
        """Return the permanent identifier."""
        match self.blog.software:
            case "atom" if self.blog.host == "www.reddit.com":
                return f"t3_{_base36(self.id)}"
            case "atom":
                return f"https://{self.blog.host}/node/{self.id}"
            case "google_news":
                return f"CBMi{draw('news', self.key):016x}{draw('news id', self.key):016x}"
            case "vbulletin":
                return f"https://{self.blog.host}/forum/showthread.php?t={self.id}"
        return f"https://{self.blog.host}/?p={self.id}"

    @property
    def link(self) -> str:
        """Return the URL, without parameters that name the feed."""
        base = f"https://{self.blog.host}"
        match self.blog.software:
            case "atom" if self.blog.host == "www.reddit.com":
                return f"{base}/r/awardtravel/comments/{_base36(self.id)}/{slug(self._first_title).replace('-', '_')}/"
            case "atom":
                return f"{base}/node/{self.id}"
            case "google_news":
                return f"{base}/rss/articles/{self.guid}?oc=5"
            case "vbulletin":
                return f"{base}/forum/mileage-run-deals/{self.id}-{slug(self._first_title)}.html"
        if draw(self.blog.host, "dated") % 2:
            return f"{base}/{self.published:%Y/%m/%d}/{slug(self._first_title)}/"
        return f"{base}/{slug(self._first_title)}-{self.published:%m%d}/"

    def with_first_title(self) -> Post:
        """Return the post as it was before it was retitled."""
        says = self.says - {"expired"}
        return replace(self, title=self._first_title, changed=self.published, says=says, is_expired=False)

    @property
    def _first_title(self) -> str:
        return self.title.removeprefix(EXPIRED[self.blog.language]) if self.is_expired else self.title


@functools.cache
def blogs() -> dict[str, Blog]:
    """Return the blogs by host."""
    return {host: msgspec.convert({"host": host, **row}, Blog) for host, row in read_data("blogs").items()}


def posts(seed: int, blog: Blog, now: datetime, count: int = 10) -> list[Post]:
    """Return a blog's newest posts as of a time, latest first."""
    found: list[Post] = []
    day = now.date()
    oldest = day - timedelta(days=3 * LONGEST_DAYS)
    while len(found) < count and day > oldest:
        of_day = _posts_of_day(seed, blog.host, day.toordinal())
        found += [_as_of(post, now) for post in of_day if post.published <= now]
        day -= timedelta(days=1)
    return found[:count]


def announcements(seed: int, promotion: Promotion) -> list[Post]:
    """Return the posts with which blogs announce a promotion, first to last."""
    return list(_announcements(seed, promotion.key, promotion.first_day.toordinal()))


@functools.lru_cache(maxsize=1 << 14)
def _announcements(seed: int, key: str, ordinal: int) -> tuple[Post, ...]:
    day = date.fromordinal(ordinal)
    promotion = next(found for found in starting(seed, day, day) if found.key == key)
    candidates = [blog for blog in blogs().values() if blog.covers(promotion)]
    # Weighted sampling without replacement: the smallest of exponentially distributed numbers.
    candidates.sort(key=lambda blog: _order(key, blog))
    most = 2 if promotion.kind is PromotionKind.CASH_FARE_DEAL else MOST_BLOGS
    chosen = candidates[: 1 + draw(key, "blogs") % most]
    writes_table = promotion.kind is PromotionKind.TRANSFER_BONUS and not promotion.region
    if writes_table and (promotion.is_punctual or all(blog.host != TABLE_BLOG for blog in chosen)):
        others = [blog for blog in chosen if blog.host != TABLE_BLOG][: most - 1]
        chosen = [blogs()[TABLE_BLOG], *others] if promotion.is_punctual else [*others, blogs()[TABLE_BLOG]]
    found = []
    moment = promotion.announced_at
    for blog in chosen:
        if promotion.ended_at and moment >= promotion.ended_at:
            break
        words = announcement_words(promotion, blog.style, f"{key} {blog.host}")
        found.append(
            Post(
                blog=blog,
                kind=promotion.kind,
                published=moment,
                changed=moment,
                title=words.title,
                summary=words.summary,
                key=f"{key} {blog.host}",
                promotion=promotion,
                says=words.says,
            )
        )
        hours = 1 + draw(key, blog.host, "hours") % (5 if promotion.is_daily else 40)
        moment += timedelta(hours=hours, seconds=draw(key, blog.host, "seconds") % 3000)
    return tuple(found)


def _order(key: str, blog: Blog) -> float:
    number = (draw(key, blog.host, "order") + 1) / 2**64
    return float(1 - number ** (1 / blog.share))


@functools.lru_cache(maxsize=1 << 10)
def _announced_on(seed: int, ordinal: int) -> dict[str, list[Post]]:
    """Return the announcements of a day in UTC by host."""
    day, found = date.fromordinal(ordinal), defaultdict(list)
    for promotion in starting(seed, day - timedelta(days=SPREAD_DAYS), day + timedelta(days=3)):
        for post in announcements(seed, promotion):
            if post.published.date() == day:
                found[post.blog.host].append(post)
    return found


@functools.lru_cache(maxsize=1 << 14)
def _posts_of_day(seed: int, host: str, ordinal: int) -> tuple[Post, ...]:
    """Return a blog's posts of a day in UTC, latest first, with their first titles."""
    blog, day = blogs()[host], date.fromordinal(ordinal)
    found = list(_announced_on(seed, ordinal).get(host, ()))
    number, fraction = divmod(blog.per_day, 1)
    count = int(number) + (draw(seed, host, day, "count") % 1000 < fraction * 1000)
    for position in range(count):
        key = f"{seed} {host} {day} {position}"
        share = 86_400 // count
        moment = midnight(day) + timedelta(seconds=position * share + draw(key, "time") % (share - 60))
        kind, title, summary = post_words(blog.language, key)
        found.append(
            Post(blog=blog, kind=kind, published=moment, changed=moment, title=title, summary=summary, key=key)
        )
    return tuple(sorted(found, key=lambda post: (post.published, post.key), reverse=True))


def _as_of(post: Post, now: datetime) -> Post:
    """Return a post as of a time: with another title if its promotion is over and the blog says so."""
    promotion = post.promotion
    if not post.blog.retitles or promotion is None or promotion.ended_at is None:
        return post
    changed = promotion.ended_at + timedelta(minutes=30 + draw(post.key, "retitled") % 600)
    if changed > now:
        return post
    title = f"{EXPIRED[post.blog.language]}{post.title}"
    return replace(post, title=title, changed=changed, says=post.says | {"expired"}, is_expired=True)


def slug(title: str) -> str:
    """Return a title in lower case, with a hyphen in place of everything that is no letter or digit."""
    ascii_title = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return _NOT_IN_SLUG.sub("-", ascii_title.lower()).strip("-")


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits or "0"

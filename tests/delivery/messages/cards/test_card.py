import io
from itertools import combinations

import pytest
from PIL import Image, ImageChops

from awardspider.delivery.messages.cards.canvas import Canvas, ImageFormat
from awardspider.delivery.messages.cards.card import draw_card, render_card
from awardspider.delivery.messages.cards.fonts import CHARACTERS, font
from awardspider.delivery.messages.cards.palettes import Palette, colors_of
from awardspider.delivery.messages.cards.sizes import CardSize, frame_of
from tests.support.card_examples import CARD_EVENTS, CARD_TIME, SHORT_LINK

LOCALES = ("en", "pt", "es")
HARD = ("million", "four-segments", "long-cities", "digest-first", "promotion-digest", "buy-miles", "unconfirmed-day")
CASES = [
    (name, size, locale)
    for number, name in enumerate(CARD_EVENTS)
    for size in CardSize
    for locale in (LOCALES if name in HARD else LOCALES[number % 3 :][:1])
]


class RecordingCanvas(Canvas):
    """A canvas that also remembers its lines of text with the boxes of their letters."""

    def __init__(self, frame, colors):
        super().__init__(frame, colors)
        self.lines = []

    def text(self, x, y, text, style, color):
        super().text(x, y, text, style, color)
        left, top, right, bottom = font(style.weight, style.size).getbbox(text, anchor="ls")
        baseline = y + (style.line_height - 1.21 * style.size) / 2 + 0.96875 * style.size
        self.lines.append((text, (x + left, baseline + top, x + right, baseline + bottom), style.size))

    @property
    def words(self):
        return " ".join(text for text, _, _ in self.lines).replace("\u00a0", " ")


def record(name, size, locale="en", link=SHORT_LINK):
    canvas = RecordingCanvas(frame_of(size), colors_of(Palette.LIGHT))
    draw_card(canvas, CARD_EVENTS[name], size=size, locale=locale, link=link, now=CARD_TIME, zone=None)
    return canvas


def overlap(first, second):
    """Return True if two boxes have more than two pixels of each direction in common."""
    across = min(first[2], second[2]) - max(first[0], second[0])
    down = min(first[3], second[3]) - max(first[1], second[1])
    return across > 2 and down > 2


@pytest.mark.parametrize(("name", "size", "locale"), CASES)
def test_text_is_complete_inside_the_margins_and_does_not_overlap(name, size, locale):
    frame, lines = frame_of(size), record(name, size, locale).lines
    right, bottom = frame.width - frame.margin, frame.height - frame.bottom
    outside = [
        (text, box)
        for text, box, _ in lines
        if box[0] < frame.margin - 3 or box[1] < frame.top - 3 or box[2] > right + 3 or box[3] > bottom + 3
    ]
    assert outside == []
    overlapping = [(one[0], other[0]) for one, other in combinations(lines, 2) if overlap(one[1], other[1])]
    assert overlapping == []
    assert [text for text, _, _ in lines if not set(text) <= CHARACTERS] == []


@pytest.mark.parametrize("size", CardSize)
@pytest.mark.parametrize("name", ["million", "record-low", "digest-first", "long-title"])
def test_letters_are_large_enough(name, size):
    least = frame_of(size).least_text
    assert [text for text, _, height in record(name, size).lines if height < least * 0.5] == []


@pytest.mark.parametrize("size", CardSize)
@pytest.mark.parametrize("palette", Palette)
def test_nothing_is_drawn_outside_the_margins(size, palette):
    frame = frame_of(size)
    data = render_card(CARD_EVENTS["million"], size=size, palette=palette, link=SHORT_LINK, now=CARD_TIME)
    drawn, empty = Image.open(io.BytesIO(data)), Canvas(frame, colors_of(palette)).encode(ImageFormat.PNG)
    left, top, right, bottom = ImageChops.difference(drawn, Image.open(io.BytesIO(empty))).getbbox()
    assert drawn.size == (frame.width, frame.height)
    assert (left >= frame.margin - 2, right <= frame.width - frame.margin + 2) == (True, True)
    assert (top >= frame.top, bottom <= frame.height - frame.bottom) == (True, True)


def test_stories_leave_the_controls_of_apps_free():
    frame = frame_of(CardSize.STORY)
    assert (frame.width, frame.height, frame.top >= 250, frame.bottom >= 250) == (1080, 1920, True, True)


@pytest.mark.parametrize("size", CardSize)
def test_a_card_shows_the_facts_of_the_message(size):
    words = record("record-low", size).words
    facts = (
        "Record low", "Los Angeles", "LAX", "Tokyo", "HND", "75,000", "MileagePlus miles", "+ $5.60 taxes", "Business",
        "2 seats", "March 2027", "Wed", "10", "(previous low: 80,000 miles)", "United", "MileagePlus",
        "Seen 12 minutes", "14:05 UTC", "awards.example.com", "/s/Xk29fQ7LmTz0",
    )  # fmt: skip
    assert [fact for fact in facts if fact not in words] == []


@pytest.mark.parametrize("size", CardSize)
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("unconfirmed-day", "Not confirmed"),
        ("mixed-drop", "Mixed cabin"),
        ("no-taxes", "taxes unknown"),
        ("no-taxes", "1 seat"),
        ("unconfirmed-day", "29% below the"),
        ("million", "48% below the"),
        ("round-trip", "both directions"),
        ("million", "Round trip"),
        ("seats", "Price unknown"),
        ("seats", "Award chart: 67,500 points"),
        ("million", "1,250,000"),
        ("million", "At most 5,000,000 miles"),
        ("gone", "No longer available"),
        ("new-bonus", "New transfer bonus"),
        ("four-segments", "Price drop"),
        ("digest-first", "The best of 47 awards"),
        ("transfer-bonus", "25%"),
    ],
)
def test_a_card_states_what_matters_in_every_size(name, text, size):
    assert text in record(name, size).words


def test_a_digest_counts_the_entries_that_do_not_fit():
    for size in CardSize:
        canvas = record("digest-first", size)
        shown = sum(text == "75,000" or text.startswith(("7", "8", "4")) for text, _, _ in canvas.lines if "," in text)
        more = next(text for text, _, _ in canvas.lines if text.startswith("and "))
        assert 0 < shown <= 10
        assert int(more.split()[1]) >= 33


def test_text_that_the_fonts_do_not_have_is_left_out():
    words = record("long-title", CardSize.STORY).words
    assert "LAST CHANCE Transfer Capital One" in words
    foreign = record("foreign-title", CardSize.STORY).words
    assert foreign.startswith("Transfer bonus 25%")


@pytest.mark.parametrize(("image_format", "kind"), [(ImageFormat.PNG, "PNG"), (ImageFormat.JPEG, "JPEG")])
def test_the_file_has_the_requested_format(image_format, kind):
    data = render_card(CARD_EVENTS["matched"], size=CardSize.LINK, link=None, now=CARD_TIME, image_format=image_format)
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size) == (kind, (1200, 630))


def test_the_same_event_gives_the_same_file():
    first, second = (render_card(CARD_EVENTS["digest"], size=CardSize.FEED, now=CARD_TIME) for _ in range(2))
    assert first == second


def test_a_link_that_is_not_http_is_not_shown():
    words = record("no-taxes", CardSize.FEED, link="javascript:alert(1)").words
    assert "javascript" not in words
    assert "united.com" in words

from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.delivery.messages.cards.fonts import Weight, drawable, text_width
from awardspider.delivery.messages.cards.text_layout import Style, fit, unbroken, wrap

BODY = Style(Weight.REGULAR, 30)
WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=80)


@settings(max_examples=30, deadline=None)
@given(text=WORDS, width=st.integers(min_value=60, max_value=900))
def test_wrapped_lines_fit_and_keep_all_letters(text, width):
    lines = wrap(text, BODY, width)
    assert lines.width <= width
    letters = drawable(text).replace(" ", "").replace("\u00a0", "")
    assert "".join(lines.texts).replace(" ", "").replace("\u00a0", "") == letters


def test_lines_have_similar_widths():
    lines = wrap("Record low since Sep 1, 2026 (previous low: 80,000 miles)", BODY, 700)
    first, second = (text_width(text, BODY.weight, BODY.size) for text in lines.texts)
    assert abs(first - second) < 200


def test_a_line_does_not_end_before_taxes_a_day_or_a_currency():
    for width in range(200, 700, 20):
        lines = wrap("Lowest since Sep 1: 75,000 miles + $5.60 or 60.000 milhas + US$ 40,10", BODY, width)
        assert not any(line.endswith(("+", "US$", "Sep")) for line in lines.texts)


def test_a_word_is_broken_only_if_it_is_wider_than_a_line():
    assert wrap("Krung Thep", BODY, 120).texts == ("Krung", "Thep")
    pieces = wrap("Llanfairpwllgwyngyll", BODY, 120).texts
    assert len(pieces) > 1
    assert "".join(pieces) == "Llanfairpwllgwyngyll"


def test_parts_stay_in_one_line_each():
    text = unbroken("Record low", "", "Wed, Mar 10, 2027", "Business", separator=" · ")
    lines = [line.replace("\u00a0", " ").rstrip(" ·") for line in wrap(text, BODY, 300).texts]
    assert lines == ["Record low", "Wed, Mar 10, 2027", "Business"]


def test_a_part_that_is_wider_than_a_line_ends_lines_at_its_spaces():
    assert wrap(unbroken("Premium economy and business"), BODY, 260).texts == ("Premium", "economy", "and business")


def test_text_shrinks_to_fit_and_then_wraps():
    style = Style(Weight.DISPLAY, 68)
    assert fit("Tokyo", style, 400, smallest=34).style.size == 68
    smaller = fit("Rio de Janeiro Galeão", style, 600, smallest=34)
    assert (len(smaller.texts), 34 <= smaller.style.size < 68) == (1, True)
    longest = fit("Villa de la Santísima Trinidad y Puerto de Santa María", style, 400, smallest=34)
    assert (longest.style.size, len(longest.texts) > 1, longest.width <= 400) == (34, True, True)


def test_empty_text_has_no_lines():
    assert wrap("", BODY, 300).texts == ()
    assert wrap("🔥🔥", BODY, 300).height == 0

import re
from dataclasses import astuple

import pytest

from awardspider.delivery.messages.cards.palettes import Palette, colors_of, contrast


@pytest.mark.parametrize("palette", Palette)
def test_all_text_has_the_contrast_that_wcag_requires(palette):
    low = {pair: round(contrast(*pair), 2) for pair in colors_of(palette).text_pairs if contrast(*pair) < 4.5}
    assert low == {}


@pytest.mark.parametrize("palette", Palette)
def test_colors_are_written_as_six_digits(palette):
    assert all(re.fullmatch(r"#[0-9a-f]{6}", color) for color in astuple(colors_of(palette)))


def test_contrast_is_that_of_wcag():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")

"""The tokens of the look: what must be seen can be seen, on light and on dark ground."""

import re

import pytest

from services.portal.pages.frame import STATIC

CSS = (STATIC / "tandem.css").read_text()
GROUNDS = ("page", "surface", "accent-soft", "good-soft", "warn-soft", "bad-soft")


def tokens(scheme: str) -> dict[str, str]:
    """The colours by name; dark ones replace some of the light ones."""
    light, dark = CSS.split("@media (prefers-color-scheme: dark)", 1)
    found = re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light)
    if scheme == "dark":
        found += re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark.split("\n}\n", 1)[0])
    return dict(found)


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
class TestTheFocusRing:
    @pytest.mark.parametrize("ground", GROUNDS)
    def test_stands_out_from_every_ground(self, scheme: str, ground: str) -> None:
        colours = tokens(scheme)

        assert contrast(colours["focus"], colours[ground]) >= 3

    def test_is_of_two_tones_that_stand_out_from_each_other(self, scheme: str) -> None:
        colours = tokens(scheme)

        assert contrast(colours["focus"], colours["focus-inside"]) >= 3
        assert "outline: 3px solid var(--focus)" in CSS
        assert "0 0 0 2px var(--focus-inside)" in CSS


def test_contrast_is_reckoned_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#f5b301", "#fbfbfa") == pytest.approx(1.8, abs=0.1)

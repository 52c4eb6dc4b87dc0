"""The fonts we carry hold what a shop writes, stay small, and bring their licence."""

from __future__ import annotations

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from pictures.fonts.__main__ import WEIGHTS, big5_level_1, gb2312_level_1
from pictures.lettering import ELLIPSIS, FONTS, MISSING


def test_level_1_of_both_standards_has_its_official_number_of_hanzi() -> None:
    assert len(gb2312_level_1()) == 3755
    assert len(big5_level_1()) == 5401


@pytest.mark.parametrize("name", WEIGHTS)
def test_each_weight_holds_the_common_hanzi_of_both_scripts_and_a_shops_signs(name: str) -> None:
    wanted = gb2312_level_1() + big5_level_1() + "0123456789¥€£%★▲▼→·，。！？：；（）“”—" + ELLIPSIS + MISSING
    with TTFont(FONTS / name) as font:
        assert {sign for sign in wanted if ord(sign) not in font.getBestCmap()} == set()


def test_the_fonts_are_under_six_megabytes_together() -> None:
    assert sum(path.stat().st_size for path in FONTS.glob("*.ttf")) < 6_000_000


def test_the_open_font_licence_lies_beside_them() -> None:
    assert "SIL Open Font License" in (FONTS / "OFL.txt").read_text()

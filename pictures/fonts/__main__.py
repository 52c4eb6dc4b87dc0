"""Cut the fonts in this folder out of the full Noto Sans SC, keeping the characters a shop writes.

The full fonts are 10 MB each; the cut ones hold Latin, Greek, Cyrillic, kana, punctuation, symbols and the
common hanzi (GB 2312 level 1 and Big5 level 1), both weights together under 6 MB. To make them again::

    npm pack @expo-google-fonts/noto-sans-sc
    tar xzf expo-google-fonts-noto-sans-sc-*.tgz
    python -m pictures.fonts package

``fontTools`` is needed for this command alone; it comes along with matplotlib.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

WEIGHTS = {"regular.ttf": "400Regular/NotoSansSC_400Regular.ttf", "bold.ttf": "700Bold/NotoSansSC_700Bold.ttf"}
LICENCE = "LICENSE_FONT"
FIRST_HANZI = "一"

# Whole blocks that cost little: letters with accents, punctuation, arrows, boxes, stars, kana, full-width forms.
BLOCKS = (
    range(0x0020, 0x0530),
    range(0x1E00, 0x1F00),
    range(0x2000, 0x2C00),
    range(0x3000, 0x3130),
    range(0x3200, 0x3400),
    range(0xFE10, 0xFE50),
    range(0xFF00, 0xFFF0),
)
# Common in personal names and in trade, yet outside both level-1 sets.
ALSO = (
    "喆玥玮珺琪瑄瑾璟昊昕晗旻曦睿祺筱萱蕊薇馨鑫钰铭镕锟韬骁骏婷婧媛妍姝娅嫣"
    "翊翌翀煜烨焱熠淇沁泓浚涵渝澍濠囍圳滘埗邨粿粄饸饹馕佧卤味豉煲焗焖燉叻峯"
)


def gb2312_level_1() -> str:
    return _two_byte("gb2312", range(0xB0, 0xD8), range(0xA1, 0xFF))


def big5_level_1() -> str:
    signs = _two_byte("big5", range(0xA4, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF)))
    return "".join(sign for sign in signs if sign >= FIRST_HANZI)  # the last row goes on with kana


def _two_byte(encoding: str, leads: range, trails: range | tuple[int, ...]) -> str:
    return "".join(bytes((lead, trail)).decode(encoding, "ignore") for lead in leads for trail in trails)


def wanted() -> set[int]:
    return {*map(ord, gb2312_level_1() + big5_level_1() + ALSO), *(code for block in BLOCKS for code in block)}


def cut(source: Path, target: Path) -> None:
    """Write the cut font: no hinting and no layout tables, as pictures are drawn large and set letter by letter."""
    options = subset.Options(hinting=False, layout_features=[], desubroutinize=True, notdef_outline=True)
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG", "DSIG", "STAT", "meta"]
    font = TTFont(source, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted())
    cutter.subset(font)
    font.save(target)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pictures.fonts", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("package", type=Path, help="the unpacked npm package @expo-google-fonts/noto-sans-sc")
    package: Path = parser.parse_args().package
    here = Path(__file__).parent
    for name, source in WEIGHTS.items():
        cut(package / source, here / name)
    shutil.copyfile(package / LICENCE, here / "OFL.txt")


if __name__ == "__main__":
    main()

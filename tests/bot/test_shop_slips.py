"""A shop.toml that cannot be read: which line, why, and what to do, in words a shopkeeper knows."""

from __future__ import annotations

from pathlib import Path

import pytest

import membership
from bot import shop, shop_slips
from bot.shop import ShopFileWrong
from membership.reading import RulesError

CAFE = (Path(membership.__file__).parent / "presets" / "cafe.toml").read_text("utf-8")
LINES = CAFE.count("\n")


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "shop.toml"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("x = “cafe”", 'line {n}: “ is the sign of a Chinese keyboard or a text program. Write " instead.'),
        ('x ＝ "cafe"', "line {n}: ＝ is the sign of a Chinese keyboard or a text program. Write = instead."),
        ('x = ["“a”"，"b"]', "line {n}: ， is the sign of a Chinese keyboard or a text program. Write , instead."),
        ("x = cafe", 'line {n}: a text stands without quotes. Write it as "text".'),
        ("x = 咖啡", 'line {n}: a text stands without quotes. Write it as "text".'),
        ('x = "cafe', 'line {n}: a " is missing. Put one before and one behind the text.'),
        ("x = 1.5.2  # 倍率，常用", "line {n}: Expected newline or end of document after a statement. Mend that line"),
        ('x = 1.5.2  # 5" wide', "line {n}: Expected newline or end of document after a statement. Mend that line"),
        ("x = '拿铁，大杯' 2", "line {n}: Expected newline or end of document after a statement. Mend that line"),
        ("x = cafe  # “常用”", 'line {n}: a text stands without quotes. Write it as "text".'),
        ("x = 'cafe", "line {n}: a ' is missing. Put one before and one behind the text."),
        ('x = "拿铁，大杯', 'line {n}: a " is missing. Put one before and one behind the text.'),
        ('x = "拿铁，大杯  # “常用”', 'line {n}: a " is missing. Put one before and one behind the text.'),
        ('x = "拿铁，大杯”', 'line {n}: ” is the sign of a Chinese keyboard or a text program. Write " instead.'),
        ("x = 1\nx = 2", "line {next}: this name stands there already. Take one of the two out."),
        ("[shop]\nname = 1", "line {n}: this name stands there already. Take one of the two out."),
        ("x = 1\x00", "line {n}: "),
        ("x = " + "9" * 5000, "a number in it is too long, or brackets lie too deep in each other."),
        ("x = " + "[" * 5000, "a number in it is too long, or brackets lie too deep in each other."),
        ("# " + "x" * shop_slips.SIZE_MAX, "it has more than 4000 kB, which no shop needs."),
    ],
)
def test_a_slip_of_writing_is_told_with_its_line_and_its_cure(tmp_path: Path, line: str, told: str) -> None:
    path = written(tmp_path, f"{CAFE}{line}\n".encode())
    with pytest.raises(ShopFileWrong) as wrong:
        shop.check_shop_file(path)
    assert f"shop.toml cannot be read: {told.format(n=LINES + 1, next=LINES + 2)}" in str(wrong.value)


@pytest.mark.parametrize(
    ("coding", "told"),
    [
        ("gbk", "line {} is not UTF-8 (perhaps GBK). Save the file as UTF-8 in your editor."),
        ("utf-16", "it is saved as UTF-16. Save it as UTF-8 in your editor."),
    ],
)
def test_a_file_of_another_coding_is_told_how_to_be_saved(tmp_path: Path, coding: str, told: str) -> None:
    first = next(number for number, row in enumerate(CAFE.split("\n"), start=1) if not row.isascii())
    path = written(tmp_path, CAFE.encode(coding, "replace"))
    with pytest.raises(ShopFileWrong) as wrong:
        shop.check_shop_file(path)
    assert told.format(first) in str(wrong.value)


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf" + CAFE.encode(), CAFE.replace("\n", "\r\n").encode(), CAFE.replace(" = ", "\t=\t").encode()],
    ids=["with the mark some editors write", "with the line ends of Windows", "with tabs"],
)
def test_what_editors_do_to_a_file_does_not_matter(tmp_path: Path, content: bytes) -> None:
    assert shop.check_shop_file(written(tmp_path, content)).code == "cafe"
    wrong_line = next(number for number, row in enumerate(CAFE.split("\n"), start=1) if row.startswith("cap_percent"))
    with pytest.raises(RulesError) as wrong:
        shop.check_shop_file(written(tmp_path, content.replace(b"cap_percent", b"cap_procent")))
    assert [problem.line for problem in wrong.value.problems] == [wrong_line]

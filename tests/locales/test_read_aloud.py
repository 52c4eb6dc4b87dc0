"""`python -m locales` reads every text of a language aloud, with facts as they could be."""

from __future__ import annotations

import pytest

from locales.__main__ import main, read_aloud
from locales.catalogue import load


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_every_text_is_read(language: str) -> None:
    read = {line.partition("  ")[0] for line in "\n".join(read_aloud(language)).split("\n")}
    assert load()[language].keys <= read


def test_both_plural_forms_are_read() -> None:
    told = [line for line in read_aloud("en") if line.startswith("coupons.held  ")]
    assert told == ["coupons.held  You have 1 coupon", "coupons.held  You have 3 coupons"]


def test_the_first_line_tells_how_complete_a_language_is() -> None:
    assert next(read_aloud("zh-Hant")) == "zh-Hant: 100 %"


def test_the_command_reads_the_languages_that_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    main(["zh-Hans"])
    said = capsys.readouterr().out
    assert "points.balance  1,288 积分，可抵 128.80 元\n" in said
    assert "zh-Hant:" not in said

"""A shop is opened with its own key or not at all, and its rules are brought whole or not at all."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import shop
from bot.clock import SystemClock
from bot.settings import Settings
from bot.shop import ShopFileWrong
from membership.reading import RulesError
from services import broadcasts, rules
from services.rules import FixedForever
from storage import coupons as offers
from storage.faults import KeyFileBroken, WrongKey
from storage.keyring import KeyMissing
from tests.proof import assert_clean

PRESETS = Path(__file__).parents[2] / "membership" / "presets"
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
CLOCK = SystemClock()


@pytest.fixture
def settings(tmp_path: Path, db_url: str) -> Settings:
    """Settings of a shop on a database with tables and nothing in it."""
    path = tmp_path / "shop.toml"
    path.write_text((PRESETS / "cafe.toml").read_text("utf-8"), encoding="utf-8")
    return Settings(database_url=db_url, shop_file=path, key_file=tmp_path / "keys" / "shop.key")


async def seal(settings: Settings) -> bytes:
    db = await shop.open_database(settings, server=False, clock=CLOCK)
    try:
        return await db.write(lambda tx: tx.cipher.seal("members", "name_ct", "1", "Amy"))
    finally:
        await db.close()


async def unseal(settings: Settings, sealed: bytes) -> str:
    db = await shop.open_database(settings, server=False, clock=CLOCK)
    try:
        return await db.read(lambda tx: tx.cipher.open("members", "name_ct", "1", sealed))
    finally:
        await db.close()


async def test_a_new_shop_gets_a_key_file_and_reads_its_data_again(settings: Settings) -> None:
    sealed = await seal(settings)
    assert settings.key_file.stat().st_mode & 0o777 == 0o600
    assert await unseal(settings, sealed) == "Amy"


async def test_a_key_file_that_is_there_already_is_used(settings: Settings) -> None:
    settings.key_file.parent.mkdir()
    settings.key_file.write_text("ab" * 32)
    settings.key_file.chmod(0o600)
    assert await unseal(settings, await seal(settings)) == "Amy"
    assert settings.key_file.read_text() == "ab" * 32


async def test_two_that_open_a_new_shop_at_once_share_its_keys(settings: Settings) -> None:
    one, two = await asyncio.gather(seal(settings), seal(settings))
    assert await unseal(settings, one) == await unseal(settings, two) == "Amy"


async def test_a_missing_key_is_named_and_no_other_is_made(settings: Settings) -> None:
    sealed = await seal(settings)
    kept = settings.key_file.rename(settings.key_file.with_suffix(".kept"))
    with pytest.raises(KeyMissing, match=r"needs the key [0-9a-f]{12}"):
        await seal(settings)
    assert not settings.key_file.exists()
    kept.rename(settings.key_file)
    assert await unseal(settings, sealed) == "Amy"


async def test_another_key_is_refused_by_both_names(settings: Settings) -> None:
    await seal(settings)
    settings.key_file.write_text("cd" * 32)
    with pytest.raises(WrongKey, match=r"needs the key [0-9a-f]{12}, but the key file holds [0-9a-f]{12}"):
        await seal(settings)


async def test_a_broken_key_file_is_never_replaced(settings: Settings) -> None:
    settings.key_file.parent.mkdir()
    settings.key_file.write_text("half a k")
    settings.key_file.chmod(0o600)
    with pytest.raises(KeyFileBroken):
        await seal(settings)
    assert settings.key_file.read_text() == "half a k"


async def test_rules_are_brought_once_for_each_change(settings: Settings) -> None:
    db = await shop.open_database(settings, server=False, clock=CLOCK)
    assert await shop.bring_rules(db, settings, NOW) == 1
    assert await shop.bring_rules(db, settings, NOW) == 1
    text = settings.shop_file.read_text("utf-8")
    settings.shop_file.write_text(text.replace("undo_minutes = 10", "undo_minutes = 20"), encoding="utf-8")
    assert await shop.bring_rules(db, settings, NOW) == 2
    assert (await db.read(rules.current)).limits.undo_minutes == 20
    await assert_clean(db)
    await db.close()


@pytest.mark.parametrize(
    ("old", "new", "trouble"),
    [
        ('code = "main"', 'code = "Main Street"', RulesError),
        ('currency = "CNY" ', 'currency = "EUR" ', FixedForever),
        ("[shop]", "[shop", ShopFileWrong),
    ],
)
async def test_rules_that_cannot_be_used_change_nothing(
    settings: Settings, old: str, new: str, trouble: type[Exception]
) -> None:
    db = await shop.open_database(settings, server=False, clock=CLOCK)
    await shop.bring_rules(db, settings, NOW)
    text = settings.shop_file.read_text("utf-8")
    assert old in text
    settings.shop_file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(trouble):
        await shop.bring_rules(db, settings, NOW)
    assert await db.read(rules.version) == 1
    await db.close()


async def test_a_missing_shop_file_is_named_with_the_command_that_makes_one(settings: Settings) -> None:
    settings.shop_file.unlink()
    with pytest.raises(ShopFileWrong, match=r"There is no file .*shop\.toml. `memberbot init` writes one\."):
        shop.read_shop_file(settings.shop_file)


async def test_a_new_file_gets_its_tables(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'new.db'}", key_file=tmp_path / "key")
    assert await unseal(settings, await seal(settings)) == "Amy"


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63484c4a0600024e0127c0619e190000000049454e44ae426082"
)
MUG = """
[[offers]]
id = "mug"
kind = "exchange"
title = "Mug"
goods = "One mug"
claim = "mall"
price_points = 500
picture = "mug.png"
"""


async def test_pictures_beside_the_shop_file_come_with_its_rules_and_leave_with_them(settings: Settings) -> None:
    db = await shop.open_database(settings, server=False, clock=CLOCK)
    plain = settings.shop_file.read_text("utf-8")
    settings.shop_file.write_text(plain + MUG, encoding="utf-8")
    (settings.shop_file.parent / "mug.png").write_bytes(PNG)
    await shop.bring_rules(db, settings, NOW)
    hung = await db.read(offers.find_offer, "mug")
    shown = await db.read(broadcasts.photo, hung.blob_id) if hung else b""

    settings.shop_file.write_text(plain, encoding="utf-8")
    await shop.bring_rules(db, settings, NOW)
    gone = await db.read(offers.find_offer, "mug")
    await db.close()
    assert shown == PNG
    assert gone is not None
    assert (gone.state, gone.blob_id) == ("off", "")


@pytest.mark.parametrize(
    ("content", "cure"),
    [
        (None, "there is no file mug.png beside shop.toml"),
        (b"GIF89a", "is no JPEG or PNG"),
        (PNG[:45], "is damaged"),
        (PNG + b"0" * 2_000_000, "is larger than 2 MB"),
    ],
)
async def test_a_picture_that_cannot_be_shown_is_named_with_its_cure_and_nothing_changes(
    settings: Settings, content: bytes | None, cure: str
) -> None:
    db = await shop.open_database(settings, server=False, clock=CLOCK)
    await shop.bring_rules(db, settings, NOW)
    settings.shop_file.write_text(settings.shop_file.read_text("utf-8") + MUG, encoding="utf-8")
    if content is not None:
        (settings.shop_file.parent / "mug.png").write_bytes(content)
    try:
        with pytest.raises(ShopFileWrong, match=cure):
            await shop.bring_rules(db, settings, NOW)
        assert await db.read(rules.version) == 1
    finally:
        await db.close()

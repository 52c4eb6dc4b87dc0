"""Telegram's menu button and commands in each person's language, over real HTTP."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.stage import Phone, staged


def shown(phone: Phone) -> tuple[str, str]:
    """Return what the menu button says, and what stands beside /points."""
    commands = {entry["command"]: entry["description"] for entry in phone.screen.commands}
    return phone.screen.menu_button.get("text", ""), commands.get("points", "")


async def test_each_chat_reads_the_menu_button_and_the_commands_in_its_own_language(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        chinese, english = stage.phone("xiaoyu"), stage.phone("maya")
        await chinese.start()
        await english.start()
        await chinese.until(lambda: shown(chinese) == ("会员卡", "我的积分与明细"), "never in Chinese")
        await english.until(lambda: shown(english) == ("My card", "My points and their history"), "never in English")
        await english.say("语言")
        await english.tap("繁體中文")
        await english.until(lambda: shown(english) == ("會員卡", "我的點數與明細"), "never in Traditional Chinese")

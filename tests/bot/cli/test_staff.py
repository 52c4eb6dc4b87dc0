"""The commands about staff: who is invited, who waits for a yes, who works here, and who no longer does."""

from __future__ import annotations

import asyncio

from bot import shop as opening
from bot.clock import SystemClock, moment
from bot.settings import load
from membership.member import Identity
from services import invites, people
from storage import identities
from storage.database import Tx
from tests.bot.cli.terminal import Terminal


def accept(shop: Terminal, name: str, code: str) -> None:
    """Let somebody take an invitation in chat."""

    def take(tx: Tx) -> None:
        now = moment(SystemClock())
        row_id = identities.meet(tx, Identity("telegram", "shop", name), now.now)
        identities.change(tx, row_id, name=name)
        invites.accept(tx, people.who(tx, row_id), code, moment=now)

    async def turn() -> None:
        folder = shop.folder
        settings = load(
            database_url=f"sqlite:///{folder / 'data/memberbot.db'}",
            shop_file=folder / "shop.toml",
            key_file=folder / "data/memberbot.key",
        )
        db = await opening.open_database(settings, server=False, clock=SystemClock())
        await db.write(take)
        await db.close()

    asyncio.run(turn())


def invite(shop: Terminal, role: str, *stores: str) -> str:
    words = [word for store in stores for word in ("--store", store)]
    return str(shop.json("staff", "invite", "--role", role, *words)["code"])


def test_the_first_invitation_counts_at_once_and_the_next_waits_for_a_yes(shop: Terminal) -> None:
    assert shop.type("staff", "waiting").stdout == "Nobody waits for a yes.\n"
    accept(shop, "Olga", invite(shop, "owner"))
    accept(shop, "Ann", invite(shop, "cashier", "main"))
    listed = shop.json("staff", "list")
    assert [(one["name"], one["role"], one["everywhere"]) for one in listed] == [("Olga", "owner", True)]

    (waits,) = shop.json("staff", "waiting")
    assert (waits["name"], waits["role"], len(waits["number"])) == ("Ann", "cashier", 4)
    assert shop.type("staff", "confirm", waits["id"][:8], answers="y\n").stdout.endswith(
        "Ann works here now: cashier.\n"
    )
    assert [one["stores"] for one in shop.json("staff", "list")] == [[], ["main"]]
    assert "main" in shop.type("staff", "list").stdout
    assert shop.type("staff", "confirm", waits["id"]).exit_code == 1


def test_whoever_accepted_can_be_refused(shop: Terminal) -> None:
    accept(shop, "Olga", invite(shop, "owner"))
    accept(shop, "Eve", invite(shop, "manager"))
    (waits,) = shop.json("staff", "waiting")
    assert shop.json("staff", "confirm", waits["id"], "--refuse")["refused"] is True
    assert [one["name"] for one in shop.json("staff", "list")] == ["Olga"]


def test_a_person_is_removed_by_the_beginning_of_the_id_and_the_last_owner_is_not(shop: Terminal) -> None:
    accept(shop, "Olga", invite(shop, "owner"))
    accept(shop, "Ann", invite(shop, "cashier"))
    shop.json("staff", "confirm", shop.json("staff", "waiting")[0]["id"])
    ids = {one["name"]: one["id"] for one in shop.json("staff", "list")}
    assert shop.type("staff", "remove", ids["Ann"][:8], answers="n\n").stderr == "Nobody was removed.\n"
    assert shop.json("staff", "remove", ids["Ann"])["name"] == "Ann"
    last = shop.type("staff", "remove", ids["Olga"], "--yes")
    assert (last.exit_code, "last owner" in last.stderr) == (1, True)
    assert [one["name"] for one in shop.json("staff", "list")] == ["Olga"]

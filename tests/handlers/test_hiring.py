"""Hiring in chat, in both apps: an invitation, who accepts it, and the yes of whoever invited."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from membership.member import Channel, Identity
from membership.messages import Reply
from services import Database, invites, people, staff
from storage import outbox as outbox_rows
from storage.database import Tx
from storage.tables import audit, channel_state, outbox
from tests.handlers.counter import Counter, Person, button, keys

APPS: tuple[Channel, Channel] = ("telegram", "wechat")


@pytest.fixture(params=APPS)
async def boss(request: pytest.FixtureRequest, counter: Counter) -> Person:
    person = Person(counter, request.param, "Olga")
    await counter.employ(person, "owner")
    return person


async def invited(boss: Person, role: str = "cashier") -> str:
    """Let somebody invite in chat, and return the code that is passed on."""
    reply = await boss.press(f"staff invite {role}")
    assert "staff.invited" in keys(reply)
    return next(str(message.facts["digits"]) for message in reply.messages if message.key == "staff.invited_code")


async def told(counter: Counter, person: Person, key: str = "staff.confirm") -> list[Reply]:
    """Return what the shop told somebody by itself in these words, in order."""

    def read(tx: Tx) -> list[Reply]:
        who = people.find(tx, Identity(person.channel, "shop", f"id-of-{person.name}"))
        assert who is not None
        rows = tx.all(outbox.select().where(outbox.c.recipient == who.identity_id, outbox.c.kind == "staff"))
        return [outbox_rows.payload(tx, row) for row in sorted(rows, key=lambda row: row.created_at)]

    return [reply for reply in await counter.db.read(read) if keys(reply) == key.split()]


async def works(counter: Counter) -> dict[str, str]:
    return {one.name: one.role for one in await counter.db.read(staff.working)}


@pytest.mark.parametrize("app", APPS)
async def test_an_invitation_counts_when_the_inviter_has_seen_the_name_and_said_yes(
    counter: Counter, boss: Person, app: Channel
) -> None:
    code, nina = await invited(boss), Person(counter, app, "Nina")
    waits = await nina.say(code)
    assert keys(waits) == ["staff.accepted"]
    assert keys(await nina.press("scan")) == ["refusal.not_staff"]

    asked = (await told(counter, boss))[-1]
    assert asked.messages[0].facts["name"] == "Nina"
    assert asked.messages[0].facts["number"] == waits.messages[0].facts["number"]
    assert keys(await boss.press(button(asked, "staff yes"))) == ["staff.hired"]

    assert await works(counter) == {"Olga": "owner", "Nina": "cashier"}
    assert len(await told(counter, nina, "staff.welcome staff.pin_hint")) == 1
    assert keys(await nina.press("scan")) == ["desk.ask_code"]


async def test_a_link_for_telegram_comes_with_the_code_once_the_bots_name_is_known(
    counter: Counter, boss: Person
) -> None:
    def keep(tx: Tx) -> None:
        sealed = tx.cipher.seal("channel_state", "value_ct", "name", "morning_bot")
        row = {"id": "name", "account": "1", "name": "username", "value_ct": sealed, "at": counter.now}
        tx.insert_once(channel_state, row)

    await counter.db.write(keep)
    reply = await boss.press("staff invite marketer")
    facts = {message.key: message.facts for message in reply.messages}
    code = str(facts["staff.invited_code"]["digits"])
    assert facts["staff.invited_telegram"]["link"] == f"https://t.me/morning_bot?start={code}"
    assert len(code) == len("INV-") + 26  # 128 bits in base32
    nina = Person(counter, "telegram", "Nina")
    assert keys(await nina.say("/start", word="start", source=code)) == ["staff.accepted"]


async def test_the_wrong_person_is_turned_away_for_good(counter: Counter, boss: Person) -> None:
    code, eve = await invited(boss), Person(counter, "telegram", "Eve")
    await eve.say(code)
    asked = (await told(counter, boss))[-1]
    assert keys(await boss.press(button(asked, "staff no"))) == ["staff.refused"]
    assert keys(await boss.press(button(asked, "staff yes"))) == ["refusal.invite_used"]
    assert keys(await eve.say(code)) == ["refusal.invite_used"]
    assert await works(counter) == {"Olga": "owner"}


async def test_a_forwarded_invitation_is_refused_to_the_second_account(counter: Counter, boss: Person) -> None:
    code = await invited(boss)
    first, second = Person(counter, "telegram", "Nina"), Person(counter, "wechat", "Eve")
    await first.say(code)
    assert keys(await second.say(code)) == ["refusal.invite_used"]
    assert keys(await first.say(code)) == ["refusal.invite_used"]


async def test_an_invitation_older_than_a_day_is_refused_and_so_is_a_yes_that_comes_too_late(
    counter: Counter, boss: Person
) -> None:
    late, slow = await invited(boss), await invited(boss)
    nina, ben = Person(counter, "telegram", "Nina"), Person(counter, "telegram", "Ben")
    await ben.say(slow)
    counter.pass_by(hours=24, seconds=1)
    assert keys(await nina.say(late)) == ["refusal.invite_expired"]
    asked = (await told(counter, boss))[-1]
    assert keys(await boss.press(button(asked, "staff yes"))) == ["refusal.invite_expired"]
    assert await works(counter) == {"Olga": "owner"}


async def test_who_works_here_already_cannot_take_an_invitation(counter: Counter, boss: Person) -> None:
    code = await invited(boss, "manager")
    assert keys(await boss.say(code)) == ["refusal.already_staff"]
    twice = Person(counter, "telegram", "Nina")
    await twice.say(code)
    counter.pass_by(minutes=1)
    await twice.say(await invited(boss))
    first, second = await told(counter, boss)
    await boss.press(button(first, "staff yes"))
    assert keys(await boss.press(button(second, "staff yes"))) == ["refusal.already_staff"]
    assert await works(counter) == {"Olga": "owner", "Nina": "manager"}


async def test_an_invitation_ends_with_the_right_of_whoever_made_it(counter: Counter, boss: Person) -> None:
    manager = Person(counter, "telegram", "Max")
    await counter.employ(manager, "manager")
    code, accepted = await invited(manager), await invited(manager)
    nina, ben = Person(counter, "telegram", "Nina"), Person(counter, "telegram", "Ben")
    await ben.say(accepted)
    asked = (await told(counter, manager))[-1]
    max_id = next(one.id for one in await counter.db.read(staff.working) if one.name == "Max")
    await boss.press(f"staff dismiss {max_id} sure")
    assert keys(await nina.say(code)) == ["refusal.invite_expired"]
    assert keys(await manager.press(button(asked, "staff yes"))) == ["refusal.not_staff"]
    assert keys(await boss.press(button(asked, "staff yes"))) == ["refusal.invite_unknown"]
    assert await works(counter) == {"Olga": "owner"}


async def test_an_owner_is_made_only_after_one_more_yes_that_names_them(counter: Counter, boss: Person) -> None:
    nina = Person(counter, "telegram", "Nina")
    await nina.say(await invited(boss, "owner"))
    once_more = await boss.press(button((await told(counter, boss))[-1], "staff yes"))
    assert keys(once_more) == ["staff.make_owner"]
    assert once_more.buttons[0][0].label.facts == {"name": "Nina"}
    assert await works(counter) == {"Olga": "owner"}
    await boss.press(button(once_more, "staff yes"))
    assert await works(counter) == {"Olga": "owner", "Nina": "owner"}


async def test_the_command_lines_invitation_waits_for_any_owner_unless_there_is_none(
    counter: Counter, db: Database
) -> None:
    first, second = Person(counter, "wechat", "Olga"), Person(counter, "telegram", "Nina")
    code = await db.write(invites.invite, "owner", by=None, moment=counter.moment())
    assert keys(await first.say(code))[0] == "staff.welcome"
    code = await db.write(invites.invite, "cashier", stores=["main"], by=None, moment=counter.moment())
    assert keys(await second.say(code)) == ["staff.accepted"]
    asked = (await told(counter, first))[-1]
    hired = await first.press(button(asked, "staff yes"))
    assert hired.messages[0].facts["where"].key == "staff.places"


async def test_everything_about_an_invitation_is_in_the_audit_trail(counter: Counter, boss: Person) -> None:
    nina = Person(counter, "telegram", "Nina")
    await nina.say(await invited(boss))
    await boss.press(button((await told(counter, boss))[-1], "staff yes"))
    rows: list[Any] = await counter.db.read(lambda tx: tx.all(audit.select()))
    mine = [row for row in rows if row.action.startswith("staff.")]
    counted = {action: len(list(found)) for action, found in itertools.groupby(sorted(row.action for row in mine))}
    assert counted == {"staff.invite": 2, "staff.accept": 2, "staff.confirm": 2}
    assert "Nina" not in str(mine)


async def test_where_the_app_tells_no_name_both_sides_see_the_same_number(counter: Counter, boss: Person) -> None:
    nobody = Person(counter, "wechat", "")
    waits = await nobody.say(await invited(boss))
    asked = (await told(counter, boss))[-1]
    number = waits.messages[0].facts["number"]
    assert asked.messages[0].facts["name"].facts == {"number": number}
    assert str(number).isdigit()
    await boss.press(button(asked, "staff yes"))
    assert await works(counter) == {"Olga": "owner", "": "cashier"}
    told_apart = [line.facts["name"] for line in (await boss.press("staff")).messages[1].facts["lines"]]
    assert told_apart[1].facts == {"number": number}

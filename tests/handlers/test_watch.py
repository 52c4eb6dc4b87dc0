"""The owner hears in the morning what was odd, in plain words that accuse nobody, and marks it as seen."""

from __future__ import annotations

import pytest

from locales.catalogue import load
from membership.messages import Reply
from scheduler.timetable import TIMETABLE
from services import watch
from storage import outbox
from tests.handlers.counter import Counter, Person, button, keys


@pytest.fixture(params=["telegram", "wechat"])
async def olga(request: pytest.FixtureRequest, counter: Counter) -> Person:
    person = Person(counter, request.param, "Olga")
    await counter.employ(person, "owner")
    return person


async def own_card(cashier: Person) -> Reply:
    """Let a cashier join, and scan their own card."""
    await cashier.press("join")
    card = await cashier.press("code")
    assert card.picture is not None
    return await cashier.scan(str(card.picture.facts["code"]))


async def morning(counter: Counter, hour: float = 8) -> int:
    """Let the next morning come and the job run; the shop's clock is eight hours ahead of UTC."""
    local = counter.now.replace(hour=0, minute=0)
    counter.now = local
    counter.pass_by(hours=hour + 16)
    return await counter.db.write(watch.look, counter.moment())


async def told(counter: Counter, kind: str = "watch") -> list[Reply]:
    due = await counter.db.write(outbox.due, now=counter.now, limit=1000)
    found = [row for row in due if row.kind == kind]
    return [await counter.db.read(outbox.payload, row) for row in found]


async def test_a_cashier_who_scans_their_own_card_is_refused_and_the_owner_reads_of_it_in_the_morning(
    counter: Counter, cashier: Person, olga: Person
) -> None:
    assert keys(await own_card(cashier)) == ["refusal.self_credit"]
    assert await morning(counter) == 1
    [digest] = await told(counter)
    assert [message.key for message in digest.messages] == ["watch.digest", "lines"]
    listed = await olga.press("watch")
    assert keys(listed) == ["watch.title", "watch.new"]
    one = await olga.press(button(listed, "watch "))
    assert keys(one) == ["watch.about", "watch.member", "watch.store", "watch.advice"]
    seen = button(one, "watch ")
    assert seen.endswith(" seen")
    assert keys(await olga.press(seen)) == ["watch.title", "watch.seen"]
    assert keys(await olga.press(seen)) == ["watch.title", "watch.seen"]


async def test_the_morning_is_looked_at_once_and_not_before_eight(
    counter: Counter, cashier: Person, olga: Person
) -> None:
    del olga
    await own_card(cashier)
    assert await morning(counter, 7.5) == 0
    assert await counter.db.write(watch.look, counter.moment()) == 0
    counter.pass_by(hours=1)
    assert await counter.db.write(watch.look, counter.moment()) == 1
    assert await counter.db.write(watch.look, counter.moment()) == 0
    assert len(await told(counter)) == 1


async def test_days_whose_morning_the_program_stood_still_are_looked_at_afterwards(
    counter: Counter, cashier: Person, olga: Person
) -> None:
    await own_card(cashier)
    counter.pass_by(days=3)  # the shop is closed, and its computer off
    assert await morning(counter) == 1
    assert len(await told(counter)) == 1
    assert keys(await olga.press("watch")) == ["watch.title", "watch.new"]


async def test_nothing_odd_nothing_sent(counter: Counter, olga: Person) -> None:
    assert await morning(counter) == 1
    assert await told(counter) == []
    assert keys(await olga.press("watch")) == ["watch.none"]
    assert "report.watch" not in keys(await olga.press("report"))


async def test_the_report_tells_how_much_waits_to_be_looked_at(counter: Counter, cashier: Person, olga: Person) -> None:
    await own_card(cashier)
    report = await olga.press("report")
    assert keys(report)[-1] == "report.watch"
    assert button(report, "watch") == "watch"
    manager = Person(counter, "telegram", "Mia")
    await counter.employ(manager, "manager")
    assert "report.watch" not in keys(await manager.press("report"))


@pytest.mark.parametrize("role", ["cashier", "manager", "marketer"])
async def test_only_owner_and_auditor_see_what_was_odd(counter: Counter, role: str) -> None:
    person = Person(counter, "telegram", role)
    await counter.employ(person, role)
    assert keys(await person.press("watch")) == ["refusal.not_allowed"]


async def test_a_forged_finding_is_expired(olga: Person) -> None:
    for word in ("watch nothing", "watch nothing seen", "watch a b c"):
        assert keys(await olga.press(word)) == ["refusal.expired"]


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_no_word_of_it_accuses_anybody(language: str) -> None:
    texts = dict(load()[language].texts("watch."))
    assert {f"watch.{rule}" for rule in watch.RULES} <= set(texts)
    bad = ("fraud", "cheat", "steal", "theft", "suspect", "作弊", "舞弊", "欺诈", "詐", "盗", "嫌疑", "违规", "違規")
    assert not [text for text in texts.values() if any(word in text.lower() for word in bad)]


def test_the_timetable_looks_and_ends_what_nobody_decided() -> None:
    assert {"watch", "expire-approvals"} <= {entry.name for entry in TIMETABLE}

"""Buttons nobody showed: forged, somebody else's, or of an old message. They are met in words and do nothing."""

from __future__ import annotations

import hashlib

import pytest

from handlers import router
from storage.database import Tx
from storage.tables import broadcasts, consents, coupons, purchases, scans, staff, transfers
from tests.handlers.counter import Counter, Person, button, keys
from tests.handlers.test_counter_loop import joined, shown_code
from tests.proof import assert_clean

FORGED = ("", " ", "\u3000", "nonsense", "drop table members", "../../etc/passwd", "<b>", "code\u200b", "ⓒode")
"""What no button of ours says."""

LONG = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(64))
"""Four thousand characters that no database can make smaller."""

BEHIND = (
    "²",
    "-1",
    "' OR 1=1 --",
    "%s {0.__class__} {{7*7}}",
    "ok x",
    f"claim welcome {LONG}",
    f"show {LONG}",
    "history ²",
    "history " + "9" * 30,
    "00000000-0000-4000-8000-000000000000",
)
"""What somebody may put behind a word."""


async def effects(counter: Counter) -> dict[str, int]:
    """How many rows there are of everything that counts."""

    def count(tx: Tx) -> dict[str, int]:
        tables = (transfers, purchases, coupons, scans, broadcasts, staff, consents)
        return {table.name: len(tx.all(table.select())) for table in tables}

    return await counter.db.read(count)


async def test_what_no_button_says_is_expired_and_does_nothing(counter: Counter, amy: Person, cashier: Person) -> None:
    await amy.press("join")
    before = await effects(counter)
    for word in FORGED:
        for person in (amy, cashier, Person(counter, "telegram", "a stranger")):
            assert keys(await person.press(word)) == ["refusal.expired"], (person.name, word)
    assert await effects(counter) == before


@pytest.mark.parametrize("word", ["", " "])
async def test_a_press_that_says_nothing_answers_no_question(amy: Person, word: str) -> None:
    await amy.press("join")
    await amy.press("profile name")
    assert keys(await amy.press(word)) == ["refusal.expired", "question.still_open"]
    assert keys(await amy.say("Amelia"))[0] == "profile.kept"


async def test_no_word_breaks_whatever_stands_behind_it(counter: Counter) -> None:
    olga = Person(counter, "telegram", "Olga")
    await counter.employ(olga, "owner")
    await olga.press("join")
    before = await effects(counter)
    for word in router.WORDS:
        for behind in BEHIND:
            assert keys(await olga.press(f"{word} {behind}")), (word, behind)
    after = await effects(counter)
    changed = {name for name, number in after.items() if number != before[name]}
    assert changed == {"consents"}, "only a switch was turned"
    await assert_clean(counter.db)


async def test_a_button_of_another_member_opens_nothing_of_theirs(counter: Counter, amy: Person) -> None:
    await joined(amy)
    mine = button(await amy.press(button(await amy.press("coupons"), "coupons claim welcome")), "coupons show")
    ben = Person(counter, "wechat", "Ben")
    await joined(ben)
    before = await effects(counter)
    assert keys(await ben.press(mine)) == ["refusal.coupon_not_yours"]
    assert ben.last is not None
    assert ben.last.reply is not None
    assert ben.last.reply.picture is None
    assert await effects(counter) == before


async def test_a_button_of_the_counter_does_nothing_for_a_member_or_another_cashier(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await joined(amy)
    await cashier.scan(await shown_code(amy))
    confirm = button(await cashier.say("58"), "pay ok")
    other = Person(counter, "telegram", "Kim")
    await counter.employ(other, "cashier")
    before = await effects(counter)
    assert keys(await amy.press(confirm)) == ["refusal.not_staff"]
    assert keys(await other.press(confirm)) == ["refusal.quote_expired"]
    assert await effects(counter) == before
    undo = button(await cashier.press(confirm), "undo")
    after = await effects(counter)
    assert keys(await amy.press(undo)) == ["refusal.not_staff"]
    assert keys(await other.press(undo))[0].startswith("refusal.")
    assert await effects(counter) == after
    await assert_clean(counter.db)


async def test_a_button_that_says_it_was_not_me_works_for_the_buyer_alone(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await joined(amy)
    await cashier.scan(await shown_code(amy))
    receipt = await cashier.press(button(await cashier.say("58"), "pay ok"))
    purchase = button(receipt, "undo").split()[1]
    ben = Person(counter, "wechat", "Ben")
    await joined(ben)
    assert keys(await ben.press(f"notme {purchase}"))[0].startswith("refusal.")
    assert keys(await ben.press("code")) == ["card.caption"], "nobody's card was stopped"
    assert keys(await amy.press("code")) == ["card.caption"]


async def test_the_confirm_button_of_an_older_price_records_nothing(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await joined(amy)
    await cashier.scan(await shown_code(amy))
    await cashier.press(button(await cashier.say("58"), "pay ok"))
    ben = Person(counter, "wechat", "Ben")
    await joined(ben)
    await cashier.scan(await shown_code(ben))
    old = button(await cashier.say("20"), "pay ok")
    await cashier.press("cancel")
    before = await effects(counter)
    assert keys(await cashier.press(old)) == ["refusal.quote_expired"]
    assert await effects(counter) == before


async def test_yesterdays_coupon_and_scan_buttons_are_refused(counter: Counter, amy: Person, cashier: Person) -> None:
    await joined(amy)
    await cashier.scan(await shown_code(amy))
    confirm = button(await cashier.say("58"), "pay ok")
    counter.pass_by(days=1)
    before = await effects(counter)
    assert keys(await cashier.press(confirm))[0] in ("refusal.scan_expired", "refusal.quote_expired")
    assert await effects(counter) == before


@pytest.mark.parametrize("typed", ["#1", "＃1", " # 1 "])
async def test_a_marked_number_chooses_even_where_a_plain_one_answers_the_question(
    amy: Person, cashier: Person, typed: str
) -> None:
    await amy.press("join")
    asked = await cashier.say(await shown_code(amy))
    assert asked.question is not None
    assert asked.question.name == "staff.amount"
    assert keys(await cashier.say("1")) != ["cancelled"]
    await cashier.say(await shown_code(amy))
    assert keys(await cashier.say(typed)) == ["cancelled"]

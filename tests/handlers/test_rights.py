"""Every word of the router and every role: what a role may not say is refused, written down and changes nothing.

The table is written out here, not read from the rule: a new word fails until somebody has said who may use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import pytest

from handlers import router
from membership.member import Channel, Identity
from membership.messages import Question
from services import Database, people, rules
from storage import dialogues
from storage.database import Tx
from storage.tables import audit, metadata, outbox, purchases
from tests.handlers.counter import Counter, Person, button, keys
from tests.handlers.test_staff_room import EAST, body, hired

W, M, C, K, A = "owner", "manager", "cashier", "marketer", "auditor"
MEMBERS: Final = {
    "start", "join", "terms", "offers", "code", "paycode", "agree", "disagree", "asked", "points", "balance", "coupons",
    "mall", "tier",
    "checkin", "link", "family", "lottery", "activities", "refer", "passes", "rate", "perks",
    "profile", "settings", "language", "unsubscribe", "privacy", "waiting", "human", "notme", "help", "cancel", "skip",
}  # fmt: skip
"""Words of members and of everybody: what they do concerns whoever says them."""

SHOWN_THEIR_OWN: Final = {"campaigns", "sellpass", "topup"}
"""Words of work that show a member what is theirs instead of refusing."""

COLLEAGUES_TOO: Final = {"campaigns"}
"""Those of them a colleague without the right sees as the member they are."""

WORK: Final[Mapping[str, tuple[set[str], str]]] = {
    # word: who may say it, and whether a right in one store is enough
    "scan": ({W, M, C}, "store"),
    "pay": ({W, M, C}, "store"),
    "undo": ({W, M, C}, "store"),
    "redeem": ({W, M, C}, "store"),
    "enrol": ({W, M, C}, "store"),
    "answer": ({W, M, C}, "store"),
    "store": ({W, M, C}, "store"),
    "counter": ({W, M, C, K, A}, "store"),  # the page opens; what it does is asked for again
    "release": ({W, M}, "store"),
    "unlock": ({W, M}, "store"),
    "refund": ({W, M}, "store"),
    "adjust": ({W, M}, "store"),
    "doubles": ({W, M}, "store"),
    "tag": ({W, M}, "store"),
    "grant": ({W, M}, "store"),
    "settier": ({W, M}, "store"),
    "sellpass": ({W, M, C}, "store"),
    "visit": ({W, M, C}, "store"),
    "backpass": ({W, M}, "store"),
    "topup": ({W, M}, "store"),
    "cashout": ({W, M}, "store"),
    "approve": ({W, M}, "store"),
    "manage": ({W, M, C, K, A}, "store"),  # each sees only their own words in it
    "staff": ({W, M}, "store"),
    "report": ({W, M, K, A}, "store"),
    "watch": ({W, A}, "shop"),
    "campaigns": ({W, M, K}, "shop"),
    "broadcast": ({W, K}, "shop"),
    "segments": ({W, K}, "shop"),
}
QUESTIONS: Final[Mapping[str, set[str]]] = {
    "staff.code": {W, M, C},
    "staff.amount": {W, M, C},
    "staff.phone": {W, M, C},
    "human.answer": {W, M, C},
    "refund.which": {W, M},
    "refund.amount": {W, M},
    "refund.reason": {W, M},
    "adjust.who": {W, M},
    "tag.who": {W, M},
    "tag.text": {W, M},
    "tag.answer": {W, M},
    "grant.who": {W, M},
    "adjust.points": {W, M},
    "adjust.reason": {W, M},
    "settier.who": {W, M},
    "settier.until": {W, M},
    "settier.reason": {W, M},
    "sellpass.who": {W, M, C},
    "backpass.reason": {W, M},
    "topup.who": {W, M},
    "topup.amount": {W, M},
    "broadcast.text": {W, K},
    "segments.name": {W, K},
    "activity.field": {W, M, K},
    "activity.door": {W, M, C, K},
}
ONES_OWN: Final = frozenset(
    {
        *("profile.name", "profile.phone", "profile.birthday", "profile.own", "human.question"),
        *("link.code", "family.code", "family.points", "rate.words"),
    }
)

ALREADY_KNOWN: Final = {"topup.who": {"kind": "top_up"}, "topup.amount": {"kind": "top_up"}}
"""What rides along with an open question that is never asked without it."""

SPOKEN: Final = {"unlock": "unlock nobody", "release": "release nobody"}
"""Words that mean somebody."""

REFUSED = {"refusal.not_allowed", "refusal.not_staff"}
COMES_AND_GOES: Final = frozenset({"events", "outbox", "dialogues", "identities", "audit", "guesses"})
"""What a turn writes whatever it says: that it was said, and what was answered."""


@pytest.fixture
async def chain(db: Database, now: datetime) -> Counter:
    """A café with two stores that sells stored value, so that every word means something."""
    shop = Counter(db, now)
    await db.write(rules.bring, {**body(EAST), "stored_value": {}}, actor="test", now=now)
    return shop


def books(tx: Tx) -> dict[str, list[str]]:
    """Return everything that may not change where a right is missing."""
    tables = [table for table in metadata.sorted_tables if table.name not in COMES_AND_GOES]
    return {table.name: sorted(str(tuple(row)) for row in tx.all(table.select())) for table in tables}


def test_the_tables_have_every_word_and_every_question_of_the_router() -> None:
    assert set(router.WORDS) == MEMBERS | set(WORK)
    assert set(router.QUESTIONS) == ONES_OWN | set(QUESTIONS)
    assert not MEMBERS & set(WORK)


@pytest.mark.parametrize(
    ("role", "store"),
    [(W, ""), *((role, store) for role in (M, C, K, A) for store in ("", "main")), ("member", "")],
)
async def test_each_role_may_say_its_own_words_and_every_other_is_refused_and_changes_nothing(
    chain: Counter, role: str, store: str
) -> None:
    person = Person(chain, "telegram", "Pat")
    await person.press("join")
    if role != "member":
        await chain.employ(person, role, *([store] if store else []))
    allowed = {word for word, (roles, reach) in WORK.items() if role in roles and (not store or reach == "store")}
    allowed |= SHOWN_THEIR_OWN if role == "member" else COLLEAGUES_TOO
    for word in allowed:
        assert not REFUSED & set(keys(await person.press(SPOKEN.get(word, word)))), word
    before, denied = await chain.db.read(books), set(WORK) - allowed
    for word in denied:
        assert REFUSED & set(keys(await person.press(SPOKEN.get(word, word)))), word
    assert await chain.db.read(books) == before
    noted = await chain.db.read(lambda tx: tx.all(audit.select().where(audit.c.action == "staff.not_allowed")))
    assert len(noted) == (len(denied) if role != "member" else 0)


async def test_an_owner_of_one_store_has_no_say_in_what_reaches_the_whole_shop(chain: Counter) -> None:
    await hired(chain, "Olga", "owner")
    person = await hired(chain, "Pat", "owner", "main")
    for word, (_, reach) in WORK.items():
        said = set(keys(await person.press(SPOKEN.get(word, word))))
        assert (not REFUSED & said) is (reach == "store"), word
    assert "staff.invited" not in keys(await person.press("staff invite owner"))


@pytest.mark.parametrize("app", ["telegram", "wechat"])
@pytest.mark.parametrize("role", [C, K, A, "member"])
async def test_a_question_left_open_is_closed_to_who_has_no_right_any_more(
    chain: Counter, role: str, app: Channel
) -> None:
    person = Person(chain, app, "Pat")
    await person.press("join")
    if role != "member":
        await chain.employ(person, role)
    before = await chain.db.read(books)

    def leave_open(tx: Tx, name: str) -> None:
        who = people.find(tx, Identity(app, "shop", "id-of-Pat"))
        assert who is not None
        dialogues.put(tx, who.identity_id, Question(name, ALREADY_KNOWN.get(name, {})), choices=(), now=chain.now)

    for name, roles in QUESTIONS.items():
        if role not in roles:
            await chain.db.write(leave_open, name)
            assert REFUSED & set(keys(await person.say("58"))), name
    assert await chain.db.read(books) == before


@pytest.mark.parametrize("role", [C, M])
async def test_what_was_sold_in_another_store_is_not_there_for_who_works_elsewhere(chain: Counter, role: str) -> None:
    cashier, amy = await hired(chain, "Jay", "cashier", "main"), Person(chain, "telegram", "Amy")
    await amy.press("join")
    card = await amy.press("code")
    assert card.picture is not None
    await cashier.scan(str(card.picture.facts["code"]))
    await cashier.press(button(await cashier.say("58"), "pay ok"))
    sold = (await chain.db.read(lambda tx: tx.all(purchases.select())))[0]
    elsewhere = await hired(chain, "Eve", role, "east")
    before = await chain.db.read(books)
    for word in (f"undo {sold.id}", f"refund {sold.id}"):
        assert {"refusal.purchase_unknown", "refusal.not_allowed"} & set(keys(await elsewhere.press(word))), word
    assert await chain.db.read(books) == before
    assert "desk.undone" in keys(await cashier.press(f"undo {sold.id}"))


def test_the_books_are_nearly_everything() -> None:
    every = {table.name for table in metadata.sorted_tables}
    assert every > COMES_AND_GOES
    assert {"transfers", "purchases", "staff", "posts", "invites", "members", "coupons"} <= every - COMES_AND_GOES


async def test_a_bill_that_was_not_mine_alarms_the_managers_of_its_store(chain: Counter) -> None:
    for name, role, *place in (("Olga", W), ("Max", M, "main"), ("Mia", M, "east")):
        await hired(chain, name, role, *place)
    cashier, amy = await hired(chain, "Jay", C, "main"), Person(chain, "telegram", "Amy")
    await amy.press("join")
    card = await amy.press("code")
    assert card.picture is not None
    await cashier.scan(str(card.picture.facts["code"]))
    await cashier.press(button(await cashier.say("58"), "pay ok"))
    sold = (await chain.db.read(lambda tx: tx.all(purchases.select())))[0]
    await amy.press(f"notme {sold.id}")

    def alarmed(tx: Tx) -> set[str]:
        told = [row for row in tx.all(outbox.select()) if row.kind == "alarm"]
        return {people.who(tx, row.identity_id).name for row in told}

    assert await chain.db.read(alarmed) == {"Olga", "Max"}

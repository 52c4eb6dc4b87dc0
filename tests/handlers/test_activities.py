"""Activities in chat: planned question by question, signed up for, waited for, moved, cancelled, and who came."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from locales import Words
from membership.messages import Reply, words
from services import Database, reminders, rules, sign_ups
from storage.tables import activities, audit, outbox
from storage.tables import sign_ups as rows
from tests.handlers.counter import Counter, Person, button, keys
from tests.handlers.test_staff_room import EAST, body, hired
from tests.proof import assert_clean

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))
ANSWERS = ("Latte art", "Bring your own cup", "2026-12-05 14:00", "2h", "1", "50")


def spoken(reply: Reply, language: str = "en") -> str:
    return "\n".join(WORDS.text(message, language) for message in reply.messages)


@pytest.fixture
async def owner(counter: Counter) -> Person:
    person = Person(counter, "wechat", "Olga")
    await counter.employ(person, "owner")
    return person


async def planned(owner: Person, *answers: str) -> str:
    """Answer every question, open the activity, and return its id."""
    await owner.press("activities new")
    for answer in answers or ANSWERS:
        last = await owner.say(answer)
    saved = await owner.press(button(last, "activities save"))
    return button(saved, "activities show").split()[-1]


async def joined(counter: Counter, name: str, app: str = "telegram") -> Person:
    person = Person(counter, app, name)  # type: ignore[arg-type]
    await person.press("join")
    return person


async def told(counter: Counter, kind: str) -> list[str]:
    """Return who was told something of this kind."""
    found = await counter.db.read(lambda tx: tx.all(outbox.select().where(outbox.c.kind == kind)))
    return [row.period_key.partition("/")[2].partition("/")[0] for row in found]


async def test_an_activity_is_planned_seen_and_opened_once(counter: Counter, owner: Person, amy: Person) -> None:
    asked = [keys(await owner.press("activities new"))[-1]]
    for answer in ANSWERS:
        last = await owner.say(answer)
        asked.append(keys(last)[-1])
    fields = ("title", "about", "when", "ends", "capacity", "points")
    assert asked[:6] == [f"activity.ask.{field}" for field in fields]
    assert keys(last)[0] == "activity.draft"
    assert "When: 5 Dec 14:00 – 16:00" in spoken(last)
    press = button(last, "activities save")
    assert keys(await owner.press(press)) == keys(await owner.press(press)) == ["activity.saved"]
    assert len(await counter.db.read(lambda tx: tx.all(activities.select()))) == 1
    await amy.press("join")
    shown = await amy.press("activities")
    assert "5 Dec 14:00 Latte art" in spoken(shown)
    assert "12月5日 14:00 – 16:00" in spoken(await amy.press(button(shown, "activities show")), "zh-Hans")


WRONG = {
    "title": ("x" * 41, "\u200b"),
    "about": ("x" * 501,),
    "when": ("yesterday", "2026-11-01 14:00"),
    "ends": ("late",),
    "capacity": ("many", "１０"),
    "points": ("-5",),
}


async def test_a_ninth_activity_is_found_as_well(counter: Counter, owner: Person, amy: Person) -> None:
    await amy.press("join")
    for number in range(9):
        counter.pass_by(minutes=1)
        await planned(owner, f"Class {number}", "-", f"2027-01-0{number + 1} 10:00", "2h", "0", "0")
    first = await amy.press("activities")
    assert [word for word in words(first) if word.startswith("activities more")] == ["activities more 8"]
    last = await amy.press("activities more 8")
    assert "Class 8" in spoken(last)
    assert "Class 7" not in spoken(last)
    assert not [word for word in words(last) if word.startswith("activities more")]


async def test_an_answer_that_will_not_do_is_asked_for_again(owner: Person) -> None:
    await owner.press("activities new")
    for (field, wrong), right in zip(WRONG.items(), ANSWERS, strict=True):
        for text in wrong:
            assert keys(await owner.say(text)) == [f"activity.again.{field}", f"activity.ask.{field}"], text
        assert keys(await owner.say(right))[0] != f"activity.again.{field}"


async def test_a_title_turns_no_writing_around_and_hides_nothing(owner: Person) -> None:
    await owner.press("activities new")
    for wrong in ("\u202e\u2066\u200b", 10_000 * "x", 10_000 * "\u200f" + "x"):
        assert keys(await owner.say(wrong))[0] == "activity.again.title"
    for text in ("Tea \u202egnitsat\u2069 \U000e0041👨\u200d👩\u200d👧", *ANSWERS[1:]):
        draft = await owner.say(text)
    assert "Tea gnitsat 👨\u200d👩\u200d👧" in spoken(draft)


async def test_buttons_answer_like_words_and_each_answer_can_be_given_anew(owner: Person) -> None:
    await owner.press("activities new")
    await owner.say("Tasting")
    await owner.press("activities set -")
    await owner.say("12月5日14点半")
    await owner.press("activities set 2h")
    await owner.press("activities set 0")
    draft = await owner.press("activities set 0")
    assert "activity.for_any" in [message.key for message in draft.messages[-1].facts["lines"]]
    assert keys(await owner.press(button(draft, "activities field title"))) == ["activity.ask.title"]
    assert "Cupping" in spoken(await owner.say("Cupping"))
    await owner.press(button(draft, "activities field when"))
    assert "6 Dec 10:00 – 12:00" in spoken(await owner.say("2026-12-06 10:00"))


async def test_places_the_line_and_moving_up(counter: Counter, owner: Person, amy: Person) -> None:
    activity = await planned(owner)
    await amy.press("join")
    ben = await joined(counter, "Ben")
    assert keys(await amy.press(f"activities join {activity}"))[0] == "activity.joined"
    assert keys(await amy.press(f"activities join {activity}"))[0] == "activity.joined"
    waits = await ben.press(f"activities join {activity}")
    assert keys(waits)[0] == "activity.waits"
    assert "You are number 1 on the waiting list." in spoken(waits)
    for inside in (amy, ben):
        assert "All places are taken" not in spoken(await inside.press(f"activities show {activity}"))
    assert keys(await amy.press(f"activities leave {activity}"))[0] == "activity.left"
    assert await told(counter, "activity") == ["up"]
    assert "You have a place." in spoken(await ben.press(f"activities show {activity}"))
    assert keys(await amy.press(f"activities join {activity}"))[0] == "activity.waits"
    await assert_clean(counter.db)


async def test_who_is_no_member_is_asked_to_join_and_an_unknown_activity_is_said_to_be_so(
    owner: Person, amy: Person
) -> None:
    activity = await planned(owner)
    assert keys(await amy.press(f"activities join {activity}")) == ["refusal.not_a_member"]
    await amy.press("join")
    assert keys(await amy.press("activities show nowhere")) == ["refusal.activity_unknown"]
    assert keys(await amy.press("activities fly")) == ["refusal.expired"]


async def test_changing_tells_those_who_come_and_finds_room_for_more(
    counter: Counter, owner: Person, amy: Person
) -> None:
    activity = await planned(owner)
    await amy.press("join")
    ben = await joined(counter, "Ben")
    for person in (amy, ben):
        await person.press(f"activities join {activity}")
    await owner.press(f"activities edit {activity}")
    await owner.press("activities field capacity")
    draft = await owner.say("0")
    press = button(draft, "activities save")
    assert keys(await owner.press(press)) == ["activity.saved"]
    assert keys(await owner.press(press)) == ["activity.saved"]
    assert await told(counter, "activity") == ["up"]
    await owner.press(f"activities edit {activity}")
    await owner.press("activities field when")
    await owner.press(button(await owner.say("2026-12-06 14:00"), "activities save"))
    assert sorted(await told(counter, "activity")) == ["moved", "moved", "up"]
    await owner.press(f"activities edit {activity}")
    await owner.press("activities field capacity")
    too_few = await owner.press(button(await owner.say("1"), "activities save"))
    assert keys(too_few)[0] == "refusal.capacity_taken"
    await assert_clean(counter.db)


async def test_cancelling_asks_first_and_tells_everybody_once(counter: Counter, owner: Person, amy: Person) -> None:
    activity = await planned(owner)
    await amy.press("join")
    await amy.press(f"activities join {activity}")
    assert keys(await owner.press(f"activities stop {activity}")) == ["activity.stop"]
    for _ in range(2):
        assert keys(await owner.press(f"activities stop {activity} yes")) == ["activity.stopped"]
        await counter.db.write(sign_ups.keep, counter.moment())
    assert await told(counter, "activity") == ["cancelled"]
    assert "This activity is cancelled." in spoken(await amy.press(f"activities show {activity}"))
    assert keys(await amy.press(f"activities join {activity}")) == ["refusal.activity_over"]
    await assert_clean(counter.db)


async def test_who_comes_is_marked_by_code_or_list_and_gets_the_points_once(
    counter: Counter, owner: Person, amy: Person
) -> None:
    activity = await planned(owner, *ANSWERS[:4], "0", "50")
    await amy.press("join")
    await amy.press(f"activities join {activity}")
    jay = Person(counter, "wechat", "Jay")
    await counter.employ(jay, "cashier")
    assert keys(await jay.press(f"activities edit {activity}")) == ["refusal.not_allowed"]
    counter.pass_by(days=13, hours=-1)  # eleven on the day
    card = await amy.press("code")
    assert card.picture is not None
    await jay.press(f"activities door {activity}")
    early = await jay.scan(str(card.picture.facts["code"]))
    assert keys(early)[0] == "refusal.activity_too_early"
    counter.pass_by(hours=2)
    card = await amy.press("code")
    assert card.picture is not None
    await jay.press(f"activities door {activity}")
    assert keys(await jay.scan(str(card.picture.facts["code"]))) == ["activity.came_for", "activity.ask_guest"]
    ben = await joined(counter, "Ben")
    card = await ben.press("code")
    assert card.picture is not None
    assert keys(await jay.scan(str(card.picture.facts["code"]))) == ["activity.came_for", "activity.ask_guest"]
    assert "50 points" in spoken(await amy.press("points"))
    listed = await jay.press(f"activities who {activity}")
    assert "Signed up: 2, waiting: 0, came: 2" in spoken(listed)
    assert "Amy" not in spoken(listed)
    [mine, _] = await counter.db.read(lambda tx: tx.all(rows.select().order_by(rows.c.place)))
    assert keys(await jay.press(f"activities came {mine.id} 0"))[0] == "activity.came_before"
    assert "50 points" in spoken(await amy.press("points"))
    back = await jay.press(button(listed, f"activities uncame {mine.id}"))
    assert keys(back)[0] == "activity.uncame"
    assert "Signed up: 2, waiting: 0, came: 1" in spoken(back)
    assert "Taken back: came to Latte art" in spoken(await amy.press("points history"))
    await assert_clean(counter.db)


async def test_nobody_marks_themselves_and_only_those_who_may_plan(
    counter: Counter, owner: Person, amy: Person
) -> None:
    activity = await planned(owner)
    for step in ("new", f"edit {activity}", f"stop {activity} yes", f"who {activity}", f"door {activity}"):
        assert keys(await amy.press(f"activities {step}")) == ["refusal.not_staff"], step
    await owner.press("join")
    counter.pass_by(days=13, hours=5)
    card = await owner.press("code")
    assert card.picture is not None
    await owner.press(f"activities door {activity}")
    assert keys(await owner.scan(str(card.picture.facts["code"])))[0] == "refusal.self_credit"
    noted = await counter.db.read(lambda tx: tx.all(audit.select().where(audit.c.action == "activity.attended")))
    assert noted == []
    assert "activities new" not in words(await amy.press("activities"))


async def test_the_reminders_are_read_afresh_and_leave_those_out_who_withdrew(
    owner: Person, amy: Person, db: Database
) -> None:
    activity = await planned(owner, *ANSWERS[:4], "0", "0")
    await amy.press("join")
    await amy.press(f"activities join {activity}")
    rows_of = await db.read(lambda tx: tx.all(outbox.select().where(outbox.c.kind == "activity_reminder")))
    at = [row.not_before.isoformat() for row in sorted(rows_of, key=lambda row: row.not_before)]
    assert at == ["2026-12-04T06:00:00+00:00", "2026-12-05T04:00:00+00:00"]
    assert {row.expires_at.isoformat() for row in rows_of} == {"2026-12-05T06:00:00+00:00"}
    [day, _] = sorted(rows_of, key=lambda row: row.not_before)
    said = await db.read(reminders.said_now, day, day.not_before)
    assert said is not None
    assert "A reminder: Latte art, 5 Dec 14:00" in spoken(said)
    assert (
        await db.read(reminders.said_now, day, max(row.not_before for row in rows_of)) is None
    )  # the other one is due
    await amy.press(f"activities leave {activity}")
    assert await db.read(reminders.said_now, day, day.not_before) is None


PLANS, MARKS = ("new", "edit", "stop"), ("who", "door")


@pytest.mark.parametrize(
    ("role", "store", "allowed"),
    [
        ("manager", "", PLANS + MARKS),
        ("manager", "main", PLANS + MARKS),
        ("manager", "east", ("new",)),
        ("marketer", "main", PLANS + MARKS),
        ("cashier", "main", MARKS),
        ("cashier", "east", ()),
        ("auditor", "", ()),
    ],
)
async def test_each_role_does_its_own_steps_in_its_own_stores(
    counter: Counter, role: str, store: str, *, allowed: tuple[str, ...]
) -> None:
    await counter.db.write(rules.bring, body(EAST), actor="test", now=counter.now)
    owner = await hired(counter, "Olga", "owner")
    activity = await planned(owner, *ANSWERS, "main")
    person = await hired(counter, "Pat", role, *([store] if store else []))
    for step in (*PLANS, *MARKS):
        said = set(keys(await person.press(f"activities {step}" + (f" {activity}" if step != "new" else ""))))
        refused = bool(said & {"refusal.not_allowed", "refusal.not_staff"})
        assert refused is (step not in allowed), step

"""Planning activities in chat: one question at a time, seen before it opens, changed, and cancelled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from handlers import activity_door
from handlers.reply import ask, home_row, listed, screen, tap
from handlers.said import Said
from membership import activities as rule
from membership import days
from membership import staff as rights
from membership.activities import Activity, Plan
from membership.errors import Expired
from membership.member import Who
from membership.messages import Button, Message, Question, Reply, choose, plain, say
from membership.moment import Moment
from services import Tx, activities, rules, sign_ups, staff

STEPS: Final = ("new", "edit", "set", "field", "save", "stop")
FIELDS: Final = ("title", "about", "when", "ends", "capacity", "points", "store")
"""What is asked, in this order; the store only where there are several."""
ASKED: Final = "activity.field"
DRAFT: Final = "activity.draft"
"""The question behind what was planned so far: it takes no text, it remembers what the buttons mean."""
SKIP: Final = "-"
"""What stands for no text."""


def act(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Take one step of planning. Raises NotStaff, NotAllowed and Expired."""
    match list(arguments):
        case ["stop", activity_id, *sure]:
            return _stop(tx, who, activity_id, sure=sure == ["yes"], moment=moment)
        case ["new"]:
            staff.check(tx, who, activities.RIGHT)
            return _ask_next(tx, who, _begun(tx, who), moment)
        case ["edit", activity_id]:
            return _edit(tx, who, activity_id, moment)
        case ["save", key, *known]:
            return _save(tx, said, who, [key, *known], moment=moment)
    return _go_on(tx, said, who, arguments, moment=moment)


def _go_on(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Take an answer by a button, or ask for one thing of a draft again."""
    if said.open is None:
        raise Expired
    match said.open.name, *arguments:
        case [name, "set", *words] if name == ASKED:
            return _take(tx, who, said.open.data, " ".join(words), moment=moment)
        case [name, "field", field] if name == DRAFT and field in FIELDS:
            return _ask(tx, who, field, said.open.data)
    raise Expired


def take_field(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take what was typed for the thing that was asked."""
    return _take(tx, who, data, said.text, moment=moment)


def buttons(who: Who, found: Activity, *, now: datetime) -> Iterator[list[Button]]:
    """Yield what those who plan activities, and those at the door, may do with one."""
    store_id = found.plan.store_id
    if rights.may(who.roles, "attend", store_id=store_id):
        doors = [tap("activity_door", f"activities door {found.id}")] if activity_door.is_open(found, now) else []
        yield [tap("activity_who", f"activities who {found.id}"), *doors]
    if rights.may(who.roles, activities.RIGHT, store_id=store_id) and found.state == "open":
        edit = [tap("activity_edit", f"activities edit {found.id}")] if found.plan.starts_at > now else []
        yield [*edit, tap("activity_stop", f"activities stop {found.id}")]


# ---- planning, one question at a time
def _begun(tx: Tx, who: Who) -> dict[str, Any]:
    mine = activities.stores(tx, who)
    return {"plan": {"store": rules.store_code(tx, mine[0])} if len(mine) == 1 else {}}


def _take(tx: Tx, who: Who, data: Mapping[str, Any], text: str, *, moment: Moment) -> Reply:
    staff.check(tx, who, activities.RIGHT)
    field, plan = data["field"], dict(data["plan"])
    value = _read(tx, who, field, text, plan=plan, moment=moment)
    if value is None:
        return _ask(tx, who, field, data, say(f"activity.again.{field}"))
    if field == "when" and "ends" in plan:  # it lasts as long as before
        length = datetime.fromisoformat(plan["ends"]) - datetime.fromisoformat(plan["when"])
        plan["ends"] = (datetime.fromisoformat(value) + length).isoformat()
    return _ask_next(tx, who, {**data, "plan": {**plan, field: value}}, moment)


def _read(tx: Tx, who: Who, field: str, text: str, *, plan: Mapping[str, Any], moment: Moment) -> Any:
    """Return what was answered, as it is kept in the draft (times without a zone); None where it will not do."""
    zone = rules.current(tx).zone
    local = moment.now.astimezone(zone).replace(tzinfo=None)
    match field:
        case "title":
            return activities.title_of(text) or None
        case "about":
            return "" if text.strip() == SKIP else activities.about_of(text) or None
        case "when":
            start = rule.when(text, local.date())
            return start.isoformat() if start is not None and start > local else None
        case "ends":
            end = rule.ends(text, datetime.fromisoformat(plan["when"]))
            return None if end is None else end.isoformat()
        case "store":
            known = [rules.store_code(tx, store_id) for store_id in activities.stores(tx, who)]
            listed_as = {str(number): code for number, code in enumerate(known, start=1)}
            return text.strip() if text.strip() in known else listed_as.get(text.strip())
    return rule.number(text)


def _ask_next(tx: Tx, who: Who, data: Mapping[str, Any], moment: Moment) -> Reply:
    missing = next((field for field in FIELDS if field not in data["plan"]), None)
    return _preview(tx, data, moment) if missing is None else _ask(tx, who, missing, data)


def _ask(tx: Tx, who: Who, field: str, data: Mapping[str, Any], *first: Message) -> Reply:
    rows = [_answers(tx, who, field), [tap("cancel", "cancel")]]
    kept = {name: data[name] for name in ("plan", "id") if name in data}
    kept |= {"skip": f"activities set {SKIP}"} if field == "about" else {}
    return ask(ASKED, *first, say(f"activity.ask.{field}"), buttons=rows, **kept, field=field)


def _answers(tx: Tx, who: Who, field: str) -> list[Button]:
    """Return the usual answers as buttons; each says what could be typed as well."""
    if field == "about":
        return [tap("skip", f"activities set {SKIP}")]
    if field == "ends":
        return [tap("activity_hours", f"activities set {count}h", count=count) for count in (1, 2, 3)]
    if field == "capacity":
        return [tap("activity_any_number", "activities set 0")]
    if field == "points":
        return [tap("activity_no_points", "activities set 0")]
    if field == "store":
        named = [(rules.store_code(tx, one), choose(rules.store_name(tx, one))) for one in activities.stores(tx, who)]
        return [tap("store_named", f"activities set {code}", store=name) for code, name in named]
    return []


def when(tx: Tx, plan: Plan) -> Message:
    """Return when an activity is, its day told once where it ends on the same."""
    zone = rules.current(tx).zone
    one_day = days.day_of(plan.starts_at, zone) == days.day_of(plan.ends_at, zone)
    return say("activity.when_day" if one_day else "activity.when", at=plan.starts_at, until=plan.ends_at)


def _preview(tx: Tx, data: Mapping[str, Any], moment: Moment) -> Reply:
    """Show what will be there for everybody to see, before it is."""
    wanted, key = _plan(tx, data["plan"]), moment.draw("activity", 4).hex()
    lines = [
        when(tx, wanted),
        say("activity.where", store=choose(rules.store_name(tx, wanted.store_id))),
        say("activity.for_any") if wanted.capacity is None else say("activity.for_count", count=wanted.capacity),
        say("activity.brings", points=wanted.points) if wanted.points else say("activity.brings_none"),
    ]
    about = [plain(wanted.about)] if wanted.about else []
    save = tap("activity_save" if "id" in data else "activity_open", " ".join(("activities save", key, *_known(data))))
    fields = [tap(f"activity_{field}", f"activities field {field}") for field in FIELDS if field != "store"]
    rows = [[save], fields[:3], fields[3:], [tap("cancel", "cancel")]]
    question = Question(DRAFT, {"plan": data["plan"], "key": key, **({"id": data["id"]} if "id" in data else {})})
    title = say("activity.name", title=wanted.title)
    return screen(say("activity.draft"), title, *about, *listed(lines), buttons=rows, question=question)


def _known(data: Mapping[str, Any]) -> tuple[str, ...]:
    return (data["id"],) if "id" in data else ()


def _plan(tx: Tx, told: Mapping[str, Any]) -> Plan:
    """Return a draft as a plan: times become moments of the shop's zone, no number of places means any number."""
    zone = rules.current(tx).zone
    starts, ends = (datetime.fromisoformat(told[name]) for name in ("when", "ends"))
    return Plan(
        title=told["title"],
        about=told["about"],
        store_id=rules.store_id(told["store"]),
        starts_at=days.at(starts.date(), starts.time(), zone),
        ends_at=days.at(ends.date(), ends.time(), zone),
        capacity=told["capacity"] or None,
        points=told["points"],
    )


def _edit(tx: Tx, who: Who, activity_id: str, moment: Moment) -> Reply:
    found, zone = activities.get(tx, activity_id), rules.current(tx).zone
    activities.check(tx, who, found)
    rule.check_open(found, moment.now)
    local = {
        name: at.astimezone(zone).replace(tzinfo=None).isoformat()
        for name, at in (("when", found.plan.starts_at), ("ends", found.plan.ends_at))
    }
    told = {"title": found.plan.title, "about": found.plan.about, "store": rules.store_code(tx, found.plan.store_id)}
    plan = {**told, **local, "capacity": found.plan.capacity or 0, "points": found.plan.points}
    return _preview(tx, {"plan": plan, "id": activity_id}, moment)


def _save(tx: Tx, said: Said, who: Who, words: Sequence[str], *, moment: Moment) -> Reply:
    """Open or change what was shown; pressed again, it is shown as it is."""
    key, known = words[0], words[1] if len(words) > 1 else None
    data = said.known(DRAFT)
    if data is None or data["key"] != key:
        staff.check(tx, who, activities.RIGHT)
        before = activities.planned(tx, who, key) if known is None else activities.get(tx, known)
        if before is None:
            raise Expired
        return _saved(before)
    wanted = _plan(tx, data["plan"])
    if "id" not in data:
        return _saved(activities.plan(tx, wanted, who, key=key, moment=moment))
    earlier, later = activities.change(tx, data["id"], wanted, who, moment=moment)
    sign_ups.changed(tx, earlier, later, moment=moment)
    return _saved(later)


def _saved(found: Activity) -> Reply:
    text = say("activity.saved", title=found.plan.title, at=found.plan.starts_at)
    rows = [[tap("activity_show", f"activities show {found.id}"), tap("activities", "activities")], home_row()]
    return screen(text, buttons=rows)


def _stop(tx: Tx, who: Who, activity_id: str, *, sure: bool, moment: Moment) -> Reply:
    found = activities.get(tx, activity_id)
    activities.check(tx, who, found)
    counts, back = sign_ups.counted(tx, activity_id), tap("back", f"activities show {activity_id}")
    if not sure:
        text = say("activity.stop", title=found.plan.title, count=counts["signed"] + counts["waiting"])
        return screen(text, buttons=[[tap("activity_stop_yes", f"activities stop {activity_id} yes"), back]])
    activities.cancel(tx, activity_id, who, moment=moment)
    return screen(say("activity.stopped", title=found.plan.title), buttons=[[back], home_row()])

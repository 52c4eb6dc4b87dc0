"""Groups of members in chat: the list, what is in each, and a new one put together by tapping, counted at each tap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from handlers import broadcasts, segment_words
from handlers.reply import ask, home_row, listed, screen, tap
from handlers.said import Said
from membership.errors import Expired, SegmentEmpty
from membership.member import Who
from membership.messages import Button, Message, Question, Reply, choose, say
from membership.moment import Moment
from membership.segments import Conditions
from services import Tx, fields, segments, staff
from services import broadcasts as letters

BUILD: Final = "segments.build"
"""The question behind a new group: it takes no text, it remembers what was tapped."""
A_ROW: Final = 2


def show_segments(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show the groups or one of them, or make one: ``new``, ``about``, ``pick``, ``set``, ``name``; or ``remove``."""
    staff.check(tx, who, "segments")
    match list(arguments):
        case []:
            return _list(tx)
        case ["show", code]:
            return _one(tx, code, moment=moment)
        case ["remove", code]:
            segments.remove(tx, who, code, moment=moment)
            return _list(tx)
    return _step(tx, said, list(arguments), moment=moment)


def take_name(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take the name of a new group, and keep it."""
    staff.check(tx, who, "segments")
    made = segments.add(tx, who, said.text, _told(data), key=str(data["key"]), moment=moment)
    return _one(tx, made.code, say("segment.made"), moment=moment)


def _step(tx: Tx, said: Said, arguments: list[str], *, moment: Moment) -> Reply:
    if arguments == ["new"]:
        return _build(tx, {}, moment=moment)
    told = _told(said.open.data) if said.open is not None and said.open.name in (BUILD, "segments.name") else None
    if told is None:
        raise Expired
    match arguments:
        case ["build"]:
            return _build(tx, told, moment=moment)
        case ["about", topic] if segment_words.kinds(tx, topic):
            return _about(tx, told, topic)
        case ["pick", kind] if segment_words.values(tx, kind):
            return _pick(tx, told, kind)
        case ["set", kind, number] if said.open is not None and said.open.data.get("kind") == kind:
            return _build(tx, _changed(told, kind, said.open.data["values"], number), moment=moment)
        case ["name"]:
            return _ask_name(tx, told, moment=moment)
    raise Expired


def _list(tx: Tx) -> Reply:
    found = segments.listed(tx)
    buttons = [Button(choose(one.name), word=f"segments show {one.code}") for one in found]
    first = say("segment.list", count=len(found)) if found else say("segment.none")
    return screen(first, buttons=[*_rows(buttons), [tap("segment_new", "segments new")], home_row()])


def _one(tx: Tx, code: str, *first: Message, moment: Moment) -> Reply:
    found = segments.get(tx, code)
    title = say("segment.title", name=choose(found.name))
    write = [tap("segment_write", f"broadcast for {code}")]
    remove = [tap("segment_remove", f"segments remove {code}")] if found.made_here else []
    buttons = [write, remove, [tap("segments", "segments"), *home_row()]]
    return screen(*first, title, *_counted(tx, found.conditions, moment), buttons=buttons)


def _counted(tx: Tx, asked: Conditions, moment: Moment) -> Iterator[Message]:
    """Yield what a group asks, how many are in it, and by which road how many of them can be reached now."""
    yield from listed(segment_words.lines(tx, asked))
    goes_to = letters.audience(tx, now=moment.now, only=segments.found(tx, asked, now=moment.now))
    yield say("segment.size", count=goes_to.total + sum(goes_to.left_out.values()))
    yield from _reached(goes_to)


def _reached(goes_to: letters.Audience) -> Iterator[Message]:
    """Yield how many could be written to by which road, and how many not and why."""
    roads, reasons = broadcasts.roads_and_reasons(goes_to)
    yield say("segment.reach", count=goes_to.total, lines=roads) if roads else say("segment.reach_nobody")
    if reasons:
        yield say("segment.beyond", count=sum(goes_to.left_out.values()), lines=reasons)


def _build(tx: Tx, told: Mapping[str, Any], *, moment: Moment) -> Reply:
    asked = segments.read(tx, told)
    counted = _counted(tx, asked, moment) if asked.asked else (say("segment.tap"),)
    topics = [Button(label, word=f"segments about {topic}") for topic, label in segment_words.topics(tx)]
    keep = [tap("segment_keep", "segments name")] if asked.asked else []
    last = [[*keep, tap("cancel", "cancel")]]
    return screen(
        say("segment.new"), *counted, buttons=[*_rows(topics), *last], question=Question(BUILD, {"told": told})
    )


def _about(tx: Tx, told: Mapping[str, Any], topic: str) -> Reply:
    """Show what can be asked about one topic; what is asked already is marked."""
    buttons = [
        Button(say("segment.chosen", what=label) if told.get(kind) else label, word=f"segments pick {kind}")
        for kind, label in segment_words.kinds(tx, topic)
    ]
    title = say("segment.about", what=say(f"segment.topic.{topic}"))
    back = [tap("back", "segments build")]
    return screen(title, buttons=[*_rows(buttons), back], question=Question(BUILD, {"told": told}))


def _pick(tx: Tx, told: Mapping[str, Any], kind: str) -> Reply:
    """Show the values of one condition to tap; what is chosen is marked, and tapped again let go."""
    values = list(segment_words.values(tx, kind))
    buttons = [
        Button(_marked(tx, told, kind, value), word=f"segments set {kind} {number}")
        for number, value in enumerate(values)
    ]
    data = {"told": told, "kind": kind, "values": values}
    back = [tap("back", "segments build")]
    title = say("segment.pick", kind=say(f"segment.kind.{kind}"))
    return screen(title, buttons=[*_rows(buttons), back], question=Question(BUILD, data))


def _marked(tx: Tx, told: Mapping[str, Any], kind: str, value: Any) -> Message:
    words = segment_words.value(tx, kind, value)
    has = told.get(kind)
    chosen = value in (has or ()) if kind in segment_words.MANY else value == has
    return say("segment.chosen", what=words) if chosen else words


def _changed(told: Mapping[str, Any], kind: str, values: Sequence[Any], number: str) -> dict[str, Any]:
    """Return what was tapped together with this value of this condition put in, or taken out if it was in."""
    if not fields.is_place(number) or int(number) >= len(values):
        raise Expired
    value, has = values[int(number)], told.get(kind)
    if kind not in segment_words.MANY:
        new = None if has == value else value
    else:
        new = [one for one in has or () if one != value] if value in (has or ()) else [*(has or ()), value]
    return {**{name: one for name, one in told.items() if name != kind}, **({kind: new} if new else {})}


def _ask_name(tx: Tx, told: Mapping[str, Any], *, moment: Moment) -> Reply:
    if not segments.read(tx, told).asked:
        raise SegmentEmpty
    key = moment.new_id("segment")
    return ask("segments.name", say("segment.ask_name"), buttons=[[tap("back", "segments build")]], told=told, key=key)


def _told(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was tapped, as lists again where a dialogue that was kept gives tuples."""
    return {name: list(one) if isinstance(one, tuple) else one for name, one in dict(data["told"]).items()}


def _rows(buttons: Iterable[Button]) -> list[list[Button]]:
    all_ = list(buttons)
    return [all_[place : place + A_ROW] for place in range(0, len(all_), A_ROW)]

"""Tags: the shop's own labels on its followers, in the order in which they were put on."""

from __future__ import annotations

from typing import Any

from playground.wechat_api.answers import Ask, Refused, fine
from playground.wechat_api.state import Account, Fan

TAGS_MAX = 100
NAME_BYTES_MAX = 30
PEOPLE_A_CALL_MAX = 50
TAGS_A_PERSON_MAX = 20
SYSTEM = (0, 1, 2)


def _name(account: Account, ask: Ask) -> str:
    name = ask.part("tag").get("name")
    if not isinstance(name, str) or not name or len(name.encode()) > NAME_BYTES_MAX:
        raise Refused(45158)
    if name in account.tags.values():
        raise Refused(45157)
    return name


def _changeable(account: Account, ask: Ask) -> int:
    number = ask.part("tag").get("id")
    if number in SYSTEM:
        raise Refused(45058)
    return _known(account, number)


def _known(account: Account, number: Any) -> int:
    if not isinstance(number, int) or number not in account.tags:
        raise Refused(45159)
    return number


def create(account: Account, ask: Ask) -> dict[str, Any]:
    """POST tags/create: at most 100 tags."""
    name = _name(account, ask)
    if len(account.tags) >= TAGS_MAX:
        raise Refused(45056)
    number = next(account.tag_ids)
    account.tags[number] = name
    return {"tag": {"id": number, "name": name}}


def listed(account: Account, _ask: Ask) -> dict[str, Any]:
    """GET tags/get: every tag with the number of its followers."""
    count = {number: sum(number in fan.tags for fan in account.followers()) for number in account.tags}
    return {"tags": [{"id": number, "name": name, "count": count[number]} for number, name in account.tags.items()]}


def rename(account: Account, ask: Ask) -> dict[str, Any]:
    """POST tags/update."""
    number = _changeable(account, ask)
    account.tags[number] = _name(account, ask)
    return fine()


def remove(account: Account, ask: Ask) -> dict[str, Any]:
    """POST tags/delete: the tag comes off everybody."""
    number = _changeable(account, ask)
    del account.tags[number]
    for fan in account.fans.values():
        _take_off(fan, number)
    return fine()


def _take_off(fan: Fan, number: int) -> None:
    if number in fan.tags:
        fan.tags.remove(number)
        fan.version += 1


def _people(account: Account, ask: Ask) -> tuple[int, list[Fan]]:
    names = ask.body.get("openid_list")
    if not isinstance(names, list) or not 1 <= len(names) <= PEOPLE_A_CALL_MAX:
        raise Refused(40032)
    number = _known(account, ask.body.get("tagid"))
    people = [account.fan(name) for name in names]
    if not all(fan.following for fan in people):
        raise Refused(40003)
    return number, people


def put_on(account: Account, ask: Ask) -> dict[str, Any]:
    """POST tags/members/batchtagging: all people of the list or nobody."""
    number, people = _people(account, ask)
    new = [fan for fan in people if number not in fan.tags]
    if any(len(fan.tags) >= TAGS_A_PERSON_MAX for fan in new):
        raise Refused(45059)
    for fan in new:
        fan.tags.append(number)
        fan.version += 1
    return fine()


def take_off(account: Account, ask: Ask) -> dict[str, Any]:
    """POST tags/members/batchuntagging."""
    number, people = _people(account, ask)
    for fan in people:
        _take_off(fan, number)
    return fine()


def of_person(account: Account, ask: Ask) -> dict[str, Any]:
    """POST tags/getidlist."""
    return {"tagid_list": list(account.fan(ask.body.get("openid")).tags)}


def people_with(account: Account, ask: Ask) -> dict[str, Any]:
    """POST user/tag/get."""
    number = _known(account, ask.body.get("tagid"))
    names = [fan.person.user for fan in account.followers() if number in fan.tags]
    after = ask.body.get("next_openid")
    names = names[names.index(after) + 1 :] if after in names else names
    data = {"data": {"openid": names}} if names else {}
    return {"count": len(names), **data, "next_openid": names[-1] if names else ""}

"""Whatever a program sends, the rehearsal's WeChat answers with a number and never breaks."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.wechat_api.answers import WORDS, Ask, Refused
from playground.wechat_api.calls import CALLS
from playground.wechat_api.notices import TEMPLATES
from playground.wechat_api.state import Account, Fan
from tests.playground.wechat.rehearsal import APP, SECRET, Rehearsal, person

NOW = datetime(2027, 3, 10, 4, 0, tzinfo=UTC)
TEMPLATE = next(iter(TEMPLATES))
DATA = {"thing1": {"value": "东门"}, "amount2": {"value": "¥5"}, "number3": {"value": "5"}}
ENTRY = {"type": "click", "name": "积分", "key": "points"}
PAGE = {"type": "view", "name": "卡", "url": "https://shop.example/card"}
NOTICE = {"touser": "oA", "template_id": TEMPLATE, "url": "", "data": DATA, "client_msg_id": "m"}
TEXT = {"msgtype": "text", "text": {"content": "hi"}}
# One good body per call (a mass message cannot be both to a tag and to names, so it is checked twice).
GOOD: list[tuple[str, dict[str, Any]]] = [
    ("cgi-bin/message/custom/send", TEXT | {"touser": "oA"}),
    ("cgi-bin/message/custom/send", {"touser": "oA", "msgtype": "news", "news": {"articles": [{"title": "a"}]}}),
    (
        "cgi-bin/message/custom/send",
        {"touser": "oA", "msgtype": "msgmenu", "msgmenu": {"list": [{"id": "1", "content": "a"}]}},
    ),
    ("cgi-bin/message/custom/typing", {"touser": "oA", "command": "Typing"}),
    ("cgi-bin/message/template/send", NOTICE),
    ("cgi-bin/message/subscribe/bizsend", NOTICE),
    ("cgi-bin/message/mass/sendall", TEXT | {"filter": {"is_to_all": False, "tag_id": 2}, "clientmsgid": "c"}),
    ("cgi-bin/message/mass/send", TEXT | {"touser": ["oA", "oA"]}),
    ("cgi-bin/menu/create", {"button": [ENTRY, PAGE, {"name": "更多", "sub_button": [ENTRY, PAGE]}]}),
    ("cgi-bin/menu/addconditional", {"button": [ENTRY], "matchrule": {"tag_id": "2"}}),
    ("cgi-bin/menu/delconditional", {"menuid": "1"}),
    ("cgi-bin/menu/trymatch", {"user_id": "oA"}),
    ("cgi-bin/tags/create", {"tag": {"name": "金卡"}}),
    ("cgi-bin/tags/update", {"tag": {"id": 100, "name": "金卡"}}),
    ("cgi-bin/tags/delete", {"tag": {"id": 100}}),
    ("cgi-bin/tags/members/batchtagging", {"openid_list": ["oA"], "tagid": 2}),
    ("cgi-bin/tags/members/batchuntagging", {"openid_list": ["oA"], "tagid": 2}),
    ("cgi-bin/tags/getidlist", {"openid": "oA"}),
    ("cgi-bin/user/tag/get", {"tagid": 2, "next_openid": ""}),
    ("cgi-bin/qrcode/create", {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "a"}}}),
    (
        "cgi-bin/qrcode/create",
        {"action_name": "QR_SCENE", "expire_seconds": 5, "action_info": {"scene": {"scene_id": 1}}},
    ),
    ("cgi-bin/clear_quota", {"appid": APP}),
    ("cgi-bin/stable_token", {"grant_type": "client_credential", "appid": APP, "secret": SECRET}),
]
JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 10**20, 1.5, "", "a", "9" * 3000, [], [[]], [None], {}, {"a": []}]
)


def make_account() -> Account:
    account = Account(APP, SECRET, "gh_memberbot", "service")
    account.fans["oA"] = Fan(person("oA"), following=True, followed_at=NOW)
    account.fans["oA"].open_window("message", NOW)
    account.fans["oA"].grants[TEMPLATE] = 1
    account.tags[100] = "银卡"
    CALLS["cgi-bin/menu/create"].work(account, Ask(NOW, {}, {"button": [ENTRY]}))
    return account


def code_of(name: str, body: dict[str, Any]) -> int:
    try:
        CALLS[name].work(make_account(), Ask(NOW, {}, body))
    except Refused as no:
        return no.code
    return 0


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the ways to everything inside a body."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, each in inside for found in [(*way, key), *places(each, (*way, key))]]


def test_every_call_that_takes_a_body_is_checked() -> None:
    assert {name for name, _body in GOOD} == {
        name for name, api in CALLS.items() if api.method == "POST" and name != "cgi-bin/media/upload"
    }


@pytest.mark.parametrize(("name", "body"), [pair for pair in GOOD if "delconditional" not in pair[0]])
def test_the_good_bodies_are_good(name: str, body: dict[str, Any]) -> None:
    answer = CALLS[name].work(make_account(), Ask(NOW, {}, body))
    assert isinstance(answer, dict)


@given(st.sampled_from(GOOD), st.data())
def test_junk_in_any_place_is_refused_with_a_known_number_or_ignored(
    call: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    name, body = call[0], copy.deepcopy(call[1])
    *way, last = data.draw(st.sampled_from(places(body)))
    holder: Any = body
    for key in way:
        holder = holder[key]
    holder[last] = data.draw(JUNK)
    assert code_of(name, body) in {0, *WORDS}


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"tag": {"name": "\\ud800"}}', b"[" * 100_000, b'"text"'])
async def test_a_body_that_is_no_json_object_is_refused(shop: Rehearsal, body: bytes) -> None:
    url = f"{shop.base}/cgi-bin/tags/create"
    async with shop.client.post(url, data=body, params={"access_token": shop.token}) as got:
        assert (await got.json(content_type=None))["errcode"] == 47001

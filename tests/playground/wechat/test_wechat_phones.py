"""The rehearsal's WeChat shows menus, words and codes on the phones, and tells the program what people do."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import zxingcpp
from PIL import Image

from playground.phones import Phones
from tests.playground.wechat.rehearsal import APP, SECRET, Rehearsal, person

CLICK = {"type": "click", "name": "积分", "key": "points"}
SCAN = {"type": "scancode_waitmsg", "name": "扫码", "key": "scan"}
VIEW = {"type": "view", "name": "卡", "url": "https://shop.example/card"}


async def code(shop: Rehearsal, path: str, body: dict[str, Any]) -> int:
    return int((await shop.post(f"cgi-bin/{path}", body)).get("errcode", 0))


async def make_tag(shop: Rehearsal, name: str, *openids: str) -> int:
    number = (await shop.post("cgi-bin/tags/create", {"tag": {"name": name}}))["tag"]["id"]
    await shop.post("cgi-bin/tags/members/batchtagging", {"openid_list": list(openids), "tagid": number})
    return int(number)


def test_it_offers_what_every_phone_offers(shop: Rehearsal) -> None:
    phones: Phones = shop.wechat
    assert phones.screen("oA").app == "wechat"


async def test_following_and_leaving_are_pushed(shop: Rehearsal) -> None:
    assert not shop.wechat.screen("oA").following
    shop.program.answers = [shop.program.seal(shop.program.text("oA", "欢迎"))]
    await shop.wechat.start("oA")
    assert (shop.program.last()["Event"], shop.program.last()["EventKey"]) == ("subscribe", "")
    assert shop.texts() == ["欢迎"]
    await shop.wechat.start("oA")
    assert len(shop.program.inner) == 1
    await shop.wechat.stop("oA")
    assert shop.program.last()["Event"] == "unsubscribe"
    assert not shop.wechat.screen("oA").following
    with pytest.raises(ValueError, match="does not follow"):
        await shop.wechat.say("oA", "hi")


async def test_a_scene_code_tells_where_a_follower_came_from(shop: Rehearsal) -> None:
    body = {"expire_seconds": 600, "action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "ref-7"}}}
    made = await shop.post("cgi-bin/qrcode/create", body)
    assert made["expire_seconds"] == 600
    picture = await shop.client.get(f"{shop.base}/cgi-bin/showqrcode", params={"ticket": made["ticket"]})
    assert zxingcpp.read_barcodes(Image.open(io.BytesIO(await picture.read())))[0].text == made["url"]
    assert (await shop.client.get(f"{shop.base}/cgi-bin/showqrcode", params={"ticket": "x"})).status == 404
    await shop.wechat.scan("oA", made["url"])
    last = shop.program.last()
    assert (last["Event"], last["EventKey"], last["Ticket"]) == ("subscribe", "qrscene_ref-7", made["ticket"])
    await shop.wechat.scan("oA", made["url"])
    assert (shop.program.last()["Event"], shop.program.last()["EventKey"]) == ("SCAN", "ref-7")
    info = await shop.get("cgi-bin/user/info", openid="oA", lang="zh_CN")
    assert (info["subscribe"], info["qr_scene_str"], info["subscribe_scene"]) == (1, "ref-7", "ADD_SCENE_QR_CODE")
    assert (info["nickname"], info["language"]) == ("", "zh_CN")
    shop.clock.step(timedelta(seconds=601))
    await shop.wechat.scan("oB", made["url"])
    assert shop.texts("oB") == ["二维码已过期"]
    with pytest.raises(ValueError, match="no QR code"):
        await shop.wechat.start("oB", "never made")


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ({"action_name": "QR_DANCE"}, 40052),
        ({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": ""}}}, 40053),
        ({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "a" * 65}}}, 40053),
        ({"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100001}}}, 40053),
        ({"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 2**31}}, "expire_seconds": 0}, 40053),
        ({"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 2**31}}}, 0),
    ],
)
async def test_a_scene_code_keeps_to_its_bounds(shop: Rehearsal, body: dict[str, Any], number: int) -> None:
    assert await code(shop, "qrcode/create", body) == number


@pytest.mark.parametrize(
    ("buttons", "number"),
    [
        ([], 40016),
        ([CLICK] * 4, 40016),
        ([{"name": "x", "type": "dance"}], 40017),
        ([CLICK | {"name": "会员中心呀"}], 40018),
        ([CLICK | {"name": "a" * 17}], 40018),
        ([CLICK | {"key": ""}], 40019),
        ([CLICK | {"key": "k" * 129}], 40019),
        ([VIEW | {"url": ""}], 40020),
        ([VIEW | {"url": "weixin://x"}], 40055),
        ([{"name": "更多", "sub_button": [CLICK] * 6}], 40023),
        ([{"name": "更多", "sub_button": [{"name": "x"}]}], 40024),
        ([{"name": "更多", "sub_button": [CLICK | {"name": "八个汉字太长了吧"}]}], 40025),
        ([{"name": "更多", "sub_button": [SCAN | {"key": ""}]}], 40026),
        ([{"name": "更多", "sub_button": [VIEW | {"url": "https://s/" + "a" * 1024}]}], 40027),
        ([{"name": "更多", "sub_button": [CLICK, SCAN, VIEW]}, CLICK, VIEW], 0),
    ],
)
async def test_a_menu_keeps_to_its_bounds(shop: Rehearsal, fan: str, buttons: list[Any], number: int) -> None:
    assert await code(shop, "menu/create", {"button": buttons}) == number
    assert bool(shop.wechat.screen(fan).menu) == (number == 0)


async def test_the_newest_menu_of_the_tag_put_on_last_wins(shop: Rehearsal, fan: str) -> None:
    def menu(key: str, tag: int = 0) -> dict[str, Any]:
        return {"button": [CLICK | {"key": key}], "matchrule": {"tag_id": str(tag or "")}}

    gold, staff = await make_tag(shop, "金卡", fan), await make_tag(shop, "员工", fan)
    assert await code(shop, "menu/addconditional", menu("staff", staff)) == 65303
    assert (await shop.get("cgi-bin/menu/get"))["errcode"] == 46003
    await shop.post("cgi-bin/menu/create", menu("all"))
    assert await code(shop, "menu/addconditional", menu("x")) == 65304
    assert await code(shop, "menu/addconditional", menu("x", 999)) == 65320

    async def seen() -> str:
        matched = await shop.post("cgi-bin/menu/trymatch", {"user_id": fan})
        assert matched["button"] == shop.wechat.screen(fan).menu
        return str(matched["button"][0]["key"])

    assert await seen() == "all"
    for key, tag in (("staff", staff), ("gold", gold), ("staff, newer", staff)):
        made = await shop.post("cgi-bin/menu/addconditional", menu(key, tag))
    assert await seen() == "staff, newer"
    assert await code(shop, "menu/delconditional", {"menuid": made["menuid"]}) == 0
    assert await code(shop, "menu/delconditional", {"menuid": made["menuid"]}) == 65301
    assert await seen() == "staff"
    await shop.post("cgi-bin/tags/members/batchuntagging", {"openid_list": [fan], "tagid": staff})
    assert await seen() == "gold"
    listed = await shop.get("cgi-bin/menu/get")
    assert [entry["matchrule"]["group_id"] for entry in listed["conditionalmenu"]] == [str(gold), str(staff)]
    assert await code(shop, "menu/trymatch", {"user_id": "oB"}) == 65302
    assert (await shop.get("cgi-bin/menu/delete"))["errcode"] == 0
    assert shop.wechat.screen(fan).menu == []
    assert (await shop.get("cgi-bin/get_current_selfmenu_info"))["is_menu_open"] == 0


async def test_menu_entries_and_the_camera_reach_the_program(shop: Rehearsal, fan: str) -> None:
    await shop.post("cgi-bin/menu/create", {"button": [CLICK, SCAN, VIEW]})
    await shop.wechat.menu(fan, "points")
    assert (shop.program.last()["Event"], shop.program.last()["EventKey"]) == ("CLICK", "points")
    shop.program.answers = [shop.program.seal(shop.program.text(fan, "小美，金卡"))]
    await shop.wechat.scan(fan, "M1-ABC", key="scan")
    last = shop.program.last()
    assert (last["Event"], last["EventKey"]) == ("scancode_waitmsg", "scan")
    assert (last["ScanType"], last["ScanResult"]) == ("qrcode", "M1-ABC")
    assert shop.texts() == ["小美，金卡"]
    for act in (shop.wechat.menu(fan, "scan"), shop.wechat.menu(fan, "gone"), shop.wechat.scan(fan, "x", key="points")):
        with pytest.raises(ValueError, match="menu"):
            await act
    pushed = len(shop.program.inner)
    await shop.wechat.scan(fan, "https://elsewhere.example")
    assert len(shop.program.inner) == pushed


async def test_words_of_a_text_can_be_tapped_and_addresses_opened(shop: Rehearsal, fan: str) -> None:
    content = (
        '选：<a href="weixin://bizmsgmenu?msgmenucontent=积分&msgmenuid=7">看积分</a> '
        '<a href="https://shop.example/?a=1&b=2">网页</a> <a href="weixin://dl">x</a>'
    ).replace("]]>", "")
    shop.program.answers = [shop.program.seal(shop.program.text(fan, content))]
    await shop.wechat.say(fan, "帮助")
    bubble = shop.wechat.screen(fan).bubbles[-1]
    assert bubble.text == '选：看积分 网页 <a href="weixin://dl">x</a>'
    assert bubble.spans == [(2, 3, "word", "积分"), (6, 2, "link", "https://shop.example/?a=1&b=2")]
    await shop.wechat.press(fan, bubble.id, "7")
    assert (shop.program.last()["Content"], shop.program.last()["bizmsgmenuid"]) == ("积分", "7")
    assert shop.texts()[-1] == "积分"
    with pytest.raises(ValueError, match="no such word"):
        await shop.wechat.press(fan, bubble.id, "8")


async def test_a_photo_can_be_loaded_by_the_program_for_three_days(shop: Rehearsal, fan: str) -> None:
    await shop.wechat.photo(fan, b"\xff\xd8\xff photo")
    last = shop.program.last()
    assert last["MsgType"] == "image"
    assert await (await shop.client.get(last["PicUrl"])).read() == b"\xff\xd8\xff photo"
    query = {"access_token": shop.token, "media_id": last["MediaId"]}
    got = await shop.client.get(f"{shop.base}/cgi-bin/media/get", params=query)
    assert (got.content_type, await got.read()) == ("image/jpeg", b"\xff\xd8\xff photo")
    shop.clock.step(timedelta(days=3))
    await shop.sign_in()
    assert (await shop.get("cgi-bin/media/get", media_id=last["MediaId"]))["errcode"] == 40007
    assert shop.wechat.image(shop.wechat.screen(fan).bubbles[-1].image)[0] == b"\xff\xd8\xff photo"


@pytest.mark.parametrize(
    ("content", "kind", "number"),
    [
        (b"\x89PNG\r\n\x1a\n", "image", 0),
        (b"\x89PNG\r\n\x1a\n", "poster", 40004),
        (b"", "image", 44001),
        (b"%PDF", "image", 40005),
        (b"GIF8" + b"x" * (2 * 1024 * 1024), "image", 40009),
        (b"GIF8" + b"x" * (64 * 1024), "thumb", 45001),
    ],
    ids=["good", "unknown kind", "empty", "no picture", "too large", "too large a thumb"],
)
async def test_an_upload_keeps_to_its_bounds(shop: Rehearsal, content: bytes, kind: str, number: int) -> None:
    answer = await shop.upload(content, kind)
    assert answer.get("errcode", 0) == number
    shown = shop.inspector.named("cgi-bin/media/upload")[-1]
    assert shown.request["media"] == f"card.png, {len(content)} bytes"


async def test_an_upload_without_a_file_is_refused(shop: Rehearsal) -> None:
    assert (await shop.post("cgi-bin/media/upload", {"media": "x"}, type="image"))["errcode"] == 41005


async def test_tags_keep_to_their_bounds(shop: Rehearsal, fan: str) -> None:
    gold = await make_tag(shop, "金卡", fan)
    assert await code(shop, "tags/create", {"tag": {"name": "金卡"}}) == 45157
    assert await code(shop, "tags/create", {"tag": {"name": "很" * 11}}) == 45158
    assert await code(shop, "tags/update", {"tag": {"id": 2, "name": "x"}}) == 45058
    assert await code(shop, "tags/update", {"tag": {"id": gold, "name": "黑卡"}}) == 0
    assert await code(shop, "tags/delete", {"tag": {"id": 999}}) == 45159
    tagging = "tags/members/batchtagging"
    assert await code(shop, tagging, {"openid_list": [], "tagid": gold}) == 40032
    assert await code(shop, tagging, {"openid_list": [fan] * 51, "tagid": gold}) == 40032
    assert await code(shop, tagging, {"openid_list": ["oB"], "tagid": gold}) == 40003
    assert await code(shop, tagging, {"openid_list": [fan], "tagid": 999}) == 45159
    tags = (await shop.get("cgi-bin/tags/get"))["tags"]
    assert tags == [{"id": 2, "name": "星标组", "count": 0}, {"id": gold, "name": "黑卡", "count": 1}]
    assert (await shop.post("cgi-bin/user/tag/get", {"tagid": gold, "next_openid": ""}))["data"] == {"openid": [fan]}
    for number in range(19):
        await make_tag(shop, f"标签{number}", fan)
    one_more = await shop.post("cgi-bin/tags/create", {"tag": {"name": "第二十一"}})
    assert await code(shop, tagging, {"openid_list": [fan], "tagid": one_more["tag"]["id"]}) == 45059
    assert await code(shop, "tags/delete", {"tag": {"id": gold}}) == 0
    assert gold not in (await shop.post("cgi-bin/tags/getidlist", {"openid": fan}))["tagid_list"]
    for number in range(79):
        await code(shop, "tags/create", {"tag": {"name": f"空{number}"}})
    assert await code(shop, "tags/create", {"tag": {"name": "满"}}) == 45056


async def test_followers_are_listed_in_the_order_of_their_coming(shop: Rehearsal, fan: str) -> None:
    shop.wechat.add(person("oC"))
    await shop.wechat.start("oC")
    everybody = await shop.get("cgi-bin/user/get", next_openid="")
    assert everybody == {"total": 2, "count": 2, "data": {"openid": [fan, "oC"]}, "next_openid": "oC"}
    assert (await shop.get("cgi-bin/user/get", next_openid=fan))["data"] == {"openid": ["oC"]}
    assert await shop.get("cgi-bin/user/info", openid="oB") == {"subscribe": 0, "openid": "oB", "tagid_list": []}
    assert (await shop.get("cgi-bin/user/info", openid="nobody"))["errcode"] == 40003


async def authorize(shop: Rehearsal, **changed: str) -> aiohttp.ClientResponse:
    page = {"appid": APP, "redirect_uri": "https://shop.example/card?a=1", "response_type": "code"}
    query = page | {"scope": "snsapi_base", "state": "st", "wechat_openid": "oA"} | changed
    url = f"{shop.base}/connect/oauth2/authorize"
    return await shop.client.get(url, params=query, allow_redirects=False)


async def test_a_page_learns_once_who_opened_it(shop: Rehearsal) -> None:
    sent_back = await authorize(shop)
    assert sent_back.status == 302
    back = parse_qs(urlsplit(sent_back.headers["Location"]).query)
    assert (back["state"], back["a"]) == (["st"], ["1"])
    keys = {"appid": APP, "secret": SECRET, "grant_type": "authorization_code", "code": back["code"][0]}
    shop.token = ""
    assert (await shop.get("sns/oauth2/access_token", **keys | {"secret": "x"}))["errcode"] == 40125
    assert (await shop.get("sns/oauth2/access_token", **keys | {"code": "x"}))["errcode"] == 40029
    assert (await shop.get("sns/oauth2/access_token", **keys))["openid"] == "oA"
    assert (await shop.get("sns/oauth2/access_token", **keys))["errcode"] == 40163
    shop.wechat.kind = "subscription"
    assert (await shop.get("sns/oauth2/access_token", **keys))["errcode"] == 48001
    assert keys["code"] not in repr(list(shop.inspector.calls))


@pytest.mark.parametrize(
    "changed",
    [{"appid": "wx0"}, {"redirect_uri": "javascript:alert(1)"}, {"scope": "all"}, {"wechat_openid": "nobody"}],
)
async def test_a_wrong_request_to_sign_in_ends_on_an_error_page(shop: Rehearsal, changed: dict[str, str]) -> None:
    page = await authorize(shop, **changed)
    assert (page.status, page.content_type) == (200, "text/html")


async def test_the_version_grows_with_each_change_of_the_screen(shop: Rehearsal, fan: str) -> None:
    before = shop.wechat.version(fan)
    await shop.wechat.say(fan, "hi")
    assert shop.wechat.version(fan) > before
    with pytest.raises(ValueError, match="taken"):
        shop.wechat.add(person(fan))


async def test_unknown_kinds_of_messages_and_events_can_be_rehearsed(shop: Rehearsal, fan: str) -> None:
    await shop.wechat.tell(fan, "voice", {"MediaId": "m", "Format": "amr"})
    assert shop.program.last()["MsgType"] == "voice"
    await shop.wechat.happen(fan, "user_info_modified", {"OpenID": fan})
    assert shop.program.last()["Event"] == "user_info_modified"

"""Template messages and one-time subscription notices: service news to people without an open window."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from playground.wechat_api import bubbles
from playground.wechat_api.answers import Ask, Refused, fine
from playground.wechat_api.state import Account, Fan, Job

FIELD_LETTERS_MAX = 20
REMEMBERED = timedelta(minutes=10)  # how long a client_msg_id keeps a second message away
_FIELD = re.compile(r"(.*?)[:：]\s*\{\{(\w+)\.DATA\}\}")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]")


@dataclass(frozen=True, slots=True)
class Template:
    """One template of the account: its title and its lines."""

    id: str
    title: str
    lines: tuple[str, ...]

    def fields(self) -> list[tuple[str, str]]:
        """Return the pairs of label and field name, such as ("积分余额", "number3")."""
        return [(found[1], found[2]) for line in self.lines if (found := _FIELD.fullmatch(line))]

    def row(self) -> dict[str, str]:
        """Return this template as the API lists it."""
        content = "\n".join(self.lines)
        industry = {"primary_industry": "零售", "deputy_industry": "会员服务"}
        return {"template_id": self.id, "title": self.title, **industry, "content": content, "example": ""}


_KINDS = (
    ("消费成功通知", "消费门店:{{thing1.DATA}}", "消费金额:{{amount2.DATA}}", "获得积分:{{number3.DATA}}"),
    ("积分变动提醒", "变动原因:{{thing1.DATA}}", "变动数量:{{character_string2.DATA}}", "积分余额:{{number3.DATA}}"),
    ("优惠券核销通知", "券名称:{{thing1.DATA}}", "核销门店:{{thing2.DATA}}", "核销时间:{{time3.DATA}}"),
    ("积分到期提醒", "到期数量:{{number1.DATA}}", "到期日期:{{time2.DATA}}", "积分余额:{{number3.DATA}}"),
    ("优惠券到期提醒", "券名称:{{thing1.DATA}}", "到期时间:{{time2.DATA}}"),
    ("会员等级变动通知", "原等级:{{thing1.DATA}}", "现等级:{{thing2.DATA}}", "变动时间:{{time3.DATA}}"),
    ("储值成功通知", "储值金额:{{amount1.DATA}}", "账户余额:{{amount2.DATA}}", "储值时间:{{time3.DATA}}"),
    ("余额变动提醒", "变动金额:{{amount1.DATA}}", "账户余额:{{amount2.DATA}}", "变动时间:{{time3.DATA}}"),
    ("退款成功通知", "退款金额:{{amount1.DATA}}", "退款门店:{{thing2.DATA}}", "退款时间:{{time3.DATA}}"),
    ("会员加入成功通知", "会员编号:{{character_string1.DATA}}", "会员等级:{{thing2.DATA}}", "加入时间:{{time3.DATA}}"),
    ("签到成功提醒", "签到门店:{{thing1.DATA}}", "获得积分:{{number2.DATA}}", "连续天数:{{number3.DATA}}"),
    ("礼品兑换成功通知", "礼品名称:{{thing1.DATA}}", "使用积分:{{number2.DATA}}", "积分余额:{{number3.DATA}}"),
    ("推荐成功通知", "好友:{{thing1.DATA}}", "获得积分:{{number2.DATA}}"),
    ("会员到期提醒", "会员等级:{{thing1.DATA}}", "到期时间:{{time2.DATA}}"),
    ("预约成功通知", "预约门店:{{thing1.DATA}}", "预约时间:{{time2.DATA}}"),
    ("取货通知", "取货门店:{{thing1.DATA}}", "取货码:{{character_string2.DATA}}"),
    ("订单完成通知", "订单号:{{character_string1.DATA}}", "订单金额:{{amount2.DATA}}"),
    ("登录提醒", "登录时间:{{time1.DATA}}", "登录设备:{{thing2.DATA}}"),
    ("手机号变更通知", "变更时间:{{time1.DATA}}", "说明:{{thing2.DATA}}"),
    ("资料变更通知", "变更内容:{{thing1.DATA}}", "变更时间:{{time2.DATA}}"),
    ("会员注销通知", "会员编号:{{character_string1.DATA}}", "注销时间:{{time2.DATA}}"),
    ("积分冻结通知", "冻结原因:{{thing1.DATA}}", "冻结数量:{{number2.DATA}}"),
    ("停业通知", "门店:{{thing1.DATA}}", "停业时间:{{time2.DATA}}"),
    ("服务评价邀请", "服务门店:{{thing1.DATA}}", "服务时间:{{time2.DATA}}"),
    ("员工任务提醒", "任务:{{thing1.DATA}}", "状态:{{phrase2.DATA}}"),
)
# The 25 templates an account may have, under ids that stay the same in each rehearsal.
TEMPLATES = {
    template.id: template
    for number, (title, *lines) in enumerate(_KINDS, start=1)
    for template in [Template(f"rehearsal-template-{number:02d}-{'0' * 20}", title, tuple(lines))]
}

# What the platform demands of each kind of field (its "参数值内容限制说明").
RULES: dict[str, Callable[[str], bool]] = {
    "number": lambda value: re.fullmatch(r"-?\d+(\.\d+)?", value) is not None,
    "amount": lambda value: re.fullmatch(r"\D{0,3}\s?-?\d{1,10}(\.\d{1,2})?元?", value) is not None,
    "character_string": lambda value: value.isascii(),
    "phrase": lambda value: len(value) <= 5,  # noqa: PLR2004 - the platform's own number
    "time": lambda value: any(letter.isdigit() for letter in value),
    "date": lambda value: any(letter.isdigit() for letter in value),
}


def listed(_account: Account, _ask: Ask) -> dict[str, Any]:
    """GET template/get_all_private_template."""
    return {"template_list": [template.row() for template in TEMPLATES.values()]}


def _template(ask: Ask) -> Template:
    found = TEMPLATES.get(str(ask.body.get("template_id", "")))
    if found is None:
        raise Refused(40037)
    return found


def _filled(template: Template, data: Mapping[str, Any]) -> str:
    """Return the text of a notice; 47003 names the field that is missing or not allowed."""
    lines = [template.title]
    for label, name in template.fields():
        given = data.get(name)
        value = given.get("value") if isinstance(given, dict) else None
        if not isinstance(value, str) or not value.strip():
            raise Refused(47003, f"data.{name}.value is empty")
        rule = RULES.get(name.rstrip("0123456789"))
        too_long = len(value) > FIELD_LETTERS_MAX
        if too_long or "\n" in value or "\r" in value or _EMOJI.search(value) or (rule and not rule(value)):
            raise Refused(47003, f"data.{name}.value invalid")
        lines.append(f"{label}：{value}")
    return "\n".join(lines)


def _show(account: Account, fan: Fan, ask: Ask, text: str) -> None:
    title, _, lines = text.partition("\n")
    address = str(ask.body.get("url") or ask.body.get("page") or "")
    bubbles.put(account, fan, ask.now, author="shop", kind="news", title=title, text=lines, url=address)


def send_template(account: Account, ask: Ask) -> dict[str, Any]:
    """POST message/template/send; the same client_msg_id to the same person is one message for ten minutes."""
    fan = account.fan(ask.body.get("touser"))
    template = _template(ask)
    if not fan.following:
        raise Refused(43004)
    text = _filled(template, ask.part("data"))
    key = (fan.person.user, str(ask.body.get("client_msg_id") or ""))
    before = account.notices.get(key)
    if key[1] and before is not None and ask.now - before[1] < REMEMBERED:
        return fine(msgid=before[0])
    number = next(account.job_ids)
    account.notices[key] = (number, ask.now)
    status = "failed:user block" if fan.blocks_notices else "success"
    if not fan.blocks_notices:
        _show(account, fan, ask, text)
    account.jobs.append(Job(fan.person.user, "TEMPLATESENDJOBFINISH", {"MsgID": number, "Status": status}))
    return fine(msgid=number)


def send_subscribed(account: Account, ask: Ask) -> dict[str, Any]:
    """POST message/subscribe/bizsend: uses up one consent of the person, 43101 without one."""
    fan = account.fan(ask.body.get("touser"))
    template = _template(ask)
    text = _filled(template, ask.part("data"))
    if fan.grants[template.id] <= 0:
        raise Refused(43101)
    fan.grants[template.id] -= 1
    _show(account, fan, ask, text)
    outcome = {"TemplateId": template.id, "MsgID": next(account.job_ids), "ErrorCode": 0, "ErrorStatus": "success"}
    fields = {"SubscribeMsgSentEvent": {"List": outcome}}
    account.jobs.append(Job(fan.person.user, "subscribe_msg_sent_event", fields))
    return fine()

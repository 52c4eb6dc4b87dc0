"""The keys that the code puts together, one row for each such place, and those that come from lists."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from bot.cli import rules_told
from bot.telegram import setup
from bot.wechat import menus
from handlers import activity_desk, hubs, reasons, reply, segment_words, start
from membership import activities, errors, fields, languages, lifecycle, referrals, segments, staff
from pictures import decoding
from services import broadcasts, members, progress, remarks, watch
from tests.locales.page_keys import page_keys
from web import errors as web_errors


def _each(prefix: str, *parts: Iterable[object]) -> tuple[str, ...]:
    return tuple(f"{prefix}{part}" for some in parts for part in some)


REASONS = (
    "open", "window", "after_the_fact", "grant", "no_consent", "reminders_off", "birthday_off", "quiet_hours",
    "over_by_morning", "too_late", "no_account", "blocked", "mass_next", "no_window", "unverified",
)  # fmt: skip
"""Everything membership.routing may answer."""

WITHOUT_FACTS = ("too_many_guesses", "coupon_used")
"""Refusals whose facts may be unknown: they have a second text, ``.plain``."""

MOVEMENTS = (
    "earn", "spend", "reverse_earn", "reverse_spend", "expire", "repay", "owe", "settle", "adjust", "merge", "unmerge",
    "transfer",
)  # fmt: skip
"""What services.points, lots and bonds call a movement."""

STORED_MOVEMENTS = (
    "top_up", "top_up_bonus", "undo_top_up", "pay_stored", "return_stored", "cash_out", "void_bonus", "merge",
    "unmerge",
)  # fmt: skip
"""What services.stored_value calls one."""

DECIDED = ("posted", "refused", "withdrawn", "expired")
"""How a bill that waited for the member's yes may end."""

SEGMENT_KINDS = [one.name for one in dataclasses.fields(segments.Conditions)]

ROWS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("membership/earning.py", "*extra"): (),  # the same, read from a purchase
    ("membership/earning.py", "self.key"): (),  # an Extra names its own key where it is made
    ("handlers/reply.py", "f'button.{key}'"): (),  # every tap is read where it stands
    ("handlers/reply.py", "key"): _each("", ("home", *(key for taps in reply.HELP.values() for key, _ in taps))),
    ("handlers/reply.py", "f'refusal.{no.key}{missing}'"): (),  # the refusals below
    ("handlers/broadcasts.py", "f'broadcast.road.{road}'"): _each("broadcast.road.", broadcasts.ROADS),
    ("handlers/broadcasts.py", "f'broadcast.left_out.{reason}'"): _each("broadcast.left_out.", broadcasts.REASONS),
    ("handlers/activity_desk.py", "f'activity.ask.{field}'"): _each("activity.ask.", activity_desk.FIELDS),
    ("handlers/activity_desk.py", "f'activity.again.{field}'"): _each("activity.again.", activity_desk.FIELDS),
    ("handlers/activity_desk.py", "f'activity_{field}'"): _each("activity_", activity_desk.FIELDS[:-1]),
    ("handlers/activity_door.py", "f'activity.guest.{one.state}'"): _each(
        "activity.guest.", (*activities.COMING, "waiting")
    ),
    ("handlers/broadcasts.py", "toast"): ("toast.broadcast_started", "toast.broadcast_running"),
    ("handlers/coupons.py", "key"): ("show_coupon", "claim"),
    ("handlers/help.py", "said.near"): (),  # every word that has keywords, see test_keys
    ("handlers/hubs.py", "LABELS.get(word, word)"): _each("", (*hubs.PERKS, *dict(hubs.OFFICE), *hubs.LABELS.values())),
    ("handlers/help.py", "word"): (
        *("join", "terms", "language"),
        *("code", "points", "coupons", "perks", "profile", "settings", "privacy"),
        *("scan", "undo", "enrol", "report", "broadcast", "manage"),
        *("balance", "checkin", "refer", "topup", "cashout"),
    ),
    ("handlers/points.py", "f'history.kind.{line.kind}'"): _each("history.kind.", MOVEMENTS),
    ("handlers/stored_value.py", "f'history.kind.{line.kind}'"): _each("history.kind.", STORED_MOVEMENTS),
    (
        "handlers/top_ups.py",
        "f\"{('topup' if kind == TOP_UP else 'cashout')}.{what}{figures.plain(facts['bonus'])}\"",
    ): (
        *(f"{kind}.{what}" for kind in ("topup", "cashout") for what in ("amount", "will", "done")),
        *(f"{kind}.{what}.plain" for kind in ("topup", "cashout") for what in ("amount", "will", "done")),
    ),
    ("handlers/top_ups.py", "f'topup.undone{figures.plain(undone.bonus)}'"): _each("topup.undone", ("", ".plain")),
    ("handlers/stored_value.py", "f'balance.parts{figures.plain(has.bonus)}'"): _each("balance.parts", ("", ".plain")),
    ("services/stored_value.py", "f'receipt.{kind}'"): _each("receipt.", ("top_up", "top_up_undone", "cash_out")),
    ("services/stored_value.py", "f'receipt.{kind}_gift'"): tuple(
        f"receipt.{kind}_gift" for kind in ("top_up", "top_up_undone", "cash_out")
    ),
    ("handlers/linking.py", "f'link.{place}'"): _each("link.", ("first", "second", "together")),
    ("handlers/linking.py", "f'app.{one.channel}'"): _each("app.", ("telegram", "wechat")),
    ("handlers/linking.py", "f'app.{gone.channel}'"): _each("app.", ("telegram", "wechat")),
    ("services/linking.py", "f'app.{channel}'"): _each("app.", ("telegram", "wechat")),
    ("services/doubles.py", "f'app.{who.identity.channel}'"): _each("app.", ("telegram", "wechat")),
    ("services/merges.py", "key"): _each("link.", ("told", "told_shop", "told_parted")),
    ("handlers/profile.py", "f'profile.ask_{step}'"): _each("profile.ask_", ("name", "phone", "birthday")),
    ("handlers/profile.py", "f'lunar.month.{birthday.month}'"): _each("lunar.month.", range(1, 13)),
    ("handlers/profile.py", "f'lunar.day.{birthday.day}'"): _each("lunar.day.", range(1, 31)),
    ("handlers/profile.py", "f'month.{birthday.month}'"): _each("month.", range(1, 13)),
    ("handlers/referrals.py", "key"): ("referral.own", "referral.member_already"),
    ("handlers/referrals.py", "f'referral.reason.{reason}'"): _each("referral.reason.", referrals.REASONS),
    ("services/referrals.py", "key"): ("referral.paid", "referral.friend_paid"),
    ("handlers/reports.py", "key"): ("report.series.sales", "report.series.joined"),
    ("handlers/reports.py", "f'report.tile.{name}'"): _each(
        "report.tile.", ("sales", "purchases", "average", "joined", "buyers", "points", "redeemed")
    ),
    ("handlers/reports.py", "f\"report.source.{source or 'direct'}\""): _each(
        "report.source.", ("direct", "counter", "friend", "left")
    ),
    ("handlers/segment_words.py", "f'segment.kind.{name}'"): _each("segment.kind.", SEGMENT_KINDS),
    ("handlers/segments.py", "f'segment.topic.{topic}'"): _each("segment.topic.", segment_words.TOPICS),
    ("handlers/segment_words.py", "f'segment.topic.{topic}'"): _each("segment.topic.", segment_words.TOPICS),
    ("handlers/segment_words.py", "f'segment.{name}.high'"): tuple(
        f"segment.{one}.high" for one in segment_words.SCORES
    ),
    ("handlers/segment_words.py", "f'segment.{name}.low'"): tuple(f"segment.{one}.low" for one in segment_words.SCORES),
    ("handlers/segments.py", "f'segment.kind.{kind}'"): _each("segment.kind.", segment_words.KINDS),
    ("handlers/segment_words.py", "f'{prefixes[name]}.{code}'"): (
        *_each("lifecycle.stage.", lifecycle.STAGES),
        *_each("segment.channel.", segments.CHANNELS),
        *_each("segment.month.", ("this", "next")),
    ),
    ("handlers/segment_words.py", "f'month.{code}'"): _each("month.", range(1, 13)),
    ("handlers/lifecycle.py", "f'lifecycle.stage.{name}'"): _each("lifecycle.stage.", lifecycle.STAGES),
    ("handlers/profile.py", "f'fields.ask_{field.kind}'"): _each("fields.ask_", fields.KINDS),
    ("handlers/tag_desk.py", "f'fields.ask_{field.kind}'"): _each("fields.ask_", fields.KINDS),
    ("services/habits.py", "f'lifecycle.letter.{action.stage}'"): _each("lifecycle.letter.", lifecycle.STAGES[1:]),
    ("services/habits.py", "f'button.{word}'"): _each("button.", ("coupons", "unsubscribe")),
    ("handlers/settings.py", "f\"settings.{kind}.{('on' if on else 'off')}\""): tuple(
        f"settings.{kind}.{state}" for kind in ("offers", "reminders", "birthday") for state in ("on", "off")
    ),
    ("handlers/settings.py", "f\"{kind}_{('off' if on else 'on')}\""): tuple(
        f"{kind}_{state}" for kind in ("offers", "reminders", "birthday") for state in ("on", "off")
    ),
    ("handlers/settings.py", "f'language.{language}'"): _each("language.", languages.CORE),
    ("handlers/staff_desk.py", "f'photo.{said.refused}'"): _each("photo.", decoding.REASONS, ("unavailable",)),
    ("services/tiers.py", "f'tier.reason.{row.reason}'"): _each(
        "tier.reason.", ("reached", "kept", "reviewed", "by_hand", "hand_ended", "undone", "merged", "unmerged")
    ),
    ("handlers/approvals.py", "f'approval.{asked.state}'"): _each("approval.", ("approved", "refused", "expired")),
    ("handlers/approvals.py", "f'approval.{decided.approval.state}'"): _each("approval.", ("approved", "refused")),
    ("handlers/pointing.py", "f'photo.{said.refused}'"): _each("photo.", decoding.REASONS, ("unavailable",)),
    ("handlers/pointing.py", "key"): ("photo.several", "photo.no_code"),
    ("handlers/reasons.py", "f'reason_{reason}'"): _each(
        "reason_", sorted({*reasons.OF_A_REFUND, *reasons.OF_A_PASS, *reasons.OF_A_CHANGE})
    ),
    (
        "services/approvals.py",
        "f\"refusal.{no.key}{('' if len(facts) == len(no.facts) else '.plain')}\"",
    ): (),  # as above
    ("services/approvals.py", "f'approval.{state}'"): _each("approval.", ("approved", "refused", "expired")),
    ("services/second_person.py", "f'approval.{row.action}'"): _each(
        "approval.", ("top_up", "cash_out", "undo_top_up", "pass_refund")
    ),
    ("handlers/visits.py", "f'visit.state.{asked.state}'"): _each(
        "visit.state.", ("taken", "refused", "expired", "undone")
    ),
    ("services/passes.py", "f'receipt.{kind}'"): _each(
        "receipt.", ("pass_sold", "pass_undone", "pass_refunded", "visit_undone")
    ),
    ("services/passes.py", "f'receipt.{kind}_points'"): _each("receipt.", ("pass_sold_points", "pass_refunded_points")),
    ("services/redemptions.py", "f'receipt.{kind}'"): ("receipt.redeemed", "receipt.redemption_undone"),
    ("services/watch.py", "f'watch.{row.rule}'"): _each("watch.", watch.RULES),
    ("services/remarks.py", "f'reason.{reason}'"): _each("reason.", remarks.REASONS),
    ("services/asking.py", "f'asked.{state}'"): _each("asked.", DECIDED),
    ("services/asking.py", "f'button.{key}'"): _each("button.", ("agree", "disagree", "undo", "next", "scan_again")),
    ("services/reservations.py", "f'asked.{row.state}'"): _each("asked.", DECIDED),
    ("handlers/till.py", "f'asked.{waits.state}'"): _each("asked.", DECIDED),
    ("handlers/help.py", "f'role.{who.roles[0].name}'"): _each("role.", staff.ROLES),
    ("handlers/start.py", "f'role.{role}'"): _each("role.", staff.ROLES),
    ("handlers/start.py", "f'role.{accepted.role}'"): _each("role.", staff.ROLES),
    ("handlers/start.py", "word"): _each("", dict(start.WORK)),
    ("handlers/hiring.py", "f'role.{name}'"): _each("role.", staff.ROLES),
    ("handlers/hiring.py", "f'role.{one.role}'"): _each("role.", staff.ROLES),
    ("handlers/hiring.py", "f'role.{role}'"): _each("role.", staff.ROLES),
    ("handlers/hiring.py", "f'staff.may.{name}'"): _each("staff.may.", staff.ROLES),
    ("handlers/staff_room.py", "asked"): ("staff.dismiss", "staff.dismiss_owner"),
    ("handlers/staff_room.py", "f'role.{name}'"): _each("role.", staff.ROLES),
    ("handlers/staff_room.py", "f'role.{one.role}'"): _each("role.", staff.ROLES),
    ("handlers/stores.py", "f\"role.{data['role']}\""): _each("role.", staff.ROLES),
    ("handlers/stores.py", "key"): ("store_named", "store_on", "store_off"),
    ("services/invites.py", "f'app.{one.channel}'"): ("app.telegram", "app.wechat"),
    ("services/invites.py", "f'button.{word}'"): _each("button.", ("scan", "help", "report", "broadcast")),
    ("services/invites.py", "f'role.{one.role}'"): _each("role.", staff.ROLES),
    ("services/invites.py", "f'role.{role}'"): _each("role.", staff.ROLES),
    ("services/staff.py", "f'button.{key}'"): ("button.home", "button.help"),
    ("services/staff.py", "f'role.{role}'"): _each("role.", staff.ROLES),
    ("services/members.py", "f'corrected.{name}'"): _each("corrected.", members.CORRECTED),
    ("services/progress.py", "f'broadcast.count.{name}'"): _each("broadcast.count.", progress.COUNTED),
    ("services/progress.py", "f'broadcast.state.{row.state}'"): _each(
        "broadcast.state.", ("draft", "running", "done", "cancelled")
    ),
    ("services/progress.py", "f'button.{key}'"): ("button.stop_broadcast", "button.refresh"),
    ("services/progress.py", "f'span.{unit}'"): ("span.hours", "span.minutes"),
    ("web/errors.py", "f'refusal.{no.key}{missing}'"): (),  # the refusals below
    ("web/counter/page.py", "f'button.language.{tag}'"): (),  # every language calls itself
    ("web/counter/photos.py", "f'photo.{reason}'"): _each("photo.", decoding.REASONS, ("unavailable",)),
    ("web/counter/seen.py", "f'shift.label.{name}'"): _each(
        "shift.label.",
        ("count", "amount", "stored", "topped_up", "paid_out", "refunds", "refunded"),
        ("passes_sold", "passes_back", "visits"),
        ("points_earned", "points_spent", "coupons"),
    ),
    ("web/counter/seen.py", "f'role.{who.seat.roles[0].name}'"): _each("role.", staff.ROLES),
    ("web/errors.py", "f'problem.{problem.code}'"): _each("problem.", web_errors.STATUS),
    ("bot/cli/rules_told.py", "f'rules.part.{name}'"): _each("rules.part.", rules_told.PARTS),
    ("bot/cli/plainly.py", "f'refusal.{no.key}{plain}'"): (),  # the refusals below
    ("bot/telegram/setup.py", "f'command.{name}'"): _each("command.", setup.MEMBER, dict(setup.WORK)),
    ("bot/wechat/menus.py", "f'menu.{key}'"): _each(
        "menu.", menus.KEYS, dict(menus.WORK), ("rewards", "mine", "scan", "shop")
    ),
}
"""(file, expression as Python writes it) → the keys it can be, without the prefix that ``tap`` adds."""

BY_LIST = {
    *_each("refusal.", (refusal.key for refusal in errors.IN_ORDER)),
    *(f"refusal.{key}.plain" for key in WITHOUT_FACTS),
    *_each("routing.", REASONS),
    *page_keys(),
}
"""Keys that no call names: every refusal, every reason of a road, and what the staff's page asks for."""

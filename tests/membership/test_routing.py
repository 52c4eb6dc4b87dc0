"""Roads: every kind of message, on both apps, in every state of the member."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from membership.days import Hours
from membership.routing import Account, Class, Matter, Route, Wishes, route

ZONE = ZoneInfo("Asia/Shanghai")
QUIET = Hours(time(21), time(9))
NOON = datetime(2026, 11, 22, 12, tzinfo=ZONE).astimezone(UTC)
NIGHT = datetime(2026, 11, 22, 23, tzinfo=ZONE).astimezone(UTC)
MORNING = datetime(2026, 11, 23, 9, tzinfo=ZONE).astimezone(UTC)
ALL_YES = Wishes(offers=True)

BOT = Account("telegram")
BLOCKED = replace(BOT, reachable=False)
SERVICE = Account("wechat", "service", templates=frozenset({"receipt", "birthday"}), grants=frozenset())
WINDOW = replace(SERVICE, window_until=NOON + timedelta(hours=1), window_left=1)
SPENT = replace(WINDOW, window_left=0)
SHUT = replace(WINDOW, window_until=NOON)
GRANTED = replace(SERVICE, grants=frozenset({"birthday", "offer"}))
SUBSCRIPTION = Account("wechat", "subscription", templates=frozenset({"receipt"}), grants=frozenset({"birthday"}))
UNVERIFIED = Account("wechat", "unverified", window_until=NOON + timedelta(hours=1), window_left=5)
UNFOLLOWED = replace(WINDOW, reachable=False)

RECEIPT = Matter("receipt", "receipt")
BIRTHDAY = Matter("birthday", "reminder")
EXPIRING = Matter("points_expiring", "reminder")
OFFER = Matter("offer", "offer")
ALERT = Matter("alert", "staff")


def decide(matter: Matter, *accounts: Account, wishes: Wishes = ALL_YES, now: datetime = NOON) -> Route:
    return route(matter, accounts, wishes, quiet=QUIET, zone=ZONE, now=now)


@pytest.mark.parametrize(
    ("matter", "account", "road", "reason"),
    [
        *[(matter, BOT, "send", "open") for matter in (RECEIPT, BIRTHDAY, EXPIRING, OFFER, ALERT)],
        *[(matter, WINDOW, "send", "window") for matter in (RECEIPT, BIRTHDAY, EXPIRING, OFFER, ALERT)],
        (RECEIPT, SERVICE, "template", "after_the_fact"),
        (RECEIPT, SPENT, "template", "after_the_fact"),
        (RECEIPT, SHUT, "template", "after_the_fact"),
        (Matter("points_changed", "receipt"), SERVICE, "wait_contact", "no_window"),
        (BIRTHDAY, SERVICE, "wait_contact", "no_window"),
        (BIRTHDAY, GRANTED, "subscribe", "grant"),
        (EXPIRING, GRANTED, "wait_contact", "no_window"),
        (OFFER, GRANTED, "wait_contact", "no_window"),
        (RECEIPT, SUBSCRIPTION, "wait_contact", "no_window"),
        (BIRTHDAY, SUBSCRIPTION, "wait_contact", "no_window"),
        *[(matter, UNVERIFIED, "wait_contact", "unverified") for matter in (RECEIPT, BIRTHDAY, OFFER, ALERT)],
        *[
            (matter, gone, "wait_contact", "blocked")
            for matter in (RECEIPT, BIRTHDAY)
            for gone in (BLOCKED, UNFOLLOWED)
        ],
        *[(OFFER, gone, "drop", "blocked") for gone in (BLOCKED, UNFOLLOWED)],
    ],
)
def test_each_matter_takes_the_road_its_platform_allows(
    matter: Matter, account: Account, *, road: str, reason: str
) -> None:
    assert decide(matter, account) == Route(road, reason)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind_class", ["reply", "reminder", "offer", "staff"])
def test_a_template_never_carries_what_is_no_receipt(kind_class: Class) -> None:
    assert decide(Matter("receipt", kind_class), SERVICE).road != "template"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (SERVICE, BOT, Route("other_channel", "open", channel="telegram")),
        (BLOCKED, WINDOW, Route("other_channel", "window", channel="wechat")),
        (WINDOW, BOT, Route("send", "window")),
        (SERVICE, BLOCKED, Route("wait_contact", "no_window")),
        (BLOCKED, SERVICE, Route("wait_contact", "no_window")),
    ],
)
def test_where_one_app_is_closed_the_other_is_tried(first: Account, second: Account, expected: Route) -> None:
    assert decide(BIRTHDAY, first, second) == expected


@pytest.mark.parametrize(
    ("matter", "wishes", "reason"),
    [
        (OFFER, Wishes(), "no_consent"),
        (EXPIRING, Wishes(reminders=False), "reminders_off"),
        (BIRTHDAY, Wishes(birthday=False), "birthday_off"),
    ],
)
def test_what_the_member_does_not_want_is_not_sent(matter: Matter, wishes: Wishes, reason: str) -> None:
    assert decide(matter, BOT, wishes=wishes) == Route("drop", reason)


def test_receipts_and_greetings_do_not_depend_on_other_switches() -> None:
    silent = Wishes(offers=False, reminders=False, birthday=False)
    assert decide(RECEIPT, BOT, wishes=silent).road == "send"
    assert decide(BIRTHDAY, BOT, wishes=Wishes(offers=False, reminders=False)).road == "send"


@pytest.mark.parametrize("matter", [BIRTHDAY, EXPIRING, OFFER])
def test_at_night_everything_that_can_wait_waits_for_the_morning(matter: Matter) -> None:
    assert decide(matter, BOT, now=NIGHT) == Route("wait_until", "quiet_hours", not_before=MORNING)


@pytest.mark.parametrize("matter", [RECEIPT, ALERT, Matter("reply", "reply")])
def test_at_night_answers_and_receipts_come_at_once(matter: Matter) -> None:
    assert decide(matter, BOT, now=NIGHT).road == "send"


def test_what_is_over_before_it_may_be_said_is_dropped() -> None:
    assert decide(replace(OFFER, expires_at=NOON), BOT) == Route("drop", "too_late")
    assert decide(replace(OFFER, expires_at=MORNING), BOT, now=NIGHT) == Route("drop", "over_by_morning")
    later = replace(OFFER, expires_at=MORNING + timedelta(seconds=1))
    assert decide(later, BOT, now=NIGHT).road == "wait_until"


def test_a_member_without_an_account_cannot_be_reached() -> None:
    assert decide(RECEIPT) == Route("drop", "no_account")

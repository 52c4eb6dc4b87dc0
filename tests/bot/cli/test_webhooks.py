"""The commands about webhooks: a secret seen once, addresses that will not do, calls made again."""

from __future__ import annotations

import pytest

from tests.bot.cli.terminal import Terminal

URL = "https://books.example/hooks?token=CANARY"


def test_a_webhooks_secret_is_shown_once_and_its_address_without_what_stands_behind_the_question_mark(
    shop: Terminal,
) -> None:
    made = shop.json("webhook", "add", URL, "--name", "books", "--event", "purchase.recorded")
    assert made["secret"].startswith("whsec_")
    (listed,) = shop.json("webhook", "list")
    assert (listed["url"], listed["events"]) == ("https://books.example/hooks", ["purchase.recorded"])
    shown = shop.type("webhook", "list").stdout + shop.type("webhook", "list", "--json").stdout
    assert not [secret for secret in (made["secret"], "CANARY") if secret in shown]


def test_a_name_is_at_work_once_and_may_come_back_with_another_secret(shop: Terminal) -> None:
    first = shop.json("webhook", "add", URL, "--name", "books")
    again = shop.type("webhook", "add", URL, "--name", "books")
    assert (again.exit_code, "Choose another name" in again.stderr) == (1, True)
    assert shop.type("webhook", "remove", "books").exit_code == 0
    assert shop.json("webhook", "list")[0]["removed"] is not None
    assert shop.type("webhook", "remove", "books").exit_code == 1
    second = shop.json("webhook", "add", URL, "--name", "books")
    assert second["secret"] != first["secret"]
    assert [(row["name"], row["removed"]) for row in shop.json("webhook", "list")] == [("books", None)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("http://books.example/",), "must begin with https"),
        (("https://10.0.0.8/",), "--private"),
        ((URL, "--event", "purchase.stolen"), "is no event. Write one of: purchase.recorded"),
    ],
)
def test_what_will_not_do_is_said_with_its_cure(shop: Terminal, words: tuple[str, ...], said: str) -> None:
    result = shop.type("webhook", "add", *words, "--name", "books")
    assert (result.exit_code, said in result.stderr) == (2, True)
    assert shop.json("webhook", "list") == []


def test_an_address_inside_is_taken_where_it_was_meant(shop: Terminal) -> None:
    assert shop.json("webhook", "add", "http://127.0.0.1:9000/", "--name", "books", "--private")["secret"]


def test_nothing_is_called_again_without_saying_what(shop: Terminal) -> None:
    shop.json("webhook", "add", URL, "--name", "books")
    assert shop.type("webhook", "resend").exit_code == 2
    assert shop.type("webhook", "resend", "--since", "yesterday").exit_code == 2
    assert shop.type("webhook", "resend", "--dead", "--name", "nobody").exit_code == 1
    assert shop.json("webhook", "resend", "--dead") == {"again": 0}
    assert shop.json("webhook", "resend", "--since", "2026-12-24T09:30+08:00") == {"again": 0}

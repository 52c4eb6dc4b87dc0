"""Tags at the till: a manager's key and a manager's page put them, nobody else sees them, and slips are refused."""

from __future__ import annotations

from typing import Any

import pytest

from services import tags
from tests.web.tills import Shop


async def test_a_managers_key_puts_all_the_tags_a_member_has(shop: Shop) -> None:
    member = await shop.member()
    path = f"/members/{member}"
    for wanted, shown in ((["VIP", "oat milk"], ["VIP", "oat-milk"]), (["vip"], ["VIP"]), ([], [])):
        answer = await shop.manager.patch(path, {"tags": wanted})
        assert (answer.status_code, answer.json()["tags"]) == (200, shown)
        assert await shop.db.read(tags.of, member) == frozenset(shown)


async def test_a_till_neither_puts_tags_nor_sees_them(shop: Shop) -> None:
    member = await shop.member()
    await shop.manager.patch(f"/members/{member}", {"tags": ["VIP"]})
    refused = await shop.till.patch(f"/members/{member}", {"tags": []})
    assert refused.json()["code"] == "not_allowed"
    assert "VIP" not in (await shop.till.get(f"/members/{member}")).text
    assert (await shop.manager.get(f"/members/{member}")).json()["tags"] == ["VIP"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"tags": ["\u200b"]}, "invalid_tag"),
        ({"tags": [27 * "x"]}, "invalid_tag"),
        ({"tags": [""]}, "invalid_request"),
        ({"tags": "VIP"}, "invalid_request"),
        ({"tags": [f"tag {number}" for number in range(21)]}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
async def test_what_is_no_tag_changes_nothing(shop: Shop, sent: dict[str, Any], code: str) -> None:
    member = await shop.member()
    answer = await shop.manager.patch(f"/members/{member}", {**sent})
    assert answer.json()["code"] == code
    assert await shop.db.read(tags.of, member) == frozenset()

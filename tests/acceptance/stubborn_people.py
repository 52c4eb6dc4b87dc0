"""People who do not give up: what gets no answer they do again, as people do when an app seems stuck."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from dataclasses import dataclass, field

from tests.acceptance.stage import Phone

ANSWER_SECONDS = 4.0
DIGITS = re.compile(r"\d{5} \d{5}")
JOINED, KNOWN, ALREADY = "你已是晨光咖啡的会员", "欢迎回到", "已经是会员"


class GaveUp(AssertionError):
    """Somebody tried very often and never got on."""


@dataclass
class Stubborn:
    """Somebody with a phone and patience."""

    phone: Phone
    tries_max: int = 25

    async def hears(self, *texts: str, seconds: float = ANSWER_SECONDS, before: frozenset[tuple[str, str]]) -> str:
        """Return the newest text with one of these that was not on the screen before; "" if none comes in time."""

        def found() -> str:
            fresh = [one for one in self.phone.heard if (one.id, one.text) not in before]
            return next((one.text for one in reversed(fresh) if any(text in one.text for text in texts)), "")

        version = -1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not found():
                    version = await self.phone._changed(version)
        return found()

    def seen(self) -> frozenset[tuple[str, str]]:
        return frozenset((one.id, one.text) for one in self.phone.heard)

    async def insists(self, words: str, *texts: str) -> str:
        """Say something again and again until an answer, however late, holds one of the texts; return that answer."""
        before = self.seen()
        for _ in range(self.tries_max):
            await self.phone.say(words)
            if answer := await self.hears(*texts, before=before):
                return answer
        last = self.phone.heard[-1].text if self.phone.heard else "nothing"
        raise GaveUp(f"{self.phone.person.id} said {words!r} and never heard {texts}, but {last!r}")

    async def taps(self, label: str, *texts: str) -> str:
        """Tap the newest thing with this label, if there is one; return an answer with one of the texts, or ""."""
        found = self.phone._find(label)
        if found is None:
            return ""
        before = self.seen()
        bubble, data = found
        await self.phone.platform.press(self.phone.person.user, bubble.id, data)
        return await self.hears(*texts, before=before)


@dataclass
class Customer(Stubborn):
    """Joins, claims a coupon, shows the card."""

    questions: int = 0

    async def join(self) -> None:
        for _ in range(self.tries_max):
            before = self.seen()
            with contextlib.suppress(ValueError):
                await self.phone.start()
            if self.phone.person.app == "wechat":  # who follows already cannot follow again
                await self.phone.say("你好")
            answer = await self.hears(KNOWN, "欢迎来到", "试试", before=before)
            if KNOWN in answer or await self.taps("加入", JOINED, ALREADY):
                return
        raise GaveUp(f"{self.phone.person.id} could not join")

    async def claim(self) -> None:
        """Claim the welcome coupon until it is held."""
        for _ in range(self.tries_max):
            await self.insists("优惠券", "券")
            if self.phone._find("领取 新会员 5 元券") is None or await self.taps(
                "领取 新会员 5 元券", "领到了", "领满"
            ):
                return
        raise GaveUp(f"{self.phone.person.id} could not claim")

    async def digits(self) -> str:
        """Show the card, and return its ten digits."""
        for _ in range(self.tries_max):
            before = self.seen()
            await self.phone.say("会员码")
            if found := DIGITS.search(await self.hears("前有效", before=before)):
                return found.group()
        raise GaveUp(f"{self.phone.person.id} got no card")

    async def chatter(self, over: asyncio.Event) -> None:
        """Ask for the points without end."""
        while not over.is_set():
            await self.insists("积分", "积分")
            self.questions += 1


@dataclass
class Cashier(Stubborn):
    """Rings up purchases, each of another amount; counts those certainly and those perhaps recorded."""

    certain: Counter[int] = field(default_factory=Counter)
    perhaps: Counter[int] = field(default_factory=Counter)

    async def employed(self, invitation: str) -> None:
        await self.phone.start()
        await self.insists(invitation, "欢迎加入", "已经是店员")

    async def serve(self, customers: list[Customer], over: asyncio.Event, *, first: int) -> None:
        """Sell to one customer after another, each bill a yuan higher."""
        amount = first
        while not over.is_set():
            await self.sell(customers[amount % len(customers)], amount)
            amount += 1

    async def sell(self, customer: Customer, yuan: int) -> None:
        """Read the code, type the amount, confirm; whatever gets no answer begins again with the same code."""
        digits = await customer.digits()
        for _ in range(self.tries_max):
            met = await self.insists(digits, "消费金额", "已在", "查不到")
            if "已在" in met:
                self.certain[yuan] += 1
                return
            if "消费金额" not in met:
                self.perhaps[yuan] += 1  # tried until the code was over: nobody can tell whether it was recorded
                return
            if await self._rang_up(yuan):
                self.certain[yuan] += 1
                return
        raise GaveUp(f"{self.phone.person.id} could not sell")

    async def _rang_up(self, yuan: int) -> bool:
        before = self.seen()
        await self.phone.say(str(yuan))
        if not await self.hears("应付", before=before):
            return False
        return bool(await self.taps("确认收", "已入账"))

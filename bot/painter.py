"""Pictures drawn at the edge: facts become words in the person's language, words become a picture, in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from locales import Words
from membership.messages import Message, Picture, say
from pictures.card import CardFacts, CouponFacts, draw_card, draw_code_card
from pictures.chart import Headline, ReportFacts, Series, draw_report
from pictures.lifecycle import LifeFacts, Stage, draw_life
from services import Database, broadcasts


class Painter:
    """Draws every kind of picture there is. ``paint`` returns PNG (a shop's own photo as it came)."""

    def __init__(self, words: Words, database: Database) -> None:
        self._words = words
        self._database = database
        self._kinds: Mapping[str, Callable[[Mapping[str, Any], str], bytes]] = {
            "card": self._card,
            "coupon": self._coupon,
            "report": self._report,
            "life": self._life,
        }

    async def paint(self, picture: Picture, language: str) -> bytes:
        """Return the picture's bytes. Raises LookupError for a photo that is no longer kept."""
        if picture.kind == "blob":
            return await self._database.read(broadcasts.photo, picture.facts["id"])
        return await asyncio.to_thread(self._kinds[picture.kind], picture.facts, language)

    def _card(self, facts: Mapping[str, Any], language: str) -> bytes:
        text = self._in(language)
        return draw_card(
            CardFacts(
                shop=text(facts["shop"]),
                name=text(facts["name"]),
                tier=text(facts["tier"]),
                tier_colour=facts["tier_id"],
                points_label=text(say("picture.points")),
                points=text(say("picture.number", number=facts["points"])),
                code=facts["code"],
                digits=facts["digits"],
                valid_until=text(say("picture.until", until=facts["until"])),
                hint=text(say("picture.hint")),
            )
        )

    def _coupon(self, facts: Mapping[str, Any], language: str) -> bytes:
        text = self._in(language)
        return draw_code_card(
            CouponFacts(
                shop=text(facts["shop"]),
                title=text(facts["title"]),
                condition=text(facts["condition"]),
                window=text(facts["ends"]),
                code=facts["code"],
                digits=facts["digits"],
                valid_until=text(say("picture.until", until=facts["until"])),
                hint=text(say("picture.hint")),
            )
        )

    def _report(self, facts: Mapping[str, Any], language: str) -> bytes:
        text = self._in(language)
        headlines = tuple(
            Headline(label=text(label), value=text(value), change=text(change), trend=trend)
            for label, value, change, trend in facts["headlines"]
        )
        return draw_report(
            ReportFacts(
                shop=text(facts["shop"]),
                title=text(facts["title"]),
                period=text(facts["period"]),
                headlines=headlines,
                ticks=tuple(text(tick) for tick in facts["ticks"]),
                bars=self._series(facts["bars"], language),
                second=self._series(facts["second"], language) if facts.get("second") else None,
            )
        )

    def _life(self, facts: Mapping[str, Any], language: str) -> bytes:
        text = self._in(language)
        stages = tuple(
            Stage(label=text(label), count=count, text=text(words)) for label, count, words in facts["stages"]
        )
        (long_ago, just_now), (seldom, often) = facts["across"], facts["up"]
        return draw_life(
            LifeFacts(
                shop=text(facts["shop"]),
                title=text(facts["title"]),
                period=text(facts["period"]),
                stages=stages,
                grid=tuple(tuple(row) for row in facts["grid"]),
                across=(text(long_ago), text(just_now)),
                up=(text(seldom), text(often)),
            )
        )

    def _series(self, series: tuple[Message, tuple[int, ...], tuple[Message, ...]], language: str) -> Series:
        label, values, texts = series
        text = self._in(language)
        return Series(label=text(label), values=tuple(map(float, values)), texts=tuple(map(text, texts)))

    def _in(self, language: str) -> Callable[[Message], str]:
        return lambda message: self._words.text(message, language)

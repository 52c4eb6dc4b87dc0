"""The desk where every channel hands in what was said: in each person's own order, people side by side."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.clock import Clock, moment
from handlers import router
from handlers.said import Said
from locales.words import fold
from membership.member import Channel, Who
from membership.messages import Reply, say
from scheduler.messenger import Sent
from services import Database, people, staff, turns
from services.outgoing import Outgoing
from services.turns import Turn

log = structlog.get_logger(__name__)

NEAR = 0.6
REMEMBERED = 10_000
ENDED_LATELY = timedelta(days=7)
"""A right that ended while the program stood still is noticed so long afterwards."""


class Desk:
    """Takes what was said, one event at a time a person, and hands the outgoing rows to delivery.

    ``keywords`` are the words people type and what they stand for, ``tongues`` the language of those that belong to
    one language alone: WeChat does not tell what its people speak, their words do. ``labels`` are what buttons say,
    with the keys that say it. ``deliver`` sends one row now and settles it (it never raises Trouble); ``settle`` notes
    that a row went out some other way (WeChat's passive reply). ``menus`` show a person the commands of their role, by
    channel; ``common`` is the language in which a channel shows them to whoever has none of their own, where it can
    show one person another.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        keywords: Mapping[str, str],
        tongues: Mapping[str, str],
        labels: Mapping[str, frozenset[str]],
        deliver: Callable[[Outgoing], Awaitable[None]],
        settle: Callable[[Outgoing, Sent], Awaitable[None]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._tongues, self._labels = tongues, labels
        self._keywords = {**{word: word for word in router.WORDS}, **keywords}
        self.deliver = deliver
        self.settle = settle
        self.menus: dict[Channel, Callable[[Who], Awaitable[None]]] = {}
        self.common: dict[Channel, str] = {}
        self._queues: dict[tuple[str, str, str], tuple[asyncio.Lock, int]] = {}
        self._shown: OrderedDict[str, tuple[object, str]] = OrderedDict()
        self._held: dict[str, str] | None = None
        self._menus_under_way: set[asyncio.Task[None]] = set()

    async def take(self, said: Said) -> Turn:
        """Commit one event and return what came of it; a bug becomes one apology with a short reference."""
        understood = self._understood(said)
        async with self._in_order(said):
            turn = await self._take(understood)
        self._show_menus(turn.who, chosen=understood.word.startswith("language "))
        return turn

    async def follow_rights(self) -> int:
        """Show the menus anew to whoever's right has changed though they say nothing; return how many that are.

        At the start only those are known whose right ended lately; whoever was given one sees it as soon as they speak.
        """
        held = await self._database.read(staff.held_by_account, since=self._clock.now() - ENDED_LATELY)
        before, self._held = self._held, held
        known = held if before is None else before
        ended = [one for one, role in held.items() if not role and before is None]
        changed = ended + [one for one, role in held.items() if known.get(one, "") != role]
        for identity_id in changed:
            who = await self._database.read(people.who, identity_id)
            if self._shown.get(identity_id) != (who.roles, who.language):
                self._show(who)
        return len(changed)

    async def close(self) -> None:
        """Let menus that are being shown be shown."""
        if self._menus_under_way:
            await asyncio.wait(self._menus_under_way, timeout=5)

    async def _take(self, said: Said) -> Turn:
        try:
            return await self._database.write(turns.take, said, router.answer, moment=moment(self._clock))
        except Exception:  # the door where a bug ends: logged once, the person gets one apology
            reference = hashlib.sha256(said.event.encode()).hexdigest()[:6].upper()
            log.exception("turn_failed", reference=reference, kind=said.kind)
            apology = Reply((say("apology", reference=reference),))
            return await self._database.write(turns.take, said, lambda *_, **__: apology, moment=moment(self._clock))

    def _understood(self, said: Said) -> Said:
        """Return the text with the keyword it is, or the one it is most like."""
        if said.kind != "text" or said.word:
            return said
        typed = fold(said.text)
        said = replace(said, labels=self._labels.get(typed, frozenset()))
        if found := self._keywords.get(typed):
            return replace(said, word=found, language=said.language or self._tongues.get(typed, ""))
        command, _, arguments = typed.partition(" ")
        if said.text.startswith("/") and command in self._keywords:
            return replace(said, word=f"{self._keywords[command]} {arguments}".strip())
        near = difflib.get_close_matches(typed[:40], self._keywords, n=1, cutoff=NEAR)
        return replace(said, near=self._keywords[near[0]] if near else "")

    def _show_menus(self, who: Who, *, chosen: bool) -> None:
        """Show the menus of a role or language that is new to us, in the background.

        Whoever has just ``chosen`` the common language may see another one's menus, from before this start.
        """
        usual = None if chosen else ((), self.common.get(who.identity.channel, who.language))
        if self._shown.get(who.identity_id, usual) != (who.roles, who.language):
            self._show(who)
        else:
            self._note_shown(who)

    def _show(self, who: Who) -> None:
        self._note_shown(who)
        show = self.menus.get(who.identity.channel)
        if show is not None:
            task = asyncio.ensure_future(show(who))
            self._menus_under_way.add(task)
            task.add_done_callback(self._menus_under_way.discard)

    def _note_shown(self, who: Who) -> None:
        self._shown[who.identity_id] = (who.roles, who.language)
        self._shown.move_to_end(who.identity_id)
        if len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)

    @contextlib.asynccontextmanager
    async def _in_order(self, said: Said) -> AsyncIterator[None]:
        person = (said.identity.channel, said.identity.account, said.identity.external_id)
        lock, waiting = self._queues.get(person, (asyncio.Lock(), 0))
        self._queues[person] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._queues.pop(person)
            if waiting > 1:
                self._queues[person] = (lock, waiting - 1)

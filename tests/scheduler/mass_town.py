"""A shop whose broadcasts go by mass message, and a platform that takes each client id once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from membership.member import Identity, Role, Who
from membership.routing import AccountKind
from scheduler.jobs import Jobs
from scheduler.mass import MassSender
from scheduler.messenger import Sent, Uncertain
from services import Tx, broadcasts, mass, people
from services.broadcasts import Broadcast
from services.mass import Taken
from services.outgoing import MassOutgoing
from storage import identities
from storage import staff as staff_rows
from tests.scheduler.town import Town

OWNER = Identity("telegram", "telegram-shop", "owner")


@dataclass
class MassPlatform:
    """Takes mass messages, each id once, and fails as it is told; ``swallow`` takes it and loses the answer."""

    asked: list[MassOutgoing] = field(default_factory=list)
    letters: dict[str, MassOutgoing] = field(default_factory=dict)
    troubles: list[Exception | None] = field(default_factory=list)
    swallow: bool = False

    async def send_mass(self, letter: MassOutgoing) -> Sent:
        self.asked.append(letter)
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None and not self.swallow:
            raise trouble
        known = letter.id in self.letters
        self.letters.setdefault(letter.id, letter)
        if trouble is not None:
            raise trouble
        return Sent("" if known else f"job-{len(self.letters)}")

    @property
    def got(self) -> Counter[str]:
        """How many mass messages each person's phone shows."""
        return Counter(person.external_id for letter in self.letters.values() for person in letter.people)

    def lose_next_answer(self) -> None:
        self.swallow, self.troubles = True, [Uncertain("cut")]


@dataclass
class MassTown:
    """The town with an owner who broadcasts; ``tick`` lets the whole timetable run once through."""

    town: Town
    owner: Who
    platform: MassPlatform = field(default_factory=MassPlatform)
    kind: AccountKind = "service"

    @classmethod
    async def open(cls, town: Town) -> MassTown:
        def hire(tx: Tx) -> Who:
            row_id = identities.meet(tx, OWNER, town.clock.now())
            facts = {"identity_id": row_id, "role": "owner", "store_id": None, "created_at": town.clock.now()}
            staff_rows.add(tx, "the-owner", name="Olga", **facts)
            return people.who(tx, row_id)

        owner = await town.db.write(hire)
        return cls(town, replace(owner, roles=(Role("owner", None),)))

    def jobs(self, owner: str = "one") -> Jobs:
        town = self.town
        town.kind = self.kind
        mass_sender = MassSender(town.db, self.platform, clock=town.clock, kind=lambda: self.kind)
        return Jobs(town.db, town.new_delivery(owner), clock=town.clock, moment=town.moment, mass=mass_sender)

    async def tick(self) -> None:
        await self.jobs().catch_up()

    async def readers(self, number: int, **facts: Any) -> list[str]:
        """Let so many people join on WeChat who have written nothing lately."""
        return [await self.town.member("wechat", **facts) for _ in range(number)]

    async def broadcast(self, text: str = "Cake for {name}", picture: bytes = b"") -> Broadcast:
        """Write a broadcast and start it; nothing has left yet."""
        town = self.town
        draft = await town.db.write(broadcasts.compose, self.owner, text, picture=picture, moment=town.moment())
        assert await town.db.write(broadcasts.send, self.owner, draft.id, draft.nonce, moment=town.moment())
        return draft

    async def take(self) -> Taken:
        """Take the next mass message as a sender does, and die before the platform is asked (or answers)."""
        return await self.town.db.write(mass.take, self.kind, self.town.moment())

    async def plan(self) -> None:
        """Plan and deliver what goes to single people, but no mass message."""
        jobs = Jobs(self.town.db, self.town.new_delivery(), clock=self.town.clock, moment=self.town.moment)
        await jobs.catch_up()

    async def states(self) -> Counter[tuple[str, str]]:
        """Return how many messages of broadcasts are in each state for each reason."""
        return Counter((row.state, row.reason) for row in await self.town.rows("broadcast"))

    async def standing(self, draft: Broadcast) -> broadcasts.Standing:
        return await self.town.db.read(broadcasts.standing, draft.id)

"""What a member gets for telling about themselves 完善资料: points for each thing, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from membership.reading import Reader

MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class ProfileRules:
    """Points for the name, the phone, the birthday, and for each answer to one of the shop's own questions."""

    name: int = 0
    phone: int = 0
    birthday: int = 0
    fields: int = 0

    def points_for(self, told: str) -> int:
        """Return what telling this brings: ``name``, ``phone``, ``birthday``, or anything else for an own question."""
        basic = {"name": self.name, "phone": self.phone, "birthday": self.birthday}
        return basic.get(told, self.fields)

    @property
    def given(self) -> bool:
        """Whether anything of it brings points."""
        return self != ProfileRules()


def read(top: Reader) -> ProfileRules:
    """Read the table ``[profile]``; where the shop has none, telling brings nothing."""
    table = top.table("profile")
    rules = ProfileRules(
        name=table.whole("name", 0, high=MOST),
        phone=table.whole("phone", 0, high=MOST),
        birthday=table.whole("birthday", 0, high=MOST),
        fields=table.whole("fields", 0, high=MOST),
    )
    table.done()
    return rules

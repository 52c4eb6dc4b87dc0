"""The kind of wrong that is a rule saying no: its key, its HTTP status and the facts it tells."""

from __future__ import annotations

import re
from typing import ClassVar


class Refusal(Exception):
    """A rule said no; the person is told which and what helps."""

    key: ClassVar[str] = "refusal"
    status: ClassVar[int] = 409
    takes: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.key = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **facts: object) -> None:
        if set(facts) != set(self.takes):
            msg = f"{self.key} takes {self.takes}, got {tuple(facts)}"
            raise TypeError(msg)
        # the text of the exception is the key alone: facts may be personal and must not reach a log
        super().__init__(self.key)
        self.facts: dict[str, object] = facts

"""What every call of a till has: who calls, the name it gives its request, and how ids and numbers are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Header, Path, Query
from starlette.requests import Request

from membership.moment import Moment
from services import Tx, keys, merges, staff
from services.keys import Caller
from services.second_person import Approval
from web import shown
from web.shapes import Id

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x20-\x7e]{1,128}$",
        description="your own name of this request, 1 to 128 printable ASCII characters",
    ),
]
PathId = Annotated[Id, Path(alias="id")]
Phone = Annotated[str, Query(min_length=1, max_length=40)]
ReceiptNo = Annotated[str, Query(min_length=1, max_length=64)]
Cursor = Annotated[int | None, Query(ge=1, le=2**53)]


def caller_of(request: Request) -> Caller:
    """Return the till that calls."""
    caller: Caller = request.state.caller
    return caller


def reference(caller: Caller, key: str) -> str:
    """Return what makes the request's effect once."""
    return f"pos:{caller.id}:{key}"


def member(tx: Tx, member_id: str) -> str:
    """Return the member a till names: one that became part of another one is served as that one."""
    return merges.now_one(tx, member_id)


def count_lookup(caller: Caller) -> Callable[[Tx, Moment], None]:
    """Return what counts a request that tells whether a phone number is a member's: an enrolment does so too."""

    def count(tx: Tx, moment: Moment) -> None:
        keys.hold(tx, caller)
        staff.count_lookup(tx, caller.reader, now=moment.now)

    return count


def made(done: Any, show: Callable[[Any], Any]) -> tuple[int, Any]:
    """Return 201 and what was made, or 202 and that a second person is asked first."""
    return (202, shown.approval(done)) if isinstance(done, Approval) else (201, show(done))

"""What other systems of the shop are told: which events there are, how a call is signed, and when it is tried again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from datetime import datetime, timedelta
from typing import Final, Literal, get_args
from urllib.parse import SplitResult, urlsplit

Event = Literal[
    "purchase.recorded",
    "purchase.refunded",
    "points.changed",
    "points.transferred",
    "coupon.issued",
    "coupon.redeemed",
    "coupon.restored",
    "coupon.voided",
    "member.joined",
    "member.changed",
    "member.left",
    "member.merged",
    "member.parted",
    "tier.changed",
    "pass.sold",
    "pass.used",
    "pass.restored",
    "pass.ended",
]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32

PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=6),
    timedelta(hours=10),
)
"""How long a call waits after each attempt that failed; together a day, after which it is given up."""

LONGEST: Final = 2000
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(Exception):
    """Calls may not go to this address; the text says why and what to do."""


def pause_after(attempts: int, *, share: float = 0.5, asked: timedelta = timedelta()) -> timedelta | None:
    """Return how long a call waits that failed so many times, or None where it is given up.

    ``share`` (0 to 1, by chance) moves it by a tenth either way, so that not all come back at once; ``asked`` is what
    the receiver asked for itself and is granted up to the longest pause.
    """
    if attempts > len(PAUSES):
        return None
    return max(PAUSES[attempts - 1] * (0.9 + share / 5), min(asked, PAUSES[-1]))


def secret_of(drawn: bytes) -> str:
    """Return a secret as the receiver keeps it (Standard Webhooks: `whsec_` and base64)."""
    return PREFIX + base64.b64encode(drawn).decode()


def sign(secret: str, call_id: str, at: datetime, body: bytes) -> str:
    """Return the header `webhook-signature` of a call (Standard Webhooks 1.0.0, symmetric signature)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    said = f"{call_id}.{int(at.timestamp())}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()


def check_address(url: str, *, inside: bool) -> str:
    """Return the address calls may go to: https and outside this network.

    With ``inside`` it may lie in the shop's own network, and on this very machine be plain http. Raises AddressRefused.
    """
    parts = _split(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.username is not None or parts.password is not None or parts.fragment or not host:
        raise AddressRefused("The address must be https://host/path, without a name, a password or a #.")
    here = host == "localhost" or _is_loopback(host)
    if parts.scheme != "https" and not (parts.scheme == "http" and here and inside):
        raise AddressRefused("The address must begin with https://. Plain http is for this machine, with --private.")
    if not inside and (here or is_inside(host)):
        raise AddressRefused("The address lies inside this network. Add --private if that is meant.")
    return url


def is_inside(host: str) -> bool:
    """Tell whether a numeric address is not one of the open internet; a name is not numeric and so is not."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        found = _carried(found)
    return found.is_multicast or not found.is_global


def _carried(found: ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IPv4 address that a mapped, tunnelled or translated one leads to."""
    if found in _NAT64:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or found


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    unfit = len(url) > LONGEST or not url.isascii() or any(char <= " " for char in url)
    try:
        parts = urlsplit("" if unfit else url)
        unfit = unfit or parts.port == 0  # asking for a port that is none raises
    except ValueError:
        unfit = True
    if unfit:
        raise AddressRefused("That is no address. Write one such as https://till.example/hooks.")
    return parts

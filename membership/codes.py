"""Member codes: the text inside the QR picture and the ten digits below it, made and checked.

The text is ``M1-`` and 58 letters: 36 bytes of version and key id 1, kind 1, audience 2, handle 8, issued_at 4,
nonce 4, MAC 16. A code says nothing about the person; it is a random handle that the shop can withdraw.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from membership.errors import CodeExpired, MistypedCode, NotAMemberCode, UnknownCode

VERSION = 1
PREFIX = "M1-"
CLOCK_SKEW = timedelta(seconds=5)
"""How far ahead of our clock a code may be dated (another instance of ours made it)."""

_BODY, _MAC = 20, 16
_TEXT = r"M1-[A-Z2-7]{58}"
_LINK = re.compile(
    rf"(?:https://t\.me/[A-Za-z0-9_]{{4,32}}\?start=|tg://resolve\?domain=[A-Za-z0-9_]{{4,32}}&start=)?({_TEXT})"
)
_NO_KEY = bytes(32)


class CodeKind(IntEnum):
    """What a code is for; it decides how long the code counts."""

    MEMBER = 1  # a picture in a chat: it cannot change, so it lives two minutes
    LIVE = 2  # the live card: renewed every 30 s, the step before still counts
    COUPON = 3  # one coupon, shown by its holder
    PAY = 4  # shown for paying: up to a limit it says yes as well


LIFE: Mapping[CodeKind, timedelta] = {
    CodeKind.MEMBER: timedelta(seconds=120),
    CodeKind.LIVE: timedelta(seconds=60),
    CodeKind.COUPON: timedelta(seconds=120),
    CodeKind.PAY: timedelta(seconds=120),
}


@dataclass(frozen=True, slots=True)
class Code:
    """One code before it is written, or after it was read and found genuine.

    ``handle`` is 8 random bytes that stand for the member (or the coupon), ``nonce`` 4 random bytes,
    ``issued_at`` aware UTC in whole seconds, ``audience`` the shop (see ``audience_of``).
    """

    kind: CodeKind
    audience: int
    handle: bytes
    issued_at: datetime
    nonce: bytes

    @property
    def expires_at(self) -> datetime:
        return self.issued_at + LIFE[self.kind]

    @property
    def reference(self) -> str:
        """What makes this code single use: the same for every scan of the same code."""
        return f"code:{self.handle.hex()}:{int(self.issued_at.timestamp())}:{self.nonce.hex()}"


def audience_of(shop_code: str) -> int:
    """Return the two bytes that keep one shop's codes from working at another's."""
    return int.from_bytes(hashlib.sha256(shop_code.encode()).digest()[:2], "big")


def mint(code: Code, *, kid: int, key: bytes) -> str:
    """Write the code as text, sealed with the key of this id (0 to 15)."""
    if not 0 <= kid < 16 or len(code.handle) != 8 or len(code.nonce) != 4:  # noqa: PLR2004 -- the table above
        raise ValueError("a code takes a key id below 16, a handle of 8 bytes and a nonce of 4")
    head = bytes((VERSION << 4 | kid, code.kind)) + code.audience.to_bytes(2, "big")
    body = head + code.handle + int(code.issued_at.timestamp()).to_bytes(4, "big") + code.nonce
    return _text(body + _seal(body, key))


def recognise(scanned: str) -> str:
    """Find the member code in what a scanner read: the bare text, our Telegram link, or ten digits.

    Other addresses are never opened, whatever they contain.

    Raises:
        NotAMemberCode: it is something else.

    """
    scanned = scanned.strip()
    found = _LINK.fullmatch(scanned)
    if found is not None:
        return str(found[1])
    bare = re.sub(r"[ \u00a0-]", "", scanned)
    if re.fullmatch(r"[0-9]{10}", bare):
        return bare
    raise NotAMemberCode


def is_digits(code: str) -> bool:
    """Tell whether what ``recognise`` returned is the ten digits (to be looked up) or a text (to be read)."""
    return not code.startswith(PREFIX)


def read(text: str, keys: Mapping[int, bytes], *, accept: frozenset[CodeKind], audience: int, now: datetime) -> Code:
    """Check a code and take it apart; nothing in it is believed before the seal is right.

    Version, key, kind, shop and seal are all compared before any of them is answered, so that the answer and
    its time are the same whichever was wrong.

    Raises:
        NotAMemberCode: it is not written like a code.
        UnknownCode: not made by this shop, altered, or made for another use.
        CodeExpired: genuine, but its time is over.

    """
    raw = _bytes(text)
    body, mac = raw[:_BODY], raw[_BODY:]
    key = keys.get(body[0] & 15)
    genuine = hmac.compare_digest(_seal(body, key or _NO_KEY), mac)
    genuine &= hmac.compare_digest(body[2:4], audience.to_bytes(2, "big"))
    genuine &= key is not None and body[0] >> 4 == VERSION and body[1] in accept
    if not genuine:
        raise UnknownCode
    issued_at = datetime.fromtimestamp(int.from_bytes(body[12:16], "big"), UTC)
    code = Code(CodeKind(body[1]), audience, body[4:12], issued_at, body[16:20])
    if not issued_at - CLOCK_SKEW <= now < code.expires_at:
        raise CodeExpired
    return code


def digits(number: int) -> str:
    """Return nine random digits (``number`` below 10**9) and their check digit."""
    nine = f"{number:09}"
    if number < 0 or len(nine) != 9:  # noqa: PLR2004 -- said in the docstring
        raise ValueError("the number has at most nine digits")
    return nine + str(damm(nine))


def check_digits(ten: str) -> str:
    """Return the ten digits if their check digit fits.

    Raises:
        MistypedCode: a slip of the finger; not to be counted as a guess.

    """
    if damm(ten) != 0:
        raise MistypedCode
    return ten


def shown(ten: str) -> str:
    """Return the ten digits as people read them aloud: ``12345 67890``."""
    return f"{ten[:5]} {ten[5:]}"


# Damm's totally anti-symmetric quasigroup of order 10: every single wrong digit and every swap of neighbours shows
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def damm(digits_before: str) -> int:
    """Return the check digit for these digits; 0 for digits that end in their check digit."""
    interim = 0
    for digit in digits_before:
        interim = _DAMM[interim][int(digit)]
    return interim


def _seal(body: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"qr/M1" + body, hashlib.sha256).digest()[:_MAC]


def _text(raw: bytes) -> str:
    return PREFIX + base64.b32encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    # 58 letters of the alphabet are always 36 bytes: decoding cannot fail after this line
    if not re.fullmatch(_TEXT, text):
        raise NotAMemberCode
    raw = base64.b32decode(text.removeprefix(PREFIX) + "======")
    # the last letter carries two spare bits: only the way we write it ourselves is accepted
    if _text(raw) != text:
        raise UnknownCode
    return raw

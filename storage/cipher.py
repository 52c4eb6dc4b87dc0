"""The lock on personal data: what is written is sealed, and only this shop's key file opens it again."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.faults import SealBroken, UnknownKey, WrongKey

Purpose = Literal["data", "index", "qr"]
State = Literal["current", "old"]
Random = Callable[[int], bytes]

FORMAT: Final = b"\x01"
KID_BYTES: Final = 2
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
KEY_BYTES: Final = 32
INDEX_BYTES: Final = 16
KEY_ID_BYTES: Final = 6
PURPOSES: Final[tuple[Purpose, ...]] = ("data", "index", "qr")


@dataclass(frozen=True, slots=True)
class KeyringRow:
    """One key of the shop, itself wrapped under the key file; safe to store beside the data."""

    kid: int
    purpose: Purpose
    state: State
    wrapped: bytes
    created_at: datetime


def key_id(kek: bytes) -> str:
    """Return a short name of a key file, by which people can tell two apart; says nothing about the key itself."""
    return hmac.new(kek, b"memberbot key id", hashlib.sha256).digest()[:KEY_ID_BYTES].hex()


def new_keyring(kek: bytes, *, shop: str, now: datetime, random: Random) -> list[KeyringRow]:
    """Make the first keys of a new database: one for data, one for look-ups, one for member codes."""
    return [
        _wrapped(kek, kid, purpose, shop=shop, now=now, random=random) for kid, purpose in enumerate(PURPOSES, start=1)
    ]


class Cipher:
    """Seals, opens and indexes fields of one shop. Holds plain keys: never log it, never store it."""

    def __init__(
        self, keys: dict[Purpose, dict[int, bytes]], current: dict[Purpose, int], *, shop: str, random: Random
    ) -> None:
        self._data = {kid: AESGCM(key) for kid, key in keys["data"].items()}
        self._index = keys["index"][current["index"]]
        self._qr = keys["qr"]
        self._current = current
        self._shop = shop
        self._random = random

    @classmethod
    def of(cls, kek: bytes, rows: Iterable[KeyringRow], *, shop: str, random: Random) -> Self:
        """Open the keyring; `random` gives n unforeseeable bytes. WrongKey if `kek` does not open it."""
        keys: dict[Purpose, dict[int, bytes]] = {purpose: {} for purpose in PURPOSES}
        current: dict[Purpose, int] = {}
        for row in rows:
            keys[row.purpose][row.kid] = _unwrap(kek, row, shop=shop)
            if row.state == "current":
                current[row.purpose] = row.kid
        missing = [purpose for purpose in PURPOSES if purpose not in current]
        if missing:
            raise UnknownKey(what="The shop", purpose=missing[0], kid="(current)")
        return cls(keys, current, shop=shop, random=random)

    def __repr__(self) -> str:
        return f"<Cipher of {len(self._data)} data keys>"

    @property
    def current_kid(self) -> int:
        """The data key new fields are sealed under."""
        return self._current["data"]

    @property
    def current_qr_kid(self) -> int:
        return self._current["qr"]

    def seal(self, table: str, column: str, row_id: object, plaintext: str) -> bytes:
        """0x01 | key id (2) | nonce (12) | ciphertext | tag (16), bound to this shop, table, column and row."""
        kid = self.current_kid
        nonce = self._random(NONCE_BYTES)
        place = _place(self._shop, table, column, row_id)
        sealed = self._data[kid].encrypt(nonce, plaintext.encode(), place)
        return FORMAT + kid.to_bytes(KID_BYTES) + nonce + sealed

    def open(self, table: str, column: str, row_id: object, blob: bytes) -> str:
        """Return the plain text; SealBroken if not sealed for exactly this place, UnknownKey if its key is gone."""
        where = f"A field of {table}.{column}"
        start = len(FORMAT) + KID_BYTES
        if len(blob) < start + NONCE_BYTES + TAG_BYTES or not blob.startswith(FORMAT):
            raise SealBroken(what=where)
        key = self._data.get(kid_of(blob))
        if key is None:
            raise UnknownKey(what=where, purpose="data", kid=kid_of(blob))
        nonce, sealed = blob[start : start + NONCE_BYTES], blob[start + NONCE_BYTES :]
        try:
            return key.decrypt(nonce, sealed, _place(self._shop, table, column, row_id)).decode()
        except InvalidTag:
            raise SealBroken(what=where) from None

    def index(self, column: str, value: str) -> bytes:
        """16 bytes by which an equal value is found again without storing it; the key is apart from the data's."""
        return hmac.new(self._index, _place(self._shop, column, value), hashlib.sha256).digest()[:INDEX_BYTES]

    @property
    def qr_keys(self) -> Mapping[int, bytes]:
        """Every key member codes were ever signed with, by its id."""
        return self._qr

    def qr_key(self, kid: int) -> bytes:
        """Return the 32-byte key member codes of this key id are signed with; UnknownKey if there is none."""
        if kid not in self._qr:
            raise UnknownKey(what="A member code", purpose="qr", kid=kid)
        return self._qr[kid]


def kid_of(blob: bytes) -> int:
    """Return the id of the data key a sealed field was written under."""
    return int.from_bytes(blob[len(FORMAT) : len(FORMAT) + KID_BYTES])


def _place(*parts: object) -> bytes:
    # Lengths before the parts, so that no two different places ever read the same.
    encoded = [str(part).encode() for part in parts]
    return b"".join(len(part).to_bytes(4) + part for part in encoded)


def _wrapped(kek: bytes, kid: int, purpose: Purpose, *, shop: str, now: datetime, random: Random) -> KeyringRow:
    wrapped = _wrap(kek, random(KEY_BYTES), _place(shop, kid, purpose), random)
    return KeyringRow(kid, purpose, "current", wrapped, now)


def _wrap(kek: bytes, key: bytes, place: bytes, random: Random) -> bytes:
    nonce = random(NONCE_BYTES)
    return bytes.fromhex(key_id(kek)) + nonce + AESGCM(kek).encrypt(nonce, key, place)


def _unwrap(kek: bytes, row: KeyringRow, *, shop: str) -> bytes:
    needed, rest = row.wrapped[:KEY_ID_BYTES].hex(), row.wrapped[KEY_ID_BYTES:]
    if needed != key_id(kek):
        raise WrongKey(needed=needed, found=key_id(kek))
    try:
        return AESGCM(kek).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _place(shop, row.kid, row.purpose))
    except InvalidTag:
        raise SealBroken(what=f"Key {row.kid} ({row.purpose}) of the keyring") from None

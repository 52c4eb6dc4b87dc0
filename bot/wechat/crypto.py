"""Only letters sealed by WeChat are opened, and our answers are sealed the same way (safe mode)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import struct
from collections.abc import Mapping
from datetime import datetime

from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.exceptions import WeChatException

SKEW_SECONDS_MAX = 300
ECHO_LENGTH_MAX = 512
PADDING_MAX = 32  # PKCS#7 with blocks of 32 bytes, as WeChat's own samples pad
# Taken out by pattern, not by an XML parser: nothing unsigned is ever parsed.
ENCRYPT = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?([A-Za-z0-9+/=]{24,})(?:\]\]>)?\s*</Encrypt>")
# Whatever else wechatpy raises on letters that were sealed wrongly.
SPOILT = (WeChatException, ValueError, struct.error, IndexError, KeyError, TypeError)


class Refused(Exception):
    """The push is not believed or not understood. Why is told to nobody: every refusal looks the same outside."""


class StrictCipher(PrpCrypto):  # type: ignore[misc] # wechatpy has no types
    """wechatpy's cipher with true randomness in front and the padding checked whole."""

    def get_random_string(self) -> str:
        return secrets.token_hex(8)

    def decrypt(self, text: str, app_id: str) -> str:
        plain = self.cipher.decrypt(base64.b64decode(text, validate=True))
        padding = plain[-1]
        if not 1 <= padding <= PADDING_MAX or plain[-padding:] != bytes([padding]) * padding:
            raise ValueError("padding")
        return str(super().decrypt(text, app_id))


class StrictCrypto(WeChatCrypto):  # type: ignore[misc] # wechatpy has no types
    """wechatpy's envelope, sealed and opened with the strict cipher."""

    def encrypt_message(self, msg: str, nonce: str, timestamp: str) -> str:
        return str(self._encrypt_message(msg, nonce, timestamp, StrictCipher))

    def decrypt_message(self, msg: Mapping[str, str], signature: str, timestamp: str, nonce: str) -> str:
        return str(self._decrypt_message(msg, signature, timestamp, nonce, StrictCipher))


class Seal:
    """The secrets shared with WeChat's platform page: token, AES key (43 characters) and app id.

    ValueError for an AES key that is none.
    """

    def __init__(self, *, token: str, aes_key: str, app_id: str) -> None:
        self._token = token
        try:
            self._crypto = StrictCrypto(token, aes_key, app_id)
        except (binascii.Error, AssertionError):
            raise ValueError("the WeChat AES key must be the 43 characters of the platform's page") from None

    def __repr__(self) -> str:
        return "Seal(…)"

    def greet(self, query: Mapping[str, str], *, now: datetime) -> str:
        """Return the text to echo to the platform's handshake (its signature is plain in every mode).

        Raises Refused.
        """
        echo = query.get("echostr", "")
        self._check(query, "signature", now=now)
        if not 0 < len(echo) <= ECHO_LENGTH_MAX or not echo.isprintable():
            raise Refused
        return echo

    def open(self, query: Mapping[str, str], body: bytes, *, now: datetime) -> str:
        """Return the XML inside a sealed push; Refused if anything about the envelope is not right.

        The signature is compared first, in constant time, so that nobody without the token learns anything about
        the padding. A plain body is refused because its signature would not cover it.
        """
        found = ENCRYPT.search(body)
        encrypt = found.group(1).decode("ascii") if found else ""
        self._check(query, "msg_signature", encrypt, now=now)
        if not encrypt:
            raise Refused
        envelope = (query["msg_signature"], query["timestamp"], query["nonce"])
        try:
            return str(self._crypto.decrypt_message({"Encrypt": encrypt}, *envelope))
        except SPOILT:
            raise Refused from None

    def close(self, xml: str, *, nonce: str, now: datetime) -> str:
        """Return the sealed answer's XML."""
        return self._crypto.encrypt_message(xml, nonce, str(int(now.timestamp())))

    def _check(self, query: Mapping[str, str], name: str, *signed: str, now: datetime) -> None:
        stamp = query.get("timestamp", "")
        expected = signature(self._token, stamp, query.get("nonce", ""), *signed)
        genuine = hmac.compare_digest(expected.encode(), query.get(name, "").encode("utf-8", "replace"))
        fresh = re.fullmatch(r"[0-9]{1,12}", stamp) and abs(int(stamp) - now.timestamp()) <= SKEW_SECONDS_MAX
        if not genuine or not fresh or not query.get("nonce"):
            raise Refused


def signature(*parts: str) -> str:
    """Return WeChat's signature: the SHA-1 of the sorted parts, in hex (the platform's choice of hash)."""
    joined = b"".join(sorted(part.encode("utf-8", "replace") for part in parts))
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()

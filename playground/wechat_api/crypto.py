"""The locks and seals of WeChat's safe mode, made on our own from the published description."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32  # WeChat pads to 32 bytes although AES works on 16
KEY_LETTERS = 43


class BadSeal(ValueError):
    """The message was not sealed with our keys."""


def sign(*parts: str) -> str:
    """Return WeChat's signature: SHA-1 over the sorted parts joined together."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


class Sealer:
    """Encrypts and decrypts messages of one account (AES-256-CBC, the IV being the key's first half)."""

    def __init__(self, *, token: str, aes_key: str, app_id: str) -> None:
        if len(aes_key) != KEY_LETTERS:
            msg = "the EncodingAESKey has 43 letters"
            raise ValueError(msg)
        self._token = token
        self._app_id = app_id.encode()
        self._key = base64.b64decode(aes_key + "=")

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES256(self._key), modes.CBC(self._key[:16]))

    def signature(self, timestamp: str, nonce: str, encrypted: str = "") -> str:
        """Return the signature of a request (without ``encrypted``) or of a sealed message."""
        return sign(self._token, timestamp, nonce, *([encrypted] if encrypted else []))

    def seal(self, message: str) -> str:
        """Return the message encrypted, as base64; differs each time."""
        content = message.encode()
        plain = secrets.token_bytes(16) + struct.pack("!I", len(content)) + content + self._app_id
        missing = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([missing]) * missing) + encryptor.finalize()).decode()

    def unseal(self, encrypted: str) -> str:
        """Return what was encrypted; BadSeal when padding, length or app id are not ours."""
        try:
            hidden = base64.b64decode(encrypted, validate=True)
            decryptor = self._cipher().decryptor()
            plain = _unpadded(decryptor.update(hidden) + decryptor.finalize())
            (length,) = struct.unpack("!I", plain[16:20])
            content, app_id = plain[20 : 20 + length], plain[20 + length :]
            if not hmac.compare_digest(app_id, self._app_id):
                raise BadSeal("the app id inside is another one")
            return content.decode()
        except (binascii.Error, struct.error, UnicodeDecodeError, ValueError) as wrong:
            raise BadSeal(str(wrong)) from wrong

    def checked(self, encrypted: str, *, timestamp: str, nonce: str, signature: str) -> str:
        """Return what was encrypted after checking its signature; BadSeal when either is wrong."""
        if not hmac.compare_digest(self.signature(timestamp, nonce, encrypted).encode(), signature.encode()):
            raise BadSeal("MsgSignature is wrong")
        return self.unseal(encrypted)


def _unpadded(plain: bytes) -> bytes:
    missing = plain[-1] if plain else 0
    if not 1 <= missing <= BLOCK or plain[-missing:] != bytes([missing]) * missing:
        raise BadSeal("the padding is wrong")
    return plain[:-missing]

"""What is sealed opens only with this shop's key and only in its own place."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.cipher import Cipher, KeyringRow, key_id, kid_of, new_keyring
from storage.faults import KeyFileBroken, KeyFileMissing, KeyFileOpen, SealBroken, UnknownKey, WrongKey
from storage.key_file import make_key_file, read_key_file
from tests.databases import KEK, SHOP, counting_random, make_cipher

OTHER_KEK = bytes(32)


@pytest.fixture
def keyring(now: datetime) -> list[KeyringRow]:
    return new_keyring(KEK, shop=SHOP, now=now, random=counting_random())


def opened(rows: list[KeyringRow], *, kek: bytes = KEK, shop: str = SHOP) -> Cipher:
    return Cipher.of(kek, rows, shop=shop, random=counting_random())


@given(st.text())
def test_what_was_sealed_opens_again(text: str) -> None:
    cipher = make_cipher()
    assert cipher.open("members", "name", 7, cipher.seal("members", "name", 7, text)) == text


def test_a_sealed_field_has_the_published_shape(cipher: Cipher) -> None:
    blob = cipher.seal("members", "name", 7, "王小明")
    assert blob[0] == 1
    assert kid_of(blob) == cipher.current_kid
    assert len(blob) == 1 + 2 + 12 + len("王小明".encode()) + 16


@pytest.mark.parametrize(
    "place",
    [("staff", "name", 7), ("members", "phone", 7), ("members", "name", 8), ("member", "sname", 7)],
    ids=["another table", "another column", "another row", "a place that only reads alike"],
)
def test_a_field_moved_elsewhere_does_not_open(cipher: Cipher, place: tuple[str, str, int]) -> None:
    blob = cipher.seal("members", "name", 7, "王小明")
    with pytest.raises(SealBroken):
        cipher.open(*place, blob)
    assert cipher.open("members", "name", 7, blob) == "王小明"


def test_any_flipped_bit_is_noticed(cipher: Cipher) -> None:
    blob = cipher.seal("members", "name", 7, "x")
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((SealBroken, UnknownKey)):
            cipher.open("members", "name", 7, bytes(changed))


def test_what_is_too_short_to_be_sealed_is_refused(cipher: Cipher) -> None:
    with pytest.raises(SealBroken):
        cipher.open("members", "name", 7, b"\x01\x00\x01")


def test_the_keys_of_another_shop_do_not_open(keyring: list[KeyringRow]) -> None:
    with pytest.raises(SealBroken):
        opened(keyring, shop="other-shop")


def test_a_wrong_key_file_is_named_with_the_one_that_is_needed(keyring: list[KeyringRow]) -> None:
    with pytest.raises(WrongKey, match=rf"needs the key {key_id(KEK)}.*holds {key_id(OTHER_KEK)}"):
        opened(keyring, kek=OTHER_KEK)


def test_a_changed_keyring_row_is_noticed(keyring: list[KeyringRow]) -> None:
    first, *rest = keyring
    with pytest.raises(SealBroken):
        opened([replace(first, purpose="qr"), *rest])


def test_a_keyring_without_a_current_key_is_refused(keyring: list[KeyringRow]) -> None:
    with pytest.raises(UnknownKey):
        opened([row for row in keyring if row.purpose != "index"])


def test_a_field_whose_key_is_gone_names_that_key(cipher: Cipher) -> None:
    blob = cipher.seal("members", "name", 7, "before")
    with pytest.raises(UnknownKey, match="data key 9"):
        cipher.open("members", "name", 7, blob[:1] + (9).to_bytes(2) + blob[3:])


def test_equal_values_have_equal_indexes_in_one_column_only(cipher: Cipher, keyring: list[KeyringRow]) -> None:
    index = cipher.index("phone", "+8613800138000")
    assert len(index) == 16
    assert index == opened(keyring).index("phone", "+8613800138000")
    assert index != cipher.index("phone", "+8613800138001")
    assert index != cipher.index("external_id", "+8613800138000")


def test_member_code_keys_are_found_by_their_id(cipher: Cipher) -> None:
    assert cipher.current_qr_kid == 3
    assert len(cipher.qr_key(3)) == 32
    with pytest.raises(UnknownKey):
        cipher.qr_key(1)


def test_a_cipher_does_not_show_its_keys(cipher: Cipher) -> None:
    assert repr(cipher) == "<Cipher of 1 data keys>"


def test_a_key_file_is_private_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "data" / "memberbot.key"
    key = make_key_file(path, random=lambda size: bytes(range(size)))
    assert read_key_file(path) == key == bytes(range(32))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "memberbot.key"
    key = make_key_file(path, random=counting_random())
    with pytest.raises(FileExistsError):
        make_key_file(path, random=counting_random())
    assert read_key_file(path) == key
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_key_file_others_may_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "memberbot.key"
    make_key_file(path, random=counting_random())
    path.chmod(mode)
    with pytest.raises(KeyFileOpen, match=f"chmod 600 {path}"):
        read_key_file(path)


def test_a_missing_key_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(KeyFileMissing, match=r"memberbot\.key"):
        read_key_file(tmp_path / "memberbot.key")


@pytest.mark.parametrize("text", ["", "zz" * 32, "ab" * 31, "ab" * 33])
def test_a_file_that_holds_no_key_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "memberbot.key"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(KeyFileBroken) as refused:
        read_key_file(path)
    assert not text or text not in str(refused.value)

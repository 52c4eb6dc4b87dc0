"""Everything that can be wrong with the memory itself, each with the words that help."""

from __future__ import annotations

from typing import ClassVar


class Fault(Exception):
    """The memory cannot be opened, read or trusted; `text` is what the person at the machine is told."""

    text: ClassVar[str]

    def __init__(self, **facts: object) -> None:
        super().__init__(self.text.format(**facts))


# ---- the address and the machine
class UnknownDatabase(Fault):
    """The address is neither a SQLite file nor a PostgreSQL server. It is not repeated: it may hold a password."""

    text = "The database must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."


class SQLiteTooOld(Fault):
    """No SQLite on this machine is new enough to keep acknowledged data."""

    text = (
        "SQLite {version} can lose committed data; {needed} or newer is needed. "
        "Install the package pysqlite3 0.6.1 or newer, or use PostgreSQL."
    )


class NetworkDisk(Fault):
    """The file lies on a network disk, where SQLite's locks and shared memory cannot be trusted."""

    text = "{path} lies on a network disk ({kind}). Put it on a local disk, or use PostgreSQL."


class DatabaseInUse(Fault):
    """Another server works on this file."""

    text = "The database {path} is in use by {holder}. Stop it first."


# ---- the file
class DatabaseMissing(Fault):
    """There is no database or backup of that name."""

    text = "There is no file {path}."


class DatabaseDamaged(Fault):
    """The file is not what SQLite wrote; nothing was served from it."""

    text = (
        "{path} is damaged: {findings}. Nothing was changed. "
        "Stop the server and run `memberbot restore` with the newest good backup."
    )


class BackupUnsigned(Fault):
    """The backup's SHA-256 is not beside it, so a changed byte could not be seen."""

    text = "{digest} is missing beside {path}, so nobody can tell whether the backup is as it was written."


class ForeignKeysBroken(Fault):
    """After a change of the tables some rows pointed at rows that do not exist; the change was undone."""

    text = "{count} rows point at missing rows, the first in table {table}. The change of the tables was undone."


# ---- one unit of work
class ReadTooLong(Fault):
    """A read held its snapshot longer than its limit and was ended, so that the write-ahead log can shrink again."""

    text = "A read took longer than {seconds:g} seconds and was ended."


class TransactionLost(Fault):
    """A unit ended the transaction it ran in; nothing of it was kept."""

    text = "The transaction was ended from inside the unit."


class DatabaseClosed(Fault):
    """The database was closed before this was asked of it."""

    text = "The database is closed."


# ---- the keys
class NoCipher(Fault):
    """Something sealed was asked for before the database was given its keys."""

    text = "The database has no keys yet."


class KeyFileMissing(Fault):
    """There is no key file, and one is never made for a database that already has a key."""

    text = (
        "There is no key file {path}. Put back the one this database was made with; `memberbot init` makes a new one."
    )


class KeyFileOpen(Fault):
    """Others on this machine may read the key file."""

    text = "Others may read the key file {path} (mode {mode:04o}). Run: chmod 600 {path}"


class KeyFileBroken(Fault):
    """The file does not hold a key."""

    text = "{path} is not a key file: it must hold 64 hexadecimal digits. Put back the right one from its copy."


class WrongKey(Fault):
    """The key file is not the one this database was written with."""

    text = (
        "This database needs the key {needed}, but the key file holds {found}. "
        "Put the right key file back; nothing was changed."
    )


class UnknownKey(Fault):
    """Something was sealed or signed under a key the keyring does not have."""

    text = "{what} needs the {purpose} key {kid}, which the keyring does not have."


class SealBroken(Fault):
    """A sealed field was changed, moved here from another place, or is not sealed at all."""

    text = "{what} was changed, or moved here from another place."

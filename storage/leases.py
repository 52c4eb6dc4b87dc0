"""Who may do a thing alone for a while, how far a job has come, and until when an account must keep silent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from storage.database import Tx
from storage.tables import leases, watermarks

HALT = "halt:"


def hold(tx: Tx, name: str, owner: str, *, until: datetime, now: datetime) -> int | None:
    """Take the lease, or keep it, and return its epoch; None while somebody else holds it.

    The epoch grows with every change of hands, so a holder that slept too long can be told from the new one.
    """
    values = {"name": name, "owner": owner, "epoch": 1, "until": until}
    if tx.insert_once(leases, values):
        return 1
    mine = update(leases).where(leases.c.name == name, leases.c.owner == owner)
    kept = tx.scalar(mine.values(until=until).returning(leases.c.epoch))
    if kept is not None:
        return int(kept)
    free = update(leases).where(leases.c.name == name, leases.c.until <= now)
    taken = free.values(owner=owner, epoch=leases.c.epoch + 1, until=until).returning(leases.c.epoch)
    epoch = tx.scalar(taken)
    return None if epoch is None else int(epoch)


def release(tx: Tx, name: str, owner: str, *, now: datetime) -> None:
    """Give the lease back early, so that the next one need not wait."""
    tx.execute(update(leases).where(leases.c.name == name, leases.c.owner == owner).values(until=now))


def watermark(tx: Tx, job: str) -> datetime | None:
    """Return how far this job has come, or None where it never ran; nobody else moves it before the commit."""
    found = select(watermarks.c.at).where(watermarks.c.job == job)
    at: datetime | None = tx.scalar(found.with_for_update() if tx.dialect == "postgresql" else found)
    return at


def advance(tx: Tx, job: str, at: datetime) -> None:
    """Note how far this job has come; it never goes back."""
    if not tx.insert_once(watermarks, {"job": job, "at": at}):
        tx.execute(update(watermarks).where(watermarks.c.job == job, watermarks.c.at < at).values(at=at))


def halt(tx: Tx, account: str, until: datetime) -> None:
    """Let nothing leave by this account before ``until``: the platform asked for it."""
    advance(tx, f"{HALT}{account}", until)


def halts(tx: Tx, now: datetime) -> dict[str, datetime]:
    """Return the accounts that must keep silent now, each with the end of its silence."""
    found = select(watermarks).where(watermarks.c.job.startswith(HALT, autoescape=True), watermarks.c.at > now)
    return {row.job.removeprefix(HALT): row.at for row in tx.all(found)}


def forget_halts(tx: Tx, now: datetime) -> None:
    """Drop silences that are over."""
    silences = watermarks.c.job.startswith(HALT, autoescape=True)
    tx.execute(delete(watermarks).where(silences, watermarks.c.at <= now))

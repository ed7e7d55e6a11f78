"""Copies of one's own data: all that the school holds about a person, as JSON with their files, in one zip.

A request is a row; the worker makes the file and says when it is there. What stands in it is declared in `privacy.py`.
"""

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from typing import IO, Any, BinaryIO
from uuid import UUID

import structlog
from sqlalchemy import delete, select

from elearn import clock
from elearn.errors import Conflict, NotFound
from elearn.extensions import current_settings, db
from elearn.integrations import rate_limits, waking
from elearn.integrations.storage import storage
from elearn.languages import _
from elearn.models import ActivityKind, Export, ExportState, NotificationKind, User, uuid7
from elearn.permissions import Action, Actor, require
from elearn.services import activity, erasure, notifications, outbox
from elearn.services.privacy import HOLDINGS, Holding, Person
from elearn.transaction import after_commit, taken_means, transactional

log = structlog.get_logger(__name__)

WORK = "exports.make"
SHELF, SUFFIX = "exports", ".zip"
MIMETYPE = "application/zip"
PAGE = "/you/data"
A_DAY = "3/day"
BATCH = 1000
IN_ORDER_OF = frozenset({"at", "created_at", "sent_at", "seq", "line"})
# One that waits so long lost its worker; one that waits longer than that cannot be made.
STILL, GIVEN_UP = timedelta(minutes=1), timedelta(hours=2)


# Asking


def request(actor: User) -> Export:
    """Ask for a copy of one's own data; the worker makes it. One at a time, and a few on one day."""
    require(actor, Action.EDIT_PROFILE, actor)
    if _newest(actor, ExportState.WAITING) is not None:
        raise Conflict("waiting", _("A copy of your data is being put together already."))
    rate_limits.spend(A_DAY, "export", str(actor.id))
    return db.session.get_one(Export, _request(actor))


@transactional
def _request(actor: User) -> UUID:
    export_id = uuid7()
    with taken_means("user_id", "waiting", _("A copy of your data is being put together already."), "export"):
        db.session.add(Export(id=export_id, user_id=actor.id))
    activity.record(ActivityKind.EXPORTED, actor, subject=actor, what="own data")
    log.info("export_asked", user=str(actor.id))
    waking.wake(WORK, str(export_id))
    return export_id


def latest(actor: User) -> Export | None:
    """Return the copy that is on its way, or the one to download."""
    require(actor, Action.EDIT_PROFILE, actor)
    return _newest(actor, ExportState.WAITING) or _newest(actor, ExportState.READY, ExportState.FAILED)


def _newest(actor: User, *states: ExportState) -> Export | None:
    query = select(Export).where(Export.user_id == actor.id, Export.state.in_(states)).order_by(Export.id.desc())
    found = db.session.scalar(query.limit(1))
    return None if found is not None and found.expires_at is not None and found.expires_at <= clock.now() else found


def open_file(actor: User) -> tuple[BinaryIO, str]:
    """Return one's own copy and the name under which a browser keeps it; raises `NotFound` when there is none."""
    require(actor, Action.EDIT_PROFILE, actor)
    found = _newest(actor, ExportState.READY)
    if found is None or found.file is None or found.ready_at is None:
        raise NotFound(_("There is no copy of your data to download. Ask for one."))
    return storage().open(SHELF, found.file), f"elearn-{actor.username}-{found.ready_at:%Y-%m-%d}{SUFFIX}"


# Making, by the worker


def make(export_id: UUID) -> None:
    """Put a copy together and tell its owner; once more, or by two workers at once, comes to the same."""
    found = db.session.execute(
        select(Export.state, User).join(User, User.id == Export.user_id).where(Export.id == export_id)
    ).one_or_none()
    if found is None or found[0] is not ExportState.WAITING or found[1].deleted_at is not None:
        return
    with tempfile.TemporaryFile() as file:
        write(found[1], file)
        size = file.tell()
        file.seek(0)
        name = storage().save(SHELF, SUFFIX, file.read())
    if not _finish(export_id, name, size):
        storage().delete(SHELF, name)


@transactional
def _finish(export_id: UUID, name: str, size: int) -> bool:
    """Name the file that was made, unless somebody was faster or the account has gone."""
    export = db.session.get(Export, export_id, with_for_update=True)
    if export is None or export.state is not ExportState.WAITING:
        return False
    user = db.session.get_one(User, export.user_id)
    days, now = current_settings().export_days, clock.now()
    _forget(Export.user_id == user.id, Export.id != export.id)
    export.state, export.file, export.size = ExportState.READY, name, size
    export.ready_at, export.expires_at = now, now + timedelta(days=days)
    if user.is_verified:
        outbox.post("export_ready", outbox.to(user), {"days": days, "path": PAGE})
    notifications.notify(NotificationKind.ACCOUNT, [user.id], event="export_ready", path=PAGE)
    log.info("export_made", user=str(user.id), size=size)
    return True


def write_for(actor: Actor, user_id: UUID, file: IO[bytes]) -> None:
    """Write somebody's copy into a file, for whoever has the terminal of the server."""
    user = db.session.get(User, user_id)
    if user is None or user.deleted_at is not None:
        raise NotFound(_("This person is not here any more."))
    require(actor, Action.EDIT_PROFILE, user)
    write(user, file)
    _record(actor, user_id)


@transactional
def _record(actor: Actor, user_id: UUID) -> None:
    activity.record(ActivityKind.EXPORTED, actor, subject=db.session.get(User, user_id), what="own data")


# What stands in it


def write(user: User, file: IO[bytes]) -> None:
    """Write the zip: `data.json` row by row, however much it is, and the files beside it."""
    names = erasure.person(user)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("data.json", "w", force_zip64=True) as out:
            out.write(b'{\n"about": ' + _json(_about(user)))
            for holding in sorted(HOLDINGS, key=lambda one: one.model is not User):  # who it is about stands first
                if holding.section:
                    out.write(f',\n"{holding.section}": ['.encode())
                    for number, row in enumerate(_rows(holding, names)):
                        out.write((b",\n" if number else b"\n") + _json(row))
                    out.write(b"\n]")
            out.write(b"\n}\n")
        if user.photo:
            with storage().open("photos", user.photo) as photo, archive.open(f"files/{user.photo}", "w") as out:
                shutil.copyfileobj(photo, out)


def _about(user: User) -> dict[str, Any]:
    return {
        "school": current_settings().school_name,
        "person": user.full_name,
        "made_at": clock.now(),
        "times": "UTC",
        "files": [f"files/{user.photo}"] if user.photo else [],
    }


def _rows(holding: Holding, names: Person) -> Iterator[dict[str, Any]]:
    columns = [getattr(holding.model, name) for name in holding.told.split()]
    more = [expression.label(name) for name, expression in holding.more.items()]
    times = [column for column in columns if column.key in IN_ORDER_OF]
    query = select(*columns, *more).where(holding.whose(names))
    query = query.order_by(*times, *holding.model.__table__.primary_key.columns)
    for row in db.session.execute(query.execution_options(yield_per=BATCH)):
        yield dict(row._mapping)  # noqa: SLF001 - the public way to the names of a row


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=_plain).encode()


def _plain(value: Any) -> Any:
    """Write what JSON does not know: times in UTC, enums by value, ids."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else str(value)


# What keeps it tidy


def resume() -> None:
    """Wake the worker for what another one left in the middle."""
    left = select(Export.id).where(Export.state == ExportState.WAITING, Export.created_at < clock.now() - STILL)
    for export_id in db.session.scalars(left).all():
        waking.wake(WORK, str(export_id))


@transactional
def sweep() -> None:
    """Drop copies whose time is over, with their files, and give up those that cannot be made."""
    now = clock.now()
    _forget(Export.expires_at < now)
    lost = select(Export).where(Export.state == ExportState.WAITING, Export.created_at < now - GIVEN_UP)
    for export in db.session.scalars(lost):
        export.state, export.expires_at = ExportState.FAILED, now + timedelta(days=current_settings().export_days)
        log.warning("export_failed", user=str(export.user_id))


def _forget(*which: Any) -> None:
    """Drop these rows, and their files once that is committed."""
    names = db.session.scalars(select(Export.file).where(*which, Export.file.is_not(None))).all()
    db.session.execute(delete(Export).where(*which))
    shelf = storage()
    for name in names:
        after_commit(lambda name=name: shelf.delete(SHELF, name or ""))  # type: ignore[misc]

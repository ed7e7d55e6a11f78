"""The long work of an import, in batches of their own transactions: what is done stays done, and may be done again.

A worker that dies leaves its import as it is; whoever takes it up again goes on behind the last batch.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from elearn import clock
from elearn.errors import DomainError, Forbidden
from elearn.extensions import db
from elearn.integrations import csv_reading, waking
from elearn.integrations.csv_reading import Row
from elearn.integrations.storage import storage
from elearn.languages import in_language
from elearn.models import ActivityKind, ImportRowState, ImportState, InvitationImport, InvitationImportRow, User
from elearn.services import activity, invitation_rows, invitations
from elearn.services.invitation_rows import Judge, Judgement
from elearn.services.invitations import OutcomeState
from elearn.transaction import after_commit, transactional, upsert

log = structlog.get_logger(__name__)

BATCH = 500
SHELF = "imports"
CHECK, RUN = "invitation_imports.check", "invitation_imports.run"
KEPT = timedelta(days=30)
# An import that has not moved for so long lost its worker.
STILL = timedelta(seconds=60)
GOOD = (ImportRowState.OK, ImportRowState.WARNING)
LEFT_OUT = (ImportRowState.ERROR, ImportRowState.REFUSED)

Tell = Callable[[int, int], None]


def say_nothing(_done: int, _total: int) -> None:
    """Work without telling how far it is."""


def batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def find(import_id: UUID, *, lock: bool = False) -> InvitationImport | None:
    """Return the import with whoever invites, whoever asks; `lock` keeps others from working on it meanwhile."""
    query = (
        select(InvitationImport)
        .options(joinedload(InvitationImport.invited_by, innerjoin=True))
        .where(InvitationImport.id == import_id)
    )
    if lock:
        query = query.with_for_update(of=InvitationImport)
    return db.session.scalar(query.execution_options(populate_existing=True))


# Checking


def check(import_id: UUID, tell: Tell = say_nothing) -> None:
    """Judge the rows of the stored file; once more, or by two workers at once, comes to the same."""
    found = find(import_id)
    if found is None or found.state is not ImportState.CHECKING:
        return
    total, language = found.total, found.invited_by.language
    judge = judge_of(found)
    try:
        with storage().open(SHELF, found.file or "") as file:
            table = csv_reading.open_table(csv_reading.take(file), invitation_rows.SHAPE)
        with in_language(language):
            for batch in batches(table.rows()):
                if not _keep(import_id, judge.judge(batch), judge.rows):
                    return
                tell(judge.rows, total)
    except DomainError as error:
        _fail(import_id, error.message)
    else:
        _finish_check(import_id, judge)


def judge_of(found: InvitationImport) -> Judge:
    return Judge(found.invited_by_id, tuple(UUID(course_id) for course_id in found.course_ids))


def add_rows(import_id: UUID, judged: Sequence[tuple[Row, Judgement]]) -> None:
    """Write rows with what was found; those that are there already stay."""
    values = [invitation_rows.as_values(import_id, row, found) for row, found in judged]
    db.session.execute(upsert(InvitationImportRow).values(values).on_conflict_do_nothing())


def conclude(found: InvitationImport, judge: Judge) -> None:
    """Say what the check found out; the file has told all that it knows."""
    now = clock.now()
    found.state, found.changed_at = ImportState.CHECKED, now
    found.total, found.done = judge.rows, 0
    found.good, found.warned, found.bad = judge.good, judge.warned, judge.bad
    found.facts = {**found.facts, "expected": judge.outcomes}
    _note_forbidden(found, judge.forbidden)
    drop_file(found)
    log.info("import_checked", id=str(found.id), rows=judge.rows, bad=judge.bad)


def _note_forbidden(found: InvitationImport, number: int) -> None:
    """Write one line for all the roles of a list that were not the inviter's to give."""
    if number:
        inviter, about = db.session.get_one(User, found.invited_by_id), (found.id, found.file_name)
        activity.record(ActivityKind.REFUSED, inviter, about=about, tried="invite", count=number)


def drop_file(found: InvitationImport) -> None:
    """Delete the file, once the row does not name it any more."""
    name, found.file = found.file, None
    if name is not None:
        shelf = storage()
        after_commit(lambda: shelf.delete(SHELF, name))


@transactional
def _keep(import_id: UUID, judged: Sequence[tuple[Row, Judgement]], done: int) -> bool:
    found = find(import_id, lock=True)
    if found is None or found.state is not ImportState.CHECKING:
        return False
    add_rows(import_id, judged)
    found.done, found.changed_at = max(found.done, done), clock.now()
    return True


@transactional
def _finish_check(import_id: UUID, judge: Judge) -> None:
    found = find(import_id, lock=True)
    if found is not None and found.state is ImportState.CHECKING:
        conclude(found, judge)


@transactional
def _fail(import_id: UUID, message: str) -> None:
    found = find(import_id, lock=True)
    if found is not None and found.state in {ImportState.CHECKING, ImportState.RUNNING}:
        stop(found, message)


def stop(found: InvitationImport, message: str) -> None:
    """End an import for good; what was done stays done."""
    found.state, found.error = ImportState.FAILED, message[:500]
    found.changed_at = found.finished_at = clock.now()
    drop_file(found)
    log.info("import_failed", id=str(found.id))


# Inviting


def run(import_id: UUID, tell: Tell = say_nothing) -> None:
    """Invite the good rows of a confirmed import, batch by batch; once more goes on where it stopped."""
    found = find(import_id)
    if found is None:
        return
    with in_language(found.invited_by.language):
        while (at := _run_batch(import_id)) is not None:
            tell(*at)


@transactional
def _run_batch(import_id: UUID) -> tuple[int, int] | None:
    """Do the next rows, and return how far it is; nothing when there are none left."""
    found = find(import_id, lock=True)
    if found is None or found.state is not ImportState.RUNNING:
        return None
    query = (
        select(InvitationImportRow)
        .where(InvitationImportRow.import_id == import_id, InvitationImportRow.state.in_(GOOD))
        .order_by(InvitationImportRow.line)
        .limit(BATCH)
    )
    rows = db.session.scalars(query).all()
    found.changed_at = clock.now()
    if not rows:
        found.state, found.finished_at = ImportState.DONE, found.changed_at
        log.info("import_done", id=str(import_id), rows=found.done, **found.facts.get("came", {}))
        return None
    try:
        judged = _invite(found, rows)
    except Forbidden as error:
        stop(found, error.message)
        return None
    _write_down(found, rows, judged)
    return found.done, found.total - found.bad


def _invite(found: InvitationImport, rows: Sequence[InvitationImportRow]) -> list[Judgement]:
    actor: User = found.invited_by
    cells = [{name: getattr(row, name) for name in invitation_rows.COLUMNS} for row in rows]
    reading = invitation_rows.Reading(actor, cells, [UUID(course_id) for course_id in found.course_ids])
    wishes = [reading.wish(one) for one in cells]
    wanted = [wish for wish in wishes if not isinstance(wish, Judgement)]
    _note_forbidden(found, sum(reading.forbids(one) for one in cells))
    outcomes = iter(invitations.invite_all(actor, wanted, import_id=found.id, message=found.message))
    judged = [
        wish if isinstance(wish, Judgement) else invitation_rows.judgement(next(outcomes), is_done=True)
        for wish in wishes
    ]
    return [_once(row, one) for row, one in zip(rows, judged, strict=True)]


def _once(row: InvitationImportRow, judged: Judgement) -> Judgement:
    """Count people once who join several courses, each named in a row of its own."""
    is_again = judged.outcome is OutcomeState.ENROLLED and row.facts.get("repeated")
    return replace(judged, outcome=OutcomeState.ALREADY_HERE) if is_again else judged


def _write_down(found: InvitationImport, rows: Sequence[InvitationImportRow], judged: Sequence[Judgement]) -> None:
    came: dict[str, int] = dict(found.facts.get("came", {}))
    values = []
    for row, judgement in zip(rows, judged, strict=True):
        is_refused = judgement.state is ImportRowState.ERROR
        outcome = OutcomeState.REFUSED if is_refused else judgement.outcome or OutcomeState.REFUSED
        came[outcome.value] = came.get(outcome.value, 0) + 1
        values.append(
            {
                "import_id": row.import_id,
                "line": row.line,
                **{name: getattr(row, name) for name in invitation_rows.COLUMNS},
                "state": ImportRowState.REFUSED if is_refused else ImportRowState.DONE,
                "field": judgement.column,
                "reason": judgement.reason[:500],
                "facts": invitation_rows.facts_of(judgement),
                "invitation_id": judgement.invitation_id,
            }
        )
    # One statement for all of them: an UPDATE for each row would cross the wire 500 times.
    statement = upsert(InvitationImportRow).values(values)
    changed = {name: statement.excluded[name] for name in ("state", "field", "reason", "facts", "invitation_id")}
    keys = [InvitationImportRow.import_id, InvitationImportRow.line]
    db.session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))
    found.facts = {**found.facts, "came": came}
    found.done += len(values)


# What keeps it tidy


def resume() -> None:
    """Take up again what a worker left in the middle."""
    is_left = (
        InvitationImport.state.in_((ImportState.CHECKING, ImportState.RUNNING)),
        InvitationImport.changed_at < clock.now() - STILL,
    )
    left = db.session.execute(select(InvitationImport.id, InvitationImport.state).where(*is_left)).all()
    for import_id, state in left:
        waking.wake(CHECK if state is ImportState.CHECKING else RUN, str(import_id))


@transactional
def sweep() -> None:
    """Forget imports that nobody has touched for 30 days, with their files; the invitations stay."""
    old = InvitationImport.changed_at < clock.now() - KEPT
    files = db.session.scalars(select(InvitationImport.file).where(old, InvitationImport.file.is_not(None))).all()
    db.session.execute(delete(InvitationImport).where(old))
    shelf = storage()
    for name in files:
        after_commit(lambda name=name: shelf.delete(SHELF, name or ""))  # type: ignore[misc]

"""Lists of people to invite, from a CSV file: first a preview that changes nothing, then all the good rows."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import dataclass
from typing import BinaryIO, Literal
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Select, case, delete, func, or_, select
from sqlalchemy.orm import joinedload

from elearn import clock
from elearn.errors import Conflict, Forbidden, Hidden, Invalid, NotFound
from elearn.extensions import db
from elearn.integrations import csv_reading, rate_limits, waking
from elearn.integrations.csv_files import write_csv
from elearn.integrations.csv_reading import Table
from elearn.integrations.offload import offload
from elearn.integrations.storage import storage
from elearn.languages import _
from elearn.models import (
    Course,
    CourseState,
    ImportRowState,
    ImportState,
    InvitationImport,
    InvitationImportRow,
    Role,
    User,
)
from elearn.permissions import Action, Actor, can, require
from elearn.services import courses, invitation_batches, invitation_rows, invitations
from elearn.services.activity import leaves_trace
from elearn.services.invitation_batches import BATCH, CHECK, LEFT_OUT, RUN, SHELF
from elearn.services.invitation_rows import COLUMNS, Judgement
from elearn.services.invitations import OutcomeState
from elearn.services.paging import Page, paginate
from elearn.transaction import transactional

__all__ = ["BYTES_MAX", "Shown"]

log = structlog.get_logger(__name__)

BYTES_MAX = csv_reading.BYTES_MAX
PER_PAGE = 50
COURSES_MAX = 20
FILE_NAME_MAX = 200
SUFFIX = ".csv"
# Each list is read, judged and kept with all its rows, so nobody leaves many of them about.
LISTS, WAITING_MAX = "20/hour", 10

# What can be looked at alone: all, what to look at (done or not), what is left out, what is done.
Shown = Literal["", "look", "out", "done"]
_IS: dict[str, ColumnElement[bool]] = {
    "look": or_(
        InvitationImportRow.state == ImportRowState.WARNING,
        (InvitationImportRow.state == ImportRowState.DONE) & InvitationImportRow.facts["look"].as_string().is_not(None),
    ),
    "out": InvitationImportRow.state.in_(LEFT_OUT),
    "done": InvitationImportRow.state == ImportRowState.DONE,
}
_WORST_FIRST = case(
    (InvitationImportRow.state.in_(LEFT_OUT), 0),
    (InvitationImportRow.state == ImportRowState.WARNING, 1),
    (InvitationImportRow.state == ImportRowState.OK, 2),
    else_=3,
)


@dataclass(frozen=True)
class Preview:
    """Hold what the page of an import shows: the import, one page of its rows, and how many there are of each kind."""

    head: InvitationImport
    rows: Page[InvitationImportRow]
    counts: dict[str, int]
    may_confirm: bool

    @property
    def numbers(self) -> dict[str, int]:
        """Return how many people each outcome has, or would have."""
        return numbers(self.head)


# Beginning


def start(
    actor: Actor,
    *,
    file_name: str,
    stream: BinaryIO,
    course_ids: Sequence[UUID] = (),
    message: str = "",
    in_job: bool = True,
) -> InvitationImport:
    """Read a file and say what inviting its people would come to; nobody is invited yet.

    A long file is checked by the worker; with `in_job` off the caller checks it. Raises `Invalid` for what cannot be
    read as a whole, and `Conflict` while too many lists of the same person wait to be confirmed.
    """
    inviter = _inviter(actor)
    rate_limits.spend(LISTS, "import", str(inviter.id))
    data = csv_reading.take(stream)
    # In a native thread, and in the language of the reader there too.
    table, rows = offload(copy_context().run, _survey, data)
    found = InvitationImport(
        invited_by_id=inviter.id,
        file_name=_clean_file_name(file_name),
        message=invitations.clean_message(message),
        course_ids=[str(course_id) for course_id in _open_courses(inviter, course_ids)],
        total=rows,
        facts={"encoding": table.encoding, "ignored": list(table.ignored[:10])},
    )
    found = _check_now(found, table) if rows <= BATCH else _check_later(found, data, in_job=in_job)
    log.info("import_started", id=str(found.id), by=str(inviter.id), rows=rows)
    return _again(found.id)


def _inviter(actor: Actor) -> User:
    require(actor, Action.INVITE, Role.STUDENT)
    if not isinstance(actor, User):
        raise Forbidden(_("An invitation comes from a person. Name who invites."))
    return actor


def _survey(data: bytes) -> tuple[Table, int]:
    table = csv_reading.open_table(data, invitation_rows.SHAPE)
    return table, sum(1 for _row in table.rows())


def _clean_file_name(name: str) -> str:
    name = " ".join(name.replace("\\", "/").rpartition("/")[2].split())
    return "".join(letter for letter in name if letter.isprintable())[-FILE_NAME_MAX:] or _("list.csv")


def _open_courses(actor: User, course_ids: Sequence[UUID]) -> list[UUID]:
    """Return the courses for every row, if the actor may enrol people in them."""
    wanted = list(dict.fromkeys(course_ids))
    if len(wanted) > COURSES_MAX:
        raise Invalid("invalid", _("Choose at most %(most)s courses.", most=COURSES_MAX), field="course_ids")
    for course_id in wanted:
        try:
            course = courses.get(actor, course_id, Action.MANAGE_STUDENTS)
        except (NotFound, Forbidden) as error:
            raise Invalid("invalid", _("You can only invite into your own courses."), field="course_ids") from error
        if not course.is_published:
            reason = _("%(course)s is not open. Publish it first.", course=course.title)
            raise Invalid("invalid", reason, field="course_ids")
    return wanted


@transactional
def _check_now(found: InvitationImport, table: Table) -> InvitationImport:
    """Check a short file at once: the preview is there whole, or nothing is."""
    _add(found)
    judge = invitation_batches.judge_of(found)
    for batch in invitation_batches.batches(table.rows()):
        invitation_batches.add_rows(found.id, judge.judge(batch))
    invitation_batches.conclude(found, judge)
    return found


def _add(found: InvitationImport) -> None:
    """Keep a list, unless too many of its inviter wait; who sends two at once stands in line here."""
    db.session.execute(select(User.id).where(User.id == found.invited_by_id).with_for_update(key_share=True))
    waiting = select(func.count()).where(
        InvitationImport.invited_by_id == found.invited_by_id,
        InvitationImport.state.in_((ImportState.CHECKING, ImportState.CHECKED)),
    )
    if (db.session.scalar(waiting) or 0) >= WAITING_MAX:
        sentence = _("%(most)s of your lists wait already. Confirm or discard one of them first.", most=WAITING_MAX)
        raise Conflict("lists_waiting", sentence, field="file")
    db.session.add(found)
    db.session.flush()


def _check_later(found: InvitationImport, data: bytes, *, in_job: bool) -> InvitationImport:
    """Keep the file first and name it in the row after, and leave the rest to the worker."""
    shelf = storage()
    name = shelf.save(SHELF, SUFFIX, data)
    with ExitStack() as undo:
        undo.callback(shelf.delete, SHELF, name)
        kept = _register(found, name, in_job=in_job)
        undo.pop_all()
    return kept


@transactional
def _register(found: InvitationImport, name: str, *, in_job: bool) -> InvitationImport:
    found.file = name
    _add(found)
    if in_job:
        waking.wake(CHECK, str(found.id))
    return found


def _again(import_id: UUID) -> InvitationImport:
    """Read the import after a commit."""
    found = invitation_batches.find(import_id)
    if found is None:
        raise NotFound(_("This import is not here any more."))
    return found


# Looking


def get(actor: Actor, import_id: UUID) -> InvitationImport:
    """Return an import of one's own, or of somebody whom one stands above."""
    found = invitation_batches.find(import_id)
    if found is None or not can(actor, Action.MANAGE_INVITATION, found):
        raise (Hidden if found else NotFound)(_("This import does not exist, or it is not yours."))
    return found


def list_for(actor: Actor, *, page: int = 1, per_page: int = 20) -> Page[InvitationImport]:
    """Return one's own imports, newest first."""
    inviter = _inviter(actor)
    query = (
        select(InvitationImport)
        .options(joinedload(InvitationImport.invited_by, innerjoin=True))
        .where(InvitationImport.invited_by_id == inviter.id)
        .order_by(InvitationImport.id.desc())
    )
    return paginate(query, page=page, per_page=per_page)


def rows(
    actor: Actor, import_id: UUID, *, shown: Shown = "", page: int = 1, per_page: int = PER_PAGE
) -> Page[InvitationImportRow]:
    """Return rows of the file with what was found: the worst first, then as they stand in the file."""
    found = get(actor, import_id)
    query = _rows_of(found.id, shown).order_by(_WORST_FIRST, InvitationImportRow.line)
    return paginate(query, page=page, per_page=per_page)


def _rows_of(import_id: UUID, shown: Shown) -> Select[InvitationImportRow]:
    query = select(InvitationImportRow).where(InvitationImportRow.import_id == import_id)
    return query.where(_IS[shown]) if shown else query


def preview(actor: Actor, import_id: UUID, *, shown: Shown = "", page: int = 1) -> Preview:
    """Return what the page of an import shows."""
    found = get(actor, import_id)
    kinds = [func.count(case((is_so, 1))) for is_so in _IS.values()]
    query = select(func.count(), *kinds).where(InvitationImportRow.import_id == found.id)
    counts = dict(zip(("", *_IS), db.session.execute(query).one(), strict=True))
    found_rows = rows(actor, import_id, shown=shown, page=page)
    return Preview(found, found_rows, counts, _may_confirm(actor, found))


def numbers(found: InvitationImport) -> dict[str, int]:
    """Return what would come of the rows as long as nobody has confirmed, then what came of them so far."""
    is_open = found.state in {ImportState.CHECKING, ImportState.CHECKED}
    came = found.facts.get("expected" if is_open else "came", {})
    return {outcome.value: came.get(outcome.value, 0) for outcome in OutcomeState}


def courses_for(actor: Actor) -> Sequence[Course]:
    """Return the courses that a whole list can lead into: the actor's own, published."""
    inviter = _inviter(actor)
    query = (
        select(Course)
        .where(Course.teacher_id == inviter.id, Course.state == CourseState.PUBLISHED)
        .order_by(func.lower(Course.title), Course.id)
        .limit(200)
    )
    return db.session.scalars(query).all()


def courses_by_code(actor: Actor, text: str) -> list[UUID]:
    """Return the courses that these codes name, separated as in a row of a list."""
    inviter = _inviter(actor)
    found = invitation_rows.Reading(inviter, [{"course_codes": text}]).course_ids(text)
    if isinstance(found, Judgement):
        raise Conflict("courses", found.reason, field="course_codes")
    return list(found)


def shared_courses(found: InvitationImport) -> Sequence[str]:
    """Return the titles of the courses that every row leads into."""
    ids = [UUID(course_id) for course_id in found.course_ids]
    query = select(Course.title).where(Course.id.in_(ids)).order_by(func.lower(Course.title))
    return db.session.scalars(query).all() if ids else []


# Files to take away


def template() -> Iterator[bytes]:
    """Yield an empty list with the right header."""
    return write_csv([], COLUMNS)


def left_out(actor: Actor, import_id: UUID) -> Iterator[bytes]:
    """Yield the rows that were left out as CSV, each with its line and the reason: mended, the file can come again."""
    found = get(actor, import_id)
    names = [getattr(InvitationImportRow, name) for name in (*COLUMNS, *invitation_rows.OWN_COLUMNS)]
    query = select(*names).where(InvitationImportRow.import_id == found.id, InvitationImportRow.state.in_(LEFT_OUT))
    read = db.session.execute(query.order_by(InvitationImportRow.line)).tuples()
    return write_csv(read, [*COLUMNS, *invitation_rows.OWN_COLUMNS])


# Deciding


def _may_confirm(actor: Actor, found: InvitationImport) -> bool:
    return isinstance(actor, User) and actor.id == found.invited_by_id and can(actor, Action.INVITE, Role.STUDENT)


@leaves_trace
def confirm(actor: Actor, import_id: UUID, *, in_job: bool = True) -> InvitationImport:
    """Invite the people of the good rows; twice, or in two tabs at once, invites them once.

    A short list is done at once, a long one by the worker; with `in_job` off the caller does it.
    """
    turned = _turn(actor, import_id, in_job=in_job)
    if turned == "now":
        invitation_batches.run(import_id)
    return _again(import_id)


@transactional
def _turn(actor: Actor, import_id: UUID, *, in_job: bool) -> Literal["now", "later", ""]:
    get(actor, import_id)
    found = invitation_batches.find(import_id, lock=True)
    if found is None:
        raise NotFound(_("This import is not here any more."))
    if not _may_confirm(actor, found):
        raise Forbidden(_("Only %(name)s can confirm this import.", name=found.invited_by.full_name))
    if found.state in {ImportState.RUNNING, ImportState.DONE}:
        return ""
    if found.state is ImportState.CHECKING:
        raise Conflict("checking", _("The file is still being read. Wait until it has been looked through."))
    if found.state is ImportState.FAILED:
        raise Conflict("failed", _("This import ended before its time. Choose the file again."))
    to_do = found.total - found.bad
    if not to_do:
        raise Conflict("nothing_to_do", _("There is no row to invite. Correct the file and choose it again."))
    found.state, found.done, found.changed_at = ImportState.RUNNING, 0, clock.now()
    if to_do <= BATCH or not in_job:
        return "now" if in_job else "later"
    waking.wake(RUN, str(found.id))
    return "later"


@leaves_trace
@transactional
def discard(actor: Actor, import_id: UUID) -> str:
    """Forget an import and return the name of its file; one under way stops, and who was invited stays invited."""
    get(actor, import_id)
    found = invitation_batches.find(import_id, lock=True)
    if found is None:
        raise NotFound(_("This import is not here any more."))
    name = found.file_name
    invitation_batches.drop_file(found)
    db.session.execute(delete(InvitationImport).where(InvitationImport.id == found.id))
    log.info("import_discarded", id=str(import_id))
    return name

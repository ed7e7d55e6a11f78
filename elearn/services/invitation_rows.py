"""Rows of a list of people to invite: what each means, and what it would come to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from elearn.extensions import db
from elearn.integrations.csv_reading import Row, Shape
from elearn.languages import _
from elearn.models import Course, ImportRowState, Role, User, fold
from elearn.permissions import Action, can
from elearn.services import invitations
from elearn.services.invitations import Outcome, OutcomeState, Wanted

COLUMNS = ("email", "full_name", "role", "course_codes")
# What the files to mend carry besides, so that they can be sent again as they are.
OWN_COLUMNS = ("line", "reason")
SHAPE = Shape(COLUMNS, ("email",), OWN_COLUMNS)

CODES_MAX = 20
_BETWEEN_CODES = re.compile(r"[\s;|,]+")
_EMAIL = re.compile(r"(?P<name>[^@\s]+)@(?P<domain>[^@\s]+)")
# Slips of the hand in the addresses that most people have.
_SLIPS = {
    "gmial.com": "gmail.com",
    "gmai.com": "gmail.com",
    "gmal.com": "gmail.com",
    "gamil.com": "gmail.com",
    "gmail.con": "gmail.com",
    "gmail.co": "gmail.com",
    "hotmial.com": "hotmail.com",
    "hotmai.com": "hotmail.com",
    "outlok.com": "outlook.com",
    "outloook.com": "outlook.com",
    "yaho.com": "yahoo.com",
    "yahooo.com": "yahoo.com",
}


@dataclass(frozen=True)
class Judgement:
    """Say what is to be done with a row; `mark` is the part of the cell at fault, where it is not the whole."""

    state: ImportRowState
    reason: str
    column: str = ""
    mark: str = ""
    outcome: OutcomeState | None = None
    invitation_id: UUID | None = None
    # Whether somebody is invited or enrolled by it who was not before.
    is_new: bool = False
    # Whether the address stands in an earlier row, which counts for its person.
    is_repeated: bool = False


def _error(reason: str, column: str, mark: str = "") -> Judgement:
    return Judgement(ImportRowState.ERROR, reason, column, mark)


# What a row means


class Reading:
    """Turn cells into wishes, for one inviter; the courses of all rows are found with one query."""

    def __init__(self, actor: User, cells: Sequence[Mapping[str, str]], shared: Sequence[UUID] = ()) -> None:
        self._actor = actor
        self._shared = tuple(shared)
        self._roles = [role for role in Role if can(actor, Action.INVITE, role)]
        codes = {fold(code) for row in cells for code in codes_in(row.get("course_codes", ""))}
        self._courses = self._led_by(actor, codes)

    @staticmethod
    def _led_by(actor: User, codes: set[str]) -> dict[str, Course]:
        usable = {code for code in codes if code.isprintable() and len(code) <= 40}  # noqa: PLR2004 - as courses have them
        query = select(Course).options(joinedload(Course.teacher, innerjoin=True)).where(Course.code_key.in_(usable))
        found = db.session.scalars(query) if usable else ()
        return {course.code_key: course for course in found if can(actor, Action.MANAGE_STUDENTS, course)}

    def wish(self, cells: Mapping[str, str]) -> Wanted | Judgement:
        """Return who is to be invited to what, or what is wrong with the row."""
        email = cells.get("email", "")
        wrong = _wrong_in_address(email)
        if wrong is not None:
            return wrong
        role = self._role(cells.get("role", ""))
        if isinstance(role, Judgement):
            return role
        course_ids = self.course_ids(cells.get("course_codes", ""))
        if isinstance(course_ids, Judgement):
            return course_ids
        # A class list may name its teacher too: the courses of the whole list are for those who enrol.
        shared = self._shared if role.enrols else ()
        return Wanted(email, cells.get("full_name", ""), role, tuple(dict.fromkeys((*course_ids, *shared))))

    def forbids(self, cells: Mapping[str, str]) -> bool:
        """Tell whether a row asks for a role that is not the inviter's to give."""
        return fold(cells.get("role", "")) in set(Role) - set(self._roles)

    def _role(self, text: str) -> Role | Judgement:
        if not text:
            return Role.STUDENT
        word = fold(text)
        granted = {role.value: role for role in self._roles}
        if word in granted:
            return granted[word]
        known = _(" or ").join(granted)
        if word in {role.value for role in Role}:
            return _error(_("You cannot invite somebody as %(word)s. Write %(known)s.", word=text, known=known), "role")
        return _error(_("“%(word)s” is not a role. Write %(known)s, or nothing.", word=text[:40], known=known), "role")

    def course_ids(self, text: str) -> tuple[UUID, ...] | Judgement:
        """Return the courses of a cell, or which code is at fault."""
        codes = codes_in(text)
        if len(codes) > CODES_MAX:
            return _error(_("Name at most %(most)s courses.", most=CODES_MAX), "course_codes")
        for code in codes:
            if fold(code) not in self._courses:
                reason = _("None of your courses has the code %(code)s. Correct it.", code=code[:40])
                return _error(reason, "course_codes", code)
        return tuple(self._courses[fold(code)].id for code in codes)


def codes_in(text: str) -> list[str]:
    """Return the codes of a cell, however they are separated."""
    return [code for code in _BETWEEN_CODES.split(text) if code]


def _wrong_in_address(email: str) -> Judgement | None:
    """Say what people get wrong most; the rest is found when the address is checked as such."""
    if not email:
        return _error(_("There is no address. Write one in the column email."), "email")
    found = _EMAIL.fullmatch(email)
    if found is None:
        return _error(_("This is not one whole address. Write it as elif@example.org."), "email")
    if "." not in found["domain"].strip("."):
        return _error(_("The address has no ending such as .com. Correct it in the file."), "email", found["domain"])
    return None


# What a row comes to


@dataclass
class Judge:
    """Judge a file from its first row to its last, and count."""

    actor_id: UUID
    shared: tuple[UUID, ...]
    # Where an address stood first, and with which role.
    seen: dict[str, tuple[int, Role]] = field(default_factory=dict)
    rows: int = 0
    good: int = 0
    warned: int = 0
    bad: int = 0
    forbidden: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    def judge(self, rows: Sequence[Row]) -> list[tuple[Row, Judgement]]:
        """Say what each of these comes to, with the same number of queries for one and for 500."""
        actor = db.session.get_one(User, self.actor_id)
        reading = Reading(actor, [row.cells for row in rows], self.shared)
        wishes = [_error(row.problem, row.column) if row.problem else reading.wish(row.cells) for row in rows]
        self.forbidden += sum(reading.forbids(row.cells) for row in rows)
        outcomes = iter(invitations.check_all(actor, [wish for wish in wishes if isinstance(wish, Wanted)]))
        judged = []
        for row, wish in zip(rows, wishes, strict=True):
            found = wish if isinstance(wish, Judgement) else self._twice(row.line, wish, judgement(next(outcomes)))
            self._count(found)
            judged.append((row, found))
        return judged

    def _twice(self, line: int, wish: Wanted, found: Judgement) -> Judgement:
        """Notice an address that stands in an earlier row."""
        if found.state is ImportRowState.ERROR:
            return found
        first, role = self.seen.setdefault(fold(wish.email), (line, wish.role))
        if first == line:
            return found
        if role.is_above(wish.role) or wish.role.is_above(role):
            return _error(_("Row %(row)s invites this address with another role. Keep one.", row=first), "role")
        is_member = found.outcome in {OutcomeState.ENROLLED, OutcomeState.ALREADY_HERE}
        outcome = OutcomeState.ALREADY_HERE if is_member else OutcomeState.ALREADY_INVITED
        if is_member:
            reason = _("Stands in row %(row)s too. %(sentence)s", row=first, sentence=found.reason)
        else:
            reason = _("Stands in row %(row)s too. One email goes out.", row=first)
        return Judgement(ImportRowState.WARNING, reason, "email", outcome=outcome, is_repeated=True)

    def _count(self, found: Judgement) -> None:
        self.rows += 1
        self.warned += found.state is ImportRowState.WARNING
        self.bad += found.state is ImportRowState.ERROR
        self.good += found.is_new
        if found.outcome is not None:
            self.outcomes[found.outcome] = self.outcomes.get(found.outcome, 0) + 1


_COLUMN_OF_FIELD = {"courses": "course_codes", "course_ids": "course_codes"}


def judgement(outcome: Outcome, *, is_done: bool = False) -> Judgement:
    """Turn what inviting comes to, or what came of it, into what stands beside the row."""
    column = _COLUMN_OF_FIELD.get(outcome.field, outcome.field)
    if outcome.state is OutcomeState.REFUSED:
        return _error(outcome.sentence, column)
    state, mark, reason = ImportRowState.WARNING, "", outcome.sentence
    if outcome.state is OutcomeState.INVITED:
        domain = outcome.email.rpartition("@")[2]
        meant = _SLIPS.get(domain.casefold())
        if meant is not None:
            column, mark = "email", domain
            reason = _("Did you mean %(domain)s? It is sent as written.", domain=meant)
        else:
            state = ImportRowState.OK
            reason = _("The invitation is on its way.") if is_done else reason
    return Judgement(state, reason, column, mark, outcome.state, outcome.invitation_id, outcome.is_new)


def as_values(import_id: UUID, row: Row, found: Judgement) -> dict[str, Any]:
    """Return the row of the database."""
    return {
        "import_id": import_id,
        "line": row.line,
        **{name: row.cells.get(name, "") for name in COLUMNS},
        "state": found.state,
        "field": found.column,
        "reason": found.reason[:500],
        "facts": facts_of(found),
    }


def facts_of(found: Judgement) -> dict[str, Any]:
    """Return what is kept of a judgement beside its sentence; `look` stays when the row is done."""
    facts = {
        "outcome": found.outcome.value if found.outcome else "",
        "mark": found.mark,
        "look": found.state is ImportRowState.WARNING,
        "repeated": found.is_repeated,
    }
    return {name: value for name, value in facts.items() if value}

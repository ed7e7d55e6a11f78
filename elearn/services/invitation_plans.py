"""What inviting people comes to: found out for a whole list with a fixed number of queries, before anything is done."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from limits import parse_many
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from elearn import clock
from elearn.errors import Invalid
from elearn.extensions import current_settings, db
from elearn.languages import _
from elearn.models import (
    Activity,
    ActivityKind,
    Course,
    Email,
    EmailState,
    Invitation,
    Role,
    User,
    fold,
    uuid7,
)
from elearn.permissions import Action, Actor, can, memberships
from elearn.services import accounts

# To one address from all who invite, however often an invitation is taken back and made again.
LETTERS_TO_ONE = ((4, timedelta(hours=1)), (10, timedelta(days=1)))
RETRY_AFTER = 3600


@dataclass(frozen=True)
class Wanted:
    """Say who is to be invited, as what, and into which courses."""

    email: str
    full_name: str = ""
    role: Role = Role.STUDENT
    course_ids: tuple[UUID, ...] = ()


class OutcomeState(StrEnum):
    INVITED = "invited"
    # Somebody with an account: into the courses at once, without an invitation.
    ENROLLED = "enrolled"
    # Somebody with an account for whom nothing is left to do.
    ALREADY_HERE = "already_here"
    # The same inviter has invited them already; at most courses were added.
    ALREADY_INVITED = "already_invited"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """Say what comes of one wish: the state, a sentence for the inviter, and for a refusal which field is at fault."""

    state: OutcomeState
    sentence: str
    field: str = ""
    email: str = ""
    invitation_id: UUID | None = None
    # Whether anything comes of it that was not there before.
    is_new: bool = True
    # A refusal of today: in how many seconds it may go.
    retry_after: int = 0


@dataclass
class Draft:
    """Hold an invitation that is to go out: a new one, or one that has run out and is made good again."""

    id: UUID
    email: str
    full_name: str
    role: Role
    course_ids: dict[UUID, None]
    renews: bool = False


@dataclass
class Plan:
    """Hold what is to be done, and what to say about each wish."""

    outcomes: list[Outcome] = field(default_factory=list)
    drafts: dict[str, Draft] = field(default_factory=dict)
    additions: list[tuple[UUID, UUID]] = field(default_factory=list)
    enrolments: list[tuple[User, Course]] = field(default_factory=list)
    courses: dict[UUID, Course] = field(default_factory=dict)


class RefusedError(Exception):
    """Carries the sentence and the field of a wish that cannot be granted."""

    def __init__(self, sentence: str, at: str, retry_after: int = 0) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = at
        self.retry_after = retry_after


def make(actor: User, wanted: Sequence[Wanted], *, lock: bool = False) -> Plan:
    """Find out what inviting these people comes to; `lock` keeps the courses as they are until the transaction ends."""
    return _Planner(actor, wanted, lock=lock).plan


class _Planner:
    """Read all that the list needs, then decide wish by wish without asking the database again."""

    def __init__(self, actor: User, wanted: Sequence[Wanted], *, lock: bool) -> None:
        self.actor = actor
        self.now = clock.now()
        self.plan = Plan()
        addresses = {address for wish in wanted if (address := _in_normal_form(wish.email))}
        self.keys = {fold(address) for address in addresses}
        self.plan.courses = self._courses({course_id for wish in wanted for course_id in wish.course_ids}, lock=lock)
        self.members = self._members()
        self.open = self._open_invitations()
        memberships.preload_people([user.id for user in self.members.values()], self.plan.courses)
        self.left = left_for(actor)
        self.written_to = full_letterboxes(addresses)
        self.joined: set[tuple[UUID, UUID]] = set()
        for wish in wanted:
            self.plan.outcomes.append(self._decide(wish))

    def _courses(self, ids: set[UUID], *, lock: bool) -> dict[UUID, Course]:
        query = select(Course).where(Course.id.in_(ids)).execution_options(populate_existing=lock)
        if lock:
            # In one order, so that two lists never wait for each other.
            query = query.order_by(Course.id).with_for_update(read=True)
        return {course.id: course for course in db.session.scalars(query)} if ids else {}

    def _members(self) -> dict[str, User]:
        """Return the people who have proved one of the addresses."""
        query = select(User).where(
            User.email_key.in_(self.keys), User.email_verified_at.is_not(None), User.deleted_at.is_(None)
        )
        return {user.email_key: user for user in db.session.scalars(query)}

    def _open_invitations(self) -> dict[str, Invitation]:
        query = (
            select(Invitation)
            .options(selectinload(Invitation.courses))
            .where(
                Invitation.email_key.in_(self.keys),
                Invitation.invited_by_id == self.actor.id,
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
            )
        )
        return {invitation.email_key: invitation for invitation in db.session.scalars(query)}

    def _decide(self, wish: Wanted) -> Outcome:
        email = wish.email.strip()[:320]
        try:
            email = accounts.clean_email(email)
            name = accounts.clean_name(wish.full_name) if wish.full_name.strip() else ""
            courses = self._allowed(wish)
            member = self.members.get(fold(email))
            if member is not None and not wish.role.is_above(member.role):
                return replace(self._for_member(member, courses), email=email)
            return replace(self._for_address(wish, email, name, member, courses), email=email)
        except Invalid as error:
            at, sentences = next(iter(error.fields.items()), ("email", [error.message]))
            return Outcome(OutcomeState.REFUSED, sentences[0], at, email)
        except RefusedError as refusal:
            return Outcome(
                OutcomeState.REFUSED, refusal.sentence, refusal.field, email, retry_after=refusal.retry_after
            )

    def _allowed(self, wish: Wanted) -> list[Course]:
        """Return the courses of the wish, if the actor may invite with this role and into them."""
        if not can(self.actor, Action.INVITE, wish.role):
            raise RefusedError(_("You cannot invite people with this role. Choose one below your own."), "role")
        if wish.course_ids and not wish.role.enrols:
            raise RefusedError(_("Only students enrol in courses. Leave the courses out."), "courses")
        courses = []
        for course_id in dict.fromkeys(wish.course_ids):
            course = self.plan.courses.get(course_id)
            if course is None or not can(self.actor, Action.MANAGE_STUDENTS, course):
                raise RefusedError(_("You can only invite into your own courses."), "courses")
            if not course.is_published:
                raise RefusedError(_("%(course)s is not open. Publish it first.", course=course.title), "courses")
            courses.append(course)
        return courses

    def _for_member(self, member: User, courses: list[Course]) -> Outcome:
        """Enrol somebody who has an account already, without asking them first, as adding them by name does."""
        self._refuse_blocked(member, courses)
        missing = []
        for course in courses:
            enrolment = memberships.enrolment_of(member, course.id)
            if (enrolment is not None and enrolment.is_active) or (member.id, course.id) in self.joined:
                continue
            if not can(member, Action.ENROL, course):
                name = member.full_name
                raise RefusedError(
                    _("%(name)s is not a student. Only students enrol in courses.", name=name), "courses"
                )
            missing.append(course)
        self.plan.enrolments += [(member, course) for course in missing]
        self.joined |= {(member.id, course.id) for course in missing}
        if missing:
            sentence = _(
                "Has an account as %(name)s, joins %(courses)s", name=member.full_name, courses=_names(missing)
            )
            return Outcome(OutcomeState.ENROLLED, sentence)
        if courses:
            sentence = _("%(name)s is in %(courses)s already", name=member.full_name, courses=_names(courses))
        else:
            sentence = _("Has an account already, as %(name)s", name=member.full_name)
        return Outcome(OutcomeState.ALREADY_HERE, sentence, is_new=False)

    def _refuse_blocked(self, member: User, courses: list[Course]) -> None:
        if member.is_blocked:
            raise RefusedError(_("The account of %(name)s is blocked in this school.", name=member.full_name), "email")
        for course in courses:
            enrolment = memberships.enrolment_of(member, course.id)
            if enrolment is not None and enrolment.is_blocked:
                raise RefusedError(_("Blocked in %(course)s. Unblock there first.", course=course.title), "courses")

    def _for_address(self, wish: Wanted, email: str, name: str, member: User | None, courses: list[Course]) -> Outcome:
        """Invite an address: once, whatever is said twice."""
        if member is not None:
            self._refuse_blocked(member, courses)
            if not can(self.actor, Action.CHANGE_PERSON, member):
                raise RefusedError(_("You cannot change the role of %(name)s.", name=member.full_name), "role")
        key = fold(email)
        drafted, invitation = self.plan.drafts.get(key), self.open.get(key)
        if drafted is not None:
            _same_role(drafted.role, wish.role)
            drafted.course_ids |= dict.fromkeys(course.id for course in courses)
            return Outcome(OutcomeState.ALREADY_INVITED, _("Stands in the list twice"), "email", "", drafted.id)
        if invitation is not None and invitation.expires_at > self.now:
            return self._again(invitation, wish, courses)
        if key in self.written_to:
            raise RefusedError(often(), "email", self.written_to[key])
        if self.left is not None:
            if self.left < 1:
                raise RefusedError(enough(), "email", RETRY_AFTER)
            self.left -= 1
        draft = Draft(
            invitation.id if invitation else uuid7(),
            email,
            name,
            wish.role,
            dict.fromkeys(course.id for course in courses),
            renews=invitation is not None,
        )
        self.plan.drafts[key] = draft
        if member is not None:
            sentence = _("Has an account as %(name)s. The role changes with the yes.", name=member.full_name)
        else:
            sentence = _("New account and %(courses)s", courses=_names(courses)) if courses else _("New account")
        return Outcome(OutcomeState.INVITED, sentence, "", "", draft.id)

    def _again(self, invitation: Invitation, wish: Wanted, courses: list[Course]) -> Outcome:
        """Add to an invitation that waits what it does not have yet; no second email for the same thing."""
        _same_role(invitation.role, wish.role)
        present = {course.id for course in invitation.courses}
        present |= {course_id for invitation_id, course_id in self.plan.additions if invitation_id == invitation.id}
        added = [course for course in courses if course.id not in present]
        self.plan.additions += [(invitation.id, course.id) for course in added]
        sentence = (
            _("Is invited already. Now also into %(courses)s", courses=_names(added))
            if added
            else _("Is invited already. No second email goes out.")
        )
        return Outcome(OutcomeState.ALREADY_INVITED, sentence, "", "", invitation.id, is_new=bool(added))


def _in_normal_form(email: str) -> str:
    """Return an address as invitations and accounts have it, such as with the letters of its machine; none if bad."""
    try:
        return accounts.clean_email(email.strip()[:320])
    except Invalid:
        return ""


def _same_role(known: Role, role: Role) -> None:
    if known.is_above(role) or role.is_above(known):
        raise RefusedError(_("Is invited already with another role. Revoke that invitation first."), "role")


def _names(courses: Sequence[Course]) -> str:
    return ", ".join(course.title for course in courses)


def often() -> str:
    """Say that this address was written to often enough."""
    return _("This address got several invitations lately. Wait a while.")


def full_letterboxes(addresses: Collection[str]) -> dict[str, int]:
    """Return to which of these addresses, folded, nobody's invitation goes for now, and for how many seconds.

    Counted in the outbox, which keeps the letter of an invitation that was deleted.
    """
    now = clock.now()
    lately = select(Email.to_email, Email.created_at).where(
        Email.state.in_(list(EmailState)),  # all there are: the index by state and time is found by it
        Email.created_at > now - max(span for _most, span in LETTERS_TO_ONE),
        Email.letter == "invitation",
        func.lower(Email.to_email).in_({address.lower() for address in addresses}),
    )
    sent: dict[str, list[datetime]] = {}
    for email, at in db.session.execute(lately) if addresses else ():
        sent.setdefault(fold(email), []).append(at)
    waits = {
        key: max(_free_at(times, most, span) for most, span in LETTERS_TO_ONE) - now for key, times in sent.items()
    }
    return {key: math.ceil(wait.total_seconds()) for key, wait in waits.items() if wait > timedelta()}


def _free_at(times: Sequence[datetime], most: int, span: timedelta) -> datetime:
    """Return when fewer letters than these will have gone within such a span."""
    return sorted(times)[-most] + span if len(times) >= most else datetime.min.replace(tzinfo=UTC)


def enough() -> str:
    """Say that the limit of a day is reached."""
    return _("You have sent as many invitations as one day allows. Go on tomorrow.")


def left_for(actor: Actor) -> int | None:
    """Return how many invitations the actor may still send; nothing for the operator at the terminal.

    Counted in the activity log, where deleting an invitation does not give one back. The caller holds the actor's row.
    """
    if not isinstance(actor, User):
        return None
    settings = current_settings()
    is_staff = can(actor, Action.OVERSEE_PEOPLE)
    rests = []
    for limit in parse_many(settings.invitation_limit_staff if is_staff else settings.invitation_limit):
        since = clock.now() - timedelta(seconds=limit.get_expiry())
        lines = db.session.scalars(
            select(Activity.detail).where(
                Activity.actor_id == actor.id, Activity.at > since, Activity.kind == ActivityKind.INVITED
            )
        )
        rests.append(limit.amount - sum(int(detail.get("count", 1)) for detail in lines))
    return max(0, min(rests))
